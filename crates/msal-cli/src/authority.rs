//! The authority that was typed.
//!
//! MSAL looks no further than the tenant of a URL. What stands behind it is a slip or more than that: a URL copied from
//! somewhere else. So what is known to lead to the same authority is left away with a word, and the rest is refused.

use msal_core::{Authority, AuthorityError};
use msal_migrate::{AuthorityOverride, AuthorityOverrideError};

use crate::error::Failure;
use crate::output::Printer;
use crate::outside::Outside;

/// An authority to migrate to, if one was named.
pub(crate) fn to_migrate_to(
    url: Option<&str>,
    printer: &Printer,
) -> Result<Option<AuthorityOverride>, Failure> {
    named(url, printer, AuthorityOverride::parse)
}

/// The authority of accounts in a token cache, of any kind, if one was named.
pub(crate) fn of_accounts(
    url: Option<&str>,
    printer: &Printer,
) -> Result<Option<AuthorityOverride>, Failure> {
    named(url, printer, AuthorityOverride::of_any_kind)
}

fn named(
    url: Option<&str>,
    printer: &Printer,
    parse: impl FnOnce(&str) -> Result<AuthorityOverride, AuthorityOverrideError>,
) -> Result<Option<AuthorityOverride>, Failure> {
    let bad = |error: AuthorityOverrideError| {
        Failure::usage(
            error.to_string(),
            "write https://HOST or https://HOST/TENANT",
        )
    };
    let Some(url) = url else { return Ok(None) };
    let parsed = parse(url).map_err(bad)?;
    match behind(url, &Authority::parse(url)) {
        Behind::Nothing => {}
        Behind::Known { authority, more } => printer.say(&format!(
            "note: --authority is taken as {}: /{} is no part of it",
            Outside(authority),
            Outside(more)
        )),
        Behind::Unknown { authority, more } => {
            return Err(Failure::usage(
                format!("--authority: `{more}` stands behind the tenant, and would not be heeded"),
                format!("if the tenant is right, write --authority {authority}"),
            ));
        }
        Behind::NoTenant { host } => {
            return Err(Failure::usage(
                "--authority names no tenant, but what stands behind one".to_owned(),
                format!(
                    "write --authority https://{host}/TENANT, or https://{host} to leave the tenant to each row"
                ),
            ));
        }
    }
    Ok(Some(parsed))
}

/// What stands behind an authority.
#[derive(Debug, PartialEq, Eq)]
enum Behind {
    /// What every authority is followed by.
    Known {
        authority: String,
        more: String,
    },
    /// In the place of the tenant is what follows one.
    NoTenant {
        host: String,
    },
    Nothing,
    Unknown {
        authority: String,
        more: String,
    },
}

fn behind(url: &str, parsed: &Result<Authority, AuthorityError>) -> Behind {
    let rest = url.trim().split_once("://").map_or(url, |(_, rest)| rest);
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let mut segments: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).collect();
    let (authority, length) = match parsed {
        Ok(authority) => {
            let text = authority.to_string();
            let host = format!("https://{}", authority.host());
            let path = text.strip_prefix(&host).unwrap_or_default();
            let length = path.split('/').filter(|it| !it.is_empty()).count();
            (text, length)
        }
        Err(AuthorityError::NoTenant { host, .. }) => (format!("https://{host}"), 0),
        // It has been refused.
        Err(_) => return Behind::Nothing,
    };
    let is_endpoint = |segment: &&str| NO_TENANTS.iter().any(|it| it.eq_ignore_ascii_case(segment));
    if let (Ok(authority), Some(_)) = (parsed, segments.get(1).filter(|it| is_endpoint(it))) {
        let host = authority.host().to_owned();
        return Behind::NoTenant { host };
    }
    // The host is the first.
    let more = segments.split_off(segments.len().min(length + 1)).join("/");
    match (query, more.is_empty()) {
        (Some(query), _) => Behind::Unknown {
            authority,
            more: format!("{more}?{query}"),
        },
        (None, true) => Behind::Nothing,
        (None, false) if KNOWN.contains(&more.to_ascii_lowercase().as_str()) => {
            Behind::Known { authority, more }
        }
        (None, false) => Behind::Unknown { authority, more },
    }
}

/// What follows a tenant, and is none.
const NO_TENANTS: [&str; 4] = [".well-known", "oauth2", "saml2", "v2.0"];

/// Endpoints and issuers of an authority, in lower case.
const KNOWN: [&str; 15] = [
    ".well-known/openid-configuration",
    "discovery/v2.0/keys",
    "oauth2",
    "oauth2/authorize",
    "oauth2/devicecode",
    "oauth2/logout",
    "oauth2/token",
    "oauth2/v2.0",
    "oauth2/v2.0/authorize",
    "oauth2/v2.0/devicecode",
    "oauth2/v2.0/logout",
    "oauth2/v2.0/token",
    "saml2",
    "v2.0",
    "v2.0/.well-known/openid-configuration",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_an_authority_is_told() {
        let known = |authority: &str, more: &str| Behind::Known {
            authority: authority.to_owned(),
            more: more.to_owned(),
        };
        let unknown = |authority: &str, more: &str| Behind::Unknown {
            authority: authority.to_owned(),
            more: more.to_owned(),
        };
        let contoso = "https://login.microsoftonline.com/contoso.com";
        for (url, expected) in [
            ("https://login.microsoftonline.com", Behind::Nothing),
            ("https://login.microsoftonline.com/", Behind::Nothing),
            (
                "https://login.microsoftonline.com/contoso.com",
                Behind::Nothing,
            ),
            (
                "HTTPS://Login.MicrosoftOnline.com//contoso.com/",
                Behind::Nothing,
            ),
            ("https://contoso.ciamlogin.com", Behind::Nothing),
            (
                "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
                Behind::Nothing,
            ),
            ("https://sts.contoso.com/adfs", Behind::Nothing),
            (
                "https://contoso.b2clogin.com/contoso.com/b2c_1_in",
                Behind::Nothing,
            ),
            (
                "https://login.microsoftonline.com/tfp/contoso.com/b2c_1_in",
                Behind::Nothing,
            ),
            (
                "https://login.microsoftonline.com/contoso.com/v2.0",
                known(contoso, "v2.0"),
            ),
            (
                "https://login.microsoftonline.com/contoso.com/OAuth2/v2.0/token/",
                known(contoso, "OAuth2/v2.0/token"),
            ),
            (
                "https://contoso.b2clogin.com/contoso.com/b2c_1_in/v2.0",
                known("https://contoso.b2clogin.com/contoso.com/b2c_1_in", "v2.0"),
            ),
            (
                "https://sts.contoso.com/adfs/oauth2/token",
                known("https://sts.contoso.com/adfs", "oauth2/token"),
            ),
            (
                "https://login.microsoftonline.com/contoso.com/anything",
                unknown(contoso, "anything"),
            ),
            (
                "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token?p=b2c_1_in",
                unknown(contoso, "oauth2/v2.0/token?p=b2c_1_in"),
            ),
            (
                "https://login.microsoftonline.com?x",
                unknown("https://login.microsoftonline.com", "?x"),
            ),
            (
                "https://login.microsoftonline.com/oauth2/v2.0/token",
                Behind::NoTenant {
                    host: "login.microsoftonline.com".to_owned(),
                },
            ),
        ] {
            assert_eq!(behind(url, &Authority::parse(url)), expected, "{url}");
        }
    }
}
