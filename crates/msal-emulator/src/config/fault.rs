//! Fault plans as the configuration file writes them.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::wire::Flaw;
use crate::audit::{Endpoint, Version};
use crate::fault::Fault;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultWire {
    aadsts: Option<u32>,
    suberror: Option<String>,
    claims: Option<String>,
    throttle: Option<u64>,
    unavailable: Option<u64>,
    respond: Option<RespondWire>,
    tamper: Option<TamperWire>,
    user: Option<String>,
    client: Option<String>,
    grant: Option<String>,
    endpoint: Option<EndpointWire>,
    nth: Option<u64>,
    every: Option<u64>,
    first: Option<u64>,
    #[serde(default)]
    after_effect: bool,
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
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EndpointWire {
    Authorize,
    Instance,
    Keys,
    OpenidConfiguration,
    Token,
    TokenV1,
    TokenV2,
    UserRealm,
}

impl FaultWire {
    pub(super) fn read(wire: Spanned<Self>) -> Result<Fault, Flaw> {
        let place = Some(wire.span());
        wire.into_inner().plan().map_err(|reason| Flaw {
            place,
            reason: reason.to_owned(),
        })
    }

    fn plan(mut self) -> Result<Fault, &'static str> {
        let fault = self
            .answer()
            .ok_or("needs exactly one of aadsts, throttle, unavailable, respond and tamper")?;
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
        match (self.nth, self.every, self.first) {
            (None, None, None) => Ok(fault),
            (Some(n), None, None) => Ok(fault.nth(n)),
            (None, Some(n), None) => Ok(fault.every(n)),
            (None, None, Some(n)) => Ok(fault.first(n)),
            _ => Err("takes one of nth, every and first at most"),
        }
    }

    /// What to answer, when the file says exactly one thing.
    fn answer(&mut self) -> Option<Fault> {
        let respond =
            |respond: RespondWire| Fault::respond(respond.status, respond.headers, respond.body);
        let answers = [
            self.aadsts.map(Fault::aadsts),
            self.throttle.map(Fault::throttle),
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

impl TamperWire {
    fn read(self) -> Fault {
        let fault = self
            .drop
            .into_iter()
            .fold(Fault::tamper(), Fault::drop_member);
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
            Self::Instance => vec![Endpoint::InstanceDiscovery],
            Self::Keys => both(Endpoint::Keys),
            Self::OpenidConfiguration => both(Endpoint::OpenIdConfiguration),
            Self::Token => both(Endpoint::Token),
            Self::TokenV1 => vec![Endpoint::Token(Version::V1)],
            Self::TokenV2 => vec![Endpoint::Token(Version::V2)],
            Self::UserRealm => vec![Endpoint::UserRealm],
        }
    }
}
