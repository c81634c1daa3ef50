//! The `msal` command.
fn main() {}
