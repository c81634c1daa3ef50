//! Microsoft's sovereign clouds and the host names that mean the same cloud.
//!
//! The table is built in, so that no call needs the network just to learn that `login.windows.net` and
//! `login.microsoftonline.com` are one.

use crate::case;

/// One Microsoft cloud: the host names of its sign-in service.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cloud {
    /// The host that requests go to.
    pub preferred_network: &'static str,
    /// The host that MSAL.NET, Java and Node write as `environment`; MSAL Python writes the host it was given.
    pub preferred_cache: &'static str,
    /// All hosts of this cloud, the two above among them.
    pub aliases: &'static [&'static str],
}

impl Cloud {
    /// The cloud that `host` belongs to. Case does not count.
    pub fn of(host: &str) -> Option<&'static Self> {
        CLOUDS.iter().find(|cloud| cloud.has(host))
    }

    fn has(&self, host: &str) -> bool {
        self.aliases.iter().any(|alias| case::is_same(alias, host))
    }
}

/// Whether two values of `environment` name the same cloud.
pub fn same_cloud(one: &str, other: &str) -> bool {
    case::is_same(one, other) || Cloud::of(one).is_some_and(|cloud| cloud.has(other))
}

static CLOUDS: &[Cloud] = &[
    Cloud {
        preferred_network: "login.microsoftonline.com",
        preferred_cache: "login.windows.net",
        aliases: &[
            "login.microsoftonline.com",
            "login.windows.net",
            "login.microsoft.com",
            "sts.windows.net",
        ],
    },
    Cloud {
        preferred_network: "login.partner.microsoftonline.cn",
        preferred_cache: "login.partner.microsoftonline.cn",
        aliases: &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
    },
    Cloud {
        preferred_network: "login.microsoftonline.us",
        preferred_cache: "login.microsoftonline.us",
        aliases: &["login.microsoftonline.us", "login.usgovcloudapi.net"],
    },
    single(
        "login-us.microsoftonline.com",
        &["login-us.microsoftonline.com"],
    ),
    single("login.microsoftonline.de", &["login.microsoftonline.de"]),
    single(
        "login.sovcloud-identity.de",
        &["login.sovcloud-identity.de"],
    ),
    single(
        "login.sovcloud-identity.fr",
        &["login.sovcloud-identity.fr"],
    ),
    single(
        "login.sovcloud-identity.sg",
        &["login.sovcloud-identity.sg"],
    ),
];

const fn single(host: &'static str, aliases: &'static [&'static str]) -> Cloud {
    Cloud {
        preferred_network: host,
        preferred_cache: host,
        aliases,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_name_one_cloud() {
        assert!(same_cloud("login.windows.net", "LOGIN.microsoftonline.com"));
        assert!(same_cloud("fs.contoso.com", "FS.contoso.com"));
        assert!(!same_cloud(
            "login.microsoftonline.us",
            "login.microsoftonline.com"
        ));
        assert!(!same_cloud("fs.contoso.com", "login.windows.net"));
    }

    #[test]
    fn every_cloud_lists_its_preferred_hosts() {
        for cloud in CLOUDS {
            assert!(cloud.aliases.contains(&cloud.preferred_network));
            assert!(cloud.aliases.contains(&cloud.preferred_cache));
        }
    }
}
