//! `msal emulator serve`: the Microsoft identity platform on this machine.

mod files;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use msal_emulator::{
    AuditRecord, Config, Directory, Emulator, Rotation, Server, ServerBuilder, ServerError,
    Settings, Signatures, sample,
};
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::bounded;
use crate::cli::{ServeArgs, ServeRotation};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BOLD, DIM, HINT, Printer};
use crate::outside::Outside;
use crate::signal::stop;
use crate::wrap::wrapped;
use crate::{runtime, terminal, text};

/// Where the server listens when nobody says otherwise.
const DEFAULT_PORT: u16 = 8443;

/// How often the audit log is written out.
const AUDIT_INTERVAL: Duration = Duration::from_millis(20);

/// The largest configuration: a hundred thousand users, each in a section of its own.
const LARGEST_CONFIG: usize = 64 << 20;

pub(super) fn run(arguments: &ServeArgs, printer: &Printer) -> Result<Exit, Failure> {
    files::check(arguments)?;
    let audit = arguments
        .audit
        .as_deref()
        .map(files::open_audit)
        .transpose()?;
    let (ca_file, _kept) = ca_file(arguments)?;
    let builder = server(arguments)?.ca_out(&ca_file);
    runtime::require_files()?;
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::new(&error))?
        .block_on(async {
            let server = builder.start().await.map_err(|error| not_started(&error))?;
            let mut log = audit.map(|file| AuditFile {
                file,
                emulator: Arc::clone(server.emulator()),
            });
            if let Some(log) = &mut log {
                // From here on the emulator holds every record until it is written.
                log.write_out()?;
            }
            tokio::select! {
                // First, so that it listens to signals before anybody is told that it runs.
                biased;
                () = stop() => {}
                failure = async {
                    announce(&server, &ca_file, arguments, printer);
                    AuditFile::follow(log.as_mut()).await
                } => return Err(failure),
            }
            server.shutdown().await;
            if let Some(log) = &mut log {
                log.write_out()?;
            }
            Ok(Exit::Success)
        })
}

fn server(arguments: &ServeArgs) -> Result<ServerBuilder, Failure> {
    let change = |settings: Settings| overridden(settings, arguments);
    let mut port = arguments.port;
    let mut builder = match &arguments.config {
        Some(path) => {
            let text = bounded::read_text(path, LARGEST_CONFIG).map_err(|error| {
                Failure::usage(
                    format!("cannot read {}: {error}", path.display()),
                    "name a TOML file",
                )
            })?;
            let config = Config::from_toml(&text).map_err(|error| {
                Failure::usage(
                    format!("{}: {error}", path.display()),
                    "the crate documentation of msal-emulator lists every key",
                )
            })?;
            let latency = config.latency();
            port = port.or_else(|| config.port());
            Server::configured(config.with_settings(change)).latency(latency)
        }
        None => Server::builder(Emulator::with_settings(
            Directory::sample(),
            change(Settings::default()),
        )),
    };
    if arguments.latency > 0 {
        builder = builder.latency(Duration::from_millis(arguments.latency));
    }
    if let Some(port) = arguments.admin_port {
        builder = builder.admin_port(port);
    }
    if let Some(port) = arguments.managed_identity_port {
        builder = builder.managed_identity_port(port);
    }
    if arguments.arc_key_file.is_some() {
        builder = builder.keep_arc_key();
    }
    Ok(builder.port(port.unwrap_or(DEFAULT_PORT)))
}

fn overridden(mut settings: Settings, arguments: &ServeArgs) -> Settings {
    if arguments.cheap_signatures {
        settings = settings.signatures(Signatures::Cheap);
    }
    settings = match arguments.rotation {
        Some(ServeRotation::Reusable) => settings.rotation(Rotation::Reusable),
        Some(ServeRotation::SingleUse) => settings.rotation(Rotation::SingleUse),
        Some(ServeRotation::ReuseDetection) => {
            settings.rotation(Rotation::SingleUseWithReuseDetection)
        }
        None => settings,
    };
    if let Some(path) = &arguments.arc_key_file {
        settings = settings.arc_key_file(path);
    }
    settings
}

/// Where the certificate authority goes: to the file that was named, else to a new one that is removed at the end.
fn ca_file(arguments: &ServeArgs) -> Result<(PathBuf, Option<tempfile::TempPath>), Failure> {
    if let Some(path) = &arguments.ca_out {
        return Ok((path.clone(), None));
    }
    let file = tempfile::Builder::new()
        .prefix("msal-emulator-")
        .suffix(".pem")
        .tempfile();
    let path = file.map_err(|error| Failure::new(&error))?.into_temp_path();
    Ok((path.to_path_buf(), Some(path)))
}

fn not_started(error: &ServerError) -> Failure {
    let hint = match error {
        ServerError::Bind { .. } => {
            "another program may hold the port: choose one with --port, or 0 for any"
        }
        ServerError::Occupied { .. } => {
            "name another file with --ca-out or --arc-key-file, or remove this one"
        }
        ServerError::WriteArcKey { .. } | ServerError::WriteCa { .. } => {
            "name a file that can be written with --ca-out or --arc-key-file"
        }
        // What is left is the certificate, of which only names can be wrong.
        _ => "the names in the configuration must be host names",
    };
    Failure::new(error).with_hint(hint)
}

/// The audit log as a file of JSON lines.
struct AuditFile {
    file: File,
    emulator: Arc<Emulator>,
}

impl AuditFile {
    /// Writes the log out for as long as it can be written.
    async fn follow(log: Option<&mut Self>) -> Failure {
        let Some(log) = log else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(AUDIT_INTERVAL).await;
            if let Err(failure) = log.write_out() {
                return failure;
            }
        }
    }

    fn write_out(&mut self) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for record in self.emulator.take_audit() {
            lines.extend_from_slice(to_json(&record).to_string().as_bytes());
            lines.push(b'\n');
        }
        self.file
            .write_all(&lines)
            .map_err(|error| Failure::new(&error))
    }
}

fn to_json(record: &AuditRecord) -> Value {
    let at = record.at.duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({
        "at": at.as_secs_f64(),
        "method": record.method,
        "path": record.path,
        "endpoint": format!("{:?}", record.endpoint),
        "grant_type": record.grant_type,
        "client_id": record.client_id,
        "user": record.user,
        "refresh_token": record.refresh_token.map(|id| id.to_string()),
        "asked_for": record.asked_for,
        "parameters": record.parameters,
        "client_sku": record.client_sku,
        "correlation_id": record.correlation_id,
        "status": record.status,
        "aadsts": record.aadsts,
        "faulted": record.faulted,
    })
}

fn announce(server: &Server, ca_file: &Path, arguments: &ServeArgs, printer: &Printer) {
    let directory = server.emulator().directory();
    if printer.is_json() {
        printer.json(&json!({
            "url": server.url(),
            "ca_file": ca_file.display().to_string(),
            "admin_url": server.admin_url(),
            "managed_identity_url": server.managed_identity_url(),
            "thumbprint": server.thumbprint(),
            "verifiable": server.emulator().signatures() == Signatures::Rs256,
            "tenants": directory.tenants().map(|tenant| json!({
                "id": tenant.id, "domain": tenant.domain, "users": tenant.users,
            })).collect::<Vec<_>>(),
            "apps": directory.apps().map(|app| json!({
                "client_id": app.client_id, "name": app.name, "public": app.public,
            })).collect::<Vec<_>>(),
        }));
        return;
    }
    printer.text(&introduction(server, ca_file, arguments.config.is_none()));
}

fn introduction(server: &Server, ca_file: &Path, is_sample: bool) -> String {
    let (url, ca) = (server.url(), Outside(ca_file.display()));
    let directory = server.emulator().directory();
    let mut out = format!("{BOLD}The Microsoft identity platform, emulated{BOLD:#}\n\n");
    let mut places = vec![
        ("url".to_owned(), url.clone()),
        ("trust".to_owned(), format!("{ca}")),
    ];
    places.extend(server.admin_url().map(|url| ("admin".to_owned(), url)));
    if let Some(url) = server.managed_identity_url() {
        places.push(("managed identity".to_owned(), url));
        // Service Fabric's applications are told which certificate to expect.
        places.push(("thumbprint".to_owned(), server.thumbprint().to_owned()));
    }
    let bold_url = format!("{BOLD}{url}{BOLD:#}");
    out.push_str(&text::table(&places).replacen(&url, &bold_url, 1));
    if server.emulator().signatures() != Signatures::Rs256 {
        out.push_str("\n  signatures are constants: nobody can verify these tokens\n");
    }
    out.push_str(&format!("\n{DIM}tenants and some of their users{DIM:#}\n"));
    let tenants: Vec<_> = directory
        .tenants()
        .map(|tenant| (tenant.domain, tenant.users.join(", ")))
        .collect();
    out.push_str(&text::table(&tenants));
    out.push_str(&format!("\n{DIM}applications{DIM:#}\n"));
    let apps: Vec<_> = directory
        .apps()
        .map(|app| {
            let kind = if app.public { "public" } else { "confidential" };
            (app.client_id, format!("{kind:12}  {}", app.name))
        })
        .collect();
    out.push_str(&text::table(&apps));
    if is_sample {
        out.push_str(&format!(
            "\n  every user's password is {BOLD}{}{BOLD:#}, the web application's secret is {BOLD}{}{BOLD:#}\n",
            sample::PASSWORD,
            sample::WEB_SECRET
        ));
    }
    let mut out = wrapped(&out, terminal::columns());
    if is_sample {
        // What is copied is not broken.
        out.push_str(&try_it(&url, &ca.to_string()));
    }
    out.push_str(&format!(
        "\n{DIM}Ctrl-C stops it; nothing is kept.{DIM:#}\n"
    ));
    out
}

/// One line each for the clients people have at hand.
fn try_it(url: &str, ca: &str) -> String {
    let host = url.trim_start_matches("https://");
    let (app, domain) = (sample::DESKTOP, sample::CONTOSO);
    let user = sample::ALICE;
    format!(
        "\n{DIM}try it{DIM:#}\n\
         {HINT}curl{HINT:#}\n  curl --cacert {ca} {url}/{domain}/oauth2/v2.0/token -d client_id={app} \
         -d grant_type=password -d username={user} -d password={} -d 'scope=openid offline_access User.Read'\n\
         {HINT}MSAL Python{HINT:#}\n  msal.PublicClientApplication(\"{app}\", authority=\"{url}/{domain}\", \
         instance_discovery=False, verify=\"{ca}\")\n\
         {HINT}msal-node{HINT:#} (with NODE_EXTRA_CA_CERTS={ca})\n  new PublicClientApplication({{ auth: {{ clientId: \
         \"{app}\", authority: \"{url}/{domain}\", knownAuthorities: [\"{host}\"] }} }})\n",
        sample::PASSWORD,
    )
}
