//! Applications: the clients that ask for tokens.

use super::certificate::Certificate;
use super::index::{AppIndex, TenantIndex};
use super::secret::Secret;

/// The declaration of an application.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) client_id: String,
    pub(crate) name: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) single_tenant: bool,
    pub(crate) public: bool,
    pub(crate) family: bool,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) expired_secrets: Vec<Secret>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) trusted_subjects: Vec<String>,
    pub(crate) redirects: Vec<Redirect>,
    pub(crate) id_tokens: bool,
    pub(crate) access_tokens: bool,
    pub(crate) front_channel_logout: Option<String>,
    pub(crate) resources: Vec<String>,
}

/// Where an authorization code may be sent, and the kind of client that receives it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) uri: String,
    pub(crate) kind: RedirectKind,
}

/// The platform under which a redirect URI is registered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectKind {
    /// Mobile and desktop applications: loopback addresses match on any port.
    #[default]
    Native,
    /// Single-page applications: refresh tokens live for a fixed 24 hours.
    Spa,
    /// Web applications, which hold a client secret.
    Web,
}

impl App {
    /// A client without a secret: a desktop, mobile or command-line application.
    pub fn public(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            name: None,
            tenant: None,
            single_tenant: false,
            public: true,
            family: false,
            secrets: Vec::new(),
            expired_secrets: Vec::new(),
            certificates: Vec::new(),
            trusted_subjects: Vec::new(),
            redirects: Vec::new(),
            id_tokens: false,
            access_tokens: false,
            front_channel_logout: None,
            resources: Vec::new(),
        }
    }

    /// A client that proves itself by a secret.
    pub fn confidential(client_id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self {
            public: false,
            ..Self::public(client_id)
        }
        .secret(secret)
    }

    /// Sets the name that error texts show; the client id by default.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds another valid secret, as during a rotation of secrets.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Adds a secret that has expired: it answers AADSTS7000222.
    #[must_use]
    pub fn expired_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.expired_secrets.push(secret.into());
        self
    }

    /// A client that proves itself by a certificate.
    pub fn with_certificate(client_id: impl Into<String>, certificate: Certificate) -> Self {
        Self {
            public: false,
            ..Self::public(client_id)
        }
        .certificate(certificate)
    }

    /// Adds a certificate whose key may sign the client's assertions, with ES256, PS256 or RS256.
    #[must_use]
    pub fn certificate(mut self, certificate: Certificate) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// Adds a federated credential: the `sub` of a token of this emulator, for `api://AzureADTokenExchange`,
    /// that the client may present in place of an assertion.
    #[must_use]
    pub fn trusts(mut self, subject: impl Into<String>) -> Self {
        self.trusted_subjects.push(subject.into());
        self.public = false;
        self
    }

    /// Registers the application in one tenant (by domain or GUID) and for that tenant's users only.
    #[must_use]
    pub fn single_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self.single_tenant = true;
        self
    }

    /// Makes the client a member of the family of client ids: its refresh tokens serve every other member.
    #[must_use]
    pub fn family(mut self) -> Self {
        self.family = true;
        self
    }

    /// Lets the authorization endpoint issue id_tokens to the client (`response_type=id_token`, `code id_token`);
    /// without this it answers AADSTS700054.
    #[must_use]
    pub fn id_tokens(mut self) -> Self {
        self.id_tokens = true;
        self
    }

    /// Lets the authorization endpoint issue access tokens to the client (`response_type=token`); without this it
    /// answers AADSTS700051.
    #[must_use]
    pub fn access_tokens(mut self) -> Self {
        self.access_tokens = true;
        self
    }

    /// Sets the URL that the sign-out page loads in a frame, with the `sid` of the session that ends
    /// (OpenID Connect Front-Channel Logout 1.0).
    #[must_use]
    pub fn front_channel_logout(mut self, url: impl Into<String>) -> Self {
        self.front_channel_logout = Some(url.into());
        self
    }

    /// Lists an API in the registration, by URI or application id. A client that lists some gets tokens for no
    /// other: AADSTS650057.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resources.push(resource.into());
        self
    }

    /// Registers a redirect URI.
    #[must_use]
    pub fn redirect(mut self, kind: RedirectKind, uri: impl Into<String>) -> Self {
        self.redirects.push(Redirect {
            uri: uri.into(),
            kind,
        });
        self
    }

    /// The declared applications, after those that every directory has. The latter come first even when they are
    /// declared, so that positions do not change when a directory grows.
    pub(crate) fn with_standard(mut declared: Vec<Self>) -> Vec<Self> {
        let mut all: Vec<Self> = Self::standard().into();
        for app in &mut all {
            let is = |other: &Self| other.client_id.eq_ignore_ascii_case(&app.client_id);
            if let Some(position) = declared.iter().position(is) {
                *app = declared.remove(position);
            }
        }
        all.extend(declared);
        all
    }

    /// What every directory has without a registration: Azure CLI and Azure PowerShell. Programs that use the Azure
    /// SDKs without a client id of their own use that of Azure CLI.
    fn standard() -> [Self; STANDARD] {
        let app = |client_id, name| {
            let app = Self::public(client_id).name(name).family();
            app.redirect(RedirectKind::Native, "http://localhost")
        };
        [
            app(
                "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
                "Microsoft Azure CLI",
            ),
            app(
                "1950a258-227b-4e31-a9cf-717495945fc2",
                "Microsoft Azure PowerShell",
            ),
        ]
    }
}

/// An application of a built directory.
#[derive(Debug)]
pub(crate) struct AppEntry {
    pub(crate) index: AppIndex,
    pub(crate) client_id: String,
    pub(crate) name: String,
    /// The only tenant whose users may use it.
    pub(crate) only_tenant: Option<TenantIndex>,
    pub(crate) public: bool,
    pub(crate) family: bool,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) expired_secrets: Vec<Secret>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) trusted_subjects: Vec<String>,
    pub(crate) redirects: Vec<Redirect>,
    pub(crate) id_tokens: bool,
    pub(crate) access_tokens: bool,
    pub(crate) front_channel_logout: Option<String>,
    pub(crate) resources: Vec<String>,
}

/// How many applications every directory has.
pub(crate) const STANDARD: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_applications_stay_in_their_places_when_one_is_declared() {
        let ids = |declared: &[&str]| -> Vec<String> {
            let declared = declared.iter().map(|id| App::public(*id)).collect();
            let all = App::with_standard(declared);
            all.into_iter().map(|app| app.client_id).collect()
        };
        let [cli, shell] = App::standard().map(|app| app.client_id);
        assert_eq!(ids(&["one"]), [&*cli, &shell, "one"]);
        let declared = shell.to_uppercase();
        assert_eq!(ids(&["one", &declared]), [&*cli, &declared, "one"]);
        assert_eq!(ids(&[&cli, &cli]), [&*cli, &shell, &cli]);
    }
}
