//! What answering a request needs, with the directory as it was when the request came.

use super::Memory;
use super::devices::Devices;
use super::people::People;
use super::redemptions::RedemptionLedger;
use crate::directory::Directory;
use crate::issuer::{Identifiers, Issuer, Sealer};
use crate::settings::Settings;

/// The identity platform as one request meets it. A directory that grows meanwhile is seen by the next request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform<'e> {
    memory: &'e Memory,
    directory: &'e Directory,
}

impl<'e> Platform<'e> {
    pub(crate) fn new(memory: &'e Memory, directory: &'e Directory) -> Self {
        Self { memory, directory }
    }

    pub(crate) fn directory(self) -> &'e Directory {
        self.directory
    }

    pub(crate) fn settings(self) -> &'e Settings {
        &self.memory.settings
    }

    pub(crate) fn issuer(self) -> &'e Issuer {
        &self.memory.issuer
    }

    pub(crate) fn sealer(self) -> &'e Sealer {
        &self.memory.sealer
    }

    pub(crate) fn identifiers(self) -> &'e Identifiers {
        &self.memory.identifiers
    }

    pub(crate) fn ledger(self) -> &'e RedemptionLedger {
        &self.memory.ledger
    }

    pub(crate) fn people(self) -> &'e People {
        &self.memory.people
    }

    pub(crate) fn devices(self) -> &'e Devices {
        &self.memory.devices
    }
}
