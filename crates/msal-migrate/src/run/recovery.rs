//! What earlier runs left behind is taken in before anything is sent.

use msal_core::Refusal;

use super::batch::Row;
use super::reason::Reason;
use super::send::Engine;
use super::verdict::{Expectation, Verdict, interpret};
use crate::error::MigrationError;
use crate::journal::Class;
use crate::observer::Observer;

impl Engine<'_> {
    /// Takes in the answers that earlier runs sealed and did not publish. What was held back is judged again: the
    /// operator may have decided otherwise since.
    pub(crate) async fn recover(
        &self,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Row>, MigrationError> {
        let mut rows = Vec::new();
        for sealed in self.ledger.sealed()? {
            let capsule = self.ledger.open_sealed(&sealed).await?;
            let metadata = match self
                .metadata
                .resolve(&capsule.authority, true, self.runtime)
                .await
            {
                Ok(metadata) => metadata,
                // The answer stays sealed; a later run finds the authority.
                Err(_unavailable) => continue,
            };
            let expectation = Expectation {
                client_id: &capsule.client_id,
                metadata: &metadata,
                user: &capsule.user,
                allow_user_mismatch: self.settings.allow_user_mismatch,
            };
            let (class, reason) = match interpret(&capsule.response, &expectation) {
                // Only an answer with a token deep inside it can look as if it brought one and bring none.
                Verdict::Publish(tokens)
                    if tokens.refresh_token.is_none() && capsule.redeemed.is_empty() =>
                {
                    (Class::Retry, Reason::named("no_refresh_token"))
                }
                Verdict::Publish(tokens) => {
                    let facts = capsule.facts(&sealed);
                    rows.extend(self.target.add(&facts, &metadata, &tokens, capsule.at));
                    observer.redeemed();
                    continue;
                }
                Verdict::Quarantine(reason) => (Class::Quarantined, Reason::named(reason.code())),
                Verdict::Refused(error, Refusal::InteractionRequired) => {
                    (Class::NeedsUser, Reason::from(&*error))
                }
                Verdict::Refused(error, _) => (Class::Retry, Reason::from(&*error)),
                Verdict::Unreadable => (Class::Retry, Reason::named("unreadable_response")),
            };
            observer.concluded(class);
            let held_back = (class == Class::Quarantined).then_some(sealed.position);
            let (fingerprint, locator) = (sealed.fingerprint, sealed.locator);
            self.ledger
                .conclude(fingerprint, locator, class, reason, held_back)
                .await?;
        }
        Ok(rows)
    }
}
