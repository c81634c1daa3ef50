//! The logout endpoint (OpenID Connect RP-Initiated Logout 1.0, Front-Channel Logout 1.0).

use url::Url;

use super::authorization::redirect_to;
use super::interaction::{Browser, Interaction, Purpose};
use super::page::{self, PageContext};
use super::session::Session;
use crate::directory::Directory;
use crate::memory::{Platform, SignedIn};
use crate::protocol::{Call, Jwt, Parameters, Reply};

/// Signs the browser out, and sends it back to the client if its address is registered. If several accounts are
/// signed in and the request names none, the person chooses.
pub(crate) fn logout(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let session = Session::read(platform, call);
    let hint = hinted_account(platform, call);
    if session.people().len() > 1 && hint.is_none() {
        return choose(platform, call, &session);
    }
    finish(platform, call, &call.parameters, session, hint.as_deref())
}

/// Takes the choice of the person.
pub(super) fn account_chosen(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    session: Session,
) -> Reply {
    let parameters = Parameters::read(interaction.asked.as_bytes());
    finish(platform, call, &parameters, session, call.parameter("pick"))
}

/// The account that the client wants to sign out, by name or by an id_token. RP-Initiated Logout §2: the id_token may
/// have expired.
fn hinted_account(platform: Platform<'_>, call: &Call<'_>) -> Option<String> {
    let by_token = || {
        let jwt = Jwt::read(call.parameter("id_token_hint")?)?;
        Some(platform.issuer().verify(&jwt)?.upn()?.to_owned())
    };
    let by_name = call.parameter("logout_hint").map(str::to_owned);
    by_name.or_else(by_token)
}

fn choose(platform: Platform<'_>, call: &Call<'_>, session: &Session) -> Reply {
    let browser = Browser::of(platform, call);
    let asked = call
        .parameters
        .form(|name| ["client_id", "post_logout_redirect_uri", "state"].contains(&name));
    let interaction = Interaction::begin(
        Purpose::SignOut,
        &call.target.tenant,
        asked,
        browser,
        call.now,
    );
    let (action, flow) = (
        call.target.shape.login_path(&interaction.tenant),
        interaction.seal(platform),
    );
    let back = post_logout_redirect(platform, &call.parameters);
    let context = PageContext {
        action: &action,
        flow: &flow,
        app: "",
        then: back.as_ref(),
        alert: None,
    };
    let client_id = client(platform, call, &call.parameters);
    page::sign_out_choose(call, context, session, platform.directory())
        .set_cookie(browser.cookie())
        .about(client_id.as_deref(), None)
}

fn finish(
    platform: Platform<'_>,
    call: &Call<'_>,
    parameters: &Parameters<'_>,
    mut session: Session,
    whom: Option<&str>,
) -> Reply {
    let gone = session.sign_out(whom);
    let urls = front_channel_urls(&gone, platform.directory());
    let reply = match post_logout_redirect(platform, parameters) {
        Some(to) if urls.is_empty() => redirect_to(call, &to),
        back => page::signed_out(call, &urls, back.as_ref()),
    };
    let names: Vec<&str> = gone.iter().map(|person| person.upn.as_str()).collect();
    let names = Some(names.join(", ")).filter(|names| !names.is_empty());
    let client_id = client(platform, call, parameters);
    reply
        .set_cookie(session.cookie(platform))
        .about(client_id.as_deref(), names.as_deref().or(whom))
}

/// The client that asks for a sign-out, for the audit log: the one that is named, that of the id_token, or whose the
/// address is to which the browser goes back.
fn client(platform: Platform<'_>, call: &Call<'_>, parameters: &Parameters<'_>) -> Option<String> {
    let of_token = || {
        let jwt = Jwt::read(call.parameter("id_token_hint")?)?;
        Some(platform.issuer().verify(&jwt)?.text("aud")?.to_owned())
    };
    let of_address = || {
        let asked = parameters.value("post_logout_redirect_uri")?;
        let app = platform.directory().app_of_redirect(asked)?;
        Some(app.client_id.clone())
    };
    let named = parameters.value("client_id").map(str::to_owned);
    named.or_else(of_token).or_else(of_address)
}

/// The addresses that are told of the end of sessions. OpenID Connect Front-Channel Logout 1.0 sends `iss` and `sid`;
/// Entra leaves `iss` out.
fn front_channel_urls(gone: &[SignedIn], directory: &Directory) -> Vec<Url> {
    let of_person = |person: &SignedIn| {
        let sid = person.session_id().to_string();
        let apps = person.apps.iter().filter_map(|&app| directory.app(app));
        let url = |url: &String| {
            let mut url = Url::parse(url).ok()?;
            url.query_pairs_mut().append_pair("sid", &sid);
            Some(url)
        };
        apps.filter_map(|app| app.front_channel_logout.as_ref().and_then(url))
            .collect::<Vec<_>>()
    };
    gone.iter().flat_map(of_person).collect()
}

/// Where the browser goes afterwards. RP-Initiated Logout §3: only to an address that is registered.
fn post_logout_redirect(platform: Platform<'_>, parameters: &Parameters<'_>) -> Option<Url> {
    let asked = parameters.value("post_logout_redirect_uri")?;
    platform.directory().has_redirect(asked).then_some(())?;
    let mut url = Url::parse(asked).ok()?;
    if let Some(state) = parameters.value("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Some(url)
}
