//! What an emulator keeps from one request to the next: people, devices, redemptions, the audit log.

mod audit;
mod devices;
mod people;
mod platform;
mod redemptions;
mod signed_in;

pub use audit::AuditRecord;
pub use redemptions::{Redemption, Redemptions};

pub(crate) use devices::{Poll, Verdict, WaitingDevice, user_code};
pub(crate) use people::IssuePoint;
pub(crate) use platform::Platform;
pub(crate) use redemptions::Spent;
pub(crate) use signed_in::SignedIn;

use crate::issuer::{Identifiers, Issuer, Sealer, SigningKey};
use crate::settings::Settings;
use audit::AuditLog;
use devices::Devices;
use people::People;
use redemptions::RedemptionLedger;

/// What an emulator keeps from one request to the next, whatever directory they meet.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) settings: Settings,
    pub(crate) issuer: Issuer,
    pub(crate) sealer: Sealer,
    pub(crate) identifiers: Identifiers,
    pub(crate) ledger: RedemptionLedger,
    pub(crate) people: People,
    pub(crate) devices: Devices,
    pub(crate) audit: AuditLog,
}

impl Memory {
    pub(crate) fn new(settings: Settings, key: SigningKey) -> Self {
        Self {
            issuer: Issuer::new(key, settings.signatures),
            sealer: Sealer::new(settings.seed),
            identifiers: Identifiers::new(settings.seed),
            ledger: RedemptionLedger::new(),
            people: People::default(),
            devices: Devices::default(),
            audit: AuditLog::new(settings.audit_capacity),
            settings,
        }
    }
}
