//! What an API demanded when it refused a token, as a person has it at hand.

use std::path::Path;

use msal::BearerChallenge;
use msal::http::HeaderMap;
use msal::http::header::WWW_AUTHENTICATE;

use crate::bounded;
use crate::error::Failure;

/// The claims in a file or on standard input; none where no file is named.
pub(super) fn claims(path: Option<&Path>) -> Result<String, Failure> {
    let Some(path) = path else {
        return Ok(String::new());
    };
    let source = match path.as_os_str() == "-" {
        // proc(5), and the same elsewhere: what is open as standard input.
        true => Path::new("/dev/stdin"),
        false => path,
    };
    let text = bounded::read_text(source, LARGEST).map_err(|error| {
        Failure::usage(
            format!(
                "cannot read the claims challenge in {}: {error}",
                path.display()
            ),
            HINT,
        )
    })?;
    let text = text.trim();
    match text.starts_with('{') {
        true => Ok(text.to_owned()),
        false => in_headers(text).ok_or_else(|| {
            Failure::usage(
                format!("{} holds no claims challenge", path.display()),
                HINT,
            )
        }),
    }
}

/// The claims in the header fields of an answer, or in the value of one.
fn in_headers(text: &str) -> Option<String> {
    let mut headers = HeaderMap::new();
    for line in text.lines() {
        let value = match line.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("www-authenticate") => value,
            _ => line,
        };
        if let Ok(value) = value.trim().parse() {
            headers.append(WWW_AUTHENTICATE, value);
        }
    }
    BearerChallenge::find(&headers)?.claims
}

const HINT: &str = "save the answer's headers in it (curl -D FILE), or the JSON of the claims";

/// Servers and clients limit all headers of an answer to less.
const LARGEST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_found_in_whatever_was_saved() {
        let json = r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#;
        let base64 = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxIn19fQ==";
        let value = format!(r#"Bearer realm="", error="insufficient_claims", claims="{base64}""#);
        let answer = format!(
            "HTTP/1.1 401 Unauthorized\r\ndate: today\r\nwww-authenticate: {value}\r\n\r\n"
        );
        for text in [&value, &format!("WWW-Authenticate: {value}\n"), &answer] {
            assert_eq!(in_headers(text.trim()).as_deref(), Some(json), "{text}");
        }
        for text in [
            "",
            "Bearer",
            "Basic realm=x",
            "claims",
            "Bearer claims=\"!\"",
        ] {
            assert_eq!(in_headers(text), None, "{text}");
        }
    }
}
