//! `client_credentials`: a token for the application itself (RFC 6749 §4.4).

use crate::access::Realm;
use crate::memory::Platform;
use crate::protocol::Version;
use crate::refusal::Refusal;
use crate::token::client::Client;
use crate::token::granted::Granted;
use crate::token::request::TokenRequest;

pub(crate) fn judge<'d>(
    platform: Platform<'d>,
    request: &'d TokenRequest<'d>,
    realm: Realm,
    client: &Client<'d>,
) -> Result<Granted<'d>, Refusal> {
    // An application has no home tenant, so /common cannot tell whose token it asks for.
    let Realm::Tenant(tenant) = realm else {
        return Err(Refusal::new(50059));
    };
    // RFC 6749 §4.4: "The client credentials grant type MUST only be used by confidential clients."
    if !client.proven {
        return Err(Refusal::new(7_000_218));
    }
    // Nobody is there to consent, so an application gets all that was granted to it, which is called ".default".
    if request.version == Version::V2 {
        let scope = request
            .call
            .parameter("scope")
            .ok_or_else(|| Refusal::missing("scope"))?;
        if !scope.split(' ').all(|item| item.ends_with("/.default")) {
            return Err(Refusal::new(1_002_012));
        }
    }
    let asked = request.asked(client.app, platform.directory())?;
    Ok(Granted {
        app: client.app,
        proven: true,
        tenant,
        asked,
        person: None,
    })
}
