//! Tokens for programs that run in Azure: virtual machines (IMDS), App Service, Azure Machine Learning, Azure Arc,
//! Service Fabric and Cloud Shell. They share two paths; `api-version` tells them apart.

use serde_json::{Value, json};

use crate::directory::ManagedIdentityEntry;
use crate::memory::Platform;
use crate::protocol::{Call, ManagedIdentitySource, Reply, Version, issuer_url};

/// The service that a request thinks it runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hosting {
    AppService,
    Arc,
    CloudShell,
    MachineLearning,
    ServiceFabric,
    VirtualMachine,
}

/// Answers with a token, or with an error in the form of the service.
pub(crate) fn managed_identity_token(
    platform: Platform<'_>,
    call: &Call<'_>,
    source: ManagedIdentitySource,
) -> Reply {
    let hosting = Hosting::of(call, source);
    if let Some(refusal) = hosting.authenticate(platform, call) {
        return refusal;
    }
    let Some(resource) = call.parameter("resource") else {
        return hosting.refuse(
            call,
            "invalid_request",
            "Required query variable 'resource' is missing",
        );
    };
    let Some(identity) = find(platform, call) else {
        return hosting.refuse(call, "invalid_request", "Identity not found");
    };
    let token = token(platform, call, identity, resource);
    let body = hosting.body(call, identity, resource, &token);
    Reply::json(call, 200, &body).about(Some(&identity.client_id), None)
}

/// What a machine can read about itself. Clients ask for the region.
pub(crate) fn instance_metadata(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    // A server that is tricked into fetching a URL sends no such header, and so cannot be made to read metadata.
    if !has_metadata(call) {
        return Hosting::VirtualMachine.refuse(call, "invalid_request", NO_METADATA);
    }
    let compute = json!({
        "azEnvironment": "AzurePublicCloud",
        "location": platform.settings().region,
        "name": "emulator",
        "vmId": "00000000-0000-4000-8000-000000000000",
    });
    let whole = call.request.uri().path().ends_with("/compute");
    let body = if whole {
        compute
    } else {
        json!({"compute": compute})
    };
    Reply::json(call, 200, &body)
}

impl Hosting {
    fn of(call: &Call<'_>, source: ManagedIdentitySource) -> Self {
        let version = call.parameter("api-version").unwrap_or_default();
        match (source, version) {
            (ManagedIdentitySource::CloudShell, _) => Self::CloudShell,
            (ManagedIdentitySource::AppService, "2017-09-01") => Self::MachineLearning,
            (ManagedIdentitySource::AppService, _) => Self::AppService,
            (ManagedIdentitySource::Imds, "2019-07-01-preview") => Self::ServiceFabric,
            (ManagedIdentitySource::Imds, "2019-11-01" | "2020-06-01") => Self::Arc,
            (ManagedIdentitySource::Imds, _) => Self::VirtualMachine,
        }
    }

    /// The answer to a request that does not show that it comes from the machine.
    fn authenticate(self, platform: Platform<'_>, call: &Call<'_>) -> Option<Reply> {
        let settings = platform.settings();
        let shows = |header: &str| {
            call.header(header)
                .is_some_and(|value| settings.identity_header.is(value))
        };
        match self {
            Self::AppService if !shows("x-identity-header") => {
                let body = json!({"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong."});
                Some(Reply::json(call, 401, &body))
            }
            Self::MachineLearning if !shows("secret") => {
                let body =
                    json!({"statusCode": 401, "message": "The secret header is missing or wrong."});
                Some(Reply::json(call, 401, &body))
            }
            Self::ServiceFabric if !shows("secret") => {
                let body = json!({"error": {
                    "correlationId": call.correlation_id.to_string(),
                    "code": "SecretHeaderNotFound",
                    "message": "Secret is not found in the request headers.",
                }});
                Some(Reply::json(call, 400, &body))
            }
            Self::Arc if !has_metadata(call) => {
                Some(self.refuse(call, "invalid_request", NO_METADATA))
            }
            Self::Arc => {
                let given = call
                    .header("authorization")
                    .and_then(|given| given.split_once(' '))
                    .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
                let shows = given.is_some_and(|(_, key)| settings.identity_header.is(key.trim()));
                (!shows).then(|| challenge(platform, call))
            }
            Self::CloudShell | Self::VirtualMachine if !has_metadata(call) => {
                Some(self.refuse(call, "invalid_request", NO_METADATA))
            }
            _ => None,
        }
    }

    /// The answer with a token, in the form of the service.
    fn body(
        self,
        call: &Call<'_>,
        identity: &ManagedIdentityEntry,
        resource: &str,
        token: &str,
    ) -> Value {
        let expires_on = call.now.secs() + LIFE;
        match self {
            Self::ServiceFabric => json!({
                "access_token": token,
                "token_type": "Bearer",
                "expires_on": expires_on,
                "resource": resource,
            }),
            Self::AppService | Self::MachineLearning => json!({
                "access_token": token,
                "client_id": identity.client_id,
                "expires_on": expires_on.to_string(),
                "resource": resource,
                "token_type": "Bearer",
            }),
            Self::Arc | Self::CloudShell | Self::VirtualMachine => {
                let mut body = json!({
                    "access_token": token,
                    "client_id": identity.client_id,
                    "expires_in": LIFE.to_string(),
                    "expires_on": expires_on.to_string(),
                    "ext_expires_in": (LIFE - 1).to_string(),
                    "not_before": call.now.not_before().to_string(),
                    "resource": resource,
                    "token_type": "Bearer",
                });
                // Azure Arc repeats which identity it was asked for, and clients check that.
                for name in ["object_id", "msi_res_id"] {
                    if let Some(asked) = call.parameter(name) {
                        body[name] = json!(asked);
                    }
                }
                body
            }
        }
    }

    fn refuse(self, call: &Call<'_>, error: &str, description: &str) -> Reply {
        let body = match self {
            Self::AppService | Self::MachineLearning => {
                json!({"statusCode": 400, "message": description})
            }
            Self::CloudShell => json!({"error": {"code": error, "message": description}}),
            Self::ServiceFabric => json!({"error": {
                "correlationId": call.correlation_id.to_string(),
                "code": "ManagedIdentityNotFound",
                "message": description,
            }}),
            _ => json!({"error": error, "error_description": description}),
        };
        Reply::json(call, 400, &body)
    }
}

/// Names the file of the key. Only programs with the right to read it can send the key back.
fn challenge(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let body = json!({"error": "unauthorized_client", "error_description": "Missing Basic Authorization header"});
    let file = &platform.settings().arc_key_file;
    Reply::json(call, 401, &body).with_header("www-authenticate", &format!("Basic realm={file}"))
}

/// The identity that a request names, in the words of any service; without a name, that of the machine.
fn find<'d>(platform: Platform<'d>, call: &Call<'_>) -> Option<&'d ManagedIdentityEntry> {
    let named = |names: &[&str]| names.iter().find_map(|name| call.parameter(name));
    let client_id = named(&["client_id", "clientid"]);
    let object_id = named(&["object_id", "principal_id"]);
    let resource_id = named(&["mi_res_id", "msi_res_id"]);
    let asked = client_id.or(object_id).or(resource_id).is_some();
    let mut identities = platform.directory().managed_identities().iter();
    identities.find(|identity| {
        let fits = |asked: Option<&str>, known: &str| {
            asked.is_none_or(|asked| asked.eq_ignore_ascii_case(known))
        };
        // Requests name assigned identities only. Without a name, the identity of the machine itself is meant.
        identity.system != asked
            && fits(client_id, &identity.client_id)
            && fits(object_id, &identity.object_id.to_string())
            && fits(resource_id, &identity.resource_id)
    })
}

fn token(
    platform: Platform<'_>,
    call: &Call<'_>,
    identity: &ManagedIdentityEntry,
    resource: &str,
) -> String {
    let tenant = platform.directory().tenant(identity.tenant).id;
    let now = call.now.secs();
    let issuer = issuer_url(call, tenant, Version::V1);
    let claims: Value = json!({
        "aud": audience_of(resource),
        "iss": issuer,
        "iat": now,
        "nbf": call.now.not_before(),
        "exp": now + LIFE,
        "appid": identity.client_id,
        "appidacr": "2",
        "idp": issuer,
        "idtyp": "app",
        "oid": identity.object_id.to_string(),
        "sub": identity.object_id.to_string(),
        "tid": tenant.to_string(),
        "uti": platform.identifiers().uti(),
        "ver": "1.0",
        "xms_mirid": identity.resource_id,
    });
    platform.issuer().sign(&claims)
}

fn has_metadata(call: &Call<'_>) -> bool {
    call.header("metadata")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

const NO_METADATA: &str = "Required metadata header not specified";

/// The audience of a token: the resource as it was asked for, without `/.default` at its end.
fn audience_of(resource: &str) -> &str {
    resource.strip_suffix("/.default").unwrap_or(resource)
}

/// The life of a token in seconds: a day, as on virtual machines.
const LIFE: u64 = 86_400;
