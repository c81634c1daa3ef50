//! Errors, for a person or for a program.

use super::layout::{Markup, page};
use crate::directory::Directory;
use crate::memory::Platform;
use crate::protocol::{Call, Reply};
use crate::refusal::{Refusal, catalogue, description, refuse};

/// Says what is wrong: with a page to a browser, with an envelope to a program.
pub(crate) fn explain(platform: Platform<'_>, call: &Call<'_>, refusal: &Refusal) -> Reply {
    if call.is_browser() {
        error_page(call, refusal, platform.directory())
    } else {
        refuse(call, refusal, platform.directory(), None)
    }
}

/// The page about one error, to which `error_uri` leads.
pub(crate) fn code_page(call: &Call<'_>) -> Reply {
    let code = call.parameter("code").and_then(|code| code.parse().ok());
    let Some(row) = catalogue().find(|row| code == Some(row.code())) else {
        return Reply::not_found(call);
    };
    let html = Markup::default()
        .raw("<h1>AADSTS")
        .raw(&row.code().to_string())
        .raw("</h1><p>")
        .text(row.text())
        .raw("</p>");
    page(call, 200, "Error", &html, None)
}

/// A page that says what is wrong.
pub(crate) fn error_page(call: &Call<'_>, refusal: &Refusal, directory: &Directory) -> Reply {
    let description = description(call, refusal, directory);
    // The identifiers stand below, so the text ends before them.
    let text = description.split(" Trace ID: ").next().unwrap_or_default();
    let html = Markup::default()
        .raw("<h1>Sorry, we could not sign you in</h1><p class=\"alert\" role=\"alert\">")
        .text(text)
        .raw("</p><dl class=\"details\"><dt>Trace</dt><dd>")
        .text(&call.trace_id.to_string())
        .raw("</dd><dt>Correlation</dt><dd>")
        .text(&call.correlation_id.to_string())
        .raw("</dd><dt>Time</dt><dd>")
        .text(&call.now.to_string())
        .raw("</dd></dl><p>Go back to the application and try again. Whoever runs it can look the code up.</p>");
    let mut reply = page(call, refusal.definition.status, "Error", &html, None);
    reply.aadsts = Some(refusal.code);
    reply
}
