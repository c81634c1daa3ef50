//! The logout endpoint (OpenID Connect RP-Initiated Logout 1.0).

use url::Url;

use super::sign_in::action;
use crate::authorization::redirect_to;
use crate::call::Call;
use crate::interaction::{Browser, Interaction, Purpose};
use crate::page::{self, Frame};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::request::Parameters;
use crate::session::Session;

/// Signs the browser out, and goes back to the client if it is known. Where several accounts are signed in
/// and the request names none, the person chooses.
pub(crate) fn answer(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let mut session = Session::read(platform, call);
    let hint = call.parameter("logout_hint");
    if session.people().len() > 1 && hint.is_none() {
        return choose(platform, call, &session);
    }
    match hint {
        Some(upn) => session.remove(upn),
        None => session.clear(),
    }
    finish(platform, call, &call.parameters, &session)
}

/// Takes the choice.
pub(super) fn chosen(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    mut session: Session,
) -> Reply {
    match call.parameter("pick") {
        Some(upn) => session.remove(upn),
        None => session.clear(),
    }
    let parameters = Parameters::read(interaction.asked.as_bytes());
    finish(platform, call, &parameters, &session)
}

fn choose(platform: Platform<'_>, call: &Call<'_>, session: &Session) -> Reply {
    let browser = Browser::of(platform, call);
    let asked = call
        .parameters
        .form(|name| ["post_logout_redirect_uri", "state"].contains(&name));
    let interaction = Interaction::begin(
        Purpose::SignOut,
        &call.target.tenant,
        asked,
        browser,
        call.now,
    );
    let (action, flow) = (action(&interaction.tenant), interaction.seal(platform));
    let back = back(platform, &call.parameters);
    let frame = Frame {
        action: &action,
        flow: &flow,
        app: "",
        then: back.as_ref(),
        alert: None,
    };
    page::sign_out_choose(call, frame, session, platform.directory()).set_cookie(browser.cookie())
}

fn finish(
    platform: Platform<'_>,
    call: &Call<'_>,
    parameters: &Parameters<'_>,
    session: &Session,
) -> Reply {
    let reply = match back(platform, parameters) {
        Some(to) => redirect_to(call, &to),
        None => page::signed_out(call),
    };
    reply.set_cookie(session.cookie(platform))
}

/// Where the browser goes afterwards, if an application has registered it.
fn back(platform: Platform<'_>, parameters: &Parameters<'_>) -> Option<Url> {
    let asked = parameters.value("post_logout_redirect_uri")?;
    platform.directory().has_redirect(asked).then_some(())?;
    let mut url = Url::parse(asked).ok()?;
    if let Some(state) = parameters.value("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Some(url)
}
