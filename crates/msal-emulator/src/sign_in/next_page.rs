//! The page that comes next in a sign-in, or its end.

use url::Url;

use super::attempt::{Attempt, Step};
use super::authorization::{Authorization, ReturnAddress, SignInOptions};
use super::interaction::{Interaction, Purpose};
use super::page::{self, PageContext, explain};
use super::session::Session;
use crate::access::{Apis, Asked, Realm};
use crate::memory::{Platform, Verdict};
use crate::protocol::{Call, Parameters, Reply};
use crate::refusal::Refusal;

/// Shows the page that comes next, or ends the sign-in. `alert` says what was wrong with the last form.
pub(crate) fn proceed(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: Interaction,
    session: Session,
    alert: Option<&str>,
) -> Reply {
    let parameters = Parameters::read(interaction.asked.as_bytes());
    match interaction.purpose {
        Purpose::Authorize(version) => {
            // The request is read again at each page, so a change of the directory in between is not missed.
            let return_address = ReturnAddress::read(platform, &interaction.tenant, &parameters);
            let return_address = match return_address {
                Ok(return_address) => return_address,
                Err(refusal) => return explain(platform, call, &refusal),
            };
            match Authorization::read(platform, call, return_address, version, &parameters) {
                Ok(authorization) => next_of_authorization(
                    platform,
                    call,
                    &interaction,
                    session,
                    &authorization,
                    alert,
                ),
                Err(refused) => refused.answer(platform, call),
            }
        }
        Purpose::Device => {
            let code = parameters.value("user_code").unwrap_or_default();
            next_of_device(platform, call, &interaction, session, code, alert)
        }
        Purpose::SignOut => page::signed_out(call, &[], None),
    }
}

fn next_of_authorization(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    mut session: Session,
    authorization: &Authorization<'_>,
    alert: Option<&str>,
) -> Reply {
    let attempt = Attempt {
        platform,
        realm: authorization.return_address.realm,
        app: authorization.return_address.app,
        asked: &authorization.asked,
        options: &authorization.options,
        session: &session,
        now: call.now,
        device: false,
    };
    match attempt.next(interaction) {
        Step::Done(mut person) => {
            person.join(authorization.return_address.app);
            session.add(person.clone());
            authorization
                .grant(platform, call, &person)
                .set_cookie(session.cookie(platform))
        }
        step => show(
            &attempt,
            call,
            interaction,
            Some(&authorization.return_address.uri),
            step,
            alert,
        ),
    }
}

fn next_of_device(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    mut session: Session,
    code: &str,
    alert: Option<&str>,
) -> Reply {
    let directory = platform.directory();
    let Some(device) = platform.devices().find(code, call.now) else {
        return explain(platform, call, &Refusal::new(70019));
    };
    let found = || {
        let app = directory.find_app(&device.client_id)?;
        let realm = Realm::find(&device.tenant, directory).ok()?;
        let asked = Asked::read(
            device.version,
            &device.asked,
            app,
            Apis::new(directory, call),
        )
        .ok()?;
        Some((app, realm, asked))
    };
    let Some((app, realm, asked)) = found() else {
        return explain(platform, call, &Refusal::new(70018));
    };
    let options = SignInOptions::default();
    let attempt = Attempt {
        platform,
        realm,
        app,
        asked: &asked,
        options: &options,
        session: &session,
        now: call.now,
        device: true,
    };
    match attempt.next(interaction) {
        Step::Done(person) => {
            let name = app.name.clone();
            session.add(person.clone());
            let cookie = session.cookie(platform);
            platform
                .devices()
                .settle(code, Verdict::Approved(person), call.now);
            page::device_finished(call, &name, true).set_cookie(cookie)
        }
        step => show(&attempt, call, interaction, None, step, alert),
    }
}

fn show(
    attempt: &Attempt<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    then: Option<&Url>,
    step: Step,
    alert: Option<&str>,
) -> Reply {
    let directory = attempt.platform.directory();
    let action = call.target.shape.login_path(&interaction.tenant);
    let flow = interaction.about(step.account()).seal(attempt.platform);
    let context = PageContext {
        action: &action,
        flow: &flow,
        app: &attempt.app.name,
        then,
        alert,
    };
    match step {
        Step::Account => {
            let hint = attempt.options.login_hint.as_deref().unwrap_or_default();
            let name = call.parameter("username").unwrap_or(hint);
            page::account(call, context, name, attempt.offers_sign_up())
        }
        Step::Choose => page::choose(call, context, attempt.session, directory),
        Step::Consent(account) => {
            page::consent(call, context, &account, attempt.asked, attempt.device)
        }
        Step::Password(account) => {
            let tenant = &directory.tenant(account.home).name;
            page::password(call, context, &account.upn, tenant)
        }
        Step::SecondFactor { account, enrol } => {
            page::second_factor(call, context, &account.upn, enrol)
        }
        Step::SignUp => {
            let hint = attempt.options.login_hint.as_deref().unwrap_or_default();
            page::create_account(call, context, hint)
        }
        Step::Refused(refusal) => page::error_page(call, &refusal, directory),
        Step::Done(_) => Reply::not_found(call),
    }
}
