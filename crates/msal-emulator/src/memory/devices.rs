//! Devices that wait for their user (RFC 8628): which codes were issued, and what became of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::signed_in::SignedIn;
use crate::protocol::{Moment, Version};

/// The devices that wait.
#[derive(Debug, Default)]
pub(crate) struct Devices(Mutex<HashMap<u64, WaitingDevice>>);

/// One device.
#[derive(Clone, Debug)]
pub(crate) struct WaitingDevice {
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) tenant: String,
    pub(crate) version: Version,
    /// The `scope` (v2.0) or `resource` (v1) of its request.
    pub(crate) asked: String,
    pub(crate) until: Moment,
    pub(crate) polled: Option<Moment>,
    pub(crate) verdict: Verdict,
}

/// What the user decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approved(SignedIn),
    Declined,
    Pending,
    /// The tokens of this person were fetched.
    Spent(String),
}

/// The answer to a device that polls.
#[derive(Clone, Debug)]
pub(crate) enum Poll {
    Approved(Box<(WaitingDevice, SignedIn)>),
    Declined,
    Expired,
    Pending,
    /// It polls more often than it was told.
    SlowDown,
    Spent,
    Unknown,
}

impl Devices {
    pub(crate) fn add(&self, serial: u64, waiting: WaitingDevice, now: Moment) {
        let mut devices = self.lock();
        // Codes that expired an hour ago are forgotten, but only when there are many: most emulators live for a test.
        if devices.len() >= MAX_WAITING {
            devices.retain(|_, other| now <= other.until.plus(KEPT));
        }
        devices.insert(serial, waiting);
    }

    /// Answers a device that polls, and notes when it did (RFC 8628 §3.5).
    pub(crate) fn poll(
        &self,
        serial: u64,
        client_id: &str,
        interval: Duration,
        now: Moment,
    ) -> Poll {
        let mut devices = self.lock();
        let Some(device) = devices
            .get_mut(&serial)
            .filter(|device| device.client_id == client_id)
        else {
            return Poll::Unknown;
        };
        let early = device
            .polled
            .is_some_and(|before| now < before.plus(interval.saturating_sub(TOLERANCE)));
        // A device that polls too early is measured from there: it has to wait out the interval once.
        device.polled = Some(now);
        match &device.verdict {
            // A code that was used stays used when its time is over, so that a second use is reported as one.
            Verdict::Spent(_) => Poll::Spent,
            _ if now > device.until => Poll::Expired,
            Verdict::Declined => Poll::Declined,
            Verdict::Pending if early => Poll::SlowDown,
            Verdict::Pending => Poll::Pending,
            Verdict::Approved(person) => Poll::Approved(Box::new((device.clone(), person.clone()))),
        }
    }

    /// Marks an approved code as used. Answers whether this is its first use.
    pub(crate) fn spend(&self, serial: u64) -> bool {
        let mut devices = self.lock();
        let Some(device) = devices.get_mut(&serial) else {
            return false;
        };
        let Verdict::Approved(person) = &device.verdict else {
            return false;
        };
        device.verdict = Verdict::Spent(person.upn.clone());
        true
    }

    /// Who signed the device in, if somebody has.
    pub(crate) fn user(&self, serial: u64) -> Option<String> {
        match &self.lock().get(&serial)?.verdict {
            Verdict::Approved(person) => Some(person.upn.clone()),
            Verdict::Spent(upn) => Some(upn.clone()),
            Verdict::Declined | Verdict::Pending => None,
        }
    }

    /// The client of the device that shows, or has shown, this code.
    pub(crate) fn client(&self, user_code: &str) -> Option<String> {
        let wanted = canonical(user_code);
        let devices = self.lock();
        let device = devices.values().find(|device| device.user_code == wanted);
        device.map(|device| device.client_id.clone())
    }

    /// The device that shows this code, as long as it waits.
    pub(crate) fn find(&self, user_code: &str, now: Moment) -> Option<WaitingDevice> {
        let wanted = canonical(user_code);
        let devices = self.lock();
        devices
            .values()
            .find(|device| device.user_code == wanted && device.is_pending(now))
            .cloned()
    }

    /// Settles the device that shows this code; answers whether there is one that waits.
    pub(crate) fn settle(&self, user_code: &str, verdict: Verdict, now: Moment) -> bool {
        let wanted = canonical(user_code);
        let mut devices = self.lock();
        let device = devices
            .values_mut()
            .find(|device| device.user_code == wanted && device.is_pending(now));
        device.map(|device| device.verdict = verdict).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, WaitingDevice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaitingDevice {
    fn is_pending(&self, now: Moment) -> bool {
        self.verdict == Verdict::Pending && now <= self.until
    }
}

/// The code that a device shows: nine characters, none of which is easily taken for another (RFC 8628 §6.1).
pub(crate) fn user_code(mut random: u64) -> String {
    let digit = |_| {
        let index = usize::try_from(random % 31).unwrap_or_default();
        random /= 31;
        char::from(ALPHABET[index])
    };
    (0..9).map(digit).collect()
}

/// RFC 8628 §6.1: what a person types is compared without punctuation and in any case.
fn canonical(user_code: &str) -> String {
    user_code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_uppercase())
        .take(16)
        .collect()
}

const ALPHABET: &[u8; 31] = b"ABCDEFGHJKLMNPQRSTUVWXYZ2345679";

/// How long a code is remembered as expired.
const KEPT: Duration = Duration::from_secs(3600);

/// How much sooner than told a device may poll, because timers are not exact.
const TOLERANCE: Duration = Duration::from_secs(1);

const MAX_WAITING: usize = 10_000;
