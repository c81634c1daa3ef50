//! What an operator names of a source and a journal, found there: a name with a slip in it must not be taken for "nothing to
//! do", and one that several rows have must not be taken for all of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use msal_core::Authority;

use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{Class, State, TokenReport};
use crate::plan::Redemption;
use crate::record::Locator;
use crate::retry::{Again, Retry, RetryClass};
use crate::row_name::{is_full_name, is_place};

/// Looks for all that is named: in the journal first, and then in the source.
pub(crate) struct Named<'a> {
    retry: &'a Retry,
    /// Rows whose answers are published although they are another user's: these may be of an earlier input.
    released: Vec<Row<'a>>,
    rows: Vec<Row<'a>>,
    clients: Vec<&'a str>,
    tenants: Vec<&'a str>,
    /// Tokens that the journal has set aside at a tenant that is named, and which of the names that is.
    at_tenants: HashMap<Fingerprint, &'a str>,
    /// Tokens that would be left alone, and are asked for again but for the names of rows.
    settled: HashSet<Fingerprint>,
}

/// What was named, once it is found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What is tried again.
    pub(crate) again: Again,
    /// The tokens that may be another user's.
    pub(crate) released: HashSet<Fingerprint>,
    /// How many of all those would not be touched otherwise.
    pub(crate) settled: u64,
}

/// A row that is named, and the tokens that the name may mean.
struct Row<'a> {
    name: &'a str,
    tokens: HashMap<Fingerprint, Token>,
    /// How many of them no report names so.
    unreported: usize,
}

/// A token that a name may mean.
struct Token {
    /// The row's whole name.
    name: String,
    /// What the store calls it, as it stands behind the name.
    key: String,
    /// Whether a report names it so: it is set aside, and was found there.
    is_reported: bool,
    /// Whether it can be meant: by its place alone, only a token of the input is.
    is_meant: bool,
}

impl<'a> Named<'a> {
    pub(crate) fn new(retry: &'a Retry, released: &'a [String]) -> Self {
        let row = |name: &'a String| Row {
            name,
            tokens: HashMap::new(),
            unreported: 0,
        };
        Self {
            retry,
            released: released.iter().map(row).collect(),
            rows: retry.rows().iter().map(row).collect(),
            clients: retry.clients().iter().map(String::as_str).collect(),
            tenants: retry.tenants().iter().map(String::as_str).collect(),
            at_tenants: HashMap::new(),
            settled: HashSet::new(),
        }
    }

    /// Takes note of a token of the journal, of whatever input.
    pub(crate) fn saw_in_journal(&mut self, token: &TokenReport) {
        let is_sealed = token.has_sealed_token
            || matches!(
                token.state,
                State::Unpublished | State::Concluded(Class::Quarantined)
            );
        if is_sealed {
            self.released
                .iter_mut()
                .for_each(|row| row.report(token, true));
        }
        if RetryClass::of(token.state).is_some() {
            self.rows
                .iter_mut()
                .for_each(|row| row.report(token, false));
            let authority = token.authority.as_deref();
            let authority = authority.and_then(|it| Authority::parse(it).ok());
            let tenants = self.retry.tenants().iter().map(String::as_str);
            let is_it = |named: &&str| {
                authority
                    .as_ref()
                    .is_some_and(|it| it.tenant().as_str().eq_ignore_ascii_case(named))
            };
            if let Some(named) = tenants.into_iter().find(is_it) {
                self.at_tenants.insert(token.fingerprint, named);
            }
        }
    }

    /// Takes note of a token of the source, which stands at `state`.
    pub(crate) fn saw(&mut self, redemption: &Redemption, state: Option<State>) {
        let is_last_there = self.at_tenants.contains_key(&redemption.fingerprint);
        let is_named = |state| self.retry.names(state, redemption, is_last_there);
        if state.is_some_and(|state| state.is_settled() && is_named(state)) {
            self.settled.insert(redemption.fingerprint);
        }
        let rows = self.released.iter_mut().chain(&mut self.rows);
        rows.for_each(|row| row.find(redemption));
        self.clients
            .retain(|client| !client.eq_ignore_ascii_case(&redemption.client_id));
        let tenant = redemption.authority.tenant().as_str();
        let reported = self.at_tenants.get(&redemption.fingerprint).copied();
        let is_there = |named: &str| {
            let mut tenants = [Some(tenant), reported].into_iter().flatten();
            tenants.any(|tenant| named.eq_ignore_ascii_case(tenant))
        };
        self.tenants.retain(|named| !is_there(named));
    }

    /// What is named.
    ///
    /// # Errors
    /// [`MigrationError::NotThere`] and [`MigrationError::Ambiguous`].
    pub(crate) fn find(
        mut self,
        state_of: &dyn Fn(&Fingerprint) -> Option<State>,
    ) -> Result<Found, MigrationError> {
        let mut unseen = Vec::new();
        let mut meant = |rows: Vec<Row<'a>>| {
            let mut tokens = HashSet::new();
            for row in rows {
                match row.meant()? {
                    Some(token) => _ = tokens.insert(token),
                    None => unseen.push(("in row", row.name)),
                }
            }
            Ok::<_, MigrationError>(tokens)
        };
        let released = meant(self.released)?;
        let rows = meant(self.rows)?;
        unseen.extend(self.clients.into_iter().map(|name| ("of client", name)));
        unseen.extend(self.tenants.into_iter().map(|name| ("at tenant", name)));
        let words: Vec<_> = unseen
            .iter()
            .map(|(what, name)| format!("{what} `{}`", name.escape_debug()))
            .collect();
        if !words.is_empty() {
            let named = words.join(", ");
            return Err(MigrationError::NotThere { named });
        }
        if !self.retry.rows().is_empty() {
            self.settled.retain(|token| rows.contains(token));
        }
        let held_back = Some(State::Concluded(Class::Quarantined));
        let is_held_back = |token: &&Fingerprint| state_of(token) == held_back;
        self.settled
            .extend(released.iter().filter(is_held_back).copied());
        let at_tenants = self.at_tenants.into_keys().collect();
        let again = Again::new(self.retry.clone(), rows, at_tenants);
        Ok(Found {
            again,
            released,
            settled: self.settled.len() as u64,
        })
    }
}

impl Row<'_> {
    /// Takes note of a token as a report names it. By its whole name it is meant even if it is `of_any_input`.
    fn report(&mut self, token: &TokenReport, of_any_input: bool) {
        let is_full = is_full_name(self.name, &token.locator);
        if is_full || is_place(self.name, &token.locator) {
            let found = Token {
                name: whole_name(&token.locator),
                key: token.locator.shown_key().unwrap_or_default(),
                is_reported: true,
                is_meant: is_full && of_any_input,
            };
            self.tokens.insert(token.fingerprint, found);
        }
    }

    /// Takes note of a token of the source.
    fn find(&mut self, redemption: &Redemption) {
        let locator = &redemption.locator;
        if let Some(known) = self.tokens.get_mut(&redemption.fingerprint) {
            known.is_meant = true;
        } else if self.unreported < ENOUGH
            && (is_place(self.name, locator) || is_full_name(self.name, locator))
        {
            self.unreported += 1;
            let found = Token {
                name: whole_name(locator),
                key: locator.shown_key().unwrap_or_default(),
                is_reported: false,
                is_meant: true,
            };
            self.tokens.insert(redemption.fingerprint, found);
        }
    }

    /// The token that is meant, if there is one. Where a row has another token now than the one that a report tells of, it is
    /// that one.
    fn meant(&self) -> Result<Option<Fingerprint>, MigrationError> {
        let meant: Vec<_> = self
            .tokens
            .iter()
            .filter(|(_, token)| token.is_meant)
            .collect();
        let reported = meant.iter().filter(|(_, token)| token.is_reported);
        let reported: HashSet<_> = reported.map(|(_, token)| &token.name).collect();
        let is_left = |token: &Token| token.is_reported || !reported.contains(&token.name);
        let left: Vec<_> = meant.iter().filter(|(_, token)| is_left(token)).collect();
        match left.as_slice() {
            [] => Ok(None),
            [(token, _)] => Ok(Some(**token)),
            several => {
                let mut names: BTreeSet<_> =
                    several.iter().map(|(_, it)| it.name.clone()).collect();
                if names.len() == 1 {
                    let with_key = several
                        .iter()
                        .map(|(_, it)| format!("{}{}", it.name, it.key));
                    names = with_key.collect();
                }
                let names: Vec<_> = names.iter().take(ENOUGH).map(|name| shown(name)).collect();
                Err(MigrationError::Ambiguous {
                    named: shown(self.name),
                    names: names.join(", "),
                })
            }
        }
    }
}

fn whole_name(locator: &Locator) -> String {
    format!("{}{}", locator.path(), locator.place())
}

/// As a shell reads it: what begins with `#` would be a comment.
fn shown(name: &str) -> String {
    format!("'{}'", name.escape_debug())
}

/// How many tokens that a name means are enough to know that it means several, and to choose from.
const ENOUGH: usize = 8;
