//! What the arguments about the input mean.

use std::io;
use std::path::Path;
use std::str::FromStr;

use msal::{SystemClock, SystemRandom};
use msal_core::Passphrase;
use msal_migrate::{
    DatabaseUrl, DatabaseUrlError, DecodingKey, KeySource, Mapping, MappingFile, MappingFileError,
    PlanOptions, Preset, Source, SourceKind, SourceOptions, open_reader,
};

use crate::authority;
use crate::bounded;
use crate::cli::{PasswordArgs, SourceArgs};
use crate::database_login;
use crate::error::Failure;
use crate::input_command;
use crate::output::Printer;
use crate::private;

/// Opens the source and reads the options of the plan.
pub(crate) fn open(
    arguments: &SourceArgs,
    printer: &Printer,
) -> Result<(Box<dyn Source>, PlanOptions), Failure> {
    let options = source_options(arguments)?;
    let plan = plan_options(arguments, printer)?;
    let source = match (&arguments.input, &arguments.input_command) {
        (_, Some(command)) => input_command::open(command, &options, printer)?,
        (Some(path), None) if path.as_os_str() == "-" => open_reader(
            "standard input",
            io::stdin().lock(),
            &SystemRandom,
            &options,
        )?,
        (Some(path), None) => open_named(path, arguments, options)?,
        // The command line takes one of both.
        (None, None) => return Err(Failure::usage("there is no input", "name the input")),
    };
    Ok((source, plan))
}

fn source_options(arguments: &SourceArgs) -> Result<SourceOptions, Failure> {
    let mut options = SourceOptions::default();
    if let Some(name) = arguments.from.as_deref() {
        if let Some(file) = mapping_file(name)? {
            options.mapping_file = file;
        } else {
            options.from = Some(source_kind(name)?);
        }
    }
    options.map = Mapping::parse(&arguments.map).map_err(|error| {
        Failure::usage(
            error.to_string(),
            "write FIELD=EXPR, such as refresh_token=rt or refresh_token=/oauth/refresh_token",
        )
    })?;
    options.query.clone_from(&arguments.query);
    options.password = password(&arguments.password)?;
    options.mapping_file = with_arguments(options.mapping_file, arguments)?;
    Ok(options)
}

/// Opens the file at `path`, or the database on a server that is named in place of one.
fn open_named(
    path: &Path,
    arguments: &SourceArgs,
    mut options: SourceOptions,
) -> Result<Box<dyn Source>, Failure> {
    let Some(url) = database(path)? else {
        return Ok(msal_migrate::open(path, &options)?);
    };
    options.login = database_login::read(&arguments.database, &url)?;
    Ok(msal_migrate::open_database(&url, &options)?)
}

/// The database on a server that `input` names. A file of such a name is `./NAME`.
fn database(input: &Path) -> Result<Option<DatabaseUrl>, Failure> {
    let url = input.to_str().filter(|text| DatabaseUrl::is_meant_by(text));
    let url = url.map(DatabaseUrl::from_str).transpose();
    url.map_err(|error| {
        let hint = match error {
            DatabaseUrlError::Password => {
                "leave it out, and give it with --database-password-env NAME, --database-password-file FILE or, for PostgreSQL, ~/.pgpass"
            }
            DatabaseUrlError::SslMode | DatabaseUrlError::EncryptedSocket => {
                "leave `sslmode` out: a server elsewhere is asked through TLS, with its certificate verified"
            }
            _ => "write postgres://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE; a socket is ?host=/FOLDER or ?socket=/FILE",
        };
        Failure::usage(error.to_string(), hint)
    })
}

/// Reads the password of the input, if one was named.
fn password(arguments: &PasswordArgs) -> Result<Option<Passphrase>, Failure> {
    let password = match (&arguments.password_env, &arguments.password_file) {
        (Some(name), _) => private::variable(name, PASSWORD)?,
        (None, Some(path)) => private::text(path, PASSWORD)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(password.into()))
}

/// The mapping file that `name` names: a file, or one of ours.
fn mapping_file(name: &str) -> Result<Option<MappingFile>, Failure> {
    if !MappingFile::is_path(name) {
        return Ok(Preset::named(name).map(Preset::mapping_file));
    }
    let text = bounded::read_text(Path::new(name), LARGEST_MAPPING_FILE).map_err(|error| {
        Failure::usage(
            format!("cannot read the mapping file {name}: {error}"),
            "`msal sources show NAME` prints one to begin with; a format or an application is named without a slash",
        )
    })?;
    let parsed = MappingFile::parse(name, &text);
    parsed.map(Some).map_err(|error| {
        Failure::usage(
            error.to_string(),
            "correct the file; `msal sources show NAME` prints one that is right",
        )
    })
}

/// The mapping file with what was typed on top, and with its keys.
fn with_arguments(mut file: MappingFile, arguments: &SourceArgs) -> Result<MappingFile, Failure> {
    let wrong =
        |hint: &'static str| move |error: MappingFileError| Failure::usage(error.to_string(), hint);
    for condition in &arguments.condition {
        file = file
            .with_condition(condition)
            .map_err(wrong("write --where COLUMN=VALUE, such as provider=azure"))?;
    }
    if let Some(delimiter) = &arguments.delimiter {
        file = file
            .with_delimiter(delimiter)
            .map_err(wrong("write --delimiter ';' or --delimiter tab"))?;
    }
    if let Some(pointer) = &arguments.records {
        file = file
            .with_records(pointer)
            .map_err(wrong("write --records /POINTER or --records /POINTER/*"))?;
    }
    let sources: Vec<KeySource> = file.key_sources().cloned().collect();
    for source in sources {
        let key = match &source {
            KeySource::Environment(name) => private::variable(name, DECODING_KEY)?,
            KeySource::File(path) => private::text(Path::new(path), DECODING_KEY)?,
            // A library that knows more than this command.
            other => {
                return Err(Failure::usage(
                    format!("{other} is not read"),
                    "use env:NAME",
                ));
            }
        };
        file = file
            .with_key(&source, DecodingKey::new(key))
            .map_err(wrong(
                "give the key that the application encrypts with, as it is in its settings",
            ))?;
    }
    Ok(file)
}

fn source_kind(name: &str) -> Result<SourceKind, Failure> {
    SourceKind::from_str(name).map_err(|error| {
        Failure::usage(
            error.to_string(),
            "`msal sources list` shows what there is; the path of a mapping file ends with .toml",
        )
    })
}

/// What the arguments say about a plan.
pub(crate) fn plan_options(
    arguments: &SourceArgs,
    printer: &Printer,
) -> Result<PlanOptions, Failure> {
    let mut options = PlanOptions::default();
    options.client_id.clone_from(&arguments.client_id);
    options.authority = authority::to_migrate_to(arguments.authority.as_deref(), printer)?;
    options.map_resource = arguments
        .map_resource
        .iter()
        .map(|pair| resource_pair(pair))
        .collect::<Result<_, _>>()?;
    options.default_scopes =
        msal::ScopeSet::requested(&arguments.default_scope).map_err(|error| {
            Failure::usage(
                error.to_string(),
                "name a scope such as https://graph.microsoft.com/.default",
            )
        })?;
    options.now = Some(msal::Clock::now(&SystemClock));
    Ok(options)
}

fn resource_pair(pair: &str) -> Result<(String, String), Failure> {
    match pair.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => {
            Ok((from.to_owned(), to.to_owned()))
        }
        _ => Err(Failure::usage(
            format!("`{pair}` is not a pair of resources"),
            "write A=B, such as https://graph.windows.net=https://graph.microsoft.com",
        )),
    }
}

const PASSWORD: &str = "password";

const DECODING_KEY: &str = "key";

/// Mapping files have a few dozen lines.
const LARGEST_MAPPING_FILE: usize = 1 << 20;
