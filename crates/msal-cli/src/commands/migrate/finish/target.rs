//! The target of a migration that ends: whether those who were migrated are in it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use msal::{FileStore, Partition, Runtime, SharedTokenCache};
use msal_migrate::{Verification, Verifier};

use super::super::next;
use super::journal::Journal;
use crate::cli::FinishArgs;
use crate::error::Failure;
use crate::network;
use crate::runtime::block_on;
use crate::target;
use crate::user_files::UserFiles;

pub(super) struct Target {
    pub(super) path: PathBuf,
    /// Those that are there, of the target and beside it.
    pub(super) files: Vec<PathBuf>,
    /// How many accounts tokens were migrated to.
    pub(super) accounts: u64,
    /// How many of them have no refresh token there.
    pub(super) gone: u64,
    /// The command that has each of them renewed.
    pub(super) verification: String,
    /// Whether that takes options about secrets besides.
    pub(super) needs_secrets: bool,
}

impl Target {
    /// Reads the target as an application will: this is another process than the one that wrote it.
    pub(super) fn look(arguments: &FinishArgs, journal: &Journal) -> Result<Self, Failure> {
        let path = &arguments.run.to;
        let users = UserFiles::of(path)?;
        let own = journal
            .reader
            .accounts()
            .map_err(|error| Failure::new(&error))?;
        let accounts = own.len() as u64;
        let (runtime, dialect) = (
            network::runtime(&arguments.run.network, 1)?,
            arguments.run.sdk.dialect(),
        );
        let files = match &users {
            Some(users) => vec![users.folder().to_owned()],
            None => files_of(path)?,
        };
        let verification = block_on(async {
            let Some(users) = users else {
                if own.is_empty() {
                    return Ok(Verification::default());
                }
                let cache = target::open(path, dialect).await?;
                return verify(cache, own, &runtime).await;
            };
            let mut verification = Verification::default();
            for (partition, own) in users.to_verify(Some(own))? {
                let cache = users.cache(partition, dialect);
                verification += verify(cache, own.unwrap_or_default(), &runtime).await?;
            }
            Ok::<_, Failure>(verification)
        })?;
        Ok(Self {
            path: path.clone(),
            files,
            accounts,
            gone: verification.missing + verification.broken,
            verification: next::verification(&arguments.run),
            needs_secrets: arguments.run.secrets.are_given(),
        })
    }
}

async fn verify(
    cache: SharedTokenCache,
    own: HashSet<String>,
    runtime: &Runtime,
) -> Result<Verification, Failure> {
    let verifier = Verifier::offline(Arc::new(cache), runtime).own(own);
    Ok(verifier.run(&mut |_asked| {}).await?)
}

/// The files of the target that are there and may hold tokens: itself, what a killed writer left, and ruins.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut known = FileStore::new(path).files(&Partition::default())?;
    // As it was typed.
    if let Some(own) = known.first_mut() {
        path.clone_into(own);
    }
    let (folder, name) = private_file::folder_and_name(path)?;
    let ruins = format!("{}.corrupt-", name.to_string_lossy());
    let is_ruins = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with(&ruins)
    };
    let beside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut beside: Vec<_> = beside.map(|entry| folder.join(entry.file_name())).collect();
    beside.retain(is_ruins);
    beside.sort();
    // The two locks hold nothing.
    let own = known.into_iter().take(2).filter(|file| file.exists());
    Ok(own.chain(beside).collect())
}
