//! Instance discovery: is this host part of a cloud, and under which names is that cloud known?

use serde_json::{Value, json};
use url::Url;

use crate::protocol::{Call, Reply};
use crate::refusal::Refusal;

/// A cloud: hosts that serve the same accounts.
#[derive(Debug)]
pub(crate) struct Cloud {
    /// The names of its hosts. The first is the one to send requests to.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) name: &'static str,
    pub(crate) azure_ad_graph: &'static str,
    pub(crate) graph: &'static str,
    /// The host in the issuer of v1 tokens.
    pub(crate) sts: &'static str,
}

impl Cloud {
    /// The name under which clients of the public cloud have always cached is not the first.
    fn preferred_cache(&self) -> &'static str {
        let [first, second, ..] = self.aliases else {
            return self.aliases.first().copied().unwrap_or_default();
        };
        if *second == "login.windows.net" {
            second
        } else {
            first
        }
    }

    /// Whether a host is of this cloud, by one of its names or as a region of it
    /// (`westus.login.microsoft.com`).
    pub(crate) fn has(&self, host: &str) -> bool {
        let region = |alias: &str| {
            host.strip_suffix(alias)
                .and_then(|region| region.strip_suffix('.'))
                .is_some_and(|region| !region.is_empty() && !region.contains('.'))
        };
        self.aliases
            .iter()
            .any(|alias| *alias == host || region(alias))
    }
}

/// The cloud of a host; the public one for hosts that are in none.
pub(crate) fn cloud_of(host: &str) -> &'static Cloud {
    let found = CLOUDS.iter().find(|cloud| cloud.has(host));
    found.unwrap_or(&CLOUDS[0])
}

/// Answers for a host of one of Microsoft's clouds, and for the emulator's own.
pub(crate) fn instance_discovery(call: &Call<'_>) -> Result<Reply, Refusal> {
    let endpoint = call.parameter("authorization_endpoint");
    let endpoint = endpoint
        .ok_or_else(|| Refusal::new(900_144).with("parameter", "authorization_endpoint"))?;
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
            "metadata": metadata(host, authority),
        }),
    ))
}

/// The emulator's own host is the one the client asked. Loopback names are its own too: clients that
/// validate an authority `localhost` ask the host they trust.
fn is_known(call: &Call<'_>, host: &str) -> bool {
    call.host() == host || LOOPBACK.contains(&host) || in_cloud(host)
}

fn in_cloud(host: &str) -> bool {
    CLOUDS.iter().any(|cloud| cloud.aliases.contains(&host))
}

/// The clouds, and a group for a host that is in none.
fn metadata(host: &str, authority: &str) -> Vec<Value> {
    let mut clouds: Vec<Value> = CLOUDS.iter().map(group).collect();
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

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The public cloud first: whoever is in none counts as in it.
pub(crate) static CLOUDS: [Cloud; 8] = [
    Cloud {
        sts: "sts.windows.net",
        ..cloud(&[
            "login.microsoftonline.com",
            "login.windows.net",
            "login.microsoft.com",
            "sts.windows.net",
        ])
    },
    Cloud {
        name: "partner.microsoftonline.cn",
        azure_ad_graph: "graph.chinacloudapi.cn",
        graph: "microsoftgraph.chinacloudapi.cn",
        sts: "sts.chinacloudapi.cn",
        ..cloud(&["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"])
    },
    Cloud {
        name: "microsoftonline.de",
        azure_ad_graph: "graph.cloudapi.de",
        graph: "graph.microsoft.de",
        sts: "sts.microsoftonline.de",
        ..cloud(&["login.microsoftonline.de"])
    },
    Cloud {
        name: "microsoftonline.us",
        graph: "graph.microsoft.us",
        ..cloud(&["login.microsoftonline.us", "login.usgovcloudapi.net"])
    },
    cloud(&["login-us.microsoftonline.com"]),
    // What these three answer for Microsoft Graph is not confirmed.
    Cloud {
        name: "sovcloud-identity.fr",
        graph: "graph.svc.sovcloud.fr",
        ..cloud(&["login.sovcloud-identity.fr"])
    },
    Cloud {
        name: "sovcloud-identity.de",
        graph: "graph.svc.sovcloud.de",
        ..cloud(&["login.sovcloud-identity.de"])
    },
    Cloud {
        name: "sovcloud-identity.sg",
        graph: "graph.svc.sovcloud.sg",
        ..cloud(&["login.sovcloud-identity.sg"])
    },
];

const fn cloud(aliases: &'static [&'static str]) -> Cloud {
    Cloud {
        aliases,
        name: "microsoftonline.com",
        azure_ad_graph: "graph.windows.net",
        graph: "graph.microsoft.com",
        sts: "sts.windows.net",
    }
}
