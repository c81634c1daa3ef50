//! Which users a run leaves to sign in: a user with one dead token and a good one need not.

use std::collections::HashSet;
use std::hash::BuildHasher as _;

use crate::fingerprint::Fingerprint;
use crate::journal::{Class, JournalError, JournalReader, State, TokenReport};
use crate::people::{Identifiers, People};

/// The users behind tokens that the server refused until their user takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Users {
    /// How many users there are, of each client.
    pub(crate) needed: u64,
    /// Tokens of users who have another token of the same client that is migrated.
    pub(crate) superseded: u64,
}

impl JournalReader {
    /// The tokens that were refused until their user takes part, of users who have another token of the same client that is
    /// migrated: nobody has to sign in for these. Journals of before version 4 do not say whose tokens are theirs.
    ///
    /// Whose a token is, identifiers say. A name counts where there is none, and if nobody else has it.
    ///
    /// Reads the journal twice, and keeps some 100 bytes for each token that needs its user.
    ///
    /// # Errors
    /// As for [`JournalReader::tokens`].
    pub fn superseded(&self) -> Result<HashSet<Fingerprint>, JournalError> {
        let refused = self.refused(&|_| true)?.into_iter();
        let superseded = refused.filter(|refused| refused.is_superseded);
        Ok(superseded.map(|refused| refused.token).collect())
    }

    /// The users behind those of `tokens`, which are in order, that need them. Only these stand in for each other: another
    /// token, of an input of before, may be the one that was redeemed for one of them.
    pub(crate) fn users_of(&self, tokens: &[Fingerprint]) -> Result<Users, JournalError> {
        let refused = self.refused(&|token| tokens.binary_search(token).is_ok())?;
        let refused = refused.into_iter();
        let (superseded, left): (Vec<_>, Vec<_>) =
            refused.partition(|refused| refused.is_superseded);
        // Of whom nothing is known is somebody of their own.
        let unknown = left.iter().filter(|refused| refused.who.is_none()).count();
        let known: HashSet<_> = left.iter().filter_map(|refused| refused.who).collect();
        Ok(Users {
            needed: (known.len() + unknown) as u64,
            superseded: superseded.len() as u64,
        })
    }

    /// The tokens that need their user, among those that count.
    fn refused(&self, counts: &dyn Fn(&Fingerprint) -> bool) -> Result<Vec<Refused>, JournalError> {
        if self.counts().needs_user == 0 {
            return Ok(Vec::new());
        }
        let clients = std::hash::RandomState::new();
        let client_of = |token: &TokenReport| {
            let client = token.client_id.as_deref().unwrap_or_default();
            clients.hash_one(client.to_ascii_lowercase())
        };
        let mut people = People::default();
        let mut refused = Vec::new();
        self.tokens(&mut |token| {
            if token.state == State::Concluded(Class::NeedsUser) && counts(&token.fingerprint) {
                let known = people.known_by(&token.user);
                refused.push((token.fingerprint, client_of(&token), known));
            }
        })?;
        let asked: HashSet<u64> = refused.iter().flat_map(|(.., known)| known.all()).collect();
        refused.iter().for_each(|(.., known)| people.note(*known));
        let mut good = Vec::new();
        self.tokens(&mut |token| {
            if token.state == State::Concluded(Class::Migrated) && counts(&token.fingerprint) {
                let known = known_of_migrated(&people, &token);
                if known.all().any(|it| asked.contains(&it)) {
                    people.note(known);
                    good.push((client_of(&token), known));
                }
            }
        })?;
        let who = |(client, known)| Some((client, people.who(known)?));
        let good: HashSet<(u64, u64)> = good.into_iter().filter_map(who).collect();
        let refused = refused.into_iter().map(|(token, client, known)| {
            let who = who((client, known));
            Refused {
                token,
                who,
                is_superseded: who.is_some_and(|who| good.contains(&who)),
            }
        });
        Ok(refused.collect())
    }
}

/// A token that needs its user.
struct Refused {
    token: Fingerprint,
    /// Its client and its user, where anything is known of the user.
    who: Option<(u64, u64)>,
    is_superseded: bool,
}

/// What the user of a migrated token is known by: what the server said comes before what the source had.
fn known_of_migrated(people: &People, token: &TokenReport) -> Identifiers {
    let mut user = token.user.clone();
    if let Some(home) = &token.home_account_id {
        user.home_account_id = Some(msal_core::HomeAccountId::new(home));
    }
    people.known_by(&user)
}
