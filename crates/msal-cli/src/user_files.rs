//! A target with a file for each user: `FOLDER/{home_account_id}.json`.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use msal::{FileStore, Partition, SharedTokenCache, StoreError};
use msal_core::{Dialect, HomeAccountId};
use msal_migrate::Caches;

use crate::error::Failure;

/// A folder with a token cache for each user.
#[derive(Debug)]
pub(crate) struct UserFiles {
    folder: PathBuf,
}

/// A cache, and the accounts in it that count; all of them where nobody says.
type ToVerify = (Partition, Option<HashSet<String>>);

impl UserFiles {
    /// What `target` names, if it is more than one file.
    ///
    /// The name of a file comes from a server: it is the whole name, and never a folder of the path.
    pub(crate) fn of(target: &Path) -> Result<Option<Self>, Failure> {
        if !has_placeholder(target) {
            return Ok(None);
        }
        let folder = target.parent().filter(|it| !it.as_os_str().is_empty());
        let is_name = target.file_name().is_some_and(|name| name == NAME);
        match folder {
            Some(folder) if is_name && !has_placeholder(folder) => Ok(Some(Self {
                folder: folder.to_owned(),
            })),
            _ => Err(Failure::usage(
                format!("{} is no place for a file for each user", target.display()),
                format!("write it as FOLDER/{NAME}"),
            )),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the journal is unless it is named: beside the folder.
    pub(crate) fn journal(&self) -> PathBuf {
        match self.folder.file_name() {
            Some(name) => {
                let mut name = name.to_owned();
                name.push(".journal");
                self.folder.with_file_name(name)
            }
            None => self.folder.join("caches.journal"),
        }
    }

    /// The caches to look into: those of the accounts that are `own`, each with its account, whether its file is there or
    /// not; or those of all files in the folder.
    pub(crate) fn to_verify(&self, own: Option<HashSet<String>>) -> Result<Vec<ToVerify>, Failure> {
        if let Some(own) = own {
            let partition = |id: &String| Caches::partition(&HomeAccountId::new(id));
            let each = |id: String| (partition(&id), Some(HashSet::from([id])));
            return Ok(own.into_iter().map(each).collect());
        }
        let failed = |error| StoreError::io("list", self.folder.display().to_string(), error);
        let mut partitions = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(".json"));
            let partition = name.and_then(|name| Partition::new(name).ok());
            partitions.extend(partition.map(|partition| (partition, None)));
        }
        partitions.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(partitions)
    }

    /// The cache of a partition.
    pub(crate) fn cache(&self, partition: Partition, dialect: Dialect) -> SharedTokenCache {
        let store = FileStore::directory(&self.folder);
        SharedTokenCache::new(Arc::new(store), partition, dialect)
    }

    pub(crate) fn caches(&self, dialect: Dialect) -> Caches {
        let store = FileStore::directory(&self.folder);
        Caches::per_user(Arc::new(store), dialect)
    }
}

/// Whether there is a name in braces anywhere in a path.
fn has_placeholder(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.split('{').skip(1).any(|rest| {
        let name = rest.split_once('}').map_or("", |(name, _)| name);
        let is_of_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        !name.is_empty() && name.bytes().all(is_of_name)
    })
}

const NAME: &str = "{home_account_id}.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_users_and_the_folder_is_the_operators() {
        for (target, folder, journal) in [
            ("caches/{home_account_id}.json", "caches", "caches.journal"),
            ("/a/b/{home_account_id}.json", "/a/b", "/a/b.journal"),
            ("./{home_account_id}.json", ".", "./caches.journal"),
            ("../{home_account_id}.json", "..", "../caches.journal"),
        ] {
            let files = UserFiles::of(Path::new(target)).ok().flatten();
            let files = files.expect(target);
            assert_eq!(files.folder(), Path::new(folder), "{target}");
            assert_eq!(files.journal(), Path::new(journal), "{target}");
        }
        for one in [
            "cache.json",
            "a{}.json",
            "a{B}.json",
            "a{b.json",
            "{1}/b.json",
        ] {
            assert!(matches!(UserFiles::of(Path::new(one)), Ok(None)), "{one}");
        }
        for wrong in [
            "{home_account_id}.json",
            "{home_account_id}/cache.json",
            "{oid}/{home_account_id}.json",
            "caches/{oid}.json",
            "caches/{home_account_id}",
            "caches/x{home_account_id}.json",
            "caches/{home_account_id}.json/",
        ] {
            let is_refused = UserFiles::of(Path::new(wrong)).is_err();
            assert_eq!(
                is_refused,
                wrong != "caches/{home_account_id}.json/",
                "{wrong}"
            );
        }
    }
}
