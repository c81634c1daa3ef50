//! Applications, APIs and managed identities, as the file writes them.

use serde::Deserialize;
use toml::Spanned;

use crate::config::flaw::{Flaw, Flaws, NameSpans, Role};
use crate::directory::{App, Certificate, ManagedIdentity, RedirectKind, Resource};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppWire {
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
    /// It may have id_tokens, and access tokens, from the authorization endpoint.
    #[serde(default)]
    id_tokens: bool,
    #[serde(default)]
    access_tokens: bool,
    front_channel_logout: Option<String>,
    /// The APIs of its registration; by default, all.
    #[serde(default)]
    resources: Vec<String>,
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
pub(crate) struct ResourceWire {
    uri: Spanned<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    id: Option<Spanned<String>>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    v2_tokens: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagedIdentityWire {
    tenant: Spanned<String>,
    client_id: Option<String>,
    object_id: Option<Spanned<String>>,
    resource_id: Option<String>,
}

impl AppWire {
    pub(crate) fn read(self, spans: &mut NameSpans, flaws: &mut Flaws) -> App {
        let mut app = App::public(spans.note(Role::Client, self.client_id));
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
                span: Some(pem.span()),
                reason: error.to_string(),
            });
            let certificate = flaws.note(certificate);
            app = certificate.into_iter().fold(app, App::certificate);
        }
        app.public = self.public.unwrap_or(holds_nothing);
        app.name = self.name;
        app.family = self.family;
        app.id_tokens = self.id_tokens;
        app.access_tokens = self.access_tokens;
        app.front_channel_logout = self.front_channel_logout;
        app.resources = self.resources;
        if let Some(tenant) = self.single_tenant {
            app = app.single_tenant(spans.note(Role::TenantReference, tenant));
        }
        for redirect in self.redirects {
            let kind = match redirect.kind {
                RedirectKindWire::Native => RedirectKind::Native,
                RedirectKindWire::Spa => RedirectKind::Spa,
                RedirectKindWire::Web => RedirectKind::Web,
            };
            app = app.redirect(kind, redirect.uri);
        }
        app
    }
}

impl ResourceWire {
    pub(crate) fn read(self, spans: &mut NameSpans) -> Resource {
        let mut resource = Resource::new(spans.note(Role::Resource, self.uri));
        resource.id = self.id.map(|id| spans.note(Role::ResourceId, id));
        let aliases = self.aliases.into_iter();
        let aliases = aliases.map(|alias| spans.note(Role::Resource, alias));
        resource.uris.extend(aliases);
        resource.scopes = self.scopes;
        resource.v2_tokens = self.v2_tokens;
        resource
    }
}

impl ManagedIdentityWire {
    pub(crate) fn read(self, spans: &mut NameSpans) -> ManagedIdentity {
        let tenant = spans.note(Role::TenantReference, self.tenant);
        let mut identity = match self.client_id {
            Some(client_id) => ManagedIdentity::user_assigned(tenant, client_id),
            None => ManagedIdentity::system_assigned(tenant),
        };
        identity.object_id = self.object_id.map(|id| spans.note(Role::ObjectId, id));
        identity.resource_id = self.resource_id;
        identity
    }
}
