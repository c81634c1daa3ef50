//! Whether what an operator names of a source is there: a name with a slip in it must not be taken for "nothing to do".

use crate::plan::Redemption;
use crate::record::Locator;
use crate::retry::{Retry, Rows};

/// Names that were not seen yet.
pub(crate) struct Unseen<'a> {
    /// Rows whose answers are published although they are another user's: these may be of an earlier input.
    released: Vec<&'a str>,
    rows: Vec<&'a str>,
    clients: Vec<&'a str>,
    tenants: Vec<&'a str>,
}

impl<'a> Unseen<'a> {
    pub(crate) fn new(retry: &'a Retry, released: &'a Rows) -> Self {
        Self {
            released: released.iter().collect(),
            rows: retry.rows().collect(),
            clients: retry.clients().collect(),
            tenants: retry.tenants().collect(),
        }
    }

    /// Strikes out what is there with a token of the source.
    pub(crate) fn saw(&mut self, redemption: &Redemption) {
        let tenant = redemption.authority.tenant().as_str();
        let locator = &redemption.locator;
        self.released.retain(|row| !Rows::is_name(row, locator));
        self.rows.retain(|row| !Rows::is_name(row, locator));
        self.clients
            .retain(|client| !client.eq_ignore_ascii_case(&redemption.client_id));
        self.tenants
            .retain(|named| !named.eq_ignore_ascii_case(tenant));
    }

    /// Strikes out what is there with a token of the journal, of whatever input.
    pub(crate) fn saw_in_journal(&mut self, locator: &Locator) {
        self.released
            .retain(|row| !Rows::is_name_in_full(row, locator));
    }

    /// Whether the journal may know what is left.
    pub(crate) fn lacks_released(&self) -> bool {
        !self.released.is_empty()
    }

    /// What is left, in words; `None` when nothing is.
    pub(crate) fn into_words(self) -> Option<String> {
        let rows = self.released.into_iter().chain(self.rows);
        let named = rows
            .map(|name| ("in row", name))
            .chain(self.clients.into_iter().map(|name| ("of client", name)))
            .chain(self.tenants.into_iter().map(|name| ("at tenant", name)));
        let words: Vec<_> = named
            .map(|(what, name)| format!("{what} `{}`", name.escape_debug()))
            .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}
