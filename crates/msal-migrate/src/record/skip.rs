//! Why a row is not migrated. Every such row is counted with its reason, so that none is dropped silently.

use std::fmt;

/// Why a row is not migrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// Issued by AD FS, which alone can redeem it.
    Adfs,
    /// The access token of an application in its own name (RFC 6749 §4.4), without a user and a refresh token.
    AppOnly,
    /// Issued by an Azure AD B2C policy.
    B2c,
    /// Issued by a cloud that no longer exists.
    ClosedCloud,
    /// Issued to a program of somebody else's, such as Azure CLI, which alone can use it. The operator has not named its
    /// client.
    FirstPartyClient,
    /// The stored authority is neither an https URL with a tenant nor a tenant.
    InvalidAuthority,
    /// The row cannot be read; the text says what is wrong with it.
    Malformed(&'static str),
    /// Neither the row nor the options name the client the token was issued to.
    NoClientId,
    /// The row has no refresh token.
    NoRefreshToken,
    /// Of another client or tenant than those that were [chosen](crate::PlanOptions::only_clients).
    NotChosen,
    /// A condition of the mapping file's `[where]` leaves the row out, which may be Microsoft's.
    NotSelected,
    /// The row seems to have no refresh token, and not all of it is understood; the text says what is not.
    NotUnderstood(&'static str),
    /// Obtained by a service on behalf of a user. MSAL keeps such tokens by the assertion they were exchanged for, which
    /// the service gets anew with each of the user's requests.
    OnBehalfOf,
    /// Issued to another client than the one that the options name.
    OtherClient,
    /// Issued by another provider than Microsoft, in a table that holds tokens of several.
    OtherProvider,
    /// A service principal's secret or certificate, without a user. Azure CLI kept them in the same file as the tokens of
    /// users.
    ServicePrincipal,
    /// The token was encrypted by the application that stored it.
    Undecryptable,
    /// The authority's host is neither one of Microsoft's nor the one that the options name.
    UnknownAuthority,
    /// A kind of authority that tokens cannot be migrated from.
    UnsupportedAuthority,
}

impl SkipReason {
    /// The name for reports and scripts. It does not change between releases.
    pub fn code(self) -> &'static str {
        match self {
            Self::Adfs => "adfs",
            Self::AppOnly => "app_only",
            Self::B2c => "b2c",
            Self::ClosedCloud => "closed_cloud",
            Self::FirstPartyClient => "first_party_client",
            Self::InvalidAuthority => "invalid_authority",
            Self::Malformed(_) => "malformed",
            Self::NoClientId => "no_client_id",
            Self::NoRefreshToken => "no_refresh_token",
            Self::NotChosen => "not_chosen",
            Self::NotSelected => "not_selected",
            Self::NotUnderstood(_) => "not_understood",
            Self::OnBehalfOf => "obo",
            Self::OtherClient => "other_client",
            Self::OtherProvider => "other_provider",
            Self::ServicePrincipal => "service_principal",
            Self::Undecryptable => "undecryptable",
            Self::UnknownAuthority => "unknown_authority",
            Self::UnsupportedAuthority => "unsupported_authority",
        }
    }

    /// The reason of this name. Those that say themselves what is wrong say nothing then.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        let all = [
            Self::Adfs,
            Self::AppOnly,
            Self::B2c,
            Self::ClosedCloud,
            Self::FirstPartyClient,
            Self::InvalidAuthority,
            Self::Malformed(""),
            Self::NoClientId,
            Self::NoRefreshToken,
            Self::NotChosen,
            Self::NotSelected,
            Self::NotUnderstood(""),
            Self::OnBehalfOf,
            Self::OtherClient,
            Self::OtherProvider,
            Self::ServicePrincipal,
            Self::Undecryptable,
            Self::UnknownAuthority,
            Self::UnsupportedAuthority,
        ];
        all.into_iter().find(|reason| reason.code() == code)
    }

    /// Whether it is a matter of the options: with others, the row's token is redeemed.
    pub(crate) fn is_of_options(self) -> bool {
        matches!(
            self,
            Self::FirstPartyClient
                | Self::InvalidAuthority
                | Self::NoClientId
                | Self::NotChosen
                | Self::NotSelected
                | Self::OtherClient
                | Self::OtherProvider
                | Self::UnknownAuthority
        )
    }

    /// What is wrong with this row, where the name does not say it.
    pub(crate) fn own_words(self) -> Option<&'static str> {
        match self {
            Self::Malformed(what) | Self::NotUnderstood(what) => Some(what),
            _ => None,
        }
    }

    /// Who can do something about it.
    pub fn remedy(self) -> Remedy {
        match self {
            Self::AppOnly
            | Self::NoRefreshToken
            | Self::NotChosen
            | Self::NotSelected
            | Self::OnBehalfOf
            | Self::OtherClient
            | Self::OtherProvider
            | Self::ServicePrincipal => Remedy::NoneNeeded,
            Self::Adfs | Self::B2c | Self::ClosedCloud | Self::UnsupportedAuthority => Remedy::User,
            Self::FirstPartyClient
            | Self::InvalidAuthority
            | Self::Malformed(_)
            | Self::NoClientId
            | Self::NotUnderstood(_)
            | Self::Undecryptable
            | Self::UnknownAuthority => Remedy::Operator,
        }
    }

    /// One sentence for people. `Display` shows the same.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Adfs => "the token was issued by AD FS, and Entra cannot redeem it",
            Self::AppOnly => {
                "the entry is an application's own access token and has no refresh token"
            }
            Self::B2c => "the token was issued by an Azure AD B2C policy",
            Self::ClosedCloud => "the token was issued by a Microsoft cloud that has been closed",
            Self::FirstPartyClient => {
                "the token belongs to a program of somebody else's, such as Azure CLI or rclone, and not to an application of yours"
            }
            Self::InvalidAuthority => {
                "the stored authority is not an https URL with a tenant, nor a tenant"
            }
            Self::Malformed(what) | Self::NotUnderstood(what) => what,
            Self::NoClientId => "nothing says which client the token was issued to",
            Self::NoRefreshToken => "the row has no refresh token",
            Self::NotChosen => {
                "the token is of another client or tenant than those that were chosen"
            }
            Self::NotSelected => "a condition, of [where] or --where, leaves the row out",
            Self::OnBehalfOf => {
                "the token was obtained on behalf of a user and is bound to that assertion"
            }
            Self::OtherClient => "the token was issued to another client than the one named",
            Self::OtherProvider => "the token was issued by another provider than Microsoft",
            Self::ServicePrincipal => {
                "the entry is a service principal's credential and has no refresh token"
            }
            Self::Undecryptable => "the value is encrypted by the application that stored it",
            Self::UnknownAuthority => {
                "the stored authority is not one of Microsoft's hosts, so the token is not sent there"
            }
            Self::UnsupportedAuthority => "tokens of this kind of authority cannot be migrated",
        }
    }

    /// What the user can do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Adfs => "these users sign in again",
            Self::AppOnly => {
                "nothing to do: the application gets a new token with its own credential"
            }
            Self::B2c => "these users sign in again",
            Self::ClosedCloud => "these users sign in again, in the cloud their tenant moved to",
            Self::FirstPartyClient => {
                "only that program can use such a token; for that program itself, name its client with --client-id"
            }
            Self::InvalidAuthority => "correct the row, or name the authority with --authority",
            Self::Malformed(what) if what.ends_with("not UTF-8") => {
                "write the file in UTF-8; one of Windows with `iconv -f WINDOWS-1252 -t UTF-8 FILE`"
            }
            Self::Malformed(_) => "correct the row, or leave it: the other rows are not affected",
            Self::NoClientId => "name the client with --client-id",
            Self::NoRefreshToken => "nothing to migrate: these users sign in again",
            Self::NotChosen => "run again without --only-client and --only-tenant for these too",
            Self::NotSelected => {
                "nothing to do; if these rows count, add their value to [where] in a copy of the file: msal sources show NAME"
            }
            Self::NotUnderstood(_) => {
                "name the file with the tokens, or say where in it with --map refresh_token=/POINTER or COLUMN:/POINTER; decrypt first what is encrypted"
            }
            Self::OnBehalfOf => "nothing to do: the application exchanges a new assertion",
            Self::OtherClient => "run once more with that client's id, or without --client-id",
            Self::OtherProvider => {
                "nothing to do; if it is Microsoft's all the same, say so with --map provider=const:microsoft"
            }
            Self::ServicePrincipal => "nothing to do: configure the credential in the application",
            Self::Undecryptable => {
                "name how they are encrypted in [decode] of a mapping file, with where the key is, or decrypt them where the key is and pass the result as CSV"
            }
            Self::UnknownAuthority => "if you trust the host, name it with --authority",
            Self::UnsupportedAuthority => "these users sign in again",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.explanation())
    }
}

/// Who can do something about a row that is not migrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// Nobody: the row holds no user's token, or none that was asked for.
    NoneNeeded,
    /// The user, who signs in again.
    User,
    /// The operator of the migration, who corrects the row or the options.
    Operator,
}
