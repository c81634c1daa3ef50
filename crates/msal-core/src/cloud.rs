//! Microsoft's sovereign clouds and the host names that mean the same cloud.
//!
//! The table is built in, so that no call needs the network just to learn that `login.windows.net` and
//! `login.microsoftonline.com` are one.

use crate::authority::bare_host;
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
#[inline]
pub fn same_cloud(one: &str, other: &str) -> bool {
    one == other || are_aliases(one, other)
}

fn are_aliases(one: &str, other: &str) -> bool {
    case::is_same(one, other) || Cloud::of(one).is_some_and(|cloud| cloud.has(other))
}

/// Whether two values of `environment` name the same cloud or the same host, where one of them may leave the port out:
/// MSAL Node writes it, and the other MSALs do not.
pub fn same_environment(one: &str, other: &str) -> bool {
    let (bare_one, bare_other) = (bare_host(one), bare_host(other));
    let is_port_left_out = bare_one == one || bare_other == other;
    same_cloud(one, other) || is_port_left_out && bare_one.eq_ignore_ascii_case(bare_other)
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
    fn a_port_that_is_left_out_is_no_difference() {
        for (one, other, is_same) in [
            ("localhost", "localhost:8443", true),
            ("LOCALHOST:8443", "localhost", true),
            ("localhost:8443", "localhost:8443", true),
            ("localhost:8443", "localhost:8444", false),
            ("localhost", "127.0.0.1:8443", false),
            ("[::1]", "[::1]:8443", true),
            ("login.windows.net", "login.microsoftonline.com", true),
            ("login.windows.net:8443", "login.microsoftonline.com", false),
            ("localhost@evil", "localhost", false),
            ("", "localhost", false),
        ] {
            assert_eq!(same_environment(one, other), is_same, "{one} {other}");
            assert_eq!(same_environment(other, one), is_same, "{other} {one}");
        }
    }

    #[test]
    fn every_cloud_lists_its_preferred_hosts() {
        for cloud in CLOUDS {
            assert!(cloud.aliases.contains(&cloud.preferred_network));
            assert!(cloud.aliases.contains(&cloud.preferred_cache));
        }
    }
}
