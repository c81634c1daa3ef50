//! What the arguments about the input mean.

use std::path::Path;
use std::str::FromStr;

use msal::SystemClock;
use msal_migrate::{
    AuthorityOverride, AuthorityOverrideError, DatabaseUrl, DatabaseUrlError, Mapping, PlanOptions,
    Source, SourceKind, SourceOptions,
};

use crate::cli::SourceArgs;
use crate::database_login;
use crate::error::Failure;

/// Opens the source and reads the options of the plan.
pub(crate) fn open(arguments: &SourceArgs) -> Result<(Box<dyn Source>, PlanOptions), Failure> {
    let mut options = SourceOptions::default();
    options.from = arguments.from.as_deref().map(source_kind).transpose()?;
    options.map = Mapping::parse(&arguments.map).map_err(|error| {
        Failure::usage(
            error.to_string(),
            "write FIELD=EXPR, such as refresh_token=rt or refresh_token=/oauth/refresh_token",
        )
    })?;
    options.query.clone_from(&arguments.query);
    let plan = plan_options(arguments)?;
    let source = match database(&arguments.input)? {
        Some(url) => {
            options.login = database_login::read(&arguments.database, &url)?;
            msal_migrate::open_database(&url, &options)?
        }
        None => msal_migrate::open(&arguments.input, &options)?,
    };
    Ok((source, plan))
}

/// The database on a server that is named in place of a file. A file of such a name is `./NAME`.
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

fn source_kind(name: &str) -> Result<SourceKind, Failure> {
    SourceKind::from_str(name).map_err(|error| {
        let names: Vec<_> = SourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Failure::usage(
            error.to_string(),
            format!("the sources are {}", names.join(", ")),
        )
    })
}

fn plan_options(arguments: &SourceArgs) -> Result<PlanOptions, Failure> {
    let mut options = PlanOptions::default();
    options.client_id.clone_from(&arguments.client_id);
    options.authority = authority(arguments.authority.as_deref(), AuthorityOverride::parse)?;
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

/// The authority of accounts in a token cache, of any kind, named by the user.
pub(crate) fn authority_of_accounts(
    url: Option<&str>,
) -> Result<Option<AuthorityOverride>, Failure> {
    authority(url, AuthorityOverride::of_any_kind)
}

fn authority(
    url: Option<&str>,
    parse: impl FnOnce(&str) -> Result<AuthorityOverride, AuthorityOverrideError>,
) -> Result<Option<AuthorityOverride>, Failure> {
    let bad = |error: AuthorityOverrideError| {
        Failure::usage(
            error.to_string(),
            "write https://HOST or https://HOST/TENANT",
        )
    };
    url.map(parse).transpose().map_err(bad)
}
