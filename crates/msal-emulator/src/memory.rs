//! What an emulator keeps from one request to the next: people, devices, redemptions, the audit log.

mod audit;
mod devices;
mod people;
mod platform;
mod redemptions;
mod signed_in;

pub use audit::AuditRecord;
pub use redemptions::{Redemption, Redemptions};

pub(crate) use audit::AuditLog;
pub(crate) use devices::{Poll, Verdict, Waiting, user_code};
pub(crate) use people::Cut;
pub(crate) use platform::{Parts, Platform};
pub(crate) use redemptions::Spent;
pub(crate) use signed_in::SignedIn;
