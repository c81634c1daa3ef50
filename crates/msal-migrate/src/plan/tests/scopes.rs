//! What a record's token is redeemed for.

use super::*;

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
    // Who has named it need not be told to.
    let (scopes, warnings) = scopes_of(bare(), &options);
    assert_eq!(
        (scopes.as_str(), warnings),
        ("api://x/read", Warnings::default())
    );
    let government = Record {
        authority: Some("https://login.microsoftonline.us/c.example".to_owned()),
        ..bare()
    };
    assert_eq!(
        scopes_of(government, &PlanOptions::default()).0,
        "https://graph.microsoft.us/.default"
    );
}
