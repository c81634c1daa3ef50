//! The discovery documents: OpenID Connect Discovery 1.0 §4, as v1 and v2.0 have it.

use serde_json::{Value, json};

use crate::access::Realm;
use crate::memory::Platform;
use crate::protocol::{ApiHosts, Call, Cloud, Reply, Shape, Version, cloud_of, issuer_url};
use crate::refusal::Refusal;
use crate::settings::Signatures;

/// Answers the document of a tenant. It names the tenant by GUID, even when it was asked for by domain.
pub(crate) fn openid_configuration(
    platform: Platform<'_>,
    call: &Call<'_>,
    version: Version,
) -> Result<Reply, Refusal> {
    let directory = platform.directory();
    let realm = Realm::find(&call.target.tenant, directory)
        .map_err(|refusal| refusal.reported_as("invalid_tenant"))?;
    // The endpoints keep the name that was asked for where it stands for several tenants, and in B2C.
    let segment = match call.target.shape {
        Shape::B2c { policy } => format!("{}/{}", call.target.tenant, policy).to_ascii_lowercase(),
        _ => realm.segment(directory),
    };
    let provider = Provider {
        base: &call.base,
        segment: &segment,
        issuer: issuer_url(call, realm.issuer_tenant(directory), version),
        cloud: cloud_of(call.host()),
        hosts: ApiHosts::of(call),
    };
    let mut document = match (call.target.shape, version) {
        (Shape::Adfs, _) => return Ok(Reply::document(call, &provider.adfs())),
        (_, Version::V1) => provider.v1(),
        (_, Version::V2) => provider.v2(),
    };
    document["tenant_region_scope"] = if realm.tenant().is_some() {
        json!("WW")
    } else {
        Value::Null
    };
    // OpenID Connect Discovery 1.0 §3: "Additional OpenID Provider Metadata parameters MAY also be used."
    if platform.issuer().signatures() == Signatures::Cheap {
        document["x_emulator_signatures"] = json!("constant: tokens cannot be verified");
    }
    Ok(Reply::document(call, &document))
}

struct Provider<'a> {
    base: &'a str,
    segment: &'a str,
    issuer: String,
    cloud: &'static Cloud,
    hosts: ApiHosts,
}

impl Provider<'_> {
    fn adfs(&self) -> Value {
        let Self { base, issuer, .. } = self;
        let host = base.trim_start_matches("https://");
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{base}/adfs/oauth2/authorize/"),
            "token_endpoint": format!("{base}/adfs/oauth2/token/"),
            "jwks_uri": format!("{base}/adfs/discovery/keys"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "client_secret_basic", "private_key_jwt"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": [
                "authorization_code", "refresh_token", "client_credentials",
                "urn:ietf:params:oauth:grant-type:jwt-bearer", "password", "device_code"
            ],
            "subject_types_supported": ["pairwise"],
            "scopes_supported": ["openid", "profile", "email", "user_impersonation", "allatclaims"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["aud", "iss", "iat", "exp", "auth_time", "nonce", "sub", "upn", "unique_name"],
            "access_token_issuer": format!("http://{host}/adfs/services/trust"),
            "microsoft_multi_refresh_token": true,
            "userinfo_endpoint": format!("{base}/adfs/userinfo"),
            "end_session_endpoint": format!("{base}/adfs/oauth2/logout"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "device_authorization_endpoint": format!("{base}/adfs/oauth2/devicecode"),
        })
    }

    fn v1(&self) -> Value {
        let Self {
            base,
            segment,
            issuer,
            cloud,
            hosts,
        } = self;
        json!({
            "token_endpoint": format!("{base}/{segment}/oauth2/token"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/common/discovery/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
            "scopes_supported": ["openid"],
            "issuer": issuer,
            "microsoft_multi_refresh_token": true,
            "authorization_endpoint": format!("{base}/{segment}/oauth2/authorize"),
            "device_authorization_endpoint": format!("{base}/{segment}/oauth2/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{base}/{segment}/oauth2/logout"),
            "claims_supported": CLAIMS,
            "check_session_iframe": format!("{base}/{segment}/oauth2/checksession"),
            "userinfo_endpoint": format!("{base}/{segment}/openid/userinfo"),
            "kerberos_endpoint": format!("{base}/{segment}/kerberos"),
            "cloud_instance_name": cloud.name,
            "cloud_graph_host_name": hosts.azure_ad_graph,
            "msgraph_host": hosts.graph,
            "rbac_url": format!("https://{}", hosts.rbac),
        })
    }

    fn v2(&self) -> Value {
        let Self {
            base,
            segment,
            issuer,
            cloud,
            hosts,
        } = self;
        json!({
            "token_endpoint": format!("{base}/{segment}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/{segment}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": false,
            "userinfo_endpoint": format!("https://{}/oidc/userinfo", hosts.graph),
            "authorization_endpoint": format!("{base}/{segment}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/{segment}/oauth2/v2.0/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{base}/{segment}/oauth2/v2.0/logout"),
            "claims_supported": CLAIMS,
            "kerberos_endpoint": format!("{base}/{segment}/kerberos"),
            "cloud_instance_name": cloud.name,
            "cloud_graph_host_name": hosts.azure_ad_graph,
            "msgraph_host": hosts.graph,
            "rbac_url": format!("https://{}", hosts.rbac),
        })
    }
}

const CLAIMS: [&str; 16] = [
    "sub",
    "iss",
    "cloud_instance_name",
    "cloud_instance_host_name",
    "cloud_graph_host_name",
    "msgraph_host",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "acr",
    "nonce",
    "preferred_username",
    "name",
    "tid",
    "ver",
];
