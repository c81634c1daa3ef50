//! The authorization endpoint (RFC 6749 §3.1).

use super::attempt::Attempt;
use super::authorization::{Authorization, Prompt, ReturnAddress};
use super::interaction::{Browser, Interaction, Purpose};
use super::next_page::proceed;
use super::page::explain;
use super::session::Session;
use crate::memory::{Platform, SignedIn};
use crate::protocol::{Call, Reply, Version};
use crate::settings::SignIn;

/// Shows the first page of a sign-in, or redirects to the client with a code or an error.
///
/// RFC 6749 §4.1.2.1: without a known client and redirect URI, the error is shown and not sent anywhere.
pub(crate) fn authorize(platform: Platform<'_>, call: &Call<'_>, version: Version) -> Reply {
    let return_address = match ReturnAddress::read(platform, &call.target.tenant, &call.parameters)
    {
        Ok(return_address) => return_address,
        Err(refusal) => return explain(platform, call, &refusal),
    };
    let authorization =
        match Authorization::read(platform, call, return_address, version, &call.parameters) {
            Ok(authorization) => authorization,
            Err(refused) => return refused.answer(platform, call),
        };
    let mut session = Session::read(platform, call);
    if let Some(outcome) = without_page(platform, call, &authorization, &mut session) {
        return outcome;
    }
    let browser = Browser::of(platform, call);
    let interaction = Interaction::begin(
        Purpose::Authorize(version),
        &call.target.tenant,
        call.parameters.form(|name| REMEMBERED.contains(&name)),
        browser,
        call.now,
    );
    proceed(platform, call, interaction, session, None).set_cookie(browser.cookie())
}

/// The answer when no page is to be shown: for `prompt=none`, and where the settings say so.
fn without_page(
    platform: Platform<'_>,
    call: &Call<'_>,
    authorization: &Authorization<'_>,
    session: &mut Session,
) -> Option<Reply> {
    let attempt = Attempt {
        platform,
        realm: authorization.return_address.realm,
        app: authorization.return_address.app,
        asked: &authorization.asked,
        options: &authorization.options,
        session,
        now: call.now,
        device: false,
    };
    let hint = authorization.options.login_hint.as_deref();
    let hinted = hint.and_then(|hint| platform.directory().account(hint));
    let outcome = match (platform.settings().sign_in, hinted) {
        // OpenID Connect Core §3.1.2.1, prompt=none: no page may be shown, whatever the settings are.
        _ if authorization.options.has(Prompt::None) => attempt.silent(),
        (SignIn::Pages, _) => return None,
        // A program that names its user gets a code at once; people at a browser get pages.
        (SignIn::Automatic, _) if call.is_browser() => return None,
        (SignIn::Automatic, None) => return None,
        (SignIn::Automatic | SignIn::Unattended, Some(account)) => {
            let serial = platform.identifiers().serial();
            attempt.admit(SignedIn::new(account.upn.clone(), call.now, false, serial))
        }
        (SignIn::Unattended, None) => attempt.silent(),
    };
    Some(match outcome {
        Ok(mut person) => {
            person.join(authorization.return_address.app);
            let cookie = session.remember(&person, platform);
            authorization
                .grant(platform, call, &person)
                .set_cookie(cookie)
        }
        Err(refusal) => authorization
            .return_address
            .refuse(platform, call, &refusal),
    })
}

/// The parameters that a sign-in remembers of its request.
const REMEMBERED: [&str; 17] = [
    "claims",
    "client_id",
    "client_info",
    "code_challenge",
    "code_challenge_method",
    "domain_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "user_code",
];
