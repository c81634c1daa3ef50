//! The silent decision: a token from the cache, a refresh token worth redeeming, or neither.
//!
//! Nothing is serialized and nothing asks the network. An access token is found by account, cloud, client and one of
//! its scopes, so the cost does not depend on how many others there are.

mod answer;
mod request;

use std::cmp::Reverse;
use std::time::Duration;

use super::TokenCache;
use super::entry::{AccessTokenEntry, EXPIRY_MARGIN, RefreshTokenEntry};
use super::issuance::purpose;
use super::term::{Host, Term};
use crate::{Text, UnixTime, case};

pub(super) use answer::token_type_of;
pub use answer::{CachedAccessToken, RefreshCandidate, RefreshReason, Renewal, Silent};
pub use request::SilentRequest;

/// What the search for an access token found.
pub(super) enum BestToken<'c> {
    Fresh(&'c AccessTokenEntry),
    Aging(&'c AccessTokenEntry),
    Expired,
    Nothing,
}

impl<'c> BestToken<'c> {
    /// Takes the entry where it is better than what was found before, and answers whether it is. Two SDKs may have left one
    /// each; any that is fresh will do.
    pub(super) fn consider(&mut self, entry: &'c AccessTokenEntry, now: UnixTime) -> bool {
        let found = judge(entry, now);
        let is_better = match (&found, &*self) {
            (Self::Nothing, _) | (_, Self::Fresh(_)) => false,
            (Self::Expired, known) => matches!(known, Self::Nothing),
            (Self::Fresh(_) | Self::Aging(_), _) => true,
        };
        if is_better {
            *self = found;
        }
        is_better
    }
}

impl RefreshCandidate {
    /// The client's own token.
    pub(super) fn own(entry: &RefreshTokenEntry) -> Self {
        Self {
            secret: entry.secret.clone(),
            environment: entry.environment.to_string(),
            is_family: false,
        }
    }
}

impl TokenCache {
    /// Decides a silent call.
    pub fn silent(&self, request: &SilentRequest<'_>) -> Silent {
        let is_rejected = |entry: &AccessTokenEntry| request.rejected == Some(&entry.secret);
        let (reason, fallback) = match self.find_access_token(request) {
            BestToken::Fresh(entry) | BestToken::Aging(entry) if is_rejected(entry) => {
                (RefreshReason::Forced, None)
            }
            BestToken::Fresh(entry) if !request.force_refresh => return Silent::Hit(entry.into()),
            // Whoever forces a refresh does not trust what is cached, so that it is no fallback either.
            _ if request.force_refresh => (RefreshReason::Forced, None),
            BestToken::Aging(entry) => (RefreshReason::Aging, Some(entry.into())),
            BestToken::Expired => (RefreshReason::Expired, None),
            BestToken::Fresh(_) | BestToken::Nothing => (RefreshReason::NoAccessToken, None),
        };
        let candidates = self.candidates(request);
        if candidates.is_empty() && fallback.is_none() {
            return Silent::InteractionRequired;
        }
        Silent::Renew(Renewal {
            candidates,
            fallback,
            reason,
        })
    }

    fn find_access_token(&self, request: &SilentRequest<'_>) -> BestToken<'_> {
        let mut best = BestToken::Nothing;
        let purpose = purpose(None, request.fields);
        for environment in request.environments {
            let granting = self.access_tokens_granting(request, environment);
            for entry in granting.filter(|entry| entry.is_for_user(purpose.as_ref())) {
                best.consider(entry, request.now);
                if matches!(best, BestToken::Fresh(_)) {
                    return best;
                }
            }
        }
        best
    }

    /// The access tokens that are good for what is asked. The index finds them by the first scope, and each is then
    /// asked for the others, or for all where that scope may be one that it was only asked for by.
    fn access_tokens_granting<'c>(
        &'c self,
        request: &SilentRequest<'_>,
        environment: &str,
    ) -> impl Iterator<Item = &'c AccessTokenEntry> {
        let home_account_id = request.home_account_id.as_str();
        let mut scopes = request.scopes.iter();
        let term = match scopes.next() {
            Some(scope) => Term::Granted {
                home_account_id,
                environment: Host(environment),
                client_id: request.client_id,
                scope,
            },
            None => Term::Owner {
                home_account_id,
                environment: Host(environment),
            },
        };
        self.access_tokens.find(&term).filter(move |entry| {
            case::is_same_client(entry.client_id.as_str(), request.client_id)
                && request
                    .realms
                    .iter()
                    .any(|realm| case::is_same(entry.realm.as_str(), realm))
                && match entry.requested {
                    None => scopes.clone().all(|scope| entry.grants(scope)),
                    Some(_) => entry.grants_all(request.scopes),
                }
        })
    }

    fn candidates(&self, request: &SilentRequest<'_>) -> Vec<RefreshCandidate> {
        let mut candidates: Vec<RefreshCandidate> = Vec::new();
        for environment in request.environments {
            for candidate in self.candidates_in(request, environment) {
                // The same token may stand under two hosts of one cloud. It is sent once.
                if candidates
                    .iter()
                    .all(|known| known.secret != candidate.secret)
                {
                    candidates.push(candidate);
                }
            }
        }
        candidates
    }

    fn candidates_in(
        &self,
        request: &SilentRequest<'_>,
        environment: &str,
    ) -> Vec<RefreshCandidate> {
        let owner = Term::Owner {
            home_account_id: request.home_account_id.as_str(),
            environment: Host(environment),
        };
        let mut entries: Vec<&RefreshTokenEntry> = self.refresh_tokens.find(&owner).collect();
        // One user may have several: SDKs name entries differently, and write different hosts of a cloud. Those of the host
        // that is preferred come first, and of these the last one that was stored is the likeliest to be valid still.
        entries.sort_by_key(|entry| {
            let is_stored_under =
                |host: &String| host.eq_ignore_ascii_case(entry.environment.as_str());
            let preference = request.environments.iter().position(is_stored_under);
            let preference = preference.unwrap_or(request.environments.len());
            (preference, Reverse(entry.last_modification_time))
        });
        let metadata = self.metadata_of(request.client_id, environment);
        let family = match metadata {
            Some(metadata) => metadata.family_id.as_ref().map(Text::as_str),
            None => Some(FIRST_FAMILY),
        };
        let own = entries
            .iter()
            .filter(|entry| entry.is_of_client(request.client_id));
        let of_family = entries.iter().filter(|entry| {
            let id = entry.family_id.as_ref().map(Text::as_str);
            id.is_some() && id == family
        });
        let ordered: Vec<_> = match metadata {
            // A known member tries the family's token first, because it is the one that all members keep fresh.
            Some(_) => of_family.chain(own).collect(),
            // A client that was never seen may be a member: then the family's token works though its own does not.
            None => own.chain(of_family).collect(),
        };
        let candidate = |entry: &&RefreshTokenEntry| RefreshCandidate {
            secret: entry.secret.clone(),
            environment: entry.environment.to_string(),
            is_family: !entry.is_of_client(request.client_id),
        };
        ordered.into_iter().map(candidate).collect()
    }
}

fn judge(entry: &AccessTokenEntry, now: UnixTime) -> BestToken<'_> {
    // The clock was set back since: how long the token is still good for cannot be told.
    let from_the_future = entry
        .cached_at
        .is_some_and(|cached_at| cached_at > now + EXPIRY_MARGIN);
    if entry.expires_on < now + EXPIRY_MARGIN
        || entry.expires_on > now + LONGEST_LIFETIME
        || from_the_future
    {
        return BestToken::Expired;
    }
    match entry.refresh_on.is_some_and(|refresh_on| refresh_on < now) {
        true => BestToken::Aging(entry),
        false => BestToken::Fresh(entry),
    }
}

/// No honest token lives longer. Without this bound an entry with an expiry in the far future is served for ever.
const LONGEST_LIFETIME: Duration = Duration::from_secs(10 * 366 * 86_400);

/// The family that all of Microsoft's own clients belong to; no other has ever been seen.
const FIRST_FAMILY: &str = "1";
