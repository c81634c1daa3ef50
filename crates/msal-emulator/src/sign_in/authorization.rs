//! An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1): what it asks for, and where its answer
//! goes.

mod return_address;

use std::time::Duration;

use serde_json::Value;

pub(crate) use return_address::{ReturnAddress, redirect_to};

use crate::access::{Apis, Asked};
use crate::directory::{AppEntry, RedirectKind};
use crate::memory::{Platform, SignedIn};
use crate::protocol::{Call, Parameters, Reply, ResponseType, Version};
use crate::refusal::Refusal;
use crate::token::{
    AuthorizationCode, Descent, Granted, Person, client_info, front_channel_tokens,
};

/// What an authorization request asks for.
#[derive(Debug)]
pub(crate) struct Authorization<'d> {
    version: Version,
    response_type: ResponseType,
    pub(crate) return_address: ReturnAddress<'d>,
    pub(crate) asked: Asked<'d>,
    pub(crate) options: SignInOptions,
    nonce: String,
    challenge: String,
    s256: bool,
    auth_time: bool,
    client_info: bool,
}

/// How the client wants the person to be asked (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Debug, Default)]
pub(crate) struct SignInOptions {
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) login_hint: Option<String>,
    pub(crate) domain_hint: Option<String>,
    pub(crate) max_age: Option<Duration>,
    /// What the tokens are to meet (OpenID Connect Core §5.5).
    pub(crate) claims: Value,
}

/// The values of `prompt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    Consent,
    /// Offer to make an account, in tenants with self-service sign-up. Elsewhere the person signs in anew.
    Create,
    Login,
    None,
    SelectAccount,
}

impl<'d> Authorization<'d> {
    pub(crate) fn read(
        platform: Platform<'d>,
        call: &'d Call<'_>,
        return_address: ReturnAddress<'d>,
        version: Version,
        parameters: &Parameters<'_>,
    ) -> Result<Self, Box<RefusedRequest<'d>>> {
        let apis = Apis::new(platform.directory(), call);
        match CheckedRequest::read(apis, &return_address, version, parameters) {
            Ok(checked) => Ok(Self {
                version,
                response_type: checked.response_type,
                asked: checked.asked,
                options: checked.options,
                nonce: owned(parameters, "nonce"),
                challenge: owned(parameters, "code_challenge"),
                s256: parameters.value("code_challenge_method") == Some("S256"),
                auth_time: checked.auth_time,
                client_info: parameters.value("client_info") == Some("1"),
                return_address,
            }),
            Err(refusal) => Err(Box::new(RefusedRequest {
                return_address,
                refusal,
            })),
        }
    }

    /// Sends the client what it asked for, after somebody has signed in.
    pub(crate) fn grant(
        &self,
        platform: Platform<'_>,
        call: &Call<'_>,
        person: &SignedIn,
    ) -> Reply {
        let reply = match self.response(platform, call, person) {
            Ok(outcome) => self.return_address.send(call, outcome),
            Err(refusal) => self.return_address.refuse(platform, call, &refusal),
        };
        let client_id = self.return_address.app.client_id.as_str();
        reply.about(Some(client_id), Some(&person.upn))
    }

    fn response(
        &self,
        platform: Platform<'_>,
        call: &Call<'_>,
        person: &SignedIn,
    ) -> Result<Vec<(&'static str, String)>, Refusal> {
        let directory = platform.directory();
        let account = directory
            .account(&person.upn)
            .ok_or_else(|| Refusal::new(50034))?;
        let realm = self.return_address.realm;
        let (tenant, object_id) = realm.of_account(&account, self.version, directory)?;
        let session = person.session_id().to_string();
        let mut outcome = Vec::new();
        if self.response_type.code {
            let tenant = directory.tenant(tenant).id.to_string();
            outcome.push(("code", self.code(platform, call, person, tenant)));
        }
        if self.client_info {
            outcome.push(("client_info", client_info(platform, &account)));
        }
        if self.response_type.has_tokens() {
            let granted = Granted {
                app: self.return_address.app,
                proven: false,
                tenant,
                asked: self.asked.clone(),
                person: Some(Person {
                    account,
                    object_id,
                    descent: Descent {
                        mfa: person.mfa,
                        ..Descent::sign_in(false, person.at)
                    },
                    nonce: Some(self.nonce.clone()),
                    auth_time: self.auth_time.then_some(person.at),
                    session: self.session(person),
                }),
            };
            let mut codes = outcome.iter().filter(|(name, _)| *name == "code");
            let code = codes.next().map(|(_, code)| code.as_str());
            let wanted = self.response_type;
            let tokens = front_channel_tokens(platform, call, self.version, &granted, wanted, code);
            outcome.extend(tokens);
        }
        outcome.push(("session_state", session));
        Ok(outcome)
    }

    fn code(
        &self,
        platform: Platform<'_>,
        call: &Call<'_>,
        person: &SignedIn,
        tenant: String,
    ) -> String {
        let code = AuthorizationCode {
            serial: platform.identifiers().serial(),
            issued: call.now,
            upn: person.upn.clone(),
            client_id: self.return_address.app.client_id.clone(),
            tenant,
            redirect_uri: self.return_address.asked_uri.clone(),
            asked: self.asked.original.clone(),
            nonce: self.nonce.clone(),
            challenge: self.challenge.clone(),
            s256: self.s256,
            signed_in: person.at,
            mfa: person.mfa,
            auth_time: self.auth_time,
            spa: self.return_address.kind == RedirectKind::Spa,
            session: self.session(person).unwrap_or_default(),
        };
        code.seal(platform.sealer())
    }

    /// The `sid` of id_tokens, for clients that want to hear when the session ends.
    fn session(&self, person: &SignedIn) -> Option<String> {
        let wanted = self.return_address.app.front_channel_logout.is_some();
        wanted.then(|| person.session_id().to_string())
    }
}

/// An authorization request that is refused, and where the refusal goes.
#[derive(Debug)]
pub(crate) struct RefusedRequest<'d> {
    return_address: ReturnAddress<'d>,
    refusal: Refusal,
}

impl RefusedRequest<'_> {
    /// Sends the refusal to the client.
    pub(crate) fn answer(&self, platform: Platform<'_>, call: &Call<'_>) -> Reply {
        self.return_address.refuse(platform, call, &self.refusal)
    }
}

/// The parts of an authorization request that are checked.
struct CheckedRequest<'d> {
    response_type: ResponseType,
    asked: Asked<'d>,
    options: SignInOptions,
    auth_time: bool,
}

impl<'d> CheckedRequest<'d> {
    fn read(
        apis: Apis<'d>,
        return_address: &ReturnAddress<'d>,
        version: Version,
        parameters: &Parameters<'_>,
    ) -> Result<Self, Refusal> {
        // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
        if let Some(name) = parameters.duplicate() {
            return Err(Refusal::new(9_000_411).with("parameter", name));
        }
        let response_type = read_response_type(return_address, version, parameters)?;
        // RFC 7636 §4.3: the method "defaults to "plain" if not present in the request".
        let method = parameters.value("code_challenge_method");
        if method.is_some_and(|method| !["plain", "S256"].contains(&method)) {
            return Err(Refusal::new(50149));
        }
        // RFC 7636 §4.2: 43 characters of a digest, 43 to 128 of a verifier.
        let challenge = parameters.value("code_challenge");
        let longest = if method == Some("S256") { 43 } else { 128 };
        if challenge.is_some_and(|challenge| !(43..=longest).contains(&challenge.len())) {
            return Err(Refusal::new(501_491));
        }
        // RFC 7636 §4.4.1: a server that requires PKCE refuses to go on without a challenge.
        if return_address.kind == RedirectKind::Spa && challenge.is_none() {
            return Err(Refusal::new(9_002_325));
        }
        // An application of one tenant has to name that tenant: /common would let others in.
        if return_address.app.only_tenant.is_some() && return_address.realm.tenant().is_none() {
            return Err(Refusal::new(50194));
        }
        let text = parameters
            .value(version.scope_parameter())
            .unwrap_or_default();
        if version == Version::V2 && text.is_empty() {
            return Err(Refusal::missing("scope"));
        }
        let options = SignInOptions::read(parameters)?;
        let (asked, _others) = Asked::to_consent(version, text, return_address.app, apis)?;
        Ok(Self {
            response_type,
            asked,
            // OpenID Connect Core §2: auth_time is required when max_age was requested, or the claim itself (§5.5.1).
            auth_time: options.max_age.is_some()
                || options.claims["id_token"].get("auth_time").is_some(),
            options,
        })
    }
}

impl SignInOptions {
    fn read(parameters: &Parameters<'_>) -> Result<Self, Refusal> {
        let prompts = parameters.value("prompt").unwrap_or_default();
        let prompts: Vec<Prompt> = prompts
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(Prompt::read)
            .collect::<Result<_, _>>()?;
        // OpenID Connect Core §3.1.2.1 allows a list of values; Entra takes one.
        if prompts.len() > 1 {
            return Err(Refusal::new(90023).with("parameter", "prompt"));
        }
        let max_age = parameters
            .value("max_age")
            .map(|age| {
                let wrong = |_| Refusal::new(90023).with("parameter", "max_age");
                age.parse().map(Duration::from_secs).map_err(wrong)
            })
            .transpose()?;
        let owned = |name: &str| parameters.value(name).map(str::to_owned);
        Ok(Self {
            prompts,
            login_hint: owned("login_hint"),
            domain_hint: owned("domain_hint"),
            max_age,
            claims: read_claims(parameters.value("claims"))?,
        })
    }

    pub(crate) fn has(&self, prompt: Prompt) -> bool {
        self.prompts.contains(&prompt)
    }
}

impl Prompt {
    fn read(name: &str) -> Result<Self, Refusal> {
        match name {
            "consent" | "admin_consent" => Ok(Self::Consent),
            "create" => Ok(Self::Create),
            "login" => Ok(Self::Login),
            "none" => Ok(Self::None),
            "select_account" => Ok(Self::SelectAccount),
            _ => Err(Refusal::new(90023).with("parameter", "prompt")),
        }
    }
}

/// The response type, if the application may have it and the response mode suits it.
fn read_response_type(
    return_address: &ReturnAddress<'_>,
    version: Version,
    parameters: &Parameters<'_>,
) -> Result<ResponseType, Refusal> {
    let text = parameters
        .value("response_type")
        .ok_or_else(|| Refusal::missing("response_type"))?;
    let refused = |problem: &'static str| {
        let refusal = Refusal::new(70005).with("response_type", text);
        refusal.with("problem", problem)
    };
    let response_type =
        ResponseType::read(text).ok_or_else(|| refused("is not enabled for the application."))?;
    check_enabled(response_type, return_address.app)?;
    let mode = parameters.value("response_mode").unwrap_or("fragment");
    // OAuth 2.0 Multiple Response Types: tokens must not be in a query, which servers log.
    let known = ["query", "fragment", "form_post"].contains(&mode);
    if !known || (mode == "query" && response_type.has_tokens()) {
        return Err(Refusal::new(70007).with("response_mode", mode));
    }
    if response_type.id_token {
        let scope = parameters.value("scope").unwrap_or_default();
        if version == Version::V2 && !scope.split(' ').any(|item| item == "openid") {
            return Err(refused("requires the 'openid' scope."));
        }
        // OpenID Connect Core §3.2.2.1: whoever asks for an id_token here must send a nonce.
        if parameters.value("nonce").is_none() {
            return Err(Refusal::new(90014).with("parameter", "nonce"));
        }
    }
    Ok(response_type)
}

/// Refuses what the application has not been enabled for.
fn check_enabled(response_type: ResponseType, app: &AppEntry) -> Result<(), Refusal> {
    if response_type.token && !app.access_tokens {
        return Err(Refusal::new(700_051));
    }
    if response_type.id_token && !app.id_tokens {
        return Err(Refusal::new(700_054));
    }
    Ok(())
}

fn read_claims(claims: Option<&str>) -> Result<Value, Refusal> {
    let Some(text) = claims else {
        return Ok(Value::Null);
    };
    match serde_json::from_str(text) {
        Ok(claims @ Value::Object(_)) => Ok(claims),
        _ => Err(Refusal::new(90023).with("parameter", "claims")),
    }
}

fn owned(parameters: &Parameters<'_>, name: &str) -> String {
    parameters.value(name).unwrap_or_default().to_owned()
}
