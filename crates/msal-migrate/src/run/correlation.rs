//! Correlation ids for many requests: the random bytes of several are drawn at once, because each drawing is a system
//! call.

use std::mem;

use msal::{RandomError, SecureRandom};
use msal_core::random_uuid;

/// How many are drawn at once. Their 256 bytes are the most that Linux gives whole, whatever signals arrive.
const BLOCK: usize = 16;

/// Random bytes for ids that have not been given out.
#[derive(Default)]
pub(super) struct CorrelationIds {
    drawn: [[u8; 16]; BLOCK],
    /// How many of them are left, from the front.
    left: usize,
}

impl CorrelationIds {
    /// A fresh one. Its random bytes are overwritten here.
    pub(super) fn next(&mut self, random: &dyn SecureRandom) -> Result<String, RandomError> {
        if self.left == 0 {
            random.fill(self.drawn.as_flattened_mut())?;
            self.left = BLOCK;
        }
        self.left -= 1;
        Ok(random_uuid(mem::take(&mut self.drawn[self.left])))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use msal::fakes::SeededRandom;

    use super::*;

    #[test]
    fn none_is_given_out_twice_and_none_is_kept() {
        let (mut ids, random) = (CorrelationIds::default(), SeededRandom::new(7));
        let given: HashSet<_> = (0..1000).map(|_| ids.next(&random).unwrap()).collect();
        assert_eq!(given.len(), 1000);
        assert_eq!(ids.left, BLOCK - 1000 % BLOCK);
        assert_eq!(ids.drawn[ids.left..], [[0; 16]; 1000 % BLOCK]);
    }
}
