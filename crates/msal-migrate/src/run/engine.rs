//! What a run works with.

use msal::Runtime;
use msal_core::TrustedAuthority;

use super::batch::{Target, Unpublished};
use crate::credentials::Credentials;
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{Appending, Asked, Entry, Journal, Origin, Outcome, Step};
use crate::plan::Redemption;
use crate::retry::Rows;
use crate::settings::Settings;
use crate::spa_origin::SpaOrigin;

/// What a run works with.
pub(crate) struct Engine<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) journal: &'a Journal,
    pub(crate) target: &'a Target,
    pub(crate) credentials: &'a Credentials,
    pub(crate) settings: &'a Settings,
    /// The rows whose tokens may be another user's.
    pub(crate) released: &'a Rows,
    /// The page that tokens were issued to, if they were issued to one.
    pub(crate) spa_origin: Option<&'a SpaOrigin>,
    /// The authority that the operator named, which is trusted besides Microsoft's.
    pub(crate) named: Option<&'a TrustedAuthority>,
}

impl<'a> From<&'a Redemption> for Origin<'a> {
    fn from(redemption: &'a Redemption) -> Self {
        (&redemption.locator, &redemption.user).into()
    }
}

impl Engine<'_> {
    /// The journal's entry about a token, at this moment.
    pub(super) fn entry<'e>(
        &self,
        fingerprint: Fingerprint,
        origin: impl Into<Origin<'e>>,
        step: Step<'e>,
    ) -> Entry<'e> {
        Entry {
            fingerprint,
            origin: origin.into(),
            at: self.runtime.clock().now(),
            step,
        }
    }

    /// Writes down what became of a token.
    pub(super) fn conclude<'e>(
        &self,
        fingerprint: Fingerprint,
        origin: impl Into<Origin<'e>>,
        outcome: Outcome<'e>,
    ) -> Appending {
        let entry = self.entry(fingerprint, origin, Step::Concluded(outcome));
        self.journal.append(&entry, None)
    }

    /// Writes down that a batch is in the target and was read back; completes when that is on the disk.
    pub(super) async fn record_migrated(
        &self,
        batch: &[Unpublished],
    ) -> Result<(), MigrationError> {
        for part in batch.chunks(RECORDS_AT_A_TIME) {
            let of_token = |token: &Unpublished| {
                let authority = token.authority.to_string();
                let asked = Asked {
                    authority: &authority,
                    client_id: &token.client_id,
                    scopes: token.scopes.as_str(),
                };
                let outcome = Outcome::migrated(token.home_account_id.as_str(), asked);
                self.conclude(token.fingerprint, token.origin(), outcome)
            };
            let appending: Vec<_> = part.iter().map(of_token).collect();
            for recorded in appending {
                recorded.await?;
            }
        }
        Ok(())
    }
}

/// How many outcomes are on their way to the disk at once: fewer than the journal takes without waiting.
const RECORDS_AT_A_TIME: usize = 512;
