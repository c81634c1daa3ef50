//! Whom the API lets in: an access token is checked here, because no library for clients does that for an API. Crates for JWTs
//! do the same; what must be asked of them is below.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use msal::UnixTime;
use serde_json::Value;

use super::discovery::{Discovery, json};

/// Who calls, by the names that do not change.
#[derive(Debug, PartialEq)]
pub(crate) struct Caller {
    pub(crate) tenant: String,
    pub(crate) object: String,
}

pub(crate) struct BearerTokens {
    /// The client id of the API.
    audience: String,
    scope: &'static str,
    discovery: Discovery,
    http: reqwest::Client,
    keys: Mutex<Keys>,
}

/// The authority's keys, by their names.
#[derive(Default)]
struct Keys {
    by_name: HashMap<String, Arc<RsaKey>>,
    asked: Option<Instant>,
}

type RsaKey = RsaPublicKeyComponents<Vec<u8>>;
type Failure = Box<dyn Error + Send + Sync>;

impl BearerTokens {
    pub(crate) fn new(
        audience: String,
        scope: &'static str,
        discovery: Discovery,
        http: reqwest::Client,
    ) -> Self {
        Self {
            audience,
            scope,
            discovery,
            http,
            keys: Mutex::default(),
        }
    }

    /// `None` for a token that is no token for this API, an error when the authority cannot be asked for its keys.
    pub(crate) async fn check(&self, token: &str) -> Result<Option<Caller>, Failure> {
        let issuer = &self.discovery.document().await?.issuer;
        let Some((signed, signature)) = token.rsplit_once('.') else {
            return Ok(None);
        };
        let mut parts = signed.split('.').map(decoded);
        let (Some(Some(header)), Some(Some(claims)), None) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Ok(None);
        };
        // RFC 8725 §3.1: which algorithm is right says the API below. The token's `alg` is not even looked at, so that `none`,
        // and a public key that is taken for a shared secret, come to nothing.
        let Some(name) = text(&header, "kid") else {
            return Ok(None);
        };
        let (Some(key), Ok(signature)) = (self.key(name).await?, URL_SAFE_NO_PAD.decode(signature))
        else {
            return Ok(None);
        };
        let verified = key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature);
        Ok(verified
            .ok()
            .and_then(|()| self.caller(&claims, issuer, SystemTime::now().into())))
    }

    fn caller(&self, claims: &Value, issuer: &str, now: UnixTime) -> Option<Caller> {
        let tenant = text(claims, "tid")?;
        let scopes = text(claims, "scp")?;
        let time = |name: &str| Some(UnixTime::from_secs(claims.get(name)?.as_i64()?));
        let is_right = text(claims, "aud")? == self.audience
            // Of many tenants, each has an issuer of its own. An API of one tenant names its tenant in the authority.
            && text(claims, "iss")? == issuer.replace("{tenantid}", tenant)
            && now < time("exp")? + SKEW
            && time("nbf")? < now + SKEW
            && scopes.split(' ').any(|scope| scope == self.scope);
        is_right.then_some(())?;
        Some(Caller {
            tenant: tenant.to_owned(),
            object: text(claims, "oid")?.to_owned(),
        })
    }

    /// Keys change: one whose name is new is asked for, but not for each token that somebody makes up.
    async fn key(&self, name: &str) -> Result<Option<Arc<RsaKey>>, Failure> {
        {
            let mut keys = self.keys();
            let found = keys.by_name.get(name).cloned();
            let was_asked = keys.asked.is_some_and(|asked| asked.elapsed() < PAUSE);
            if found.is_some() || was_asked && !keys.by_name.is_empty() {
                return Ok(found);
            }
            keys.asked = Some(Instant::now());
        }
        let address = self.discovery.document().await?.jwks_uri.clone();
        let by_name = read(&json(&self.http, address).await?);
        let mut keys = self.keys();
        keys.by_name = by_name;
        Ok(keys.by_name.get(name).cloned())
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().expect("nobody panics while holding it")
    }
}

fn read(document: &Value) -> HashMap<String, Arc<RsaKey>> {
    let keys = document.get("keys").and_then(Value::as_array);
    let key = |key: &Value| {
        let number = |name: &str| URL_SAFE_NO_PAD.decode(text(key, name)?).ok();
        let (n, e) = (number("n")?, number("e")?);
        Some((
            text(key, "kid")?.to_owned(),
            Arc::new(RsaPublicKeyComponents { n, e }),
        ))
    };
    keys.into_iter().flatten().filter_map(key).collect()
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_secs(300);
