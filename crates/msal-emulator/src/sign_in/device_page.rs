//! The page where people enter the code that a device shows (RFC 8628 §3.3).

use super::interaction::{Browser, Interaction, Purpose};
use super::next_page::proceed;
use super::page::{self, PageContext};
use super::session::Session;
use crate::memory::Platform;
use crate::protocol::{Call, Reply};

/// Asks for the code. A code in the URL only fills the field, so that the person sees it and has to confirm it
/// (RFC 8628 §3.3.1, §5.4).
pub(crate) fn device_page(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let browser = Browser::of(platform, call);
    let interaction =
        Interaction::begin(Purpose::Device, "common", String::new(), browser, call.now);
    let given = call
        .parameter("otc")
        .or_else(|| call.parameter("user_code"));
    let given = given.unwrap_or_default();
    let client_id = platform.devices().client(given);
    ask(platform, call, &interaction, given, None)
        .set_cookie(browser.cookie())
        .about(client_id.as_deref(), None)
}

/// Takes the code, and goes on with the sign-in of its user.
pub(super) fn code_entered(
    platform: Platform<'_>,
    call: &Call<'_>,
    mut interaction: Interaction,
    session: Session,
) -> Reply {
    let typed = call.parameter("user_code").unwrap_or_default();
    let Some(device) = platform.devices().find(typed, call.now) else {
        let alert = "That code did not work. Check the code and try again.";
        return ask(platform, call, &interaction, typed, Some(alert));
    };
    interaction.asked = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("user_code", &device.user_code)
        .finish();
    proceed(platform, call, interaction, session, None)
}

fn ask(
    platform: Platform<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    code: &str,
    alert: Option<&str>,
) -> Reply {
    let (action, flow) = (
        call.target.shape.login_path(&interaction.tenant),
        interaction.seal(platform),
    );
    let context = PageContext {
        action: &action,
        flow: &flow,
        app: "",
        then: None,
        alert,
    };
    page::device_code(call, context, code)
}
