//! Records that a program has in memory.

use std::fmt;
use std::ops::ControlFlow;

use super::Source;
use super::error::SourceError;
use super::kind::SourceKind;
use crate::record::{Record, Row};

/// Records that a program has in memory, as a source. They are cloned as they are read, and their tokens are not copied.
///
/// ```
/// use std::sync::Arc;
///
/// use msal_migrate::{Locator, Place, Record, Records};
///
/// let name: Arc<str> = "users of the shop".into();
/// let rows = [("alice@contoso.example", "0.AAA"), ("bob@contoso.example", "0.BBB")];
/// let records = (0..).zip(rows).map(|(index, (user, token))| {
///     let mut record = Record::new(token, Locator::new(&name, Place::Element(index)));
///     record.client_id = Some("c44b4083-3bb0-49c1-b47d-974e53cbdf3c".into());
///     record.authority = Some("https://login.microsoftonline.com/contoso.example".into());
///     record.user.username = Some(user.into());
///     record
/// });
/// let source = Records::new(records);
/// ```
pub struct Records(Vec<Record>);

impl Records {
    /// Collects `records`.
    pub fn new(records: impl IntoIterator<Item = Record>) -> Self {
        Self(records.into_iter().collect())
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Records({})", self.0.len())
    }
}

impl Source for Records {
    fn kind(&self) -> SourceKind {
        SourceKind::Records
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        for record in &self.0 {
            if visit(record.clone().into()).is_break() {
                break;
            }
        }
        Ok(())
    }
}
