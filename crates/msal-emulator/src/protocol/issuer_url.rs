//! The issuer that tokens and discovery documents name (OpenID Connect Discovery 1.0 §3).

use std::fmt::Display;

use super::call::Call;
use super::cloud::{CLOUDS, cloud_of, own_base};
use super::endpoint::Version;
use super::route::Shape;

/// The issuer of a tenant's tokens.
///
/// In Microsoft's clouds, v1 has issuers on a host of their own (`sts.windows.net`). Under every other host name
/// the issuer is on the host that the client used, so that discovery finds what it asked for
/// (OpenID Connect Discovery 1.0 §4.3).
pub(crate) fn issuer_url(call: &Call<'_>, tenant: impl Display, version: Version) -> String {
    let base = &call.base;
    let cloud = CLOUDS.iter().find(|cloud| cloud.has(call.host()));
    match (call.target.shape, version, cloud) {
        (Shape::Adfs, ..) => format!("{base}/adfs"),
        (Shape::B2c { .. }, ..) => format!("{base}/{tenant}/v2.0/"),
        // External tenants: the issuer is on a host named by the tenant.
        _ if call.host().ends_with(".ciamlogin.com") => {
            format!("https://{tenant}.ciamlogin.com/{tenant}/v2.0")
        }
        // A region answers with the issuer of its cloud.
        (_, Version::V2, Some(cloud)) => {
            let host = cloud.aliases.first().copied().unwrap_or_default();
            format!("https://{host}/{tenant}/v2.0")
        }
        (_, Version::V1, Some(cloud)) => format!("https://{}/{tenant}/", cloud.sts),
        (_, Version::V2, None) => format!("{base}/{tenant}/v2.0"),
        (_, Version::V1, None) => format!("{base}/{tenant}/"),
    }
}

/// The claim `idp` of a guest: the v1 issuer of the tenant that they are at home in, in tokens of both versions.
pub(crate) fn identity_provider(call: &Call<'_>, home: impl Display) -> String {
    match own_base(call) {
        Some(base) => format!("{base}/{home}/"),
        None => format!("https://{}/{home}/", cloud_of(call.host()).sts),
    }
}
