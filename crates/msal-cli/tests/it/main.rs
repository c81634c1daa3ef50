//! The command as it is run: exit status, standard output, standard error.

mod bad_input;
mod book;
#[cfg(unix)]
mod clock;
mod credentials;
mod databases;
#[cfg(unix)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod finish;
mod help;
mod issuer;
mod journey;
#[cfg(unix)]
mod json;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod login;
mod logout;
#[cfg(unix)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod migration_pages;
#[cfg(unix)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod mistakes;
#[cfg(unix)]
mod modes;
mod msal;
mod names;
#[cfg(unix)]
mod output;
mod outside;
mod part;
mod plan;
#[cfg(unix)]
mod progress;
mod proxy;
mod report;
mod run;
mod schema;
#[cfg(unix)]
mod screens;
mod serve;
mod settings;
#[cfg(unix)]
mod shells;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod sources;
#[cfg(unix)]
mod status;
#[cfg(unix)]
mod terminal;
mod token;
mod trust;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod user_files;
mod verify;
