//! An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1): what it asks and where its
//! answer goes.

use std::time::Duration;

use http::{HeaderValue, header};
use serde_json::Value;
use url::Url;

use crate::audit::Version;
use crate::authorization_code::Code;
use crate::call::Call;
use crate::directory::{AppEntry, Redirect, RedirectKind};
use crate::endpoint::token::missing;
use crate::grant::authorization_code::asked;
use crate::identifiers::scramble;
use crate::page;
use crate::platform::Platform;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request::Parameters;
use crate::scope::Asked;
use crate::session::SignedIn;

/// Where the answer to an authorization request goes. It is known before anything else is judged,
/// so that errors can go there too.
#[derive(Debug)]
pub(crate) struct ReturnAddress<'d> {
    pub(crate) app: &'d AppEntry,
    pub(crate) realm: Realm,
    pub(crate) uri: Url,
    /// As the request wrote it.
    asked_uri: String,
    kind: RedirectKind,
    mode: ResponseMode,
    state: Option<String>,
}

/// OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ResponseMode {
    FormPost,
    Fragment,
    Query,
}

/// What an authorization request asks for.
#[derive(Debug)]
pub(crate) struct Authorization<'d> {
    pub(crate) back: ReturnAddress<'d>,
    pub(crate) asked: Asked<'d>,
    pub(crate) wishes: Wishes,
    text: String,
    nonce: String,
    challenge: String,
    s256: bool,
    auth_time: bool,
    client_info: bool,
}

/// How the person is to be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) login_hint: Option<String>,
    pub(crate) domain_hint: Option<String>,
    pub(crate) max_age: Option<Duration>,
}

/// The values of `prompt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    Consent,
    /// To make a new account, which tenants of employees do not offer: a sign-in without an old session.
    Create,
    Login,
    None,
    SelectAccount,
}

impl<'d> ReturnAddress<'d> {
    pub(crate) fn read(
        platform: Platform<'d>,
        tenant: &str,
        parameters: &Parameters<'_>,
    ) -> Result<Self, Refusal> {
        let directory = platform.directory();
        let realm = Realm::find(tenant, directory)?;
        let client_id = parameters
            .value("client_id")
            .ok_or_else(|| missing("client_id"))?;
        let app = directory
            .find_app(client_id)
            .ok_or_else(|| Refusal::new(700_016).with("client", client_id))?;
        if app.is_elsewhere(realm) {
            return Err(Refusal::new(700_016).with("client", client_id));
        }
        let (uri, kind) = redirect(parameters.value("redirect_uri"), app)?;
        let mode = match parameters.value("response_mode") {
            Some("fragment") => ResponseMode::Fragment,
            Some("form_post") => ResponseMode::FormPost,
            _ => ResponseMode::Query,
        };
        let owned = |name: &str| parameters.value(name).map(str::to_owned);
        Ok(Self {
            app,
            realm,
            asked_uri: owned("redirect_uri").unwrap_or_else(|| uri.to_string()),
            uri,
            kind,
            mode,
            state: owned("state"),
        })
    }

    /// Sends the error to the client.
    pub(crate) fn refuse(
        &self,
        platform: Platform<'_>,
        call: &Call<'_>,
        refusal: &Refusal,
    ) -> Reply {
        let error = match refusal.code {
            // OpenID Connect Core §3.1.2.6 has a name of its own for it.
            65001 => "consent_required",
            _ => refusal.error.unwrap_or_else(|| refusal.row.error.at_v1()),
        };
        let description = crate::envelope::description(call, refusal, platform.directory());
        let mut outcome = vec![
            ("error", error.to_owned()),
            ("error_description", description),
        ];
        outcome.extend(
            refusal
                .suberror
                .clone()
                .map(|suberror| ("error_subcode", suberror)),
        );
        let mut reply = self.send(call, outcome);
        reply.aadsts = Some(refusal.code);
        reply
    }

    fn send(&self, call: &Call<'_>, mut outcome: Vec<(&str, String)>) -> Reply {
        outcome.extend(self.state.clone().map(|state| ("state", state)));
        let mut to = self.uri.clone();
        match self.mode {
            ResponseMode::FormPost => return page::form_post(call, &to, &outcome),
            ResponseMode::Fragment => {
                let fragment = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(outcome)
                    .finish();
                to.set_fragment(Some(&fragment));
            }
            ResponseMode::Query => drop(to.query_pairs_mut().extend_pairs(outcome)),
        }
        redirect_to(call, &to)
    }
}

impl<'d> Authorization<'d> {
    pub(crate) fn read(
        platform: Platform<'d>,
        back: ReturnAddress<'d>,
        version: Version,
        parameters: &Parameters<'_>,
    ) -> Result<Self, Box<(ReturnAddress<'d>, Refusal)>> {
        match Ask::read(platform, &back, version, parameters) {
            Ok(ask) => Ok(Self {
                asked: ask.asked,
                wishes: ask.wishes,
                text: ask.text,
                nonce: owned(parameters, "nonce"),
                challenge: owned(parameters, "code_challenge"),
                s256: parameters.value("code_challenge_method") == Some("S256"),
                auth_time: ask.auth_time,
                client_info: parameters.value("client_info") == Some("1"),
                back,
            }),
            Err(refusal) => Err(Box::new((back, refusal))),
        }
    }

    /// Sends the client a code for somebody who signed in.
    pub(crate) fn grant(
        &self,
        platform: Platform<'_>,
        call: &Call<'_>,
        person: &SignedIn,
    ) -> Reply {
        let serial = platform.identifiers().serial();
        let code = Code {
            serial,
            issued: call.now,
            upn: person.upn.clone(),
            client_id: self.back.app.client_id.clone(),
            redirect_uri: self.back.asked_uri.clone(),
            asked: self.text.clone(),
            nonce: self.nonce.clone(),
            challenge: self.challenge.clone(),
            s256: self.s256,
            signed_in: person.at,
            mfa: person.mfa,
            auth_time: self.auth_time,
            spa: self.back.kind == RedirectKind::Spa,
        };
        let mut outcome = vec![("code", code.seal(platform.sealer()))];
        if self.client_info
            && let Some(account) = platform.directory().account(&person.upn)
        {
            let info = crate::answer::client_info(platform, &account);
            outcome.push(("client_info", info));
        }
        let state = scramble(person.serial ^ person.at.millis());
        let state = crate::guid::Guid::derived(&state.to_be_bytes(), "session");
        outcome.push(("session_state", state.to_string()));
        self.back.send(call, outcome)
    }
}

/// The part of an authorization request that can be refused.
struct Ask<'d> {
    asked: Asked<'d>,
    wishes: Wishes,
    text: String,
    auth_time: bool,
}

impl<'d> Ask<'d> {
    fn read(
        platform: Platform<'d>,
        back: &ReturnAddress<'d>,
        version: Version,
        parameters: &Parameters<'_>,
    ) -> Result<Self, Refusal> {
        if let Some(name) = parameters.duplicate() {
            return Err(Refusal::new(9_000_411).with("parameter", name));
        }
        if parameters.value("response_type") != Some("code") {
            return Err(Refusal::new(70005));
        }
        let mode = parameters.value("response_mode").unwrap_or("query");
        if !["query", "fragment", "form_post"].contains(&mode) {
            return Err(Refusal::new(70007).with("response_mode", mode));
        }
        let method = parameters.value("code_challenge_method");
        if method.is_some_and(|method| !["plain", "S256"].contains(&method)) {
            return Err(Refusal::new(90023).with("parameter", "code_challenge_method"));
        }
        // RFC 7636 §4.2: 43 characters of a digest, 43 to 128 of a verifier.
        let challenge = parameters.value("code_challenge");
        if challenge.is_some_and(|challenge| !(43..=128).contains(&challenge.len())) {
            return Err(Refusal::new(501_491));
        }
        // RFC 7636 §4.4.1: a server that requires PKCE refuses to go on without a challenge.
        if back.kind == RedirectKind::Spa && challenge.is_none() {
            return Err(Refusal::new(9_002_325));
        }
        if back.app.only_tenant.is_some() && back.realm.tenant().is_none() {
            return Err(Refusal::new(50194));
        }
        let name = if version == Version::V1 {
            "resource"
        } else {
            "scope"
        };
        let text = parameters.value(name).unwrap_or_default();
        if version == Version::V2 && text.is_empty() {
            return Err(missing("scope"));
        }
        let claims = read_claims(parameters.value("claims"))?;
        let wishes = Wishes::read(parameters)?;
        Ok(Self {
            asked: asked(version, text, back.app, platform.directory())?,
            auth_time: wishes.max_age.is_some() || claims["id_token"].get("auth_time").is_some(),
            wishes,
            text: text.to_owned(),
        })
    }
}

impl Wishes {
    fn read(parameters: &Parameters<'_>) -> Result<Self, Refusal> {
        let prompts = parameters.value("prompt").unwrap_or_default();
        let prompts: Vec<Prompt> = prompts
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(Prompt::read)
            .collect::<Result<_, _>>()?;
        // OpenID Connect Core §3.1.2.1: "If this parameter contains none with any other value, an error is returned."
        if prompts.contains(&Prompt::None) && prompts.len() > 1 {
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

/// Redirects the browser.
pub(crate) fn redirect_to(call: &Call<'_>, to: &Url) -> Reply {
    let mut reply = Reply::redirect(call);
    if let Ok(location) = HeaderValue::from_str(to.as_str()) {
        let headers = reply.response.headers_mut();
        headers.insert(header::LOCATION, location);
    }
    reply
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

/// The registered address that the request names, or the only one.
fn redirect(asked: Option<&str>, app: &AppEntry) -> Result<(Url, RedirectKind), Refusal> {
    let refused = || Refusal::new(50011).with("client", &app.client_id);
    let asked = match (asked, app.redirects.as_slice()) {
        (Some(asked), _) => asked,
        (None, [only]) => &only.uri,
        (None, _) => return Err(missing("redirect_uri")),
    };
    let Ok(url) = Url::parse(asked) else {
        return Err(refused());
    };
    let is_it = |redirect: &&Redirect| {
        redirect.uri == asked
            || (redirect.kind == RedirectKind::Native && same_loopback(&redirect.uri, &url))
    };
    let registered = app.redirects.iter().find(is_it).ok_or_else(refused)?;
    Ok((url, registered.kind))
}

/// RFC 8252 §7.3: "The authorization server MUST allow any port to be specified at the time of the request".
fn same_loopback(registered: &str, asked: &Url) -> bool {
    let Ok(registered) = Url::parse(registered) else {
        return false;
    };
    let loopback = matches!(asked.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    loopback
        && registered.scheme() == asked.scheme()
        && registered.host_str() == asked.host_str()
        && registered.path() == asked.path()
}

fn owned(parameters: &Parameters<'_>, name: &str) -> String {
    parameters.value(name).unwrap_or_default().to_owned()
}
