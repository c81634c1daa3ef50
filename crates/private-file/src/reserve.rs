//! Room on the disk for what a file will hold.

use std::{fs::File, io};

use crate::os;

/// Keeps `len` bytes of the disk for `file` from `offset` on, without making the file longer, until the file is made as
/// long as it is. Where the system or the file system cannot do that, nothing is done.
///
/// # Errors
/// What the system said, above all that there is no room.
pub fn reserve(file: &File, offset: u64, len: u64) -> io::Result<()> {
    match len {
        // fallocate(2) refuses to keep nothing.
        0 => Ok(()),
        _ => os::reserve(file, offset, len),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_stays_as_long_as_it_is_and_what_it_holds_stays() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"secret").unwrap();
        reserve(&file, 6, 1 << 20).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 6);
        reserve(&file, 6, 0).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn room_that_no_disk_has_is_refused() {
        let file = tempfile::tempfile().unwrap();
        reserve(&file, 0, 1 << 62).unwrap_err();
        assert_eq!(file.metadata().unwrap().len(), 0);
    }
}
