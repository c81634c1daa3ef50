//! The configuration file: directory, settings, server and faults in TOML.

mod error;
mod flaw;
mod wire;

use std::time::Duration;

pub use error::ConfigError;

use crate::directory::{Directory, DirectoryBuilder};
use crate::emulator::Emulator;
use crate::fault::Fault;
use crate::settings::Settings;
use flaw::{Flaw, Flaws, NameSpans};
use wire::{ConfigWire, FaultWire};

/// A configuration file that was read and found sound.
///
/// ```
/// use msal_emulator::Config;
///
/// let config = Config::from_toml(r#"
///     [tokens]
///     rotation = "single-use-with-reuse-detection"
///
///     [server]
///     latency_ms = 100
///
///     [[tenant]]
///     domain = "contoso.example"
///     users = { pattern = "user{n}@contoso.example", count = 1000000, password = "pw-{n}" }
///
///     [[tenant.user]]
///     upn = "alice@contoso.example"
///     password = "Sample-Passw0rd"
///
///     [[tenant.policy]]
///     requires = "mfa"
///     users = ["alice@*"]
///     resources = ["https://management.core.windows.net"]
///
///     [[app]]
///     client_id = "00c0ffee-0000-4000-8000-000000000001"
///
///     [[fault]]
///     throttle = 30
///     grant = "refresh_token"
///     every = 10
/// "#)?;
/// let emulator = config.into_emulator();
/// # Ok::<(), msal_emulator::ConfigError>(())
/// ```
///
/// # Keys
///
/// Every section may be left out, and so may every key that is not marked as needed.
///
/// | `[tokens]` | see |
/// | --- | --- |
/// | `access_token_seconds`, `refresh_in_seconds`, `extended_seconds`, `refresh_token_seconds`, `refresh_token_chars` | [`Settings`] |
/// | `rotation`: `"reusable"`, `"grace"` with `grace_seconds`, `"single-use"`, `"single-use-with-reuse-detection"` | [`Rotation`](crate::Rotation) |
/// | `signatures`: `"rs256"`, `"cheap"` | [`Signatures`](crate::Signatures) |
/// | `sign_in`: `"automatic"`, `"pages"`, `"unattended"` | [`SignIn`](crate::SignIn) |
/// | `device_code_seconds`, `device_code_interval_seconds` | [`Settings::device_code_life`], [`Settings::device_code_interval`] |
/// | `region`, `identity_header`, `arc_key_file` | what machines with a managed identity know |
/// | `loop_limit`, `audit_capacity`, `seed` | [`Settings`] |
///
/// | `[server]` | |
/// | --- | --- |
/// | `port`, `admin_port`, `managed_identity_port` | where it listens; 0 takes any free port |
/// | `latency_ms` | how much later the token endpoint answers |
/// | `names` | host names in its certificate besides the loopback ones |
/// | `keep_arc_key` | whether Azure Arc's key is kept in its file |
///
/// | `[[tenant]]` | |
/// | --- | --- |
/// | `domain` | needed; further ones in `aliases` |
/// | `id`, `name` | its GUID, and what people see |
/// | `federated`, `sign_up` | [`Tenant::federated`](crate::Tenant::federated), [`Tenant::self_service_sign_up`](crate::Tenant::self_service_sign_up) |
/// | `b2c_policies` | its user flows and custom policies of Azure AD B2C; every name when left out |
/// | `users` | many at once: `pattern`, `count` and `password`, all needed |
/// | `[[tenant.user]]` | `upn` and `password` are needed; `object_id`, `given_name`, `family_name`, `enabled`, `password_expired`, `second_factor` |
/// | `[[tenant.guest]]` | `upn` of a user of another tenant; `object_id` |
/// | `[[tenant.policy]]` | `requires` names a [`Requirement`](crate::Requirement) in lower case with hyphens, and `every_seconds` how often where that matters (3600); `users`, `resources` and `clients` narrow it by patterns |
///
/// | `[[app]]` | |
/// | --- | --- |
/// | `client_id` | needed |
/// | `name`, `single_tenant`, `family` | [`App`](crate::App) |
/// | `secrets`, `expired_secrets`, `certificates` (PEM), `trusts` | how it proves itself; with none of them it is `public` |
/// | `redirects` | each with a `uri` and a `kind`: `"native"`, `"spa"`, `"web"` |
/// | `id_tokens`, `access_tokens` | whether the authorization endpoint issues them to it |
/// | `front_channel_logout` | the URL that is told of sign-outs |
/// | `resources` | the APIs of its registration; all when left out |
///
/// | `[[resource]]`, `[[managed_identity]]` | |
/// | --- | --- |
/// | `uri` | needed; further ones in `aliases` |
/// | `id`, `scopes`, `v2_tokens` | [`Resource`](crate::Resource) |
/// | `tenant` | needed |
/// | `client_id`, `object_id`, `resource_id` | [`ManagedIdentity`](crate::ManagedIdentity); without a client id it is the machine's own |
///
/// | `[[fault]]` | |
/// | --- | --- |
/// | `aadsts`, with `suberror` and `claims` | an envelope |
/// | `throttle` | 429 with Retry-After: seconds, any text, or `{ date_in = 30 }` |
/// | `unavailable` | 503 with Retry-After in seconds |
/// | `respond` | `status`, `headers`, `body` |
/// | `slow_ms`, `cut`, `oversized`, `not_json` | trouble with the delivery |
/// | `tamper` | `drop`, `set`, `set_claims`, `break_signatures` |
/// | `user`, `client`, `grant` | which requests it strikes, by patterns |
/// | `endpoint` | which endpoint it strikes, instead of `"token"`: `"authorize"`, `"device-code"`, `"device-page"`, `"instance"`, `"instance-metadata"`, `"keys"`, `"logout"`, `"managed-identity"`, `"metadata-exchange"`, `"openid-configuration"`, `"protected-resource"`, `"sign-in"`, `"token-v1"`, `"token-v2"`, `"user-info"`, `"user-realm"`, `"ws-trust"` |
/// | `nth`, `every`, `first`, `probability` with `seed` | how often |
/// | `delay_ms`, `after_effect` | when |
#[derive(Debug)]
pub struct Config {
    declarations: DirectoryBuilder,
    directory: Directory,
    settings: Settings,
    faults: Vec<Fault>,
    server: ServerSettings,
}

/// What the file says about the server.
#[derive(Clone, Debug, Default)]
struct ServerSettings {
    port: Option<u16>,
    admin_port: Option<u16>,
    managed_identity_port: Option<u16>,
    latency: Duration,
    names: Vec<String>,
    keep_arc_key: bool,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    ///
    /// Names the line and the key of the first mistake: TOML that does not parse, an unknown key, a value of the wrong
    /// type, an entry that is there twice or refers to nothing.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let wire = wire::parse(text)
            .map_err(|error| ConfigError::at(text, error.span(), error.message().to_owned()))?;
        Self::read(wire).map_err(|Flaw { span, reason }| ConfigError::at(text, span, reason))
    }

    /// Reads what TOML has parsed. The directory is built here, while the positions of its names are known.
    fn read(wire: ConfigWire) -> Result<Self, Flaw> {
        let mut spans = NameSpans::default();
        let mut flaws = Flaws::default();
        let mut builder = Directory::builder();
        for tenant in wire.tenant {
            builder = builder.tenant(tenant.read(&mut spans, &mut flaws));
        }
        for app in wire.app {
            builder = builder.app(app.read(&mut spans, &mut flaws));
        }
        for resource in wire.resource {
            builder = builder.resource(resource.read(&mut spans));
        }
        for identity in wire.managed_identity {
            builder = builder.managed_identity(identity.read(&mut spans));
        }
        let declarations = builder.clone();
        let (directory, errors) = builder.assemble();
        flaws.note_all(&errors, &spans);
        let settings = flaws.note(wire.tokens.read());
        let faults = wire.fault.into_iter().map(FaultWire::read);
        let faults = faults.filter_map(|fault| flaws.note(fault)).collect();
        let settings = match (flaws.first(), settings) {
            (None, Some(settings)) => settings,
            (flaw, _) => return Err(flaw.unwrap_or_default()),
        };
        Ok(Self {
            settings,
            faults,
            declarations,
            directory,
            server: ServerSettings {
                port: wire.server.port,
                admin_port: wire.server.admin_port,
                managed_identity_port: wire.server.managed_identity_port,
                latency: Duration::from_millis(wire.server.latency_ms),
                names: wire.server.names,
                keep_arc_key: wire.server.keep_arc_key,
            },
        })
    }

    /// Changes the settings that the file says.
    #[must_use]
    pub fn with_settings(mut self, change: impl FnOnce(Settings) -> Settings) -> Self {
        self.settings = change(self.settings);
        self
    }

    /// An emulator as configured, with the built-in signing key and the fault plans in force.
    pub fn into_emulator(self) -> Emulator {
        let emulator = Emulator::with_settings(self.directory, self.settings);
        for fault in self.faults {
            emulator.add_fault(fault);
        }
        emulator
    }

    pub(crate) fn into_declarations(self) -> DirectoryBuilder {
        self.declarations
    }

    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// The port to listen on, when the file names one.
    pub fn port(&self) -> Option<u16> {
        self.server.port
    }

    /// Whether the server keeps Azure Arc's key file.
    pub fn keeps_arc_key(&self) -> bool {
        self.server.keep_arc_key
    }

    /// The port of the admin API, when the file names one.
    pub fn admin_port(&self) -> Option<u16> {
        self.server.admin_port
    }

    /// The port of the managed identity endpoints over plain HTTP, when the file names one.
    pub fn managed_identity_port(&self) -> Option<u16> {
        self.server.managed_identity_port
    }

    /// How long the token endpoint is to wait before it answers.
    pub fn latency(&self) -> Duration {
        self.server.latency
    }

    /// Host names for the certificate besides the loopback ones.
    pub fn names(&self) -> &[String] {
        &self.server.names
    }
}

#[cfg(test)]
mod tests;
