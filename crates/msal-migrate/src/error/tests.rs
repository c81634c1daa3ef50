use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;

use msal::{Error as MsalError, HttpErrorKind};
use msal_core::{Authority, ScopeSet};

use super::*;
use crate::plan::AuthorityOverride;
use crate::source::{Mapping, SourceKind, SourceOptions, open};

fn journal_io(kind: ErrorKind) -> MigrationError {
    JournalError::Io {
        action: "write",
        path: "journal".to_owned(),
        source: Arc::new(kind.into()),
    }
    .into()
}

fn unreadable(kind: ErrorKind) -> MigrationError {
    SourceError::Io {
        file: "adal.json".to_owned(),
        source: kind.into(),
    }
    .into()
}

/// Every variant, and what to do about it.
fn all() -> Vec<(MigrationError, Remedy)> {
    let host = || "login.example".to_owned();
    let kind = HttpErrorKind::Certificate;
    let source = HttpError::new(kind, io::Error::other("self-signed certificate"));
    let in_use = JournalError::InUse {
        path: "journal".to_owned(),
        pid: Some(7),
    };
    let named = "in row `#/9`".to_owned();
    let store = |kind: ErrorKind| StoreError::io("write", "cache.json", kind.into());
    let wait = Remedy::Wait(None);
    vec![
        (
            MigrationError::Ambiguous {
                named: named.clone(),
                names: "`a#/9`, `b#/9`".to_owned(),
            },
            Remedy::Correct,
        ),
        (AuthorityOverrideError::Kind.into(), Remedy::Correct),
        (
            MigrationError::Http {
                host: host(),
                source,
            },
            Remedy::Correct,
        ),
        (in_use.into(), wait),
        (journal_io(ErrorKind::PermissionDenied), Remedy::Correct),
        (journal_io(ErrorKind::TimedOut), wait),
        (MappingError::Syntax.into(), Remedy::Correct),
        (MsalError::from(HttpError::unreachable()).into(), wait),
        (
            MigrationError::NotCopied {
                file: "cache.json".to_owned(),
                problem: "it is `csv`".to_owned(),
            },
            Remedy::Correct,
        ),
        (MigrationError::NotReadBack { missing: 2 }, Remedy::Correct),
        (MigrationError::NotThere { named }, Remedy::Correct),
        (PlanError::Changed { row: 3 }.into(), wait),
        (unreadable(ErrorKind::PermissionDenied), Remedy::Correct),
        (MigrationError::SealedAnswer, Remedy::Report),
        (MigrationError::ShutDown, wait),
        (
            SourceKind::from_str("nothing").unwrap_err().into(),
            Remedy::Correct,
        ),
        (InvalidSpaOrigin.into(), Remedy::Correct),
        (store(ErrorKind::ReadOnlyFilesystem).into(), Remedy::Correct),
        (store(ErrorKind::TimedOut).into(), wait),
        (
            MigrationError::UserCaches {
                users: 1,
                source: store(ErrorKind::ReadOnlyFilesystem),
            },
            Remedy::Correct,
        ),
        (
            MigrationError::UserCaches {
                users: 2,
                source: store(ErrorKind::TimedOut),
            },
            wait,
        ),
    ]
}

#[test]
fn every_error_says_what_to_do() {
    for (error, remedy) in all() {
        assert_eq!(error.remedy(), remedy, "{error}");
        assert_eq!(
            error.is_transient(),
            remedy == Remedy::Wait(None),
            "{error}"
        );
        let says = error.hint().is_some() || error.is_transient();
        assert!(says, "nobody knows what to do about: {error}");
    }
}

#[test]
fn no_chain_says_anything_twice() {
    for (error, _) in all() {
        let mut said = vec![error.to_string()];
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            assert!(
                !said.iter().any(|it| it.contains(&text)),
                "{said:?}: {text}"
            );
            said.push(text);
            source = cause.source();
        }
    }
}

#[test]
fn what_a_program_sets_up_fails_with_one_error() {
    fn set_up(step: usize) -> Result<(), MigrationError> {
        match step {
            0 => drop(open(Path::new("/nowhere"), &SourceOptions::default())?),
            1 => drop(AuthorityOverride::parse("https://host.example/adfs")?),
            2 => drop(Mapping::parse(["nothing"])?),
            3 => drop(SourceKind::from_str("nothing")?),
            4 => drop(ScopeSet::requested(["\""])?),
            5 => drop(Authority::parse("http://host.example/tenant")?),
            _ => return Err(crate::JournalReader::open("/nowhere").unwrap_err().into()),
        }
        Ok(())
    }
    for step in 0..=6 {
        let error = set_up(step).unwrap_err();
        assert_eq!(error.remedy(), Remedy::Correct, "{error}");
    }
}
