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

#[test]
fn a_user_of_another_tenant_is_at_home_in_the_same_cloud_and_where_their_kind_of_account_is() {
    let named = |url: &str| PlanOptions {
        authority: Some(AuthorityOverride::parse(url).unwrap()),
        ..PlanOptions::default()
    };
    let none = PlanOptions::default;
    let microsoft = "https://login.microsoftonline.com";
    for (authority, token, is_personal, options, expected) in [
        (
            "https://login.microsoftonline.com/contoso.example",
            "0.a",
            false,
            none(),
            Some("https://login.microsoftonline.com/organizations"),
        ),
        (
            "https://login.chinacloudapi.cn/contoso.example",
            "0.a",
            false,
            none(),
            Some("https://login.partner.microsoftonline.cn/organizations"),
        ),
        (
            "https://login.microsoftonline.com/contoso.example",
            "0.a",
            true,
            none(),
            Some("https://login.microsoftonline.com/consumers"),
        ),
        (
            "https://login.microsoftonline.com/contoso.example",
            "M.C5",
            false,
            none(),
            None,
        ),
        (
            "https://login.microsoftonline.com/organizations",
            "0.a",
            false,
            none(),
            None,
        ),
        (
            "https://login.microsoftonline.com/consumers",
            "0.a",
            false,
            none(),
            None,
        ),
        (
            "https://contoso.ciamlogin.com/contoso.example",
            "0.a",
            false,
            none(),
            None,
        ),
        // A host that is named is not a tenant that is, and a tenant that is named for another cloud is not named here.
        (
            "https://login.microsoftonline.com/contoso.example",
            "0.a",
            false,
            named(microsoft),
            Some("https://login.microsoftonline.com/organizations"),
        ),
        (
            "https://login.chinacloudapi.cn/contoso.example",
            "0.a",
            false,
            named("https://login.microsoftonline.com/fabrikam.example"),
            Some("https://login.partner.microsoftonline.cn/organizations"),
        ),
        (
            "https://login.microsoftonline.com/contoso.example",
            "0.a",
            false,
            named("https://login.microsoftonline.com/contoso.example"),
            None,
        ),
        (
            "https://login.microsoftonline.com/contoso.example",
            "0.a",
            false,
            named("https://login.microsoftonline.com/organizations"),
            None,
        ),
    ] {
        let record = Record {
            authority: Some(authority.to_owned()),
            flags: RecordFlags {
                personal_account: is_personal,
                ..RecordFlags::default()
            },
            ..record(token)
        };
        let redemptions = redemptions(&rows(vec![record]), &options);
        let home = redemptions[0].home.as_ref().map(ToString::to_string);
        assert_eq!(
            home.as_deref(),
            expected,
            "{authority} {token} {is_personal}"
        );
    }
}
