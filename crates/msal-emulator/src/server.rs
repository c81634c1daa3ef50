//! The HTTPS server around an [`Emulator`].
//!
//! It listens on the loopback interface only, speaks HTTP/1.1 and HTTP/2, and makes a certificate authority of its own
//! when it starts. The private key of the authority is dropped as soon as the certificate of the server is signed, so
//! that whoever trusts the authority trusts this server and nothing else.

mod arc_key;
mod body;
mod connection;
mod error;
mod listen;
mod own_file;
mod tls;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub use error::ServerError;

use crate::config::Config;
use crate::emulator::Emulator;
use arc_key::ArcKey;
use connection::{PortKind, Service};
use listen::{listen_if, listen_on};

/// A running HTTPS server. Dropping it stops it at once.
#[derive(Debug)]
pub struct Server {
    emulator: Arc<Emulator>,
    port: u16,
    admin_port: Option<u16>,
    managed_identity_port: Option<u16>,
    ca_pem: String,
    thumbprint: String,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    _arc_key: Option<ArcKey>,
}

impl Server {
    /// Starts to describe a server for `emulator`.
    pub fn builder(emulator: impl Into<Arc<Emulator>>) -> ServerBuilder {
        ServerBuilder {
            emulator: emulator.into(),
            port: 0,
            admin_port: None,
            managed_identity_port: None,
            latency: Duration::ZERO,
            names: Vec::new(),
            ca_out: None,
            keep_arc_key: false,
            max_body: 1024 * 1024,
        }
    }

    /// Starts to describe a server as a configuration file says.
    pub fn configured(config: Config) -> ServerBuilder {
        let (port, latency, names) = (config.port(), config.latency(), config.names().to_vec());
        let (admin_port, managed_identity_port) =
            (config.admin_port(), config.managed_identity_port());
        let keep_arc_key = config.keeps_arc_key();
        let builder = Self::builder(config.into_emulator())
            .port(port.unwrap_or(0))
            .latency(latency);
        ServerBuilder {
            names,
            admin_port,
            managed_identity_port,
            keep_arc_key,
            ..builder
        }
    }

    /// The base URL, such as `https://localhost:8443`; the tenant follows it.
    pub fn url(&self) -> String {
        match self.port {
            443 => "https://localhost".to_owned(),
            port => format!("https://localhost:{port}"),
        }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The base URL of the admin API, such as `http://localhost:8444`, if it was asked for.
    pub fn admin_url(&self) -> Option<String> {
        self.admin_port
            .map(|port| format!("http://localhost:{port}"))
    }

    /// The base URL of the managed identity endpoints over plain HTTP, for
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST` and its like, if it was asked for.
    pub fn managed_identity_url(&self) -> Option<String> {
        self.managed_identity_port
            .map(|port| format!("http://localhost:{port}"))
    }

    /// The certificate to trust, in PEM form.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The SHA-1 thumbprint of the server's certificate in hexadecimal: what Service Fabric gives its
    /// applications as `IDENTITY_SERVER_THUMBPRINT`, beside [`Self::url`] and the path
    /// `/metadata/identity/oauth2/token` as `IDENTITY_ENDPOINT`.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The emulator behind it.
    pub fn emulator(&self) -> &Arc<Emulator> {
        &self.emulator
    }

    /// Stops listening, lets open requests finish, and returns when all connections are closed.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        for listener in &mut self.listeners {
            // A listener that panicked is as closed as the others.
            let _ = listener.await;
        }
        self.stop.closed().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for listener in &self.listeners {
            listener.abort();
        }
    }
}

/// Describes a [`Server`].
///
/// | setting | default |
/// | --- | --- |
/// | port | any free one |
/// | latency of the token endpoint | none |
/// | names in the certificate | `localhost`, `127.0.0.1`, `::1` |
/// | longest request body | 1 MiB; a longer one is answered with 413 |
#[derive(Debug)]
pub struct ServerBuilder {
    emulator: Arc<Emulator>,
    port: u16,
    admin_port: Option<u16>,
    managed_identity_port: Option<u16>,
    latency: Duration,
    names: Vec<String>,
    ca_out: Option<PathBuf>,
    keep_arc_key: bool,
    max_body: usize,
}

impl ServerBuilder {
    /// Sets the port; 0 takes any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Offers the admin API on a port of its own; 0 takes any free one. See [`Emulator::administer`].
    #[must_use]
    pub fn admin_port(mut self, port: u16) -> Self {
        self.admin_port = Some(port);
        self
    }

    /// Offers the managed identity endpoints over plain HTTP, as machines have them; 0 takes any free port.
    #[must_use]
    pub fn managed_identity_port(mut self, port: u16) -> Self {
        self.managed_identity_port = Some(port);
        self
    }

    /// Makes the token endpoint wait before it answers.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Adds a host name to the certificate, such as `login.microsoftonline.com`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Writes the certificate to trust to a file, in PEM form. One that an earlier server has written is replaced; a file
    /// that holds anything else is not, and then the server does not start.
    #[must_use]
    pub fn ca_out(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_out = Some(path.into());
        self
    }

    /// Keeps Azure Arc's key in the file that its challenge names while the server runs, as the agent of Azure
    /// Arc does. See [`Settings::arc_key_file`](crate::Settings::arc_key_file).
    #[must_use]
    pub fn keep_arc_key(mut self) -> Self {
        self.keep_arc_key = true;
        self
    }

    /// Sets how many bytes a request body may have.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Binds the port and starts to serve, on the tasks of the current Tokio runtime.
    ///
    /// # Errors
    ///
    /// Fails when the port is taken, a name cannot be in a certificate, or a file cannot be written or holds something else
    /// than an earlier server has written.
    pub async fn start(self) -> Result<Server, ServerError> {
        let identity = tls::TlsIdentity::new(&self.names)?;
        let (sockets, port) = listen_on(self.port).await?;
        let (admin, admin_port) = listen_if(self.admin_port).await?;
        let (machines, managed_identity_port) = listen_if(self.managed_identity_port).await?;
        if let Some(path) = &self.ca_out {
            tls::write_authority(path, &identity.ca_pem)?;
        }
        let arc_key = self.arc_key()?;
        let (stop, stopped) = watch::channel(false);
        let public = PortKind::Public(TlsAcceptor::from(Arc::new(identity.config)));
        let ports = [
            (public, sockets),
            (PortKind::Admin, admin),
            (PortKind::ManagedIdentity, machines),
        ];
        let mut listeners = Vec::new();
        for (kind, sockets) in ports {
            let service = Arc::new(Service {
                emulator: Arc::clone(&self.emulator),
                kind,
                latency: self.latency,
                max_body: self.max_body,
            });
            listeners.extend(sockets.into_iter().map(|socket| {
                let accept = connection::accept(socket, Arc::clone(&service), stopped.clone());
                tokio::spawn(accept)
            }));
        }
        Ok(Server {
            emulator: self.emulator,
            port,
            admin_port,
            managed_identity_port,
            ca_pem: identity.ca_pem,
            thumbprint: identity.thumbprint,
            stop,
            listeners,
            _arc_key: arc_key,
        })
    }

    fn arc_key(&self) -> Result<Option<ArcKey>, ServerError> {
        let settings = self.emulator.settings();
        let path = PathBuf::from(&settings.arc_key_file);
        if !self.keep_arc_key {
            return Ok(None);
        }
        match ArcKey::write(path.clone(), &settings.identity_header) {
            Ok(Some(key)) => Ok(Some(key)),
            Ok(None) => Err(ServerError::Occupied {
                path,
                what: "the key of Azure Arc",
            }),
            Err(source) => Err(ServerError::WriteArcKey { path, source }),
        }
    }
}
