//! `urn:ietf:params:oauth:grant-type:device_code`, for which Entra also takes `device_code`: the tokens of a sign-in
//! on another device (RFC 8628 §3.4).

use super::candidate::Candidate;
use crate::access::{Apis, Asked, OriginalGrant, Realm};
use crate::memory::{Platform, Poll};
use crate::refusal::Refusal;
use crate::token::client::Client;
use crate::token::device_code::open_device_code;
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
    // v1 calls it "code".
    let code = request.call.parameter("device_code");
    let code = code
        .or_else(|| request.call.parameter("code"))
        .ok_or_else(|| Refusal::missing("device_code"))?;
    let serial = open_device_code(platform.sealer(), code).ok_or_else(|| Refusal::new(70018))?;
    let interval = platform.settings().device_code_interval;
    let (device, signed_in) =
        match platform
            .devices()
            .poll(serial, &client.app.client_id, interval, now)
        {
            Poll::Approved(approved) => *approved,
            Poll::Declined => return Err(Refusal::new(65004).reported_as("authorization_declined")),
            Poll::Expired => return Err(Refusal::new(70020)),
            Poll::Pending => return Err(Refusal::new(70016)),
            // RFC 8628 §3.5 names the error of a device that polls too often. No AADSTS code is known for it.
            Poll::SlowDown => return Err(Refusal::new(70016).reported_as("slow_down")),
            Poll::Spent => return Err(Refusal::new(54005)),
            Poll::Unknown => return Err(Refusal::new(70018)),
        };
    let account = directory
        .account(&signed_in.upn)
        .ok_or_else(|| Refusal::new(50034))?;
    // RFC 8628 §3.4 has no scope here: the device has said what it wants. It may poll at another version than it began at.
    let original = OriginalGrant {
        version: device.version,
        text: device.asked,
    };
    let asked = Asked::again(
        &original,
        request.version,
        client.app,
        Apis::new(directory, request.call),
    );
    let descent = Descent {
        mfa: signed_in.mfa,
        ..Descent::sign_in(client.proven, signed_in.at)
    };
    let granted =
        Candidate::new(account, asked, descent).admit(platform, realm, client, request)?;
    // This comes last, so that a request that is refused for another reason does not use the code up.
    platform
        .devices()
        .spend(serial)
        .then_some(granted)
        .ok_or_else(|| Refusal::new(54005))
}
