//! What answering a request needs, with the directory as it was when the request came.

use super::devices::Devices;
use super::people::People;
use super::redemptions::Ledger;
use crate::directory::Directory;
use crate::issuer::{Identifiers, Issuer, Sealer, SigningKey};
use crate::settings::Settings;

/// The parts of an emulator that outlive changes of its directory.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) issuer: Issuer,
    pub(crate) sealer: Sealer,
    pub(crate) identifiers: Identifiers,
    pub(crate) ledger: Ledger,
    pub(crate) people: People,
    pub(crate) devices: Devices,
}

impl Parts {
    pub(crate) fn new(settings: Settings, key: SigningKey) -> Self {
        Self {
            issuer: Issuer::new(key, settings.signatures),
            sealer: Sealer::new(settings.seed),
            identifiers: Identifiers::new(settings.seed),
            ledger: Ledger::new(),
            people: People::default(),
            devices: Devices::default(),
            settings,
        }
    }
}

/// The identity platform as one request meets it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform<'e> {
    parts: &'e Parts,
    directory: &'e Directory,
}

impl<'e> Platform<'e> {
    pub(crate) const fn new(parts: &'e Parts, directory: &'e Directory) -> Self {
        Self { parts, directory }
    }

    pub(crate) const fn directory(self) -> &'e Directory {
        self.directory
    }

    pub(crate) const fn settings(self) -> &'e Settings {
        &self.parts.settings
    }

    pub(crate) const fn issuer(self) -> &'e Issuer {
        &self.parts.issuer
    }

    pub(crate) const fn sealer(self) -> &'e Sealer {
        &self.parts.sealer
    }

    pub(crate) const fn identifiers(self) -> &'e Identifiers {
        &self.parts.identifiers
    }

    pub(crate) const fn ledger(self) -> &'e Ledger {
        &self.parts.ledger
    }

    pub(crate) const fn people(self) -> &'e People {
        &self.parts.people
    }

    pub(crate) const fn devices(self) -> &'e Devices {
        &self.parts.devices
    }
}
