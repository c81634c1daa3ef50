//! What clients prove with who they are.

use std::collections::HashMap;

use msal::ClientCredential;

/// Which client proves itself with which credential. A client that is not named is a public one.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    of_clients: HashMap<String, ClientCredential>,
    otherwise: Option<ClientCredential>,
}

impl Credentials {
    /// Every client is a public one.
    pub fn none() -> Self {
        Self::default()
    }

    /// Gives one client its credential. A text is a secret.
    #[must_use]
    pub fn with_credential(
        mut self,
        client_id: &str,
        credential: impl Into<ClientCredential>,
    ) -> Self {
        let client_id = client_id.to_ascii_lowercase();
        self.of_clients.insert(client_id, credential.into());
        self
    }

    /// Gives a credential to every client that has none of its own.
    #[must_use]
    pub fn with_credential_for_all(mut self, credential: impl Into<ClientCredential>) -> Self {
        self.otherwise = Some(credential.into());
        self
    }

    /// How an application with this `client_id` proves itself.
    pub fn of(&self, client_id: &str) -> ClientCredential {
        // Entra compares client ids without case.
        self.given_for(client_id)
            .map_or_else(ClientCredential::none, ClientCredential::clone)
    }

    /// What was given for an application, if anything was.
    pub(crate) fn given_for(&self, client_id: &str) -> Option<&ClientCredential> {
        let own = self.of_clients.get(&client_id.to_ascii_lowercase());
        own.or(self.otherwise.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_own_credential_comes_first() {
        let credentials = Credentials::none()
            .with_credential("ABC", ClientCredential::assertion_file("own"))
            .with_credential_for_all(ClientCredential::assertion_file("any"));
        for (client_id, credential) in [("abc", "own"), ("def", "any")] {
            let found = format!("{:?}", credentials.of(client_id));
            assert!(found.contains(credential), "{client_id}: {found}");
        }
        let none = format!("{:?}", ClientCredential::none());
        assert_eq!(format!("{:?}", Credentials::none().of("abc")), none);
    }
}
