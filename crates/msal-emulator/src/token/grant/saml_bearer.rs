//! `urn:ietf:params:oauth:grant-type:saml1_1-bearer` and `…:saml2-bearer`: the tokens of a sign-in at AD FS
//! (RFC 7522 §2.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::candidate::Candidate;
use crate::access::Realm;
use crate::federation::Assertion;
use crate::memory::Platform;
use crate::protocol::from_base64url;
use crate::refusal::Refusal;
use crate::token::client::Client;
use crate::token::granted::Granted;
use crate::token::refresh_token::Descent;
use crate::token::request::TokenRequest;

pub(crate) fn judge<'d>(
    platform: Platform<'d>,
    request: &'d TokenRequest<'d>,
    realm: Realm,
    client: &Client<'d>,
) -> Result<Granted<'d>, Refusal> {
    let (directory, now) = (platform.directory(), request.call.now);
    let text = request.required("assertion")?;
    // RFC 7522 §2.1 says base64url. MSAL does that; ADAL uses the other alphabet, with padding.
    let xml = from_base64url(text)
        .or_else(|| STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let assertion = xml.and_then(|xml| Assertion::read(platform.sealer(), &xml));
    let assertion = assertion.ok_or_else(|| Refusal::new(50008))?;
    if now > assertion.until {
        return Err(Refusal::new(50008));
    }
    let account = directory
        .account(&assertion.upn)
        .ok_or_else(|| Refusal::new(50034))?;
    let asked = request.asked(client.app, directory);
    let descent = Descent::sign_in(client.proven, now);
    Candidate::new(account, asked, descent).admit(platform, realm, client, request)
}
