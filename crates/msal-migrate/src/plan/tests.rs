use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use msal_core::{Authority, HomeAccountId, RefreshToken, Scope, ScopeSet, UnixTime};
use proptest::prelude::*;

use super::*;
use crate::record::{Locator, Record, RecordFlags, SkipReason, UserHints};
use crate::source::{SourceError, SourceKind};

const TENANT: &str = "11111111-aaaa-4bbb-8ccc-222222222222";
const CLIENT: &str = "0a1b2c3d-0000-4000-8000-5e6f70819200";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// A source made of records; what it yields can be changed between passes.
#[derive(Debug)]
struct Rows(Vec<Row>);

impl Source for Rows {
    fn kind(&self) -> SourceKind {
        SourceKind::AdalPython
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        for row in &self.0 {
            if visit(row.clone()).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn rows(records: Vec<Record>) -> Rows {
    let place = |(index, record): (usize, Record)| {
        Row::from(Record {
            locator: locator(index as u64),
            ..record
        })
    };
    Rows(records.into_iter().enumerate().map(place).collect())
}

fn locator(index: u64) -> Locator {
    Locator::new(&Arc::from("test.json"), Place::Element(index))
}

fn record(token: &str) -> Record {
    Record {
        refresh_token: RefreshToken::from(token),
        locator: locator(0),
        client_id: Some(CLIENT.to_owned()),
        authority: Some(format!("https://login.microsoftonline.com/{TENANT}")),
        scopes: Vec::new(),
        resource: Some("https://graph.microsoft.com".to_owned()),
        user: UserHints::default(),
        last_refreshed: None,
        flags: RecordFlags::default(),
    }
}

/// Stands in for a keyed hash: FNV-1a.
fn fingerprint(client_id: &str, token: &RefreshToken) -> Fingerprint {
    let hash = |text: &str| {
        let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, mix);
        hash.to_be_bytes()
    };
    let token = token.expose_secret();
    Fingerprint::new(hash(token), hash(&format!("{client_id}|{token}")))
}

fn plan(source: &Rows, options: &PlanOptions) -> Plan {
    Plan::make(source, options, &fingerprint).unwrap()
}

fn redemptions(source: &Rows, options: &PlanOptions) -> Vec<Redemption> {
    let mut redemptions = Vec::new();
    plan(source, options)
        .redemptions(source, &fingerprint, &mut |redemption| {
            redemptions.push(redemption);
            ControlFlow::Continue(())
        })
        .unwrap();
    redemptions
}

fn named(url: &str) -> PlanOptions {
    PlanOptions {
        authority: Some(AuthorityOverride::parse(url).unwrap()),
        ..PlanOptions::default()
    }
}

/// The authority of the only record, or why there is none.
fn authority_of(record: Record, options: &PlanOptions) -> String {
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

/// What is asked for, and the warnings.
fn scopes_of(record: Record, options: &PlanOptions) -> (String, Warnings) {
    let redemption = redemptions(&rows(vec![record]), options).pop().unwrap();
    (redemption.scopes.as_str().to_owned(), redemption.warnings)
}

#[test]
fn resources_become_default_scopes() {
    let table = [
        (
            "https://graph.microsoft.com",
            "https://graph.microsoft.com/.default",
        ),
        (
            "https://management.core.windows.net/",
            "https://management.core.windows.net//.default",
        ),
        (
            "spn:00000003-0000-0000-c000-000000000000",
            "00000003-0000-0000-c000-000000000000/.default",
        ),
        ("urn:contoso:api", "urn:contoso:api/.default"),
        (
            "https://graph.windows.net",
            "https://graph.microsoft.com/.default",
        ),
        (
            "https://graph.windows.net/",
            "https://graph.microsoft.com/.default",
        ),
    ];
    let options = PlanOptions {
        map_resource: vec![(
            "https://graph.windows.net".to_owned(),
            "https://graph.microsoft.com".to_owned(),
        )],
        ..PlanOptions::default()
    };
    for (resource, scope) in table {
        let record = Record {
            resource: Some(resource.to_owned()),
            scopes: vec![Scope::parse("user_impersonation").unwrap()],
            ..record("0.a")
        };
        assert_eq!(
            scopes_of(record, &options),
            (scope.to_owned(), Warnings::default())
        );
    }
}

#[test]
fn a_retired_resource_is_warned_about() {
    let record = Record {
        resource: Some("https://graph.windows.net".to_owned()),
        ..record("0.a")
    };
    let (_, warnings) = scopes_of(record, &PlanOptions::default());
    assert!(warnings.contains(Warning::RetiredResource));
}

#[test]
fn a_resource_that_is_no_scope_is_malformed() {
    let source = rows(vec![Record {
        resource: Some("two words".to_owned()),
        ..record("0.a")
    }]);
    let plan = plan(&source, &PlanOptions::default());
    assert_eq!(plan.summary().skipped[0].reason.code(), "malformed");
}

#[test]
fn the_scopes_of_the_first_resource_are_asked_for() {
    let none = Warnings::default();
    let assumed = none.with(Warning::AssumedScopes);
    let several = none.with(Warning::SeveralResources);
    let table = [
        ("User.Read Mail.Read", "Mail.Read User.Read", none),
        (
            "User.Read https://graph.microsoft.com/Mail.Read email",
            "User.Read email https://graph.microsoft.com/Mail.Read",
            none,
        ),
        (
            "https://outlook.office.com/IMAP.AccessAsUser.All User.Read https://outlook.office.com/SMTP.Send",
            "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send",
            several,
        ),
        (
            "User.Read https://outlook.office.com/SMTP.Send",
            "User.Read",
            several,
        ),
        (
            "https://graph.microsoft.com/.default https://graph.microsoft.com/User.Read",
            "https://graph.microsoft.com/.default",
            none,
        ),
        (
            "https://management.core.windows.net//.default",
            "https://management.core.windows.net//.default",
            none,
        ),
        ("email", "https://graph.microsoft.com/.default", assumed),
        ("", "https://graph.microsoft.com/.default", assumed),
    ];
    for (stored, wanted, warnings) in table {
        let scopes = stored
            .split_whitespace()
            .map(|scope| Scope::parse(scope).unwrap());
        let record = Record {
            resource: None,
            scopes: scopes.collect(),
            ..record("0.a")
        };
        let (scopes, found) = scopes_of(record, &PlanOptions::default());
        let wanted = ScopeSet::from_wire(wanted).as_str().to_owned();
        assert_eq!((scopes, found), (wanted, warnings), "{stored}");
    }
}

#[test]
fn the_default_scope_is_the_users_or_that_of_the_cloud() {
    let bare = || Record {
        resource: None,
        ..record("0.a")
    };
    let options = PlanOptions {
        default_scopes: ScopeSet::from_wire("api://x/read"),
        ..PlanOptions::default()
    };
    assert_eq!(scopes_of(bare(), &options).0, "api://x/read");
    let government = Record {
        authority: Some("https://login.microsoftonline.us/c.example".to_owned()),
        ..bare()
    };
    assert_eq!(
        scopes_of(government, &PlanOptions::default()).0,
        "https://graph.microsoft.us/.default"
    );
}

#[test]
fn copies_are_redeemed_once_for_the_row_that_says_most() {
    let copy = |authority: &str, resource: &str| Record {
        authority: Some(format!("https://login.microsoftonline.com/{authority}")),
        resource: Some(resource.to_owned()),
        ..record("0.a")
    };
    let source = rows(vec![
        copy("common", "https://graph.microsoft.com"),
        copy("contoso.example", "https://graph.windows.net"),
        copy("contoso.example", "https://vault.azure.net"),
        copy("contoso.example", "https://graph.microsoft.com/"),
        copy("fabrikam.example", "https://graph.microsoft.com/"),
        record("0.b"),
    ]);
    let redemptions = redemptions(&source, &PlanOptions::default());
    let seen: Vec<_> = redemptions
        .iter()
        .map(|redemption| (redemption.locator.place(), redemption.duplicates))
        .collect();
    assert_eq!(seen, [(Place::Element(3), 4), (Place::Element(5), 0)]);
    assert_eq!(redemptions[0].authority.realm(), "contoso.example");
    let plan = plan(&source, &PlanOptions::default());
    let summary = plan.summary();
    assert_eq!(
        (summary.rows, summary.tokens, summary.duplicates),
        (6, 2, 4)
    );
}

#[test]
fn one_token_of_two_clients_is_redeemed_for_each() {
    let other = Record {
        client_id: Some("6666bbbb-0000-4000-8000-00000000c0de".to_owned()),
        ..record("0.a")
    };
    let shouted = Record {
        client_id: Some(CLIENT.to_ascii_uppercase()),
        ..record("0.a")
    };
    let source = rows(vec![record("0.a"), other, shouted, record("0.b")]);
    let options = PlanOptions::default();
    let is_said = redemptions(&source, &options)
        .iter()
        .map(|redemption| redemption.warnings.contains(Warning::SeveralClients))
        .collect::<Vec<_>>();
    assert_eq!(is_said, [true, true, false]);
    let plan = plan(&source, &options);
    let warnings = &plan.summary().warnings;
    assert!(warnings.contains(&(Warning::SeveralClients, 2)));
}

#[test]
fn a_named_client_gets_the_rows_without_one_and_its_own() {
    let client = |client_id: Option<&str>, token| Record {
        client_id: client_id.map(str::to_owned),
        ..record(token)
    };
    let source = rows(vec![
        client(None, "0.a"),
        client(Some(&CLIENT.to_ascii_uppercase()), "0.b"),
        client(Some("other"), "0.c"),
    ]);
    let options = PlanOptions {
        client_id: Some(CLIENT.to_owned()),
        ..PlanOptions::default()
    };
    let found: Vec<_> = redemptions(&source, &options)
        .into_iter()
        .map(|redemption| redemption.client_id)
        .collect();
    assert_eq!(found, [CLIENT, CLIENT]);
    let reasons = |options| plan(&source, &options).summary().skipped[0].reason;
    assert_eq!(reasons(options), SkipReason::OtherClient);
    assert_eq!(reasons(PlanOptions::default()), SkipReason::NoClientId);
}

#[test]
fn one_token_under_two_users_is_warned_about() {
    let user = |username: Option<&str>, oid: Option<&str>| Record {
        user: UserHints {
            username: username.map(str::to_owned),
            oid: oid.map(str::to_owned),
            home_account_id: Some(HomeAccountId::new("u.t")),
            ..UserHints::default()
        },
        ..record("0.a")
    };
    let alice = user(Some("Alice@contoso.example"), Some("1"));
    let table = [
        (
            alice.clone(),
            user(Some("alice@contoso.example"), Some("1")),
            false,
        ),
        (
            alice.clone(),
            user(Some("alice@contoso.example"), Some("2")),
            false,
        ),
        (alice.clone(), user(None, None), false),
        (alice.clone(), user(Some("bob@contoso.example"), None), true),
        (user(None, Some("1")), user(None, Some("2")), true),
        (alice, user(None, Some("2")), true),
        (user(None, None), user(None, Some("2")), false),
    ];
    for (one, other, is_mixed) in table {
        let redemptions = redemptions(&rows(vec![one, other]), &PlanOptions::default());
        assert_eq!(
            redemptions[0].warnings.contains(Warning::MixedUsers),
            is_mixed
        );
    }
}

#[test]
fn tokens_are_warned_about_by_age_shape_and_client() {
    let now = UnixTime::from_secs(1_800_000_000);
    let options = PlanOptions {
        now: Some(now),
        ..PlanOptions::default()
    };
    let odd = Record {
        last_refreshed: Some(UnixTime::from_secs(1_800_000_000 - 91 * 86_400)),
        client_id: Some("04B07795-8ddb-461a-bbee-02f9e1bf7b46".to_owned()),
        authority: None,
        ..record("0.\u{e9}")
    };
    let warnings = redemptions(&rows(vec![odd]), &options)[0].warnings;
    let expected = Warnings::default()
        .with(Warning::AssumedAuthority)
        .with(Warning::FirstPartyClient)
        .with(Warning::OldToken)
        .with(Warning::UnlikelyToken);
    assert_eq!(warnings, expected);
    let fresh = Record {
        last_refreshed: Some(UnixTime::from_secs(1_800_000_000 - 89 * 86_400)),
        ..record("0.a")
    };
    assert!(
        redemptions(&rows(vec![fresh]), &options)[0]
            .warnings
            .is_empty()
    );
}

#[test]
fn an_application_at_a_shared_authority_is_noted_unless_it_is_asked_for() {
    let at = |tenant: &str, tid: Option<&str>| Record {
        authority: Some(format!("https://login.microsoftonline.com/{tenant}")),
        user: UserHints {
            tid: tid.map(str::to_owned),
            ..UserHints::default()
        },
        ..record("0.a")
    };
    let noted = |records: Vec<Record>, options: &PlanOptions| {
        redemptions(&rows(records), options)[0]
            .warnings
            .contains(Warning::SharedAuthority)
    };
    let none = PlanOptions::default();
    for (tenant, tid, expected) in [
        ("common", Some(TENANT), true),
        ("Organizations/", Some(TENANT), true),
        ("organizations/oauth2/v2.0/token", Some(TENANT), true),
        // It stays where it was.
        ("organizations", None, false),
        ("common", Some(PERSONAL), false),
        ("contoso.example", Some(TENANT), false),
        (TENANT, None, false),
    ] {
        assert_eq!(
            noted(vec![at(tenant, tid)], &none),
            expected,
            "{tenant} {tid:?}"
        );
    }
    // Whichever copy is redeemed.
    for copies in [["common", TENANT], [TENANT, "common"]] {
        let copies = copies.map(|tenant| at(tenant, Some(TENANT)));
        assert!(noted(copies.to_vec(), &none));
    }
    let asked_for = named("https://login.microsoftonline.com/organizations");
    assert!(!noted(vec![at("common", Some(TENANT))], &asked_for));
}

#[test]
fn every_row_is_accounted_for() {
    let source = rows(vec![
        record("0.a"),
        Record {
            client_id: None,
            ..record("0.b")
        },
        record("0.a"),
        record("0.c"),
    ]);
    let plan = plan(&source, &PlanOptions::default());
    let mut seen = Vec::new();
    plan.rows(&source, &fingerprint, &mut |planned| {
        seen.push(match planned {
            Planned::Redemption(redemption) => format!("{} redemption", redemption.locator.place()),
            Planned::Duplicate { locator, of } => format!("{} duplicate of {of}", locator.place()),
            Planned::Skipped { locator, reason } => {
                format!("{} {}", locator.place(), reason.code())
            }
        });
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(
        seen,
        [
            "#/0 redemption",
            "#/1 no_client_id",
            "#/2 duplicate of #/0",
            "#/3 redemption"
        ]
    );
    let summary = plan.summary();
    assert_eq!(
        summary.rows,
        summary.tokens
            + summary.duplicates
            + summary.skipped.iter().map(|skip| skip.count).sum::<u64>()
    );
    assert_eq!(
        summary.clients,
        [Count {
            name: CLIENT.to_owned(),
            count: 2
        }]
    );
    assert_eq!(summary.hosts[0].name, "login.microsoftonline.com");
    assert_eq!(summary.tenants[0].name, TENANT);
    assert_eq!(
        summary.scopes[0].name,
        "https://graph.microsoft.com/.default"
    );
}

#[test]
fn each_record_gets_what_it_names_among_more_than_are_remembered() {
    let names =
        || (0..5000).flat_map(|tenant| [format!("t{tenant}.example"), "same.example".into()]);
    let of_tenant = |(index, name): (usize, String)| Record {
        authority: Some(format!("https://login.microsoftonline.com/{name}")),
        ..record(&format!("0.{index}"))
    };
    let source = rows(names().enumerate().map(of_tenant).collect());
    let found: Vec<_> = redemptions(&source, &PlanOptions::default())
        .iter()
        .map(|redemption| redemption.authority.realm().to_owned())
        .collect();
    assert_eq!(found, names().collect::<Vec<_>>());
}

#[test]
fn examples_are_bounded() {
    let nameless = |index: u32| Record {
        client_id: None,
        ..record(&format!("0.{index}"))
    };
    let source = rows((0..100).map(nameless).collect());
    let plan = plan(&source, &PlanOptions::default());
    let skipped = &plan.summary().skipped[0];
    assert_eq!((skipped.count, skipped.examples.len()), (100, 5));
}

#[test]
fn a_source_that_changes_is_noticed() {
    let planned = rows(vec![record("0.a"), record("0.b")]);
    let plan = plan(&planned, &PlanOptions::default());
    let skipped = Rows(vec![Row::Skipped {
        locator: locator(0),
        reason: SkipReason::AppOnly,
    }]);
    for changed in [
        rows(vec![record("0.a"), record("0.x")]),
        rows(vec![record("0.b"), record("0.a")]),
        rows(vec![record("0.a")]),
        rows(vec![]),
        skipped,
    ] {
        let result = plan.redemptions(&changed, &fingerprint, &mut |_| ControlFlow::Continue(()));
        assert!(
            matches!(result, Err(PlanError::Changed { .. })),
            "{changed:?}"
        );
        let result = plan.rows(&changed, &fingerprint, &mut |_| ControlFlow::Continue(()));
        assert!(
            matches!(result, Err(PlanError::Changed { .. })),
            "{changed:?}"
        );
    }
}

#[test]
fn a_visitor_that_stops_is_no_change() {
    let source = rows(vec![record("0.a"), record("0.b")]);
    let visited = AtomicU64::new(0);
    plan(&source, &PlanOptions::default())
        .redemptions(&source, &fingerprint, &mut |_| {
            visited.fetch_add(1, Ordering::Relaxed);
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(visited.load(Ordering::Relaxed), 1);
}

#[test]
fn nothing_printed_holds_a_token() {
    let source = rows(vec![record("0.secret")]);
    let redemptions = redemptions(&source, &PlanOptions::default());
    let plan = plan(&source, &PlanOptions::default());
    let printed = format!("{source:?} {redemptions:?} {plan:?}");
    assert!(!printed.contains("secret"));
}

#[test]
fn a_planned_token_takes_32_bytes() {
    assert_eq!(size_of::<Chosen>(), 32);
}

fn words(of: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    let pieces = prop::sample::select(of.to_vec());
    let joined = prop::collection::vec(pieces, 1..5).prop_map(|pieces| pieces.concat());
    prop::option::of(prop_oneof![4 => joined, 1 => ".*"])
}

proptest! {
    /// What a poisoned file says can stop its own rows, and never send a token elsewhere.
    #[test]
    fn no_record_chooses_a_host_that_nobody_trusts(
        authority in words(&[
            "https://", "http://", "//", "login.microsoftonline.com", "login.windows.net", ".evil.example", "evil.example",
            "@", "/", "\\", "#", "?", ":", ":8443", "common", "consumers", "x.ciamlogin.com", "localhost", "%2f", "..", "adfs", " ",
        ]),
        tid in words(&["common", "contoso.example", "..", "/", "@evil.example", TENANT, PERSONAL]),
        resource in words(&["https://", "graph.microsoft.com", "/", ".default", "spn:", " ", "\u{7}", "urn:x"]),
        scopes in prop::collection::vec("[!-~]{1,12}", 0..4),
        trusts_localhost in any::<bool>(),
    ) {
        let record = Record {
            authority,
            resource,
            scopes: scopes.iter().filter_map(|scope| Scope::parse(scope).ok()).collect(),
            user: UserHints { tid, ..UserHints::default() },
            ..record("0.a")
        };
        let options = if trusts_localhost { named("https://localhost:8443") } else { PlanOptions::default() };
        for redemption in redemptions(&rows(vec![record]), &options) {
            let host = redemption.authority.host();
            let is_trusted = redemption.authority.is_well_known() || trusts_localhost && host == "localhost:8443";
            prop_assert!(is_trusted, "{}", redemption.authority);
            prop_assert!(!redemption.scopes.is_empty());
            prop_assert_eq!(&Authority::parse(&redemption.authority.to_string()).unwrap(), &*redemption.authority);
        }
    }
}
