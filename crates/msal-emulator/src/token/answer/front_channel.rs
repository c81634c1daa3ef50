//! The tokens that the authorization endpoint itself issues (OpenID Connect Core §3.2.2.5, §3.3.2.5).

use aws_lc_rs::digest::{SHA256, digest};

use super::tokens::{TokenHashes, TokenMaker};
use crate::memory::Platform;
use crate::protocol::{Call, ResponseType, Version, base64url};
use crate::token::granted::Granted;

/// Writes them as parameters of the authorization response. `code` is the authorization code beside them, if any.
pub(crate) fn front_channel_tokens(
    platform: Platform<'_>,
    call: &Call<'_>,
    version: Version,
    granted: &Granted<'_>,
    wanted: ResponseType,
    code: Option<&str>,
) -> Vec<(&'static str, String)> {
    let maker = TokenMaker::new(platform, call, granted);
    let mut parameters = Vec::new();
    let life = platform.settings().access_token_life.as_secs();
    // RFC 6749 §4.2.2: no refresh token is issued here.
    let access_token = wanted.token.then(|| maker.access_token(life));
    if let Some(access_token) = &access_token {
        parameters.push(("access_token", access_token.clone()));
        parameters.push(("token_type", "Bearer".to_owned()));
        parameters.push(("expires_in", life.to_string()));
        parameters.push(("scope", granted.asked.granted.clone()));
    }
    if let (true, Some(person), Some(subject)) = (wanted.id_token, &granted.person, &maker.subject)
    {
        // OpenID Connect Core §3.3.2.11: the id_token vouches for what comes with it through the browser.
        let hashes = TokenHashes {
            at_hash: access_token.as_deref().map(half_digest),
            c_hash: code.map(half_digest),
        };
        let id_token = maker.id_token(version, person, subject, hashes);
        parameters.push(("id_token", id_token));
    }
    parameters
}

/// OpenID Connect Core §3.3.2.11: "the base64url encoding of the left-most half of the hash".
fn half_digest(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    let bytes = digest.as_ref();
    base64url(&bytes[..bytes.len() / 2])
}
