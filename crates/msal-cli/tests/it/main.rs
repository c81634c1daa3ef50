//! The command as it is run: exit status, standard output, standard error.

mod bad_input;
mod help;
mod journey;
mod msal;
mod proxy;
mod serve;
