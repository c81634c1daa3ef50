//! Sign-ins that end without a result.

use crate::memory::{Platform, Verdict};
use crate::protocol::{Call, Parameters, Reply};
use crate::refusal::{B2cError, Refusal};
use crate::sign_in::authorization::ReturnAddress;
use crate::sign_in::interaction::{Interaction, Purpose};
use crate::sign_in::page::{self, explain};

/// Ends a sign-in because the person could not show the second factor.
pub(super) fn give_up(platform: Platform<'_>, call: &Call<'_>, interaction: &Interaction) -> Reply {
    if interaction.purpose == Purpose::Device {
        return cancel(platform, call, interaction);
    }
    end(platform, call, interaction, &Refusal::new(50074))
}

pub(super) fn cancel(platform: Platform<'_>, call: &Call<'_>, interaction: &Interaction) -> Reply {
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

/// Tells a client of Azure AD B2C that its user has forgotten the password. The client sends the user to another
/// policy, which resets it.
pub(super) fn forgot(platform: Platform<'_>, call: &Call<'_>, interaction: &Interaction) -> Reply {
    let parameters = Parameters::read(interaction.asked.as_bytes());
    match ReturnAddress::read(platform, &interaction.tenant, &parameters) {
        Ok(return_address) => return_address.refuse_at_b2c(call, B2cError::ForgottenPassword),
        Err(unknown) => explain(platform, call, &unknown),
    }
}

/// Tells the client why the sign-in ended.
fn end(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    refusal: &Refusal,
) -> Reply {
    let parameters = Parameters::read(interaction.asked.as_bytes());
    match ReturnAddress::read(platform, &interaction.tenant, &parameters) {
        Ok(return_address) => return_address.refuse(platform, call, refusal),
        Err(unknown) => explain(platform, call, &unknown),
    }
}
