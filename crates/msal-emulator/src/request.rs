//! Reading a request: where it goes, what it carries, who sends it.
//!
//! Nothing here refuses anything; what cannot be read is empty.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use url::form_urlencoded;

use crate::audit::{Endpoint, Version};

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Target<'r> {
    pub(crate) endpoint: Endpoint,
    /// The first segment of the path: `common`, a GUID, a domain.
    pub(crate) tenant: Cow<'r, str>,
    /// The user named by the path of the user realm endpoint.
    pub(crate) user: Cow<'r, str>,
}

impl<'r> Target<'r> {
    /// Reads a path. Segments are compared without regard to case, empty ones do not count:
    /// MSAL Python asks for `/common//v2.0/…` when it is given no authority.
    pub(crate) fn read(path: &'r str) -> Self {
        let segments: Vec<&str> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .take(MAX_SEGMENTS)
            .collect();
        let (tenant, rest) = segments.split_first().unwrap_or((&"", &[]));
        let is = |expected: &[&str]| {
            rest.len() == expected.len()
                && rest
                    .iter()
                    .zip(expected)
                    .all(|(segment, name)| segment.eq_ignore_ascii_case(name))
        };
        let mut user = "";
        let endpoint = if is(&["oauth2", "v2.0", "token"]) {
            Endpoint::Token(Version::V2)
        } else if is(&["oauth2", "token"]) {
            Endpoint::Token(Version::V1)
        } else if is(&["oauth2", "v2.0", "authorize"]) {
            Endpoint::Authorize(Version::V2)
        } else if is(&["oauth2", "authorize"]) {
            Endpoint::Authorize(Version::V1)
        } else if is(&["v2.0", ".well-known", "openid-configuration"]) {
            Endpoint::OpenIdConfiguration(Version::V2)
        } else if is(&[".well-known", "openid-configuration"]) {
            Endpoint::OpenIdConfiguration(Version::V1)
        } else if is(&["discovery", "instance"]) {
            Endpoint::InstanceDiscovery
        } else if is(&["discovery", "v2.0", "keys"]) {
            Endpoint::Keys(Version::V2)
        } else if is(&["discovery", "keys"]) {
            Endpoint::Keys(Version::V1)
        } else if let [realm, name] = rest
            && realm.eq_ignore_ascii_case("userrealm")
        {
            user = name;
            Endpoint::UserRealm
        } else {
            Endpoint::Unknown
        };
        Self {
            endpoint,
            tenant: percent_decoded(tenant),
            user: percent_decoded(user),
        }
    }
}

/// The parameters of a form or a query, in the order sent.
#[derive(Debug, Default)]
pub(crate) struct Parameters<'r>(Vec<(Cow<'r, str>, Cow<'r, str>)>);

impl<'r> Parameters<'r> {
    /// Reads `application/x-www-form-urlencoded` text, as the URL standard does: every byte
    /// sequence means something, and broken percent-encoding stands for itself.
    pub(crate) fn read(text: &'r [u8]) -> Self {
        Self(form_urlencoded::parse(text).take(MAX_PARAMETERS).collect())
    }

    /// Reads the body of a request whose content is, or may be, a form.
    pub(crate) fn of_body(request: &'r Request<Bytes>) -> Self {
        let content_type =
            header_text(request.headers(), header::CONTENT_TYPE.as_str()).unwrap_or(FORM);
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if media_type.eq_ignore_ascii_case(FORM) {
            Self::read(request.body())
        } else {
            Self::default()
        }
    }

    pub(crate) fn of_query(request: &'r Request<Bytes>) -> Self {
        Self::read(request.uri().query().unwrap_or_default().as_bytes())
    }

    /// The value of `name`; an empty one counts as missing.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_ref()).filter(|value| !value.is_empty())
    }

    /// The first name that is there twice.
    pub(crate) fn duplicate(&self) -> Option<&str> {
        let before = |index: usize| &self.0[..index];
        let mut indexed = self.0.iter().enumerate();
        let found = indexed
            .find(|(index, (key, _))| before(*index).iter().any(|(earlier, _)| earlier == key));
        found.map(|(_, (key, _))| key.as_ref())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(name, _)| name.chars().take(64).collect())
            .collect()
    }
}

/// The client id and secret of an `Authorization: Basic` header (RFC 6749 §2.3.1).
pub(crate) fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = header_text(headers, header::AUTHORIZATION.as_str())?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    // "The client identifier is encoded using the application/x-www-form-urlencoded encoding algorithm".
    let decoded = |text: &str| percent_decoded(&text.replace('+', " ")).into_owned();
    Some((decoded(id), decoded(secret)))
}

/// The base of the URLs that an answer names: the host the client used.
pub(crate) fn base_url(request: &Request<Bytes>) -> String {
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let host = authority.or_else(|| header_text(request.headers(), header::HOST.as_str()));
    let host = host.filter(|host| is_host(host)).unwrap_or(DEFAULT_HOST);
    format!("https://{}", host.to_ascii_lowercase())
}

pub(crate) fn header_text<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r str> {
    headers.get(name)?.to_str().ok()
}

pub(crate) fn is_get(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn is_host(host: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    !host.is_empty() && host.len() <= 255 && host.bytes().all(allowed)
}

fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    // The form decoder would turn a plus sign into a space; here it stands for itself.
    let escaped = text
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    let (decoded, _) = form_urlencoded::parse(escaped.as_bytes())
        .next()
        .unwrap_or_default();
    Cow::Owned(decoded.into_owned())
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Named when the client says no host: Entra's own.
const DEFAULT_HOST: &str = "login.microsoftonline.com";

const MAX_PARAMETERS: usize = 200;

const MAX_SEGMENTS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_any_case_and_with_double_slashes() {
        for (path, endpoint, tenant) in [
            (
                "/common/oauth2/token",
                Endpoint::Token(Version::V1),
                "common",
            ),
            (
                "/contoso.example/oauth2/v2.0/token",
                Endpoint::Token(Version::V2),
                "contoso.example",
            ),
            (
                "/common//v2.0/.well-known/openid-configuration",
                Endpoint::OpenIdConfiguration(Version::V2),
                "common",
            ),
            (
                "/c%6Fmmon/.well-known/openid-configuration",
                Endpoint::OpenIdConfiguration(Version::V1),
                "common",
            ),
            (
                "/common/discovery/instance",
                Endpoint::InstanceDiscovery,
                "common",
            ),
            (
                "/common/discovery/keys",
                Endpoint::Keys(Version::V1),
                "common",
            ),
            (
                "/common/Discovery/V2.0/Keys",
                Endpoint::Keys(Version::V2),
                "common",
            ),
            ("/", Endpoint::Unknown, ""),
            ("", Endpoint::Unknown, ""),
            ("/common/oauth2/v3.0/token", Endpoint::Unknown, "common"),
        ] {
            let target = Target::read(path);
            assert_eq!(
                (target.endpoint, target.tenant.as_ref()),
                (endpoint, tenant),
                "{path}"
            );
        }
    }

    #[test]
    fn the_user_realm_is_found_in_both_spellings() {
        for path in [
            "/common/UserRealm/al%2Bice%40contoso.example",
            "/common/userrealm/al+ice@contoso.example",
        ] {
            let target = Target::read(path);
            assert_eq!(
                (target.endpoint, target.user.as_ref()),
                (Endpoint::UserRealm, "al+ice@contoso.example")
            );
        }
    }

    #[test]
    fn broken_forms_are_read_as_far_as_they_go() {
        let parameters = Parameters::read(b"a=1&b=%zz&=&c&a=2&d=%ff");
        assert_eq!(parameters.value("a"), Some("1"));
        assert_eq!(parameters.value("b"), Some("%zz"));
        assert_eq!(parameters.value("c"), None);
        assert_eq!(parameters.value("d"), Some("\u{fffd}"));
        assert_eq!(parameters.duplicate(), Some("a"));
    }

    #[test]
    fn basic_credentials_are_form_encoded_first() {
        let mut headers = HeaderMap::new();
        let value = format!("Basic {}", STANDARD.encode("my%20app:s%2Bc%3Aret+"));
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        assert_eq!(
            basic_credentials(&headers),
            Some(("my app".to_owned(), "s+c:ret ".to_owned()))
        );
    }

    #[test]
    fn the_base_is_the_host_of_the_client_when_it_is_one() {
        let base = |host: &str| {
            let request = Request::get("/")
                .header(header::HOST, host)
                .body(Bytes::new())
                .unwrap();
            base_url(&request)
        };
        assert_eq!(base("LocalHost:8443"), "https://localhost:8443");
        assert_eq!(base("[::1]:8443"), "https://[::1]:8443");
        assert_eq!(base("evil/\"host"), "https://login.microsoftonline.com");
    }
}
