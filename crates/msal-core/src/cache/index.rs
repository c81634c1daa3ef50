//! Finds entries by what they say.
//!
//! The index holds hashes and numbers of records, never copies of fields. A hash only proposes an entry: the index asks
//! each whether it has the term, so that whoever looks for the tokens of one account is never given those of another.

use std::hash::BuildHasher as _;
use std::{iter, option, vec};

use hashbrown::DefaultHashBuilder;

use super::entry::Entry;
use super::postings::Postings;
use super::term::Term;

/// The terms of a table's entries.
#[derive(Clone, Default)]
pub(super) struct Index {
    postings: Postings,
    hasher: DefaultHashBuilder,
}

/// Numbers of records, in ascending order.
pub(super) type Numbers = iter::Chain<option::IntoIter<u32>, vec::IntoIter<u32>>;

impl Index {
    /// Makes the entry in a record findable.
    pub(super) fn insert(&mut self, number: u32, entry: &impl Entry) {
        let Self { postings, hasher } = self;
        for term in entry.terms() {
            postings.insert(hasher.hash_one(term), number);
        }
    }

    /// Undoes [`Index::insert`].
    pub(super) fn remove(&mut self, number: u32, entry: &impl Entry) {
        let Self { postings, hasher } = self;
        for term in entry.terms() {
            postings.remove(hasher.hash_one(term), number);
        }
    }

    /// The records whose entries have `term`; `entry_in` gives the entry in a record.
    pub(super) fn find<'t, E: Entry + 't>(
        &self,
        term: &Term<'_>,
        entry_in: impl Fn(u32) -> Option<&'t E>,
    ) -> Numbers {
        // Mostly there is one, for which nothing is allocated.
        let (mut only, mut several) = (None, Vec::new());
        for (number, _) in self.find_in_no_order(term, entry_in) {
            match only {
                None => only = Some(number),
                Some(_) => several.push(number),
            }
        }
        if !several.is_empty() {
            several.extend(only.take());
            several.sort_unstable();
            // An access token whose target repeats a scope has that term twice.
            several.dedup();
        }
        only.into_iter().chain(several)
    }

    /// The same, with their entries. An entry may come twice.
    #[inline]
    pub(super) fn find_in_no_order<'t, E: Entry + 't>(
        &self,
        term: &Term<'_>,
        entry_in: impl Fn(u32) -> Option<&'t E>,
    ) -> impl Iterator<Item = (u32, &'t E)> {
        let numbers = self.postings.under(self.hasher.hash_one(term));
        numbers.filter_map(move |number| {
            // The terms compared are those that were put in: what is found by one is never found for another.
            let entry = entry_in(number).filter(|entry| entry.has(term))?;
            Some((number, entry))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Text;
    use crate::cache::entry::{AccessTokenEntry, AccountEntry, AppMetadataEntry, Fields};
    use crate::cache::term::{Host, Username};

    const HOME: &str = "alice.contoso";
    const HOST: &str = "login.example";

    fn read<E: Entry>(text: &str) -> E {
        let document = Text::from(text);
        let fields = Fields::parse(document.as_str(), &document).unwrap();
        E::read(&fields).unwrap()
    }

    fn access_token(home: &str, host: &str, client: &str, target: &str) -> AccessTokenEntry {
        read(&format!(
            r#"{{"secret": "s", "home_account_id": "{home}", "environment": "{host}", "client_id": "{client}", "target": "{target}"}}"#
        ))
    }

    fn account(home: &str, host: &str, username: &str) -> AccountEntry {
        read(&format!(
            r#"{{"home_account_id": "{home}", "environment": "{host}", "username": "{username}"}}"#
        ))
    }

    fn metadata(client: &str, host: &str) -> AppMetadataEntry {
        read(&format!(
            r#"{{"client_id": "{client}", "environment": "{host}"}}"#
        ))
    }

    /// What `term` finds when every entry is planted under its hash, as if all their hashes collided.
    fn found_in_a_collision<E: Entry>(term: Term<'_>, entries: &[E]) -> Vec<u32> {
        let mut index = Index::default();
        let hash = index.hasher.hash_one(term);
        for (number, entry) in (0..).zip(entries) {
            index.insert(number, entry);
            index.postings.insert(hash, number);
        }
        let entry_in = |number| entries.get(usize::try_from(number).unwrap());
        index.find(&term, entry_in).collect()
    }

    #[test]
    fn whoever_asks_for_a_scope_gets_no_token_of_another_user_host_client_or_scope() {
        let granted = Term::Granted {
            home_account_id: HOME,
            environment: Host(HOST),
            client_id: "app",
            scope: "User.Read",
        };
        let entries = [
            access_token(HOME, HOST, "app", "openid User.Read"),
            access_token("bob.contoso", HOST, "app", "User.Read"),
            access_token("", HOST, "app", "User.Read"),
            access_token("Alice.contoso", HOST, "app", "User.Read"),
            access_token(HOME, "login.other", "app", "User.Read"),
            access_token(HOME, HOST, "App", "User.Read"),
            access_token(HOME, HOST, "app", "user.read User.ReadWrite"),
            access_token(HOME, HOST, "app", ""),
            access_token(HOME, "LOGIN.example", "app", "User.Read User.Read"),
        ];
        assert_eq!(found_in_a_collision(granted, &entries), [0, 6, 8]);
    }

    #[test]
    fn whoever_asks_for_an_account_gets_no_entry_of_another_user_or_host() {
        let owner = Term::Owner {
            home_account_id: HOME,
            environment: Host("Login.Example"),
        };
        let entries = [
            access_token(HOME, HOST, "app", "User.Read"),
            access_token("bob.contoso", HOST, "app", "User.Read"),
            access_token("", HOST, "app", "User.Read"),
            access_token(HOME, "login.other", "app", "User.Read"),
            access_token(HOME, HOST, "another", ""),
        ];
        assert_eq!(found_in_a_collision(owner, &entries), [0, 4]);
        let entries = [
            account("bob.contoso", HOST, "alice"),
            account(HOME, HOST, "bob"),
            account(HOME, "login.other", "alice"),
        ];
        assert_eq!(found_in_a_collision(owner, &entries), [1]);
    }

    #[test]
    fn a_token_of_the_application_itself_belongs_to_no_account() {
        let nobody = Term::Owner {
            home_account_id: "",
            environment: Host(HOST),
        };
        let entries = [access_token("", HOST, "app", "User.Read")];
        assert!(found_in_a_collision(nobody, &entries).is_empty());
    }

    #[test]
    fn whoever_asks_for_the_applications_token_gets_none_of_another_tenant_client_purpose_or_user()
    {
        let entry = |members: &str| -> AccessTokenEntry {
            read(&format!(
                r#"{{"secret": "s", "environment": "{HOST}", {members}}}"#
            ))
        };
        let application = Term::Application {
            scope: "a/.default",
            client_id: "app",
            realm: "contoso",
            environment: Host(HOST),
            purpose: None,
        };
        let own = r#""client_id": "app", "realm": "contoso", "target": "a/.default""#;
        let entries = [
            entry(own),
            entry(r#""client_id": "app", "realm": "fabrikam", "target": "a/.default""#),
            entry(r#""client_id": "another", "realm": "contoso", "target": "a/.default""#),
            entry(r#""client_id": "app", "realm": "contoso", "target": "b/.default""#),
            entry(&format!(r#"{own}, "ext_cache_key": "k""#)),
            entry(&format!(r#"{own}, "home_account_id": "{HOME}""#)),
            entry(&format!(r#"{own}, "user_assertion_hash": "h""#)),
            access_token("", "login.other", "app", "a/.default"),
        ];
        assert_eq!(found_in_a_collision(application, &entries), [0]);
    }

    #[test]
    fn whoever_asks_for_an_assertion_gets_nothing_of_another_one_client_or_host() {
        let entry = |key: &str, client: &str, host: &str| -> AccessTokenEntry {
            read(&format!(
                r#"{{"secret": "s", "environment": "{host}", "client_id": "{client}", "home_account_id": "{HOME}",
                    "user_assertion_hash": "{key}", "target": "User.Read"}}"#
            ))
        };
        let on_behalf = Term::OnBehalf {
            key: "h",
            client_id: "app",
            environment: Host(HOST),
        };
        let entries = [
            entry("h", "app", HOST),
            entry("H", "app", HOST),
            entry("h", "another", HOST),
            entry("h", "app", "login.other"),
            access_token(HOME, HOST, "app", "User.Read"),
        ];
        assert_eq!(found_in_a_collision(on_behalf, &entries), [0]);
        let granted = Term::Granted {
            home_account_id: HOME,
            environment: Host(HOST),
            client_id: "app",
            scope: "User.Read",
        };
        assert_eq!(found_in_a_collision(granted, &entries), [4]);
    }

    #[test]
    fn whoever_asks_for_a_user_name_gets_no_other_user() {
        let entries = [
            account(HOME, HOST, "bob"),
            account("b.contoso", HOST, "ÅSA"),
            account("c.contoso", HOST, "asa"),
        ];
        assert_eq!(
            found_in_a_collision(Term::Named(Username("åsa")), &entries),
            [1]
        );
    }

    #[test]
    fn a_user_is_found_by_whatever_spelling_of_the_name() {
        for (stored, asked) in [
            ("Alice@Contoso.example", "alice@contoso.example"),
            ("ZOE\u{308}@contoso.example", "zo\u{eb}@contoso.example"),
            ("zo\u{eb}@contoso.example", "zoe\u{308}@contoso.example"),
            ("live.com#dora@outlook.com", "dora@outlook.com"),
            (
                "carol_fabrikam.example#EXT#@contoso.example",
                "carol@fabrikam.example",
            ),
        ] {
            let entry = account(HOME, HOST, stored);
            let mut index = Index::default();
            index.insert(0, &entry);
            let found = index.find(&Term::Named(Username(asked)), |_| Some(&entry));
            assert_eq!(found.collect::<Vec<_>>(), [0], "{stored}");
        }
    }

    #[test]
    fn whoever_asks_for_a_client_gets_no_other_client_or_host() {
        let client = Term::Client {
            client_id: "app",
            environment: Host(HOST),
        };
        let entries = [
            metadata("another", HOST),
            metadata("app", "login.other"),
            metadata("app", HOST),
        ];
        assert_eq!(found_in_a_collision(client, &entries), [2]);
    }

    #[test]
    fn what_was_removed_is_found_no_more() {
        let entry = account(HOME, HOST, "alice");
        let mut index = Index::default();
        index.insert(0, &entry);
        index.insert(1, &entry);
        index.remove(0, &entry);
        let found = index.find(&Term::Named(Username("ALICE")), |_| Some(&entry));
        assert_eq!(found.collect::<Vec<_>>(), [1]);
    }
}
