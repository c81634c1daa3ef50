//! The configuration file as it is written.

mod app;
mod tenant;

use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::fault::FaultWire;
use super::{Config, ServerSettings};
use crate::directory::{Directory, DirectoryError, Secret};
use crate::settings::{Rotation, Settings, SignIn, Signatures};
use app::{AppWire, ManagedIdentityWire, ResourceWire};
use tenant::TenantWire;

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) place: Option<Range<usize>>,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigWire {
    #[serde(default)]
    tokens: TokensWire,
    #[serde(default)]
    server: ServerWire,
    #[serde(default)]
    tenant: Vec<TenantWire>,
    #[serde(default)]
    app: Vec<AppWire>,
    #[serde(default)]
    resource: Vec<ResourceWire>,
    #[serde(default)]
    managed_identity: Vec<ManagedIdentityWire>,
    #[serde(default)]
    fault: Vec<Spanned<FaultWire>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokensWire {
    access_token_seconds: Option<u64>,
    refresh_in_seconds: Option<u64>,
    extended_seconds: Option<u64>,
    refresh_token_seconds: Option<u64>,
    refresh_token_chars: Option<usize>,
    #[serde(default)]
    rotation: RotationWire,
    grace_seconds: Option<Spanned<u64>>,
    #[serde(default)]
    signatures: SignaturesWire,
    #[serde(default)]
    sign_in: SignInWire,
    region: Option<String>,
    identity_header: Option<String>,
    arc_key_file: Option<String>,
    device_code_seconds: Option<u64>,
    device_code_interval_seconds: Option<u64>,
    loop_limit: Option<u32>,
    audit_capacity: Option<usize>,
    seed: Option<u64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignInWire {
    #[default]
    Automatic,
    Pages,
    Unattended,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RotationWire {
    #[default]
    Reusable,
    Grace,
    SingleUse,
    SingleUseWithReuseDetection,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignaturesWire {
    #[default]
    Rs256,
    Cheap,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerWire {
    port: Option<u16>,
    admin_port: Option<u16>,
    managed_identity_port: Option<u16>,
    #[serde(default)]
    latency_ms: u64,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    keep_arc_key: bool,
}

impl ConfigWire {
    pub(super) fn read(self) -> Result<Config, Flaw> {
        let mut places = Places::default();
        let mut builder = Directory::builder();
        for tenant in self.tenant {
            builder = builder.tenant(tenant.read(&mut places)?);
        }
        for app in self.app {
            builder = builder.app(app.read(&mut places)?);
        }
        for resource in self.resource {
            builder = builder.resource(resource.read(&mut places));
        }
        for identity in self.managed_identity {
            builder = builder.managed_identity(identity.read(&mut places));
        }
        Ok(Config {
            settings: self.tokens.read()?,
            faults: self
                .fault
                .into_iter()
                .map(FaultWire::read)
                .collect::<Result<_, _>>()?,
            declarations: builder.clone(),
            directory: builder.build().map_err(|error| places.flaw(&error))?,
            server: ServerSettings {
                port: self.server.port,
                admin_port: self.server.admin_port,
                managed_identity_port: self.server.managed_identity_port,
                latency: Duration::from_millis(self.server.latency_ms),
                names: self.server.names,
                keep_arc_key: self.server.keep_arc_key,
            },
        })
    }
}

impl TokensWire {
    fn read(self) -> Result<Settings, Flaw> {
        let defaults = Settings::default();
        let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        let rotation = match (self.rotation, self.grace_seconds) {
            (RotationWire::Grace, Some(grace)) => {
                Rotation::Grace(Duration::from_secs(grace.into_inner()))
            }
            (RotationWire::Grace, None) => Rotation::Grace(Duration::from_secs(DEFAULT_GRACE)),
            (_, Some(grace)) => {
                let reason = "goes with rotation = \"grace\" only".to_owned();
                return Err(Flaw {
                    place: Some(grace.span()),
                    reason,
                });
            }
            (RotationWire::Reusable, None) => Rotation::Reusable,
            (RotationWire::SingleUse, None) => Rotation::SingleUse,
            (RotationWire::SingleUseWithReuseDetection, None) => {
                Rotation::SingleUseWithReuseDetection
            }
        };
        Ok(Settings {
            access_token_life: seconds(self.access_token_seconds)
                .unwrap_or(defaults.access_token_life),
            refresh_in: seconds(self.refresh_in_seconds),
            extended_life: seconds(self.extended_seconds),
            refresh_token_life: seconds(self.refresh_token_seconds)
                .unwrap_or(defaults.refresh_token_life),
            refresh_token_chars: self
                .refresh_token_chars
                .unwrap_or(defaults.refresh_token_chars),
            rotation,
            signatures: match self.signatures {
                SignaturesWire::Rs256 => Signatures::Rs256,
                SignaturesWire::Cheap => Signatures::Cheap,
            },
            sign_in: match self.sign_in {
                SignInWire::Automatic => SignIn::Automatic,
                SignInWire::Pages => SignIn::Pages,
                SignInWire::Unattended => SignIn::Unattended,
            },
            device_code_life: seconds(self.device_code_seconds)
                .unwrap_or(defaults.device_code_life),
            device_code_interval: seconds(self.device_code_interval_seconds)
                .unwrap_or(defaults.device_code_interval),
            region: self.region.unwrap_or(defaults.region),
            identity_header: self
                .identity_header
                .map_or(defaults.identity_header, Secret::new),
            arc_key_file: self.arc_key_file.unwrap_or(defaults.arc_key_file),
            loop_limit: self.loop_limit,
            audit_capacity: self.audit_capacity.unwrap_or(defaults.audit_capacity),
            seed: self.seed.unwrap_or(defaults.seed),
        })
    }
}

/// Where the names in the file stand, to find what a [`DirectoryError`] is about.
#[derive(Default)]
struct Places(Vec<(String, Range<usize>)>);

impl Places {
    fn note(&mut self, name: Spanned<String>) -> String {
        let span = name.span();
        let name = name.into_inner();
        self.0.push((name.clone(), span));
        name
    }

    /// The last place of the name: of something that is there twice, the second.
    fn flaw(&self, error: &DirectoryError) -> Flaw {
        let named = error.name().trim_end_matches('/');
        let is = |name: &str| name.trim_end_matches('/').eq_ignore_ascii_case(named);
        let place = self
            .0
            .iter()
            .rev()
            .find(|(name, _)| is(name))
            .map(|(_, span)| span.clone());
        Flaw {
            place,
            reason: error.to_string(),
        }
    }
}

const DEFAULT_GRACE: u64 = 30;
