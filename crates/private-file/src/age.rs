//! When a file was written, by the clock of this machine: other programs compare it with what that clock shows them.

use std::{
    fs::File,
    io,
    time::{Duration, SystemTime},
};

/// Makes the present the time at which `file` was last written, as exactly as the clock shows it. What the system stamps
/// itself is the time of its last tick, milliseconds ago.
///
/// # Errors
/// What the system said.
pub fn touch(file: &File) -> io::Result<()> {
    file.set_modified(SystemTime::now())
}

/// How long ago `file` was last written. A time in the future is a clock that was set back, and counts as the present.
///
/// # Errors
/// What the system said.
pub fn age(file: &File) -> io::Result<Duration> {
    let modified = file.metadata()?.modified()?;
    Ok(SystemTime::now()
        .duration_since(modified)
        .unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_touched_is_no_older_than_the_moment_before() {
        let file = tempfile::tempfile().unwrap();
        for _ in 0..100 {
            let before = SystemTime::now();
            touch(&file).unwrap();
            assert!(file.metadata().unwrap().modified().unwrap() >= before);
            assert!(age(&file).unwrap() <= before.elapsed().unwrap());
        }
    }

    #[test]
    fn a_file_of_the_future_is_new() {
        let file = tempfile::tempfile().unwrap();
        let hour = Duration::from_secs(3600);
        file.set_modified(SystemTime::now() - hour).unwrap();
        assert!(age(&file).unwrap() >= hour);
        file.set_modified(SystemTime::now() + hour).unwrap();
        assert_eq!(age(&file).unwrap(), Duration::ZERO);
    }
}
