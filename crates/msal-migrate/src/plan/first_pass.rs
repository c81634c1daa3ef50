//! Reading the records once, to decide: for each distinct token and client, the best of its copies is chosen.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::left_out::{LeftOutDigest, LeftOutRow};
use super::odd_names::{OddNames, odd_authority};
use super::options::PlanOptions;
use super::resolve::{Groups, People, Resolved, Resolver};
use super::summary::{Skips, Summary, Tally};
use super::warning::{Warning, Warnings};
use crate::fingerprint::{Fingerprint, FingerprintFn, OfToken};
use crate::record::{Record, Row, SkipReason};
use crate::source::SourceKind;

/// What is known while the source is being read.
pub(super) struct FirstPass<'a> {
    resolver: Resolver<'a>,
    rows: u64,
    tokens: HashMap<Fingerprint, Token>,
    groups: Groups,
    people: People,
    skips: Skips,
    odd_names: OddNames,
    left_out: LeftOutDigest,
    /// What the first row says that it stands in.
    file: Option<Arc<str>>,
    /// Only what stood in a column can be cut off by it.
    is_of_columns: bool,
    /// The length of the longest token, whatever becomes of it.
    longest: u16,
}

/// The row that stands for a token, and what is known from all its copies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    pub(super) row: u64,
    pub(super) fingerprint: Fingerprint,
    pub(super) duplicates: u32,
    pub(super) warnings: Warnings,
}

/// What a plan keeps of the rows that it leaves out.
#[derive(Clone, Debug)]
pub(super) struct LeftOut {
    /// What the first row of the source says that it stands in.
    pub(super) file: Option<Arc<str>>,
    /// Of all that are left out; `None` where none is.
    pub(super) digest: Option<[u8; 32]>,
}

/// What is known of a token so far.
struct Token {
    row: u64,
    group: u32,
    duplicates: u32,
    person: (u32, u32),
    rank: u8,
    warnings: Warnings,
    has_mixed_users: bool,
    length: u16,
}

impl<'a> FirstPass<'a> {
    pub(super) fn new(options: &'a PlanOptions, kind: SourceKind) -> Self {
        Self {
            resolver: Resolver::new(options),
            rows: 0,
            tokens: HashMap::new(),
            groups: Groups::default(),
            people: People::default(),
            skips: Skips::default(),
            odd_names: OddNames::default(),
            left_out: LeftOutDigest::default(),
            file: None,
            is_of_columns: is_of_columns(kind),
            longest: 0,
        }
    }

    pub(super) fn add(&mut self, row: Row, fingerprint: &FingerprintFn<'_>) {
        // Counted whatever becomes of the row: the second pass finds rows by their numbers.
        let number = self.rows;
        self.rows += 1;
        if self.file.is_none() {
            self.file = Some(row.locator().path().into());
        }
        let record = match row {
            Row::Record(record) => record,
            Row::Skipped { locator, reason } => {
                return self.leave_out(LeftOutRow::bare(locator, reason), None);
            }
        };
        self.longest = self.longest.max(length(&record));
        match self.resolver.resolve(&record) {
            Ok(resolved) => {
                for odd in &resolved.way.odd {
                    self.odd_names.add(odd, &record.locator);
                }
                self.add_resolved(number, &record, resolved, fingerprint);
            }
            Err(reason) => {
                if let (SkipReason::InvalidAuthority, Some(stored)) = (reason, &record.authority) {
                    self.odd_names.add(&odd_authority(stored), &record.locator);
                }
                let authority = record.authority.clone();
                self.leave_out(LeftOutRow::of(*record, reason), authority.as_deref());
            }
        }
    }

    fn leave_out(&mut self, row: LeftOutRow, authority: Option<&str>) {
        if row.is_listed() {
            self.left_out.add(&row);
        }
        self.skips.add(row.reason, row.locator, authority);
    }

    fn add_resolved(
        &mut self,
        row: u64,
        record: &Record,
        Resolved { way, warnings }: Resolved,
        fingerprint: &FingerprintFn<'_>,
    ) {
        let fingerprint = fingerprint(&way.group.client_id, &record.refresh_token);
        let token = Token {
            row,
            duplicates: 0,
            person: self.people.person(&record.user),
            rank: way.rank,
            warnings,
            has_mixed_users: false,
            length: length(record),
            group: self.groups.intern(&way.group),
        };
        self.tokens
            .entry(fingerprint)
            .and_modify(|known| known.absorb(&token))
            .or_insert(token);
    }

    /// The chosen rows in the order of the source, what is left out, and the counts.
    pub(super) fn finish(self) -> (Vec<Chosen>, LeftOut, Summary) {
        let mut tally = Tally::default();
        let mut chosen = Vec::with_capacity(self.tokens.len());
        let several = of_several_clients(&self.tokens);
        for (fingerprint, token) in self.tokens {
            let mut warnings = token.all_warnings();
            let is_several = several.contains(&fingerprint.of_token());
            warnings.insert_if(Warning::SeveralClients, is_several);
            let fills_column = self.is_of_columns
                && token.length == self.longest
                && WIDTHS.contains(&token.length);
            warnings.insert_if(Warning::CutOffToken, fills_column);
            tally.add(self.groups.name(token.group), token.duplicates, warnings);
            chosen.push(Chosen {
                row: token.row,
                fingerprint,
                duplicates: token.duplicates,
                warnings,
            });
        }
        // A hash map has no order, and the second pass reads the source in its own.
        chosen.sort_unstable_by_key(|chosen| chosen.row);
        let left_out = LeftOut {
            file: self.file,
            digest: self.left_out.finish(),
        };
        (
            chosen,
            left_out,
            tally.into_summary(self.rows, self.skips, self.odd_names.into_sorted()),
        )
    }
}

fn length(record: &Record) -> u16 {
    let length = record.refresh_token.expose_secret().len();
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// Whether tokens of this kind of source stood in a column of a database, now or before they were exported.
fn is_of_columns(kind: SourceKind) -> bool {
    match kind {
        SourceKind::Csv
        | SourceKind::Jsonl
        | SourceKind::MySql
        | SourceKind::Postgres
        | SourceKind::Records
        | SourceKind::Sqlite
        | SourceKind::Tsv => true,
        SourceKind::AdalNet
        | SourceKind::AdalNode
        | SourceKind::AdalPython
        | SourceKind::Bare
        | SourceKind::Ini
        | SourceKind::MsalCache
        | SourceKind::Rclone
        | SourceKind::TokenJson => false,
    }
}

/// The refresh tokens that stand under several clients.
fn of_several_clients(tokens: &HashMap<Fingerprint, Token>) -> HashSet<OfToken> {
    let mut all: Vec<_> = tokens.keys().map(Fingerprint::of_token).collect();
    all.sort_unstable();
    let pairs = all.windows(2);
    pairs
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
        .collect()
}

impl Token {
    /// Takes note of another copy, which replaces this one where it says more.
    fn absorb(&mut self, copy: &Self) {
        self.duplicates = self.duplicates.saturating_add(1);
        // Against what is known from all copies so far, so that a third one is compared with the first two.
        self.has_mixed_users |= People::differ(self.person, copy.person);
        // An application that signs in at a shared authority keeps a copy for the user's tenant beside it.
        let is_shared = self
            .warnings
            .and(copy.warnings)
            .contains(Warning::SharedAuthority);
        if copy.rank > self.rank {
            (self.row, self.rank) = (copy.row, copy.rank);
            (self.group, self.warnings) = (copy.group, copy.warnings);
        }
        self.warnings.insert_if(Warning::SharedAuthority, is_shared);
        self.person = People::known(self.person, copy.person);
    }

    fn all_warnings(&self) -> Warnings {
        if self.has_mixed_users {
            self.warnings.with(Warning::MixedUsers)
        } else {
            self.warnings
        }
    }
}

/// How long applications declare columns of text to be. MySQL without strict mode cuts off what is longer, and says so in a
/// warning that nobody reads.
const WIDTHS: [u16; 15] = [
    191, 200, 250, 255, 256, 500, 512, 768, 1000, 1024, 1500, 2000, 2048, 4000, 4096,
];
