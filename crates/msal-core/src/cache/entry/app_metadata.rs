//! What the cache knows of an application.

use std::iter;

use super::fields::Fields;
use super::{Entry, Value, optional};
use crate::Text;
use crate::cache::dialect::Dialect;
use crate::cache::issuance::Issuance;
use crate::cache::term::{Host, Term};

/// What is known of a client: whether it belongs to a family.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AppMetadataEntry {
    pub(crate) client_id: Text,
    pub(crate) environment: Text,
    pub(crate) family_id: Option<Text>,
}

impl AppMetadataEntry {
    /// What a response says of its client. An answer without `foci` does not take away the family that was known
    /// before.
    pub(crate) fn issued(issuance: &Issuance<'_>, known_family: Option<Text>) -> Self {
        let family_id = issuance.event.response.family_id.as_deref();
        Self {
            client_id: issuance.client_id.clone(),
            environment: issuance.environment.clone(),
            family_id: family_id.map(Text::from).or(known_family),
        }
    }
}

impl Entry for AppMetadataEntry {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            client_id: fields.present("client_id")?,
            environment: fields.present("environment")?,
            family_id: fields.present("family_id"),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("client_id", (&self.client_id).into());
        each("environment", (&self.environment).into());
        optional(each, "family_id", &self.family_id);
    }

    /// The only key that keeps its case.
    fn storage_key(&self, _: Dialect) -> String {
        format!("appmetadata-{}-{}", self.environment, self.client_id)
    }

    fn is_same_entry(&self, other: &Self, _: Dialect) -> bool {
        self.terms().eq(other.terms())
    }

    fn place(&self) -> Option<Term<'_>> {
        self.terms().next()
    }

    fn terms(&self) -> impl Iterator<Item = Term<'_>> {
        iter::once(Term::Client {
            client_id: self.client_id.as_str(),
            environment: Host(self.environment.as_str()),
        })
    }
}
