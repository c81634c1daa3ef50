//! Where a migration's tokens go.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Where a migration's tokens go, in named facts: the target's path, for example. A journal is continued only by a
/// migration to the same destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination(BTreeMap<String, String>);

impl Destination {
    /// A destination of which nothing is said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same destination, with one more fact.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// What was said of it under this name.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What differs, in words; `None` when nothing does.
    pub(super) fn difference(&self, recorded: &Self) -> Option<String> {
        let names: BTreeSet<_> = self.0.keys().chain(recorded.0.keys()).collect();
        let name = names
            .into_iter()
            .find(|name| self.0.get(*name) != recorded.0.get(*name))?;
        let shown = |value: Option<&String>| match value {
            Some(value) => format!("{value:?}"),
            None => "not set".to_owned(),
        };
        Some(format!(
            "its {name} is {}, not {}",
            shown(recorded.0.get(name)),
            shown(self.0.get(name))
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::encoding::{decode, encode};

    #[test]
    fn a_destination_comes_back() {
        let destination = Destination::new()
            .with("target", "/srv/ü.json")
            .with("sdk", "");
        let bytes = encode(&destination);
        assert_eq!(decode::<Destination>(&bytes), Some(destination));
        assert_eq!(decode::<Destination>(&bytes[..bytes.len() - 1]), None);
        let nothing = Destination::new();
        assert_eq!(decode::<Destination>(&encode(&nothing)), Some(nothing));
    }

    #[test]
    fn a_difference_is_named() {
        let old = Destination::new()
            .with("sdk", "python")
            .with("target", "/a");
        let new = Destination::new()
            .with("sdk", "python")
            .with("target", "/b");
        assert_eq!(
            new.difference(&old).unwrap(),
            "its target is \"/a\", not \"/b\""
        );
        assert_eq!(
            Destination::new().difference(&old).unwrap(),
            "its sdk is \"python\", not not set"
        );
        assert_eq!(old.difference(&old), None);
    }
}
