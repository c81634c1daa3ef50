//! What people type into the forms of a sign-in. Each function answers with what to tell the person, if something is
//! wrong.

use crate::access::{Apis, Asked};
use crate::memory::Platform;
use crate::protocol::{Call, Parameters};
use crate::sign_in::interaction::{Interaction, Purpose};
use crate::sign_in::sign_up::{NewAccount, SignUpProblem};

pub(super) fn name(
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

/// The account that a sign-up form asks for.
pub(crate) fn new_account<'c>(
    platform: Platform<'_>,
    call: &'c Call<'_>,
) -> Option<NewAccount<'c>> {
    if call.parameter("do") != Some("sign-up") {
        return None;
    }
    let interaction = Interaction::open(platform, call)?;
    NewAccount::read(platform, call, &interaction).ok()
}

/// Goes on with the account that was just made, or says why there is none.
pub(super) fn signed_up(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &mut Interaction,
) -> Option<&'static str> {
    match NewAccount::read(platform, call, interaction) {
        // The account was added before this form got here, so its name is taken: by an account with this password.
        Err(SignUpProblem::Taken) if is_theirs(platform, call) => {
            interaction.choose(call.parameter("username")?.trim().to_owned());
            interaction.password_at = Some(call.now);
            None
        }
        Err(problem) => {
            interaction.creating = true;
            Some(problem.alert())
        }
        Ok(_) => Some(SignUpProblem::NotHere.alert()),
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

pub(super) fn password(
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

pub(super) fn second_factor(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &mut Interaction,
) -> Option<&'static str> {
    let account = platform.directory().account(interaction.upn.as_deref()?)?;
    let typed = call.parameter("code").unwrap_or_default();
    // Authenticators show the code in two groups, and people copy the space.
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

/// Notes that the person agreed. Consent to the permissions of an application outlives the sign-in.
pub(super) fn accept(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &mut Interaction,
) -> Option<&'static str> {
    interaction.accepted = true;
    let parameters = Parameters::read(interaction.asked.as_bytes());
    let directory = platform.directory();
    let consented = || {
        let (client_id, version, text) = match interaction.purpose {
            Purpose::Authorize(version) => {
                let text = parameters.value(version.scope_parameter());
                let text = text.unwrap_or_default().to_owned();
                (parameters.value("client_id")?.to_owned(), version, text)
            }
            _ => return None,
        };
        let app = directory.find_app(&client_id)?;
        let apis = Apis::new(directory, call);
        let (asked, others) = Asked::to_consent(version, &text, app, apis).ok()?;
        let resources = others.into_iter().chain([asked]);
        let resources: Vec<_> = resources.map(|asked| asked.resource.id).collect();
        Some((client_id, resources))
    };
    if let (Some(upn), Some((client_id, resources))) = (&interaction.upn, consented()) {
        for resource in resources {
            platform.people().consent(upn, &client_id, resource);
        }
    }
    None
}
