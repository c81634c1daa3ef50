//! The page of a sign-up.

use super::layout::{Markup, PageContext, page};
use crate::protocol::{Call, Reply};

/// Asks for what a new account needs. What was typed before is filled in again, except for the password.
pub(crate) fn create_account(call: &Call<'_>, context: PageContext<'_>, hint: &str) -> Reply {
    let typed = |name: &str| call.parameter(name).unwrap_or_default();
    let address = call.parameter("username").unwrap_or(hint);
    let html = Markup::default()
        .raw("<h1>Create account</h1><p class=\"sub\">to continue to ")
        .text(context.app)
        .raw("</p>")
        .alert(context.alert)
        .form(context)
        .raw("<label for=\"username\">Email</label><input type=\"email\" id=\"username\" name=\"username\" autocomplete=\"email\" autocapitalize=\"none\" spellcheck=\"false\" required autofocus value=\"")
        .text(address)
        .raw("\"")
        .invalid(context.alert)
        .raw("><label for=\"given_name\">First name</label><input type=\"text\" id=\"given_name\" name=\"given_name\" autocomplete=\"given-name\" value=\"")
        .text(typed("given_name"))
        .raw("\"><label for=\"family_name\">Last name</label><input type=\"text\" id=\"family_name\" name=\"family_name\" autocomplete=\"family-name\" value=\"")
        .text(typed("family_name"))
        .raw("\"><label for=\"password\">Password</label><input type=\"password\" id=\"password\" name=\"password\" autocomplete=\"new-password\" minlength=\"8\" required>")
        .raw("<div class=\"buttons\"><button class=\"main\" name=\"do\" value=\"sign-up\">Create account</button><button name=\"do\" value=\"cancel\" formnovalidate>Cancel</button></div>")
        .raw("<p class=\"else\"><button class=\"link\" name=\"do\" value=\"other\" formnovalidate>Sign in with an account you have</button></p></form>");
    let title = if context.alert.is_some() {
        "Error"
    } else {
        "Create account"
    };
    page(call, 200, title, &html, context.then)
}
