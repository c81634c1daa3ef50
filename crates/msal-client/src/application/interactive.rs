//! The calls that open a browser on this machine.

use msal_core::IntoScopes;

use super::{Application, Public};
use crate::flow::AcquireTokenInteractive;

impl Application<Public> {
    /// Signs a user in at the browser of this machine, and caches their tokens.
    ///
    /// Opens the system's browser and listens on the machine's own addresses for what it brings; the application must be
    /// registered with the redirect URI `http://localhost`. Try
    /// [`acquire_token_silent`](Self::acquire_token_silent) first, for a user who is signed in already.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(app: msal::PublicClientApplication) -> Result<(), msal::Error> {
    /// let result = app
    ///     .acquire_token_interactive("User.Read")
    ///     .prompt(msal::Prompt::SelectAccount)
    ///     .without_browser(|address| eprintln!("Open this address to sign in:\n{address}"))
    ///     .await?;
    /// # let _ = result;
    /// # Ok(()) }
    /// ```
    pub fn acquire_token_interactive(&self, scopes: impl IntoScopes) -> AcquireTokenInteractive {
        AcquireTokenInteractive::new(self.handle.clone(), scopes)
    }
}
