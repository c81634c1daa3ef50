//! Where the answer to an authorization request goes, and how (RFC 6749 §4.1.2, OAuth 2.0 Multiple Response
//! Types §2.1, OAuth 2.0 Form Post Response Mode).

use http::{HeaderValue, header};
use url::Url;

use crate::access::Realm;
use crate::directory::{AppEntry, Redirect, RedirectKind};
use crate::memory::Platform;
use crate::protocol::{Call, Parameters, Reply, ResponseType, is_loopback};
use crate::refusal::{B2cError, Refusal, description};
use crate::sign_in::page;

/// Where the answer to an authorization request goes. It is found out before anything else is checked, so that errors
/// can go there too (RFC 6749 §4.1.2.1).
#[derive(Debug)]
pub(crate) struct ReturnAddress<'d> {
    pub(crate) app: &'d AppEntry,
    pub(crate) realm: Realm,
    pub(crate) uri: Url,
    /// The redirect URI as the request wrote it, which the token request has to repeat.
    pub(super) asked_uri: String,
    pub(super) kind: RedirectKind,
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
            .ok_or_else(|| Refusal::missing("client_id"))?;
        let app = directory
            .find_app(client_id)
            .ok_or_else(|| Refusal::new(700_016).with("client", client_id))?;
        if realm.excludes(app) {
            return Err(Refusal::new(700_016).with("client", client_id));
        }
        let (uri, kind) = redirect(parameters.value("redirect_uri"), app)?;
        let mode = ResponseMode::read(parameters);
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
        if let Some(error) = B2cError::of(call, refusal) {
            return self.refuse_at_b2c(call, error);
        }
        let error = match refusal.code {
            // OpenID Connect Core §3.1.2.6 has a name of its own for missing consent.
            65001 => "consent_required",
            _ => refusal
                .error
                .unwrap_or_else(|| refusal.definition.error.at_v1()),
        };
        let description = description(call, refusal, platform.directory());
        let mut outcome = vec![
            ("error", error.to_owned()),
            ("error_description", description),
        ];
        outcome.extend(refusal.error_uri(call).map(|uri| ("error_uri", uri)));
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

    /// Sends an error of Azure AD B2C to the client.
    pub(crate) fn refuse_at_b2c(&self, call: &Call<'_>, error: B2cError) -> Reply {
        let outcome = vec![
            ("error", error.name().to_owned()),
            ("error_description", error.description(call)),
        ];
        self.send(call, outcome)
    }

    pub(super) fn send(&self, call: &Call<'_>, mut outcome: Vec<(&str, String)>) -> Reply {
        // RFC 6749 §4.1.2: if the request had a state, the answer has it too, unchanged.
        outcome.extend(self.state.clone().map(|state| ("state", state)));
        let mut to = self.uri.clone();
        match self.mode {
            ResponseMode::FormPost => return page::post_form(call, &to, &outcome),
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

impl ResponseMode {
    /// The response mode asked for, if it suits the response type. OAuth 2.0 Multiple Response Types keeps tokens out of
    /// queries, and with them the error that says so.
    fn read(parameters: &Parameters<'_>) -> Self {
        let kind = parameters
            .value("response_type")
            .and_then(ResponseType::read);
        let front = kind.is_some_and(ResponseType::has_tokens);
        match parameters.value("response_mode") {
            Some("form_post") => Self::FormPost,
            Some("fragment") => Self::Fragment,
            _ if front => Self::Fragment,
            _ => Self::Query,
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

/// The registered redirect URI that the request names, or the only one (RFC 6749 §3.1.2.3).
fn redirect(asked: Option<&str>, app: &AppEntry) -> Result<(Url, RedirectKind), Refusal> {
    let refused = || Refusal::new(50011).with("client", &app.client_id);
    let asked = match (asked, app.redirects.as_slice()) {
        (Some(asked), _) => asked,
        (None, [only]) => &only.uri,
        (None, _) => return Err(Refusal::missing("redirect_uri")),
    };
    let Ok(url) = Url::parse(asked) else {
        return Err(refused());
    };
    // Web addresses are compared as text: RFC 6749 §3.1.2.3 wants the whole URI to match.
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
    asked.host_str().is_some_and(is_loopback)
        && registered.scheme() == asked.scheme()
        && registered.host_str() == asked.host_str()
        && registered.path() == asked.path()
}
