//! The short sequences behind each call: look, ask, check, keep. The core decides; these obey.
//!
//! One file for each call, with all of its steps in order. What several calls do with a token endpoint is in
//! [`redemption`]; what all of them need is in [`client`](crate::client).

pub(crate) mod accounts;
mod auth_code;
mod authorization_options;
mod device_code;
#[cfg(feature = "interactive")]
mod interactive;
mod redemption;
mod refresh_token;
mod silent;
mod username_password;

pub use auth_code::{AcquireTokenByAuthCodeFlow, InitiateAuthCodeFlow};
pub use device_code::{AcquireTokenByDeviceFlow, DeviceFlow, InitiateDeviceFlow};
#[cfg(feature = "interactive")]
pub use interactive::AcquireTokenInteractive;
pub use refresh_token::AcquireTokenByRefreshToken;
pub use silent::AcquireTokenSilent;
pub use username_password::AcquireTokenByUsernamePassword;
