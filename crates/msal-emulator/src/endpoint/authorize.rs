//! The authorization endpoint, for people who are signed in already (RFC 6749 §4.1.1).
//!
//! There are no pages here: everybody in the directory counts as signed in, and `login_hint` says who
//! is at the browser. A request without it is told that nobody is signed in.

use http::{HeaderValue, header};
use url::Url;

use crate::audit::Version;
use crate::authorization_code::Code;
use crate::call::Call;
use crate::directory::{AppEntry, RedirectKind};
use crate::emulator::Emulator;
use crate::endpoint::token::missing;
use crate::grant::authorization_code::asked;
use crate::grant::check_policies;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::reply::Reply;

/// Redirects to the client with a code, or with the error.
///
/// A client or redirect address that is not known gets no redirect (RFC 6749 §4.1.2.1).
pub(crate) fn answer(
    emulator: &Emulator,
    call: &Call<'_>,
    version: Version,
) -> Result<Reply, Refusal> {
    let directory = emulator.directory();
    let realm = Realm::find(&call.target.tenant, directory)?;
    let client_id = call
        .parameter("client_id")
        .ok_or_else(|| missing("client_id"))?;
    let app = directory
        .find_app(client_id)
        .ok_or_else(|| Refusal::new(700_016))?;
    let redirect = redirect_uri(call, app)?;
    let mut outcome = vec![];
    match code(emulator, call, version, realm, app, redirect.as_str()) {
        Ok(code) => outcome.push(("code", code.seal(emulator.sealer()))),
        Err(refusal) => {
            let error = refusal.error.unwrap_or_else(|| refusal.row.error.at_v1());
            outcome.push(("error", error.to_owned()));
            outcome.push((
                "error_description",
                crate::envelope::description(call, &refusal, directory),
            ));
            outcome.extend(refusal.suberror.map(|suberror| ("error_subcode", suberror)));
        }
    }
    outcome.extend(
        call.parameter("state")
            .map(|state| ("state", state.to_owned())),
    );
    Ok(redirected(call, redirect, &outcome))
}

fn code(
    emulator: &Emulator,
    call: &Call<'_>,
    version: Version,
    realm: Realm,
    app: &AppEntry,
    redirect: &str,
) -> Result<Code, Refusal> {
    let directory = emulator.directory();
    if call.parameter("response_type") != Some("code") {
        return Err(Refusal::new(70005));
    }
    let mode = call.parameter("response_mode").unwrap_or("query");
    if !["query", "fragment"].contains(&mode) {
        return Err(Refusal::new(70007).with("response_mode", mode));
    }
    let nobody = || Refusal::new(50058);
    let account = call
        .parameter("login_hint")
        .and_then(|upn| directory.account(upn))
        .ok_or_else(nobody)?;
    if !emulator.people().is_enabled(&account) {
        return Err(Refusal::new(50057));
    }
    let (tenant, _) = realm.of_account(&account, directory)?;
    let parameter = if version == Version::V1 {
        "resource"
    } else {
        "scope"
    };
    let text = call.parameter(parameter).unwrap_or_default();
    check_policies(
        &account,
        tenant,
        &asked(version, text, app, directory)?,
        app,
        directory,
        call.now,
    )?;
    let owned = |name: &str| call.parameter(name).unwrap_or_default().to_owned();
    Ok(Code {
        serial: emulator.identifiers().serial(),
        issued: call.now,
        upn: account.upn.clone(),
        client_id: app.client_id.clone(),
        redirect_uri: call
            .parameter("redirect_uri")
            .unwrap_or(redirect)
            .to_owned(),
        asked: text.to_owned(),
        nonce: owned("nonce"),
        challenge: owned("code_challenge"),
        s256: call.parameter("code_challenge_method") == Some("S256"),
    })
}

/// The registered address that the request names, or the only one.
fn redirect_uri(call: &Call<'_>, app: &AppEntry) -> Result<Url, Refusal> {
    let refused = || Refusal::new(50011).with("client", &app.client_id);
    let asked = match (call.parameter("redirect_uri"), app.redirects.as_slice()) {
        (Some(asked), _) => asked,
        (None, [only]) => &only.uri,
        (None, _) => return Err(missing("redirect_uri")),
    };
    let Ok(url) = Url::parse(asked) else {
        return Err(refused());
    };
    let registered = app.redirects.iter().any(|redirect| {
        redirect.uri == asked
            || (redirect.kind == RedirectKind::Native && same_loopback(&redirect.uri, &url))
    });
    registered.then_some(url).ok_or_else(refused)
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

fn redirected(call: &Call<'_>, mut to: Url, outcome: &[(&str, String)]) -> Reply {
    if call.parameter("response_mode") == Some("fragment") {
        let fragment = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(outcome)
            .finish();
        to.set_fragment(Some(&fragment));
    } else {
        to.query_pairs_mut().extend_pairs(outcome);
    }
    let mut reply = Reply::redirect(call);
    if let Ok(location) = HeaderValue::from_str(to.as_str()) {
        reply
            .response
            .headers_mut()
            .insert(header::LOCATION, location);
    }
    reply
}
