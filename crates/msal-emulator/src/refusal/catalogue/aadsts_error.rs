//! What the catalogue knows about one error.

/// One AADSTS error.
#[derive(Debug)]
pub(crate) struct AadstsError {
    pub(crate) code: u32,
    pub(crate) error: ErrorName,
    pub(crate) status: u16,
    pub(crate) suberror: Option<&'static str>,
    /// Whether the envelope carries `error_uri`: only codes with a page of their own do.
    pub(crate) page: bool,
    pub(crate) source: Source,
    /// Where the evidence is found.
    pub(crate) evidence: &'static str,
    pub(crate) text: &'static str,
    /// Whether the text is Entra's, word for word.
    pub(crate) verbatim: bool,
}

/// The OAuth error a code is reported under.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ErrorName {
    ByVersion {
        v1: &'static str,
        v2: &'static str,
    },
    /// An error that needs the user: `interaction_required` at v1, `invalid_grant` at v2.0.
    Interaction,
    Same(&'static str),
}

/// How certain a definition is: where its code and the members of its envelope come from. Whether its text is literal
/// is a question of its own: [`CatalogueRow::is_verbatim`](crate::CatalogueRow::is_verbatim).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Microsoft's documentation.
    Documented,
    /// A fixture in the tests of one of Microsoft's libraries.
    Fixture,
    /// The code exists, but `error`, `suberror` or the status is not confirmed.
    Guessed,
    /// A verbatim answer in a public issue, post or log.
    Reported,
    /// A published recording of a real exchange.
    Recorded,
}

impl ErrorName {
    pub(crate) fn at_v1(self) -> &'static str {
        match self {
            Self::ByVersion { v1: name, .. } | Self::Same(name) => name,
            Self::Interaction => "interaction_required",
        }
    }

    pub(crate) const fn at_v2(self) -> &'static str {
        match self {
            Self::ByVersion { v2: name, .. } | Self::Same(name) => name,
            Self::Interaction => "invalid_grant",
        }
    }
}

impl AadstsError {
    /// Whether the envelope says in `claims` what the user has to do.
    pub(crate) fn needs_claims(&self) -> bool {
        matches!(self.error, ErrorName::Interaction)
    }
}
