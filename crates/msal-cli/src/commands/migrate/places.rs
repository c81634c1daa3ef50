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

/// The journal that somebody means who names its target or its key instead: where it is unless it is named, or another one
/// in the folder of the target or in the current one that is of this target.
pub(super) fn journal_meant_by(path: &Path) -> Option<PathBuf> {
    let of_key =
        (path.extension().is_some_and(|end| end == "key")).then(|| path.with_extension(""));
    let mut likely = of_key.into_iter().chain([journal_beside(path)]);
    let is_journal = |journal: &PathBuf| JournalReader::open(journal).is_ok();
    likely
        .find(is_journal)
        .or_else(|| journals_near(path).find(|journal| is_of(journal, path)))
}

/// The files in the folder of `path` and in the current one that have a key beside them.
fn journals_near(path: &Path) -> impl Iterator<Item = PathBuf> {
    let own = private_file::parent(path).unwrap_or(path).to_owned();
    let folders = [
        Some(own).filter(|own| own != Path::new(".")),
        Some(PathBuf::new()),
    ];
    folders.into_iter().flatten().flat_map(|folder| {
        let listed = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &folder
        };
        let entries = fs::read_dir(listed).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        let keys = names.into_iter().map(PathBuf::from);
        let journals = keys.filter(|key| key.extension().is_some_and(|end| end == "key"));
        journals.map(move |key| folder.join(key.with_extension("")))
    })
}

/// Whether the file at `journal` is the journal of a migration to `target`.
fn is_of(journal: &Path, target: &Path) -> bool {
    let Ok(journal) = JournalReader::open(journal) else {
        return false;
    };
    let recorded = journal.destination().fact("target");
    recorded.is_some_and(|recorded| is_same(Path::new(recorded), target))
}

/// Whether `file` is the target or one of its files.
pub(super) fn is_of_target(file: &Path, target: &Path) -> bool {
    if let Ok(Some(users)) = UserFiles::of(target) {
        let folder = private_file::parent(file);
        return folder.is_some_and(|folder| is_same(folder, users.folder()));
    }
    let files = FileStore::new(target).files(&Partition::default());
    files.is_ok_and(|files| files.iter().any(|of_target| is_same(of_target, file)))
}

/// Asks before tokens are redeemed again that an earlier run may have migrated: there is no journal, and there are accounts in
/// the target. `--new-journal` is the answer; where the target is the input, it is not asked.
pub(super) async fn ask_about_lost(
    arguments: &RunArgs,
    journal: &Path,
    printer: &Printer,
) -> Result<(), Failure> {
    let is_lost = !arguments.new_journal && fs::symlink_metadata(journal).is_err();
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
    Err(Failure::usage(
        format!("{found}: {again}, and its users may be signed out"),
        "put the journal and its key back, or name them with --journal; if no run has written there, --new-journal begins one",
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
