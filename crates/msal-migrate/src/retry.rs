//! What an operator asks for again: tokens that earlier runs have set aside, and answers that are held back.

use std::collections::HashSet;

use crate::fingerprint::Fingerprint;
use crate::journal::{Class, State};
use crate::plan::Redemption;

/// What earlier runs have set aside, and a run tries again when it is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryClass {
    /// Not migrated for a reason that the operator corrects. These are tried again in every run.
    Failed,
    /// Nobody knows whether they were redeemed. Where a token that is spent must not be presented again, doing so may
    /// sign its user out.
    InDoubt,
    /// Refused until their user takes part.
    NeedsUser,
    /// Answered, with an answer that must not be published. The refresh token of that answer is sent, and the answer
    /// stays held back unless another one comes.
    Quarantined,
}

impl RetryClass {
    pub(crate) fn of(state: State) -> Option<Self> {
        match state {
            State::Concluded(Class::Failed) => Some(Self::Failed),
            State::Concluded(Class::NeedsUser) => Some(Self::NeedsUser),
            State::Concluded(Class::Quarantined) => Some(Self::Quarantined),
            State::InDoubt => Some(Self::InDoubt),
            State::Concluded(Class::Migrated | Class::Retryable) | State::Unpublished => None,
        }
    }
}

/// Which tokens of earlier runs are tried again, besides those that every run tries. By default, none.
///
/// ```
/// use msal_migrate::{Retry, RetryClass};
///
/// // The users of one tenant whose administrator has given consent since.
/// let retry = Retry::default().class(RetryClass::NeedsUser).tenant("contoso.example");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    classes: Vec<RetryClass>,
    clients: Vec<String>,
    tenants: Vec<String>,
    rows: Vec<String>,
}

impl Retry {
    /// Tries tokens of this class, besides those of classes that were named before.
    #[must_use]
    pub fn class(mut self, class: RetryClass) -> Self {
        self.classes.push(class);
        self
    }

    /// Tries tokens of this client, of the classes that are named, or of all when none is.
    #[must_use]
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.clients.push(client_id.into());
        self
    }

    /// Tries tokens that are redeemed at this tenant, of the classes that are named, or of all when none is.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenants.push(tenant.into());
        self
    }

    /// Tries the token of this row, as a report names it, of the classes that are named, or of all when none is.
    #[must_use]
    pub fn row(mut self, row: impl Into<String>) -> Self {
        self.rows.push(row.into());
        self
    }

    /// Whether a token that stands at `state` is meant, but for the names of rows; `is_last_there` if it was asked for at one of
    /// the tenants last, wherever its row places it.
    pub(crate) fn names(&self, state: State, redemption: &Redemption, is_last_there: bool) -> bool {
        let is_named = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|it| it.eq_ignore_ascii_case(name))
        };
        let in_class = |class| self.classes.is_empty() || self.classes.contains(&class);
        *self != Self::default()
            && RetryClass::of(state).is_some_and(in_class)
            && is_named(&self.clients, &redemption.client_id)
            && (is_last_there || is_named(&self.tenants, redemption.authority.tenant().as_str()))
    }

    pub(crate) fn clients(&self) -> &[String] {
        &self.clients
    }

    pub(crate) fn tenants(&self) -> &[String] {
        &self.tenants
    }

    pub(crate) fn rows(&self) -> &[String] {
        &self.rows
    }
}

/// What is tried again, once it is known which tokens the names of rows and tenants mean. By default, nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Again {
    retry: Retry,
    rows: HashSet<Fingerprint>,
    /// Tokens that were last asked for at one of the tenants, which is not where their rows place them.
    at_tenants: HashSet<Fingerprint>,
}

impl Again {
    pub(crate) fn new(
        retry: Retry,
        rows: HashSet<Fingerprint>,
        at_tenants: HashSet<Fingerprint>,
    ) -> Self {
        Self {
            retry,
            rows,
            at_tenants,
        }
    }

    /// Whether a token that stands at `state` is tried again.
    pub(crate) fn selects(&self, state: State, redemption: &Redemption) -> bool {
        let token = &redemption.fingerprint;
        let is_last_there = self.at_tenants.contains(token);
        self.retry.names(state, redemption, is_last_there)
            && (self.retry.rows.is_empty() || self.rows.contains(token))
    }
}

#[cfg(test)]
mod tests {
    use msal_core::{Authority, RefreshToken, ScopeSet, TrustedAuthority};

    use super::*;
    use crate::plan::Warnings;
    use crate::record::{Locator, Place, UserHints};

    const SET_ASIDE: [State; 4] = [
        State::Concluded(Class::Failed),
        State::InDoubt,
        State::Concluded(Class::NeedsUser),
        State::Concluded(Class::Quarantined),
    ];

    fn redemption() -> Redemption {
        let authority = Authority::parse("https://login.microsoftonline.com/contoso.example");
        let file = "tokens.csv".into();
        Redemption {
            fingerprint: Fingerprint::from_bytes([0; 16]),
            refresh_token: RefreshToken::from("0.OLD"),
            client_id: "00c0ffee-0000-4000-8000-00000000000a".to_owned(),
            authority: TrustedAuthority::built_in(authority.unwrap()).unwrap(),
            client_secret: None,
            home: None,
            scopes: ScopeSet::default(),
            user: UserHints::default(),
            locator: Locator::new(&file, Place::Line(12)).with_key("alice"),
            duplicates: 0,
            warnings: Warnings::default(),
        }
    }

    /// With a name of the row, it is found.
    fn again(retry: &Retry) -> Again {
        Again::new(
            retry.clone(),
            retry
                .rows()
                .iter()
                .map(|_| redemption().fingerprint)
                .collect(),
            HashSet::new(),
        )
    }

    fn selected(retry: &Retry) -> [bool; 4] {
        SET_ASIDE.map(|state| again(retry).selects(state, &redemption()))
    }

    #[test]
    fn nothing_is_tried_again_unasked_and_nothing_that_is_settled_or_under_way() {
        assert_eq!(selected(&Retry::default()), [false; 4]);
        let all = Retry::default().row(":12");
        for state in [
            State::Concluded(Class::Migrated),
            State::Concluded(Class::Retryable),
            State::Unpublished,
        ] {
            assert!(!again(&all).selects(state, &redemption()), "{state:?}");
        }
    }

    #[test]
    fn classes_are_tried_that_are_named() {
        let retry = Retry::default().class(RetryClass::InDoubt);
        assert_eq!(selected(&retry), [false, true, false, false]);
        let retry = retry.class(RetryClass::Quarantined);
        assert_eq!(selected(&retry), [false, true, false, true]);
        let retry = retry.class(RetryClass::Failed).class(RetryClass::NeedsUser);
        assert_eq!(selected(&retry), [true; 4]);
    }

    #[test]
    fn client_tenant_and_row_narrow_it() {
        let of = |retry: Retry| selected(&retry)[1];
        let retry = Retry::default;
        assert!(of(retry().client("00C0FFEE-0000-4000-8000-00000000000A")));
        assert!(!of(retry().client("00c0ffee-0000-4000-8000-00000000000b")));
        assert!(of(retry().tenant("Contoso.example")));
        assert!(!of(retry().tenant("fabrikam.example")));
        let other = Again::new(retry().row(":13"), HashSet::new(), HashSet::new());
        assert!(!other.selects(State::InDoubt, &redemption()));
        // Where it was asked for last, the journal says.
        let at_home = retry().tenant("organizations");
        let at_home = Again::new(at_home, HashSet::new(), [redemption().fingerprint].into());
        assert!(at_home.selects(State::InDoubt, &redemption()));
        assert!(!of(retry().row(":12").tenant("fabrikam.example")));
        assert!(of(retry().row(":12").row(":13").class(RetryClass::InDoubt)));
    }
}
