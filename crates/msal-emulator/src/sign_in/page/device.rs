//! The entry of a device's code, and the page at the end.

use super::layout::{Markup, PageContext, page};
use crate::protocol::{Call, Reply};

/// Asks for the code that a device shows.
pub(crate) fn device_code(call: &Call<'_>, context: PageContext<'_>, code: &str) -> Reply {
    let html = Markup::default()
        .raw("<h1>Enter code to allow access</h1><p class=\"sub\">The code is on your app or device.</p>")
        .alert(context.alert)
        .form(context)
        .raw("<label for=\"user_code\">Code</label><input class=\"code user-code\" type=\"text\" id=\"user_code\" name=\"user_code\" autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"16\" required autofocus value=\"")
        .text(code)
        .raw("\"")
        .invalid(context.alert)
        .raw("><div class=\"buttons\"><button class=\"main\" name=\"do\" value=\"device\">Next</button></div></form>");
    let title = if context.alert.is_some() {
        "Error"
    } else {
        "Enter code"
    };
    page(call, 200, title, &html, None)
}

/// Says whether the device was signed in.
pub(crate) fn device_finished(call: &Call<'_>, app: &str, allowed: bool) -> Reply {
    let (heading, text) = if allowed {
        (
            "You are signed in",
            " on your device. You may close this window.",
        )
    } else {
        (
            "Nothing was allowed",
            " was not signed in. You may close this window.",
        )
    };
    let html = Markup::default()
        .raw("<h1>")
        .raw(heading)
        .raw("</h1><p role=\"status\">")
        .raw(if allowed {
            "You have signed in to "
        } else {
            ""
        })
        .text(app)
        .raw(text)
        .raw("</p>");
    page(call, 200, heading, &html, None)
}
