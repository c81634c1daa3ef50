//! Changes to a good answer that a careful client has to notice.

use serde_json::{Map, Value};

use crate::issuer::Issuer;
use crate::protocol::{base64url, from_base64url};

/// One change.
#[derive(Clone, Debug)]
pub(crate) enum Tampering {
    /// Sets a claim of the token in a member, and signs it anew.
    Claim(String, String, Value),
    /// Takes a member out.
    Drop(String),
    /// Replaces or adds a member.
    Set(String, Value),
    /// Breaks the signature of the token in a member.
    Signature(String),
}

impl Tampering {
    pub(super) fn apply(&self, answer: &mut Map<String, Value>, issuer: &Issuer) {
        match self {
            Self::Claim(token, claim, value) => change(answer, token, |text| {
                let mut claims = claims(text)?;
                claims.insert(claim.clone(), value.clone());
                Some(issuer.sign(&claims))
            }),
            Self::Drop(name) => drop(answer.remove(name)),
            Self::Set(name, value) => drop(answer.insert(name.clone(), value.clone())),
            Self::Signature(token) => change(answer, token, |text| {
                let (signed, signature) = text.rsplit_once('.')?;
                let mut bytes = from_base64url(signature)?;
                // One bit is enough, and the signature keeps its length.
                *bytes.first_mut()? ^= 1;
                Some(format!("{signed}.{}", base64url(&bytes)))
            }),
        }
    }
}

/// Replaces the token in a member. A member that is missing or is not a token stays as it is.
fn change(answer: &mut Map<String, Value>, member: &str, new: impl Fn(&str) -> Option<String>) {
    let old = answer.get(member).and_then(Value::as_str);
    if let Some(token) = old.and_then(new) {
        answer.insert(member.to_owned(), Value::String(token));
    }
}

fn claims(token: &str) -> Option<Map<String, Value>> {
    let claims = token.split('.').nth(1)?;
    serde_json::from_slice(&from_base64url(claims)?).ok()
}
