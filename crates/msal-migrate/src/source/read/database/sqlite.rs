//! SQLite files, read in one transaction from the first look to the last row.
//!
//! In a database with a write-ahead log, others go on writing meanwhile. In any other they wait until the source is dropped,
//! because a reader and a writer exclude each other there.

mod file;

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::ffi::ErrorCode;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, OpenFlags, Statement, ffi};

use self::file::DatabaseFile;
use super::batch::{Batch, Cell};
use super::error::DatabaseError;
use super::outline::Outline;
use super::query::Query;
use super::session::{Open, Session};

/// Opens the database at `path`, whose descriptor `file` is.
pub(super) fn open(path: &Path, file: File) -> impl Open + use<> {
    let path = path.to_owned();
    move || {
        let file = DatabaseFile::new(&path, file).map_err(|error| DatabaseError::lost(&error))?;
        let session: Box<dyn Session> = Box::new(SqliteSession::open(file)?);
        Ok(session)
    }
}

struct SqliteSession {
    connection: Connection,
    file: DatabaseFile,
}

impl SqliteSession {
    fn open(mut file: DatabaseFile) -> Result<Self, DatabaseError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file.uri()?, flags);
        let session = Self {
            connection: connection.map_err(failed)?,
            file,
        };
        session.begin().map_err(failed)?;
        Ok(session)
    }

    /// Takes from the session all that it does not need, and begins the transaction. Its snapshot is that of the first read.
    fn begin(&self) -> rusqlite::Result<()> {
        let connection = &self.connection;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "query_only", true)?;
        // What a query sorts stays in memory: it would be written to a file otherwise, tokens and all.
        connection.pragma_update(None, "temp_store", "memory")?;
        // A file that somebody else has made can have views and indexes that call functions.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        // A name in double quotes is no text, so that a column that is missing is noticed.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LARGEST_VALUE as i32)?;
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        connection.execute_batch("begin")?;
        let mut look = connection.prepare("select count(*) from sqlite_schema where rowid = 0")?;
        look.query_one([], |_counted| Ok(()))
    }

    fn prepare(&self, query: &Query) -> Result<Statement<'_>, DatabaseError> {
        let statement = self.connection.prepare(query.as_str());
        let statement = statement.map_err(|error| self.refused(query, error))?;
        match statement.readonly() {
            true => Ok(statement),
            false => Err(DatabaseError::NotSelect {
                reason: "it would write",
            }),
        }
    }

    /// What is wrong with a query, with what there is instead.
    fn refused(&self, query: &Query, error: Error) -> DatabaseError {
        let reason = match &error {
            Error::SqlInputError { msg, .. } | Error::SqliteFailure(_, Some(msg)) => msg.clone(),
            error => error.to_string(),
        };
        if reason.starts_with("no such table") {
            return match self.read_outline() {
                Ok(outline) => DatabaseError::UnknownTable {
                    reason,
                    tables: outline.table_names(),
                },
                Err(error) => failed(error),
            };
        }
        if reason.starts_with("no such column") {
            return match self.read_outline() {
                Ok(outline) => DatabaseError::UnknownColumn {
                    reason,
                    columns: outline.column_names(query),
                },
                Err(error) => failed(error),
            };
        }
        match code(&error) {
            None | Some(ErrorCode::Unknown) => DatabaseError::Refused { reason },
            Some(_) => failed(error),
        }
    }

    fn read_outline(&self) -> rusqlite::Result<Outline> {
        let mut outline = Outline::default();
        let mut statement = self.connection.prepare(OUTLINE)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            outline.add(&row.get::<_, String>(0)?, row.get(1)?);
        }
        Ok(outline)
    }
}

impl Session for SqliteSession {
    fn outline(&mut self) -> Result<Outline, DatabaseError> {
        self.read_outline().map_err(failed)
    }

    fn columns(&mut self, query: &Query) -> Result<Vec<String>, DatabaseError> {
        let names = self.prepare(query)?;
        let names = names.column_names();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    fn rows(
        &mut self,
        query: &Query,
        take: &mut dyn FnMut(Batch) -> ControlFlow<()>,
    ) -> Result<(), DatabaseError> {
        let mut statement = self.prepare(query)?;
        let columns = statement.column_count();
        let mut rows = statement.query([]).map_err(failed)?;
        let mut batch = Batch::new(columns);
        while let Some(row) = rows.next().map_err(failed)? {
            for index in 0..columns {
                batch.push(cell(row.get_ref(index).map_err(failed)?));
            }
            if batch.is_full() {
                self.file.check()?;
                let full = std::mem::replace(&mut batch, Batch::new(columns));
                if take(full).is_break() {
                    return Ok(());
                }
            }
        }
        self.file.check()?;
        if !batch.is_empty() {
            let _last = take(batch);
        }
        Ok(())
    }
}

fn cell(value: ValueRef<'_>) -> Cell<'_> {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Float(number),
        // Text that is not UTF-8 is told from text where the batch is read.
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Cell::Bytes(bytes),
    }
}

fn code(error: &Error) -> Option<ErrorCode> {
    match error {
        Error::SqlInputError { error, .. } => Some(error.code),
        error => error.sqlite_error_code(),
    }
}

/// What an error says of the file. Its own text may quote a value.
fn failed(error: Error) -> DatabaseError {
    let Error::SqliteFailure(inner, _) = &error else {
        return DatabaseError::lost(&"a row is not what it was");
    };
    let reason = ffi::code_to_str(inner.extended_code).to_owned();
    match (inner.code, inner.extended_code) {
        (_, ffi::SQLITE_READONLY_ROLLBACK) => DatabaseError::Unfinished,
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => DatabaseError::Busy,
        (ErrorCode::TooBig, _) => DatabaseError::TooLarge {
            limit: LARGEST_VALUE,
        },
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
            DatabaseError::Damaged { reason }
        }
        _ => DatabaseError::Lost { reason },
    }
}

/// How long a program that is just writing is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// As large as an entry of a file may be.
const LARGEST_VALUE: usize = 16 * 1024 * 1024;

/// The tables and views with their columns, without those of SQLite itself.
const OUTLINE: &str = "\
    select s.name, c.name from sqlite_schema s, pragma_table_info(s.name) c \
    where s.type in ('table', 'view') and s.name not like 'sqlite\\_%' escape '\\' \
    order by s.name, c.cid";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_cannot_write_whatever_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("create table t (a)").unwrap();
        let file = DatabaseFile::new(&path, File::open(&path).unwrap()).unwrap();
        let session = SqliteSession::open(file).unwrap();
        let other = folder.path().join("other.db").display().to_string();
        for statement in [
            "insert into t values (1)",
            "create table u (a)",
            "create temp table u (a)",
            "drop table t",
            &format!("attach '{other}' as other"),
            &format!("commit; vacuum into '{other}'"),
            "pragma user_version = 7",
        ] {
            let done = session.connection.execute_batch(statement);
            assert!(done.is_err(), "{statement}");
        }
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1);
    }
}
