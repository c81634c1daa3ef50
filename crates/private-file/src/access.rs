//! Who can reach a file.

/// Whether other users can read or write a file of this user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a third answer must not be taken for one of these"
)]
pub enum Access {
    /// Its permissions let other users read or write it: what is in it may be known to them.
    Exposed,
    /// Only this user and the system can read and write it, as far as the system tells.
    Private,
}
