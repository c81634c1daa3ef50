//! Which rows hold the same token, and what is noted about one.

use super::*;

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
        client_id: Some("04b07795-8ddb-461a-bbee-02f9e1bf7b46".to_owned()),
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
    let options = PlanOptions {
        now: Some(now),
        ..PlanOptions::default()
    };
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
fn a_token_of_somebody_elses_program_is_redeemed_only_where_its_client_is_named() {
    for client in [
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "1950A258-227B-4E31-A9CF-717495945FC2",
        "b15665d9-eda6-4092-8539-0eec376afd59",
        "d50ca740-c83f-4d1b-b616-12c519384f0c",
        "facd6cff-a294-4415-b59f-c5b01937d7bd",
    ] {
        let source = rows(vec![Record {
            client_id: Some(client.to_owned()),
            ..record("0.a")
        }]);
        let reason = |options: &PlanOptions| {
            let plan = plan(&source, options);
            let skipped = plan.summary().skipped.first();
            skipped.map(|skipped| skipped.reason)
        };
        let named = |client: &str| PlanOptions {
            client_id: Some(client.to_owned()),
            ..PlanOptions::default()
        };
        let unnamed = reason(&PlanOptions::default());
        assert_eq!(unnamed, Some(SkipReason::FirstPartyClient), "{client}");
        assert_eq!(reason(&named(CLIENT)), Some(SkipReason::OtherClient));
        assert_eq!(reason(&named(&client.to_lowercase())), None, "{client}");
    }
}
