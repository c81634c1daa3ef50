//! What the cache knows of an application.

use super::wire::Wire;
use super::{Entity, Value, optional};
use crate::Text;
use crate::cache::dialect::Dialect;
use crate::cache::term::Terms;

/// What is known of a client: whether it belongs to a family.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cache) struct AppMetadataEntry {
    pub(in crate::cache) client_id: Text,
    pub(in crate::cache) environment: Text,
    pub(in crate::cache) family_id: Option<Text>,
}

impl Entity for AppMetadataEntry {
    fn read(wire: &Wire<'_>, document: &Text) -> Option<Self> {
        Some(Self {
            client_id: wire.client_id.present(document)?,
            environment: wire.environment.present(document)?,
            family_id: wire.family_id.present(document),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("client_id", (&self.client_id).into());
        each("environment", (&self.environment).into());
        optional(each, "family_id", &self.family_id);
    }

    fn storage_key(&self, _: Dialect) -> String {
        Self::storage_key(self)
    }

    fn index(&self, terms: &mut Terms<'_>) {
        terms.owner(self.client_id.as_str(), &self.environment);
    }
}

impl AppMetadataEntry {
    /// The only key that keeps its case.
    pub(in crate::cache) fn storage_key(&self) -> String {
        format!("appmetadata-{}-{}", self.environment, self.client_id)
    }
}
