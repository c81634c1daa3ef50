//! Which room answers at which endpoint.

use http::Method;

use crate::azure::{instance_metadata, managed_identity_token, protected_resource, user_info};
use crate::discovery::{instance_discovery, key_set, openid_configuration, user_realm};
use crate::federation;
use crate::memory::Platform;
use crate::protocol::{Call, Endpoint, ManagedIdentitySource, Reply, is_get};
use crate::refusal::{Refusal, refuse};
use crate::sign_in::{FORM_POST_SCRIPT, authorize, device_page, explain, logout, take_form};
use crate::token::authorize_device;

/// Answers at every endpoint except the token endpoint, which has its own way because refresh tokens are counted.
pub(crate) fn dispatch(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let endpoint = call.target.endpoint;
    // Browsers ask first whether a page of another origin may send a request.
    if call.method() == Method::OPTIONS && endpoint != Endpoint::Unknown {
        return Reply::preflight(call);
    }
    if let Err(refusal) = check_method(call) {
        return explain(platform, call, &refusal);
    }
    let outcome = match endpoint {
        Endpoint::Authorize(version) => Ok(authorize(platform, call, version)),
        Endpoint::DeviceCode(version) => authorize_device(platform, call, version),
        Endpoint::DevicePage => Ok(device_page(platform, call)),
        Endpoint::FormPostScript => Ok(Reply::asset(
            call,
            "text/javascript; charset=utf-8",
            FORM_POST_SCRIPT,
        )),
        Endpoint::InstanceDiscovery => instance_discovery(call),
        Endpoint::Keys(version) => Ok(key_set(platform, call, version)),
        Endpoint::Logout(_) => Ok(logout(platform, call)),
        Endpoint::InstanceMetadata => Ok(instance_metadata(platform, call)),
        Endpoint::ManagedIdentity(source) => Ok(managed_identity_token(platform, call, source)),
        Endpoint::ProtectedResource => Ok(protected_resource(platform, call)),
        Endpoint::UserInfo => Ok(user_info(platform, call)),
        Endpoint::MetadataExchange => Ok(federation::metadata_exchange(call)),
        Endpoint::OpenIdConfiguration(version) => openid_configuration(platform, call, version),
        Endpoint::SignIn => Ok(take_form(platform, call)),
        Endpoint::UserRealm => Ok(user_realm(call, platform.directory())),
        Endpoint::WsTrust => Ok(federation::issue_assertion(platform, call)),
        _ => Ok(Reply::not_found(call)),
    };
    outcome.unwrap_or_else(|refusal| refuse(call, &refusal, platform.directory(), None))
}

fn check_method(call: &Call<'_>) -> Result<(), Refusal> {
    let (get, post) = match call.target.endpoint {
        Endpoint::Unknown => return Ok(()),
        Endpoint::Authorize(_) | Endpoint::DevicePage | Endpoint::Logout(_) => (true, true),
        Endpoint::DeviceCode(_) | Endpoint::SignIn | Endpoint::WsTrust => (false, true),
        Endpoint::ManagedIdentity(ManagedIdentitySource::CloudShell) => (false, true),
        Endpoint::UserInfo => (true, true),
        _ => (true, false),
    };
    let method = call.method();
    if (get && is_get(method)) || (post && *method == Method::POST) {
        return Ok(());
    }
    let refusal = Refusal::new(900_561).with("method", if get { "GET" } else { "POST" });
    Err(refusal.with("received", method.as_str()))
}
