//! Reading small files that somebody named: never more than they can need.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Reads the file at `path`, or a pipe, unless it holds more than `most` bytes.
pub(crate) fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    read_open(File::open(path)?, most)
}

/// As [`read`], from a file that is open.
pub(crate) fn read_open(file: File, most: usize) -> io::Result<Vec<u8>> {
    // Room for all of it from the start: growing would leave copies of a secret behind.
    let length = file.metadata()?.len();
    let room = usize::try_from(length).unwrap_or(most).min(most);
    let mut content = Vec::with_capacity(room + 1);
    file.take(most as u64 + 1).read_to_end(&mut content)?;
    match content.len() > most {
        true => Err(io::Error::new(
            ErrorKind::FileTooLarge,
            format!("it holds more than {most} bytes"),
        )),
        false => Ok(content),
    }
}

/// As [`read`], for text.
pub(crate) fn read_text(path: &Path, most: usize) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_bytes| {
        // Without the bytes, which an error would show.
        io::Error::new(ErrorKind::InvalidData, "it is not UTF-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "1234").unwrap();
        assert_eq!(read_text(&path, 4).unwrap(), "1234");
        let refused = read(&path, 3).unwrap_err();
        assert_eq!(refused.to_string(), "it holds more than 3 bytes");
        File::create(&path).unwrap().set_len(20 << 30).unwrap();
        assert_eq!(read(&path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_without_an_end_is_refused() {
        let refused = read(Path::new("/dev/zero"), 1 << 16).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::FileTooLarge);
    }
}
