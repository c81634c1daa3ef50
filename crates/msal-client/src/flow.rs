//! The short sequences behind each call: look, ask, check, keep. The core decides; these obey.

mod refresh_token;
mod silent;

pub use refresh_token::AcquireTokenByRefreshToken;
pub use silent::AcquireTokenSilent;

pub(crate) use silent::SilentKey;
