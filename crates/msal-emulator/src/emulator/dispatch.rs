//! Which room answers at which endpoint.

use http::Method;

use crate::azure::{instance_metadata, managed_identity_token, protected_resource, user_info};
use crate::discovery::{instance_discovery, key_set, openid_configuration, user_realm};
use crate::federation;
use crate::memory::Platform;
use crate::protocol::{
    Call, Endpoint, ManagedIdentitySource, Reply, Shape, is_get, percent_decoded,
};
use crate::refusal::{Refusal, refuse};
use crate::sign_in::{
    FORM_POST_SCRIPT, authorize, code_page, device_page, explain, logout, take_form,
};
use crate::token::authorize_device;

/// Answers at every endpoint except the token endpoint, which has its own way because refresh tokens are counted.
pub(crate) fn dispatch(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let endpoint = call.target.endpoint;
    if let Some(reply) = without_policy(platform, call) {
        return reply;
    }
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
        Endpoint::ErrorPage => Ok(code_page(call)),
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

/// The answer at the URL of a policy of Azure AD B2C that the tenant has not. That it is 404 with this page is often
/// reported, of discovery documents; the other endpoints are under the same URL.
pub(crate) fn without_policy(platform: Platform<'_>, call: &Call<'_>) -> Option<Reply> {
    let Shape::B2c { policy } = call.target.shape else {
        return None;
    };
    let directory = platform.directory();
    let tenant = directory.find_tenant(&call.target.tenant)?;
    let has_it = directory
        .tenant(tenant)
        .has_policy(&percent_decoded(policy));
    (!has_it).then(|| Reply::removed(call))
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
