//! The rows of a source that a plan leaves out, as a journal keeps them: a listing, in as many entries as it takes.
//!
//! A listing replaces the one before of the same source once its last entry is there; one that was not finished counts for
//! nothing. Its digest tells a later run that it would write the same again.

use std::fmt;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::answer::User;
use super::encoding::PlaceDef;
use super::position::Position;
use crate::fingerprint::Fingerprint;
use crate::record::{Locator, Place, UserHints};

/// Some rows of a listing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOut<'a> {
    /// How many rows of the listing stand in entries before.
    pub(crate) before: u64,
    /// The digest of the whole listing, in its last entry.
    pub(crate) digest: Option<[u8; 32]>,
    #[serde(borrow)]
    pub(crate) rows: Vec<LeftOutRow<'a>>,
}

/// A row that is left out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOutRow<'a> {
    file: &'a str,
    #[serde(with = "PlaceDef")]
    place: Place,
    key: Option<&'a str>,
    #[serde(borrow)]
    user: User<'a>,
    client_id: Option<&'a str>,
    tenant: Option<&'a str>,
    reason: &'a str,
    explanation: Option<&'a str>,
}

/// What is known of a row that is left out.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Where it is.
    pub(crate) locator: &'a Locator,
    /// Whose it is said to be.
    pub(crate) user: &'a UserHints,
    /// The client that it names.
    pub(crate) client_id: Option<&'a str>,
    /// The tenant that it names.
    pub(crate) tenant: Option<&'a str>,
    /// The stable name of the reason.
    pub(crate) reason: &'a str,
    /// What is wrong with this row, where the name does not say it.
    pub(crate) explanation: Option<&'a str>,
}

impl<'a> From<Known<'a>> for LeftOutRow<'a> {
    fn from(known: Known<'a>) -> Self {
        Self {
            file: known.locator.path(),
            place: known.locator.place(),
            key: known.locator.key(),
            user: User::of_name(known.user),
            client_id: known.client_id,
            tenant: known.tenant,
            reason: known.reason,
            explanation: known.explanation,
        }
    }
}

impl LeftOutRow<'_> {
    pub(super) fn locator(&self) -> Locator {
        let locator = Locator::new(&self.file.into(), self.place);
        match self.key {
            Some(key) => locator.with_key(key),
            None => locator,
        }
    }

    pub(super) fn user(&self) -> UserHints {
        (&self.user).into()
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        self.client_id
    }

    pub(super) fn tenant(&self) -> Option<&str> {
        self.tenant
    }

    pub(super) fn reason(&self) -> &str {
        self.reason
    }

    pub(super) fn explanation(&self) -> Option<&str> {
        self.explanation
    }
}

impl fmt::Debug for LeftOut<'_> {
    /// Leaves out whose rows they are.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "LeftOut({} after {})",
            self.rows.len(),
            self.before
        )
    }
}

impl LeftOut<'_> {
    pub(super) fn part(&self) -> Part {
        Part {
            before: self.before,
            rows: self.rows.len() as u64,
            digest: self.digest,
        }
    }
}

/// What the tables of a journal keep of an entry with rows that are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    before: u64,
    rows: u64,
    digest: Option<[u8; 32]>,
}

/// The listings of a journal: of each source the last one that was finished.
#[derive(Clone, Debug, Default)]
pub(super) struct Listings(HashMap<Fingerprint, Listing>);

/// The listings of a source.
#[derive(Clone, Debug, Default)]
struct Listing {
    finished: Option<Finished>,
    /// Where the latest one begins, and how many rows of it are there.
    begun: Option<(Position, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Finished {
    first: Position,
    last: Position,
    rows: u64,
    digest: [u8; 32],
}

impl Listings {
    /// Takes note of an entry, recorded at `position`.
    pub(super) fn note(&mut self, source: Fingerprint, part: Part, position: Position) {
        let listing = self.0.entry(source).or_default();
        let begun = match part.before {
            0 => Some((position, 0)),
            // Of another listing, whose beginning is not there.
            before => listing.begun.filter(|(_, rows)| *rows == before),
        };
        listing.begun = begun.map(|(first, rows)| (first, rows + part.rows));
        if let (Some((first, rows)), Some(digest)) = (listing.begun, part.digest) {
            listing.begun = None;
            listing.finished = Some(Finished {
                first,
                last: position,
                rows,
                digest,
            });
        }
    }

    /// The digest of the listing of a source.
    pub(super) fn digest(&self, source: &Fingerprint) -> Option<[u8; 32]> {
        Some(self.0.get(source)?.finished?.digest)
    }

    /// Whether the entry about `source` at `position` belongs to the listing that counts.
    pub(super) fn counts(&self, source: &Fingerprint, position: Position) -> bool {
        let finished = self.0.get(source).and_then(|listing| listing.finished);
        finished.is_some_and(|it| (it.first.0..=it.last.0).contains(&position.0))
    }

    /// How many rows all listings have.
    pub(super) fn rows(&self) -> u64 {
        let finished = self.0.values().filter_map(|listing| listing.finished);
        finished.map(|finished| finished.rows).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: Fingerprint = Fingerprint::from_bytes([1; 16]);

    fn part(before: u64, rows: u64, digest: Option<u8>) -> Part {
        Part {
            before,
            rows,
            digest: digest.map(|byte| [byte; 32]),
        }
    }

    /// The positions that count after these entries at 0, 1, 2 and so on; and how many rows there are.
    fn counted(parts: &[Part]) -> (Vec<u64>, u64) {
        let mut listings = Listings::default();
        for (position, part) in (0..).zip(parts) {
            listings.note(SOURCE, *part, Position(position));
        }
        let counts = |position: &u64| listings.counts(&SOURCE, Position(*position));
        ((0..9).filter(counts).collect(), listings.rows())
    }

    #[test]
    fn the_last_listing_that_was_finished_counts() {
        let whole = part(0, 2, Some(1));
        for (parts, positions, rows) in [
            (&[][..], &[][..], 0),
            (&[whole], &[0], 2),
            (&[whole, whole], &[1], 2),
            (&[whole, part(0, 5, None)], &[0], 2),
            (&[part(0, 5, None), whole], &[1], 2),
            (&[whole, part(0, 5, None), part(5, 3, Some(2))], &[1, 2], 8),
            (&[whole, part(0, 5, None), part(4, 3, Some(2))], &[0], 2),
            (&[part(5, 3, Some(2))], &[], 0),
            (&[whole, part(0, 0, Some(2))], &[1], 0),
        ] {
            assert_eq!(counted(parts), (positions.to_vec(), rows), "{parts:?}");
        }
    }
}
