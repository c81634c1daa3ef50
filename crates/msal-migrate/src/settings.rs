//! How a migration behaves, as its operator decides it.

use std::num::NonZeroU32;
use std::time::Duration;

/// What an issuer does with a refresh token once it has been redeemed: it decides what is safe after a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RotationPolicy {
    /// It stays valid, as at Entra: sending it again does no harm.
    #[default]
    Reusable,
    /// It is spent. Each request is written down before it is sent, and a token that may have been received is reported
    /// as in doubt instead of being sent again: whether no answer came, or one that does not say what became of the
    /// token, such as HTTP 503 or a proxy's page. A token that is listed for several clients goes out for the first.
    SingleUse,
}

impl RotationPolicy {
    /// Whether a token that the server may have received may be sent again.
    pub(crate) fn allows_repeat(self) -> bool {
        self == Self::Reusable
    }
}

/// How a migration behaves.
///
/// | setting | default | why |
/// | --- | --- | --- |
/// | `concurrency` | 256, or 4 where tokens are spent by use | one HTTP/2 connection carries as many; a crash can lose what is in flight |
/// | `limit` | none | a first run with a few tokens shows what is wrong with all of them |
/// | `patience` | 10 minutes | longer waits are better left to a later run |
/// | `rate` | none | lanes find the pace that their server bears; a limit is for who shares it with others |
/// | `rotation` | `Reusable` | Entra does not revoke a token that was redeemed |
/// | `allow_user_mismatch` | no | a mixed-up source would hand one user another's tokens |
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "users build it with `..Settings::default()`"
)]
pub struct Settings {
    /// How many requests are in flight at most; `None` leaves it to `rotation`. There is always room for one.
    pub concurrency: Option<usize>,
    /// How many tokens the run tries at most, in the order of the source; the others are left to a later run.
    pub limit: Option<u64>,
    /// How long a lane may wait without a success before it is left to a later run, and a batch for another process that is
    /// sending the same token. For calls, see [`Migrator::patience`](crate::Migrator::patience).
    pub patience: Duration,
    /// How many token requests a second are sent at most, by all lanes together.
    pub rate: Option<NonZeroU32>,
    /// What the issuer does with redeemed tokens.
    pub rotation: RotationPolicy,
    /// Publishes tokens although they are of another user than the source says.
    pub allow_user_mismatch: bool,
}

impl Settings {
    /// How many requests are in flight at most, by `concurrency` or else by `rotation`.
    pub fn most_in_flight(&self) -> usize {
        let by_rotation = || match self.rotation {
            RotationPolicy::Reusable => 256,
            RotationPolicy::SingleUse => 4,
        };
        self.concurrency.unwrap_or_else(by_rotation).max(1)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: None,
            limit: None,
            patience: Duration::from_secs(600),
            rate: None,
            rotation: RotationPolicy::default(),
            allow_user_mismatch: false,
        }
    }
}
