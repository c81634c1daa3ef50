//! The answer of the device authorization endpoint (RFC 8628 §3.2).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use thiserror::Error;

use super::malformed::Malformation;
use super::members::Members;
use super::service_error::ServiceError;
use crate::{DeviceCode, ProviderMetadata};

/// A code for a user to enter on another device, and the one that this device asks with meanwhile.
///
/// `Debug` shows neither of the codes: whoever enters the first one decides whose tokens this device gets.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeviceAuthorization {
    /// What the token endpoint is asked with.
    pub device_code: DeviceCode,
    /// What the user enters.
    pub user_code: String,
    /// Where they enter it: an https address of the authority's.
    pub verification_uri: String,
    /// The same with the code in it (RFC 8628 §3.3.1), where there is one and it is the authority's.
    pub verification_uri_complete: Option<String>,
    /// What to tell the user: the server's words, in the user's language perhaps, or ours where it has none.
    pub message: String,
    /// How long the codes are good for.
    pub expires_in: Duration,
    /// How long to wait between two questions.
    pub interval: Duration,
}

/// Why there is no code.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum DeviceAuthorizationError {
    /// It is not an answer that may be used.
    #[error("the device authorization endpoint's answer cannot be used: {0}")]
    Malformed(Malformation),
    /// The server said no.
    #[error(transparent)]
    Refused(Box<ServiceError>),
    /// It sends the user to a place that is not the authority's.
    #[error("the device authorization endpoint sends the user to a foreign address, at `{host}`")]
    #[non_exhaustive]
    ForeignAddress {
        /// The host, or the whole where there is none.
        host: String,
    },
}

impl DeviceAuthorization {
    /// Reads the answer to a [`DeviceAuthorizationRequest`](crate::DeviceAuthorizationRequest) that was sent to the
    /// endpoint of `metadata`.
    ///
    /// # Errors
    /// [`DeviceAuthorizationError`]; nothing of a refused answer may be shown to a user.
    pub fn read(
        metadata: &ProviderMetadata,
        response: &Response<Bytes>,
    ) -> Result<Self, DeviceAuthorizationError> {
        let malformed = DeviceAuthorizationError::Malformed;
        let members = match Members::parse(response.body()) {
            Ok(members) => members,
            Err(_) if !response.status().is_success() => {
                return Err(DeviceAuthorizationError::Refused(Box::new(
                    ServiceError::bare(response),
                )));
            }
            Err(malformation) => return Err(malformed(malformation)),
        };
        // RFC 8628 §3.2: errors are those of RFC 6749 §5.2.
        if members.text("error").is_some() || !response.status().is_success() {
            let error = ServiceError::new(response, &members);
            return Err(DeviceAuthorizationError::Refused(Box::new(error)));
        }
        Self::of_members(metadata, &members)
    }

    fn of_members(
        metadata: &ProviderMetadata,
        members: &Members<'_>,
    ) -> Result<Self, DeviceAuthorizationError> {
        let required = |member: &'static str| {
            let duplicate = members.repeats(member);
            let text = match duplicate {
                true => Err(Malformation::Duplicate { member }),
                false => members.optional_text(member),
            };
            let missing = Malformation::Member { member };
            text.and_then(|text| text.ok_or(missing))
                .map_err(DeviceAuthorizationError::Malformed)
        };
        let device_code = DeviceCode::from(&*required("device_code")?);
        let user_code = required("user_code")?.into_owned();
        // RFC 8628 §6.1: it is read and typed by people.
        if user_code.chars().any(char::is_control) {
            let member = "user_code";
            return Err(DeviceAuthorizationError::Malformed(Malformation::Member {
                member,
            }));
        }
        // Google and Entra's first version have it under the name that the draft gave it.
        let name = match members.has("verification_uri") {
            true => "verification_uri",
            false if members.has("verification_url") => "verification_url",
            false => "verification_uri",
        };
        let address = required(name)?;
        let verification_uri = metadata
            .verification_address(&address)
            .map_err(|host| DeviceAuthorizationError::ForeignAddress { host })?;
        let complete = members.text("verification_uri_complete");
        let complete = complete.and_then(|uri| metadata.verification_address(&uri).ok());
        let message = members.text("message").map(|text| without_controls(&text));
        Ok(Self {
            device_code,
            message: message.unwrap_or_else(|| own_message(&verification_uri, &user_code)),
            user_code,
            verification_uri,
            verification_uri_complete: complete,
            // RFC 8628 §3.2 requires it. MSAL takes half an hour where it is not there.
            expires_in: members.seconds("expires_in").unwrap_or(DEFAULT_LIFETIME),
            // RFC 8628 §3.2: "If no value is provided, clients MUST use 5 as the default." Zero would be no pause at all.
            interval: members
                .seconds("interval")
                .unwrap_or(DEFAULT_INTERVAL)
                .max(SHORTEST_INTERVAL),
        })
    }
}

impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeviceAuthorization")
            .field("verification_uri", &self.verification_uri)
            .field("expires_in", &self.expires_in)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// A text for a terminal: without what would move its cursor or change its colours, on lines of its own.
fn without_controls(text: &str) -> String {
    let is_shown = |character: &char| !character.is_control() || *character == '\n';
    text.chars().filter(is_shown).collect()
}

/// RFC 8628 §5.4: a user who did not begin the flow must not enter the code.
fn own_message(verification_uri: &str, user_code: &str) -> String {
    format!(
        "To sign in, open {verification_uri} in a browser and enter the code {user_code}. \
         Do so only if you have started this yourself."
    )
}

const DEFAULT_LIFETIME: Duration = Duration::from_secs(1800);
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Authority, TrustedAuthority};

    fn read(url: &str, body: &Value) -> Result<DeviceAuthorization, DeviceAuthorizationError> {
        let authority = Authority::parse(url).unwrap();
        let authority = TrustedAuthority::named_by_operator(authority);
        let metadata = ProviderMetadata::entra(&authority).unwrap();
        DeviceAuthorization::read(&metadata, &Response::new(body.to_string().into()))
    }

    const ENTRA: &str = "https://login.microsoftonline.com/common";

    fn entra() -> Value {
        json!({
            "user_code": "FJ6D8ZR2K",
            "device_code": "GAQABIQEAAAD",
            "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": 900,
            "interval": 5,
            "message": "To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter \
                        the code FJ6D8ZR2K to authenticate.",
        })
    }

    #[test]
    fn what_entra_answers_is_told_in_its_words() {
        let device = read(ENTRA, &entra()).unwrap();
        assert_eq!(device.user_code, "FJ6D8ZR2K");
        assert_eq!(device.device_code.expose_secret(), "GAQABIQEAAAD");
        assert_eq!(device.verification_uri, "https://microsoft.com/devicelogin");
        assert_eq!(device.message, entra()["message"]);
        assert_eq!(device.expires_in, Duration::from_secs(900));
        assert_eq!(device.interval, Duration::from_secs(5));
        let shown = format!("{device:?}");
        assert!(
            !shown.contains("FJ6D8ZR2K") && !shown.contains("GAQAB"),
            "{shown}"
        );
    }

    #[test]
    fn the_example_of_the_standard_is_read() {
        // RFC 8628 §3.2, its example.
        let body = json!({
            "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
            "user_code": "WDJB-MJHT",
            "verification_uri": "https://example.com/device",
            "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT",
            "expires_in": 1800,
            "interval": 5,
        });
        let device = read("https://example.com/tenant", &body).unwrap();
        assert_eq!(device.verification_uri, "https://example.com/device");
        assert_eq!(
            device.verification_uri_complete.as_deref(),
            Some("https://example.com/device?user_code=WDJB-MJHT")
        );
        assert!(device.message.contains("https://example.com/device "));
        assert!(device.message.contains("WDJB-MJHT"));
        assert!(device.message.contains("only if you have started this"));
    }

    #[test]
    fn no_user_is_sent_to_a_foreign_address() {
        for (address, is_ours) in [
            ("https://microsoft.com/devicelogin", true),
            ("https://www.microsoft.com/link", true),
            ("https://login.microsoft.com/device", true),
            (
                "https://login.microsoftonline.com/common/oauth2/deviceauth",
                true,
            ),
            ("http://microsoft.com/devicelogin", false),
            ("https://microsoft.com@evil.example/devicelogin", false),
            ("https://microsoft.com.evil.example/devicelogin", false),
            ("https://evil.example/microsoft.com", false),
            ("https://microsoft.com:8443/devicelogin", false),
            ("https://login.microsoftonline.us/device", false),
            ("javascript:alert(1)", false),
            ("microsoft.com/devicelogin", false),
        ] {
            let mut body = entra();
            body["verification_uri"] = json!(address);
            let device = read(ENTRA, &body);
            match is_ours {
                true => assert_eq!(device.unwrap().verification_uri, address),
                false => assert!(
                    matches!(device, Err(DeviceAuthorizationError::ForeignAddress { .. })),
                    "{address}"
                ),
            }
            let mut body = entra();
            body["verification_uri_complete"] = json!(address);
            let complete = read(ENTRA, &body).unwrap().verification_uri_complete;
            assert_eq!(complete.is_some(), is_ours, "{address}");
        }
        let mut body = entra();
        let adfs = "https://adfs.contoso.example/adfs";
        assert!(matches!(
            read(adfs, &body),
            Err(DeviceAuthorizationError::ForeignAddress { .. })
        ));
        body["verification_uri"] = json!("https://adfs.contoso.example/adfs/oauth2/deviceauth");
        assert!(read(adfs, &body).is_ok());
    }

    #[test]
    fn broken_answers_are_told_by_their_member() {
        for (member, value) in [
            ("device_code", Value::Null),
            ("device_code", json!(5)),
            ("device_code", json!("")),
            ("user_code", Value::Null),
            ("user_code", json!("AB\u{1b}]0;owned\u{7}")),
            ("verification_uri", Value::Null),
            ("verification_uri", json!({})),
        ] {
            let mut body = entra();
            body[member] = value;
            match read(ENTRA, &body) {
                Err(DeviceAuthorizationError::Malformed(Malformation::Member { member: told })) => {
                    assert_eq!(told, member);
                }
                other => panic!("{member}: {other:?}"),
            }
        }
        let twice = entra()
            .to_string()
            .replacen('{', r#"{"user_code":"OTHER","#, 1);
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        let read = DeviceAuthorization::read(&metadata, &Response::new(twice.into()));
        assert!(matches!(
            read,
            Err(DeviceAuthorizationError::Malformed(
                Malformation::Duplicate { .. }
            ))
        ));
    }

    #[test]
    fn numbers_may_be_strings_and_absent_ones_have_the_standards_defaults() {
        for (expires_in, interval, expected) in [
            (json!("900"), json!("10"), (900, 10)),
            (Value::Null, Value::Null, (1800, 5)),
            (json!(60), json!(0), (60, 1)),
            (json!(-1), json!(-1), (0, 1)),
        ] {
            let mut body = entra();
            (body["expires_in"], body["interval"]) = (expires_in, interval);
            let device = read(ENTRA, &body).unwrap();
            let found = (device.expires_in.as_secs(), device.interval.as_secs());
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_servers_message_cannot_move_a_terminals_cursor() {
        let mut body = entra();
        body["message"] =
            json!("Open\u{1b}[2J https://microsoft.com/devicelogin\r\nand enter \u{9b}X");
        let device = read(ENTRA, &body).unwrap();
        assert_eq!(
            device.message,
            "Open[2J https://microsoft.com/devicelogin\nand enter X"
        );
    }

    #[test]
    fn a_refusal_is_told_as_one() {
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        for (body, error) in [
            (r#"{"error":"unauthorized_client"}"#, "unauthorized_client"),
            ("<html>", ""),
        ] {
            let response = Response::builder().status(400).body(body.into()).unwrap();
            match DeviceAuthorization::read(&metadata, &response) {
                Err(DeviceAuthorizationError::Refused(refused)) => assert_eq!(refused.error, error),
                other => panic!("{other:?}"),
            }
        }
    }
}
