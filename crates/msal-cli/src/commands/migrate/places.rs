//! Where a run reads and writes: looked at before anything is touched.

use std::fs;
use std::path::{Path, PathBuf};

use msal::{FileStore, Partition};
use msal_core::Dialect;
use msal_migrate::JournalReader;
use private_file::Folder;

use crate::cli::{Rotation, RunArgs};
use crate::error::Failure;
use crate::output::Printer;
use crate::same_file::is_same;
use crate::shell::quoted;
use crate::target;
use crate::user_files::UserFiles;

/// Refuses names that would make the run overwrite or remove one of its own files, and folders where somebody else may
/// replace what is written.
pub(super) fn check(arguments: &RunArgs, journal: &Path) -> Result<(), Failure> {
    let journal = msal_migrate::journal_files(journal);
    if let Some(users) = UserFiles::of(&arguments.to)? {
        return check_folder(arguments, &users, &journal);
    }
    let target = FileStore::new(&arguments.to).files(&Partition::default())?;
    for file in &target {
        if let Some(same) = journal.iter().find(|other| is_same(file, other)) {
            return Err(Failure::usage(
                format!(
                    "{} is a file of the target {}, and cannot be the journal or its key",
                    same.display(),
                    arguments.to.display()
                ),
                "name another file with --journal, or leave it out: TARGET.journal",
            ));
        }
    }
    // That the input is the target itself does no harm: it is read to its end, and replaced in one step.
    let written = target.iter().skip(1).chain(&journal);
    for file in written {
        if let Some(same) = named_to_be_read(arguments).find(|read| is_same(file, read)) {
            return Err(Failure::usage(
                format!(
                    "{} is read, and the run would write or remove it",
                    same.display()
                ),
                "name another file with --to or --journal",
            ));
        }
    }
    for file in target.first().into_iter().chain(journal.first()) {
        let (folder, _name) = private_file::folder_and_name(file)?;
        foresee(folder)?;
    }
    Ok(())
}

/// The same for a folder with a file for each user: whose they will be is not known, so that nothing else may be in there.
fn check_folder(
    arguments: &RunArgs,
    users: &UserFiles,
    journal: &[PathBuf],
) -> Result<(), Failure> {
    let is_in_there = |file: &Path| {
        let is_cache = file
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let folder = private_file::folder_and_name(file).map(|(folder, _name)| folder);
        is_cache && folder.is_ok_and(|folder| is_same(folder, users.folder()))
            // A folder is read file by file, and an interrupted run would read its own files when it is begun again.
            || is_same(file, users.folder())
    };
    let journals = journal.iter().map(PathBuf::as_path);
    let mut others = journals.chain(named_to_be_read(arguments));
    if let Some(file) = others.find(|file| is_in_there(file)) {
        return Err(Failure::usage(
            match is_same(file, users.folder()) {
                true => format!("{} is the folder of the files of users", file.display()),
                false => format!("{} is among the files of users", file.display()),
            },
            "name another folder with --to, where nothing else is",
        ));
    }
    foresee(users.folder())?;
    match journal.first() {
        Some(file) => foresee(private_file::folder_and_name(file)?.0),
        None => Ok(()),
    }
}

/// Refuses a folder where somebody else may replace what is written.
fn foresee(folder: &Path) -> Result<(), Failure> {
    // So that a message does not name the folder `.`.
    let folder = std::path::absolute(folder).unwrap_or_else(|_unknown| folder.to_owned());
    Ok(Folder::foresee(&folder)?)
}

/// Where the journal of a target is unless it is named.
pub(super) fn journal_beside(target: &Path) -> PathBuf {
    if let Ok(Some(users)) = UserFiles::of(target) {
        return users.journal();
    }
    let mut name = target.as_os_str().to_owned();
    name.push(".journal");
    PathBuf::from(name)
}

/// The journal that somebody means who names its target or its key instead.
pub(super) fn journal_meant_by(path: &Path) -> Option<PathBuf> {
    let of_key =
        (path.extension().is_some_and(|end| end == "key")).then(|| path.with_extension(""));
    let mut likely = of_key.into_iter().chain([journal_beside(path)]);
    likely.find(|journal| JournalReader::open(journal).is_ok())
}

/// Asks before tokens are redeemed again that an earlier run has migrated: there is no journal where it would be, and there
/// are accounts in the target. That a journal was named is the answer; where the target is the input, it is not asked.
pub(super) async fn ask_about_lost(
    arguments: &RunArgs,
    journal: &Path,
    printer: &Printer,
) -> Result<(), Failure> {
    let is_lost = arguments.journal.is_none() && fs::symlink_metadata(journal).is_err();
    let to = &arguments.to;
    let is_input = (arguments.source.input.as_deref()).is_some_and(|input| is_same(input, to));
    if !is_lost || is_input || !has_accounts(to).await? {
        return Ok(());
    }
    let found = format!(
        "{} holds accounts, and there is no journal {}",
        to.display(),
        journal.display()
    );
    let again = "what an earlier run has migrated is redeemed again";
    if arguments.rotation == Rotation::Reusable {
        printer.say(&format!("note: {found}: {again}"));
        return Ok(());
    }
    let mut new = to.as_os_str().to_owned();
    new.push(".2.journal");
    Err(Failure::usage(
        format!("{found}: {again}, and its users may be signed out"),
        format!(
            "put the journal and its key back; if no run has written there, name a new journal: --journal {}",
            quoted(&new.to_string_lossy())
        ),
    ))
}

/// Whether the target can be read and somebody is in it.
async fn has_accounts(target: &Path) -> Result<bool, Failure> {
    if let Some(users) = UserFiles::of(target)? {
        return Ok(users.to_verify(None).is_ok_and(|files| !files.is_empty()));
    }
    let opened = target::open(target, Dialect::Python).await;
    Ok(opened.is_ok_and(|cache| cache.read(|cache| !cache.accounts().is_empty())))
}

fn named_to_be_read(arguments: &RunArgs) -> impl Iterator<Item = &Path> {
    let secrets = &arguments.secrets;
    let of_clients = secrets
        .client_secret_file
        .iter()
        .chain(&secrets.certificate);
    let of_clients =
        of_clients.map(|named| named.split_once('=').map_or(&**named, |(_, path)| path));
    let passphrase = secrets.certificate_passphrase_file.as_deref();
    let source = &arguments.source;
    source
        .input
        .as_deref()
        .into_iter()
        .chain(arguments.network.ca_file.as_deref())
        .chain(source.password.password_file.as_deref())
        .chain(source.database.database_password_file.as_deref())
        .chain(source.database.database_tls_ca.as_deref())
        .chain(of_clients.chain(passphrase).map(Path::new))
}
