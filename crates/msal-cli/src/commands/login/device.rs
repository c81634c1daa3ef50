//! Signing in with a code on another device.

use std::time::{Duration, SystemTime};

use msal::{AuthenticationResult, PublicClientApplication, UnixTime};
use serde_json::json;

use super::refusal;
use super::waiting::Waiting;
use crate::error::Failure;
use crate::output::Printer;
use crate::outside::Outside;

pub(super) async fn sign_in(
    application: &PublicClientApplication,
    scopes: &[String],
    limit: Duration,
    printer: &Printer,
) -> Result<AuthenticationResult, Failure> {
    let flow = application.initiate_device_flow(scopes).await;
    let flow = flow.map_err(refusal::explained)?;
    let told = json!({
        "message": flow.message(),
        "user_code": flow.user_code(),
        "verification_uri": flow.verification_uri(),
        "expires_on": flow.expires_on().as_secs(),
    });
    let text = format!(
        "{}\n\nWhoever enters the code lets this machine in as themselves:\nenter it only if you typed this command.",
        Outside(flow.message())
    );
    printer.instruct(&text, &told);
    let left = UnixTime::from(SystemTime::now()).until(flow.expires_on());
    let waiting = Waiting::new(*printer, left.min(limit));
    waiting.begin();
    let result = application.acquire_token_by_device_flow(flow).await;
    waiting.end();
    result.map_err(refusal::explained)
}
