//! The catalogue of AADSTS errors: one row per code.
//!
//! A row says what the envelope holds apart from the identifiers and the time. Its text may have
//! places such as `{client}`, filled from the request at hand.

mod row;
mod rows;

use std::fmt;

pub use row::Source;

pub(crate) use row::{ErrorName, Row};

use rows::ROWS;

/// One AADSTS error as the emulator knows it, for listings.
#[derive(Clone, Copy, Debug)]
pub struct CatalogueRow(&'static Row);

/// Every AADSTS error that the emulator can answer with, in the order of the codes.
pub fn catalogue() -> impl Iterator<Item = CatalogueRow> {
    ROWS.iter().map(CatalogueRow)
}

impl CatalogueRow {
    /// The number after `AADSTS`.
    #[must_use]
    pub fn code(&self) -> u32 {
        self.0.code
    }

    /// The value of `error` at the v1 endpoint.
    #[must_use]
    pub fn error_v1(&self) -> &'static str {
        self.0.error.at_v1()
    }

    /// The value of `error` at the v2.0 endpoint.
    #[must_use]
    pub fn error_v2(&self) -> &'static str {
        self.0.error.at_v2()
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The value of `suberror`, when there is one.
    #[must_use]
    pub fn suberror(&self) -> Option<&'static str> {
        self.0.suberror
    }

    /// Whether the envelope has an `error_uri`.
    #[must_use]
    pub fn has_error_uri(&self) -> bool {
        self.0.page
    }

    /// How certain the row is.
    #[must_use]
    pub fn source(&self) -> Source {
        self.0.source
    }

    /// Where the row's source is to be found, in a few words.
    #[must_use]
    pub fn evidence(&self) -> &'static str {
        self.0.evidence
    }

    /// The text, with its places unfilled.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.0.text
    }

    /// Whether the text was seen word for word; otherwise it says in our words what the documentation says.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        self.0.verbatim
    }
}

/// The row of `code`.
pub(crate) fn row(code: u32) -> Option<&'static Row> {
    let index = ROWS.binary_search_by_key(&code, |row| row.code).ok()?;
    ROWS.get(index)
}

/// Fills the places of a row's text; places without a value show as `(unknown)`.
pub(crate) fn fill(
    out: &mut impl fmt::Write,
    text: &str,
    value: impl Fn(&str) -> Option<String>,
) -> fmt::Result {
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        let place = &rest[start + 1..start + length];
        out.write_str(&rest[..start])?;
        // Entra's own texts have braces too: "{EUII Hidden}".
        if place.contains(' ') {
            write!(out, "{{{place}}}")?;
        } else {
            out.write_str(value(place).as_deref().unwrap_or("(unknown)"))?;
        }
        rest = &rest[start + length + 1..];
    }
    out.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_the_order_of_their_codes() {
        assert!(ROWS.is_sorted_by(|a, b| a.code < b.code));
        assert!(ROWS.iter().all(|known| row(known.code).is_some()));
        assert!(row(1).is_none());
    }

    #[test]
    fn only_codes_with_a_page_have_an_error_uri() {
        let seen = [
            50027, 50034, 50076, 50173, 53003, 65004, 70011, 70016, 90002, 500_011, 700_016,
            700_082, 7_000_215, 7_000_218, 9_002_313, 9_002_326,
        ];
        for row in ROWS {
            assert_eq!(row.page, seen.contains(&row.code), "{}", row.code);
        }
    }

    #[test]
    fn what_needs_the_user_has_its_own_name_at_v1() {
        for code in [50076, 53003] {
            let error = row(code).unwrap().error;
            assert_eq!(
                (error.at_v1(), error.at_v2()),
                ("interaction_required", "invalid_grant")
            );
        }
        assert_eq!(row(65001).unwrap().error.at_v1(), "invalid_grant");
    }

    #[test]
    fn places_are_filled_and_foreign_braces_kept() {
        let mut out = String::new();
        fill(&mut out, "{EUII Hidden} of {tenant}, {nobody} {", |place| {
            (place == "tenant").then(|| "t".to_owned())
        })
        .unwrap();
        assert_eq!(out, "{EUII Hidden} of t, (unknown) {");
    }
}
