//! The configuration file as it is written.

use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::fault::FaultWire;
use super::{Config, ServerSettings};
use crate::directory::{
    App, Certificate, Directory, DirectoryError, ManagedIdentity, Policy, RedirectKind,
    Requirement, Resource, Tenant, User, UserPattern,
};
use crate::secret::Secret;
use crate::settings::{Rotation, Settings, SignIn, Signatures};

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManagedIdentityWire {
    tenant: Spanned<String>,
    client_id: Option<Spanned<String>>,
    object_id: Option<Spanned<String>>,
    resource_id: Option<String>,
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantWire {
    domain: Spanned<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    id: Option<Spanned<String>>,
    name: Option<String>,
    #[serde(default)]
    federated: bool,
    users: Option<UserPatternWire>,
    #[serde(default)]
    user: Vec<UserWire>,
    #[serde(default)]
    guest: Vec<GuestWire>,
    #[serde(default)]
    policy: Vec<PolicyWire>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserPatternWire {
    pattern: Spanned<String>,
    count: u64,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserWire {
    upn: Spanned<String>,
    password: String,
    object_id: Option<Spanned<String>>,
    given_name: Option<String>,
    family_name: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    second_factor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuestWire {
    upn: Spanned<String>,
    object_id: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyWire {
    requires: RequirementWire,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    clients: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RequirementWire {
    Block,
    CompliantDevice,
    Consent,
    Mfa,
    MfaEnrolment,
    SignInFrequency,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppWire {
    client_id: Spanned<String>,
    name: Option<String>,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    expired_secrets: Vec<String>,
    /// In PEM form.
    #[serde(default)]
    certificates: Vec<Spanned<String>>,
    /// Subjects of federated credentials.
    #[serde(default)]
    trusts: Vec<String>,
    /// Whether it needs no secret; by default, when it has none.
    public: Option<bool>,
    single_tenant: Option<Spanned<String>>,
    #[serde(default)]
    family: bool,
    #[serde(default)]
    redirects: Vec<RedirectWire>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectWire {
    uri: String,
    #[serde(default)]
    kind: RedirectKindWire,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RedirectKindWire {
    #[default]
    Native,
    Spa,
    Web,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceWire {
    uri: Spanned<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    id: Option<Spanned<String>>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    v2_tokens: bool,
}

impl ConfigWire {
    pub(super) fn read(self) -> Result<Config, Flaw> {
        let mut places = Places::default();
        let mut builder = Directory::builder();
        for tenant in self.tenant {
            builder = builder.tenant(tenant.read(&mut places));
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
            audit_capacity: self.audit_capacity.unwrap_or(defaults.audit_capacity),
            seed: self.seed.unwrap_or(defaults.seed),
        })
    }
}

impl TenantWire {
    fn read(self, places: &mut Places) -> Tenant {
        let mut tenant = Tenant::new(places.note(self.domain));
        tenant.name = self.name;
        tenant.federated = self.federated;
        tenant.id = self.id.map(|id| places.note(id));
        tenant
            .domains
            .extend(self.aliases.into_iter().map(|alias| places.note(alias)));
        for user in self.user {
            tenant = tenant.user(user.read(places));
        }
        if let Some(users) = self.users {
            tenant = tenant.users(UserPattern::new(
                places.note(users.pattern),
                users.count,
                users.password,
            ));
        }
        for guest in self.guest {
            let upn = places.note(guest.upn);
            tenant = match guest.object_id {
                Some(id) => tenant.guest_as(upn, places.note(id)),
                None => tenant.guest(upn),
            };
        }
        tenant
            .policies
            .extend(self.policy.into_iter().map(PolicyWire::read));
        tenant
    }
}

impl UserWire {
    fn read(self, places: &mut Places) -> User {
        let mut user = User::new(places.note(self.upn), self.password);
        user.object_id = self.object_id.map(|id| places.note(id));
        user.given_name = self.given_name;
        user.family_name = self.family_name;
        user.enabled = self.enabled;
        match self.second_factor {
            Some(code) => user.second_factor(code),
            None => user,
        }
    }
}

impl PolicyWire {
    fn read(self) -> Policy {
        let mut policy = Policy::new(match self.requires {
            RequirementWire::Block => Requirement::Block,
            RequirementWire::CompliantDevice => Requirement::CompliantDevice,
            RequirementWire::Consent => Requirement::Consent,
            RequirementWire::Mfa => Requirement::Mfa,
            RequirementWire::MfaEnrolment => Requirement::MfaEnrolment,
            RequirementWire::SignInFrequency => Requirement::SignInFrequency,
        });
        policy = self.users.into_iter().fold(policy, Policy::user);
        policy = self.resources.into_iter().fold(policy, Policy::resource);
        self.clients.into_iter().fold(policy, Policy::client)
    }
}

impl AppWire {
    fn read(self, places: &mut Places) -> Result<App, Flaw> {
        let mut app = App::public(places.note(self.client_id));
        let holds_nothing =
            self.secrets.is_empty() && self.certificates.is_empty() && self.trusts.is_empty();
        app = self.secrets.into_iter().fold(app, App::secret);
        app = self
            .expired_secrets
            .into_iter()
            .fold(app, App::expired_secret);
        app = self.trusts.into_iter().fold(app, App::trusts);
        for pem in self.certificates {
            let certificate = Certificate::from_pem(pem.get_ref()).map_err(|error| Flaw {
                place: Some(pem.span()),
                reason: error.to_string(),
            })?;
            app = app.certificate(certificate);
        }
        app.public = self.public.unwrap_or(holds_nothing);
        app.name = self.name;
        app.family = self.family;
        if let Some(tenant) = self.single_tenant {
            app = app.single_tenant(places.note(tenant));
        }
        for redirect in self.redirects {
            let kind = match redirect.kind {
                RedirectKindWire::Native => RedirectKind::Native,
                RedirectKindWire::Spa => RedirectKind::Spa,
                RedirectKindWire::Web => RedirectKind::Web,
            };
            app = app.redirect(kind, redirect.uri);
        }
        Ok(app)
    }
}

impl ManagedIdentityWire {
    fn read(self, places: &mut Places) -> ManagedIdentity {
        let tenant = places.note(self.tenant);
        let mut identity = match self.client_id {
            Some(client_id) => ManagedIdentity::user_assigned(tenant, places.note(client_id)),
            None => ManagedIdentity::system_assigned(tenant),
        };
        identity.object_id = self.object_id.map(|id| places.note(id));
        identity.resource_id = self.resource_id;
        identity
    }
}

impl ResourceWire {
    fn read(self, places: &mut Places) -> Resource {
        let mut resource = Resource::new(places.note(self.uri));
        resource.id = self.id.map(|id| places.note(id));
        resource
            .uris
            .extend(self.aliases.into_iter().map(|alias| places.note(alias)));
        resource.scopes = self.scopes;
        resource.v2_tokens = self.v2_tokens;
        resource
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

const fn yes() -> bool {
    true
}

const DEFAULT_GRACE: u64 = 30;
