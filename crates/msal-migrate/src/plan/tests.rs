mod authority;
mod cut_off;
mod guests;
mod scopes;
mod tokens;

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
        client_secret: None,
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

/// It would go with the client that the operator names, whose it need not be.
#[test]
fn a_secret_that_belongs_to_no_client_is_not_used() {
    let secret = || Some("s3cret".into());
    let source = rows(vec![
        Record {
            client_id: None,
            client_secret: secret(),
            ..record("0.a")
        },
        Record {
            client_secret: secret(),
            ..record("0.b")
        },
    ]);
    let options = PlanOptions {
        client_id: Some(CLIENT.to_owned()),
        use_stored_client_secret: true,
        ..PlanOptions::default()
    };
    let used = redemptions(&source, &options);
    let has_secret: Vec<_> = used.iter().map(|it| it.client_secret.is_some()).collect();
    assert_eq!(has_secret, [false, true]);
}

#[test]
fn nothing_printed_holds_a_token() {
    let source = rows(vec![Record {
        client_secret: Some("0.hidden".into()),
        ..record("0.hidden")
    }]);
    let options = PlanOptions {
        use_stored_client_secret: true,
        ..PlanOptions::default()
    };
    let redemptions = redemptions(&source, &options);
    assert!(redemptions[0].client_secret.is_some());
    let plan = plan(&source, &options);
    let printed = format!("{source:?} {redemptions:?} {plan:?}");
    assert!(!printed.contains("hidden"));
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
