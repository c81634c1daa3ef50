//! `msal migrate`: its commands, one file each.

pub(crate) mod causes;
mod copy;
mod estimate;
pub(super) mod finish;
pub(super) mod job;
mod layout;
mod next;
pub(crate) mod odd_names;
mod other_files;
pub(super) mod outcome;
mod places;
pub(super) mod plan;
pub(super) mod report;
pub(super) mod run;
mod skipped;
pub(super) mod status;
mod verification;
pub(super) mod verify;
