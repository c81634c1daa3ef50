//! How a token is printed: for people, scripts and mail programs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use msal::{AuthenticationResult, TokenSource};
use serde_json::json;

use crate::cli::{Form, TokenArgs};
use crate::error::Failure;
use crate::output::Printer;
use crate::shell::quoted;

pub(super) fn print(
    result: &AuthenticationResult,
    arguments: &TokenArgs,
    printer: &Printer,
) -> Result<(), Failure> {
    if printer.is_json() {
        print_json(result, printer);
        return Ok(());
    }
    let token = result.access_token.expose_secret();
    if arguments.form != Form::Token && !is_visible(token) {
        return Err(Failure {
            hint: None,
            ..unfit("the token has characters that no access token has")
        });
    }
    let text = match arguments.form {
        Form::Token => format!("{token}\n"),
        Form::Header => format!("Authorization: {} {token}\n", scheme(result)),
        Form::Xoauth2 => format!("{}\n", xoauth2(mailbox(result, arguments)?, token)),
        Form::Env => format!(
            "export MSAL_ACCESS_TOKEN={}\nexport MSAL_TOKEN_TYPE={}\nexport MSAL_EXPIRES_ON={}\n",
            quoted(token),
            quoted(scheme(result)),
            result.expires_on.as_secs()
        ),
    };
    printer.text(&text);
    Ok(())
}

/// RFC 6749 appendix A.12: `access-token = 1*VSCHAR`. What is put into a line, or between separators, must be no more.
fn is_visible(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| (b'!'..=b'~').contains(&byte))
}

/// RFC 6749 §5.1: the type is compared without case, and there are APIs that know one spelling only.
fn scheme(result: &AuthenticationResult) -> &str {
    match result.token_type.as_str() {
        other if is_scheme(other) && !other.eq_ignore_ascii_case(BEARER) => other,
        _ => BEARER,
    }
}

/// RFC 9110 §11.1: `auth-scheme = token`.
fn is_scheme(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

/// Whose mailbox it is.
fn mailbox<'a>(
    result: &'a AuthenticationResult,
    arguments: &'a TokenArgs,
) -> Result<&'a str, Failure> {
    let own = || {
        result
            .account
            .as_ref()
            .map(|account| account.username.as_str())
    };
    let name = arguments
        .mailbox
        .as_deref()
        .or_else(own)
        .unwrap_or_default();
    match name.is_empty() || name.chars().any(char::is_control) {
        true => Err(unfit("the account has no name that a mail server takes")),
        false => Ok(name),
    }
}

/// The initial client response of SASL XOAUTH2: `user=NAME^Aauth=Bearer TOKEN^A^A`, in base64.
fn xoauth2(mailbox: &str, token: &str) -> String {
    STANDARD.encode(format!("user={mailbox}\x01auth={BEARER} {token}\x01\x01"))
}

fn unfit(message: &str) -> Failure {
    Failure {
        exit: crate::exit::Exit::Failed,
        ..Failure::usage(message, "name the mailbox with --mailbox")
    }
}

fn print_json(result: &AuthenticationResult, printer: &Printer) {
    printer.json(&json!({
        "access_token": result.access_token.expose_secret(),
        "token_type": result.token_type,
        "expires_on": result.expires_on.as_secs(),
        "scopes": result.scopes.iter().collect::<Vec<_>>(),
        "source": match result.token_source {
            TokenSource::Cache => "cache",
            _ => "identity_provider",
        },
    }));
}

/// RFC 6750 §2.1
const BEARER: &str = "Bearer";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_of_visible_characters_is_put_into_a_line() {
        for (token, is_one) in [
            ("eyJ0.eyJ1-_.x~+/=", true),
            ("it's$(id)`id`\"", true),
            ("", false),
            ("a b", false),
            ("a\r\nHost: evil.example", false),
            ("a\x01b", false),
            ("å", false),
        ] {
            assert_eq!(is_visible(token), is_one, "{token:?}");
        }
    }

    #[test]
    fn a_mail_server_reads_the_name_and_the_token() {
        assert_eq!(
            xoauth2(
                "someuser@example.com",
                "vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg=="
            ),
            "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB2RjlkZnQ0cW1UYzJOdmIzUmxja0JoZEhSaGRtbHpkR0V1WTI5dENnPT0BAQ=="
        );
    }
}
