//! What stands in a cache file: read whole or piece by piece, within limits, and told from ruins.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
};

use bytes::Bytes;
use memchr::memchr;
use msal_core::SecretBuffer;
use private_file::{Access, Folder};

use super::{cache_path::CachePath, shape::Outline};
use crate::store::{ContentDigest, PIECE, StoreError, Stored, Version};

/// What stands in the file now.
pub(super) struct Current {
    pub(super) content: Bytes,
    pub(super) version: Version,
    pub(super) access: Access,
    /// As long as it is open, the system keeps what is in it.
    _file: File,
}

impl Current {
    /// Reads the file; `None` when there is none. With `any_content` it need not be JSON.
    pub(super) fn read(
        path: &CachePath,
        folder: &Folder,
        any_content: bool,
    ) -> Result<Option<Self>, StoreError> {
        let Some((mut file, access)) = path.open(folder)? else {
            return Ok(None);
        };
        let length = length(path, &file)?;
        let failed = |error| path.io_failed("read", error);
        // Before there is memory for all of it: a file of holes has none of its own.
        if length > LARGEST_WITH_ZEROS && !any_content && has_zeros(&mut file).map_err(failed)? {
            let reason = "there are zeros or holes in it, as after a power failure";
            return Err(StoreError::corrupt(path.to_string(), reason));
        }
        let content = read_whole(&mut file, length).map_err(failed)?;
        let mut digest = ContentDigest::default();
        content.chunks(PIECE).for_each(|piece| digest.add(piece));
        Ok(Some(Self {
            version: Version::of_content(&digest),
            content: content.into_shared(),
            access,
            _file: file,
        }))
    }

    /// Why it is ruins, if it is.
    pub(super) fn fault(&self, any_content: bool) -> Option<&'static str> {
        let mut outline = Outline::default();
        self.content
            .chunks(PIECE)
            .for_each(|piece| outline.add(piece));
        outline.fault(any_content)
    }

    /// The same content, as it is handed out.
    pub(super) fn stored(&self) -> Stored {
        Stored::new(self.content.clone(), self.version.clone())
    }
}

/// The version of what is in the file, which is read piece by piece; `None` when there is none.
pub(super) fn version(path: &CachePath, folder: &Folder) -> Result<Option<Version>, StoreError> {
    let Some((mut file, _)) = path.open(folder)? else {
        return Ok(None);
    };
    length(path, &file)?;
    let mut digest = ContentDigest::default();
    let read = read_in_pieces(&mut file, |piece| {
        digest.add(piece);
        true
    });
    read.map_err(|error| path.io_failed("read", error))?;
    Ok(Some(Version::of_content(&digest)))
}

/// How long the file is. One that is too long to be a cache is neither read nor hashed.
fn length(path: &CachePath, file: &File) -> Result<u64, StoreError> {
    let found = file.metadata();
    let length = found.map_err(|error| path.io_failed("read", error))?.len();
    match length <= LARGEST {
        true => Ok(length),
        false => Err(StoreError::corrupt(
            path.to_string(),
            "it is larger than 16 GiB, and no token cache is",
        )),
    }
}

/// Reads so many bytes into one buffer that never moves, as a buffer that grows leaves copies of tokens behind.
fn read_whole(file: &mut File, length: u64) -> io::Result<SecretBuffer> {
    let capacity = usize::try_from(length).map_err(|_too_large| io::ErrorKind::OutOfMemory)?;
    let mut content = SecretBuffer::default();
    content
        .try_reserve_exact(capacity)
        .map_err(|_too_large| io::ErrorKind::OutOfMemory)?;
    // A file that grows while it is read comes out cut off, which the caller notices.
    file.take(length).read_to_end(&mut content)?;
    Ok(content)
}

/// Whether there is a zero in the file, which is looked at piece by piece up to the first.
fn has_zeros(file: &mut File) -> io::Result<bool> {
    let is_read = read_in_pieces(file, |piece| memchr(0, piece).is_none())?;
    file.rewind()?;
    Ok(!is_read)
}

/// Hands what is left of a file to `each` for as long as that wants more, in a buffer that is used again for each piece.
/// Answers whether it was read to its end.
fn read_in_pieces(file: &mut File, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
    let mut piece = SecretBuffer::from(vec![0; PIECE]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(true),
            length if each(piece.get(..length).unwrap_or_default()) => {}
            _ => return Ok(false),
        }
    }
}

/// A cache of two million users is smaller, and more cannot be in memory as text and as an index besides.
const LARGEST: u64 = 16 << 30;

/// A larger file is not read into memory when there is a zero in it, which no JSON text has. Smaller ones with zeros are
/// ruins like others.
const LARGEST_WITH_ZEROS: u64 = 64 << 20;
