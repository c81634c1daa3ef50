//! Microsoft's clouds: which hosts serve the same accounts.

use super::call::Call;

/// A cloud: hosts that serve the same accounts.
#[derive(Debug)]
pub(crate) struct Cloud {
    /// The names of its hosts. The first is the one to send requests to.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) name: &'static str,
    pub(crate) azure_ad_graph: &'static str,
    pub(crate) graph: &'static str,
    /// Microsoft Graph of the Department of Defense, which signs in at the same hosts; empty elsewhere.
    pub(crate) dod_graph: &'static str,
    /// The hosts of Azure Resource Manager.
    pub(crate) resource_manager: &'static [&'static str],
    /// Azure's access service, `rbac_url`.
    rbac: &'static str,
    /// The host in the issuer of v1 tokens.
    pub(crate) sts: &'static str,
}

impl Cloud {
    /// The host name in cache entries. In the public cloud it is `login.windows.net`, and not the preferred one.
    pub(crate) fn preferred_cache(&self) -> &'static str {
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
        // A region is one label in front of a name of the cloud.
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

impl Cloud {
    /// Whether a host is one of an API in this cloud.
    fn has_api(&self, host: &str) -> bool {
        let apis = [self.graph, self.azure_ad_graph];
        apis.contains(&host) || self.resource_manager.contains(&host) || host == self.dod_graph
    }
}

/// The cloud of a host. A host that is in none is treated as one of the public cloud.
pub(crate) fn cloud_of(host: &str) -> &'static Cloud {
    let found = CLOUDS
        .iter()
        .find(|cloud| cloud.has(host) || cloud.has_api(host));
    found.unwrap_or(&CLOUDS[0])
}

/// Whether a host is one of Microsoft's: of a cloud or an API in it, of an external tenant, or of Azure AD B2C.
fn is_microsofts(host: &str) -> bool {
    let service = |suffix: &str| host.ends_with(suffix);
    CLOUDS
        .iter()
        .any(|cloud| cloud.has(host) || cloud.has_api(host))
        || service(".ciamlogin.com")
        || service(".b2clogin.com")
}

/// The base of the URL that the client used, unless it is at one of Microsoft's names: the emulator's own, where it is
/// Microsoft Graph as well.
pub(crate) fn own_base<'c>(call: &'c Call<'_>) -> Option<&'c str> {
    (!is_microsofts(call.host())).then_some(&*call.base)
}

/// The base of the URLs that are the same wherever a request was sent to: the emulator's own, or that of the cloud.
pub(crate) fn home_base(call: &Call<'_>) -> String {
    let cloud = || cloud_of(call.host()).aliases.first().copied();
    own_base(call).map_or_else(
        || format!("https://{}", cloud().unwrap_or_default()),
        str::to_owned,
    )
}

/// The base of the URLs of the sign-in that an API sends its clients to.
pub(crate) fn sign_in_base(call: &Call<'_>) -> String {
    let is_api = CLOUDS.iter().any(|cloud| cloud.has_api(call.host()));
    if is_api {
        home_base(call)
    } else {
        call.base.clone()
    }
}

/// The hosts of the APIs that answers to a client name.
#[derive(Debug)]
pub(crate) struct ApiHosts {
    pub(crate) graph: String,
    pub(crate) azure_ad_graph: String,
    pub(crate) rbac: String,
}

impl ApiHosts {
    /// Under Microsoft's names, those of the cloud. Under every other name the host that the client used: a client
    /// that follows an address must not take its token to Microsoft.
    pub(crate) fn of(call: &Call<'_>) -> Self {
        match own_base(call) {
            Some(own) => {
                let own = own.trim_start_matches("https://").to_owned();
                Self {
                    graph: own.clone(),
                    azure_ad_graph: own.clone(),
                    rbac: own,
                }
            }
            None => {
                let cloud = cloud_of(call.host());
                Self {
                    graph: cloud.graph.to_owned(),
                    azure_ad_graph: cloud.azure_ad_graph.to_owned(),
                    rbac: cloud.rbac.to_owned(),
                }
            }
        }
    }
}

const fn cloud(aliases: &'static [&'static str]) -> Cloud {
    Cloud {
        aliases,
        name: "microsoftonline.com",
        azure_ad_graph: "graph.windows.net",
        graph: "graph.microsoft.com",
        dod_graph: "",
        resource_manager: &[],
        rbac: "pas.windows.net",
        sts: "sts.windows.net",
    }
}

/// The public cloud comes first, because a host that is in no cloud is treated as part of it.
pub(crate) static CLOUDS: [Cloud; 8] = [
    Cloud {
        resource_manager: &["management.core.windows.net", "management.azure.com"],
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
        resource_manager: &[
            "management.core.chinacloudapi.cn",
            "management.chinacloudapi.cn",
        ],
        rbac: "pas.chinacloudapi.cn",
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
        dod_graph: "dod-graph.microsoft.us",
        resource_manager: &[
            "management.core.usgovcloudapi.net",
            "management.usgovcloudapi.net",
        ],
        rbac: "pasff.usgovcloudapi.net",
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
