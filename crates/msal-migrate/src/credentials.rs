//! The secrets of confidential clients, by client.

use std::collections::HashMap;

use msal::ClientCredential;
use msal_core::{ClientAuthentication, ClientSecret};

/// Which client proves itself with which secret. A client that is not named is a public one.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    secrets: HashMap<String, ClientSecret>,
    otherwise: Option<ClientSecret>,
}

impl Credentials {
    /// Every client is a public one.
    pub fn none() -> Self {
        Self::default()
    }

    /// Gives one client its secret.
    #[must_use]
    pub fn with_secret(mut self, client_id: &str, secret: ClientSecret) -> Self {
        self.secrets.insert(client_id.to_ascii_lowercase(), secret);
        self
    }

    /// Gives a secret to every client that has none of its own.
    #[must_use]
    pub fn with_secret_for_all(mut self, secret: ClientSecret) -> Self {
        self.otherwise = Some(secret);
        self
    }

    /// How an application with this `client_id` proves itself.
    pub fn of(&self, client_id: &str) -> ClientCredential {
        match self.secret_of(client_id) {
            Some(secret) => ClientCredential::secret(secret.clone()),
            None => ClientCredential::none(),
        }
    }

    /// What a request of `client_id` carries.
    pub(crate) fn authentication_of(&self, client_id: &str) -> ClientAuthentication {
        match self.secret_of(client_id) {
            Some(secret) => ClientAuthentication::Secret(secret.clone()),
            None => ClientAuthentication::None,
        }
    }

    fn secret_of(&self, client_id: &str) -> Option<&ClientSecret> {
        // Entra compares client ids without case.
        let secret = self.secrets.get(&client_id.to_ascii_lowercase());
        secret.or(self.otherwise.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret_of<'a>(credentials: &'a Credentials, client_id: &str) -> Option<&'a str> {
        let secret = credentials.secret_of(client_id);
        secret.map(ClientSecret::expose_secret)
    }

    #[test]
    fn a_clients_own_secret_comes_first() {
        let credentials = Credentials::none()
            .with_secret("ABC", "own".into())
            .with_secret_for_all("any".into());
        assert_eq!(secret_of(&credentials, "abc"), Some("own"));
        assert_eq!(secret_of(&credentials, "def"), Some("any"));
        assert_eq!(secret_of(&Credentials::none(), "abc"), None);
    }
}
