//! Where a run reads and writes: looked at before anything is touched.

use std::path::{Path, PathBuf};

use msal::{FileStore, Partition};
use private_file::Folder;

use crate::cli::RunArgs;
use crate::error::Failure;
use crate::same_file::is_same;

/// Refuses names that would make the run overwrite or remove one of its own files, and folders where somebody else may
/// replace what is written.
pub(super) fn check(arguments: &RunArgs, journal: &Path) -> Result<(), Failure> {
    let target = FileStore::new(&arguments.to).files(&Partition::default())?;
    let journal = msal_migrate::journal_files(journal);
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
        // So that a message does not name the folder `.`.
        let folder = std::path::absolute(folder).unwrap_or_else(|_unknown| folder.to_owned());
        Folder::foresee(&folder)?;
    }
    Ok(())
}

/// Where the journal of a target is unless it is named.
pub(super) fn journal_beside(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".journal");
    PathBuf::from(name)
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
