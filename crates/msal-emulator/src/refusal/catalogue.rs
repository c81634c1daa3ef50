//! The catalogue of AADSTS errors: one definition per code.
//!
//! A definition says what the envelope holds besides the identifiers and the time. Its text may have
//! placeholders such as `{client}`, which are filled from the request.

mod aadsts_error;
mod errors;

use std::fmt;

pub use aadsts_error::Source;

pub(crate) use aadsts_error::{AadstsError, ErrorName};

use errors::ERRORS;

/// One AADSTS error as the emulator knows it, for listings.
#[derive(Clone, Copy, Debug)]
pub struct CatalogueRow(&'static AadstsError);

/// Every AADSTS error that the emulator can answer with, in the order of the codes.
pub fn catalogue() -> impl Iterator<Item = CatalogueRow> {
    ERRORS.iter().map(CatalogueRow)
}

impl CatalogueRow {
    /// The number after `AADSTS`.
    pub fn code(&self) -> u32 {
        self.0.code
    }

    /// The value of `error` at the v1 endpoint.
    pub fn error_v1(&self) -> &'static str {
        self.0.error.at_v1()
    }

    /// The value of `error` at the v2.0 endpoint.
    pub fn error_v2(&self) -> &'static str {
        self.0.error.at_v2()
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The value of `suberror`, when there is one.
    pub fn suberror(&self) -> Option<&'static str> {
        self.0.suberror
    }

    /// Whether the envelope has an `error_uri`.
    pub fn has_error_uri(&self) -> bool {
        self.0.page
    }

    /// How certain the definition is.
    pub fn source(&self) -> Source {
        self.0.source
    }

    /// Where the evidence is found, in a few words.
    pub fn evidence(&self) -> &'static str {
        self.0.evidence
    }

    /// The text, with its placeholders unfilled.
    pub fn text(&self) -> &'static str {
        self.0.text
    }

    /// Whether the text was seen word for word; otherwise it says in our words what the documentation says.
    pub fn is_verbatim(&self) -> bool {
        self.0.verbatim
    }
}

/// The definition of `code`.
pub(crate) fn definition_of(code: u32) -> Option<&'static AadstsError> {
    let index = ERRORS.binary_search_by_key(&code, |row| row.code).ok()?;
    ERRORS.get(index)
}

/// Fills the placeholders of a text. Those without a value show as `(unknown)`.
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
        let placeholder = &rest[start + 1..start + length];
        out.write_str(&rest[..start])?;
        // Entra's own texts have braces too: "{EUII Hidden}".
        if placeholder.contains(' ') {
            write!(out, "{{{placeholder}}}")?;
        } else {
            out.write_str(value(placeholder).as_deref().unwrap_or("(unknown)"))?;
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
        assert!(ERRORS.is_sorted_by(|a, b| a.code < b.code));
        assert!(
            ERRORS
                .iter()
                .all(|known| definition_of(known.code).is_some())
        );
        assert!(definition_of(1).is_none());
    }

    #[test]
    fn only_codes_with_a_page_have_an_error_uri() {
        let seen = [
            50027, 50034, 50076, 50173, 53003, 65004, 70011, 70016, 90002, 500_011, 700_016,
            700_082, 7_000_215, 7_000_218, 9_002_313, 9_002_326,
        ];
        for row in ERRORS {
            assert_eq!(row.page, seen.contains(&row.code), "{}", row.code);
        }
    }

    #[test]
    fn what_needs_the_user_has_its_own_name_at_v1() {
        for code in [50076, 53003] {
            let error = definition_of(code).unwrap().error;
            assert_eq!(
                (error.at_v1(), error.at_v2()),
                ("interaction_required", "invalid_grant")
            );
        }
        assert_eq!(definition_of(65001).unwrap().error.at_v1(), "invalid_grant");
    }

    #[test]
    fn places_are_filled_and_foreign_braces_kept() {
        let mut out = String::new();
        fill(
            &mut out,
            "{EUII Hidden} of {tenant}, {nobody} {",
            |placeholder| (placeholder == "tenant").then(|| "t".to_owned()),
        )
        .unwrap();
        assert_eq!(out, "{EUII Hidden} of t, (unknown) {");
    }
}
