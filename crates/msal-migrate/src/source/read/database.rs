//! Databases: one session that only reads, whose rows are the same at every reading.
//!
//! A session lives on a thread of its own, because its drivers block, or want a runtime that is theirs: a [`Database`] can be
//! made, read and dropped anywhere. Rows come in batches that are read ahead of whoever takes them, two at most.

mod batch;
mod error;
mod login;
#[cfg(feature = "mysql")]
mod mysql;
mod outline;
mod password;
#[cfg(feature = "postgres")]
mod postgres;
mod query;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
mod session;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

#[cfg(not(feature = "mysql"))]
mod mysql {
    //! What stands in for the reader where it is left out.

    use super::error::DatabaseError;
    use super::login::DatabaseLogin;
    use super::session::Open;
    use super::url::DatabaseUrl;

    pub(super) fn open(_url: &DatabaseUrl, _login: &DatabaseLogin) -> impl Open + use<> {
        || Err(DatabaseError::LeftOut { feature: "mysql" })
    }
}

#[cfg(not(feature = "postgres"))]
mod postgres {
    //! What stands in for the reader where it is left out.

    use super::error::DatabaseError;
    use super::login::DatabaseLogin;
    use super::session::Open;
    use super::url::DatabaseUrl;

    pub(super) fn open(_url: &DatabaseUrl, _login: &DatabaseLogin) -> impl Open + use<> {
        || {
            Err(DatabaseError::LeftOut {
                feature: "postgres",
            })
        }
    }
}

#[cfg(not(feature = "sqlite"))]
mod sqlite {
    //! What stands in for the reader where it is left out.

    use std::fs::File;
    use std::path::Path;

    use super::error::DatabaseError;
    use super::session::Open;

    pub(super) fn open(_path: &Path, _file: File) -> impl Open {
        || Err(DatabaseError::LeftOut { feature: "sqlite" })
    }
}

pub(crate) use batch::DatabaseRow;
pub use error::DatabaseError;
pub use login::DatabaseLogin;
pub(crate) use outline::Outline;
pub use password::DatabasePassword;
pub(crate) use query::Query;
pub use url::{DatabaseUrl, DatabaseUrlError};

use std::fmt;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use self::batch::Cell;
use self::session::{Open, Worker};
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;

/// A database that somebody named, opened to be read.
pub(crate) struct Database {
    name: Arc<str>,
    kind: SourceKind,
    worker: Worker,
    /// Its one connection hands out one answer at a time.
    is_read: AtomicBool,
}

impl Database {
    /// Opens the SQLite file at `path`, of which `file` is open already.
    pub(crate) fn sqlite(path: &Path, file: File) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        Self::open(name, SourceKind::Sqlite, sqlite::open(path, file))
    }

    /// Logs in to the database at `url`.
    pub(crate) fn server(url: &DatabaseUrl, login: &DatabaseLogin) -> Result<Self, SourceError> {
        let name = url.to_string();
        match url.kind() {
            kind @ SourceKind::MySql => Self::open(name, kind, mysql::open(url, login)),
            kind => Self::open(name, kind, postgres::open(url, login)),
        }
    }

    fn open(name: String, kind: SourceKind, open: impl Open) -> Result<Self, SourceError> {
        let worker = Worker::start(open);
        let worker = worker.map_err(|problem| SourceError::database(&name, problem))?;
        Ok(Self {
            name: name.into(),
            kind,
            worker,
            is_read: AtomicBool::new(false),
        })
    }

    /// The path or URL, as far as it may be shown.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn kind(&self) -> SourceKind {
        self.kind
    }

    /// The error of this database.
    pub(crate) fn failed(&self, problem: DatabaseError) -> SourceError {
        SourceError::database(&self.name, problem)
    }

    /// The tables and their columns.
    pub(crate) fn outline(&self) -> Result<Outline, SourceError> {
        let outline = self.worker.outline();
        outline.map_err(|problem| self.failed(problem))
    }

    /// The names of the columns that `query` answers with.
    pub(crate) fn columns(&self, query: &Query) -> Result<Vec<String>, SourceError> {
        let columns = self.worker.columns(query);
        columns.map_err(|problem| self.failed(problem))
    }

    /// How many rows the answer to `query` has, where the database says so.
    pub(crate) fn count(&self, query: &Query) -> Result<Option<u64>, SourceError> {
        let mut count = None;
        self.rows(&query.counted(), &mut |row| {
            count = match row.cell(0) {
                Cell::Integer(count) => u64::try_from(count).ok(),
                _ => None,
            };
            ControlFlow::Break(())
        })?;
        Ok(count)
    }

    /// Visits every row of the answer to `query`, until the visitor breaks: the same rows each time.
    pub(crate) fn rows(
        &self,
        query: &Query,
        visit: &mut dyn FnMut(DatabaseRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), SourceError> {
        if self.is_read.swap(true, Ordering::Acquire) {
            return Err(self.failed(DatabaseError::Reading));
        }
        let read = self.worker.rows(query, visit);
        self.is_read.store(false, Ordering::Release);
        read.map_err(|problem| self.failed(problem))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Database({})", self.name)
    }
}
