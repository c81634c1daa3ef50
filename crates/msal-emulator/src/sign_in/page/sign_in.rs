//! The pages of a sign-in: account, choice of accounts, password, second factor, consent.

use super::layout::{Markup, PageContext, page};
use crate::access::Asked;
use crate::directory::{Account, Directory};
use crate::protocol::{Call, Reply, Shape};
use crate::sign_in::session::Session;

/// Asks for the sign-in name. `offer` says whether to offer to make an account.
pub(crate) fn account(call: &Call<'_>, context: PageContext<'_>, name: &str, offer: bool) -> Reply {
    let html = Markup::default()
        .raw("<h1>Sign in</h1><p class=\"sub\">to continue to ")
        .text(context.app)
        .raw("</p>")
        .alert(context.alert)
        .form(context)
        .raw("<label for=\"username\">Email or sign-in name</label><input type=\"text\" inputmode=\"email\" id=\"username\" name=\"username\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required autofocus value=\"")
        .text(name)
        .raw("\"")
        .invalid(context.alert)
        .raw("><div class=\"buttons\"><button class=\"main\" name=\"do\" value=\"name\">Next</button><button name=\"do\" value=\"cancel\" formnovalidate>Cancel</button></div>")
        .when(offer, |html| {
            html.raw("<p class=\"else\">No account? <button class=\"link\" name=\"do\" value=\"create\" formnovalidate>Create one!</button></p>")
        })
        .raw("</form>");
    page(call, 200, title(context, "Sign in"), &html, context.then)
}

/// Lets the person choose among the accounts of their browser.
pub(crate) fn choose(
    call: &Call<'_>,
    context: PageContext<'_>,
    session: &Session,
    directory: &Directory,
) -> Reply {
    let html = Markup::default()
        .raw("<h1>Pick an account</h1><p class=\"sub\">to continue to ")
        .text(context.app)
        .raw("</p>")
        .form(context)
        .raw("<ul class=\"tiles\">");
    let html = html.people(session, directory).raw(
        "<li><button name=\"do\" value=\"other\"><i class=\"more\" aria-hidden=\"true\">+</i><span>Use another account</span></button></li></ul></form>",
    );
    page(call, 200, "Pick an account", &html, context.then)
}

/// Asks for the password.
pub(crate) fn password(
    call: &Call<'_>,
    context: PageContext<'_>,
    upn: &str,
    tenant: &str,
) -> Reply {
    let is_b2c = matches!(call.target.shape, Shape::B2c { .. });
    let html = Markup::default()
        .form(context)
        .raw("<div class=\"buttons away\"><button name=\"do\" value=\"password\" tabindex=\"-1\" aria-hidden=\"true\">Sign in</button></div>")
        .account(upn)
        .raw("<h1>Enter password</h1><p class=\"sub\">")
        .text(tenant)
        .raw("</p>")
        .alert(context.alert)
        .raw("<input class=\"away\" type=\"text\" name=\"username\" autocomplete=\"username\" tabindex=\"-1\" aria-hidden=\"true\" readonly value=\"")
        .text(upn)
        .raw("\"><label for=\"password\">Password</label><input type=\"password\" id=\"password\" name=\"password\" autocomplete=\"current-password\" required autofocus")
        .invalid(context.alert)
        .raw("><div class=\"buttons\"><button class=\"main\" name=\"do\" value=\"password\">Sign in</button></div>")
        .when(is_b2c, |html| {
            html.raw("<p class=\"else\"><button class=\"link\" name=\"do\" value=\"forgot\" formnovalidate>Forgot your password?</button></p>")
        })
        .raw("</form>");
    page(
        call,
        200,
        title(context, "Enter password"),
        &html,
        context.then,
    )
}

/// Asks for the code of a second factor, or sets one up.
pub(crate) fn second_factor(
    call: &Call<'_>,
    context: PageContext<'_>,
    upn: &str,
    enrol: bool,
) -> Reply {
    let (heading, text) = if enrol {
        (
            "Keep your account secure",
            "Your organization needs one more way to recognize you. Enter the code that your authenticator shows to set it up.",
        )
    } else {
        (
            "Enter code",
            "Your organization asks for a second factor. Enter the code that your authenticator shows.",
        )
    };
    let html = Markup::default()
        .form(context)
        .raw("<div class=\"buttons away\"><button name=\"do\" value=\"code\" tabindex=\"-1\" aria-hidden=\"true\">Verify</button></div>")
        .account(upn)
        .raw("<h1>")
        .raw(heading)
        .raw("</h1><p class=\"sub\">")
        .raw(text)
        .raw("</p>")
        .alert(context.alert)
        .raw("<label for=\"code\">Code</label><input class=\"code\" type=\"text\" inputmode=\"numeric\" id=\"code\" name=\"code\" autocomplete=\"one-time-code\" maxlength=\"12\" required autofocus")
        .invalid(context.alert)
        .raw("><div class=\"buttons\"><button class=\"main\" name=\"do\" value=\"code\">Verify</button><button name=\"do\" value=\"give-up\" formnovalidate>Cancel</button></div></form>");
    page(call, 200, title(context, heading), &html, context.then)
}

/// Asks for consent to what the application asks for.
pub(crate) fn consent(
    call: &Call<'_>,
    context: PageContext<'_>,
    account: &Account,
    asked: &Asked<'_>,
    device: bool,
) -> Reply {
    let (heading, question) = if device {
        (
            "Are you trying to sign in?",
            "Only go on if you started this on a device that you trust. It will be able to:",
        )
    } else {
        ("Permissions requested", "This application would like to:")
    };
    let html = Markup::default()
        .form(context)
        .raw("<p class=\"who\"><span>")
        .text(&account.upn)
        .raw("</span></p><h1>")
        .raw(heading)
        .raw("</h1><p class=\"sub\"><b>")
        .text(context.app)
        .raw("</b></p><p>")
        .raw(question)
        .raw("</p><ul class=\"scopes\">");
    let resource = asked.resource.uris.first().map_or("", String::as_str);
    let scope = |html: Markup, name: &str| {
        html.raw("<li>")
            .text(&described(name))
            .raw("<small>")
            .text(name)
            .raw(" · ")
            .text(resource)
            .raw("</small></li>")
    };
    let html = asked.permissions.split(' ').fold(html, scope).when(asked.offline_access, |html| {
        html.raw("<li>Maintain access to data you have given it access to<small>offline_access</small></li>")
    });
    let (yes, no) = if device {
        ("Continue", "Cancel")
    } else {
        ("Accept", "Decline")
    };
    let html = html
        .raw("</ul><div class=\"buttons\"><button class=\"main\" name=\"do\" value=\"accept\">")
        .raw(yes)
        .raw("</button><button name=\"do\" value=\"cancel\">")
        .raw(no)
        .raw("</button></div></form>");
    page(call, 200, heading, &html, context.then)
}

/// A permission in words: `Files.Read.All` reads `Files: read all`.
fn described(permission: &str) -> String {
    if permission == "user_impersonation" {
        return "Access it as you".to_owned();
    }
    match permission.split_once('.') {
        Some((what, how)) => format!("{what}: {}", how.replace('.', " ").to_lowercase()),
        None => permission.to_owned(),
    }
}

/// A page with an alert says so in its title, which is what a screen reader reads first.
fn title<'a>(context: PageContext<'_>, title: &'a str) -> &'a str {
    if context.alert.is_some() {
        "Error"
    } else {
        title
    }
}
