//! The short sequences behind each call: look, ask, check, keep. The core decides; these obey.
//!
//! One file for each call, with all of its steps in order. What several calls do with a token endpoint is in
//! [`redemption`]; what all of them need is in [`client`](crate::client).

pub(crate) mod accounts;
mod auth_code;
mod authorization_options;
mod call_options;
pub(crate) mod client_credentials;
mod device_code;
#[cfg(feature = "interactive")]
mod interactive;
pub(crate) mod on_behalf_of;
mod redemption;
mod refresh_token;
mod service;
mod silent;
mod username_password;

pub use auth_code::{AcquireTokenByAuthCodeFlow, InitiateAuthCodeFlow};
pub use client_credentials::AcquireTokenForClient;
pub use device_code::{AcquireTokenByDeviceFlow, DeviceFlow, InitiateDeviceFlow};
#[cfg(feature = "interactive")]
pub use interactive::AcquireTokenInteractive;
pub use on_behalf_of::AcquireTokenOnBehalfOf;
pub use refresh_token::AcquireTokenByRefreshToken;
pub use silent::AcquireTokenSilent;
pub use username_password::AcquireTokenByUsernamePassword;
