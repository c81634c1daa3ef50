//! What the arguments about the input mean.

use std::str::FromStr;

use msal::SystemClock;
use msal_migrate::{
    AuthorityOverride, AuthorityOverrideError, Mapping, PlanOptions, Source, SourceKind,
    SourceOptions,
};

use crate::cli::SourceArgs;
use crate::credentials;
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
    options.password = credentials::password(&arguments.password)?;
    let plan = plan_options(arguments)?;
    Ok((msal_migrate::open(&arguments.input, &options)?, plan))
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

/// What the arguments say about a plan.
pub(crate) fn plan_options(arguments: &SourceArgs) -> Result<PlanOptions, Failure> {
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
