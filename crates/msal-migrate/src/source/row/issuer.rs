//! Who issued a token, as far as its row tells. Tables hold tokens of several providers side by side, and another
//! provider's are not sent to Microsoft.

use std::borrow::Cow;

use msal_core::{Cloud, Tenant};

/// Whether a provider of this name is Microsoft; `None` where it could be anybody, because applications choose the names.
pub(super) fn is_microsoft(name: &str) -> Option<bool> {
    let lower = name.to_lowercase();
    let mut words = lower
        .split(|it: char| !it.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let first = words.next()?;
    let is_other = |word: &str| OTHER_NAMES.contains(&word);
    // `auth0-microsoft` is Auth0's token of a user who signs in at Microsoft.
    if is_other(first) {
        return Some(false);
    }
    let is_ours = MICROSOFTS_NAMES.iter().any(|part| lower.contains(part))
        || lower
            .split(|it: char| !it.is_alphanumeric())
            .any(|word| matches!(word, "aad" | "live" | "ms"));
    if is_ours {
        return Some(true);
    }
    // `GoogleOAuth2` as well as `login.google`.
    (words.any(is_other) || humps(name).iter().any(|word| is_other(word))).then_some(false)
}

/// Whether a provider of this name is Azure AD B2C: libraries call it `azuread-b2c-oauth2`, `azure-ad-b2c`.
pub(super) fn is_b2c(name: &str) -> bool {
    name.to_ascii_lowercase().contains("b2c")
}

/// The words of a name in camel case, in lower case.
fn humps(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for character in name.chars() {
        if !character.is_alphanumeric() || character.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase().filter(|it| it.is_alphanumeric()));
        }
    }
    words
}

/// The host that a URL names, in lower case; Google writes its issuer without a scheme too. `None` for what is no URL.
pub(super) fn host(url: &str) -> Option<Cow<'_, str>> {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_scheme, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = host.contains('.') || url.contains("://") && !host.is_empty();
    is_host.then(
        || match host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(host.to_ascii_lowercase()),
            false => Cow::Borrowed(host),
        },
    )
}

/// Whether the host is a sign-in host, or an issuer's name, of one of Microsoft's clouds.
pub(super) fn is_microsofts_host(host: &str) -> bool {
    host == "sts.chinacloudapi.cn" || Cloud::of(host).is_some()
}

/// Whether the host is another provider's.
pub(super) fn is_other_host(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or_default();
    OTHER_DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// The tenant that an authority or an issuer names by its GUID: a URL, or only the tenant.
pub(super) fn tenant_id(authority: &str) -> Option<&str> {
    let mut segments = authority.trim().split('/');
    segments.find(|segment| is_guid(segment))
}

/// Whether it is a GUID, which identifiers of tenants and of objects are.
pub(super) fn is_guid(text: &str) -> bool {
    matches!(Tenant::parse(text), Ok(Tenant::Id(_)))
}

/// Whether the claim `idp` says that a personal account signed in: Entra writes it in either way.
pub(super) fn is_of_personal_accounts(identity_provider: &str) -> bool {
    identity_provider == "live.com" || tenant_id(identity_provider).is_some_and(is_personal)
}

/// Whether the claim `idp` names another one than the tenant that issued the token, which makes the user a guest there.
/// Entra writes it for guests, and else at most with the name of that tenant.
pub(super) fn is_another(identity_provider: &str, tenant: Option<&str>) -> bool {
    if is_of_personal_accounts(identity_provider) {
        return tenant.is_some_and(|tenant| !is_personal(tenant));
    }
    match (tenant_id(identity_provider), tenant) {
        (Some(home), Some(tenant)) => !home.eq_ignore_ascii_case(tenant),
        _ => true,
    }
}

fn is_personal(tenant: &str) -> bool {
    Tenant::parse(tenant).is_ok_and(|tenant| tenant.is_personal())
}

/// Whether a refresh token begins as one of another provider: Google's, Amazon's, GitHub's and Slack's have a mark.
pub(super) fn is_marked_as_other(token: &str) -> bool {
    ["1//", "Atzr|", "ghr_", "xoxe-"]
        .iter()
        .any(|prefix| token.starts_with(prefix))
}

/// Whether a client id has the form of Google's.
pub(super) fn is_googles_client(client_id: &str) -> bool {
    client_id.trim().ends_with(".apps.googleusercontent.com")
}

/// Whether one of these scopes is of an API of Google's: its scopes are URLs.
pub(super) fn has_googles_scope(scopes: &str) -> bool {
    let is_googles = |host: &str| {
        let googles = ["googleapis.com", "mail.google.com", "www.google.com"];
        googles.iter().any(|known| host.ends_with(known))
    };
    // Not far into a list of any length: one scope is enough, and the first is as good as the last.
    let mut words = scopes.split([' ', ',', '"']).take(64);
    words.any(|word| {
        word.starts_with("https://") && host(word).is_some_and(|host| is_googles(&host))
    })
}

/// Parts of names that applications give to Microsoft.
const MICROSOFTS_NAMES: [&str; 11] = [
    "azure",
    "entra",
    "hotmail",
    "microsoft",
    "msal",
    "msgraph",
    "o365",
    "office365",
    "onedrive",
    "outlook",
    "windowslive",
];

/// Names of other providers whose tokens stand in the same tables.
const OTHER_NAMES: [&str; 37] = [
    "amazon",
    "apple",
    "atlassian",
    "auth0",
    "bitbucket",
    "cognito",
    "discord",
    "dropbox",
    "facebook",
    "fitbit",
    "github",
    "gitlab",
    "gmail",
    "google",
    "hubspot",
    "instagram",
    "kakao",
    "keycloak",
    "linkedin",
    "naver",
    "notion",
    "okta",
    "onelogin",
    "paypal",
    "pinterest",
    "reddit",
    "salesforce",
    "shopify",
    "slack",
    "spotify",
    "strava",
    "stripe",
    "twitch",
    "twitter",
    "xero",
    "yahoo",
    "zoom",
];

/// Domains of other providers' issuers and endpoints.
const OTHER_DOMAINS: [&str; 27] = [
    "amazon.com",
    "amazonaws.com",
    "amazoncognito.com",
    "apple.com",
    "atlassian.com",
    "auth0.com",
    "bitbucket.org",
    "discord.com",
    "dropbox.com",
    "dropboxapi.com",
    "facebook.com",
    "github.com",
    "gitlab.com",
    "google.com",
    "googleapis.com",
    "hubspot.com",
    "linkedin.com",
    "okta.com",
    "oktapreview.com",
    "onelogin.com",
    "salesforce.com",
    "slack.com",
    "spotify.com",
    "twitter.com",
    "xero.com",
    "yahoo.com",
    "zoom.us",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_told_by_their_names() {
        for (name, expected) in [
            ("google", Some(false)),
            ("Google-oauth2", Some(false)),
            ("GoogleOAuth2", Some(false)),
            ("GitHub", Some(false)),
            ("sign-in-with-apple", Some(false)),
            ("oauth_google", Some(false)),
            ("auth0-microsoft", Some(false)),
            ("microsoft", Some(true)),
            ("azure-ad", Some(true)),
            ("MicrosoftEntraId", Some(true)),
            ("aad", Some(true)),
            ("azuread-via-okta", Some(true)),
            ("Office365", Some(true)),
            ("googleish", None),
            ("company-sso", None),
            ("oidc", None),
            ("", None),
        ] {
            assert_eq!(is_microsoft(name), expected, "{name}");
        }
    }

    #[test]
    fn an_identity_provider_tells_guests_and_personal_accounts() {
        let (home, elsewhere) = (
            "c0ffee00-0001-4000-8000-00000000000a",
            "c0ffee00-0002-4000-8000-00000000000b",
        );
        let personal = "9188040d-6c67-4c5b-b112-36a304b66dad";
        let sts = |tenant: &str| format!("https://sts.windows.net/{tenant}/");
        let capitals = home.to_ascii_uppercase();
        // The provider, the tenant that issued the token; whether the user is a guest, has a personal account.
        for (provider, tenant, is_guest, is_personal) in [
            (sts(home), Some(home), false, false),
            (sts(home), Some(&*capitals), false, false),
            (sts(home), Some(elsewhere), true, false),
            (sts(home), Some("elsewhere.example"), true, false),
            (sts(home), None, true, false),
            (
                "https://login.example/adfs".to_owned(),
                Some(home),
                true,
                false,
            ),
            ("google.com".to_owned(), Some(home), true, false),
            ("live.com".to_owned(), Some(home), true, true),
            (sts(personal), Some(home), true, true),
            (sts(&personal.to_uppercase()), Some(home), true, true),
            (sts(personal), None, false, true),
            (sts(personal), Some(personal), false, true),
            ("live.com".to_owned(), Some(personal), false, true),
            ("live.com".to_owned(), None, false, true),
        ] {
            let found = (
                is_another(&provider, tenant),
                is_of_personal_accounts(&provider),
            );
            assert_eq!(found, (is_guest, is_personal), "{provider} {tenant:?}");
        }
    }

    #[test]
    fn hosts_are_found_in_urls() {
        for (url, expected) in [
            ("https://accounts.google.com", Some("accounts.google.com")),
            ("accounts.google.com", Some("accounts.google.com")),
            ("https://Localhost:8443/t/v2.0?x", Some("localhost:8443")),
            ("https://", None),
            ("contoso", None),
            ("", None),
        ] {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
        for host in [
            "accounts.google.com",
            "oauth2.googleapis.com",
            "contoso.okta.com",
            "github.com",
        ] {
            assert!(is_other_host(host), "{host}");
        }
        for host in [
            "login.microsoftonline.com",
            "notgoogle.com",
            "google.com.contoso.example",
            "localhost:8443",
        ] {
            assert!(!is_other_host(host), "{host}");
        }
    }
}
