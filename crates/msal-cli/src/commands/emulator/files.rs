//! The files that `msal emulator serve` reads and writes: looked at before anything is touched.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use serde_json::{Map, Value};

use crate::cli::ServeArgs;
use crate::error::Failure;
use crate::same_file::is_same;

/// Refuses one file under two options: the second would spoil what the first has written.
pub(super) fn check(arguments: &ServeArgs) -> Result<(), Failure> {
    let named = [
        ("--config", arguments.config.as_deref()),
        ("--ca-out", arguments.ca_out.as_deref()),
        (
            "--arc-key-file",
            arguments.arc_key_file.as_deref().map(Path::new),
        ),
        ("--audit", arguments.audit.as_deref()),
    ];
    let named = named.map(|(option, path)| path.map(|path| (option, path)));
    let named: Vec<_> = named
        .into_iter()
        .flatten()
        .filter(|(_, path)| keeps(path))
        .collect();
    for (index, (option, path)) in named.iter().enumerate() {
        let before = named[..index].iter();
        if let Some((other, _)) = before.clone().find(|(_, other)| is_same(other, path)) {
            return Err(Failure::usage(
                format!("{other} and {option} name one file, {}", path.display()),
                format!("name another file with {option}"),
            ));
        }
    }
    Ok(())
}

/// Opens a log to write on at its end: a new one, or one that an emulator has begun.
pub(super) fn open_audit(path: &Path) -> Result<File, Failure> {
    let failed = |error| {
        Failure::usage(
            format!("cannot write {}: {error}", path.display()),
            "name a file that can be written with --audit",
        )
    };
    if keeps(path) && path.exists() && !is_log(&File::open(path).map_err(failed)?) {
        return Err(Failure::usage(
            format!("{} is not an audit log of an emulator", path.display()),
            "name another file with --audit",
        ));
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true).open(path).map_err(failed)
}

/// Whether what is written under a name stays there. `/dev/null` and `/dev/stdout` may be named as often as one likes.
fn keeps(path: &Path) -> bool {
    path.metadata().map_or(true, |known| known.is_file())
}

/// Whether a file is empty or begins with a record of the log.
fn is_log(file: &File) -> bool {
    let mut first = Vec::new();
    let read = BufReader::new(file.take(LONGEST_RECORD)).read_until(b'\n', &mut first);
    let record = serde_json::from_slice::<Map<String, Value>>(&first);
    let is_record = || {
        record.is_ok_and(|record| {
            ["at", "endpoint", "correlation_id"]
                .iter()
                .all(|name| record.contains_key(*name))
        })
    };
    read.is_ok() && (first.is_empty() || is_record())
}

/// Longer than a record can be: there are two hundred parameters at most, and each text is cut.
const LONGEST_RECORD: u64 = 1 << 20;
