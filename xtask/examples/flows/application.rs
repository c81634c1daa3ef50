//! The application that the first line describes.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use msal::{
    Application, ApplicationBuilder, Authority, Certificate, ClientApplication, ClientCredential,
    ConfidentialClientApplication, DeviceFlow, FileStore, HttpSettings, HttpsClient,
    PublicClientApplication, Runtime,
};
use serde_json::Value;

use crate::Failure;
use crate::harness::Waits;
use crate::options::{has, text, texts};

/// An application, and the flows that it has begun.
pub(crate) struct App {
    pub(crate) kind: Kind,
    /// With the calls of both kinds.
    pub(crate) any: ClientApplication,
    pub(crate) runtime: Runtime,
    pub(crate) device_flow: Option<DeviceFlow>,
    /// What would be in a web session, by the name that the caller gave it.
    pub(crate) sessions: BTreeMap<String, String>,
}

pub(crate) enum Kind {
    Public(PublicClientApplication),
    Confidential(ConfidentialClientApplication),
}

impl App {
    pub(crate) fn new(settings: &Value) -> Result<Self, Failure> {
        let authorities = fs::read(text(settings, "ca")?)?;
        let http = HttpsClient::new(HttpSettings::default().authorities_pem(&authorities)?);
        let runtime = Runtime::with_http(Arc::new(http)).with_clock(Waits::default());
        let id = text(settings, "clientId")?;
        let kind = match credential(settings)? {
            None => {
                let builder = PublicClientApplication::builder(id);
                Kind::Public(built(builder, settings, &runtime)?)
            }
            Some(credential) => {
                let builder = ConfidentialClientApplication::builder(id, credential);
                Kind::Confidential(built(builder, settings, &runtime)?)
            }
        };
        let any = match &kind {
            Kind::Public(app) => app.clone().into(),
            Kind::Confidential(app) => app.clone().into(),
        };
        Ok(Self {
            kind,
            any,
            runtime,
            device_flow: None,
            sessions: BTreeMap::new(),
        })
    }

    pub(crate) fn public(&self) -> Result<&PublicClientApplication, Failure> {
        match &self.kind {
            Kind::Public(app) => Ok(app),
            Kind::Confidential(_) => Err("only a public client has this call".into()),
        }
    }

    pub(crate) fn confidential(&self) -> Result<&ConfidentialClientApplication, Failure> {
        match &self.kind {
            Kind::Confidential(app) => Ok(app),
            Kind::Public(_) => Err("only a confidential client has this call".into()),
        }
    }
}

fn built<K>(
    mut builder: ApplicationBuilder<K>,
    settings: &Value,
    runtime: &Runtime,
) -> Result<Application<K>, Failure> {
    if has(settings, "authority") {
        builder = builder.authority(Authority::parse(text(settings, "authority")?)?);
    }
    if has(settings, "oidcAuthority") {
        builder = builder.known_authority(Authority::oidc(text(settings, "oidcAuthority")?)?);
    }
    if has(settings, "appName") {
        builder = builder
            .app_name(text(settings, "appName")?)
            .app_version(text(settings, "appVersion")?);
    }
    let app = builder
        .client_capabilities(texts(settings, "capabilities"))
        .store(FileStore::new(text(settings, "cache")?))
        .runtime(runtime.clone())
        .build()?;
    Ok(app)
}

fn credential(settings: &Value) -> Result<Option<ClientCredential>, Failure> {
    if has(settings, "secret") {
        return Ok(Some(ClientCredential::secret(text(settings, "secret")?)));
    }
    if has(settings, "assertionFile") {
        let path = text(settings, "assertionFile")?;
        return Ok(Some(ClientCredential::assertion_file(path)));
    }
    if !has(settings, "certificate") {
        return Ok(None);
    }
    let passphrase = settings["passphrase"].as_str().map(Into::into);
    let mut certificate = Certificate::from_file(text(settings, "certificate")?, passphrase)?;
    if settings["sendChain"] == true {
        certificate = certificate.send_chain();
    }
    Ok(Some(certificate.into()))
}
