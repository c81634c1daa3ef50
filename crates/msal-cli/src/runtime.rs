//! The thread that commands run on.

use std::future::Future;

use tokio::runtime::Builder;

use crate::error::Failure;

/// Runs `work` on one thread: what bulk work saves in hand-overs between threads is worth more than a second core.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    require_files()?;
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::new(&error))?
        .block_on(work)
}

/// Makes sure that enough files can be open at once. tokio panics where it can open none for its signals, and a run that
/// can open none for its target has sent tokens by then.
#[cfg(unix)]
pub(crate) fn require_files() -> Result<(), Failure> {
    use std::io;
    use std::os::unix::net::UnixStream;

    use rustix::process::{Resource, getrlimit};

    use crate::exit::Exit;

    let spare: io::Result<Vec<_>> = (0..SPARE_FILES / 2).map(|_| UnixStream::pair()).collect();
    let Err(error) = spare else { return Ok(()) };
    let limit = getrlimit(Resource::Nofile).current;
    Err(Failure {
        message: match limit {
            Some(limit) => format!("a limit of {limit} files that are open at once is too low"),
            None => "no more files can be open at once".to_owned(),
        },
        causes: vec![error.to_string()],
        hint: Some(
            "raise it in the shell, and run the same command again: ulimit -n 1024".to_owned(),
        ),
        exit: Exit::Failed,
    })
}

/// What cannot be asked is believed.
#[cfg(not(unix))]
pub(crate) fn require_files() -> Result<(), Failure> {
    Ok(())
}

/// What a command opens besides connections: the runtime's own, the source, target and journal with their locks and
/// folders, and a connection or two.
#[cfg(unix)]
const SPARE_FILES: usize = 32;
