//! The tokens of one answer: access token, refresh token, id_token.

use std::borrow::Cow;

use super::claims::{AccessToken, IdToken, Subject};
use crate::issuer::{SECOND_FACTOR, pairwise_subject};
use crate::memory::Platform;
use crate::protocol::{Call, Guid, Moment, Version, base64url, identity_provider, issuer_url};
use crate::token::granted::{Granted, Person};
use crate::token::refresh_token::RefreshToken;

/// Makes the tokens of one answer.
pub(super) struct TokenMaker<'a> {
    pub(super) platform: Platform<'a>,
    pub(super) call: &'a Call<'a>,
    pub(super) granted: &'a Granted<'a>,
    pub(super) subject: Option<Subject>,
}

/// The hashes in an id_token of the code and the access token beside it (OpenID Connect Core §3.3.2.11).
#[derive(Debug, Default)]
pub(super) struct TokenHashes {
    pub(super) at_hash: Option<String>,
    pub(super) c_hash: Option<String>,
}

impl<'a> TokenMaker<'a> {
    pub(super) fn new(
        platform: Platform<'a>,
        call: &'a Call<'a>,
        granted: &'a Granted<'a>,
    ) -> Self {
        Self {
            platform,
            call,
            granted,
            subject: subject(granted, platform, call),
        }
    }
}

impl TokenMaker<'_> {
    /// Whether Microsoft Graph evaluates the token at every call. It does so for clients that understand claims
    /// challenges (`xms_cc` has `cp1`), whose tokens can live long for that reason.
    pub(super) fn evaluates_continuously(&self) -> bool {
        let capable = || {
            let claims = self.call.parameter("claims")?;
            let claims: serde_json::Value = serde_json::from_str(claims).ok()?;
            let capabilities = claims["access_token"]["xms_cc"]["values"].as_array()?;
            let is_cp1 = |item: &serde_json::Value| {
                item.as_str()
                    .is_some_and(|item| item.eq_ignore_ascii_case("cp1"))
            };
            capabilities.iter().any(is_cp1).then_some(())
        };
        self.granted.person.is_some()
            && self.granted.asked.resource.is_graph()
            && capable().is_some()
    }

    pub(super) fn access_token(&self, life: u64) -> String {
        let Granted {
            app,
            asked,
            tenant,
            proven,
            ..
        } = self.granted;
        // The API decides which version its access tokens have, whichever endpoint was asked.
        let v2 = asked.resource.v2_tokens;
        let tid = self.platform.directory().tenant(*tenant).id;
        let issuer = issuer_url(self.call, tid, if v2 { Version::V2 } else { Version::V1 });
        let (iat, client) = (self.call.now.secs(), app.client_id.as_str());
        let nbf = self.call.now.not_before();
        let subject = self.subject.as_ref();
        // A token without a person is about the service principal of the application.
        let principal = || Guid::derived(tid.as_bytes(), client);
        let oid = subject.map_or_else(principal, |subject| subject.object_id);
        let audience = if v2 {
            Cow::Owned(asked.resource.id.to_string())
        } else {
            Cow::Borrowed(&*asked.audience)
        };
        let acr = if *proven { "1" } else { "0" };
        let upn = subject.map(|subject| subject.upn.as_str());
        self.platform.issuer().sign(&AccessToken {
            aud: &audience,
            iss: &issuer,
            iat,
            nbf,
            exp: iat + life,
            acr: subject.filter(|_| !v2).map(|_| "1"),
            aio: self
                .granted
                .person
                .as_ref()
                .filter(|person| v2 && person.descent.mfa)
                .map(|_| SECOND_FACTOR),
            amr: self.granted.person.as_ref().filter(|_| !v2).map(methods),
            appid: (!v2).then_some(client),
            appidacr: (!v2).then_some(acr),
            azp: v2.then_some(client),
            azpacr: v2.then_some(acr),
            family_name: subject.and_then(|subject| subject.family_name.as_deref()),
            given_name: subject.and_then(|subject| subject.given_name.as_deref()),
            idp: subject.and_then(|subject| subject.identity_provider.as_deref()),
            idtyp: subject.is_none().then_some("app"),
            name: subject.map(|subject| subject.name.as_str()),
            oid,
            preferred_username: upn.filter(|_| v2),
            scp: subject.map(|_| asked.permissions.as_str()),
            sub: subject.map_or_else(
                || self.principal(tid, oid),
                |subject| pairwise_subject(subject.object_id, &audience),
            ),
            tid,
            unique_name: upn.filter(|_| !v2),
            upn: upn.filter(|_| !v2),
            uti: self.platform.identifiers().uti(),
            ver: if v2 { "2.0" } else { "1.0" },
            xms_cc: (life == CONTINUOUS_LIFE).then_some(&["cp1"]),
        })
    }

    /// The `sub` of a token without a person: the service principal or, if the request has an `fmi_path`, an identity
    /// that the application manages under that path.
    fn principal(&self, tenant: Guid, principal: Guid) -> String {
        match self.call.parameter("fmi_path") {
            None => principal.to_string(),
            Some(path) => {
                let app = &self.granted.app.client_id;
                let id = app.parse::<Guid>();
                let app = id.map_or_else(|_| app.clone(), |id| base64url(id.as_bytes()));
                let tenant = base64url(tenant.as_bytes());
                format!("/eid1/c/pub/t/{tenant}/a/{app}/{path}")
            }
        }
    }

    pub(super) fn refresh_token(&self, person: &Person) -> String {
        let grant = RefreshToken::new(
            self.platform.identifiers(),
            self.granted.app,
            &person.account,
            self.platform.directory().is_personal(self.granted.tenant),
            &person.descent,
            &self.granted.asked.original,
            self.call.now,
        );
        grant.seal(
            self.platform.sealer(),
            self.platform.settings().refresh_token_chars,
        )
    }

    pub(super) fn id_token(
        &self,
        version: Version,
        person: &Person,
        subject: &Subject,
        hashes: TokenHashes,
    ) -> String {
        let (v1, client) = (version == Version::V1, self.granted.app.client_id.as_str());
        let tid = self.platform.directory().tenant(self.granted.tenant).id;
        let iat = self.call.now.secs();
        self.platform.issuer().sign(&IdToken {
            aud: client,
            iss: &issuer_url(self.call, tid, version),
            iat,
            nbf: iat,
            exp: iat + ID_TOKEN_LIFE,
            amr: v1.then(|| methods(person)),
            auth_time: person.auth_time.map(Moment::secs),
            at_hash: hashes.at_hash,
            c_hash: hashes.c_hash,
            // The scope brings this claim at v2.0 only.
            email: (!v1 && self.granted.asked.email).then_some(&subject.upn),
            family_name: subject.family_name.as_deref().filter(|_| v1),
            given_name: subject.given_name.as_deref().filter(|_| v1),
            idp: subject.identity_provider.as_deref(),
            name: &subject.name,
            nonce: person.nonce.as_deref(),
            oid: subject.object_id,
            preferred_username: (!v1).then_some(&subject.upn),
            sid: person.session.as_deref(),
            sub: pairwise_subject(subject.object_id, client),
            tid,
            unique_name: v1.then_some(&subject.upn),
            upn: v1.then_some(&subject.upn),
            uti: self.platform.identifiers().uti(),
            ver: if v1 { "1.0" } else { "2.0" },
        })
    }
}

/// The person as the tenant sees them.
fn subject(granted: &Granted<'_>, platform: Platform<'_>, call: &Call<'_>) -> Option<Subject> {
    let Person {
        account, object_id, ..
    } = granted.person.as_ref()?;
    let home = platform.directory().tenant(account.home).id;
    Some(Subject {
        object_id: *object_id,
        upn: account.upn.clone(),
        name: account.display_name(),
        given_name: account.given_name.clone(),
        family_name: account.family_name.clone(),
        identity_provider: (account.home != granted.tenant).then(|| identity_provider(call, home)),
    })
}

/// How they signed in (RFC 8176).
fn methods(person: &Person) -> &'static [&'static str] {
    if person.descent.mfa {
        &["pwd", "mfa"]
    } else {
        &["pwd"]
    }
}

/// The life of an id_token, in seconds.
pub(super) const ID_TOKEN_LIFE: u64 = 3600;

/// The life of a token that is evaluated at every call, in seconds.
pub(super) const CONTINUOUS_LIFE: u64 = 86_399;
