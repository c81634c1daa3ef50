//! The pages of a sign-out.

use url::Url;

use super::layout::{Markup, POLICY, PageContext, STYLE, base64_sha256, page, source, whole};
use crate::directory::Directory;
use crate::protocol::{Call, Reply};
use crate::sign_in::session::Session;

/// Lets the person choose which of several accounts to sign out.
pub(crate) fn sign_out_choose(
    call: &Call<'_>,
    context: PageContext<'_>,
    session: &Session,
    directory: &Directory,
) -> Reply {
    let html = Markup::default()
        .raw("<h1>Pick an account</h1><p class=\"sub\">Which account do you want to sign out of?</p>")
        .form(context)
        .raw("<ul class=\"tiles\">");
    let html = html.people(session, directory).raw(
        "<li><button name=\"do\" value=\"everybody\"><i class=\"more\" aria-hidden=\"true\">&#215;</i><span>Sign out of all</span></button></li></ul></form>",
    );
    page(call, 200, "Sign out", &html, context.then)
}

/// Says that the person is signed out, while frames tell the applications that asked to be told. When they have had
/// time for that, the browser goes back to the client.
pub(crate) fn signed_out(call: &Call<'_>, told: &[Url], back: Option<&Url>) -> Reply {
    let html = Markup::default().raw(
        "<h1>You signed out</h1><p role=\"status\">It is a good idea to close all browser windows.</p>",
    );
    let frame = |html: Markup, url: &Url| {
        html.raw("<iframe class=\"away\" title=\"Signing out\" tabindex=\"-1\" src=\"")
            .text(url.as_str())
            .raw("\"></iframe>")
    };
    let html = told.iter().fold(html, frame);
    let (html, head) = match back {
        None => (html, Markup::default()),
        Some(to) => (
            html.raw("<p><a href=\"")
                .text(to.as_str())
                .raw("\">Go back to the application</a></p>"),
            Markup::default()
                .raw("<meta http-equiv=\"refresh\" content=\"2;url=")
                .text(to.as_str())
                .raw("\">"),
        ),
    };
    let frames: Vec<String> = told.iter().map(source).collect();
    let frames = if frames.is_empty() {
        "'none'".to_owned()
    } else {
        frames.join(" ")
    };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; frame-src {frames}; form-action 'self'; {POLICY}",
        base64_sha256(STYLE)
    );
    whole(call, 200, "Signed out", &html, &head.0, &policy)
}
