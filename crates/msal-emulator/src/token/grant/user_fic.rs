//! `user_fic`: the application of an agent gets tokens of the user account that belongs to the agent, in exchange for
//! a federated credential of that user.

use super::candidate::Candidate;
use crate::access::Realm;
use crate::directory::{TOKEN_EXCHANGE, TOKEN_EXCHANGE_ID};
use crate::memory::Platform;
use crate::protocol::Jwt;
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
    let credential = request.required("user_federated_identity_credential")?;
    if !client.proven {
        return Err(Refusal::new(7_000_218));
    }
    let jwt = Jwt::read(credential).ok_or_else(|| Refusal::new(50027))?;
    let claims = platform
        .issuer()
        .verify(&jwt)
        .ok_or_else(|| Refusal::new(50013))?;
    let for_exchange = claims.is_for(TOKEN_EXCHANGE) || claims.is_for(TOKEN_EXCHANGE_ID);
    if !for_exchange || claims.is_expired(now) {
        let subject = claims.text("sub").unwrap_or_default();
        return Err(Refusal::new(700_213).with("subject", subject));
    }
    let by_id = |id: &str| directory.account_by_id(id.parse().ok()?, realm.tenant()?);
    let account = match (
        request.call.parameter("username"),
        request.call.parameter("user_id"),
    ) {
        (Some(upn), _) => directory.account(upn),
        (None, Some(id)) => by_id(id),
        (None, None) => return Err(Refusal::missing("username")),
    };
    let account = account.ok_or_else(|| Refusal::new(50034))?;
    let asked = request.asked(client.app, directory);
    let descent = Descent::sign_in(true, now);
    Candidate::new(account, asked, descent).admit(platform, realm, client, request)
}
