//! The secrets of confidential clients, by client.

use std::collections::HashMap;

use msal_core::{ClientCredential, ClientSecret};

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

    /// How `client_id` proves itself.
    pub fn of(&self, client_id: &str) -> ClientCredential {
        // Entra compares client ids without case.
        let secret = self.secrets.get(&client_id.to_ascii_lowercase());
        match secret.or(self.otherwise.as_ref()) {
            Some(secret) => ClientCredential::Secret(secret.clone()),
            None => ClientCredential::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret_of(credentials: &Credentials, client_id: &str) -> Option<String> {
        match credentials.of(client_id) {
            ClientCredential::Secret(secret) => Some(secret.expose_secret().to_owned()),
            _ => None,
        }
    }

    #[test]
    fn a_clients_own_secret_comes_first() {
        let credentials = Credentials::none()
            .with_secret("ABC", "own".into())
            .with_secret_for_all("any".into());
        assert_eq!(secret_of(&credentials, "abc").as_deref(), Some("own"));
        assert_eq!(secret_of(&credentials, "def").as_deref(), Some("any"));
        assert_eq!(secret_of(&Credentials::none(), "abc"), None);
    }
}
