//! Whether an answer or an account is of the user that is expected. The library and the migrator both ask here.

use std::fmt;

use crate::case::is_guid;
use crate::{Account, HomeAccountId, TokenResponse, comparable_username};

/// The user whose tokens are expected, by as much as is known. A user of whom nothing is known can be anybody.
///
/// The strongest thing known decides: the home account id, then the object identifier, then the subject, then the name.
/// Names come last because people are renamed, and because they have another one where they are guests.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct ExpectedUser<'a> {
    /// `uid.utid`, or the subject where the server sends no `client_info`.
    pub home_account_id: Option<&'a HomeAccountId>,
    /// The object identifier, which is a GUID. What is none is not looked at.
    pub object_id: Option<&'a str>,
    /// The `sub` of an ID token that was issued to the same client.
    pub subject: Option<&'a str>,
    /// The tenant that the object identifier is of.
    pub tenant_id: Option<&'a str>,
    /// A user principal name or an e-mail address. What has no `@` is not looked at.
    pub username: Option<&'a str>,
}

impl ExpectedUser<'_> {
    /// Whether the tokens of `response` can be this user's.
    ///
    /// An answer that names nobody can be anybody's: OpenID Connect Core §12.2 lets a refresh go without an ID token.
    pub fn matches(&self, response: &TokenResponse) -> bool {
        self.by_home_account(response)
            .or_else(|| self.by_object(response))
            .unwrap_or_else(|| self.has_subject(response) || self.by_name(response) != Some(false))
    }

    /// Whether `account` can be this user's; `subjects` are those that the client knows it by.
    ///
    /// An identifier that is given, and that the account has another of, means another user, and no name overrules one that
    /// agrees. Where an identifier is given that the account has none of its kind to compare with, something else has to
    /// agree.
    pub fn has_account(&self, account: &Account, subjects: &[String]) -> bool {
        let has_subject = |expected: &str| subjects.iter().any(|subject| subject == expected);
        let is_subject = self.subject.is_some_and(has_subject);
        let by_name = self.by_account_name(account);
        if let Some(home_account_id) = self.home_account_id {
            // A source may know the user by the subject, as where the server sent no `client_info`.
            if has_subject(home_account_id.as_str()) {
                return true;
            }
            if let Some(is_same) = is_account(home_account_id, account) {
                return is_same;
            }
        }
        match self.by_account_object(account) {
            Some(Compared::Same) => true,
            Some(Compared::Other) => false,
            Some(Compared::OfOtherTenant) => is_subject || by_name == Some(true),
            None if self.home_account_id.is_some() => is_subject || by_name == Some(true),
            None => is_subject || by_name != Some(false),
        }
    }

    /// What the object identifier says, by that of the tenant that the account was seen in and that of the home tenant.
    fn by_account_object(&self, account: &Account) -> Option<Compared> {
        let expected = self.object_id.filter(|object_id| is_guid(object_id))?;
        let seen = (account.local_account_id.as_str(), account.realm.as_str());
        let at_home = account.home_account_id.as_str().rsplit_once('.');
        let known = [Some(seen), at_home].into_iter().flatten();
        let mut compared = None;
        for (object_id, tenant_id) in known.filter(|(object_id, _)| is_guid(object_id)) {
            if object_id.eq_ignore_ascii_case(expected) {
                return Some(Compared::Same);
            }
            let is_of_tenant = |expected: &str| expected.eq_ignore_ascii_case(tenant_id);
            match self.tenant_id.is_some_and(is_of_tenant) {
                true => compared = Some(Compared::Other),
                false => compared = compared.or(Some(Compared::OfOtherTenant)),
            }
        }
        compared
    }

    fn by_account_name(&self, account: &Account) -> Option<bool> {
        let is_name = |name: &&str| name.contains('@');
        let expected = self.username.filter(is_name)?;
        let known = Some(account.username.as_str()).filter(is_name)?;
        Some(comparable_username(expected) == comparable_username(known))
    }

    /// What the home account id decides: `client_info` names it outright. Without it, `oid` and `tid` do so in the home
    /// tenant; elsewhere a guest has another `oid`, which decides nothing.
    fn by_home_account(&self, response: &TokenResponse) -> Option<bool> {
        let expected = self.home_account_id?.as_str();
        let claims = response.claims();
        // OpenID Connect Core §12.2: the ID token of a refresh has the `sub` of the one before it.
        if claims.is_some_and(|claims| claims.subject == expected) {
            return Some(true);
        }
        if let Some(client_info) = &response.client_info {
            let answered = client_info.home_account_id();
            return Some(answered.as_str().eq_ignore_ascii_case(expected));
        }
        let claims = claims?;
        let (Some((object, home)), Some(oid), Some(tid)) = (
            expected.rsplit_once('.'),
            &claims.object_id,
            &claims.tenant_id,
        ) else {
            return Some(false);
        };
        tid.eq_ignore_ascii_case(home)
            .then(|| oid.eq_ignore_ascii_case(object))
    }

    /// What the object identifier decides. It is its tenant's own: in another tenant a guest has another one, and only
    /// something else that agrees tells that it is the same user.
    fn by_object(&self, response: &TokenResponse) -> Option<bool> {
        let expected = self.object_id.filter(|object_id| is_guid(object_id))?;
        let claims = response.claims();
        let client_info = response.client_info.as_ref();
        let answered = [
            claims.and_then(|claims| Some((claims.object_id.as_ref()?, claims.tenant_id.as_ref()))),
            client_info.map(|client_info| (&client_info.uid, Some(&client_info.utid))),
        ];
        let mut answered = answered.into_iter().flatten().peekable();
        answered.peek()?;
        let mut is_other = false;
        for (object_id, tenant_id) in answered {
            if object_id.eq_ignore_ascii_case(expected) {
                return Some(true);
            }
            is_other |= match (tenant_id, self.tenant_id) {
                (Some(tenant_id), Some(expected)) => tenant_id.eq_ignore_ascii_case(expected),
                _ => false,
            };
        }
        let agrees = || self.has_subject(response) || self.by_name(response) == Some(true);
        Some(!is_other && agrees())
    }

    /// Another subject decides nothing: applications keep identifiers of their own under that name.
    fn has_subject(&self, response: &TokenResponse) -> bool {
        let answered = response.claims().map(|claims| claims.subject.as_str());
        self.subject.is_some() && self.subject == answered
    }

    fn by_name(&self, response: &TokenResponse) -> Option<bool> {
        let is_name = |name: &&str| name.contains('@');
        let expected = self.username.filter(is_name)?;
        let answered = response.claims()?.username.as_deref().filter(is_name)?;
        Some(comparable_username(expected) == comparable_username(answered))
    }
}

/// Whether a home account id is that of an account; `None` where one is `uid.utid`, the other is a subject, and the account
/// was not seen at home.
fn is_account(expected: &HomeAccountId, account: &Account) -> Option<bool> {
    let (text, known) = (expected.as_str(), account.home_account_id.as_str());
    if text.eq_ignore_ascii_case(known) {
        return Some(true);
    }
    match (text.rsplit_once('.'), known.contains('.')) {
        (Some((object_id, home)), false) => home
            .eq_ignore_ascii_case(&account.realm)
            .then(|| object_id.eq_ignore_ascii_case(&account.local_account_id)),
        (None, true) => None,
        (Some(_), true) | (None, false) => Some(false),
    }
}

/// What comes of comparing object identifiers.
#[derive(Clone, Copy)]
enum Compared {
    Same,
    /// The same tenant has another for this user.
    Other,
    /// A guest has another one in each tenant.
    OfOtherTenant,
}

impl fmt::Debug for ExpectedUser<'_> {
    /// Without the name of a person.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ExpectedUser")
            .field("home_account_id", &self.home_account_id)
            .field("object_id", &self.object_id)
            .field("tenant_id", &self.tenant_id)
            .finish_non_exhaustive()
    }
}

impl<'a> From<&'a HomeAccountId> for ExpectedUser<'a> {
    fn from(home_account_id: &'a HomeAccountId) -> Self {
        Self {
            home_account_id: Some(home_account_id),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use bytes::Bytes;
    use http::Response;
    use serde_json::{Value, json};

    use super::*;
    use crate::TokenOutcome;

    const ALICE: &str = "a11ce000-0000-4000-8000-000000000001";
    const BOB: &str = "b0b00000-0000-4000-8000-000000000002";
    /// Alice where she is a guest.
    const GUEST: &str = "a11ce000-0000-4000-8000-000000000003";
    const HOME: &str = "c0ffee00-0001-4000-8000-000000000000";
    const ELSEWHERE: &str = "c0ffee00-0002-4000-8000-000000000000";

    /// An answer with these claims besides the required ones, and this `client_info`; `null` leaves one out.
    fn answer(claims: &Value, client_info: &Value) -> TokenResponse {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let mut body = json!({"access_token": "AT"});
        if let Some(claims) = claims.as_object() {
            let mut all = json!({"iss": "https://i.example", "sub": "s", "aud": "me"});
            all.as_object_mut().unwrap().extend(claims.clone());
            body["id_token"] = json!(format!("e30.{}.c2ln", encode(&all)));
        }
        if !client_info.is_null() {
            body["client_info"] = json!(encode(client_info));
        }
        let response = Response::new(Bytes::from(body.to_string()));
        match TokenOutcome::read(&response, "me") {
            TokenOutcome::Tokens(tokens) => *tokens,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_home_account_id_decides_alone() {
        let own = json!({"uid": "u", "utid": "t"});
        let with = |oid: &str, tid: &str| json!({"oid": oid, "tid": tid});
        for (claims, client_info, account, expected) in [
            (json!({}), &own, "u.t", true),
            (json!({}), &own, "U.T", true),
            (json!({}), &own, "other.t", false),
            (json!({}), &own, "s", true),
            (with("U", "T"), &Value::Null, "u.t", true),
            (with("other", "t"), &Value::Null, "u.t", false),
            (with("guest", "elsewhere"), &Value::Null, "u.t", true),
            (with("u", "t"), &Value::Null, "s", true),
            (with("u", "t"), &Value::Null, "another-subject", false),
            (json!({}), &Value::Null, "s", true),
            (json!({}), &Value::Null, "another-subject", false),
            (Value::Null, &Value::Null, "u.t", true),
        ] {
            let account = HomeAccountId::new(account);
            let mut user = ExpectedUser::from(&account);
            // Whatever else the store says.
            for name in [None, Some("bob@contoso.example")] {
                user.username = name;
                let matches = user.matches(&answer(&claims, client_info));
                assert_eq!(matches, expected, "{account} {claims} {client_info}");
            }
        }
    }

    #[test]
    fn an_object_identifier_comes_before_names() {
        let alice =
            json!({"oid": ALICE, "tid": HOME, "preferred_username": "alice@contoso.example"});
        let bob = json!({"oid": BOB, "tid": HOME, "preferred_username": "bob@contoso.example"});
        let of = |uid: &str, utid: &str| json!({"uid": uid, "utid": utid});
        let guest =
            json!({"oid": GUEST, "tid": ELSEWHERE, "preferred_username": "alice@contoso.example"});
        let renamed = Some("alice.maiden@contoso.example");
        let shouted = ALICE.to_ascii_uppercase();
        for (object_id, tenant_id, username, claims, client_info, expected) in [
            (ALICE, Some(HOME), renamed, &alice, of(ALICE, HOME), true),
            (
                &*shouted,
                Some(HOME),
                renamed,
                &alice,
                of(ALICE, HOME),
                true,
            ),
            (ALICE, Some(HOME), renamed, &alice, Value::Null, true),
            (ALICE, None, renamed, &alice, Value::Null, true),
            // Without an ID token `client_info` tells.
            (
                ALICE,
                Some(HOME),
                renamed,
                &Value::Null,
                of(ALICE, HOME),
                true,
            ),
            (ALICE, Some(HOME), None, &Value::Null, of(BOB, HOME), false),
            // Another user's tokens, whatever the name says.
            (ALICE, Some(HOME), None, &bob, of(BOB, HOME), false),
            (
                ALICE,
                Some(HOME),
                Some("bob@contoso.example"),
                &bob,
                of(BOB, HOME),
                false,
            ),
            (ALICE, None, None, &bob, of(BOB, HOME), false),
            (ALICE, None, renamed, &bob, Value::Null, false),
            (ALICE, Some(ELSEWHERE), None, &bob, of(BOB, HOME), false),
            // A guest, in the tenant that the row is of and in the other one.
            (
                GUEST,
                Some(ELSEWHERE),
                Some("alice_contoso.example#EXT#@fabrikam.example"),
                &guest,
                of(ALICE, HOME),
                true,
            ),
            (
                GUEST,
                Some(ELSEWHERE),
                Some("alice@contoso.example"),
                &alice,
                of(ALICE, HOME),
                true,
            ),
            (GUEST, Some(ELSEWHERE), None, &alice, of(ALICE, HOME), false),
            (ALICE, Some(HOME), None, &guest, of(ALICE, HOME), true),
            // No GUID: another kind of identifier, which decides nothing.
            (
                "507f1f77bcf86cd799439011",
                None,
                Some("bob@contoso.example"),
                &bob,
                of(BOB, HOME),
                true,
            ),
            ("17", Some(HOME), None, &bob, of(BOB, HOME), true),
        ] {
            let user = ExpectedUser {
                object_id: Some(object_id),
                tenant_id,
                username,
                ..ExpectedUser::default()
            };
            let matches = user.matches(&answer(claims, &client_info));
            assert_eq!(
                matches, expected,
                "{object_id} {tenant_id:?} {username:?} {claims} {client_info}"
            );
        }
    }

    #[test]
    fn an_account_is_known_by_the_strongest_thing_that_can_be_compared() {
        let account = |home: &str, realm: &str, object_id: &str, name: &str| {
            let mut account = Account::new(HomeAccountId::new(home), "login.microsoftonline.com");
            (account.realm, account.local_account_id) = (realm.to_owned(), object_id.to_owned());
            account.username = name.to_owned();
            account
        };
        let [alice_at_home, bob_at_home] = [ALICE, BOB].map(|user| format!("{user}.{HOME}"));
        let (alice, bob) = ("alice@contoso.example", "bob@contoso.example");
        let of_bob = account(&bob_at_home, HOME, BOB, bob);
        let guest = account(&alice_at_home, ELSEWHERE, GUEST, alice);
        // AD FS, which has no object identifiers, and an answer that had no `client_info`.
        let by_sub = account("sub-of-bob", "adfs", "sub-of-bob", bob);
        let unnamed = account("sub-of-bob", HOME, BOB, "");
        type Hints<'a> = [Option<&'a str>; 5];
        let cases: [(&Account, Hints<'_>, bool); 29] = [
            // Home account id, object identifier, tenant, subject, name.
            (
                &of_bob,
                [Some(&bob_at_home), Some(ALICE), None, None, Some(alice)],
                true,
            ),
            (
                &of_bob,
                [Some(&alice_at_home), Some(BOB), None, None, Some(bob)],
                false,
            ),
            (
                &of_bob,
                [Some("sub-of-bob"), None, None, None, Some(alice)],
                true,
            ),
            (
                &of_bob,
                [Some("sub-of-alice"), None, None, None, Some(bob)],
                true,
            ),
            (
                &of_bob,
                [Some("sub-of-alice"), None, None, None, Some(alice)],
                false,
            ),
            (
                &of_bob,
                [Some("sub-of-alice"), None, None, None, None],
                false,
            ),
            (
                &of_bob,
                [Some("sub-of-alice"), Some(BOB), None, None, Some(alice)],
                true,
            ),
            (&of_bob, [None, Some(BOB), None, None, Some(alice)], true),
            (
                &of_bob,
                [None, Some(BOB), Some(HOME), None, Some(alice)],
                true,
            ),
            (
                &of_bob,
                [None, Some(BOB), Some(ELSEWHERE), None, Some(alice)],
                true,
            ),
            (&of_bob, [None, Some(ALICE), None, None, None], false),
            (&of_bob, [None, Some(ALICE), None, None, Some(bob)], true),
            (
                &of_bob,
                [None, Some(ALICE), Some(HOME), None, Some(bob)],
                false,
            ),
            (
                &of_bob,
                [None, Some(ALICE), Some(HOME), Some("sub-of-bob"), Some(bob)],
                false,
            ),
            (
                &of_bob,
                [None, Some(GUEST), Some(ELSEWHERE), None, None],
                false,
            ),
            (
                &of_bob,
                [None, Some(GUEST), Some(ELSEWHERE), Some("sub-of-bob"), None],
                true,
            ),
            (&of_bob, [None, Some("17"), None, None, Some(bob)], true),
            (
                &of_bob,
                [None, None, None, Some("sub-of-bob"), Some(alice)],
                true,
            ),
            (&of_bob, [None, None, None, Some("17"), None], true),
            (&of_bob, [None, None, None, None, Some(alice)], false),
            (&of_bob, [None, None, None, None, None], true),
            (
                &guest,
                [None, Some(GUEST), Some(ELSEWHERE), None, Some(bob)],
                true,
            ),
            (
                &guest,
                [None, Some(ALICE), Some(HOME), None, Some(bob)],
                true,
            ),
            (
                &guest,
                [None, Some(BOB), Some(ELSEWHERE), None, Some(alice)],
                false,
            ),
            (&by_sub, [None, Some(ALICE), None, None, None], true),
            (
                &by_sub,
                [Some(&alice_at_home), None, None, None, None],
                false,
            ),
            (
                &by_sub,
                [Some("sub-of-alice"), None, None, None, Some(bob)],
                false,
            ),
            (&unnamed, [Some(&bob_at_home), None, None, None, None], true),
            (
                &unnamed,
                [Some(&alice_at_home), None, None, None, None],
                false,
            ),
        ];
        for (account, hints, expected) in cases {
            let [home_account_id, object_id, tenant_id, subject, username] = hints;
            let home_account_id = home_account_id.map(HomeAccountId::new);
            let user = ExpectedUser {
                home_account_id: home_account_id.as_ref(),
                object_id,
                subject,
                tenant_id,
                username,
            };
            let subjects = ["sub-of-bob".to_owned()];
            let subjects = if account.username == alice {
                &[]
            } else {
                &subjects[..]
            };
            assert_eq!(user.has_account(account, subjects), expected, "{hints:?}");
        }
        // A subject that nothing is known of is no subject that agrees.
        let user = ExpectedUser {
            subject: Some("sub-of-bob"),
            username: Some(alice),
            ..ExpectedUser::default()
        };
        assert!(!user.has_account(&of_bob, &[]));
    }

    #[test]
    fn names_decide_where_nothing_else_does() {
        let named = |name: &str| answer(&json!({"upn": name}), &json!({"uid": "u", "utid": "t"}));
        for (expected, answered, same) in [
            ("Alice@contoso.example", "alice@Contoso.example", true),
            ("live.com#alice@outlook.com", "alice@outlook.com", true),
            (
                "Zo\u{eb}@contoso.example",
                "zoe\u{308}@contoso.example",
                true,
            ),
            (
                "carol_fabrikam.example#EXT#@contoso.example",
                "carol@fabrikam.example",
                true,
            ),
            ("alice@contoso.example", "bob@contoso.example", false),
            ("alice", "bob@contoso.example", true),
            ("alice@contoso.example", "Alice Archer", true),
        ] {
            let mut user = ExpectedUser {
                username: Some(expected),
                ..ExpectedUser::default()
            };
            assert_eq!(
                user.matches(&named(answered)),
                same,
                "{expected} {answered}"
            );
            // The same subject of the same client is the same user, by whatever name.
            user.subject = Some("s");
            assert!(user.matches(&named(answered)), "{expected} {answered}");
            user.subject = Some("17");
            assert_eq!(
                user.matches(&named(answered)),
                same,
                "{expected} {answered}"
            );
        }
        assert!(ExpectedUser::default().matches(&named("alice@contoso.example")));
    }
}
