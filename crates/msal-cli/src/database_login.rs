//! How to log in to a database: what was named, else where the server's own tools look.

use std::env;
use std::path::PathBuf;

use msal_migrate::{DatabaseLogin, DatabasePassword, DatabaseUrl};

use crate::cli::DatabaseArgs;
use crate::error::Failure;
use crate::private;

/// Reads the password and names the authorities.
pub(crate) fn read(arguments: &DatabaseArgs, url: &DatabaseUrl) -> Result<DatabaseLogin, Failure> {
    let mut login = DatabaseLogin::default();
    login.password = password(arguments, url)?;
    login.tls_ca.clone_from(&arguments.database_tls_ca);
    Ok(login)
}

/// A server may let in without one, so that none is no error yet.
fn password(
    arguments: &DatabaseArgs,
    url: &DatabaseUrl,
) -> Result<Option<DatabasePassword>, Failure> {
    if let Some(name) = &arguments.database_password_env {
        let password = private::variable(name, PASSWORD)?;
        return Ok(Some(DatabasePassword::new(password)));
    }
    if let Some(path) = &arguments.database_password_file {
        let password = private::text(path, PASSWORD)?;
        return Ok(Some(DatabasePassword::new(password)));
    }
    if let Some(password) = env::var(url.password_variable())
        .ok()
        .filter(|it| !it.is_empty())
    {
        return Ok(Some(DatabasePassword::new(password)));
    }
    let Some(path) = password_file().filter(|_| url.uses_password_file()) else {
        return Ok(None);
    };
    let lines = private::text_if_any(&path, PASSWORD)?.map(DatabasePassword::new);
    Ok(lines.and_then(|lines| lines.of_password_file(url)))
}

/// The file in which libpq looks for passwords. It is the one file of a home that is read without being named.
fn password_file() -> Option<PathBuf> {
    let named = env::var_os("PGPASSFILE").filter(|name| !name.is_empty());
    named.map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME").filter(|home| !home.is_empty())?;
        Some(PathBuf::from(home).join(".pgpass"))
    })
}

const PASSWORD: &str = "database password";
