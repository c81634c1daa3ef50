//! Users of tenants that they visit.

use super::authority::authority_of;
use super::*;

#[test]
fn the_token_of_a_guest_is_redeemed_where_its_user_is_at_home() {
    let at = |tenant: &str, guest: bool| Record {
        authority: Some(format!("https://login.microsoftonline.com/{tenant}")),
        flags: RecordFlags {
            guest,
            ..RecordFlags::default()
        },
        ..record("0.a")
    };
    let elsewhere = || at("fabrikam.example", true);
    let retired = Record {
        resource: Some("https://graph.windows.net".to_owned()),
        ..at(TENANT, false)
    };
    for (records, expected) in [
        (vec![elsewhere(), at(TENANT, false)], TENANT),
        (vec![at(TENANT, false), elsewhere()], TENANT),
        (vec![elsewhere(), retired], TENANT),
        // Who signed in at a shared authority was at home.
        (vec![elsewhere(), at("common", false)], "organizations"),
        (
            vec![at("common", false), elsewhere(), at(TENANT, false)],
            TENANT,
        ),
        (vec![elsewhere()], "fabrikam.example"),
    ] {
        let redemptions = redemptions(&rows(records), &PlanOptions::default());
        let realms = redemptions.iter().map(|it| it.authority.realm());
        assert_eq!(realms.collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn a_guest_with_a_personal_account_is_not_taken_to_organizations() {
    let flags = |guest, personal_account| RecordFlags {
        guest,
        personal_account,
        ..RecordFlags::default()
    };
    let host = "https://login.microsoftonline.com";
    let shared = || Some(format!("{host}/common"));
    let by_name = || Some(format!("{host}/contoso.example"));
    for (authority, token, flags, named_tenant, expected) in [
        (shared(), "0.a", flags(true, true), "organizations", TENANT),
        (shared(), "0.a", flags(true, true), "common", "common"),
        (
            shared(),
            "0.a",
            flags(true, true),
            "fabrikam.example",
            "fabrikam.example",
        ),
        (
            shared(),
            "0.a",
            flags(true, false),
            "organizations",
            "organizations",
        ),
        // Azure CLI leaves the tenant's GUID out.
        (
            by_name(),
            "0.a",
            flags(false, true),
            "organizations",
            "contoso.example",
        ),
        (
            by_name(),
            "0.a",
            flags(false, false),
            "organizations",
            "organizations",
        ),
    ] {
        let record = Record {
            authority,
            user: UserHints {
                tid: Some(TENANT.to_owned()).filter(|_| flags.guest),
                ..UserHints::default()
            },
            flags,
            ..record(token)
        };
        let options = named(&format!("{host}/{named_tenant}"));
        assert_eq!(authority_of(record, &options), format!("{host}/{expected}"));
    }
}
