//! What public and confidential clients share: accounts, silent calls, redeeming a refresh token.

mod builder;

/// The calls that every kind of client has, written once.
macro_rules! shared_methods {
    () => {
        /// A token for `account` from the cache, renewed with its refresh token when the cached one has expired.
        ///
        /// The future is made by awaiting what this returns; until then it takes options.
        pub fn acquire_token_silent<S: AsRef<str>>(
            &self,
            scopes: impl IntoIterator<Item = S>,
            account: &Account,
        ) -> AcquireTokenSilent {
            AcquireTokenSilent::new(Arc::clone(&self.0), scopes, account)
        }

        /// Redeems a refresh token that another library obtained for this client, and caches what it brings.
        ///
        /// The token keeps working if nothing comes back in its place: it is cached itself then. For many tokens use
        /// the crate `msal-migrate`, which survives crashes and throttling.
        pub fn acquire_token_by_refresh_token<S: AsRef<str>>(
            &self,
            refresh_token: RefreshToken,
            scopes: impl IntoIterator<Item = S>,
        ) -> AcquireTokenByRefreshToken {
            AcquireTokenByRefreshToken::new(Arc::clone(&self.0), refresh_token, scopes)
        }

        /// The accounts in the cache, of any application that shares it. Asks the store, never the network.
        ///
        /// # Errors
        /// [`Error::Store`] when the cache cannot be loaded.
        pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
            accounts::accounts(&self.0).await
        }

        /// Signs an account out of this application: removes its tokens from the cache, those that other SDKs wrote
        /// included. The user stays signed in at the authority and in the browser.
        ///
        /// # Errors
        /// [`Error::Store`] when the cache cannot be saved.
        pub async fn remove_account(&self, account: &Account) -> Result<(), Error> {
            accounts::remove_account(&self.0, account).await
        }
    };
}

mod confidential;
mod public;

pub use builder::{ConfidentialClientApplicationBuilder, PublicClientApplicationBuilder};
pub use confidential::ConfidentialClientApplication;
pub use public::PublicClientApplication;
