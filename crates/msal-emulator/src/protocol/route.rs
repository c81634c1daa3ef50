//! Where a request goes: the endpoint, the tenant, and the service whose URLs these are.

use std::borrow::Cow;

use url::form_urlencoded;

use super::endpoint::{Endpoint, ManagedIdentitySource, Version};
use super::request::percent_decoded;

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Target<'r> {
    pub(crate) endpoint: Endpoint,
    pub(crate) shape: Shape<'r>,
    /// `common`, a GUID, a domain; empty where the URL names none.
    pub(crate) tenant: Cow<'r, str>,
    /// The user named by the path of the user realm endpoint.
    pub(crate) user: Cow<'r, str>,
}

/// The services, which differ in the shape of their URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape<'r> {
    /// `/adfs/oauth2/…`: AD FS, which has no tenants.
    Adfs,
    /// `/{tenant}/{policy}/…` or `/tfp/{tenant}/{policy}/…`: Azure AD B2C.
    B2c { policy: &'r str },
    /// `/{tenant}/…`: Entra ID.
    Entra,
}

impl<'r> Target<'r> {
    /// Reads a path. Segments are compared without regard to case, empty ones do not count:
    /// MSAL Python asks for `/common//v2.0/…` when it is given no authority.
    pub(crate) fn read(path: &'r str) -> Self {
        // No endpoint has more than a handful of segments, so a long path need not be read to its end.
        let segments: Vec<&str> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .take(MAX_SEGMENTS)
            .collect();
        // These come first: `/oauth2/token` is Cloud Shell's, not the token endpoint of a tenant named `oauth2`.
        if let Some(endpoint) = find(WITHOUT_TENANT, &segments) {
            return Self::new(endpoint, Shape::Entra, "");
        }
        let (shape, tenant, rest) = match segments.as_slice() {
            [first, rest @ ..] if first.eq_ignore_ascii_case("adfs") => (Shape::Adfs, *first, rest),
            [tfp, tenant, policy, rest @ ..] if tfp.eq_ignore_ascii_case("tfp") => {
                (Shape::B2c { policy }, *tenant, rest)
            }
            [tenant, policy, rest @ ..] if is_policy(policy) => {
                (Shape::B2c { policy }, *tenant, rest)
            }
            [tenant, rest @ ..] => (Shape::Entra, *tenant, rest),
            [] => (Shape::Entra, "", [].as_slice()),
        };
        let table = if shape == Shape::Adfs { ADFS } else { ENTRA };
        let mut target = Self::new(
            find(table, rest).unwrap_or(Endpoint::Unknown),
            shape,
            tenant,
        );
        // The path of the user realm ends in a sign-in name, which no table can list.
        if let [realm, name] = rest
            && realm.eq_ignore_ascii_case("userrealm")
        {
            target.endpoint = Endpoint::UserRealm;
            target.user = percent_decoded(name);
        }
        target
    }

    fn new(endpoint: Endpoint, shape: Shape<'r>, tenant: &'r str) -> Self {
        Self {
            endpoint,
            shape,
            tenant: percent_decoded(tenant),
            user: Cow::Borrowed(""),
        }
    }
}

#[cfg(feature = "server")]
impl Endpoint {
    /// The endpoint at a path.
    pub(crate) fn at(path: &str) -> Self {
        Target::read(path).endpoint
    }
}

impl Shape<'_> {
    /// Where the forms of a sign-in go: to a URL of the same shape.
    pub(crate) fn login_path(self, tenant: &str) -> String {
        let segment: String = form_urlencoded::byte_serialize(tenant.as_bytes()).collect();
        match self {
            Self::B2c { policy } => format!("/tfp/{segment}/{policy}/login"),
            Self::Adfs | Self::Entra => format!("/{segment}/login"),
        }
    }
}

/// User flows and custom policies are named `B2C_1_…` and `B2C_1A_…`.
pub(crate) fn is_policy(segment: &str) -> bool {
    segment
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("b2c_1_"))
        || segment
            .get(..7)
            .is_some_and(|start| start.eq_ignore_ascii_case("b2c_1a_"))
}

fn find(table: &[(&str, Endpoint)], segments: &[&str]) -> Option<Endpoint> {
    let is = |path: &str| {
        path.split('/').count() == segments.len()
            && path
                .split('/')
                .zip(segments)
                .all(|(expected, segment)| segment.eq_ignore_ascii_case(expected))
    };
    table
        .iter()
        .find(|(path, _)| is(path))
        .map(|(_, endpoint)| *endpoint)
}

const WITHOUT_TENANT: &[(&str, Endpoint)] = &[
    ("devicelogin", Endpoint::DevicePage),
    ("error", Endpoint::ErrorPage),
    ("form_post.js", Endpoint::FormPostScript),
    // Without a tenant these are endpoints too, so that the answer can say that the tenant is missing.
    ("oauth2/v2.0/authorize", Endpoint::Authorize(Version::V2)),
    ("oauth2/v2.0/devicecode", Endpoint::DeviceCode(Version::V2)),
    ("oauth2/v2.0/token", Endpoint::Token(Version::V2)),
    (
        "metadata/identity/oauth2/token",
        Endpoint::ManagedIdentity(ManagedIdentitySource::Imds),
    ),
    ("metadata/instance", Endpoint::InstanceMetadata),
    ("metadata/instance/compute", Endpoint::InstanceMetadata),
    (
        "msi/token",
        Endpoint::ManagedIdentity(ManagedIdentitySource::AppService),
    ),
    (
        "oauth2/token",
        Endpoint::ManagedIdentity(ManagedIdentitySource::CloudShell),
    ),
    ("oidc/userinfo", Endpoint::UserInfo),
    ("subscriptions", Endpoint::ProtectedResource),
    ("tenants", Endpoint::ProtectedResource),
    ("v1.0/me", Endpoint::ProtectedResource),
];

const ENTRA: &[(&str, Endpoint)] = &[
    ("oauth2/v2.0/token", Endpoint::Token(Version::V2)),
    ("oauth2/token", Endpoint::Token(Version::V1)),
    ("oauth2/v2.0/authorize", Endpoint::Authorize(Version::V2)),
    ("oauth2/authorize", Endpoint::Authorize(Version::V1)),
    ("oauth2/v2.0/devicecode", Endpoint::DeviceCode(Version::V2)),
    ("oauth2/devicecode", Endpoint::DeviceCode(Version::V1)),
    ("oauth2/deviceauth", Endpoint::DevicePage),
    ("oauth2/v2.0/logout", Endpoint::Logout(Version::V2)),
    ("oauth2/logout", Endpoint::Logout(Version::V1)),
    (
        "v2.0/.well-known/openid-configuration",
        Endpoint::OpenIdConfiguration(Version::V2),
    ),
    (
        ".well-known/openid-configuration",
        Endpoint::OpenIdConfiguration(Version::V1),
    ),
    ("discovery/instance", Endpoint::InstanceDiscovery),
    ("discovery/v2.0/keys", Endpoint::Keys(Version::V2)),
    ("discovery/keys", Endpoint::Keys(Version::V1)),
    ("login", Endpoint::SignIn),
    ("openid/userinfo", Endpoint::UserInfo),
];

const ADFS: &[(&str, Endpoint)] = &[
    ("oauth2/token", Endpoint::Token(Version::V2)),
    ("oauth2/authorize", Endpoint::Authorize(Version::V2)),
    ("oauth2/devicecode", Endpoint::DeviceCode(Version::V2)),
    ("oauth2/logout", Endpoint::Logout(Version::V2)),
    (
        ".well-known/openid-configuration",
        Endpoint::OpenIdConfiguration(Version::V2),
    ),
    ("discovery/keys", Endpoint::Keys(Version::V2)),
    ("login", Endpoint::SignIn),
    ("services/trust/2005/usernamemixed", Endpoint::WsTrust),
    ("services/trust/13/usernamemixed", Endpoint::WsTrust),
    ("services/trust/mex", Endpoint::MetadataExchange),
    ("userinfo", Endpoint::UserInfo),
];

const MAX_SEGMENTS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_any_case_and_with_double_slashes() {
        for (path, endpoint, tenant) in [
            (
                "/common/oauth2/token",
                Endpoint::Token(Version::V1),
                "common",
            ),
            (
                "/contoso.example/oauth2/v2.0/token",
                Endpoint::Token(Version::V2),
                "contoso.example",
            ),
            (
                "/common//v2.0/.well-known/openid-configuration",
                Endpoint::OpenIdConfiguration(Version::V2),
                "common",
            ),
            (
                "/c%6Fmmon/.well-known/openid-configuration",
                Endpoint::OpenIdConfiguration(Version::V1),
                "common",
            ),
            (
                "/common/discovery/instance",
                Endpoint::InstanceDiscovery,
                "common",
            ),
            (
                "/common/discovery/keys",
                Endpoint::Keys(Version::V1),
                "common",
            ),
            (
                "/common/Discovery/V2.0/Keys",
                Endpoint::Keys(Version::V2),
                "common",
            ),
            ("/", Endpoint::Unknown, ""),
            ("", Endpoint::Unknown, ""),
            ("/common/oauth2/v3.0/token", Endpoint::Unknown, "common"),
        ] {
            let target = Target::read(path);
            assert_eq!(
                (target.endpoint, target.tenant.as_ref()),
                (endpoint, tenant),
                "{path}"
            );
        }
    }

    #[test]
    fn the_user_realm_is_found_in_both_spellings() {
        for path in [
            "/common/UserRealm/al%2Bice%40contoso.example",
            "/common/userrealm/al+ice@contoso.example",
        ] {
            let target = Target::read(path);
            assert_eq!(
                (target.endpoint, target.user.as_ref()),
                (Endpoint::UserRealm, "al+ice@contoso.example")
            );
        }
    }

    #[test]
    fn shapes_are_told_apart_by_their_paths() {
        for (path, shape, endpoint, tenant) in [
            (
                "/adfs/oauth2/token",
                Shape::Adfs,
                Endpoint::Token(Version::V2),
                "adfs",
            ),
            (
                "/contoso.example/B2C_1_susi/oauth2/v2.0/token",
                Shape::B2c {
                    policy: "B2C_1_susi",
                },
                Endpoint::Token(Version::V2),
                "contoso.example",
            ),
            (
                "/tfp/contoso.example/anything/v2.0/.well-known/openid-configuration",
                Shape::B2c { policy: "anything" },
                Endpoint::OpenIdConfiguration(Version::V2),
                "contoso.example",
            ),
            (
                "/oauth2/token",
                Shape::Entra,
                Endpoint::ManagedIdentity(ManagedIdentitySource::CloudShell),
                "",
            ),
        ] {
            let target = Target::read(path);
            assert_eq!(
                (target.shape, target.endpoint, target.tenant.as_ref()),
                (shape, endpoint, tenant),
                "{path}"
            );
        }
    }
}
