//! The URL of a database on a server: where it is and who asks, and never a password.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::source::kind::SourceKind;
use crate::source::row::shown_name::shown;

/// A database on a server, as `postgres://USER@HOST/DATABASE` or `mysql://USER@HOST/DATABASE` names it.
///
/// A socket is named by `?host=/FOLDER` for PostgreSQL and `?socket=/FILE` for MySQL and MariaDB. The connection is encrypted,
/// and the certificate of the server verified, unless the server is on this machine or `?sslmode=disable` says otherwise;
/// any other `sslmode` asks for the same from a server on this machine.
///
/// ```
/// use msal_migrate::DatabaseUrl;
///
/// let url: DatabaseUrl = "postgres://reader@db.example/app".parse()?;
/// assert_eq!(url.to_string(), "postgres://reader@db.example:5432/app");
/// assert!("postgres://reader:secret@db.example/app".parse::<DatabaseUrl>().is_err());
/// # Ok::<(), msal_migrate::DatabaseUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUrl {
    pub(super) server: Server,
    pub(super) place: Place,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) is_encrypted: bool,
}

/// Which protocol a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    MySql,
    Postgres,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Host {
        name: String,
        port: u16,
    },
    /// A folder with sockets for PostgreSQL, a socket for MySQL.
    Socket {
        path: PathBuf,
        port: u16,
    },
}

impl DatabaseUrl {
    /// Whether a text is meant as one, and not as the name of a file.
    pub fn is_meant_by(text: &str) -> bool {
        server_of(text).is_some()
    }

    /// The format of its rows.
    pub(crate) fn kind(&self) -> SourceKind {
        match self.server {
            Server::MySql => SourceKind::MySql,
            Server::Postgres => SourceKind::Postgres,
        }
    }

    /// The environment variable in which the server's own tools look for the password.
    pub fn password_variable(&self) -> &'static str {
        match self.server {
            Server::MySql => "MYSQL_PWD",
            Server::Postgres => "PGPASSWORD",
        }
    }

    /// Whether libpq's password file is the place where its password may be as well.
    pub fn uses_password_file(&self) -> bool {
        self.server == Server::Postgres
    }
}

/// The scheme's server. Schemes are told without case (RFC 3986 §3.1).
fn server_of(text: &str) -> Option<Server> {
    let (scheme, _) = text.split_once("://")?;
    match scheme.to_ascii_lowercase().as_str() {
        "postgres" | "postgresql" => Some(Server::Postgres),
        "mysql" | "mariadb" => Some(Server::MySql),
        _ => None,
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let server = server_of(text).ok_or(DatabaseUrlError::Scheme)?;
        let (rest, options) = text.split_once('?').unwrap_or((text, ""));
        let (_scheme, rest) = rest.split_once("://").unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // RFC 3986 §3.2: `userinfo "@" host ":" port`. A password may have an @ that somebody forgot to encode.
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        if user.contains(':') {
            return Err(DatabaseUrlError::Password);
        }
        let options = Options::of(options)?;
        let (user, database) = (decoded(user)?, decoded(path)?);
        if user.is_empty() {
            return Err(DatabaseUrlError::NoUser);
        }
        if database.is_empty() || path.contains('/') {
            return Err(DatabaseUrlError::NoDatabase);
        }
        let place = place(server, host, options.socket)?;
        let is_encrypted = options.encryption.unwrap_or_else(|| !place.is_here());
        if is_encrypted && matches!(place, Place::Socket { .. }) {
            return Err(DatabaseUrlError::EncryptedSocket);
        }
        Ok(Self {
            server,
            place,
            user,
            database,
            is_encrypted,
        })
    }
}

/// What stands behind the question mark.
#[derive(Default)]
struct Options {
    socket: Option<String>,
    encryption: Option<bool>,
}

impl Options {
    fn of(text: &str) -> Result<Self, DatabaseUrlError> {
        let mut options = Self::default();
        for option in text.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = decoded(value)?;
            match name {
                // Both of libpq's names, and that of MySQL's tools.
                "host" | "socket" if value.starts_with('/') => options.socket = Some(value),
                "sslmode" | "ssl-mode" => options.encryption = Some(encryption(&value)?),
                "password" => return Err(DatabaseUrlError::Password),
                _ => return Err(DatabaseUrlError::Option { name: shown(name) }),
            }
        }
        Ok(options)
    }
}

/// All that asks for encryption gets a certificate that is verified: what is sent are tokens. What would fall back to an
/// open connection is refused.
fn encryption(mode: &str) -> Result<bool, DatabaseUrlError> {
    match mode.to_ascii_lowercase().replace('_', "-").as_str() {
        "disable" | "disabled" => Ok(false),
        "require" | "required" | "verify-ca" | "verify-full" | "verify-identity" => Ok(true),
        _ => Err(DatabaseUrlError::SslMode),
    }
}

fn place(server: Server, host: &str, socket: Option<String>) -> Result<Place, DatabaseUrlError> {
    // RFC 3986 §3.2.2: the colons of an IPv6 address stand in brackets.
    let port = host
        .rsplit_once(':')
        .filter(|(_, port)| !port.ends_with(']'));
    let (name, port) = match port {
        Some((name, port)) => (
            name,
            port.parse().map_err(|_bad| DatabaseUrlError::Malformed)?,
        ),
        None if server == Server::MySql => (host, 3306),
        None => (host, 5432),
    };
    let name = decoded(name.trim_start_matches('[').trim_end_matches(']'))?;
    if let Some(path) = socket.or_else(|| name.starts_with('/').then(|| name.clone())) {
        let path = path.into();
        return Ok(Place::Socket { path, port });
    }
    match name.is_empty() {
        true => Err(DatabaseUrlError::NoHost),
        false => Ok(Place::Host { name, port }),
    }
}

impl Place {
    /// Whether what is sent there stays on this machine.
    pub(super) fn is_here(&self) -> bool {
        match self {
            Self::Socket { .. } => true,
            Self::Host { name, .. } => {
                name.eq_ignore_ascii_case("localhost")
                    || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
            }
        }
    }
}

fn decoded(text: &str) -> Result<String, DatabaseUrlError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(String::from)
        .map_err(|_not_utf8| DatabaseUrlError::Malformed)
}

impl fmt::Display for DatabaseUrl {
    /// Without the options.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.server {
            Server::MySql => "mysql",
            Server::Postgres => "postgres",
        };
        let Self { user, database, .. } = self;
        match &self.place {
            Place::Host { name, port } if name.contains(':') => {
                write!(formatter, "{scheme}://{user}@[{name}]:{port}/{database}")
            }
            Place::Host { name, port } => {
                write!(formatter, "{scheme}://{user}@{name}:{port}/{database}")
            }
            Place::Socket { path, .. } => {
                write!(formatter, "{scheme}://{user}@{}/{database}", path.display())
            }
        }
    }
}

/// Why a text does not name a database. No message quotes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseUrlError {
    /// Encryption of what never leaves this machine's memory.
    #[error("a socket is not encrypted: nothing of it leaves this machine")]
    EncryptedSocket,
    /// No URL.
    #[error("the URL of the database cannot be read")]
    Malformed,
    /// No name of a database.
    #[error("the URL names no database")]
    NoDatabase,
    /// No host and no socket.
    #[error("the URL names no host")]
    NoHost,
    /// No user.
    #[error("the URL names no user")]
    NoUser,
    /// An option that is not known.
    #[error("`{name}` is no option of a database's URL")]
    #[non_exhaustive]
    Option {
        /// Its name.
        name: String,
    },
    /// A password on the command line.
    #[error(
        "a password cannot be given in the URL, because other users can see the command line and shells remember it"
    )]
    Password,
    /// Another kind of URL.
    #[error("the URL is none of a database that is read")]
    Scheme,
    /// Something that leaves it open whether the connection is encrypted.
    #[error(
        "`sslmode` says neither `verify-full` nor `disable`, and a connection that falls back to plain text is not made"
    )]
    SslMode,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_where_a_database_is() {
        for (text, shown, is_encrypted) in [
            (
                "postgres://u@db.example/app",
                "postgres://u@db.example:5432/app",
                true,
            ),
            (
                "postgresql://u@db.example:6000/app",
                "postgres://u@db.example:6000/app",
                true,
            ),
            (
                "mysql://u@db.example/app",
                "mysql://u@db.example:3306/app",
                true,
            ),
            (
                "mariadb://u%40x@10.0.0.1/a%20b",
                "mysql://u@x@10.0.0.1:3306/a b",
                true,
            ),
            (
                "POSTGRES://u@localhost/app",
                "postgres://u@localhost:5432/app",
                false,
            ),
            (
                "postgres://u@127.0.0.9/app",
                "postgres://u@127.0.0.9:5432/app",
                false,
            ),
            (
                "postgres://u@[::1]/app",
                "postgres://u@[::1]:5432/app",
                false,
            ),
            (
                "postgres://u@[2001:db8::1]/app",
                "postgres://u@[2001:db8::1]:5432/app",
                true,
            ),
            (
                "postgres://u@localhost.example/app",
                "postgres://u@localhost.example:5432/app",
                true,
            ),
            (
                "postgres://u@%2Frun%2Fpg/app",
                "postgres://u@/run/pg/app",
                false,
            ),
            (
                "postgres://u@/app?host=/run/pg",
                "postgres://u@/run/pg/app",
                false,
            ),
            (
                "mysql://u@localhost/app?socket=/run/my.sock",
                "mysql://u@/run/my.sock/app",
                false,
            ),
            (
                "postgres://u@localhost/app?sslmode=require",
                "postgres://u@localhost:5432/app",
                true,
            ),
            (
                "postgres://u@db/app?sslmode=disable",
                "postgres://u@db:5432/app",
                false,
            ),
            (
                "mysql://u@db/app?ssl-mode=VERIFY_CA",
                "mysql://u@db:3306/app",
                true,
            ),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(
                (url.to_string().as_str(), url.is_encrypted),
                (shown, is_encrypted),
                "{text}"
            );
        }
    }

    #[test]
    fn what_names_no_database_is_refused_and_not_quoted() {
        for (text, expected) in [
            ("postgres://u:s3cr3t@db/app", DatabaseUrlError::Password),
            (
                "postgres://u:@db/app?password=s3cr3t",
                DatabaseUrlError::Password,
            ),
            (
                "mysql://u@db/app?password=s3cr3t",
                DatabaseUrlError::Password,
            ),
            ("postgres://db/app", DatabaseUrlError::NoUser),
            ("postgres://u@db", DatabaseUrlError::NoDatabase),
            ("postgres://u@db/", DatabaseUrlError::NoDatabase),
            ("postgres://u@db/a/b", DatabaseUrlError::NoDatabase),
            ("postgres://u@/app", DatabaseUrlError::NoHost),
            ("postgres://u@db:99999/s3cr3t", DatabaseUrlError::Malformed),
            (
                "postgres://u@db/app?sslmode=prefer",
                DatabaseUrlError::SslMode,
            ),
            (
                "postgres://u@db/app?sslmode=allow",
                DatabaseUrlError::SslMode,
            ),
            ("oracle://u@db/app", DatabaseUrlError::Scheme),
            (
                "postgres://u@/app?host=/run&sslmode=require",
                DatabaseUrlError::EncryptedSocket,
            ),
        ] {
            let error = text.parse::<DatabaseUrl>().unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!format!("{error} {error:?}").contains("s3cr3t"));
        }
        let option = "postgres://u@db/app?options=-c%20x".parse::<DatabaseUrl>();
        assert!(option.unwrap_err().to_string().starts_with("`options`"));
    }
}
