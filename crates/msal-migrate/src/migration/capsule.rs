//! What is sealed into the journal before an answer is looked at: the answer, and all that is needed to publish it
//! without the source.
//!
//! A run that was killed between the answer and the publication finishes from the journal alone; the source may have
//! been deleted meanwhile.

use std::borrow::Cow;

use bytes::Bytes;
use http::{Response, StatusCode};
use msal_core::{Authority, HomeAccountId, RefreshToken, ScopeSet, SecretBuffer, UnixTime};
use serde::{Deserialize, Serialize};

use super::ledger::Sealed;
use super::target::Facts;
use crate::plan::Job;
use crate::record::UserHints;

/// One redemption with its answer.
#[derive(Debug)]
pub(super) struct Capsule {
    pub(super) client_id: String,
    pub(super) authority: Authority,
    pub(super) scopes: ScopeSet,
    pub(super) user: UserHints,
    /// The token that was redeemed: it is kept when the answer brings no other. Empty in an opened capsule whose answer
    /// does bring another: a fifth of the journal would be tokens that nobody needs again.
    pub(super) redeemed: RefreshToken,
    /// When the answer came.
    pub(super) at: UnixTime,
    pub(super) response: Response<Bytes>,
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    client_id: Cow<'a, str>,
    authority: String,
    scopes: String,
    username: Option<Cow<'a, str>>,
    oid: Option<Cow<'a, str>>,
    tid: Option<Cow<'a, str>>,
    home_account_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    redeemed: Cow<'a, str>,
    at: i64,
    status: u16,
}

impl Capsule {
    pub(super) fn new(job: &Job, response: Response<Bytes>, at: UnixTime) -> Self {
        Self {
            client_id: job.client_id.clone(),
            authority: job.authority.clone(),
            scopes: job.scopes.clone(),
            user: job.user.clone(),
            redeemed: job.refresh_token.clone(),
            at,
            response,
        }
    }

    /// What the target needs to know of it.
    pub(super) fn facts<'a>(&'a self, sealed: &'a Sealed) -> Facts<'a> {
        Facts {
            fingerprint: sealed.fingerprint,
            client_id: &self.client_id,
            scopes: &self.scopes,
            redeemed: &self.redeemed,
            locator: &sealed.locator,
        }
    }

    /// The bytes to seal: a length, the facts as JSON, the body as it came.
    pub(super) fn encode(&self) -> SecretBuffer {
        let borrowed = |text: &'_ Option<String>| text.clone().map(Cow::Owned);
        let home_account_id = self.user.home_account_id.as_ref();
        let wire = Wire {
            client_id: Cow::Borrowed(&self.client_id),
            authority: self.authority.to_string(),
            scopes: self.scopes.to_wire(),
            username: borrowed(&self.user.username),
            oid: borrowed(&self.user.oid),
            tid: borrowed(&self.user.tid),
            home_account_id: home_account_id.map(|id| Cow::Borrowed(id.as_str())),
            redeemed: Cow::Borrowed(match brings_a_token(self.response.body()) {
                true => "",
                false => self.redeemed.expose_secret(),
            }),
            at: self.at.as_secs(),
            status: self.response.status().as_u16(),
        };
        // Sized up front, so that a growing buffer leaves no copy of a token behind.
        let size = self.response.body().len() + 2 * self.redeemed.expose_secret().len() + 2048;
        let mut bytes = SecretBuffer::with_capacity(size);
        bytes.extend_from_slice(&[0; 4]);
        // Writing plain strings and numbers into memory cannot fail.
        let _infallible = serde_json::to_writer(&mut *bytes, &wire);
        let length = u32::try_from(bytes.len() - 4).unwrap_or(u32::MAX);
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(self.response.body());
        bytes
    }

    /// Reads what [`Capsule::encode`] wrote; `None` for anything else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (facts, body) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        let wire: Wire<'_> = serde_json::from_slice(facts).ok()?;
        let mut response = Response::new(SecretBuffer::from(body.to_vec()).into_shared());
        *response.status_mut() = StatusCode::from_u16(wire.status).ok()?;
        let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        let user = UserHints {
            username: owned(wire.username),
            oid: owned(wire.oid),
            tid: owned(wire.tid),
            sub: None,
            home_account_id: wire.home_account_id.map(|id| HomeAccountId::new(&id)),
        };
        Some(Self {
            client_id: wire.client_id.into_owned(),
            authority: Authority::parse(&wire.authority).ok()?,
            scopes: ScopeSet::from_wire(&wire.scopes),
            user,
            redeemed: RefreshToken::new(wire.redeemed.into_owned()),
            at: UnixTime::from_secs(wire.at),
            response,
        })
    }
}

/// Whether the answer holds a refresh token that is a string with something in it.
fn brings_a_token(body: &[u8]) -> bool {
    let name = b"\"refresh_token\":\"";
    memchr::memmem::find(body, name)
        .and_then(|at| body.get(at + name.len()))
        .is_some_and(|first| *first != b'"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capsule() -> Capsule {
        let mut response = Response::new(Bytes::from_static(b"{\"refresh_token\":\"0.NEW\"}"));
        *response.status_mut() = StatusCode::CREATED;
        Capsule {
            client_id: "app".to_owned(),
            authority: Authority::parse("https://localhost:8443/contoso.example").unwrap(),
            scopes: ScopeSet::from_wire("a b"),
            user: UserHints {
                username: Some("\u{c5}ke \"q\"@x".to_owned()),
                home_account_id: Some(HomeAccountId::new("u.t")),
                ..UserHints::default()
            },
            redeemed: RefreshToken::from("M.C5!*\\$\""),
            at: UnixTime::from_secs(5),
            response,
        }
    }

    #[test]
    fn what_is_sealed_is_what_is_opened() {
        let opened = Capsule::decode(&capsule().encode()).unwrap();
        assert_eq!(format!("{opened:?}"), format!("{:?}", capsule()));
        assert!(opened.redeemed.is_empty(), "the answer brings another");
        assert_eq!(opened.response.body(), capsule().response.body());
    }

    #[test]
    fn the_redeemed_token_is_kept_where_no_other_comes() {
        for body in [
            r#"{"access_token":"a"}"#,
            r#"{"refresh_token":""}"#,
            r#"{"refresh_token":null}"#,
            "",
        ] {
            let mut capsule = capsule();
            *capsule.response.body_mut() = Bytes::from(body);
            let opened = Capsule::decode(&capsule.encode()).unwrap();
            assert_eq!(opened.redeemed, capsule.redeemed, "{body}");
        }
    }

    #[test]
    fn what_is_cut_short_is_not_opened() {
        let bytes = capsule().encode();
        let facts = 4 + u32::from_be_bytes(*bytes.first_chunk().unwrap()) as usize;
        for end in 0..facts {
            assert!(Capsule::decode(&bytes[..end]).is_none(), "{end}");
        }
    }
}
