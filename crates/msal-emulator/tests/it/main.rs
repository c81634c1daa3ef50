//! The emulator from outside: requests in, responses out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod addresses;
mod admin;
mod assertions;
mod audit;
mod authorize;
mod b2c;
mod browser;
mod catalogue;
mod clouds;
mod device;
mod documents;
mod faults;
mod federation;
mod holder;
mod identities;
mod original_grant;
mod pages;
mod personal_accounts;
mod properties;
mod refresh_tokens;
mod refusals;
mod response_types;
#[cfg(feature = "server")]
mod server;
mod sign_out;
mod sign_up;
mod support;
mod token_answers;
mod user_info;
