//! The page that takes an authorization response to the client (OAuth 2.0 Form Post Response Mode).

use url::Url;

use super::layout::{Markup, POLICY, STYLE, base64_sha256, source, whole};
use crate::protocol::{Call, Reply};

/// A form with the response. A script of our own sends it; without script, its button does.
pub(crate) fn post_form(call: &Call<'_>, to: &Url, outcome: &[(&str, String)]) -> Reply {
    let html = Markup::default()
        .raw("<h1>You are being signed in</h1><p role=\"status\">If nothing happens, press Continue.</p><form method=\"post\" action=\"")
        .text(to.as_str())
        .raw("\">");
    let field = |html: Markup, (name, value): &(&str, String)| {
        html.raw("<input type=\"hidden\" name=\"")
            .text(name)
            .raw("\" value=\"")
            .text(value)
            .raw("\">")
    };
    let html = outcome
        .iter()
        .fold(html, field)
        .raw("<div class=\"buttons\"><button class=\"main\">Continue</button></div></form>");
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'sha256-{}'; form-action {}; {POLICY}",
        base64_sha256(STYLE),
        source(to)
    );
    let head = "<script src=\"/form_post.js\" defer></script>";
    whole(call, 200, "Working", &html, head, &policy)
}

/// Sends the form.
pub(crate) const FORM_POST_SCRIPT: &str = "document.forms[0].submit();\n";
