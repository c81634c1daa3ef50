//! Who checks a user's password: Entra, or the federation server of the user's domain.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use url::Url;

use super::document::{check_status, get};
use super::error::DiscoveryError;
use crate::TrustedAuthority;

/// Who checks a user's password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UserRealm {
    /// A federation server such as AD FS. Entra knows no password of the user's.
    Federated,
    /// Entra, as far as it knows the user at all.
    Managed,
}

impl UserRealm {
    /// The question, to the host of an Entra authority. It names the user, as the sign-in itself does.
    ///
    /// # Errors
    /// [`DiscoveryError::Url`] when the authority cannot be put into a URL.
    pub fn request(
        authority: &TrustedAuthority,
        username: &str,
        correlation_id: &str,
    ) -> Result<Request<Bytes>, DiscoveryError> {
        let base = format!("https://{}/common/userrealm", authority.host());
        let unusable = || DiscoveryError::Url { url: base.clone() };
        let mut url = Url::parse(&base).map_err(|_unspecific| unusable())?;
        url.path_segments_mut()
            .map_err(|()| unusable())?
            .push(username);
        url.set_query(Some("api-version=1.0"));
        let mut request = get(url.as_str()).map_err(|_names_the_user| unusable())?;
        if let Ok(correlation_id) = correlation_id.parse() {
            let headers = request.headers_mut();
            headers.insert("client-request-id", correlation_id);
        }
        Ok(request)
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// [`DiscoveryError`] when it cannot be told: no password may be sent then.
    pub fn read(response: &Response<Bytes>) -> Result<Self, DiscoveryError> {
        #[derive(Deserialize)]
        struct RealmWire {
            account_type: Option<String>,
        }
        // A private cloud need not have the endpoint: MSAL takes its users for managed.
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(Self::Managed);
        }
        check_status(response)?;
        let wire: RealmWire = serde_json::from_slice(response.body())
            .map_err(|_unspecific| DiscoveryError::NotJson)?;
        // A name that Entra does not know is `Unknown`: the token endpoint says so in its own words.
        let is_federated = |kind: &str| kind.eq_ignore_ascii_case("Federated");
        Ok(
            match wire.account_type.as_deref().is_some_and(is_federated) {
                true => Self::Federated,
                false => Self::Managed,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Authority;

    fn url_for(username: &str) -> String {
        let common = TrustedAuthority::built_in(Authority::common()).unwrap();
        let request = UserRealm::request(&common, username, "3f2a").unwrap();
        assert_eq!(request.headers()["client-request-id"], "3f2a");
        assert_eq!(request.headers()["accept"], "application/json");
        request.uri().to_string()
    }

    #[test]
    fn the_question_is_the_one_msal_python_asks() {
        assert_eq!(
            url_for("alice@contoso.com"),
            "https://login.microsoftonline.com/common/userrealm/alice@contoso.com?api-version=1.0"
        );
    }

    #[test]
    fn a_name_stays_a_name_whatever_is_in_it() {
        for (username, part) in [
            ("a/../../b?x=1#y", "a%2F..%2F..%2Fb%3Fx=1%23y"),
            ("jos\u{e9}@contoso.com", "jos%C3%A9@contoso.com"),
            ("a b\r\nHost: evil", "a%20bHost:%20evil"),
        ] {
            let url = url_for(username);
            let start = "https://login.microsoftonline.com/common/userrealm/";
            assert_eq!(
                url,
                format!("{start}{part}?api-version=1.0"),
                "{username:?}"
            );
        }
        for username in ["..", ".", ""] {
            let url = url_for(username);
            assert!(
                url.starts_with("https://login.microsoftonline.com/common/userrealm"),
                "{url}"
            );
        }
    }

    #[test]
    fn only_a_federated_user_is_told_from_all_others() {
        for (status, body, realm) in [
            (200, r#"{"account_type":"Managed"}"#, Ok(UserRealm::Managed)),
            (200, r#"{"account_type":"Unknown"}"#, Ok(UserRealm::Managed)),
            (
                200,
                r#"{"account_type":"Federated"}"#,
                Ok(UserRealm::Federated),
            ),
            (
                200,
                r#"{"account_type":"federated"}"#,
                Ok(UserRealm::Federated),
            ),
            (200, "{}", Ok(UserRealm::Managed)),
            (404, "<html>", Ok(UserRealm::Managed)),
            (200, "<html>", Err(DiscoveryError::NotJson)),
        ] {
            let response = Response::builder()
                .status(status)
                .body(body.into())
                .unwrap();
            assert_eq!(UserRealm::read(&response), realm, "{status} {body}");
        }
        let busy = Response::builder().status(503).body(Bytes::new()).unwrap();
        assert!(UserRealm::read(&busy).unwrap_err().is_transient());
    }
}
