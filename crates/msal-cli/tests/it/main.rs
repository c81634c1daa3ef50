//! The command as it is run: exit status, standard output, standard error.

mod bad_input;
mod book;
#[cfg(unix)]
mod credentials;
mod help;
mod issuer;
mod journey;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod login;
mod logout;
#[cfg(unix)]
mod modes;
mod msal;
mod outside;
mod proxy;
mod run;
#[cfg(unix)]
mod screens;
mod serve;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod token;
mod trust;
mod verify;
