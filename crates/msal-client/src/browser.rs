//! The port that opens the user's browser.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::ports::BoxFuture;

/// Opens an address in the user's browser.
///
/// # Duties of an implementer
/// * The address is handed over as one argument, never through a shell, and it is opened once.
/// * It is neither logged nor put into an error: it may name the user.
/// * Returning does not wait for the user, who may take minutes.
pub trait Browser: fmt::Debug + Send + Sync {
    /// Opens `address`.
    fn open<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<(), NoBrowser>>;
}

/// A browser that is shared is a browser.
impl<T: Browser + ?Sized> Browser for Arc<T> {
    fn open<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<(), NoBrowser>> {
        T::open(self, address)
    }
}

/// Why no browser was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoBrowser {
    /// The address is none that may be opened.
    #[error("the sign-in page's address is none that a browser may be given")]
    Address,
    /// The program runs in a container, whose loopback addresses are not those of the user's browser.
    #[error(
        "there is no browser in this container: use the device code flow, or run the program on the user's machine"
    )]
    Container,
    /// There is no display.
    #[error(
        "there is no display for a browser: use the device code flow, or show the address with `without_browser`"
    )]
    Display,
    /// The system's program for it did not open one.
    #[error(
        "the system opened no browser: set a default browser, use the device code flow, or show the address with `without_browser`"
    )]
    Failed,
    /// The program is used over ssh.
    #[error(
        "there is no browser over ssh: use the device code flow, or fix the port, forward it (ssh -L PORT:localhost:PORT), and show the address with `without_browser`"
    )]
    Ssh,
    /// Windows opens no browser for this distribution of Linux.
    #[error(
        "Windows opened no browser for WSL: install wslu (wslview) or allow Windows programs in /etc/wsl.conf, use the device code flow, or show the address with `without_browser`"
    )]
    Wsl,
}
