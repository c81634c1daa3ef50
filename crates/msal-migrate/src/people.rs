//! Telling the people behind tokens apart: by what a directory knows them by, and by their names only where that is missing.

use std::fmt;
use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashMap};
use msal_core::comparable_username;

use crate::record::UserHints;

/// The people behind tokens and rows. All are [noted](Self::note) first, and can be asked for then.
///
/// A home account id decides alone, and an object identifier with its tenant in its place, which is the same in the home
/// tenant and elsewhere as far as some row has both. A name decides only where there is no identifier, and only if all who
/// are known by that name are one person: names change, and are given to others.
#[derive(Default)]
pub struct People {
    hasher: DefaultHashBuilder,
    /// The home account ids of guests, by their object identifiers elsewhere; `None` where two are said of one.
    at_home: HashMap<u64, Option<u64>>,
    /// The identifiers of those who go by a name.
    named: HashMap<u64, Vec<u64>>,
}

/// What somebody is known by, in hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identifiers {
    home: Option<u64>,
    object: Option<u64>,
    name: Option<u64>,
}

impl People {
    /// What `user` is known by. Hashes of one and the same `People` can be compared.
    pub fn known_by(&self, user: &UserHints) -> Identifiers {
        let identifier = |text: &str| self.hasher.hash_one((0u8, text.to_lowercase()));
        // A name without an at sign may be a display name, which several people have.
        let name = user.username.as_deref().filter(|name| name.contains('@'));
        // An object identifier is the tenant's own. In the home tenant, both make the home account id.
        let object = user.oid.as_deref().zip(user.tid.as_deref());
        Identifiers {
            home: user
                .home_account_id
                .as_ref()
                .map(|id| identifier(id.as_str())),
            object: object.map(|(oid, tid)| identifier(&format!("{oid}.{tid}"))),
            name: name.map(|name| self.hasher.hash_one((1u8, comparable_username(name)))),
        }
    }

    /// Takes note of somebody.
    pub fn note(&mut self, known: Identifiers) {
        if let (Some(home), Some(object)) = (known.home, known.object)
            && home != object
        {
            let said = self.at_home.entry(object).or_insert(Some(home));
            if *said != Some(home) {
                *said = None;
            }
        }
        if let (Some(name), Some(identifier)) = (known.name, known.identifier()) {
            let known = self.named.entry(name).or_default();
            if !known.contains(&identifier) {
                known.push(identifier);
            }
        }
    }

    /// Who it is: the same number for the same person. `None` of somebody of whom nothing is known.
    pub fn who(&self, known: Identifiers) -> Option<u64> {
        let by_object = || known.object.map(|object| self.home_of(object));
        let identified = known.home.or_else(by_object);
        identified.or_else(|| {
            let name = known.name?;
            let mut owners = self.named.get(&name).into_iter().flatten();
            let owner = owners.next().map(|owner| self.home_of(*owner));
            let is_one = owners.all(|other| Some(self.home_of(*other)) == owner);
            owner.filter(|_| is_one).or(Some(name))
        })
    }

    /// The home account id that goes with an object identifier, as far as it is another one.
    fn home_of(&self, identifier: u64) -> u64 {
        self.at_home
            .get(&identifier)
            .copied()
            .flatten()
            .unwrap_or(identifier)
    }
}

impl Identifiers {
    fn identifier(self) -> Option<u64> {
        self.home.or(self.object)
    }

    /// All that it is, to look for somebody who has any of it.
    pub(crate) fn all(self) -> impl Iterator<Item = u64> {
        [self.home, self.object, self.name].into_iter().flatten()
    }
}

impl fmt::Debug for People {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "People({} names)", self.named.len())
    }
}

#[cfg(test)]
mod tests {
    use msal_core::HomeAccountId;

    use super::*;

    fn user(name: &str, object: &str, home: &str) -> UserHints {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (oid, tid) = object.split_once('.').unwrap_or_default();
        UserHints {
            username: text(name),
            oid: text(oid),
            tid: text(tid),
            home_account_id: text(home).map(|home| HomeAccountId::new(&home)),
            ..UserHints::default()
        }
    }

    /// The number of the first who is the same person, for each.
    fn who(users: &[UserHints]) -> Vec<Option<usize>> {
        let mut people = People::default();
        let known: Vec<_> = users.iter().map(|user| people.known_by(user)).collect();
        known.iter().for_each(|known| people.note(*known));
        let who: Vec<_> = known.iter().map(|known| people.who(*known)).collect();
        let first = |one: &Option<u64>| who.iter().position(|other| one.is_some() && other == one);
        who.iter().map(first).collect()
    }

    #[test]
    fn an_identifier_decides_before_a_name() {
        for (users, expected) in [
            // One person by two names, and two people by one.
            ([("a@x", "o.t", ""), ("b@x", "O.T", "")], [0, 0]),
            ([("a@x", "o.t", ""), ("a@x", "p.t", "")], [0, 1]),
            ([("a@x", "", "o.t"), ("a@x", "", "p.t")], [0, 1]),
            // The object of the home tenant is that of the home account id.
            ([("", "o.t", ""), ("", "", "o.t")], [0, 0]),
            ([("a@x", "o.t", ""), ("a@x", "", "p.t")], [0, 1]),
            // An object identifier is its tenant's own, and of another tenant says nothing.
            ([("a@x", "o.t", ""), ("a@x", "o.u", "")], [0, 1]),
            // A home account id decides alone.
            ([("", "o.t", "u.v"), ("", "o.t", "w.v")], [0, 1]),
            // A name decides where one side has no more.
            ([("A@x", "", ""), ("a@x", "o.t", "")], [0, 0]),
            ([("a@x", "", ""), ("a@x", "", "")], [0, 0]),
            // A display name decides nothing.
            ([("Ann", "o.t", ""), ("Ann", "p.t", "")], [0, 1]),
        ] {
            let users = users.map(|(name, object, home)| user(name, object, home));
            assert_eq!(who(&users), expected.map(Some), "{users:?}");
        }
    }

    #[test]
    fn a_guest_is_the_same_person_at_home_as_far_as_somebody_says_so() {
        let users = [
            user("", "guest.t", "o.home"),
            user("", "guest.t", ""),
            user("", "o.home", ""),
            user("", "other.t", ""),
        ];
        assert_eq!(who(&users), [Some(0), Some(0), Some(0), Some(3)]);
        // Two are said of one: it is nobody's.
        let users = [
            user("", "guest.t", "o.home"),
            user("", "guest.t", "p.home"),
            user("", "guest.t", ""),
        ];
        assert_eq!(who(&users), [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn a_name_of_two_people_is_of_neither_and_no_name_is_nobodys() {
        let users = [
            user("a@x", "o.t", ""),
            user("a@x", "p.t", ""),
            user("a@x", "", ""),
            user("a@x", "", ""),
            user("", "", ""),
            user("Ann", "", ""),
        ];
        assert_eq!(
            who(&users),
            [Some(0), Some(1), Some(2), Some(2), None, None]
        );
    }
}
