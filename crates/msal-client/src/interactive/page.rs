//! What the user sees in the browser at the end: pages that are whole in themselves, without a script, and with nothing of
//! what was brought in them.

use http::StatusCode;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    status: StatusCode,
    icon: &'static str,
    title: &'static str,
    text: &'static str,
}

impl Page {
    /// The answer has come and holds a code.
    pub(super) const RECEIVED: Self = Self {
        status: StatusCode::OK,
        icon: r#"<path d="m8 12.5 2.8 2.8L16.5 9"/>"#,
        title: "Sign-in received",
        text: "You can close this window and return to the application.",
    };
    /// The answer has come and says no.
    pub(super) const REFUSED: Self = Self {
        status: StatusCode::OK,
        icon: r#"<path d="m9 9 6 6m0-6-6 6"/>"#,
        title: "You are not signed in",
        text: "The sign-in was cancelled or refused. The application says why; you can close this window.",
    };

    /// What came is no answer to this sign-in.
    pub(super) fn not_an_answer(status: StatusCode) -> Self {
        Self {
            status,
            icon: r#"<path d="M12 7.5v5.5m0 3.2v.1"/>"#,
            title: "This is not the sign-in page",
            text: "The application waits for you to sign in, in another window. Go on there, or begin again in the application.",
        }
    }

    /// The whole response.
    pub(super) fn response(self) -> String {
        let Self {
            status,
            icon,
            title,
            text,
        } = self;
        let tone = match status.is_success() {
            true if self == Self::RECEIVED => "good",
            _ => "plain",
        };
        let body = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<main class=\"{tone}\">\n\
             <svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"10\"/>{icon}</svg>\n\
             <h1>{title}</h1>\n<p>{text}</p>\n</main>\n</body>\n</html>\n"
        );
        let allow = match status {
            // RFC 9110 §15.5.6
            StatusCode::METHOD_NOT_ALLOWED => "Allow: GET, POST\r\n",
            _ => "",
        };
        format!(
            "HTTP/1.1 {} {}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n{allow}{HEADERS}\
             Content-Security-Policy: default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'\r\n\r\n{body}",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default(),
            body.len(),
        )
    }
}

/// Nothing stays behind of the page or of the address it has, and nothing else is made of it.
const HEADERS: &str = "Connection: close\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
                       X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n";

const STYLE: &str = "\
:root{--back:#f3f4f6;--card:#fff;--line:#e2e5ea;--ink:#1c2330;--soft:#566072;--tone:#64748b;--wash:#eef1f5}\
.good{--tone:#12805c;--wash:#e6f5ef}\
@media(prefers-color-scheme:dark){:root{--back:#12151b;--card:#1b2029;--line:#2b323e;--ink:#edf0f5;--soft:#a6b0c0;\
--tone:#94a3b8;--wash:#242b36}.good{--tone:#4cc79a;--wash:#173329}}\
*{box-sizing:border-box;margin:0}\
body{min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:24px;background:var(--back);\
color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}\
main{width:100%;max-width:440px;padding:48px 40px;background:var(--card);border:1px solid var(--line);\
border-radius:16px;text-align:center;box-shadow:0 12px 32px rgb(15 23 42/.06)}\
svg{width:72px;height:72px;margin-bottom:20px;fill:none;stroke:var(--tone);stroke-width:1.6;stroke-linecap:round;\
stroke-linejoin:round}\
circle{fill:var(--wash);stroke:none}\
h1{font-size:24px;line-height:1.25;font-weight:600;letter-spacing:-.01em;margin-bottom:10px;text-wrap:balance}\
p{color:var(--soft);text-wrap:balance}\
@media(max-width:480px){body{padding:16px}main{padding:40px 24px}}";

/// Of [`STYLE`], as Content Security Policy 3 §8.2 wants it.
const STYLE_HASH: &str = "sha256-ALUuIb37LVhnpdQp8NAWYu84hMNcA3Vie59cKWOPYls=";

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_allows_the_style_and_nothing_else() {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        assert_eq!(STYLE_HASH, format!("sha256-{hash}"));
        let page = Page::RECEIVED.response();
        for forbidden in ["<script", "src=", "href=", "http://", "https://", "url("] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn a_response_is_as_long_as_it_says() {
        for page in [
            Page::RECEIVED,
            Page::REFUSED,
            Page::not_an_answer(StatusCode::METHOD_NOT_ALLOWED),
        ] {
            let response = page.response();
            let (head, body) = response.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
            for header in [
                "Cache-Control: no-store",
                "Referrer-Policy: no-referrer",
                "X-Content-Type-Options: nosniff",
                "Content-Security-Policy: default-src 'none'",
                "Content-Type: text/html; charset=utf-8",
            ] {
                assert!(head.contains(header), "{header}");
            }
        }
    }
}
