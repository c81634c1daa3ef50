//! Which tokens of a source a run sends, by what earlier runs wrote down about them and what the operator asks for again.

use msal_core::{RefreshToken, TokenOutcome, TrustedAuthority};
use tokio::runtime::Handle;

use super::engine::asked;
use super::queue::Attempt;
use super::recovery::response_of;
use crate::journal::{Class, Journal, Position, State, States, Unsealed};
use crate::plan::Redemption;
use crate::retry::Again;
use crate::settings::RotationPolicy;

/// The attempt at a redemption that is due; `None` for one that is not sent in this run. Blocks where an answer is read
/// again.
pub(crate) fn due(
    redemption: Redemption,
    journal: &Journal,
    again: &Again,
    rotation: RotationPolicy,
) -> Option<Attempt> {
    match decide(redemption, journal, again, rotation)? {
        Due::Attempt(attempt) => Some(attempt),
        Due::Newest(redemption, held_back, earlier) => {
            let attempt = of_newest(*redemption, held_back, earlier, journal, rotation);
            Handle::current().block_on(attempt)
        }
    }
}

/// The attempt at a redemption when its user comes back; `None` for one that is not sent unasked.
pub(super) async fn due_on_first_use(
    redemption: Redemption,
    journal: &Journal,
    rotation: RotationPolicy,
) -> Option<Attempt> {
    match decide(redemption, journal, &Again::default(), rotation)? {
        Due::Attempt(attempt) => Some(attempt),
        Due::Newest(redemption, held_back, earlier) => {
            of_newest(*redemption, held_back, earlier, journal, rotation).await
        }
    }
}

/// What is due.
enum Due {
    /// The source's token.
    Attempt(Attempt),
    /// The newest token of the answer that is held back there.
    Newest(Box<Redemption>, Position, Option<State>),
}

fn decide(
    redemption: Redemption,
    journal: &Journal,
    again: &Again,
    rotation: RotationPolicy,
) -> Option<Due> {
    let states = journal.states();
    let is_selected = |state| again.selects(state, &redemption);
    let fingerprint = &redemption.fingerprint;
    let earlier = states.get(fingerprint);
    if !is_due(&states, &redemption, rotation) && !earlier.is_some_and(is_selected) {
        return None;
    }
    Some(match states.held_back(fingerprint) {
        None => Due::Attempt(Attempt::new(redemption, None, earlier)),
        // Wherever the token stands since: the newest one of its user is in that answer.
        Some(held_back) => Due::Newest(Box::new(redemption), held_back, earlier),
    })
}

async fn of_newest(
    redemption: Redemption,
    held_back: Position,
    earlier: Option<State>,
    journal: &Journal,
    rotation: RotationPolicy,
) -> Option<Attempt> {
    let answered = journal.answered(held_back).await;
    let (position, record) = answered.ok().flatten()?;
    match newest_token(&record) {
        Some(refresh_token) => {
            let redemption = Redemption {
                refresh_token,
                ..redemption
            };
            Some(Attempt::new(redemption, Some(position), earlier))
        }
        // Nobody can tell which token is the one to send. The source's is only where it stays valid.
        None => rotation
            .allows_repeat()
            .then(|| Attempt::new(redemption, Some(position), earlier)),
    }
}

/// Whether a token is sent without being asked for.
fn is_due(states: &States, redemption: &Redemption, rotation: RotationPolicy) -> bool {
    let is_asked_anew = || {
        let is_elsewhere = |authority: &TrustedAuthority| {
            let authority = authority.to_string();
            states.is_judged_elsewhere(&redemption.fingerprint, &asked(redemption, &authority))
        };
        is_elsewhere(&redemption.authority) && redemption.home.as_ref().is_none_or(is_elsewhere)
    };
    match states.get(&redemption.fingerprint) {
        // What failed for a reason that the operator corrects is tried again: it may have been corrected.
        None | Some(State::Concluded(Class::Failed | Class::Retryable)) => true,
        // The server was asked at another authority, as another client or for other scopes: it may judge otherwise here.
        Some(State::Concluded(Class::NeedsUser)) => is_asked_anew(),
        // Its newest token is sent, where that cannot spend it: what answers there may say whose it is.
        Some(State::Concluded(Class::Quarantined)) => rotation.allows_repeat() && is_asked_anew(),
        Some(State::Concluded(Class::Migrated)) => false,
        // Its answer is in the journal, or it may be spent.
        Some(State::Unpublished | State::InDoubt) => false,
    }
}

/// The refresh token that a sealed answer leaves its user with; `None` when the answer does not say.
fn newest_token(record: &Unsealed) -> Option<RefreshToken> {
    let answer = record.answer()?;
    match TokenOutcome::read(&response_of(&answer)?, answer.client_id) {
        TokenOutcome::Tokens(tokens) => {
            // RFC 6749 §6: the server may issue a new one; where it does not, the old one stays the one to use.
            let old = || RefreshToken::from(answer.redeemed_token);
            Some(tokens.refresh_token.unwrap_or_else(old))
        }
        TokenOutcome::Malformed(malformed) => match malformed.refresh_tokens.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        },
        _ => None,
    }
}
