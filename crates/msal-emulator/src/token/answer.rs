//! Token answers, as v1 and v2.0 write them.

mod body;
mod front_channel;
mod tokens;

use std::sync::Arc;

pub(crate) use body::write_answer;
pub(crate) use front_channel::front_channel_tokens;

use super::refresh_token::Descent;
use crate::access::Asked;
use crate::directory::{Account, AppEntry, TenantIndex};
use crate::issuer::Subject;
use crate::memory::Platform;
use crate::protocol::{Guid, Moment, base64url};

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
    fn methods(&self) -> &'static [&'static str] {
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
