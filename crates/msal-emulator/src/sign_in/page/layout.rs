//! The frame of every page: its markup and its headers.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, header};
use url::Url;

use crate::directory::Directory;
use crate::protocol::{Call, Reply, escaped};
use crate::sign_in::interaction::FIELD;
use crate::sign_in::session::Session;

/// What every page of a sign-in needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageContext<'a> {
    /// Where forms go.
    pub(crate) action: &'a str,
    /// The sealed interaction.
    pub(crate) flow: &'a str,
    /// The application that somebody signs in to.
    pub(crate) app: &'a str,
    /// Where the browser goes when the sign-in is done: forms may lead there.
    pub(crate) then: Option<&'a Url>,
    /// What went wrong with the last form.
    pub(crate) alert: Option<&'a str>,
}

/// HTML, piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Markup(pub(super) String);

impl Markup {
    /// Adds markup of our own.
    pub(super) fn raw(mut self, html: &str) -> Self {
        self.0.push_str(html);
        self
    }

    /// Adds text from elsewhere, for content and for quoted attributes.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.push_str(&escaped(text));
        self
    }

    pub(super) fn when(self, condition: bool, more: impl FnOnce(Self) -> Self) -> Self {
        if condition { more(self) } else { self }
    }

    /// Opens the form of a sign-in, with the sealed interaction in a hidden field.
    pub(super) fn form(self, context: PageContext<'_>) -> Self {
        self.raw("<form method=\"post\" action=\"")
            .text(context.action)
            .raw("\"><input type=\"hidden\" name=\"")
            .raw(FIELD)
            .raw("\" value=\"")
            .text(context.flow)
            .raw("\">")
    }

    /// What was wrong with the last form. `role="alert"` makes screen readers read it out.
    pub(super) fn alert(self, alert: Option<&str>) -> Self {
        match alert {
            None => self,
            Some(text) => self
                .raw("<p class=\"alert\" role=\"alert\" id=\"alert\">")
                .text(text)
                .raw("</p>"),
        }
    }

    /// The attributes that tie a field to the alert above it.
    pub(super) fn invalid(self, alert: Option<&str>) -> Self {
        self.when(alert.is_some(), |html| {
            html.raw(" aria-invalid=\"true\" aria-describedby=\"alert\"")
        })
    }

    /// The account that a page is about, and a way to take another.
    pub(super) fn account(self, upn: &str) -> Self {
        self.raw("<p class=\"who\">")
            .raw("<button class=\"link\" name=\"do\" value=\"other\" formnovalidate aria-label=\"Use another account\">&#8592;</button> <span>")
            .text(upn)
            .raw("</span></p>")
    }

    /// The accounts of a browser, each a button of a list.
    pub(super) fn people(self, session: &Session, directory: &Directory) -> Self {
        session.people().iter().fold(self, |html, person| {
            let name = directory
                .account(&person.upn)
                .map(|account| account.display_name())
                .unwrap_or_default();
            html.raw("<li><button name=\"pick\" value=\"")
                .text(&person.upn)
                .raw("\"><i aria-hidden=\"true\">")
                .text(&initials(&name))
                .raw("</i><span><b>")
                .text(&name)
                .raw("</b><small>")
                .text(&person.upn)
                .raw("</small><small>Signed in</small></span></button></li>")
        })
    }
}

fn initials(name: &str) -> String {
    let letters = name.split(' ').filter_map(|word| word.chars().next());
    letters.take(2).collect::<String>().to_uppercase()
}

/// A page with its headers. `then` is where its forms lead in the end.
pub(super) fn page(
    call: &Call<'_>,
    status: u16,
    title: &str,
    content: &Markup,
    then: Option<&Url>,
) -> Reply {
    // Browsers may apply `form-action` to the redirects after a form too, so the address of the client is allowed.
    let style = base64_sha256(STYLE);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'{}; {POLICY}",
        then.map(|url| format!(" {}", source(url)))
            .unwrap_or_default()
    );
    whole(call, status, title, content, "", &policy)
}

pub(super) fn whole(
    call: &Call<'_>,
    status: u16,
    title: &str,
    content: &Markup,
    head: &str,
    policy: &str,
) -> Reply {
    let html = Markup::default()
        .raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .text(title)
        .raw(" · msal emulator</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .raw("<meta name=\"color-scheme\" content=\"light dark\"><style>")
        .raw(STYLE)
        .raw("</style>")
        .raw(head)
        .raw("</head><body><main><p class=\"brand\"><span aria-hidden=\"true\"></span>msal emulator</p>")
        .raw(&content.0)
        .raw("</main><footer>This is an emulator for tests. Never type a real password here.</footer></body></html>\n");
    let mut reply = Reply::html(call, status, html.0.into_bytes());
    let headers = reply.response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    reply
}

/// The source expression of a URL (CSP3 §2.3.1). It has no form for addresses of IPv6 and for schemes of applications,
/// which are named by their scheme alone.
pub(super) fn source(url: &Url) -> String {
    match (url.scheme(), url.host()) {
        ("http" | "https", Some(url::Host::Domain(_) | url::Host::Ipv4(_))) => {
            url.origin().ascii_serialization()
        }
        (scheme, _) => format!("{scheme}:"),
    }
}

pub(super) fn base64_sha256(text: &str) -> String {
    STANDARD.encode(digest(&SHA256, text.as_bytes()))
}

pub(super) const POLICY: &str = "base-uri 'none'; frame-ancestors 'none'";

pub(super) const STYLE: &str = include_str!("style.css");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_stays_text() {
        let html = Markup::default().text("<b a=\"'&\">");
        assert_eq!(html.0, "&lt;b a=&quot;&#39;&amp;&quot;&gt;");
    }

    #[test]
    fn forms_may_lead_to_the_client() {
        for (url, expected) in [
            ("http://localhost:49152/x?y", "http://localhost:49152"),
            ("https://app.example/callback", "https://app.example"),
            ("http://[::1]:80/", "http:"),
            ("msal00c0ffee://auth", "msal00c0ffee:"),
        ] {
            assert_eq!(source(&Url::parse(url).unwrap()), expected);
        }
    }
}
