//! What the user should know about a token before it is redeemed. None of these stops a migration.

use std::fmt;

/// Something to know about a token before it is redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// The store says nothing about the tenant, so it is assumed.
    AssumedAuthority,
    /// The store says nothing about the scopes, so the default is asked for.
    AssumedScopes,
    /// The token is as long as columns are wide, and none of the source is longer: the rest of it may be lost.
    CutOffToken,
    /// The client is a program of somebody else's, and the operator has named it.
    FirstPartyClient,
    /// Copies of one token stand under different users.
    MixedUsers,
    /// The token was last refreshed more than 90 days ago.
    OldToken,
    /// The token is a personal account's, so that it stays at `consumers` although another authority was named.
    PersonalAccount,
    /// The resource is Azure AD Graph, which has been retired.
    RetiredResource,
    /// The same token is stored for several clients.
    SeveralClients,
    /// The store lists scopes of several resources, and only those of one are asked for.
    SeveralResources,
    /// The application signed users in at `organizations` or `common`, and the token is redeemed at its user's tenant.
    SharedAuthority,
    /// The token looks like another provider's.
    UnlikelyToken,
}

impl Warning {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::AssumedAuthority,
        Self::AssumedScopes,
        Self::CutOffToken,
        Self::FirstPartyClient,
        Self::MixedUsers,
        Self::OldToken,
        Self::PersonalAccount,
        Self::RetiredResource,
        Self::SeveralClients,
        Self::SeveralResources,
        Self::SharedAuthority,
        Self::UnlikelyToken,
    ];

    /// The stable name for reports and scripts.
    pub fn code(self) -> &'static str {
        match self {
            Self::AssumedAuthority => "assumed_authority",
            Self::AssumedScopes => "assumed_scopes",
            Self::CutOffToken => "cut_off_token",
            Self::FirstPartyClient => "first_party_client",
            Self::MixedUsers => "mixed_users",
            Self::OldToken => "old_token",
            Self::PersonalAccount => "personal_account",
            Self::RetiredResource => "retired_resource",
            Self::SeveralClients => "several_clients",
            Self::SeveralResources => "several_resources",
            Self::SharedAuthority => "shared_authority",
            Self::UnlikelyToken => "unlikely_token",
        }
    }

    /// One sentence for people.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::AssumedAuthority => {
                "the store names no tenant, so `organizations` or `consumers` is assumed"
            }
            Self::AssumedScopes => "the store names no scopes, so the default scope is asked for",
            Self::CutOffToken => {
                "the token fills its column to the last character, so that the database may have cut it off"
            }
            Self::FirstPartyClient => {
                "the token belongs to a program of somebody else's, such as Azure CLI or rclone"
            }
            Self::MixedUsers => {
                "the same token is stored under different users; the answer will tell whose it is"
            }
            Self::OldToken => {
                "the token was last refreshed more than 90 days ago and has probably expired"
            }
            Self::PersonalAccount => {
                "the token is a personal account's; it is redeemed at `consumers`, because the authority that was named does not take it"
            }
            Self::RetiredResource => "the token is for Azure AD Graph, which has been retired",
            Self::SeveralClients => {
                "the same token is stored for several clients; with `--rotation single-use` it goes out for the first only"
            }
            Self::SeveralResources => {
                "the store lists scopes of several resources; only those of the first are asked for"
            }
            Self::SharedAuthority => {
                "the application signed users in at `organizations` or `common`; the token goes under its user's own tenant"
            }
            Self::UnlikelyToken => "the token does not look like one of Microsoft's",
        }
    }

    /// What the user can do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::AssumedAuthority => "name the tenant with --authority",
            Self::AssumedScopes => "name the scopes with --default-scope",
            Self::CutOffToken => {
                "compare with the column's declared length; it is tried once, and one that was cut off is refused: widen the column to TEXT before its user signs in again"
            }
            Self::FirstPartyClient => "only that program can use the result",
            Self::MixedUsers => {
                "nothing to do: an answer for another user than the row's is not taken"
            }
            Self::OldToken => "nothing to do: it is tried once",
            Self::PersonalAccount => {
                "let the application ask for these users at `consumers`; to redeem them elsewhere, name one tenant with --authority"
            }
            Self::RetiredResource => {
                "--map-resource https://graph.windows.net=https://graph.microsoft.com"
            }
            Self::SeveralClients => "name the client that you migrate with --client-id",
            Self::SeveralResources => {
                "nothing to do: a token for the others is obtained silently afterwards"
            }
            Self::SharedAuthority => {
                "an application that still signs in there redeems each user once more, unless it is named from the first run on: --authority https://login.microsoftonline.com/organizations (or /common)"
            }
            Self::UnlikelyToken => "check that the right column is mapped",
        }
    }

    fn bit(self) -> u16 {
        1 << self as u8
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.explanation())
    }
}

/// A set of [`Warning`]s.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Warnings(u16);

impl Warnings {
    /// The set with `warning` in it.
    #[must_use]
    pub fn with(self, warning: Warning) -> Self {
        Self(self.0 | warning.bit())
    }

    /// The warnings of both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `warning` is in the set.
    pub fn contains(self, warning: Warning) -> bool {
        self.0 & warning.bit() != 0
    }

    /// Whether there is nothing to warn about.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The warnings in the set.
    pub fn iter(self) -> impl Iterator<Item = Warning> {
        Warning::ALL
            .iter()
            .copied()
            .filter(move |warning| self.contains(*warning))
    }

    pub(crate) fn insert_if(&mut self, warning: Warning, condition: bool) {
        if condition {
            *self = self.with(warning);
        }
    }
}

impl fmt::Debug for Warnings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}
