//! Opening an input that will be read more than once, and reading it as UTF-8 from whatever Unicode encoding it has.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use msal::SecureRandom;
use msal_core::SecretBuffer;
use zeroize::Zeroizing;

use super::read_at::read_at;
use super::spool::Spool;
use super::utf16::Utf16Reader;
use crate::source::error::SourceError;

/// What is read, the same in every pass.
#[derive(Debug)]
pub(crate) struct Input {
    name: Arc<str>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// A regular file, held open, so that every pass reads the same file even when its application replaces it meanwhile.
    File(File),
    /// What could be read only once.
    Spool(Spool),
}

impl Input {
    /// Opens a regular file. Symbolic links are followed: the user named them.
    pub(crate) fn open(path: &Path) -> Result<Self, SourceError> {
        let name: Arc<str> = path.display().to_string().into();
        let failed = |source| SourceError::Io {
            file: name.to_string(),
            source,
        };
        // Checked before opening, because opening a named pipe waits for its writer.
        let kind = fs::metadata(path).map_err(failed)?.file_type();
        if kind.is_dir() {
            return Err(SourceError::Directory {
                file: name.to_string(),
            });
        }
        if !kind.is_file() {
            return Err(SourceError::NotRegular {
                file: name.to_string(),
            });
        }
        let file = File::open(path).map_err(failed)?;
        let content = Content::File(file);
        Ok(Self { name, content })
    }

    /// Reads all of what can be read only once, and keeps it sealed.
    pub(crate) fn of_reader(
        name: &str,
        reader: impl Read,
        random: &dyn SecureRandom,
    ) -> Result<Self, SourceError> {
        let content = Spool::of(reader, random).map_err(|source| SourceError::Io {
            file: name.to_owned(),
            source,
        })?;
        Ok(Self {
            name: name.into(),
            content: Content::Spool(content),
        })
    }

    /// The path as the user gave it.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The file, for a reader that takes it over; `None` where there is none.
    pub(crate) fn into_file(self) -> Option<File> {
        match self.content {
            Content::File(file) => Some(file),
            Content::Spool(_) => None,
        }
    }

    /// The bytes at the beginning as they are on disk: enough to tell a binary format.
    pub(crate) fn head(&self) -> Result<SecretBuffer, SourceError> {
        self.first_bytes(HEAD)
    }

    /// The beginning of the text: enough to tell a text format. What is not UTF-8 in it is replaced.
    pub(crate) fn text_head(&self) -> Result<Zeroizing<String>, SourceError> {
        let head = self.read_up_to(HEAD, self.text()?)?;
        Ok(Zeroizing::new(String::from_utf8_lossy(&head).into_owned()))
    }

    /// All bytes from the first one, as they are on disk.
    pub(crate) fn bytes(&self) -> impl Read + '_ {
        self.content.reader(0)
    }

    /// The whole text from its beginning, as UTF-8 without a byte order mark.
    pub(crate) fn text(&self) -> Result<Box<dyn Read + '_>, SourceError> {
        let start = self.first_bytes(3)?;
        let from = |offset| self.content.reader(offset);
        // Azure CLI expects its files with or without a byte order mark; PowerShell redirects into UTF-16 with one.
        Ok(match start.as_slice() {
            [0xef, 0xbb, 0xbf] => from(3),
            [0xff, 0xfe, ..] => Box::new(Utf16Reader::new(from(2), u16::from_le_bytes)),
            [0xfe, 0xff, ..] => Box::new(Utf16Reader::new(from(2), u16::from_be_bytes)),
            _ => from(0),
        })
    }

    /// The whole text in memory, of a file that is no larger than it should be.
    pub(crate) fn whole_text(&self, largest: usize) -> Result<SecretBuffer, SourceError> {
        let failed = |source| SourceError::Io {
            file: self.name.to_string(),
            source,
        };
        let length = self.content.length().map_err(failed)?;
        if length > largest as u64 {
            return Err(SourceError::Syntax {
                file: self.name.to_string(),
                problem: format!("it is larger than {largest} bytes, which no such file is"),
            });
        }
        // UTF-16 may become one and a half times as long.
        self.read_up_to(length as usize * 2, self.text()?)
    }

    fn first_bytes(&self, length: usize) -> Result<SecretBuffer, SourceError> {
        self.read_up_to(length, self.bytes())
    }

    fn read_up_to(&self, length: usize, reader: impl Read) -> Result<SecretBuffer, SourceError> {
        // Room for all of it from the start, so that growing leaves no copies of tokens behind.
        let mut bytes = SecretBuffer::with_capacity(length + 1);
        reader
            .take(length as u64)
            .read_to_end(&mut bytes)
            .map_err(|source| SourceError::Io {
                file: self.name.to_string(),
                source,
            })?;
        Ok(bytes)
    }
}

impl Content {
    fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Spool(spool) => Ok(spool.length()),
        }
    }

    fn reader(&self, offset: u64) -> Box<dyn Read + '_> {
        match self {
            Self::File(file) => Box::new(Positioned { file, offset }),
            Self::Spool(spool) => Box::new(spool.reader(offset)),
        }
    }
}

/// Reads from its own position, so that several passes over one open file do not disturb each other.
struct Positioned<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = read_at(self.file, buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

/// How much of a file is looked at to tell its format.
const HEAD: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> io::Result<String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store");
        fs::write(&path, bytes).unwrap();
        let input = Input::open(&path).unwrap();
        let mut text = String::new();
        input.text().unwrap().read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn byte_order_marks_are_obeyed_and_removed() {
        assert_eq!(text(b"[1]").unwrap(), "[1]");
        assert_eq!(text(b"\xef\xbb\xbf[1]").unwrap(), "[1]");
        assert_eq!(text(b"\xff\xfe[\x001\x00]\x00").unwrap(), "[1]");
        assert_eq!(text(b"\xfe\xff\x00[\x001\x00]").unwrap(), "[1]");
    }

    #[test]
    fn a_replaced_file_is_still_read_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cache.json");
        fs::write(&path, "before").unwrap();
        let input = Input::open(&path).unwrap();
        let replacement = directory.path().join("cache.new");
        fs::write(&replacement, "after").unwrap();
        fs::rename(&replacement, &path).unwrap();
        for _pass in 0..2 {
            let mut text = String::new();
            input.text().unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "before");
        }
    }
}
