//! Token answers, as v1 and v2.0 write them.

mod body;
mod front;
mod maker;

use std::sync::Arc;

pub(crate) use body::write;
pub(crate) use front::in_front;

use super::refresh_token::Descent;
use crate::access::Asked;
use crate::base64url;
use crate::directory::{Account, AppEntry, TenantIndex};
use crate::discovery::CLOUDS;
use crate::issuer::Subject;
use crate::memory::{Platform, Version};
use crate::protocol::{Call, Guid, Moment, Shape};

/// Whom tokens are for.
#[derive(Debug)]
pub(crate) struct Granted<'d> {
    pub(crate) app: &'d AppEntry,
    /// Whether the client proved itself by a secret.
    pub(crate) proven: bool,
    pub(crate) tenant: TenantIndex,
    pub(crate) asked: Asked<'d>,
    pub(crate) person: Option<Person>,
}

/// The user part of a grant.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) account: Arc<Account>,
    /// The object id in the tenant that the tokens are for.
    pub(crate) object_id: Guid,
    /// What a new refresh token takes over.
    pub(crate) descent: Descent,
    /// The nonce of the authorization request, which the id_token repeats.
    pub(crate) nonce: Option<String>,
    /// When they signed in, if the client wants to be told.
    pub(crate) auth_time: Option<Moment>,
    /// The session at the browser, if the client wants to hear when it ends.
    pub(crate) session: Option<String>,
}

impl Person {
    /// How they signed in (RFC 8176).
    const fn methods(&self) -> &'static [&'static str] {
        if self.descent.mfa {
            &["pwd", "mfa"]
        } else {
            &["pwd"]
        }
    }
}

impl Granted<'_> {
    fn subject(&self, platform: Platform<'_>) -> Option<Subject> {
        let Person {
            account, object_id, ..
        } = self.person.as_ref()?;
        let home = platform.directory().tenant(account.home).id;
        Some(Subject {
            object_id: *object_id,
            upn: account.upn.clone(),
            name: account.display_name(),
            given_name: account.given_name.clone(),
            family_name: account.family_name.clone(),
            identity_provider: (account.home != self.tenant)
                .then(|| format!("https://sts.windows.net/{home}/")),
        })
    }
}

/// `client_info`: names a person by their home, wherever the tokens are for.
pub(crate) fn client_info(platform: Platform<'_>, account: &Account) -> String {
    let home = platform.directory().tenant(account.home).id;
    let json = format!(r#"{{"uid":"{}","utid":"{home}"}}"#, account.object_id);
    base64url(json.as_bytes())
}

/// The issuer of a tenant. Entra's v1 issuer is on a host of its own; elsewhere it stays on the emulator's.
pub(crate) fn issuer(call: &Call<'_>, tenant: impl std::fmt::Display, version: Version) -> String {
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

/// The audience of a token for a resource: as it was asked for, but for a slash and a scope at the end.
pub(crate) fn lookup_audience(resource: &str) -> &str {
    resource.strip_suffix("/.default").unwrap_or(resource)
}
