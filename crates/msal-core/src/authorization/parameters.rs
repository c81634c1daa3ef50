//! Parameters of an authorization request that have a few values only.

/// What the user is asked, whatever the server would ask by itself (`prompt`, OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Prompt {
    /// To consent, also where that was done before.
    Consent,
    /// To make an account (OpenID Connect Prompt Create 1.0).
    Create,
    /// To sign in, also where a session exists.
    Login,
    /// Nothing: where the user would have to be asked, the answer is an error.
    None,
    /// Which account to use.
    SelectAccount,
}

impl Prompt {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Create => "create",
            Self::Login => "login",
            Self::None => "none",
            Self::SelectAccount => "select_account",
        }
    }
}

/// How the browser brings the answer to the redirect URI (`response_mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseMode {
    /// In a form that it posts, so that the code is in no address and no history (OAuth 2.0 Form Post Response Mode). A web
    /// application's session cookie needs `SameSite=None` for it.
    FormPost,
    /// Behind `#`, which only a page's script or its user sees (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).
    Fragment,
    /// In the query (the same, §2.1).
    Query,
}

impl ResponseMode {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FormPost => "form_post",
            Self::Fragment => "fragment",
            Self::Query => "query",
        }
    }
}
