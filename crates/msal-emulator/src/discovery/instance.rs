//! Instance discovery: is this host part of a cloud, and under which names is that cloud known?

use serde_json::{Value, json};
use url::Url;

use crate::protocol::{CLOUDS, Call, Cloud, Reply, is_loopback, own_base};
use crate::refusal::Refusal;

/// Answers for a host of one of Microsoft's clouds, and for the emulator's own.
pub(crate) fn instance_discovery(call: &Call<'_>) -> Result<Reply, Refusal> {
    let endpoint = call.parameter("authorization_endpoint");
    let endpoint = endpoint.ok_or_else(|| Refusal::missing("authorization_endpoint"))?;
    let unknown = || Refusal::new(50049);
    let Ok(endpoint) = Url::parse(endpoint) else {
        return Err(unknown());
    };
    let host = endpoint
        .host_str()
        .filter(|host| endpoint.scheme() == "https" && is_known(call, host));
    let host = host.ok_or_else(unknown)?;
    let authority = &endpoint[url::Position::BeforeHost..url::Position::AfterPort];
    let tenant = endpoint
        .path_segments()
        .and_then(|mut segments| segments.next())
        .unwrap_or_default();
    let version = call.parameter("api-version").unwrap_or("1.0");
    // Version 1.1 of the API answers with the documents of v2.0, whatever endpoint was asked about.
    let generation = if version == "1.1" || endpoint.path().contains("/v2.0/") {
        "/v2.0"
    } else {
        ""
    };
    Ok(Reply::document(
        call,
        &json!({
            "tenant_discovery_endpoint":
                format!("https://{authority}/{tenant}{generation}/.well-known/openid-configuration"),
            "api-version": version,
            "metadata": metadata(call, host, authority),
        }),
    ))
}

/// Besides the hosts of the clouds, the host that the client asked is known, and so are the loopback names: a client
/// that is given the authority `localhost` asks a host that it trusts whether it may go there.
fn is_known(call: &Call<'_>, host: &str) -> bool {
    call.host() == host || is_loopback(host) || in_cloud(host)
}

fn in_cloud(host: &str) -> bool {
    CLOUDS.iter().any(|cloud| cloud.aliases.contains(&host))
}

/// The clouds, and a group of its own for a host that is in none. A client that asks the emulator about the name by
/// which it calls it hears of no other host.
fn metadata(call: &Call<'_>, host: &str, authority: &str) -> Vec<Value> {
    let own = own_base(call).is_some() && !in_cloud(host);
    let clouds = CLOUDS.iter().filter(|_| !own);
    let mut clouds: Vec<Value> = clouds.map(group).collect();
    if !in_cloud(host) {
        let aliases = if host == authority {
            vec![host]
        } else {
            vec![authority, host]
        };
        clouds.push(
            json!({"preferred_network": authority, "preferred_cache": host, "aliases": aliases}),
        );
    }
    clouds
}

fn group(cloud: &Cloud) -> Value {
    json!({
        "preferred_network": cloud.aliases.first(),
        "preferred_cache": cloud.preferred_cache(),
        "aliases": cloud.aliases,
    })
}
