//! What became of refresh tokens and authorization codes: which were redeemed, how often, and which revoked.
//!
//! A refresh token that was never presented takes no memory. A token is counted and judged under one lock, so
//! that the counters are exact and a single-use token is used once, however many connections present it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use crate::directory::AppIndex;
use crate::protocol::{Moment, RefreshTokenId};
use crate::settings::Rotation;

/// The state of the refresh tokens that were presented or revoked.
#[derive(Debug)]
pub(crate) struct RedemptionLedger {
    shards: Vec<Mutex<HashMap<RefreshTokenId, Usage>>>,
    revoked_lineages: RwLock<HashSet<u64>>,
    unreadable: AtomicU64,
    redeemed_codes: Mutex<HashSet<u64>>,
}

#[derive(Debug, Default)]
struct Usage {
    redeemed: Option<Moment>,
    revoked: bool,
    /// When the current minute of this token began, and how often the token was presented in it.
    minute: Option<(Moment, u32)>,
    first: ClientCount,
    /// The counts of other clients. Few tokens are presented by several, so this is mostly empty.
    others: Vec<ClientCount>,
}

#[derive(Clone, Copy, Debug, Default)]
struct ClientCount {
    client: Option<AppIndex>,
    seen: u32,
    succeeded: u32,
}

/// Why a refresh token is no longer valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    Redeemed,
    Revoked,
}

impl RedemptionLedger {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            revoked_lineages: RwLock::default(),
            unreadable: AtomicU64::new(0),
            redeemed_codes: Mutex::default(),
        }
    }

    /// Counts a request to redeem a token, before anything is decided about it.
    pub(crate) fn saw(&self, token: RefreshTokenId, client: Option<AppIndex>) {
        let count = |entry: &mut Usage| entry.count(client).seen += 1;
        count(self.shard(token).entry(token).or_default());
    }

    /// Counts a request and answers how many the current minute of the token has had.
    pub(crate) fn in_this_minute(&self, token: RefreshTokenId, now: Moment) -> u32 {
        let mut shard = self.shard(token);
        let entry = shard.entry(token).or_default();
        let begun = entry.minute.filter(|(begun, _)| now <= begun.plus(MINUTE));
        let (begun, count) = begun.unwrap_or((now, 0));
        entry.minute = Some((begun, count.saturating_add(1)));
        count.saturating_add(1)
    }

    /// Counts a request to redeem something that is not a refresh token of this emulator.
    pub(crate) fn saw_unreadable(&self) {
        self.unreadable.fetch_add(1, Ordering::Relaxed);
    }

    /// Redeems a token, or says why it cannot be redeemed.
    pub(crate) fn redeem(
        &self,
        token: RefreshTokenId,
        lineage: u64,
        client: AppIndex,
        rotation: Rotation,
        now: Moment,
    ) -> Result<(), Spent> {
        // RFC 6749 §10.4: after a second use of one token, the tokens of the same sign-in are worth nothing.
        if self.lineage_is_revoked(lineage) {
            return Err(Spent::Revoked);
        }
        let mut shard = self.shard(token);
        let entry = shard.entry(token).or_default();
        if entry.revoked {
            return Err(Spent::Revoked);
        }
        if let Some(first) = entry.redeemed
            && !rotation.allows_again(first, now)
        {
            // The lock is given back first: two locks are never held together.
            drop(shard);
            if rotation == Rotation::SingleUseWithReuseDetection {
                self.revoke_lineage(lineage);
            }
            return Err(Spent::Redeemed);
        }
        // The grace period is counted from the first redemption.
        entry.redeemed.get_or_insert(now);
        entry.count(Some(client)).succeeded += 1;
        Ok(())
    }

    pub(crate) fn revoke(&self, token: RefreshTokenId) {
        self.shard(token).entry(token).or_default().revoked = true;
    }

    /// Redeems an authorization code by its serial number. Answers whether this is its first use.
    pub(crate) fn redeem_code(&self, serial: u64) -> bool {
        lock(&self.redeemed_codes).insert(serial)
    }

    pub(crate) fn snapshot(&self, name: impl Fn(AppIndex) -> Option<String>) -> Redemptions {
        let mut rows = Vec::new();
        for shard in &self.shards {
            for (&token, entry) in lock(shard).iter() {
                let counts = [entry.first]
                    .into_iter()
                    .chain(entry.others.iter().copied());
                rows.extend(
                    counts
                        .filter(|count| count.seen > 0)
                        .map(|count| Redemption {
                            token,
                            client_id: count.client.and_then(&name),
                            seen: count.seen,
                            succeeded: count.succeeded,
                        }),
                );
            }
        }
        // Maps have no order; a listing that is compared or printed needs one.
        rows.sort_unstable_by(|a, b| (a.token, &a.client_id).cmp(&(b.token, &b.client_id)));
        Redemptions {
            rows,
            unreadable: self.unreadable.load(Ordering::Relaxed),
        }
    }

    fn lineage_is_revoked(&self, lineage: u64) -> bool {
        self.revoked_lineages
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&lineage)
    }

    fn revoke_lineage(&self, lineage: u64) {
        self.revoked_lineages
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(lineage);
    }

    fn shard(&self, token: RefreshTokenId) -> MutexGuard<'_, HashMap<RefreshTokenId, Usage>> {
        lock(&self.shards[token.spread() % SHARDS])
    }
}

impl Usage {
    fn count(&mut self, client: Option<AppIndex>) -> &mut ClientCount {
        if self.first.seen == 0 && self.others.is_empty() {
            self.first.client = client;
        }
        if self.first.client == client {
            return &mut self.first;
        }
        let known = self.others.iter().position(|count| count.client == client);
        let index = known.unwrap_or_else(|| {
            self.others.push(ClientCount {
                client,
                ..ClientCount::default()
            });
            self.others.len() - 1
        });
        &mut self.others[index]
    }
}

impl Rotation {
    fn allows_again(self, first: Moment, now: Moment) -> bool {
        match self {
            Self::Reusable => true,
            Self::Grace(grace) => now <= first.plus(grace),
            Self::SingleUse | Self::SingleUseWithReuseDetection => false,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often refresh tokens were presented and redeemed, at one moment.
#[derive(Clone, Debug)]
pub struct Redemptions {
    rows: Vec<Redemption>,
    unreadable: u64,
}

impl Redemptions {
    /// How many requests presented a refresh token, readable or not.
    pub fn seen(&self) -> u64 {
        self.rows.iter().map(|row| u64::from(row.seen)).sum::<u64>() + self.unreadable
    }

    /// How many requests redeemed one.
    pub fn succeeded(&self) -> u64 {
        self.rows.iter().map(|row| u64::from(row.succeeded)).sum()
    }

    /// How many requests presented something that is not a refresh token of this emulator.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// One row for each pair of refresh token and client that was presented.
    pub fn rows(&self) -> &[Redemption] {
        &self.rows
    }

    /// How many redemptions of `token` succeeded, by whatever client.
    pub fn of(&self, token: RefreshTokenId) -> u64 {
        let rows = self.rows.iter().filter(|row| row.token == token);
        rows.map(|row| u64::from(row.succeeded)).sum()
    }
}

/// The count of one refresh token presented by one client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Redemption {
    /// The refresh token.
    pub token: RefreshTokenId,
    /// The client; `None` stands for all that are not in the directory.
    pub client_id: Option<String>,
    /// How many requests presented the token.
    pub seen: u32,
    /// How many of them redeemed it.
    pub succeeded: u32,
}

/// The number of locks: with so many, requests seldom wait for each other.
const SHARDS: usize = 64;

const MINUTE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: AppIndex = AppIndex(0);

    const LINEAGE: u64 = 1;

    fn token(number: u64) -> RefreshTokenId {
        RefreshTokenId::new(number)
    }

    fn at(secs: u64) -> Moment {
        Moment::from_millis(secs * 1000)
    }

    #[test]
    fn rotation_decides_about_the_second_redemption() {
        let grace = Rotation::Grace(Duration::from_secs(10));
        for (rotation, after, expected) in [
            (Rotation::Reusable, 1_000_000, Ok(())),
            (grace, 10, Ok(())),
            (grace, 11, Err(Spent::Redeemed)),
            (Rotation::SingleUse, 0, Err(Spent::Redeemed)),
            (
                Rotation::SingleUseWithReuseDetection,
                0,
                Err(Spent::Redeemed),
            ),
        ] {
            let ledger = RedemptionLedger::new();
            ledger
                .redeem(token(1), LINEAGE, CLIENT, rotation, at(0))
                .unwrap();
            assert_eq!(
                ledger.redeem(token(1), LINEAGE, CLIENT, rotation, at(after)),
                expected,
                "{rotation:?}"
            );
        }
    }

    #[test]
    fn reuse_revokes_the_descendants_too() {
        let (ledger, rotation) = (
            RedemptionLedger::new(),
            Rotation::SingleUseWithReuseDetection,
        );
        ledger
            .redeem(token(1), LINEAGE, CLIENT, rotation, at(0))
            .unwrap();
        ledger
            .redeem(token(1), LINEAGE, CLIENT, rotation, at(1))
            .unwrap_err();
        assert_eq!(
            ledger.redeem(token(2), LINEAGE, CLIENT, rotation, at(2)),
            Err(Spent::Revoked)
        );
    }

    #[test]
    fn clients_are_counted_apart() {
        let ledger = RedemptionLedger::new();
        let token = token(1);
        for client in [Some(CLIENT), Some(CLIENT), Some(AppIndex(1)), None] {
            ledger.saw(token, client);
        }
        ledger
            .redeem(token, LINEAGE, CLIENT, Rotation::Reusable, at(0))
            .unwrap();
        ledger.saw_unreadable();
        let redemptions = ledger.snapshot(|app| Some(app.0.to_string()));
        let rows: Vec<_> = redemptions
            .rows()
            .iter()
            .map(|row| (row.client_id.as_deref(), row.seen, row.succeeded))
            .collect();
        assert_eq!(rows, [(None, 1, 0), (Some("0"), 2, 1), (Some("1"), 1, 0)]);
        assert_eq!(
            (
                redemptions.seen(),
                redemptions.succeeded(),
                redemptions.of(token)
            ),
            (5, 1, 1)
        );
    }

    #[test]
    fn a_single_use_token_is_used_once_by_many_threads() {
        let ledger = RedemptionLedger::new();
        let successes: usize = std::thread::scope(|scope| {
            let redeem = || {
                ledger
                    .redeem(token(1), LINEAGE, CLIENT, Rotation::SingleUse, at(0))
                    .is_ok()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(redeem)).collect();
            threads
                .into_iter()
                .map(|thread| usize::from(thread.join().unwrap()))
                .sum()
        });
        assert_eq!(successes, 1);
    }
}
