//! A sign-in that the program drives itself: the system's browser, and a receiver on this machine for what it brings
//! (RFC 8252 §7.3).

mod connection;
mod page;
mod receiver;
mod request;
mod system_browser;

pub(crate) use receiver::Receiver;
pub use system_browser::SystemBrowser;
