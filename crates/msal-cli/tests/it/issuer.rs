//! An emulator beside the command, and the ADAL cache of one of its users.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use msal_emulator::{Directory, Emulator, Endpoint, Fault, Server, Settings, Version, sample};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::msal::{Run, msal_where};

/// An emulator that runs until this is dropped. Its certificate is in `ca.pem`.
pub(crate) struct Issuer {
    server: Server,
    _runtime: Runtime,
}

impl Issuer {
    /// Starts one, and writes its certificate and `adal.json` with a token of Alice's into `folder`.
    pub(crate) fn start(folder: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        // Who polls for a device's sign-in need not wait long.
        let settings = Settings::default().device_code_interval(Duration::from_secs(1));
        let server = Server::builder(Emulator::with_settings(Directory::sample(), settings));
        let server = runtime.block_on(server.start()).unwrap();
        fs::write(folder.join("ca.pem"), server.ca_pem()).unwrap();
        let issuer = Self {
            server,
            _runtime: runtime,
        };
        fs::write(folder.join("adal.json"), issuer.adal_cache().to_string()).unwrap();
        issuer
    }

    /// As [`start`](Self::start), but its answers to refresh tokens leave so much later than it [counts](Self::asked) them.
    pub(crate) fn slow(folder: &Path, delay: Duration) -> Self {
        let issuer = Self::start(folder);
        let fault = Fault::slow(delay).grant("refresh_token");
        issuer.server.emulator().add_fault(fault);
        issuer
    }

    /// A refresh token of Alice's.
    pub(crate) fn token(&self) -> String {
        let emulator = self.server.emulator();
        emulator
            .issue_refresh_token(sample::ALICE, sample::DESKTOP, SystemTime::now())
            .unwrap()
    }

    fn adal_cache(&self) -> serde_json::Value {
        json!([{
            "refreshToken": self.token(), "userId": sample::ALICE, "isUserIdDisplayable": true,
            "resource": "https://graph.microsoft.com", "_clientId": sample::DESKTOP,
            "_authority": format!("{}/{}", self.url(), sample::CONTOSO),
        }])
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        self.server.emulator()
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// How many refresh tokens it was sent.
    pub(crate) fn asked(&self) -> u64 {
        self.server.emulator().redemptions().seen()
    }

    /// Answers refresh tokens with this from now on.
    pub(crate) fn refuse(&self, status: u16, body: impl Into<String>) {
        let emulator = self.server.emulator();
        emulator.clear_faults();
        emulator.add_fault(Fault::failure(status, None, body.into()).grant("refresh_token"));
    }

    /// Answers questions for its metadata with this from now on.
    pub(crate) fn describe(&self, status: u16, body: impl Into<String>) {
        let emulator = self.server.emulator();
        emulator.clear_faults();
        let fault = Fault::failure(status, None, body.into());
        emulator.add_fault(fault.endpoints([Endpoint::OpenIdConfiguration(Version::V2)]));
    }

    /// `msal migrate run` of `input` into `target`, with these arguments besides.
    pub(crate) fn migrate(&self, folder: &Path, input: &str, target: &str, more: &[&str]) -> Run {
        let arguments = self.migration(input, target);
        let arguments = arguments.iter().map(String::as_str);
        msal_where(
            folder,
            &[("CLICOLOR_FORCE", "1")],
            arguments.chain(more.iter().copied()),
        )
    }

    /// What is typed for [`migrate`](Self::migrate).
    pub(crate) fn migration(&self, input: &str, target: &str) -> Vec<String> {
        let url = self.url();
        let arguments = ["migrate", "run", input, "--to", target, "--authority", &url];
        let arguments = arguments.into_iter().chain(["--ca-file", "ca.pem"]);
        arguments.map(str::to_owned).collect()
    }
}
