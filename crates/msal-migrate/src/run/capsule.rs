//! What is sealed into the journal before an answer is looked at: the answer, and all that is needed to publish it
//! without the source.
//!
//! A run that was killed between the answer and the publication finishes from the journal alone; the source may have
//! been deleted meanwhile.

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;
use http::{Response, StatusCode};
use memchr::memmem::Finder;
use msal_core::{Authority, HomeAccountId, RefreshToken, ScopeSet, SecretBuffer, UnixTime};
use serde::{Deserialize, Serialize};

use super::batch::Facts;
use super::ledger::Sealed;
use crate::plan::Redemption;
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
    authority: Cow<'a, str>,
    scopes: Cow<'a, str>,
    username: Option<Cow<'a, str>>,
    oid: Option<Cow<'a, str>>,
    tid: Option<Cow<'a, str>>,
    home_account_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    redeemed: Cow<'a, str>,
    at: i64,
    status: u16,
}

impl Wire<'_> {
    /// More bytes than it takes as JSON, unless it is full of escapes.
    fn size(&self) -> usize {
        let optional = [&self.username, &self.oid, &self.tid, &self.home_account_id];
        let texts = [&self.client_id, &self.scopes, &self.redeemed]
            .into_iter()
            .chain(optional.into_iter().flatten());
        2 * (self.authority.len() + texts.map(|text| text.len()).sum::<usize>()) + 256
    }
}

impl Capsule {
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

    /// Reads what [`encode`] wrote; `None` for anything else.
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

/// The bytes to seal: a length, the facts as JSON, the body as it came. `authority` is the job's as text, which is the
/// same for many jobs.
pub(super) fn encode(
    job: &Redemption,
    authority: &str,
    response: &Response<Bytes>,
    at: UnixTime,
) -> SecretBuffer {
    let body = response.body();
    let redeemed = match brings_a_token(body) {
        true => "",
        false => job.refresh_token.expose_secret(),
    };
    let wire = Wire {
        client_id: Cow::Borrowed(&job.client_id),
        authority: Cow::Borrowed(authority),
        scopes: Cow::Borrowed(job.scopes.as_str()),
        username: job.user.username.as_deref().map(Cow::Borrowed),
        oid: job.user.oid.as_deref().map(Cow::Borrowed),
        tid: job.user.tid.as_deref().map(Cow::Borrowed),
        home_account_id: job
            .user
            .home_account_id
            .as_ref()
            .map(|id| Cow::Borrowed(id.as_str())),
        redeemed: Cow::Borrowed(redeemed),
        at: at.as_secs(),
        status: response.status().as_u16(),
    };
    // Sized up front, so that a growing buffer leaves no copy of a token behind.
    let size = body.len() + wire.size();
    let mut bytes = SecretBuffer::with_capacity(size);
    bytes.extend_from_slice(&[0; 4]);
    // Writing plain strings and numbers into memory cannot fail.
    let _infallible = serde_json::to_writer(&mut *bytes, &wire);
    let length = u32::try_from(bytes.len() - 4).unwrap_or(u32::MAX);
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// Whether the answer holds a refresh token that is a string with something in it.
fn brings_a_token(body: &[u8]) -> bool {
    let name = &*TOKEN_NAME;
    name.find(body)
        .and_then(|at| body.get(at + name.needle().len()))
        .is_some_and(|first| *first != b'"')
}

/// Made once: that takes longer than looking through an answer.
static TOKEN_NAME: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\"refresh_token\":\""));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::plan::Warnings;
    use crate::record::{Locator, Place};

    const ODD_TOKEN: &str = "M.C5!*\\$\"";

    fn job() -> Redemption {
        Redemption {
            fingerprint: Fingerprint::from_bytes([1; 16]),
            refresh_token: RefreshToken::from(ODD_TOKEN),
            client_id: "app".to_owned(),
            authority: Authority::parse("https://localhost:8443/contoso.example").unwrap(),
            scopes: ScopeSet::from_wire("a b"),
            user: UserHints {
                username: Some("\u{c5}ke \"q\"@x".to_owned()),
                home_account_id: Some(HomeAccountId::new("u.t")),
                ..UserHints::default()
            },
            locator: Locator::new(&"tokens.json".into(), Place::Element(0)),
            duplicates: 0,
            family: None,
            warnings: Warnings::default(),
        }
    }

    fn sealed(body: &'static str) -> SecretBuffer {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::CREATED;
        let job = job();
        let authority = job.authority.to_string();
        encode(&job, &authority, &response, UnixTime::from_secs(5))
    }

    #[test]
    fn what_is_sealed_is_what_is_opened() {
        let body = r#"{"refresh_token":"0.NEW"}"#;
        let (opened, job) = (Capsule::decode(&sealed(body)).unwrap(), job());
        assert_eq!(opened.client_id, job.client_id);
        assert_eq!(opened.authority, job.authority);
        assert_eq!(opened.scopes, job.scopes);
        assert_eq!(opened.user.username, job.user.username);
        assert_eq!(opened.user.home_account_id, job.user.home_account_id);
        assert_eq!(opened.at, UnixTime::from_secs(5));
        assert_eq!(opened.response.status(), StatusCode::CREATED);
        assert_eq!(opened.response.body(), body);
        assert!(opened.redeemed.is_empty(), "the answer brings another");
    }

    #[test]
    fn the_redeemed_token_is_kept_where_no_other_comes() {
        for body in [
            r#"{"access_token":"a"}"#,
            r#"{"refresh_token":""}"#,
            r#"{"refresh_token":null}"#,
            "",
        ] {
            let opened = Capsule::decode(&sealed(body)).unwrap();
            assert_eq!(opened.redeemed.expose_secret(), ODD_TOKEN, "{body}");
        }
    }

    #[test]
    fn what_is_cut_short_is_not_opened() {
        let bytes = sealed("{}");
        let facts = 4 + u32::from_be_bytes(*bytes.first_chunk().unwrap()) as usize;
        for end in 0..facts {
            assert!(Capsule::decode(&bytes[..end]).is_none(), "{end}");
        }
    }
}
