//! Fault plans as the configuration file writes them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use crate::config::flaw::Flaw;
use crate::fault::{Fault, RetryAfter};
use crate::protocol::{Endpoint, ManagedIdentitySource, Version};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultWire {
    aadsts: Option<u32>,
    suberror: Option<String>,
    claims: Option<String>,
    throttle: Option<RetryAfterWire>,
    unavailable: Option<u64>,
    slow_ms: Option<u64>,
    cut: Option<usize>,
    oversized: Option<usize>,
    #[serde(default)]
    not_json: bool,
    respond: Option<RespondWire>,
    tamper: Option<TamperWire>,
    user: Option<String>,
    client: Option<String>,
    grant: Option<String>,
    endpoint: Option<EndpointWire>,
    probability: Option<f64>,
    #[serde(default)]
    seed: u64,
    delay_ms: Option<u64>,
    nth: Option<u64>,
    every: Option<u64>,
    first: Option<u64>,
    #[serde(default)]
    after_effect: bool,
}

/// Seconds; or in how many seconds the date is that is sent; or any text.
#[derive(Deserialize)]
#[serde(untagged)]
enum RetryAfterWire {
    Seconds(u64),
    Date { date_in: u64 },
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RespondWire {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TamperWire {
    #[serde(default)]
    drop: Vec<String>,
    #[serde(default)]
    set: BTreeMap<String, serde_json::Value>,
    /// By token and claim.
    #[serde(default)]
    set_claims: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    break_signatures: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EndpointWire {
    Authorize,
    DeviceCode,
    DevicePage,
    Instance,
    InstanceMetadata,
    Keys,
    Logout,
    ManagedIdentity,
    MetadataExchange,
    OpenidConfiguration,
    ProtectedResource,
    SignIn,
    Token,
    TokenV1,
    TokenV2,
    UserInfo,
    UserRealm,
    WsTrust,
}

impl FaultWire {
    pub(crate) fn read(wire: Spanned<Self>) -> Result<Fault, Flaw> {
        let span = Some(wire.span());
        wire.into_inner().plan().map_err(|reason| Flaw {
            span,
            reason: reason.to_owned(),
        })
    }

    fn plan(mut self) -> Result<Fault, &'static str> {
        let fault = self
            .answer()
            .ok_or("needs exactly one of aadsts, throttle, unavailable, respond, tamper, slow_ms, cut, oversized and not_json")?;
        let fault = apply(fault, self.suberror, Fault::suberror);
        let fault = apply(fault, self.claims, Fault::claims);
        let fault = apply(fault, self.user, Fault::user);
        let fault = apply(fault, self.client, Fault::client);
        let fault = apply(fault, self.grant, Fault::grant);
        let fault = apply(
            fault,
            self.endpoint.map(EndpointWire::endpoints),
            Fault::endpoints,
        );
        let fault = if self.after_effect {
            fault.after_effect()
        } else {
            fault
        };
        let fault = apply(
            fault,
            self.delay_ms.map(Duration::from_millis),
            Fault::delayed,
        );
        match (self.nth, self.every, self.first, self.probability) {
            (None, None, None, None) => Ok(fault),
            (Some(n), None, None, None) => Ok(fault.nth(n)),
            (None, Some(n), None, None) => Ok(fault.every(n)),
            (None, None, Some(n), None) => Ok(fault.first(n)),
            (None, None, None, Some(share)) if (0.0..=1.0).contains(&share) => {
                Ok(fault.probability(share, self.seed))
            }
            (None, None, None, Some(_)) => Err("takes a probability from 0 to 1"),
            _ => Err("takes one of nth, every, first and probability at most"),
        }
    }

    /// What to answer, when the file says exactly one thing.
    fn answer(&mut self) -> Option<Fault> {
        let respond =
            |respond: RespondWire| Fault::respond(respond.status, respond.headers, respond.body);
        let answers = [
            self.aadsts.map(Fault::aadsts),
            self.throttle
                .take()
                .map(|after| Fault::throttle(after.read())),
            self.slow_ms
                .map(|millis| Fault::slow(Duration::from_millis(millis))),
            self.cut.map(Fault::cut),
            self.oversized.map(Fault::oversized),
            self.not_json.then(Fault::not_json),
            self.unavailable
                .map(|seconds| Fault::unavailable(Some(seconds))),
            self.respond.take().map(respond),
            self.tamper.take().map(TamperWire::read),
        ];
        let mut answers = answers.into_iter().flatten();
        answers.next().filter(|_| answers.next().is_none())
    }
}

fn apply<T>(fault: Fault, value: Option<T>, with: impl FnOnce(Fault, T) -> Fault) -> Fault {
    match value {
        Some(value) => with(fault, value),
        None => fault,
    }
}

impl RetryAfterWire {
    fn read(self) -> RetryAfter {
        match self {
            Self::Seconds(seconds) => RetryAfter::Seconds(seconds),
            Self::Date { date_in } => RetryAfter::Date(Duration::from_secs(date_in)),
            Self::Text(text) if text.is_empty() => RetryAfter::Nothing,
            Self::Text(text) => RetryAfter::Text(text),
        }
    }
}

impl TamperWire {
    fn read(self) -> Fault {
        let fault = self
            .set_claims
            .into_iter()
            .flat_map(|(token, claims)| {
                claims
                    .into_iter()
                    .map(move |(claim, value)| (token.clone(), claim, value))
            })
            .fold(Fault::tamper(), |fault, (token, claim, value)| {
                fault.set_claim(token, claim, value)
            });
        let fault = self
            .break_signatures
            .into_iter()
            .fold(fault, Fault::break_signature);
        let fault = self.drop.into_iter().fold(fault, Fault::drop_member);
        self.set
            .into_iter()
            .fold(fault, |fault, (name, value)| fault.set_member(name, value))
    }
}

impl EndpointWire {
    fn endpoints(self) -> Vec<Endpoint> {
        let both =
            |endpoint: fn(Version) -> Endpoint| vec![endpoint(Version::V1), endpoint(Version::V2)];
        match self {
            Self::Authorize => both(Endpoint::Authorize),
            Self::DeviceCode => both(Endpoint::DeviceCode),
            Self::DevicePage => vec![Endpoint::DevicePage],
            Self::Instance => vec![Endpoint::InstanceDiscovery],
            Self::InstanceMetadata => vec![Endpoint::InstanceMetadata],
            Self::Keys => both(Endpoint::Keys),
            Self::Logout => both(Endpoint::Logout),
            Self::ManagedIdentity => [
                ManagedIdentitySource::AppService,
                ManagedIdentitySource::CloudShell,
                ManagedIdentitySource::Imds,
            ]
            .map(Endpoint::ManagedIdentity)
            .to_vec(),
            Self::MetadataExchange => vec![Endpoint::MetadataExchange],
            Self::OpenidConfiguration => both(Endpoint::OpenIdConfiguration),
            Self::ProtectedResource => vec![Endpoint::ProtectedResource],
            Self::SignIn => vec![Endpoint::SignIn],
            Self::Token => both(Endpoint::Token),
            Self::TokenV1 => vec![Endpoint::Token(Version::V1)],
            Self::TokenV2 => vec![Endpoint::Token(Version::V2)],
            Self::UserInfo => vec![Endpoint::UserInfo],
            Self::UserRealm => vec![Endpoint::UserRealm],
            Self::WsTrust => vec![Endpoint::WsTrust],
        }
    }
}
