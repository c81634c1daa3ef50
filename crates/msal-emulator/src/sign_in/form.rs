//! Where the forms of the pages are sent: each changes how far the sign-in has come, and the next page follows.

mod ending;
mod fields;

pub(crate) use fields::new_account;

use super::device_page::code_entered;
use super::interaction::{Interaction, Purpose};
use super::logout::account_chosen;
use super::next_page::proceed;
use super::page::explain;
use super::session::Session;
use crate::memory::Platform;
use crate::protocol::{Call, Reply};
use crate::refusal::Refusal;

/// Takes a form and shows the next page.
pub(crate) fn take_form(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let Some(interaction) = Interaction::open(platform, call) else {
        // The form is too old, of another browser, or none of ours: it may have been forged on another site.
        return explain(platform, call, &Refusal::new(165_000));
    };
    let client_id = match interaction.purpose {
        Purpose::SignOut => None,
        Purpose::Authorize(_) | Purpose::Device => interaction.client_id(platform, call),
    };
    let user = interaction.upn.clone();
    let typed = call
        .parameter("pick")
        .or_else(|| call.parameter("username"));
    let reply = next(platform, call, interaction);
    reply.about(client_id.as_deref(), typed.or(user.as_deref()))
}

fn next(platform: Platform<'_>, call: &Call<'_>, mut interaction: Interaction) -> Reply {
    let session = Session::read(platform, call);
    if interaction.purpose == Purpose::SignOut {
        return account_chosen(platform, call, &interaction, session);
    }
    // An account that was picked needs no button: the accounts are the buttons.
    let alert = if let Some(upn) = call.parameter("pick") {
        interaction.choose(upn.to_owned());
        None
    } else {
        match call.parameter("do").unwrap_or_default() {
            "accept" => fields::accept(platform, call, &mut interaction),
            "cancel" => return ending::cancel(platform, call, &interaction),
            "create" => {
                interaction.restart();
                interaction.creating = true;
                None
            }
            "sign-up" => fields::signed_up(platform, call, &mut interaction),
            "code" => fields::second_factor(platform, call, &mut interaction),
            "give-up" => return ending::give_up(platform, call, &interaction),
            "forgot" => return ending::forgot(platform, call, &interaction),
            "device" => return code_entered(platform, call, interaction, session),
            "name" => fields::name(platform, call, &mut interaction),
            "other" => {
                interaction.restart();
                None
            }
            "password" => fields::password(platform, call, &mut interaction),
            _ => None,
        }
    };
    proceed(platform, call, interaction, session, alert)
}
