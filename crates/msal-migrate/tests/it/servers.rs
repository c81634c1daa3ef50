//! Real servers of PostgreSQL and MariaDB, each in a folder of its own, on a socket and a port of the loopback interface.
//!
//! All tests that run at the same time share one of each. It ends with the last of them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

use msal_migrate::{DatabaseLogin, DatabasePassword, DatabaseUrl};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// What its one user is called, and says.
pub(crate) const USER: &str = "reader";
pub(crate) const PASSWORD: &str = "pass:w0rd \\";

/// Which server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    MariaDb,
    Postgres,
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) port: u16,
    folder: TempDir,
    process: Child,
}

/// A database of its own on a server, with a user who may do everything in it.
pub(crate) struct TestDatabase {
    pub(crate) server: Arc<Server>,
    pub(crate) name: String,
}

static RUNNING: [Mutex<Weak<Server>>; 2] = [Mutex::new(Weak::new()), Mutex::new(Weak::new())];
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A new database on each server that is installed. On a machine where tests may not be left out, all are.
pub(crate) fn databases() -> Vec<TestDatabase> {
    [Kind::Postgres, Kind::MariaDb]
        .into_iter()
        .filter_map(TestDatabase::new)
        .collect()
}

impl TestDatabase {
    /// Nothing where the server is not installed, which is said.
    pub(crate) fn new(kind: Kind) -> Option<Self> {
        let server = {
            let mut running = RUNNING[kind as usize].lock().unwrap();
            let server = match running.upgrade() {
                Some(server) => server,
                None => Arc::new(Server::start(kind)?),
            };
            *running = Arc::downgrade(&server);
            server
        };
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("app{number}");
        server.sql("", &format!("create database {name}"));
        match kind {
            Kind::Postgres => server.sql(
                &name,
                &format!("alter default privileges grant all on tables to {USER}"),
            ),
            Kind::MariaDb => server.sql("", &format!("grant all on {name}.* to {USER}")),
        };
        Some(Self { server, name })
    }

    /// Runs statements as the administrator, in a connection of their own.
    pub(crate) fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.name, statements)
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        let Self { server, name } = self;
        let scheme = server.scheme();
        let url = format!("{scheme}://{USER}@127.0.0.1:{}/{name}", server.port);
        url.parse().unwrap()
    }

    pub(crate) fn url_with(&self, options: &str) -> DatabaseUrl {
        let Self { server, name } = self;
        let scheme = server.scheme();
        let url = format!(
            "{scheme}://{USER}@localhost:{}/{name}?{options}",
            server.port
        );
        url.parse().unwrap()
    }

    /// The URL of the same database through the server's socket.
    pub(crate) fn url_of_socket(&self) -> DatabaseUrl {
        let Self { server, name } = self;
        let folder = server.folder.path().display();
        let url = match server.kind {
            Kind::Postgres => format!("postgres://{USER}@:{}/{name}?host={folder}", server.port),
            Kind::MariaDb => format!("mysql://{USER}@localhost/{name}?socket={folder}/socket"),
        };
        url.parse().unwrap()
    }
}

impl Server {
    fn start(kind: Kind) -> Option<Self> {
        let programs = match kind {
            Kind::Postgres => newest("/usr/lib/postgresql"),
            Kind::MariaDb => {
                Some(PathBuf::from("/usr")).filter(|it| it.join("sbin/mariadbd").exists())
            }
        };
        let Some(programs) = programs else {
            assert!(
                std::env::var_os("MSAL_TEST_ALL").is_none(),
                "{kind:?} is not installed: apt-get install postgresql mariadb-server"
            );
            std::io::stderr()
                .write_all(format!("left out: {kind:?} is not installed\n").as_bytes())
                .unwrap();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        certify(folder.path());
        let account = Account::of(kind);
        account.own(folder.path());
        drop(listener);
        let process = match kind {
            Kind::Postgres => start_postgres(&programs, folder.path(), port, &account),
            Kind::MariaDb => start_mariadb(&programs, folder.path(), port, &account),
        };
        let server = Self {
            kind,
            port,
            folder,
            process,
        };
        server.make_user();
        Some(server)
    }

    fn scheme(&self) -> &'static str {
        match self.kind {
            Kind::Postgres => "postgres",
            Kind::MariaDb => "mysql",
        }
    }

    fn make_user(&self) {
        let password = PASSWORD.replace(
            '\\',
            match self.kind {
                Kind::Postgres => "\\",
                Kind::MariaDb => "\\\\",
            },
        );
        self.sql(
            "",
            &match self.kind {
                Kind::Postgres => format!("create role {USER} login password '{password}'"),
                Kind::MariaDb => format!("create user {USER} identified by '{password}'"),
            },
        );
    }

    fn sql(&self, database: &str, statements: &str) -> String {
        let folder = self.folder.path();
        let mut client = match self.kind {
            Kind::Postgres => {
                let mut client = Command::new("psql");
                let database = if database.is_empty() {
                    "postgres"
                } else {
                    database
                };
                client
                    .args([
                        "-U",
                        "postgres",
                        "-d",
                        database,
                        "-p",
                        &self.port.to_string(),
                    ])
                    .args(["-v", "ON_ERROR_STOP=1", "-qAtX", "-f", "-", "-h"])
                    .arg(folder);
                client
            }
            Kind::MariaDb => {
                let mut client = Command::new("mariadb");
                client
                    .args(["--no-defaults", "-u", "root", "-N", "-B", "--socket"])
                    .arg(folder.join("socket"))
                    .arg(database);
                client
            }
        };
        let mut client = client
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = client.stdin.take().unwrap();
        input.write_all(statements.as_bytes()).unwrap();
        drop(input);
        let done = client.wait_with_output().unwrap();
        assert!(done.status.success(), "{statements}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// The certificate of the authority that vouches for it as `localhost`.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let process = self.process.id().to_string();
        let _ended_already = Command::new("kill").args(["-QUIT", &process]).status();
        if self.kind == Kind::MariaDb {
            let _ended_already = self.process.kill();
        }
        let _status = self.process.wait();
    }
}

/// The password, and no authority but the system's.
pub(crate) fn login() -> DatabaseLogin {
    let mut login = DatabaseLogin::default();
    login.password = Some(DatabasePassword::new(PASSWORD));
    login
}

/// Whom a server runs as: no server of databases runs as root.
struct Account {
    name: &'static str,
    ids: Option<(u32, u32)>,
}

impl Account {
    fn of(kind: Kind) -> Self {
        let name = match kind {
            Kind::Postgres => "postgres",
            Kind::MariaDb => "mysql",
        };
        let id = |arguments: &[&str]| -> u32 {
            let said = Command::new("id").args(arguments).output().unwrap().stdout;
            String::from_utf8(said).unwrap().trim().parse().unwrap()
        };
        let is_root = id(&["-u"]) == 0;
        let ids = is_root.then(|| (id(&["-u", name]), id(&["-g", name])));
        Self { name, ids }
    }

    fn own(&self, folder: &Path) {
        if let Some((user, group)) = self.ids {
            chown(folder, Some(user), Some(group)).unwrap();
            for file in fs::read_dir(folder).unwrap() {
                chown(file.unwrap().path(), Some(user), Some(group)).unwrap();
            }
        }
    }

    fn command(&self, program: &Path) -> Command {
        if self.ids.is_none() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", self.name, "--regid", self.name, "--clear-groups"])
            .arg(program);
        command
    }
}

/// The programs of the newest version in a folder of versions.
fn newest(folder: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(folder)
        .ok()?
        .map(|version| version.unwrap().path());
    let mut programs: Vec<_> = versions.map(|version| version.join("bin")).collect();
    programs.retain(|programs| programs.join("initdb").exists());
    programs.sort();
    programs.pop()
}

fn start_postgres(programs: &Path, folder: &Path, port: u16, account: &Account) -> Child {
    let data = folder.join("data");
    let made = account
        .command(&programs.join("initdb"))
        .args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ])
        .arg("-D")
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let rules = "local all postgres trust\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n";
    fs::write(data.join("pg_hba.conf"), rules).unwrap();
    let mut server = account.command(&programs.join("postgres"));
    server
        .arg("-D")
        .arg(&data)
        .arg("-k")
        .arg(folder)
        .args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "fsync=off",
        "ssl=on",
        &format!("ssl_cert_file={}", folder.join("server.pem").display()),
        &format!("ssl_key_file={}", folder.join("server.key").display()),
    ] {
        server.args(["-c", setting]);
    }
    started(&mut server, "ready to accept connections")
}

fn start_mariadb(programs: &Path, folder: &Path, port: u16, account: &Account) -> Child {
    let made = Command::new(programs.join("bin/mariadb-install-db"))
        .args([
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ])
        .arg(format!("--user={}", account.name))
        .arg(format!("--datadir={}", folder.join("data").display()))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut server = account.command(&programs.join("sbin/mariadbd"));
    server
        .args([
            "--no-defaults",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
        ])
        .args([
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M",
        ])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .arg(format!("--port={port}"))
        .arg(format!("--ssl-ca={}", folder.join("ca.pem").display()))
        .arg(format!(
            "--ssl-cert={}",
            folder.join("server.pem").display()
        ))
        .arg(format!("--ssl-key={}", folder.join("server.key").display()));
    started(&mut server, "ready for connections")
}

/// Starts a server and waits until it says that it is ready.
fn started(server: &mut Command, word: &str) -> Child {
    let mut process = server.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let mut said = String::new();
    loop {
        let before = said.len();
        assert!(log.read_line(&mut said).unwrap() > 0, "{said}");
        if said.get(before..).unwrap().contains(word) {
            break;
        }
    }
    // So that it can go on talking.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    process
}

/// Makes an authority, and a server's certificate for `localhost`.
fn certify(folder: &Path) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(folder.join("server.key"), private).unwrap();
}
