//! Opening a file that will be read more than once, and reading it as UTF-8 whatever Unicode encoding it has.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use msal_core::SecretBuffer;

use super::utf16::Utf16Reader;
use crate::source::error::SourceError;

/// A regular file, held open, so that every pass reads the same file even when its application replaces it meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    name: Arc<str>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    File(Arc<File>),
    #[cfg(test)]
    Memory(Arc<[u8]>),
}

impl Input {
    /// Opens a regular file. Symbolic links are followed: the user named them.
    pub(crate) fn open(path: &Path) -> Result<Self, SourceError> {
        let name: Arc<str> = path.display().to_string().into();
        let failed = |source| SourceError::Io {
            file: name.to_string(),
            source,
        };
        // Asked before opening, because opening a named pipe waits for its writer.
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
        Ok(Self {
            name,
            content: Content::File(Arc::new(file)),
        })
    }

    #[cfg(test)]
    pub(crate) fn from_bytes(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.into(),
            content: Content::Memory(bytes.into()),
        }
    }

    /// The path as the user gave it.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The first bytes as they are on disk.
    pub(crate) fn head(&self, length: usize) -> Result<SecretBuffer, SourceError> {
        // Room for all of it from the start, so that growing leaves no copies behind.
        let mut head = SecretBuffer::with_capacity(length + 1);
        self.raw()
            .take(length as u64)
            .read_to_end(&mut head)
            .map_err(|source| self.failed(source))?;
        Ok(head)
    }

    /// The whole text from its beginning, as UTF-8 without a byte order mark.
    pub(crate) fn text(&self) -> Result<Box<dyn Read + '_>, SourceError> {
        let head = self.head(3)?;
        let mut raw = self.raw();
        Ok(match head.as_slice() {
            [0xef, 0xbb, 0xbf] => {
                raw.skip(3);
                Box::new(raw)
            }
            [0xff, 0xfe, ..] => {
                raw.skip(2);
                Box::new(Utf16Reader::new(raw, u16::from_le_bytes))
            }
            [0xfe, 0xff, ..] => {
                raw.skip(2);
                Box::new(Utf16Reader::new(raw, u16::from_be_bytes))
            }
            _ => Box::new(raw),
        })
    }

    pub(crate) fn failed(&self, source: io::Error) -> SourceError {
        SourceError::Io {
            file: self.name.to_string(),
            source,
        }
    }

    fn raw(&self) -> Positioned<'_> {
        Positioned {
            content: &self.content,
            offset: 0,
        }
    }
}

/// Reads from its own position, so that several passes over one open file do not disturb each other.
struct Positioned<'a> {
    content: &'a Content,
    offset: u64,
}

impl Positioned<'_> {
    fn skip(&mut self, count: u64) {
        self.offset += count;
    }
}

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.content {
            Content::File(file) => read_at(file, buffer, self.offset)?,
            #[cfg(test)]
            Content::Memory(bytes) => {
                let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
                bytes.get(offset..).unwrap_or_default().read(buffer)?
            }
        };
        self.offset += count as u64;
        Ok(count)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> io::Result<String> {
        let input = Input::from_bytes("test", bytes);
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
