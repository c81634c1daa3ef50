//! Token answers, as v1 and v2.0 write them.

use std::borrow::Cow;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Serialize;

use crate::audit::Version;
use crate::authorization::ResponseType;
use crate::call::Call;
use crate::directory::{Account, AppEntry, TenantIndex};
use crate::endpoint::instance::CLOUDS;
use crate::guid::Guid;
use crate::issuer::{AccessToken, IdToken, Subject};
use crate::moment::Moment;
use crate::platform::Platform;
use crate::refresh_token::{Descent, Grant};
use crate::reply::to_json;
use crate::route::Shape;
use crate::scope::Asked;

/// Whom tokens are for.
#[derive(Debug)]
pub(crate) struct Granted<'d> {
    pub(crate) app: &'d AppEntry,
    /// Whether the client proved itself by a secret.
    pub(crate) proven: bool,
    pub(crate) tenant: TenantIndex,
    pub(crate) asked: Asked<'d>,
    pub(crate) person: Option<Person>,
}

/// The user part of a grant.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) account: Arc<Account>,
    /// The object id in the tenant that the tokens are for.
    pub(crate) object_id: Guid,
    /// What a new refresh token takes over.
    pub(crate) descent: Descent,
    /// The nonce of the authorization request, which the id_token repeats.
    pub(crate) nonce: Option<String>,
    /// When they signed in, if the client wants to be told.
    pub(crate) auth_time: Option<Moment>,
    /// The session at the browser, if the client wants to hear when it ends.
    pub(crate) session: Option<String>,
}

/// v1: numbers are strings, and there is a `resource`.
#[derive(Serialize)]
struct AnswerV1<'a> {
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    expires_in: String,
    ext_expires_in: String,
    expires_on: String,
    not_before: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_in: Option<String>,
    resource: &'a str,
    access_token: &'a str,
    #[serde(flatten)]
    user: UserPart,
}

/// v2.0: numbers are numbers, and `scope` holds whole URIs.
#[derive(Serialize)]
struct AnswerV2<'a> {
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    expires_in: u64,
    ext_expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_in: Option<u64>,
    access_token: &'a str,
    #[serde(flatten)]
    user: UserPart,
}

/// What only an answer about a person has.
#[derive(Default, Serialize)]
struct UserPart {
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    foci: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_info: Option<String>,
}

/// Writes the body of a successful token answer.
pub(crate) fn write(
    platform: Platform<'_>,
    call: &Call<'_>,
    version: Version,
    granted: &Granted<'_>,
) -> Vec<u8> {
    let maker = Maker {
        platform,
        call,
        granted,
        subject: granted.subject(platform),
    };
    let settings = platform.settings();
    let life = if maker.evaluates_continuously() {
        CONTINUOUS_LIFE
    } else {
        settings.access_token_life.as_secs()
    };
    let extended = settings.extended_life.map_or(life, |life| life.as_secs());
    let refresh_in = settings.refresh_in.map(|after| after.as_secs());
    let access_token = maker.access_token(life);
    let scope = granted
        .person
        .is_some()
        .then_some(granted.asked.granted.as_str());
    let (now, user) = (call.now.secs(), maker.user_part(version));
    match version {
        Version::V1 => to_json(&AnswerV1 {
            token_type: "Bearer",
            scope,
            expires_in: life.to_string(),
            ext_expires_in: extended.to_string(),
            expires_on: (now + life).to_string(),
            not_before: now.saturating_sub(CLOCK_SKEW).to_string(),
            refresh_in: refresh_in.map(|after| after.to_string()),
            resource: &granted.asked.audience,
            access_token: &access_token,
            user,
        }),
        Version::V2 => {
            let refreshable = user.refresh_token.is_some();
            let answer = AnswerV2 {
                token_type: "Bearer",
                scope,
                expires_in: life,
                ext_expires_in: extended,
                refresh_in,
                access_token: &access_token,
                user,
            };
            match call.target.shape {
                Shape::Entra => to_json(&answer),
                shape => to_json(&maker.otherwise(shape, &answer, life, refreshable)),
            }
        }
    }
}

/// Writes the tokens that the authorization endpoint itself gives (OpenID Connect Core §3.2.2.5, §3.3.2.5).
pub(crate) fn in_front(
    platform: Platform<'_>,
    call: &Call<'_>,
    version: Version,
    granted: &Granted<'_>,
    wanted: ResponseType,
    code: Option<&str>,
) -> Vec<(&'static str, String)> {
    let maker = Maker {
        platform,
        call,
        granted,
        subject: granted.subject(platform),
    };
    let mut parameters = Vec::new();
    let life = platform.settings().access_token_life.as_secs();
    let access_token = wanted.token.then(|| maker.access_token(life));
    if let Some(access_token) = &access_token {
        parameters.push(("access_token", access_token.clone()));
        parameters.push(("token_type", "Bearer".to_owned()));
        parameters.push(("expires_in", life.to_string()));
        parameters.push(("scope", granted.asked.granted.clone()));
    }
    if let (true, Some(person), Some(subject)) = (wanted.id_token, &granted.person, &maker.subject)
    {
        let bound = Bound {
            at_hash: access_token.as_deref().map(half_digest),
            c_hash: code.map(half_digest),
        };
        let id_token = maker.id_token(version, person, subject, bound);
        parameters.push(("id_token", id_token));
    }
    parameters
}

/// What an id_token says of what comes with it.
#[derive(Debug, Default)]
struct Bound {
    at_hash: Option<String>,
    c_hash: Option<String>,
}

/// OpenID Connect Core §3.3.2.11: "the base64url encoding of the left-most half of the hash".
fn half_digest(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    let bytes = digest.as_ref();
    crate::base64url(&bytes[..bytes.len() / 2])
}

impl Person {
    /// How they signed in (RFC 8176).
    const fn methods(&self) -> &'static [&'static str] {
        if self.descent.mfa {
            &["pwd", "mfa"]
        } else {
            &["pwd"]
        }
    }
}

impl Granted<'_> {
    fn subject(&self, platform: Platform<'_>) -> Option<Subject> {
        let Person {
            account, object_id, ..
        } = self.person.as_ref()?;
        let home = platform.directory().tenant(account.home).id;
        Some(Subject {
            object_id: *object_id,
            upn: account.upn.clone(),
            name: account.display_name(),
            given_name: account.given_name.clone(),
            family_name: account.family_name.clone(),
            identity_provider: (account.home != self.tenant)
                .then(|| format!("https://sts.windows.net/{home}/")),
        })
    }
}

/// Makes the parts of one answer.
struct Maker<'a> {
    platform: Platform<'a>,
    call: &'a Call<'a>,
    granted: &'a Granted<'a>,
    subject: Option<Subject>,
}

impl Maker<'_> {
    /// The answer as Azure AD B2C and AD FS have it.
    fn otherwise(
        &self,
        shape: Shape<'_>,
        answer: &AnswerV2<'_>,
        life: u64,
        refreshable: bool,
    ) -> serde_json::Value {
        let mut answer = serde_json::to_value(answer).unwrap_or_default();
        let (now, audience) = (self.call.now.secs(), &self.granted.asked.audience);
        answer["resource"] = audience.as_str().into();
        if refreshable {
            let life = self.platform.settings().refresh_token_life.as_secs();
            answer["refresh_token_expires_in"] = life.into();
        }
        if shape == Shape::Adfs {
            answer["token_type"] = "bearer".into();
            return answer;
        }
        answer["not_before"] = now.into();
        answer["expires_on"] = (now + life).into();
        if let Shape::B2c { policy } = shape
            && let Some(person) = &self.granted.person
        {
            answer["id_token_expires_in"] = ID_TOKEN_LIFE.into();
            // B2C's accounts are of a policy.
            let home = self.platform.directory().tenant(person.account.home).id;
            let uid = format!(
                "{}-{}",
                person.account.object_id,
                policy.to_ascii_lowercase()
            );
            let info = serde_json::json!({"uid": uid, "utid": home.to_string()});
            let profile = serde_json::json!({
                "ver": "1.0",
                "tid": home.to_string(),
                "sub": null,
                "name": person.account.display_name(),
                "preferred_username": null,
                "idp": null,
            });
            answer["profile_info"] = crate::base64url(profile.to_string().as_bytes()).into();
            if answer.get("client_info").is_some() {
                answer["client_info"] = crate::base64url(info.to_string().as_bytes()).into();
            }
        }
        answer
    }

    /// Microsoft Graph checks the tokens of clients that understand claims challenges at every call, and so
    /// lets them live long.
    fn evaluates_continuously(&self) -> bool {
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

    fn access_token(&self, life: u64) -> String {
        let Granted {
            app,
            asked,
            tenant,
            proven,
            ..
        } = self.granted;
        let v2 = asked.resource.v2_tokens;
        let tid = self.platform.directory().tenant(*tenant).id;
        let issuer = issuer(self.call, tid, if v2 { Version::V2 } else { Version::V1 });
        let (iat, client) = (self.call.now.secs(), app.client_id.as_str());
        let nbf = iat.saturating_sub(CLOCK_SKEW);
        let subject = self.subject.as_ref();
        // An application's own token is about its service principal.
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
            amr: self
                .granted
                .person
                .as_ref()
                .filter(|_| !v2)
                .map(Person::methods),
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
                |subject| subject.pairwise(&audience),
            ),
            tid,
            unique_name: upn.filter(|_| !v2),
            upn: upn.filter(|_| !v2),
            uti: self.platform.identifiers().uti(),
            ver: if v2 { "2.0" } else { "1.0" },
            xms_cc: (life == CONTINUOUS_LIFE).then_some(&["cp1"]),
        })
    }

    /// The `sub` of an application's own token: its principal, or, asked by `fmi_path`, a path under it that
    /// stands for an identity it manages.
    fn principal(&self, tenant: Guid, principal: Guid) -> String {
        match self.call.parameter("fmi_path") {
            None => principal.to_string(),
            Some(path) => {
                let app = &self.granted.app.client_id;
                let id = app.parse::<Guid>();
                let app = id.map_or_else(|_| app.clone(), |id| crate::base64url(id.as_bytes()));
                let tenant = crate::base64url(tenant.as_bytes());
                format!("/eid1/c/pub/t/{tenant}/a/{app}/{path}")
            }
        }
    }

    fn user_part(&self, version: Version) -> UserPart {
        let (Some(person), Some(subject)) = (&self.granted.person, &self.subject) else {
            return UserPart::default();
        };
        let Granted { app, asked, .. } = self.granted;
        UserPart {
            // Members of the family get a refresh token without asking.
            refresh_token: (asked.offline_access || app.family).then(|| self.refresh_token(person)),
            foci: app.family.then_some("1"),
            id_token: asked
                .openid
                .then(|| self.id_token(version, person, subject, Bound::default())),
            client_info: (self.call.parameter("client_info") == Some("1"))
                .then(|| client_info(self.platform, &person.account)),
        }
    }

    fn refresh_token(&self, person: &Person) -> String {
        let grant = Grant::new(
            self.platform.identifiers(),
            self.granted.app,
            &person.account,
            &person.descent,
            self.call.now,
        );
        grant.seal(
            self.platform.sealer(),
            self.platform.settings().refresh_token_chars,
        )
    }

    fn id_token(
        &self,
        version: Version,
        person: &Person,
        subject: &Subject,
        bound: Bound,
    ) -> String {
        let (v1, client) = (version == Version::V1, self.granted.app.client_id.as_str());
        let tid = self.platform.directory().tenant(self.granted.tenant).id;
        let iat = self.call.now.secs();
        self.platform.issuer().sign(&IdToken {
            aud: client,
            iss: &issuer(self.call, tid, version),
            iat,
            nbf: iat,
            exp: iat + ID_TOKEN_LIFE,
            amr: v1.then(|| person.methods()),
            auth_time: person.auth_time.map(Moment::secs),
            at_hash: bound.at_hash,
            c_hash: bound.c_hash,
            family_name: subject.family_name.as_deref().filter(|_| v1),
            given_name: subject.given_name.as_deref().filter(|_| v1),
            idp: subject.identity_provider.as_deref(),
            name: &subject.name,
            nonce: person.nonce.as_deref(),
            oid: subject.object_id,
            preferred_username: (!v1).then_some(&subject.upn),
            sid: person.session.as_deref(),
            sub: subject.pairwise(client),
            tid,
            unique_name: v1.then_some(&subject.upn),
            upn: v1.then_some(&subject.upn),
            uti: self.platform.identifiers().uti(),
            ver: if v1 { "1.0" } else { "2.0" },
        })
    }
}

/// `client_info`: names a person by their home, wherever the tokens are for.
pub(crate) fn client_info(platform: Platform<'_>, account: &Account) -> String {
    let home = platform.directory().tenant(account.home).id;
    let json = format!(r#"{{"uid":"{}","utid":"{home}"}}"#, account.object_id);
    crate::base64url(json.as_bytes())
}

/// The issuer of a tenant. Entra's v1 issuer is on a host of its own; elsewhere it stays on the emulator's.
pub(crate) fn issuer(call: &Call<'_>, tenant: impl std::fmt::Display, version: Version) -> String {
    let base = &call.base;
    let cloud = CLOUDS.iter().find(|cloud| cloud.has(call.host()));
    match (call.target.shape, version, cloud) {
        (Shape::Adfs, ..) => format!("{base}/adfs"),
        (Shape::B2c { .. }, ..) => format!("{base}/{tenant}/v2.0/"),
        // External tenants: the issuer is on a host named by the tenant.
        _ if call.host().ends_with(".ciamlogin.com") => {
            format!("https://{tenant}.ciamlogin.com/{tenant}/v2.0")
        }
        // A region answers with the issuer of its cloud.
        (_, Version::V2, Some(cloud)) => {
            let host = cloud.aliases.first().copied().unwrap_or_default();
            format!("https://{host}/{tenant}/v2.0")
        }
        (_, Version::V1, Some(cloud)) => format!("https://{}/{tenant}/", cloud.sts),
        (_, Version::V2, None) => format!("{base}/{tenant}/v2.0"),
        (_, Version::V1, None) => format!("{base}/{tenant}/"),
    }
}

/// How far `nbf` lies in the past, against clocks that go wrong.
const CLOCK_SKEW: u64 = 300;

const ID_TOKEN_LIFE: u64 = 3600;

/// How long a token lives that is checked at every call.
const CONTINUOUS_LIFE: u64 = 86_399;

/// The audience of a token for a resource: as it was asked for, but for a slash and a scope at the end.
pub(crate) fn lookup_audience(resource: &str) -> &str {
    resource.strip_suffix("/.default").unwrap_or(resource)
}
