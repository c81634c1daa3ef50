//! Where a record's token is redeemed.

use msal_core::Tenant;

use super::*;

/// The authority of the only record, or why there is none.
pub(super) fn authority_of(record: Record, options: &PlanOptions) -> String {
    let source = rows(vec![record]);
    match redemptions(&source, options).pop() {
        Some(redemption) => redemption.authority.to_string(),
        None => plan(&source, options).summary().skipped[0]
            .reason
            .code()
            .to_owned(),
    }
}

#[test]
fn stored_authorities_become_where_the_token_is_redeemed() {
    let table = [
        (
            "https://login.microsoftonline.com/contoso.example",
            "https://login.microsoftonline.com/contoso.example",
        ),
        (
            "https://login.windows.net/contoso.example/",
            "https://login.microsoftonline.com/contoso.example",
        ),
        (
            "https://STS.windows.net/11111111-aaaa-4bbb-8ccc-222222222222/",
            "https://login.microsoftonline.com/11111111-aaaa-4bbb-8ccc-222222222222",
        ),
        (
            "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token?x=1",
            "https://login.microsoftonline.com/contoso.example",
        ),
        (
            "https://login.usgovcloudapi.net/contoso.example",
            "https://login.microsoftonline.us/contoso.example",
        ),
        (
            "https://login.chinacloudapi.cn/contoso.example",
            "https://login.partner.microsoftonline.cn/contoso.example",
        ),
        (
            "https://sts.chinacloudapi.cn/contoso.example/",
            "https://login.partner.microsoftonline.cn/contoso.example",
        ),
        (
            "login.windows.net/contoso.example",
            "https://login.microsoftonline.com/contoso.example",
        ),
        (
            "contoso.example",
            "https://login.microsoftonline.com/contoso.example",
        ),
        ("consumers", "https://login.microsoftonline.com/consumers"),
        (
            "login.live.com",
            "https://login.microsoftonline.com/consumers",
        ),
        (
            "https://LOGIN.live.com",
            "https://login.microsoftonline.com/consumers",
        ),
        (
            "https://login.live.com/oauth20_token.srf",
            "https://login.microsoftonline.com/consumers",
        ),
        (
            "https://login.microsoftonline.com/common",
            "https://login.microsoftonline.com/organizations",
        ),
        (
            "https://login.microsoftonline.com",
            "https://login.microsoftonline.com/organizations",
        ),
        (
            "login.microsoftonline.us",
            "https://login.microsoftonline.us/organizations",
        ),
        (
            "https://contoso.ciamlogin.com/",
            "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
        ),
        (
            "https://login.microsoftonline.com/tfp/c.example/B2C_1_x",
            "b2c",
        ),
        (
            "contoso.ciamlogin.com",
            "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
        ),
        (
            "https://11111111-aaaa-4bbb-8ccc-222222222222.ciamlogin.com/11111111-aaaa-4bbb-8ccc-222222222222/v2.0",
            "https://11111111-aaaa-4bbb-8ccc-222222222222.ciamlogin.com/11111111-aaaa-4bbb-8ccc-222222222222",
        ),
        ("https://contoso.b2clogin.com/contoso.example", "b2c"),
        ("https://contoso.b2clogin.com", "b2c"),
        ("contoso.b2clogin.com", "b2c"),
        ("https://adfs.contoso.example/adfs", "adfs"),
        ("https://login.microsoftonline.com/adfs", "adfs"),
        (
            "https://login.microsoftonline.de/contoso.example",
            "closed_cloud",
        ),
        ("https://x.example/dstsv2/common", "unsupported_authority"),
        ("https://evil.example/common", "unknown_authority"),
        (
            "https://login.microsoftonline.com.evil.example/common",
            "unknown_authority",
        ),
        (
            "https://login.microsoftonline.com:8443/common",
            "unknown_authority",
        ),
        ("evil.example/common", "unknown_authority"),
        ("https://oauth2.googleapis.com/token", "other_provider"),
        (
            "http://login.microsoftonline.com/common",
            "invalid_authority",
        ),
        (
            "https://login.microsoftonline.com@evil.example/common",
            "invalid_authority",
        ),
        (
            "https://login.microsoftonline.com/%2e%2e%2fx",
            "invalid_authority",
        ),
        ("two words", "invalid_authority"),
    ];
    for (stored, expected) in table {
        let record = Record {
            authority: Some(stored.to_owned()),
            ..record("0.a")
        };
        assert_eq!(
            authority_of(record, &PlanOptions::default()),
            expected,
            "{stored}"
        );
    }
}

#[test]
fn a_shared_authority_gives_way_to_what_is_known_of_the_user() {
    let common = "https://login.microsoftonline.com/common";
    let personal_account = RecordFlags {
        personal_account: true,
        ..RecordFlags::default()
    };
    let none = RecordFlags::default();
    let table = [
        (Some(common), "0.a", Some(TENANT), &none, TENANT),
        (Some(common), "0.a", None, &none, "organizations"),
        (Some(common), "0.a", Some("../evil"), &none, "organizations"),
        (Some(common), "0.a", Some("common"), &none, "organizations"),
        (None, "0.a", Some(TENANT), &none, TENANT),
        (None, "0.a", None, &none, "organizations"),
        (Some(common), "M.C1", None, &none, "consumers"),
        (None, "M.C1", None, &none, "consumers"),
        (Some("contoso.example"), "M.C1", None, &none, "consumers"),
        (Some(common), "0.a", Some(PERSONAL), &none, "consumers"),
        (Some(PERSONAL), "0.a", None, &none, "consumers"),
        (Some(common), "0.a", None, &personal_account, "consumers"),
        // A personal account as a guest: the tenant issued the token.
        (Some(common), "0.a", Some(TENANT), &personal_account, TENANT),
        (
            Some("contoso.example"),
            "0.a",
            Some(PERSONAL),
            &none,
            "contoso.example",
        ),
    ];
    for (authority, token, tid, flags, tenant) in table {
        let record = Record {
            authority: authority.map(str::to_owned),
            user: UserHints {
                tid: tid.map(str::to_owned),
                ..UserHints::default()
            },
            flags: flags.clone(),
            ..record(token)
        };
        let expected = format!("https://login.microsoftonline.com/{tenant}");
        assert_eq!(authority_of(record, &PlanOptions::default()), expected);
    }
}

#[test]
fn a_named_authority_is_trusted_and_serves_records_that_name_none() {
    let host = "https://localhost:8443";
    let with_tenant = "https://localhost:8443/fabrikam.example";
    let cloud = "https://login.windows.net/fabrikam.example";
    let table = [
        (
            Some("https://localhost:8443/a.example"),
            host,
            "https://localhost:8443/a.example",
        ),
        (
            Some("https://LOCALHOST:8443/common"),
            host,
            "https://localhost:8443/organizations",
        ),
        (Some("a.example"), host, "https://localhost:8443/a.example"),
        (None, host, "https://localhost:8443/organizations"),
        (
            Some("https://localhost:9999/a.example"),
            host,
            "unknown_authority",
        ),
        (
            Some("https://localhost/a.example"),
            host,
            "unknown_authority",
        ),
        (
            Some("https://evil.example/a.example"),
            host,
            "unknown_authority",
        ),
        (
            Some("https://login.microsoftonline.com/a.example"),
            host,
            "https://login.microsoftonline.com/a.example",
        ),
        (
            Some("https://localhost:8443/a.example"),
            with_tenant,
            "https://localhost:8443/fabrikam.example",
        ),
        (None, with_tenant, "https://localhost:8443/fabrikam.example"),
        (
            Some("not / valid"),
            with_tenant,
            "https://localhost:8443/fabrikam.example",
        ),
        (
            Some("https://login.microsoftonline.com/a.example"),
            with_tenant,
            "https://login.microsoftonline.com/a.example",
        ),
        (
            None,
            "https://contoso.ciamlogin.com",
            "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
        ),
        (
            None,
            "https://contoso.ciamlogin.com/a.example",
            "https://contoso.ciamlogin.com/a.example",
        ),
        (
            Some("b.example"),
            "https://contoso.ciamlogin.com/a.example",
            "https://contoso.ciamlogin.com/a.example",
        ),
        (Some("adfs"), "https://fs.contoso.example", "adfs"),
        (
            Some("https://sts.windows.net/a.example"),
            cloud,
            "https://login.microsoftonline.com/fabrikam.example",
        ),
        (
            Some("https://login.microsoftonline.us/a.example"),
            cloud,
            "https://login.microsoftonline.us/a.example",
        ),
    ];
    for (stored, url, expected) in table {
        let record = Record {
            authority: stored.map(str::to_owned),
            ..record("0.a")
        };
        assert_eq!(
            authority_of(record, &named(url)),
            expected,
            "{stored:?} {url}"
        );
    }
}

#[test]
fn a_cache_that_leaves_the_port_out_is_that_of_the_named_host() {
    let named_url = "https://localhost:8443/";
    for (stored, is_port_left_out, expected) in [
        (
            "https://localhost/a.example",
            true,
            "https://localhost:8443/a.example",
        ),
        (
            "https://LOCALHOST/",
            true,
            "https://localhost:8443/organizations",
        ),
        (
            "https://localhost:8443/a.example",
            true,
            "https://localhost:8443/a.example",
        ),
        (
            "https://localhost:9999/a.example",
            true,
            "unknown_authority",
        ),
        ("https://127.0.0.1/a.example", true, "unknown_authority"),
        (
            "https://localhost.evil.example/a.example",
            true,
            "unknown_authority",
        ),
        // A URL without a port has that of https.
        ("https://localhost/a.example", false, "unknown_authority"),
    ] {
        let record = Record {
            authority: Some(stored.to_owned()),
            flags: RecordFlags {
                port_left_out: is_port_left_out,
                ..RecordFlags::default()
            },
            ..record("0.a")
        };
        assert_eq!(
            authority_of(record.clone(), &named(named_url)),
            expected,
            "{stored}"
        );
        let alone = authority_of(record, &PlanOptions::default());
        assert_eq!(alone, "unknown_authority", "{stored}");
    }
}

#[test]
fn an_authority_keeps_its_kind_on_its_way_through_a_plan() {
    for url in [
        "https://contoso.ciamlogin.com",
        "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
        "https://localhost:8443/contoso.example",
        "https://login.microsoftonline.com/common",
    ] {
        let kind = Authority::parse(url).unwrap().kind();
        for stored in [None, Some(url.to_owned())] {
            let record = Record {
                authority: stored,
                ..record("0.a")
            };
            let planned = redemptions(&rows(vec![record]), &named(url));
            assert_eq!(planned[0].authority.kind(), kind, "{url}");
        }
    }
}

#[test]
fn an_authority_of_another_kind_cannot_be_named() {
    for url in [
        "https://fs.contoso.example/adfs",
        "https://c.b2clogin.com/c.example/B2C_1_x",
        "http://localhost/common",
        "localhost",
    ] {
        assert!(AuthorityOverride::parse(url).is_err(), "{url}");
    }
}

#[test]
fn personal_accounts_stay_at_consumers_where_others_are_named() {
    let flag = |personal_account| RecordFlags {
        personal_account,
        ..RecordFlags::default()
    };
    let host = "https://login.microsoftonline.com";
    let common = format!("{host}/common");
    // Authority, token, tenant of the user, flag; and whether it is a personal account's.
    let table = [
        (Some(&*common), "M.C1", None, flag(false), true),
        (None, "M.C1", None, flag(false), true),
        (Some("contoso.example"), "M.C1", None, flag(false), true),
        (Some(&*common), "0.a", Some(PERSONAL), flag(false), true),
        (Some(PERSONAL), "0.a", None, flag(false), true),
        (Some("Consumers"), "0.a", None, flag(false), true),
        (
            Some("https://login.live.com"),
            "0.a",
            None,
            flag(false),
            true,
        ),
        (Some(&*common), "0.a", None, flag(true), true),
        // A personal account as a guest: the tenant issued the token.
        (Some(&*common), "0.a", Some(TENANT), flag(true), false),
        (Some(&*common), "0.a", Some(TENANT), flag(false), false),
        (None, "0.a", None, flag(false), false),
    ];
    for (authority, token, tid, flags, is_personal) in table {
        let record = Record {
            authority: authority.map(str::to_owned),
            user: UserHints {
                tid: tid.map(str::to_owned),
                ..UserHints::default()
            },
            flags,
            ..record(token)
        };
        for (named_tenant, keeps) in [
            ("organizations", true),
            ("ORGANIZATIONS", true),
            ("common", true),
            ("consumers", false),
            (TENANT, false),
            ("fabrikam.example", false),
        ] {
            let case = format!("{authority:?} {token} {tid:?} at {named_tenant}");
            for url in [host, "https://login.windows.net"] {
                let options = named(&format!("{url}/{named_tenant}"));
                let redemption = redemptions(&rows(vec![record.clone()]), &options).remove(0);
                let expected = match keeps && is_personal {
                    true => "consumers".to_owned(),
                    false => Tenant::parse(named_tenant).unwrap().to_string(),
                };
                let authority = redemption.authority.to_string();
                assert_eq!(authority, format!("{host}/{expected}"), "{case}");
                let is_noted = redemption.warnings.contains(Warning::PersonalAccount);
                assert_eq!(is_noted, keeps && is_personal, "{case}");
                assert!(!redemption.warnings.contains(Warning::AssumedAuthority));
            }
        }
    }
}
