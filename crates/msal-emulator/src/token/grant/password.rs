//! `password`: Resource Owner Password Credentials (RFC 6749 §4.3).

use super::candidate::Candidate;
use crate::access::Realm;
use crate::memory::Platform;
use crate::protocol::Version;
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
    let directory = platform.directory();
    let (username, password) = (request.required("username")?, request.required("password")?);
    // Personal accounts do not sign in this way, and /common includes them.
    if request.version == Version::V2 && realm.has_personal_accounts(directory) {
        return Err(Refusal::new(9_001_023));
    }
    if request.version == Version::V2 && request.call.parameter("scope").is_none() {
        return Err(Refusal::missing("scope"));
    }
    let unknown = || Refusal::new(50034);
    let account = directory.account(username).ok_or_else(unknown)?;
    // A guest has no password in the tenant that invited them.
    if realm.tenant().is_some_and(|tenant| tenant != account.home) {
        return Err(unknown());
    }
    let now = request.call.now;
    platform.people().check_password(&account, password, now)?;
    let asked = request.asked(client.app, directory);
    let descent = Descent::sign_in(client.proven, now);
    Candidate::new(account, asked, descent).admit(platform, realm, client, request)
}
