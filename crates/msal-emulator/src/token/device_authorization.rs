//! The device authorization endpoint (RFC 8628 §3.1).

use serde_json::{Value, json};

use super::client::Client;
use super::device_code::seal_device_code;
use crate::access::{Apis, Asked, Realm};
use crate::issuer::scramble;
use crate::memory::{Platform, Verdict, WaitingDevice, user_code};
use crate::protocol::{Call, Reply, Version, to_json};
use crate::refusal::{Refusal, telemetry};
use crate::settings::Settings;

pub(crate) fn authorize_device(
    platform: Platform<'_>,
    call: &Call<'_>,
    version: Version,
) -> Result<Reply, Refusal> {
    let (directory, settings) = (platform.directory(), platform.settings());
    let realm = Realm::find(&call.target.tenant, directory)?;
    let client_id = call
        .parameter("client_id")
        .ok_or_else(|| Refusal::missing("client_id"))?;
    let app = Client::find(client_id, realm, directory)?;
    let text = call
        .parameter(version.scope_parameter())
        .unwrap_or_default();
    if version == Version::V2 && text.is_empty() {
        return Err(Refusal::missing("scope"));
    }
    // Checked now, because the device can be told now. It is read again when the tokens are made.
    Asked::read(version, text, app, Apis::new(directory, call))?;
    let serial = platform.identifiers().serial();
    let user_code = user_code(scramble(serial ^ scramble(settings.seed)));
    let waiting = WaitingDevice {
        user_code: user_code.clone(),
        client_id: app.client_id.clone(),
        tenant: call.target.tenant.to_string(),
        version,
        asked: text.to_owned(),
        until: call.now.plus(settings.device_code_life),
        polled: None,
        verdict: Verdict::Pending,
    };
    platform.devices().add(serial, waiting, call.now);
    let device_code = seal_device_code(platform.sealer(), serial);
    let body = answer(call, version, settings, &user_code, &device_code);
    Ok(Reply::token(call, 200, to_json(&body), &telemetry(0, None)))
}

/// The device authorization response (RFC 8628 §3.2). v1 writes numbers as strings and calls the address a URL.
fn answer(
    call: &Call<'_>,
    version: Version,
    settings: &Settings,
    user_code: &str,
    device_code: &str,
) -> Value {
    let (life, interval) = (settings.device_code_life, settings.device_code_interval);
    let page = format!("{}/devicelogin", call.base);
    let message = format!(
        "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
    );
    match version {
        Version::V1 => json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_url": page,
            "expires_in": life.as_secs().to_string(),
            "interval": interval.as_secs().to_string(),
            "message": message,
        }),
        Version::V2 => json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": page,
            "expires_in": life.as_secs(),
            "interval": interval.as_secs(),
            "message": message,
        }),
    }
}
