//! The userinfo endpoints (OpenID Connect Core §5.3).

use http::Request;
use msal_emulator::Emulator;
use msal_emulator::sample::{
    ALICE, CAROL, CONTOSO, DESKTOP, FAMILY_FILES, FAMILY_MAIL, WEB, WEB_SECRET,
};

use crate::support::{Answer, BASE, GRAPH, Protocol, SCOPE, at, emulator, send, token};

fn user_info(emulator: &Emulator, path: &str, token: &str) -> Answer {
    let request =
        Request::get(format!("{BASE}{path}")).header("authorization", format!("Bearer {token}"));
    send(emulator, request, "".into(), at(1))
}

fn redeem(emulator: &Emulator, protocol: Protocol, more: &[(&str, &str)], upn: &str) -> Answer {
    let client = more
        .iter()
        .find(|(name, _)| *name == "client_id")
        .map_or(DESKTOP, |(_, client)| client);
    let refresh_token = emulator.issue_refresh_token(upn, client, at(0)).unwrap();
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh_token),
    ];
    if client == DESKTOP {
        form.push(("client_id", DESKTOP));
    }
    form.extend_from_slice(more);
    let answer = token(emulator, protocol, CONTOSO, &form);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

#[test]
fn user_info_has_the_subject_of_the_clients_id_token() {
    let emulator = emulator();
    let web = [("client_id", WEB), ("client_secret", WEB_SECRET)];
    let mail = [("client_id", FAMILY_MAIL)];
    let files = [("client_id", FAMILY_FILES)];
    let mut subjects = Vec::new();
    for client in [&[][..], &web, &mail, &files] {
        for upn in [ALICE, CAROL] {
            for (protocol, asked) in [
                (Protocol::V2, ("scope", SCOPE)),
                (Protocol::V2, ("scope", "openid User.Read")),
                (Protocol::V1, ("resource", GRAPH)),
            ] {
                let answer = redeem(&emulator, protocol, &[client, &[asked]].concat(), upn);
                let said = user_info(&emulator, "/oidc/userinfo", &answer.text("access_token"));
                let subject = answer.claims("id_token")["sub"].clone();
                assert_eq!(said.json()["sub"], subject, "{client:?} {upn} {asked:?}");
                subjects.push(subject.as_str().unwrap().to_owned());
            }
        }
    }
    // They stay pairwise: four clients see two people, each under a name of its own.
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 8);
}
