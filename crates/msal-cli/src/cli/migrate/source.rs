//! What can be told about the input of a migration.

use std::path::PathBuf;

use clap::Args;

/// Where tokens come from and how their rows are read.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// The file with the refresh tokens, a folder of files with one token response each, `-` for standard input, or a
    /// database: the file of SQLite, `postgres://USER@HOST/DATABASE` or `mysql://USER@HOST/DATABASE`. It is only read.
    #[arg(
        required_unless_present = "input_command",
        conflicts_with = "input_command"
    )]
    pub(crate) input: Option<PathBuf>,

    /// Reads what this command of the shell prints, such as `gpg --decrypt FILE`. Its output is never shown.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) input_command: Option<String>,

    /// What the input is: a format or an application, see `msal sources list`, or the path of a mapping file. It is
    /// detected when absent.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) from: Option<String>,

    /// Where a field stands in a row: a column, a JSON pointer, `column:/pointer`, or `const:VALUE`.
    /// Fields that are not named are found by their usual names all the same.
    #[arg(long, value_name = "FIELD=EXPR")]
    pub(crate) map: Vec<String>,

    /// What to read of a database: one SELECT, whose columns are the fields. Nothing is ever written to a database.
    #[arg(long, value_name = "SELECT")]
    pub(crate) query: Option<String>,

    /// Which rows count: those whose column has this value, or begins so where it ends with `*`.
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub(crate) condition: Vec<String>,

    /// What stands between the columns of a table: one character, or `tab`.
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<String>,

    /// Where the rows are in a JSON text: `/data/entries/*`.
    #[arg(long, value_name = "POINTER")]
    pub(crate) records: Option<String>,

    #[command(flatten)]
    pub(crate) password: PasswordArgs,

    #[command(flatten)]
    pub(crate) database: DatabaseArgs,

    /// The client of rows that name none; rows of other clients are skipped.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,

    /// Trusts this host with tokens besides Microsoft's; with a tenant, redeems them there, and they go under it. Where
    /// the application that will read the target signs in at `organizations` or `common`, name that as the tenant: else
    /// it finds no token under its own authority, and redeems each user once more. Name it from the first run on: what
    /// is migrated is not sent again. Personal accounts stay at `consumers` then, as neither takes their tokens.
    #[arg(long, value_name = "URL")]
    pub(crate) authority: Option<String>,

    /// Asks for resource B where a row has resource A.
    #[arg(long, value_name = "A=B")]
    pub(crate) map_resource: Vec<String>,

    /// What to ask for where a row names nothing. Microsoft Graph when absent.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) default_scope: Vec<String>,
}

/// The password of an encrypted input. It is never taken from the command line itself.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// The environment variable that holds the password of the input: that of an encrypted rclone configuration.
    #[arg(long, value_name = "NAME")]
    pub(crate) password_env: Option<String>,

    /// The file that holds it; yours, a regular file, and closed to others (chmod 600).
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    pub(crate) password_file: Option<PathBuf>,
}

/// How to log in to the server of a database. A password is never taken from the command line itself.
#[derive(Debug, Args)]
pub(crate) struct DatabaseArgs {
    /// The environment variable that holds the database's password. Without this and the next one: PGPASSWORD or the file
    /// that PGPASSFILE names, else `~/.pgpass`, for PostgreSQL; MYSQL_PWD for MySQL and MariaDB.
    #[arg(long, value_name = "NAME", conflicts_with = "database_password_file")]
    pub(crate) database_password_env: Option<String>,

    /// The file that holds the database's password; yours, a regular file, and closed to others (chmod 600).
    #[arg(long, value_name = "FILE")]
    pub(crate) database_password_file: Option<PathBuf>,

    /// Trusts the certificate authorities in this file to vouch for the database's server, instead of the system's.
    #[arg(long, value_name = "PEM")]
    pub(crate) database_tls_ca: Option<PathBuf>,
}
