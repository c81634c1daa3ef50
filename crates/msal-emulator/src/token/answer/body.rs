//! The body of a token answer, as v1, v2.0, Azure AD B2C and AD FS write it.

use serde::Serialize;

use super::client_info;
use super::tokens::{CONTINUOUS_LIFE, ID_TOKEN_LIFE, TokenHashes, TokenMaker};
use crate::memory::Platform;
use crate::protocol::{Call, Shape, Version, base64url, to_json};
use crate::token::granted::Granted;

/// The body at v1: numbers are strings, and there is a `resource`.
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

/// The body at v2.0 (RFC 6749 §5.1): numbers are numbers, and `scope` holds whole URIs.
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

/// The members that only an answer about a person has.
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
pub(crate) fn write_answer(
    platform: Platform<'_>,
    call: &Call<'_>,
    version: Version,
    granted: &Granted<'_>,
) -> Vec<u8> {
    let maker = TokenMaker::new(platform, call, granted);
    let settings = platform.settings();
    let life = if maker.evaluates_continuously() {
        CONTINUOUS_LIFE
    } else {
        settings.access_token_life.as_secs()
    };
    // Without an extended life, `ext_expires_in` repeats `expires_in`: that is what Entra usually sends.
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
            not_before: call.now.not_before().to_string(),
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

impl TokenMaker<'_> {
    /// The answer with the members that Azure AD B2C and AD FS have.
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
            // In B2C an account belongs to the policy that it signed in with.
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
            answer["profile_info"] = base64url(profile.to_string().as_bytes()).into();
            if answer.get("client_info").is_some() {
                answer["client_info"] = base64url(info.to_string().as_bytes()).into();
            }
        }
        answer
    }

    fn user_part(&self, version: Version) -> UserPart {
        let (Some(person), Some(subject)) = (&self.granted.person, &self.subject) else {
            return UserPart::default();
        };
        let Granted { app, asked, .. } = self.granted;
        UserPart {
            // OpenID Connect Core §11: a refresh token is asked for by the scope `offline_access`. Members of the
            // family of client ids get one without asking.
            refresh_token: (asked.offline_access || app.family).then(|| self.refresh_token(person)),
            foci: app.family.then_some("1"),
            id_token: asked
                .openid
                .then(|| self.id_token(version, person, subject, TokenHashes::default())),
            client_info: (self.call.parameter("client_info") == Some("1"))
                .then(|| client_info(self.platform, &person.account)),
        }
    }
}
