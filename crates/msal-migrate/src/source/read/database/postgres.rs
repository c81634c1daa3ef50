//! PostgreSQL: one transaction that only reads, with the snapshot of its first query, and a cursor for each reading.

mod cell;
mod tls;

use std::ops::ControlFlow;
use std::pin::pin;

use futures_util::TryStreamExt;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, Statement};

use self::cell::{Plain, Projection};
use self::tls::Tls;
use super::batch::Batch;
use super::error::DatabaseError;
use super::login::DatabaseLogin;
use super::outline::Outline;
use super::query::Query;
use super::server::{CONNECT_TIMEOUT, KEEPALIVE, runtime};
use super::session::{Open, Session};
use super::url::{DatabaseUrl, Place};

/// Logs in to the database at `url`.
pub(super) fn open(url: &DatabaseUrl, login: &DatabaseLogin) -> impl Open + use<> {
    let (url, login) = (url.clone(), login.clone());
    move || {
        let session: Box<dyn Session> = Box::new(PostgresSession::open(&url, &login)?);
        Ok(session)
    }
}

struct PostgresSession {
    client: Client,
    /// What speaks with the server while the client is waited for. Its error says why a connection ended.
    connection: Option<JoinHandle<Result<(), Error>>>,
    runtime: Runtime,
}

impl PostgresSession {
    fn open(url: &DatabaseUrl, login: &DatabaseLogin) -> Result<Self, DatabaseError> {
        let runtime = runtime()?;
        let tls = Tls::new(login.tls_ca.as_deref())?;
        let config = config(url, login);
        let connecting = async { timeout(CONNECT_TIMEOUT, config.connect(tls)).await };
        let (client, connection) = match runtime.block_on(connecting) {
            Ok(connected) => connected.map_err(|error| unreachable(&error))?,
            Err(_elapsed) => return Err(DatabaseError::TimedOut),
        };
        let mut session = Self {
            client,
            connection: Some(runtime.spawn(connection)),
            runtime,
        };
        session.execute(SETTINGS)?;
        session.begin()?;
        Ok(session)
    }

    /// Begins the transaction. The snapshot is taken by the first query in it.
    fn begin(&mut self) -> Result<(), DatabaseError> {
        self.execute(
            "start transaction isolation level repeatable read, read only; select 1 from pg_class limit 1",
        )
    }

    fn execute(&mut self, statements: &str) -> Result<(), DatabaseError> {
        let done = self.runtime.block_on(self.client.batch_execute(statements));
        done.map_err(|error| self.failed(error))
    }

    /// The query as it is sent: with the values of types that are not taken as they are turned into text by the server.
    fn projection(&mut self, query: &Query) -> Result<Projection, DatabaseError> {
        let prepared = self.runtime.block_on(self.client.prepare(query.as_str()));
        match prepared {
            Ok(statement) if statement.params().is_empty() => {
                Ok(Projection::new(query, statement.columns()))
            }
            Ok(_) => Err(DatabaseError::Refused {
                reason: "it has parameters, such as $1".to_owned(),
            }),
            Err(error) => Err(self.refused(query, error)),
        }
    }

    /// What is wrong with a query, with what there is instead. The transaction has failed with it.
    fn refused(&mut self, query: &Query, error: Error) -> DatabaseError {
        let missing = error.as_db_error().map(|error| error.message().to_owned());
        let missing = match (error.code(), missing) {
            (Some(&SqlState::UNDEFINED_TABLE), Some(reason)) => {
                self.outline_anew()
                    .map(|outline| DatabaseError::UnknownTable {
                        reason,
                        tables: outline.table_names(),
                    })
            }
            (Some(&SqlState::UNDEFINED_COLUMN), Some(reason)) => {
                self.outline_anew()
                    .map(|outline| DatabaseError::UnknownColumn {
                        reason,
                        columns: outline.column_names(query),
                    })
            }
            _ => return self.failed(error),
        };
        missing.unwrap_or_else(|error| error)
    }

    /// The outline, after an error that has ended the transaction.
    fn outline_anew(&mut self) -> Result<Outline, DatabaseError> {
        self.execute("rollback")?;
        self.begin()?;
        self.outline()
    }

    /// What an error says. Where the connection has ended, its own end says why.
    fn failed(&mut self, error: Error) -> DatabaseError {
        if !error.is_closed() {
            return of_server(&error);
        }
        let Some(connection) = self.connection.take() else {
            return of_server(&error);
        };
        match self.runtime.block_on(connection) {
            Ok(Err(why)) => of_server(&why),
            _ => of_server(&error),
        }
    }
}

impl Session for PostgresSession {
    fn outline(&mut self) -> Result<Outline, DatabaseError> {
        let rows = self.runtime.block_on(self.client.query(OUTLINE, &[]));
        let mut outline = Outline::default();
        for row in rows.map_err(|error| self.failed(error))? {
            outline.add(row.get(0), row.get(1));
        }
        Ok(outline)
    }

    fn columns(&mut self, query: &Query) -> Result<Vec<String>, DatabaseError> {
        self.projection(query).map(Projection::into_names)
    }

    fn rows(
        &mut self,
        query: &Query,
        take: &mut dyn FnMut(Batch) -> ControlFlow<()>,
    ) -> Result<(), DatabaseError> {
        let projection = self.projection(query)?;
        // An error ends all that the transaction could still do: only what was read since is given up, and not the snapshot.
        self.execute(BEFORE_ROWS)?;
        let client = &self.client;
        let read = self.runtime.block_on(async {
            // One statement, as all that is prepared.
            let declare = format!(
                "declare {CURSOR} no scroll cursor for {}",
                projection.query()
            );
            client.execute(&declare, &[]).await?;
            let fetch = format!("fetch forward {FETCHED} from {CURSOR}");
            let fetch = client.prepare(&fetch).await?;
            while fetch_some(client, &fetch, projection.len(), take)
                .await?
                .is_continue()
            {}
            client.batch_execute(&format!("close {CURSOR}")).await
        });
        read.map_err(|error| {
            let error = self.failed(error);
            // Where there is no connection any more, the error has said so.
            let _gone = self.execute(AFTER_ERROR);
            error
        })
    }
}

/// Hands on the next rows, as long as they are taken and there are any.
///
/// What has not been read of an answer is in the way of the next one, so that both are not alive together.
async fn fetch_some(
    client: &Client,
    fetch: &Statement,
    columns: usize,
    take: &mut dyn FnMut(Batch) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    let nothing: [&str; 0] = [];
    let mut rows = pin!(client.query_raw(fetch, nothing).await?);
    let mut batch = Batch::new(columns);
    let mut is_end = true;
    while let Some(row) = rows.try_next().await? {
        is_end = false;
        for index in 0..columns {
            batch.push(row.try_get::<_, Plain<'_>>(index)?.0);
        }
        if batch.is_full() && take(std::mem::replace(&mut batch, Batch::new(columns))).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    if is_end || !batch.is_empty() && take(batch).is_break() {
        return Ok(ControlFlow::Break(()));
    }
    Ok(ControlFlow::Continue(()))
}

fn config(url: &DatabaseUrl, login: &DatabaseLogin) -> Config {
    let mut config = Config::new();
    config
        .user(&url.user)
        .dbname(&url.database)
        .application_name("msal migrate")
        .ssl_mode(match url.is_encrypted {
            true => SslMode::Require,
            false => SslMode::Disable,
        })
        .connect_timeout(CONNECT_TIMEOUT)
        .keepalives_idle(KEEPALIVE)
        .keepalives_interval(KEEPALIVE / 3)
        .keepalives_retries(3)
        .tcp_user_timeout(2 * KEEPALIVE);
    match &url.place {
        Place::Host { name, port } => config.host(name).port(*port),
        Place::Socket { path, port } => config.host_path(path).port(*port),
    };
    if let Some(password) = &login.password {
        config.password(password.expose_secret());
    }
    config
}

/// Why a server cannot be reached, or does not let in.
fn unreachable(error: &Error) -> DatabaseError {
    if error.as_db_error().is_some() {
        return of_server(error);
    }
    // The driver says little; what is behind it says the rest.
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        reason = cause.to_string();
        source = cause.source();
    }
    match reason.contains("password missing") {
        true => DatabaseError::NoPassword,
        false => DatabaseError::Unreachable { reason },
    }
}

/// What a server says, unless it may quote a value: class 22 is about data.
fn of_server(error: &Error) -> DatabaseError {
    let Some(said) = error.as_db_error() else {
        return DatabaseError::Lost {
            reason: error.to_string(),
        };
    };
    let code = said.code().code();
    let reason = said.message().to_owned();
    match code.get(..2).unwrap_or_default() {
        "28" | "3D" => DatabaseError::Login { reason },
        "08" | "25" | "40" | "53" | "57" | "58" => DatabaseError::Lost { reason },
        "0A" | "42" => DatabaseError::Refused { reason },
        _ => DatabaseError::Refused {
            reason: format!("the server answers with the error {code}, whose text may quote a row"),
        },
    }
}

/// What this session needs of the server, as far as the server has it.
///
/// The same rows have to come in the same order twice: so no scan begins where another one is, and none is shared among
/// processes. Between the readings, and while a migration waits, nothing happens here that a server should end.
const SETTINGS: &str = "\
    set session characteristics as transaction read only; \
    select set_config(w.name, w.value, false) from pg_settings s join (values \
        ('synchronize_seqscans', 'off'), ('max_parallel_workers_per_gather', '0'), \
        ('cursor_tuple_fraction', '1'), ('DateStyle', 'ISO'), ('TimeZone', 'UTC'), \
        ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0') \
    ) as w (name, value) on s.name = w.name";

const BEFORE_ROWS: &str = "savepoint before_rows";
const AFTER_ERROR: &str = "rollback to savepoint before_rows";

const CURSOR: &str = "msal_migrate_rows";

/// How many rows are asked for at once. They come one by one, and are not kept together.
const FETCHED: u32 = 2048;

/// The tables and views that this user sees, without those of PostgreSQL itself, with their schema where it is not searched.
const OUTLINE: &str = "\
    select case when pg_table_is_visible(c.oid) then c.relname::text else n.nspname || '.' || c.relname end, \
        a.attname::text \
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid \
    where c.relkind in ('r', 'v', 'm', 'f', 'p') and a.attnum > 0 and not a.attisdropped \
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%' \
    order by 1, a.attnum limit 20000";
