//! The library against the emulator: no sockets and no sleeping, but in [`https`], which is about sockets.
//!
//! Every test lives in a [`World`](world::World) of its own: an emulator as the HTTP client, a clock that both share,
//! a store that can fail. When a world ends, everything that was logged, returned or refused in it is searched for
//! secrets; one that is found fails the test.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod accounts;
mod auth_code;
mod by_refresh_token;
mod cases;
mod claims;
mod construction;
mod credential;
mod device_flow;
mod examples;
mod extra_parameters;
mod family;
mod flight;
mod for_client;
mod https;
mod interactive;
mod leaks;
mod log;
mod logging;
mod nameable;
mod on_behalf_of;
mod options;
mod partitions;
mod persistence;
mod python;
mod refusals;
mod relay;
mod repetition;
mod runtimes;
mod sharing;
mod sign_out;
mod silent;
mod store;
mod throttling;
mod trust;
mod username_password;
mod web_app;
mod web_service;
mod wire;
mod world;
