//! Which refresh tokens are spent, or may be, whatever client they went out for.

use std::collections::HashMap;

use crate::fingerprint::{Fingerprint, OfToken};
use crate::journal::States;

/// The tokens that have gone out, and for which client. Where tokens are spent by use, whoever presents one for a second
/// client may have all tokens of its user revoked.
#[derive(Debug, Default)]
pub(super) struct Spent(HashMap<OfToken, Fingerprint>);

impl Spent {
    /// What earlier runs have sent, but for what the server refused: it issued nothing then (RFC 6749 §5.2).
    pub(super) fn of(states: &States) -> Self {
        let spent = states.spent();
        Self(
            spent
                .map(|fingerprint| (fingerprint.of_token(), fingerprint))
                .collect(),
        )
    }

    /// Takes note of a token that goes out for its client.
    pub(super) fn add(&mut self, fingerprint: Fingerprint) {
        self.0.entry(fingerprint.of_token()).or_insert(fingerprint);
    }

    /// Whether the token went out for another client than its own.
    pub(super) fn by_another(&self, fingerprint: &Fingerprint) -> bool {
        let sent = self.0.get(&fingerprint.of_token());
        sent.is_some_and(|sent| sent != fingerprint)
    }
}
