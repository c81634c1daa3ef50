//! The authorities of a journal by small numbers: millions of tokens share a few of them.

use hashbrown::HashMap;

use super::asked::AuthorityDigest;

/// The authorities of a journal, numbered from 1 in the order in which they came up.
#[derive(Clone, Debug, Default)]
pub(super) struct Authorities(HashMap<AuthorityDigest, u16>);

impl Authorities {
    /// The number of an authority, which gets one; 0 when there are too many to tell them apart.
    pub(super) fn number(&mut self, authority: AuthorityDigest) -> u16 {
        if let Some(known) = self.get(authority) {
            return known;
        }
        let next = u16::try_from(self.0.len() + 1).unwrap_or(0);
        if next > 0 {
            self.0.insert(authority, next);
        }
        next
    }

    /// The number of an authority that came up before.
    pub(super) fn get(&self, authority: AuthorityDigest) -> Option<u16> {
        self.0.get(&authority).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_authority_has_its_number_until_there_are_too_many() {
        let mut authorities = Authorities::default();
        let digest = |n: u32| AuthorityDigest::of(&format!("https://host.example/{n}"));
        for n in 1..=u32::from(u16::MAX) {
            assert_eq!(u32::from(authorities.number(digest(n))), n);
        }
        assert_eq!(authorities.number(digest(7)), 7);
        let more = digest(70_000);
        assert_eq!((authorities.number(more), authorities.get(more)), (0, None));
    }
}
