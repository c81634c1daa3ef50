//! What decides how a record is redeemed. Most records of a source have it in common, so that it is decided once for them.

use std::borrow::Cow;

use msal_core::Scope;

use crate::record::Record;

/// All that decides client, authority and scopes: records that agree in it are redeemed alike.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Criteria<'a> {
    pub(super) authority: Option<Cow<'a, str>>,
    pub(super) client_id: Option<Cow<'a, str>>,
    pub(super) resource: Option<Cow<'a, str>>,
    pub(super) scopes: Cow<'a, [Scope]>,
    /// The user's tenant.
    pub(super) tid: Option<Cow<'a, str>>,
    /// The store says that the user is a guest of the tenant.
    pub(super) is_guest: bool,
    /// The store says that a personal account signed in.
    pub(super) is_personal_account: bool,
    /// The token says so.
    pub(super) is_personal_token: bool,
    /// The authority's host may have a port that the store does not say.
    pub(super) is_port_left_out: bool,
}

impl<'a> Criteria<'a> {
    pub(super) fn of(record: &'a Record) -> Self {
        let borrowed = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        let token = record.refresh_token.expose_secret();
        Self {
            authority: borrowed(&record.authority),
            client_id: borrowed(&record.client_id),
            resource: borrowed(&record.resource),
            scopes: Cow::Borrowed(&record.scopes),
            tid: borrowed(&record.user.tid),
            is_guest: record.flags.guest,
            is_personal_account: record.flags.personal_account,
            is_port_left_out: record.flags.port_left_out,
            is_personal_token: token.starts_with(PERSONAL_TOKEN),
        }
    }

    /// The same, without the record it was read from.
    pub(super) fn into_owned(self) -> Criteria<'static> {
        let owned = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Criteria {
            authority: owned(self.authority),
            client_id: owned(self.client_id),
            resource: owned(self.resource),
            scopes: Cow::Owned(self.scopes.into_owned()),
            tid: owned(self.tid),
            ..self
        }
    }
}

/// Personal accounts' refresh tokens start like this, and are redeemed at `consumers` only.
const PERSONAL_TOKEN: &str = "M.";
