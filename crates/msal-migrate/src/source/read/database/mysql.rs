//! MySQL and MariaDB: one transaction that only reads, with a consistent snapshot, whose answers are streamed.
//!
//! Only tables of a transactional engine, such as InnoDB, have snapshots. A change to another one between two readings is
//! noticed by whoever compares them, as a plan does.

use std::ops::ControlFlow;
use std::path::Path;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, IoError, OptsBuilder, Row, ServerError, SslOpts, Value};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use zeroize::Zeroize;

use super::batch::{Batch, Cell};
use super::error::DatabaseError;
use super::login::DatabaseLogin;
use super::outline::Outline;
use super::query::Query;
use super::server::{CONNECT_TIMEOUT, FAREWELL, KEEPALIVE, authorities, runtime};
use super::session::{Open, Session};
use super::url::{DatabaseUrl, Place};

/// Logs in to the database at `url`.
pub(super) fn open(url: &DatabaseUrl, login: &DatabaseLogin) -> impl Open + use<> {
    let (url, login) = (url.clone(), login.clone());
    move || {
        let session: Box<dyn Session> = Box::new(MySqlSession::open(&url, &login)?);
        Ok(session)
    }
}

struct MySqlSession {
    /// Gone only while the session is dropped.
    connection: Option<Conn>,
    runtime: Runtime,
}

impl MySqlSession {
    fn open(url: &DatabaseUrl, login: &DatabaseLogin) -> Result<Self, DatabaseError> {
        let runtime = runtime()?;
        let options = options(url, login)?;
        let connecting = async { timeout(CONNECT_TIMEOUT, Conn::new(options)).await };
        let connection = match runtime.block_on(connecting) {
            Ok(connected) => connected.map_err(unreachable)?,
            Err(_elapsed) => return Err(DatabaseError::TimedOut),
        };
        let mut session = Self {
            connection: Some(connection),
            runtime,
        };
        session.begin()?;
        Ok(session)
    }

    fn begin(&mut self) -> Result<(), DatabaseError> {
        self.with(async |connection| {
            let version: Option<String> = connection.query_first("select version()").await?;
            let is_mariadb = version.is_some_and(|version| version.contains("MariaDB"));
            let no_limit = match is_mariadb {
                true => "set session max_statement_time = 0",
                false => "set session max_execution_time = 0",
            };
            // MySQL 5.6 and older have no such limit.
            let _none_to_lift = connection.query_drop(no_limit).await;
            for statement in SETTINGS {
                connection.query_drop(statement).await?;
            }
            Ok(())
        })
    }

    fn with<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Conn) -> Result<T, Error>,
    ) -> Result<T, DatabaseError> {
        let Some(connection) = self.connection.as_mut() else {
            return Err(DatabaseError::gone());
        };
        self.runtime.block_on(work(connection)).map_err(failed)
    }

    /// What is wrong with a query, with what there is instead.
    fn refused(&mut self, query: &Query, error: &ServerError) -> DatabaseError {
        let reason = error.message.clone();
        match error.code {
            UNKNOWN_TABLE => match self.outline() {
                Ok(outline) => DatabaseError::UnknownTable {
                    reason,
                    tables: outline.table_names(),
                },
                Err(error) => error,
            },
            UNKNOWN_COLUMN => match self.outline() {
                Ok(outline) => DatabaseError::UnknownColumn {
                    reason,
                    columns: outline.column_names(query),
                },
                Err(error) => error,
            },
            _ => of_server(error),
        }
    }
}

impl Session for MySqlSession {
    fn outline(&mut self) -> Result<Outline, DatabaseError> {
        let rows: Vec<(String, String)> =
            self.with(async |connection| connection.query(OUTLINE).await)?;
        let mut outline = Outline::default();
        for (table, column) in rows {
            outline.add(&table, column);
        }
        Ok(outline)
    }

    fn columns(&mut self, query: &Query) -> Result<Vec<String>, DatabaseError> {
        // Prepared, because a server takes only one statement in that way.
        let prepared =
            self.with(
                async |connection| match connection.prep(query.as_str()).await {
                    Err(Error::Server(refused)) => Ok(Err(refused)),
                    prepared => prepared.map(Ok),
                },
            )?;
        let statement = prepared.map_err(|error| self.refused(query, &error))?;
        if statement.num_params() > 0 {
            return Err(DatabaseError::Refused {
                reason: "it has parameters: ?".to_owned(),
            });
        }
        let columns = statement.columns();
        let names = columns.iter().map(|column| column.name_str().into_owned());
        Ok(names.collect())
    }

    fn rows(
        &mut self,
        query: &Query,
        take: &mut dyn FnMut(Batch) -> ControlFlow<()>,
    ) -> Result<(), DatabaseError> {
        self.with(async |connection| {
            let mut answer = connection.exec_iter(query.as_str(), ()).await?;
            let columns = answer.columns_ref().len();
            let mut batch = Batch::new(columns);
            while let Some(row) = answer.next().await? {
                push(&mut batch, row);
                if batch.is_full() {
                    let full = std::mem::replace(&mut batch, Batch::new(columns));
                    if take(full).is_break() {
                        return Ok(());
                    }
                }
            }
            if !batch.is_empty() {
                let _last = take(batch);
            }
            Ok(())
        })
    }
}

impl Drop for MySqlSession {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // The rest of an answer that nobody wants may be long.
            let farewell = async { timeout(FAREWELL, connection.disconnect()).await };
            let _heard_or_not = self.runtime.block_on(farewell);
        }
    }
}

/// Takes the values over, and overwrites those of the driver.
fn push(batch: &mut Batch, row: Row) {
    for mut value in row.unwrap() {
        match &mut value {
            Value::NULL => batch.push(Cell::Null),
            Value::Int(number) => batch.push(Cell::Integer(*number)),
            Value::UInt(number) => match i64::try_from(*number) {
                Ok(number) => batch.push(Cell::Integer(number)),
                Err(_larger) => batch.push(Cell::Text(&number.to_string())),
            },
            Value::Float(number) => batch.push(Cell::Float((*number).into())),
            Value::Double(number) => batch.push(Cell::Float(*number)),
            // MySQL sends text in these as well. What is UTF-8 in it is told where the batch is read.
            Value::Bytes(bytes) => {
                batch.push(Cell::Bytes(bytes));
                bytes.zeroize();
            }
            Value::Date(year, month, day, hour, minute, second, _micros) => {
                batch.push(Cell::Text(&format!(
                    "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
                )));
            }
            Value::Time(is_negative, days, hours, minutes, seconds, _micros) => {
                let sign = if *is_negative { "-" } else { "" };
                let hours = *days * 24 + u32::from(*hours);
                batch.push(Cell::Text(&format!(
                    "{sign}{hours:02}:{minutes:02}:{seconds:02}"
                )));
            }
        }
    }
}

fn options(url: &DatabaseUrl, login: &DatabaseLogin) -> Result<OptsBuilder, DatabaseError> {
    let mut options = OptsBuilder::default()
        .user(Some(&url.user))
        .pass(
            login
                .password
                .as_ref()
                .map(|password| password.expose_secret()),
        )
        .db_name(Some(&url.database))
        // What the URL names is what is asked.
        .prefer_socket(false)
        .tcp_keepalive(Some(KEEPALIVE))
        .stmt_cache_size(1);
    if url.is_encrypted {
        options = options.ssl_opts(verified(login.tls_ca.as_deref())?);
    }
    Ok(match &url.place {
        Place::Host { name, port } => options.ip_or_hostname(name).tcp_port(*port),
        Place::Socket { path, .. } => options.socket(Some(path.to_string_lossy())),
    })
}

fn verified(authorities_file: Option<&Path>) -> Result<SslOpts, DatabaseError> {
    let authorities = authorities(authorities_file)?.into_iter();
    let authorities = authorities.map(|certificate| certificate.to_vec().into());
    Ok(SslOpts::default()
        .with_disable_built_in_roots(true)
        .with_root_certs(authorities.collect()))
}

/// Why a server cannot be reached, or does not let in.
fn unreachable(error: Error) -> DatabaseError {
    match error {
        Error::Server(error) if error.message.contains("using password: NO") => {
            DatabaseError::NoPassword
        }
        Error::Server(error) => of_server(&error),
        error => DatabaseError::Unreachable {
            reason: innermost(&error),
        },
    }
}

fn failed(error: Error) -> DatabaseError {
    match error {
        Error::Server(error) => of_server(&error),
        error => DatabaseError::Lost {
            reason: innermost(&error),
        },
    }
}

fn innermost(error: &Error) -> String {
    match error {
        Error::Io(IoError::Io(error)) => error.to_string(),
        Error::Io(IoError::Tls(error)) => error.to_string(),
        Error::Driver(error) => error.to_string(),
        _ => "the driver gives up".to_owned(),
    }
}

/// What a server says, unless it may quote a value.
fn of_server(error: &ServerError) -> DatabaseError {
    let reason = error.message.clone();
    match error.code {
        1044 | 1045 | 1049 | 1130 | 1251 | 1698 | 1820 | 1862 => DatabaseError::Login { reason },
        // Connections and time-outs.
        1040
        | 1053
        | 1152
        | 1158..=1161
        | 1184
        | 1203
        | 1205
        | 1226
        | 1317
        | 1927
        | 1969
        | 3024
        | 4031 => DatabaseError::Lost { reason },
        // Names, grammar and access.
        1046
        | 1051
        | 1052
        | 1054..=1056
        | 1064
        | 1066
        | 1109
        | 1142
        | 1143
        | 1146
        | 1222
        | 1235
        | 1290
        | 1295
        | 1305
        | 1370
        | 1792 => DatabaseError::Refused { reason },
        code => DatabaseError::Refused {
            reason: format!("the server answers with the error {code}, whose text may quote a row"),
        },
    }
}

const UNKNOWN_COLUMN: u16 = 1054;
const UNKNOWN_TABLE: u16 = 1146;

/// The transaction, and what it needs. While a migration waits, the server waits with its answer, and is not to take that for
/// the end.
const SETTINGS: [&str; 5] = [
    "set session net_write_timeout = 31536000, wait_timeout = 31536000",
    "set session time_zone = '+00:00'",
    "set session transaction isolation level repeatable read",
    "set session transaction read only",
    "start transaction with consistent snapshot, read only",
];

/// The tables and views of the database.
const OUTLINE: &str = "\
    select table_name, column_name from information_schema.columns \
    where table_schema = database() order by table_name, ordinal_position limit 20000";
