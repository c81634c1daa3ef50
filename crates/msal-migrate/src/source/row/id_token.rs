//! What a stored ID token says. Its signature is not checked, so all of it is a hint, like the fields beside it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::value::StoredValue;

/// The claims that fill gaps in a record: those of OpenID Connect Core §2 and §5.1, and Entra's own.
#[derive(Default)]
pub(crate) struct Claims {
    pub(crate) client_id: Option<String>,
    pub(crate) identity_provider: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) oid: Option<String>,
    pub(crate) sub: Option<String>,
    pub(crate) tid: Option<String>,
    pub(crate) username: Option<String>,
}

/// The claims of a JWT; what is not a JWT has none.
pub(crate) fn claims(id_token: &str) -> Claims {
    // RFC 7519 §3: the claims are the second of the parts that periods separate, in base64url without padding. Padding is
    // taken off, because some stores add it.
    let payload = id_token.split('.').nth(1).unwrap_or_default();
    let decoded = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('='));
    let json = Zeroizing::new(decoded.unwrap_or_default());
    serde_json::from_slice(&json).map_or_else(|_garbage| Claims::default(), Claims::from_wire)
}

#[derive(Deserialize)]
struct ClaimsWire<'a> {
    #[serde(borrow, default)]
    aud: StoredValue<'a>,
    #[serde(borrow, default)]
    email: StoredValue<'a>,
    #[serde(borrow, default)]
    idp: StoredValue<'a>,
    #[serde(borrow, default)]
    iss: StoredValue<'a>,
    #[serde(borrow, default)]
    oid: StoredValue<'a>,
    #[serde(borrow, default)]
    preferred_username: StoredValue<'a>,
    #[serde(borrow, default)]
    sub: StoredValue<'a>,
    #[serde(borrow, default)]
    tid: StoredValue<'a>,
    #[serde(borrow, default)]
    unique_name: StoredValue<'a>,
    #[serde(borrow, default)]
    upn: StoredValue<'a>,
}

impl Claims {
    fn from_wire(wire: ClaimsWire<'_>) -> Self {
        let names = [
            &wire.preferred_username,
            &wire.upn,
            &wire.unique_name,
            &wire.email,
        ];
        Self {
            client_id: wire.aud.owned(),
            identity_provider: wire.idp.owned(),
            issuer: wire.iss.owned(),
            oid: wire.oid.owned(),
            sub: wire.sub.owned(),
            tid: wire.tid.owned(),
            username: names.into_iter().find_map(StoredValue::owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_without_a_signature() {
        let payload = URL_SAFE_NO_PAD.encode(
            r#"{"aud":"client","iss":"https://sts.windows.net/t/","tid":"t","upn":"a@b","idp":"live.com","sub":7}"#,
        );
        let claims = claims(&format!("e30.{payload}==.sig"));
        assert_eq!(claims.client_id.as_deref(), Some("client"));
        assert_eq!(claims.username.as_deref(), Some("a@b"));
        assert_eq!(claims.sub, None);
        assert_eq!(claims.identity_provider.as_deref(), Some("live.com"));
    }

    #[test]
    fn garbage_has_no_claims() {
        for garbage in ["", "a", "a.b", "a.%%%.c", "a.W10.c", "..", "é.é.é"] {
            assert!(claims(garbage).issuer.is_none(), "{garbage}");
        }
    }
}
