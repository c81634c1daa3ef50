//! What a mapping file assumes of rows that say nothing: `[defaults]`.

use msal_core::Scope;

use crate::record::{Record, Row};

/// Values for rows that have none. They come after all that a row says, its ID token included, and before the options of
/// the plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) authority: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) scopes: Vec<Scope>,
}

impl Defaults {
    pub(crate) fn is_empty(&self) -> bool {
        let texts = [&self.authority, &self.client_id, &self.resource];
        texts.iter().all(|text| text.is_none()) && self.scopes.is_empty()
    }

    /// These, and those of `other` where there are none.
    pub(crate) fn or(mut self, other: Self) -> Self {
        let has_scopes = self.resource.is_some() || !self.scopes.is_empty();
        self.authority = self.authority.or(other.authority);
        self.client_id = self.client_id.or(other.client_id);
        if !has_scopes {
            self.resource = other.resource;
            self.scopes = other.scopes;
        }
        self
    }

    /// The row with the gaps of its record filled.
    pub(crate) fn fill(&self, row: Row) -> Row {
        match row {
            Row::Record(mut record) => {
                self.fill_record(&mut record);
                Row::Record(record)
            }
            skipped => skipped,
        }
    }

    fn fill_record(&self, record: &mut Record) {
        if record.authority.is_none() {
            record.authority.clone_from(&self.authority);
        }
        if record.client_id.is_none() {
            record.client_id.clone_from(&self.client_id);
        }
        // A resource replaces scopes, so neither is added to the other.
        if record.scopes.is_empty() && record.resource.is_none() {
            record.scopes.clone_from(&self.scopes);
            record.resource.clone_from(&self.resource);
        }
    }
}
