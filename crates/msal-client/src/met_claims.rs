//! Which tokens were asked for with which claims: a challenge is answered by no other.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use msal_core::AccessToken;
use sha2::{Digest as _, Sha256};

/// Tokens that were got with claims. It holds neither: of both together it knows a digest.
#[derive(Default)]
pub(crate) struct MetClaims {
    digests: Mutex<VecDeque<Met>>,
}

type Met = [u8; 32];

impl MetClaims {
    /// Takes note that `token` was got with `claims`.
    pub(crate) fn note(&self, token: &AccessToken, claims: &str) {
        let mut digests = self.lock();
        if digests.len() >= MOST_TOKENS {
            digests.pop_front();
        }
        digests.push_back(met(token, claims));
    }

    /// Whether `token` is known to have been got with `claims`, in these very words.
    pub(crate) fn has(&self, token: &AccessToken, claims: &str) -> bool {
        let met = met(token, claims);
        self.lock().iter().rev().any(|known| *known == met)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Met>> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn met(token: &AccessToken, claims: &str) -> Met {
    let token = Sha256::digest(token.expose_secret());
    let mut both = Sha256::new_with_prefix(token);
    both.update(claims);
    both.finalize().into()
}

impl fmt::Debug for MetClaims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} tokens with claims", self.lock().len())
    }
}

/// 32 kilobytes. A token that is forgotten costs one request.
const MOST_TOKENS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_tokens_are_remembered_each_with_its_own_claims() {
        let met = MetClaims::default();
        let token = |number: usize| AccessToken::from(number.to_string());
        met.note(&token(0), "a");
        assert!(met.has(&token(0), "a"));
        assert!(!met.has(&token(0), "b") && !met.has(&token(1), "a"));
        for number in 1..=MOST_TOKENS {
            met.note(&token(number), "a");
        }
        assert!(!met.has(&token(0), "a"));
        assert!(met.has(&token(1), "a") && met.has(&token(MOST_TOKENS), "a"));
        assert_eq!(met.lock().len(), MOST_TOKENS);
    }
}
