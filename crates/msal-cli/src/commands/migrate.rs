//! `msal migrate`: its commands, one file each.

pub(crate) mod causes;
mod copy;
mod estimate;
pub(super) mod job;
pub(super) mod outcome;
mod places;
pub(super) mod plan;
pub(super) mod report;
pub(super) mod run;
mod skipped;
pub(super) mod status;
mod verification;
pub(super) mod verify;
