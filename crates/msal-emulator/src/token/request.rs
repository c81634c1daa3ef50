//! A token request, read but not judged.

use std::borrow::Cow;

use super::authorization_code::AuthorizationCode;
use super::device_code::open_device_code;
use super::refresh_token::RefreshToken;
use crate::access::{Apis, Asked, OriginalGrant, names_policy};
use crate::directory::{AppEntry, Directory};
use crate::memory::Platform;
use crate::protocol::{BasicCredentials, Call, Guid, Jwt, Shape, Version};
use crate::refusal::Refusal;

/// A token request, read but not judged.
#[derive(Debug)]
pub(crate) struct TokenRequest<'c> {
    pub(crate) call: &'c Call<'c>,
    pub(crate) version: Version,
    pub(crate) grant_type: Option<&'c str>,
    pub(crate) client_id: Option<Cow<'c, str>>,
    pub(crate) client_secret: Option<Cow<'c, str>>,
    /// Whether the header has credentials that cannot be read.
    pub(crate) unreadable_credentials: bool,
    pub(crate) refresh_token: Presented,
}

/// The refresh token of a request.
#[derive(Debug)]
pub(crate) enum Presented {
    Nothing,
    Token(RefreshToken),
    /// A text that is not a refresh token of this emulator.
    Unreadable,
}

impl<'c> TokenRequest<'c> {
    pub(crate) fn read(platform: Platform<'_>, call: &'c Call<'c>, version: Version) -> Self {
        // RFC 6749 §2.3.1: credentials come in a header or, not recommended and common, in the form. The form wins.
        let basic = BasicCredentials::of(call.request.headers());
        let unreadable = basic == BasicCredentials::Unreadable;
        let (client_id, client_secret) = match basic {
            BasicCredentials::Pair { client_id, secret } => {
                (Some(Cow::Owned(client_id)), Some(Cow::Owned(secret)))
            }
            BasicCredentials::Absent | BasicCredentials::Unreadable => (None, None),
        };
        let grant_type = call.parameter("grant_type");
        // Other grants ignore the parameter (RFC 6749 §3.2), so a token in one of them is not counted.
        let presented = call
            .parameter("refresh_token")
            .filter(|_| grant_type == Some("refresh_token"));
        Self {
            call,
            version,
            grant_type,
            client_id: call.parameter("client_id").map(Cow::Borrowed).or(client_id),
            client_secret: call
                .parameter("client_secret")
                .map(Cow::Borrowed)
                .or(client_secret),
            unreadable_credentials: unreadable,
            refresh_token: presented.map_or(Presented::Nothing, |text| {
                RefreshToken::open(platform.sealer(), text)
                    .map_or(Presented::Unreadable, Presented::Token)
            }),
        }
    }

    /// The user that the request is about, if it names one.
    pub(crate) fn user(&self) -> Option<&str> {
        match &self.refresh_token {
            Presented::Token(token) => Some(&token.upn),
            _ => self.call.parameter("username"),
        }
    }

    /// The user whose code or assertion the request exchanges, whatever becomes of it.
    pub(crate) fn user_of_proof(&self, platform: Platform<'_>) -> Option<String> {
        let parameter = |name: &str| self.call.parameter(name);
        match self.grant_type? {
            "authorization_code" => {
                let code = AuthorizationCode::open(platform.sealer(), parameter("code")?)?;
                Some(code.upn)
            }
            "device_code" | "urn:ietf:params:oauth:grant-type:device_code" => {
                let code = parameter("device_code").or_else(|| parameter("code"))?;
                let serial = open_device_code(platform.sealer(), code)?;
                platform.devices().user(serial)
            }
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
                let jwt = Jwt::read(parameter("assertion")?)?;
                Some(platform.issuer().verify(&jwt)?.upn()?.to_owned())
            }
            _ => None,
        }
    }

    /// What the request asks for, of a grant that goes on with nothing: v2.0 has no default, v1 has one.
    pub(crate) fn asked<'d>(
        &'d self,
        app: &AppEntry,
        directory: &'d Directory,
    ) -> Result<Asked<'d>, Refusal> {
        let named = self.named();
        // AD FS speaks the protocol of v2.0 and takes a request without a scope.
        let has_default = self.version == Version::V1 || self.call.target.shape == Shape::Adfs;
        if named.is_none() && !has_default {
            return Err(Refusal::missing("scope"));
        }
        let apis = Apis::new(directory, self.call);
        Asked::read(self.version, named.unwrap_or_default(), app, apis)
    }

    /// What the request asks for, or else what the sign-in that it goes on with has asked for (RFC 6749 §6).
    pub(crate) fn asked_or<'d>(
        &'d self,
        original: &OriginalGrant,
        app: &AppEntry,
        directory: &'d Directory,
    ) -> Result<Asked<'d>, Refusal> {
        let apis = Apis::new(directory, self.call);
        match self.named() {
            Some(named) => Asked::read(self.version, named, app, apis),
            None => Asked::again(original, self.version, app, apis),
        }
    }

    /// The `resource` (v1) or `scope` (v2.0) of the request.
    fn named(&self) -> Option<&str> {
        self.call.parameter(self.version.scope_parameter())
    }

    /// Whether the claims that the tokens are to meet name the policy of a tenant.
    pub(crate) fn names_policy(&self, tenant: Guid) -> bool {
        let claims = self.call.parameter("claims");
        let claims = claims.and_then(|claims| serde_json::from_str(claims).ok());
        claims.is_some_and(|claims| names_policy(&claims, tenant))
    }

    /// The value of a parameter that must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.call
            .parameter(name)
            .ok_or_else(|| Refusal::missing(name))
    }
}
