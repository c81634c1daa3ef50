//! The sections of the cache document.

/// The sections of the cache document, in the order MSAL Python creates them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Section {
    AccessToken,
    Account,
    IdToken,
    RefreshToken,
    AppMetadata,
}

impl Section {
    pub(super) const ALL: [Self; 5] = [
        Self::AccessToken,
        Self::Account,
        Self::IdToken,
        Self::RefreshToken,
        Self::AppMetadata,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "AccessToken",
            Self::Account => "Account",
            Self::IdToken => "IdToken",
            Self::RefreshToken => "RefreshToken",
            Self::AppMetadata => "AppMetadata",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }
}
