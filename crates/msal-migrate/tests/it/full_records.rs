//! All that is known of each token of binary, nested and encrypted stores: every field of every record, the token by its
//! hash. And that no store is changed by being read.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

mod adal_net;
mod bare;
mod msal_net;
mod rclone;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use aws_lc_rs::digest;
use msal_migrate::{Record, Row, Source, SourceError, SourceOptions, open};

/// SHA-256, the first eight bytes of it.
fn hash(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    let bytes = digest.as_ref().iter().take(8);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// A record with its token as a hash; fields that are empty are left out.
fn shown(record: &Record) -> String {
    let user = &record.user;
    let scopes: Vec<_> = record.scopes.iter().map(AsRef::as_ref).collect();
    let scopes = scopes.join(" ");
    let fields = [
        ("at", Some(record.locator.place().to_string())),
        ("key", record.locator.key().map(str::to_owned)),
        (
            "token",
            Some(hash(record.refresh_token.expose_secret().as_bytes())),
        ),
        ("client", record.client_id.clone()),
        ("authority", record.authority.clone()),
        ("scopes", (!scopes.is_empty()).then_some(scopes)),
        ("resource", record.resource.clone()),
        ("user", user.username.clone()),
        ("oid", user.oid.clone()),
        ("tid", user.tid.clone()),
        ("sub", user.sub.clone()),
        (
            "home",
            user.home_account_id.as_ref().map(ToString::to_string),
        ),
        (
            "refreshed",
            record.last_refreshed.map(|time| time.as_secs().to_string()),
        ),
        (
            "mrrt",
            record.flags.multi_resource.then(|| "yes".to_owned()),
        ),
        ("family", record.flags.family.clone()),
        ("guest", record.flags.guest.then(|| "yes".to_owned())),
        (
            "personal",
            record.flags.personal_account.then(|| "yes".to_owned()),
        ),
    ];
    let fields = fields.into_iter();
    let present: Vec<_> = fields
        .filter_map(|(name, value)| Some(format!("{name}={}", value?)))
        .collect();
    present.join("\n    ")
}

/// What a source says of each of its rows.
fn rows(source: &dyn Source) -> Result<Vec<String>, SourceError> {
    let mut rows = Vec::new();
    source.read(&mut |row| {
        rows.push(match row {
            Row::Record(record) => shown(&record),
            Row::Skipped { locator, reason } => {
                format!("at={} skip={}", locator.place(), reason.code())
            }
            _ => unreachable!("a new kind of row"),
        });
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

/// The rows of a file, read twice, after which it is as it was.
fn rows_of(content: &[u8], options: &SourceOptions) -> Result<Vec<String>, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fs::write(&path, content).unwrap();
    let source = open(&path, options)?;
    let (first, second) = (rows(&*source)?, rows(&*source)?);
    assert_eq!(first, second);
    assert_eq!(hash(&fs::read(&path).unwrap()), hash(content));
    assert_eq!(names_in(folder.path()), ["store"]);
    Ok(first)
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect()
}

/// The first of these files that is read to its end, if there is one.
fn first_that_is_read(
    files: impl IntoIterator<Item = Vec<u8>>,
    options: &SourceOptions,
) -> Option<usize> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    files.into_iter().position(|content| {
        fs::write(&path, content).unwrap();
        open(&path, options).is_ok_and(|source| rows(&*source).is_ok())
    })
}

/// One error as a user sees it, without the name of the file.
fn refusal(content: &[u8], options: &SourceOptions) -> String {
    let error = rows_of(content, options).unwrap_err();
    let hint = error.hint().unwrap();
    let message = error.to_string();
    let (_file, problem) = message.split_once(": ").unwrap();
    format!("{problem}; {hint}")
}
