//! Refusals: an AADSTS error, and the facts that its text names.

mod b2c;
mod catalogue;
mod envelope;

pub use catalogue::{CatalogueRow, Source, catalogue};

pub(crate) use b2c::B2cError;
pub(crate) use envelope::{description, refuse, telemetry};

use crate::protocol::{Call, home_base};
use catalogue::{AadstsError, ErrorName, definition_of};

/// Why a request is not granted, before it is written into an envelope.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u32,
    pub(crate) definition: &'static AadstsError,
    pub(crate) error: Option<&'static str>,
    pub(crate) suberror: Option<String>,
    pub(crate) claims: Option<String>,
    pub(crate) status: u16,
    facts: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(code: u32) -> Self {
        let definition = definition_of(code).unwrap_or(&UNKNOWN);
        Self {
            code,
            definition,
            error: None,
            suberror: definition.suberror.map(str::to_owned),
            claims: None,
            status: definition.status,
            facts: Vec::new(),
        }
    }

    /// A parameter that must be there is missing or empty.
    pub(crate) fn missing(parameter: &'static str) -> Self {
        Self::new(900_144).with("parameter", parameter)
    }

    /// Fills the placeholder `{name}` of the text.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// Reports it under another OAuth error than the catalogue has.
    pub(crate) fn reported_as(mut self, error: &'static str) -> Self {
        self.error = Some(error);
        self
    }

    pub(crate) fn suberror(mut self, suberror: impl Into<String>) -> Self {
        self.suberror = Some(suberror.into());
        self
    }

    pub(crate) fn claims(mut self, claims: impl Into<String>) -> Self {
        self.claims = Some(claims.into());
        self
    }

    /// The page about the error, for codes that have one (RFC 6749 §5.2, `error_uri`).
    pub(crate) fn error_uri(&self, call: &Call<'_>) -> Option<String> {
        let (code, base) = (self.code, home_base(call));
        self.definition
            .page
            .then(|| format!("{base}/error?code={code}"))
    }

    pub(crate) fn fact(&self, name: &str) -> Option<String> {
        self.facts
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.clone())
    }
}

/// The definition of a code that is not in the catalogue. Only fault plans ask for such codes.
static UNKNOWN: AadstsError = AadstsError {
    code: 0,
    error: ErrorName::Same("invalid_grant"),
    status: 400,
    suberror: None,
    page: false,
    source: Source::Guessed,
    evidence: "none",
    verbatim: false,
    text: "An error that this emulator knows by its number only.",
};
