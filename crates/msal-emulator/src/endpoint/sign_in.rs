//! The pages of a sign-in: what a form says, and which page comes next.

use url::Url;

use super::explain;
use crate::authorization::{Authorization, ReturnAddress, Wishes};
use crate::b2c;
use crate::call::Call;
use crate::devices::Verdict;
use crate::endpoint::{device_page, logout};
use crate::grant::authorization_code::asked;
use crate::interaction::{Interaction, Purpose};
use crate::page::{self, Frame};
use crate::platform::Platform;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request::Parameters;
use crate::route::Shape;
use crate::session::Session;
use crate::sign_in::{Step, Visit};
use crate::sign_up::{Newcomer, Reason};

/// Takes a form and shows the next page.
pub(crate) fn answer(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let Some(mut interaction) = Interaction::open(platform, call) else {
        return explain(platform, call, &Refusal::new(165_000));
    };
    let session = Session::read(platform, call);
    if interaction.purpose == Purpose::SignOut {
        return logout::chosen(platform, call, &interaction, session);
    }
    let alert = if let Some(upn) = call.parameter("pick") {
        interaction.choose(upn.to_owned());
        None
    } else {
        match call.parameter("do").unwrap_or_default() {
            "accept" => accept(platform, &mut interaction),
            "cancel" => return cancel(platform, call, &interaction),
            "create" => {
                interaction.restart();
                interaction.creating = true;
                None
            }
            "sign-up" => signed_up(platform, call, &mut interaction),
            "code" => second_factor(platform, call, &mut interaction),
            "give-up" => return give_up(platform, call, &interaction),
            "forgot" => return forgot(platform, call, &interaction),
            "device" => return device_page::entered(platform, call, interaction, session),
            "name" => name(platform, call, &mut interaction),
            "other" => {
                interaction.restart();
                None
            }
            "password" => password(platform, call, &mut interaction),
            _ => None,
        }
    };
    proceed(platform, call, interaction, session, alert)
}

/// Shows the page that comes next, or ends the sign-in.
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
            let back = ReturnAddress::read(platform, &interaction.tenant, &parameters);
            let back = match back {
                Ok(back) => back,
                Err(refusal) => return explain(platform, call, &refusal),
            };
            match Authorization::read(platform, back, version, &parameters) {
                Ok(authorization) => {
                    authorize(platform, call, &interaction, session, &authorization, alert)
                }
                Err(refused) => refused.0.refuse(platform, call, &refused.1),
            }
        }
        Purpose::Device => {
            let code = parameters.value("user_code").unwrap_or_default();
            device(platform, call, &interaction, session, code, alert)
        }
        Purpose::SignOut => page::signed_out(call, &[], None),
    }
}

fn authorize(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    mut session: Session,
    authorization: &Authorization<'_>,
    alert: Option<&str>,
) -> Reply {
    let visit = Visit {
        platform,
        realm: authorization.back.realm,
        app: authorization.back.app,
        asked: &authorization.asked,
        wishes: &authorization.wishes,
        session: &session,
        now: call.now,
        device: false,
    };
    match visit.next(interaction) {
        Step::Done(mut person) => {
            person.join(authorization.back.app);
            session.add(person.clone());
            authorization
                .grant(platform, call, &person)
                .set_cookie(session.cookie(platform))
        }
        step => show(
            &visit,
            call,
            interaction,
            Some(&authorization.back.uri),
            step,
            alert,
        ),
    }
}

fn device(
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
        let asked = asked(device.version, &device.asked, app, directory).ok()?;
        Some((app, realm, asked))
    };
    let Some((app, realm, asked)) = found() else {
        return explain(platform, call, &Refusal::new(70018));
    };
    let wishes = Wishes::default();
    let visit = Visit {
        platform,
        realm,
        app,
        asked: &asked,
        wishes: &wishes,
        session: &session,
        now: call.now,
        device: true,
    };
    match visit.next(interaction) {
        Step::Done(person) => {
            let name = app.name.clone();
            session.add(person.clone());
            let cookie = session.cookie(platform);
            platform
                .devices()
                .settle(code, Verdict::Approved(person), call.now);
            page::device_finished(call, &name, true).set_cookie(cookie)
        }
        step => show(&visit, call, interaction, None, step, alert),
    }
}

fn show(
    visit: &Visit<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    then: Option<&Url>,
    step: Step,
    alert: Option<&str>,
) -> Reply {
    let directory = visit.platform.directory();
    let action = action(&interaction.tenant, call.target.shape);
    let flow = interaction.about(step.account()).seal(visit.platform);
    let frame = Frame {
        action: &action,
        flow: &flow,
        app: &visit.app.name,
        then,
        alert,
    };
    match step {
        Step::Account => {
            let hint = visit.wishes.login_hint.as_deref().unwrap_or_default();
            let name = call.parameter("username").unwrap_or(hint);
            page::account(call, frame, name, visit.takes_newcomers())
        }
        Step::Choose => page::choose(call, frame, visit.session, directory),
        Step::Consent(account) => page::consent(call, frame, &account, visit.asked, visit.device),
        Step::Password(account) => {
            let tenant = &directory.tenant(account.home).name;
            page::password(call, frame, &account.upn, tenant)
        }
        Step::SecondFactor { account, enrol } => {
            page::second_factor(call, frame, &account.upn, enrol)
        }
        Step::SignUp => {
            let hint = visit.wishes.login_hint.as_deref().unwrap_or_default();
            page::sign_up(call, frame, hint)
        }
        Step::Refused(refusal) => page::error(call, &refusal, directory),
        Step::Done(_) => Reply::not_found(call),
    }
}

/// Where the forms of a sign-in go: to a URL of the same shape.
pub(crate) fn action(tenant: &str, shape: Shape<'_>) -> String {
    let segment: String = url::form_urlencoded::byte_serialize(tenant.as_bytes()).collect();
    match shape {
        Shape::B2c { policy } => format!("/tfp/{segment}/{policy}/login"),
        Shape::Adfs | Shape::Entra => format!("/{segment}/login"),
    }
}

fn name(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &mut Interaction,
) -> Option<&'static str> {
    let name = call.parameter("username").unwrap_or_default().trim();
    match platform.directory().account(name) {
        Some(account) => {
            interaction.choose(account.upn.clone());
            None
        }
        None => {
            interaction.restart();
            Some("We could not find an account with that name.")
        }
    }
}

/// The account that a form wants to make, if it is such a form.
pub(crate) fn newcomer<'c>(platform: Platform<'_>, call: &'c Call<'_>) -> Option<Newcomer<'c>> {
    if call.parameter("do") != Some("sign-up") {
        return None;
    }
    let interaction = Interaction::open(platform, call)?;
    Newcomer::read(platform, call, &interaction).ok()
}

/// Goes on with the account that was just made; says why where none was.
fn signed_up(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &mut Interaction,
) -> Option<&'static str> {
    match Newcomer::read(platform, call, interaction) {
        // The account is in the directory by now, so that its name is taken, with this very password.
        Err(Reason::Taken) if is_theirs(platform, call) => {
            interaction.choose(call.parameter("username")?.trim().to_owned());
            interaction.password_at = Some(call.now);
            None
        }
        Err(reason) => {
            interaction.creating = true;
            Some(reason.alert())
        }
        Ok(_) => Some(Reason::NotHere.alert()),
    }
}

fn is_theirs(platform: Platform<'_>, call: &Call<'_>) -> bool {
    let theirs = || {
        let account = platform
            .directory()
            .account(call.parameter("username")?.trim())?;
        let password = call.parameter("password")?;
        platform
            .people()
            .check_password(&account, password, call.now)
            .ok()
    };
    theirs().is_some()
}

fn password(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &mut Interaction,
) -> Option<&'static str> {
    let account = platform.directory().account(interaction.upn.as_deref()?)?;
    let typed = call.parameter("password").unwrap_or_default();
    match platform.people().check_password(&account, typed, call.now) {
        Ok(()) => {
            interaction.password_at = Some(call.now);
            None
        }
        Err(refusal) if refusal.code == 50126 => Some("Your account or password is incorrect."),
        Err(refusal) if refusal.code == 50053 => {
            Some("Your account is locked for a while, because of too many wrong passwords.")
        }
        Err(_) => Some("Your password has expired. Ask your administrator for a new one."),
    }
}

fn second_factor(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &mut Interaction,
) -> Option<&'static str> {
    let account = platform.directory().account(interaction.upn.as_deref()?)?;
    let typed = call.parameter("code").unwrap_or_default();
    let typed: String = typed
        .chars()
        .filter(|typed| !typed.is_whitespace())
        .collect();
    if !account.second_factor.is(&typed) {
        return Some("You did not enter the expected code. Try again.");
    }
    interaction.mfa = true;
    None
}

/// Remembers that the person said yes, for this sign-in and, of an application's permissions, for good.
fn accept(platform: Platform<'_>, interaction: &mut Interaction) -> Option<&'static str> {
    interaction.accepted = true;
    let parameters = Parameters::read(interaction.asked.as_bytes());
    let directory = platform.directory();
    let consented = || {
        let (client_id, version, text) = match interaction.purpose {
            Purpose::Authorize(version) => {
                let name = match version {
                    crate::audit::Version::V1 => "resource",
                    crate::audit::Version::V2 => "scope",
                };
                let text = parameters.value(name).unwrap_or_default().to_owned();
                (parameters.value("client_id")?.to_owned(), version, text)
            }
            _ => return None,
        };
        let app = directory.find_app(&client_id)?;
        let asked = asked(version, &text, app, directory).ok()?;
        Some((client_id, asked.resource.id))
    };
    if let (Some(upn), Some((client_id, resource))) = (&interaction.upn, consented()) {
        platform.people().consent(upn, &client_id, resource);
    }
    None
}

/// Ends a sign-in whose person could not show the second factor.
fn give_up(platform: Platform<'_>, call: &Call<'_>, interaction: &Interaction) -> Reply {
    if interaction.purpose == Purpose::Device {
        return cancel(platform, call, interaction);
    }
    end(platform, call, interaction, &Refusal::new(50074))
}

fn cancel(platform: Platform<'_>, call: &Call<'_>, interaction: &Interaction) -> Reply {
    let parameters = Parameters::read(interaction.asked.as_bytes());
    if interaction.purpose == Purpose::Device {
        let code = parameters.value("user_code").unwrap_or_default();
        let device = platform.devices().find(code, call.now);
        let app = device.and_then(|device| platform.directory().find_app(&device.client_id));
        platform.devices().settle(code, Verdict::Declined, call.now);
        let name = app.map_or("The application", |app| &app.name);
        return page::device_finished(call, name, false);
    }
    let refusal = Refusal::new(65004).suberror("cancel");
    end(platform, call, interaction, &refusal)
}

/// Tells a client of Azure AD B2C that its user has to choose a new password: it has a policy for that.
fn forgot(platform: Platform<'_>, call: &Call<'_>, interaction: &Interaction) -> Reply {
    let parameters = Parameters::read(interaction.asked.as_bytes());
    match ReturnAddress::read(platform, &interaction.tenant, &parameters) {
        Ok(back) => back.refuse_at_b2c(call, b2c::Error::ForgottenPassword),
        Err(unknown) => explain(platform, call, &unknown),
    }
}

/// Sends the client the outcome of a sign-in that came to nothing.
fn end(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    refusal: &Refusal,
) -> Reply {
    let parameters = Parameters::read(interaction.asked.as_bytes());
    match ReturnAddress::read(platform, &interaction.tenant, &parameters) {
        Ok(back) => back.refuse(platform, call, refusal),
        Err(unknown) => explain(platform, call, &unknown),
    }
}
