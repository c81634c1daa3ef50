//! How tokens are made, as the file writes it.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use crate::config::flaw::Flaw;
use crate::directory::Secret;
use crate::settings::{Rotation, Settings, SignIn, Signatures};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokensWire {
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

impl TokensWire {
    pub(crate) fn read(self) -> Result<Settings, Flaw> {
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
                    span: Some(grace.span()),
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

const DEFAULT_GRACE: u64 = 30;
