//! The emulator from outside: requests in, responses out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod admin;
mod assertions;
mod authorize;
mod browser;
mod catalogue;
mod device;
mod documents;
mod faults;
mod federation;
mod holder;
mod identities;
mod pages;
mod properties;
mod refresh_tokens;
mod refusals;
#[cfg(feature = "server")]
mod server;
mod support;
mod token_answers;
