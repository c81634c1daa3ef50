//! What a cache may say.

use super::*;

#[tokio::test]
async fn a_poisoned_cache_does_not_choose_the_host() {
    let world = World::new();
    let alice = world.sign_in(&world.desktop(), DESKTOP, ALICE).await;
    let alice = alice.account.unwrap();
    let text = String::from_utf8(world.store.bytes().await.unwrap().to_vec()).unwrap();
    for host in [
        "evil.example",
        "169.254.169.254",
        "login.microsoftonline.com.evil.example",
    ] {
        world.store.put(text.replace(HOST, host)).await;
        let app = world.desktop();
        let before = world.http.sent().len();
        for _ in 0..2 {
            let silent = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
            assert!(matches!(silent, Err(Error::InteractionRequired(_))));
            assert!(world.ask(app.accounts()).await.unwrap().is_empty());
            world.advance(crate::world::DAY);
        }
        assert_eq!(world.http.sent().len(), before, "{host}");
    }
}

/// Host names that a poisoned cache may have, most of them meant to be taken for the host that was named or for Microsoft's.
const POISON: [&str; 16] = [
    "evil.example",
    "evil.example:8443",
    "emulator.example:9999",
    "emulator.example:8443@evil.example",
    "user@emulator.example:8443",
    "emulator.example:8443/evil",
    "evil.example/emulator.example:8443",
    "evil.example\\emulator.example",
    "evil.example#emulator.example",
    "emulator.example:8443.evil.example",
    "emulator.example.",
    "\u{435}mulator.example",
    "emulator.example\n",
    "login.microsoftonline.com@evil.example",
    "login.microsoftonline.com.evil.example",
    "login.microsoftonline.com:8443",
];

/// A cache with Alice's token under a host's name.
fn poisoned(environment: &str, token: &str) -> Value {
    let home = format!("u.{CONTOSO_ID}");
    json!({
        "Account": {"a": {
            "home_account_id": home, "environment": environment, "realm": CONTOSO_ID,
            "local_account_id": "u", "username": ALICE, "authority_type": "MSSTS",
        }},
        "RefreshToken": {"r": {
            "credential_type": "RefreshToken", "secret": token, "home_account_id": home,
            "environment": environment, "client_id": DESKTOP, "target": "", "family_id": "1",
        }},
        "AppMetadata": {"m": {"client_id": DESKTOP, "environment": environment, "family_id": "1"}},
    })
}

#[tokio::test]
async fn no_call_sends_anything_to_a_host_that_only_the_cache_names() {
    let named = "https://emulator.example:8443/common";
    for environment in POISON {
        for app in [0, 1, 2] {
            let world = World::new();
            let token = world.adal_sign_in(ALICE, DESKTOP);
            world
                .store
                .put(poisoned(environment, token.expose_secret()).to_string())
                .await;
            let builder = world.builder(DESKTOP);
            let app = match app {
                0 => builder,
                1 => builder.known_authority(parse(named)),
                _ => builder
                    .known_authority(parse(named))
                    .authority(Authority::common()),
            };
            let app = app.build().unwrap();
            let home = HomeAccountId::new(&format!("u.{CONTOSO_ID}"));
            let mut accounts = world.ask(app.accounts()).await.unwrap();
            assert_eq!(accounts, [], "{environment:?}");
            accounts.push(Account::new(home, environment));
            for account in &accounts {
                for is_forced in [false, true] {
                    let call = app.acquire_token_silent([GRAPH], account);
                    let answer = world.ask(call.force_refresh(is_forced)).await;
                    assert!(answer.is_err(), "{environment:?}");
                }
                world.ask(app.remove_account(account)).await.unwrap();
            }
            assert_eq!(hosts(&world), [""; 0], "{environment:?}");
        }
    }
}
