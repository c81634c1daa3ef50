//! Sign-out.

use super::{Frame, Markup, page};
use crate::call::Call;
use crate::directory::Directory;
use crate::reply::Reply;
use crate::session::Session;

/// Lets the person choose which of several accounts to sign out.
pub(crate) fn sign_out_choose(
    call: &Call<'_>,
    frame: Frame<'_>,
    session: &Session,
    directory: &Directory,
) -> Reply {
    let html = Markup::default()
        .raw("<h1>Pick an account</h1><p class=\"sub\">Which account do you want to sign out of?</p>")
        .form(frame)
        .raw("<ul class=\"tiles\">");
    let html = html.people(session, directory).raw(
        "<li><button name=\"do\" value=\"everybody\"><i class=\"more\" aria-hidden=\"true\">&#215;</i><span>Sign out of all</span></button></li></ul></form>",
    );
    page(call, 200, "Sign out", &html, frame.then)
}

/// Says that somebody is signed out.
pub(crate) fn signed_out(call: &Call<'_>) -> Reply {
    let html = Markup::default().raw(
        "<h1>You signed out</h1><p role=\"status\">It is a good idea to close all browser windows.</p>",
    );
    page(call, 200, "Signed out", &html, None)
}
