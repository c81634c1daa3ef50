//! Signing users out, and looking into a token cache.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::msal::msal;

const HOST: &str = "login.microsoftonline.com";
const FAR: &str = "4000000000";

/// A cache with a user of two clients, another user, and what other programs have left.
fn cache() -> Value {
    let account = |home: &str, name: &str| {
        json!({
            "home_account_id": home, "environment": HOST, "realm": "t", "local_account_id": "l", "username": name,
            "authority_type": "MSSTS",
        })
    };
    let refresh_token = |home: &str, client: &str, secret: &str| {
        json!({
            "credential_type": "RefreshToken", "secret": secret, "home_account_id": home, "environment": HOST,
            "client_id": client, "target": "", "last_modification_time": "1700000000",
        })
    };
    json!({
        "AccessToken": { format!("a.t-{HOST}-accesstoken-one-t-user.read"): {
            "credential_type": "AccessToken", "secret": "never-shown-1", "home_account_id": "a.t", "environment": HOST,
            "client_id": "one", "target": "User.Read", "realm": "t", "token_type": "Bearer", "expires_on": FAR,
        } },
        "Account": {
            format!("a.t-{HOST}-t"): account("a.t", "alice@contoso.example"),
            format!("b.t-{HOST}-t"): account("b.t", "bob@contoso.example"),
        },
        "RefreshToken": {
            format!("a.t-{HOST}-refreshtoken-one--"): refresh_token("a.t", "one", "never-shown-2"),
            format!("a.t-{HOST}-refreshtoken-two--"): refresh_token("a.t", "two", "never-shown-3"),
            format!("b.t-{HOST}-refreshtoken-one--"): refresh_token("b.t", "one", "never-shown-4"),
            "odd": refresh_token("n.t", "one", "never-shown-5"),
        },
        "Extra": { "kept": "never-shown-6" },
    })
}

fn write(folder: &Path, cache: &Value) {
    fs::write(folder.join("cache.json"), cache.to_string()).unwrap();
}

fn read(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("cache.json")).unwrap()).unwrap()
}

fn users(cache: &Value) -> Vec<&str> {
    let accounts = cache["Account"].as_object().unwrap().values();
    accounts
        .map(|account| account["username"].as_str().unwrap())
        .collect()
}

#[test]
fn a_user_is_signed_out_and_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "alice@contoso.example",
        "ALICE@contoso.example",
        "a.t",
        "A.T",
    ] {
        write(folder.path(), &cache());
        let run = msal(folder.path(), ["logout", "cache.json", "--account", name]);
        assert_eq!(run.status, 0, "{name}: {}", run.stderr);
        assert_eq!(
            run.stdout,
            "alice@contoso.example is signed out\nremoved: 1 access token, 1 account entry, 2 refresh tokens\n"
        );
        assert!(
            run.stderr.contains("session in the browser lives on"),
            "{}",
            run.stderr
        );
        let left = read(folder.path());
        assert_eq!(users(&left), ["bob@contoso.example"]);
        assert!(
            left.to_string().contains("never-shown-4")
                && left.to_string().contains("never-shown-6")
        );
        for gone in ["never-shown-1", "never-shown-2", "never-shown-3"] {
            assert!(!left.to_string().contains(gone), "{gone}");
        }
    }
}

#[test]
fn the_tokens_of_one_client_go_and_those_of_others_are_told() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &cache());
    let arguments = [
        "logout",
        "cache.json",
        "--account",
        "a.t",
        "--client-id",
        "one",
    ];
    let run = msal(folder.path(), arguments);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("refresh tokens of 1 other client stay"),
        "{}",
        run.stdout
    );
    assert!(read(folder.path()).to_string().contains("never-shown-3"));
}

#[test]
fn everybody_is_signed_out_and_what_is_nobodys_is_told() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &cache());
    let run = msal(folder.path(), ["logout", "cache.json", "--all"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(
        run.stdout
            .lines()
            .filter(|line| line.ends_with("is signed out"))
            .count(),
        2
    );
    assert!(
        run.stderr.contains("1 refresh token of no account stay"),
        "{}",
        run.stderr
    );
    assert_eq!(users(&read(folder.path())), [""; 0]);
    let before = fs::read(folder.path().join("cache.json")).unwrap();
    assert_eq!(msal(folder.path(), ["logout", "cache.json"]).status, 0);
    let again = msal(folder.path(), ["logout", "cache.json", "--all"]);
    assert_eq!(
        (again.status, again.stdout.as_str()),
        (0, "nobody was signed in\n")
    );
    assert_eq!(fs::read(folder.path().join("cache.json")).unwrap(), before);
}

#[test]
fn who_is_meant_must_be_clear() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &cache());
    let before = fs::read(folder.path().join("cache.json")).unwrap();
    for (arguments, status, word) in [
        (&["cache.json"][..], 2, "--account"),
        (&["cache.json", "--account", "nobody"], 2, "no such account"),
        (&["cache.json", "--account", "a.t", "--all"], 2, "--all"),
        (
            &["cache.json", "--account", "a.t", "--client-id", "typo"],
            2,
            "these do: one, two",
        ),
        (&["missing.json", "--all"], 1, "missing.json"),
    ] {
        let run = msal(folder.path(), [&["logout"], arguments].concat());
        assert_eq!(run.status, status, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(word), "{arguments:?}: {}", run.stderr);
    }
    assert_eq!(fs::read(folder.path().join("cache.json")).unwrap(), before);
    assert!(!folder.path().join("missing.json").exists());
}

#[test]
fn a_user_of_several_clouds_is_signed_out_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = cache();
    for section in ["Account", "RefreshToken"] {
        let entries = cache[section].as_object_mut().unwrap();
        entries.retain(|key, _| key.starts_with("a.t"));
        let (key, mut entry) = entries
            .iter()
            .next()
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .unwrap();
        entry["environment"] = "login.microsoftonline.us".into();
        entries.insert(key.replace(HOST, "login.microsoftonline.us"), entry);
    }
    write(folder.path(), &cache);
    let run = msal(folder.path(), ["logout", "cache.json", "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(told["signed_out"].as_array().unwrap().len(), 2);
    assert_eq!(
        (
            &told["removed"]["RefreshToken"],
            &told["removed"]["Account"]
        ),
        (&json!(3), &json!(2))
    );
    assert_eq!(users(&read(folder.path())), [""; 0]);
}

#[test]
fn a_cache_is_told_without_a_secret_or_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut odd = cache();
    odd["AccessToken"]["broken"] = json!("never-shown-7");
    odd["Account"]["x"] = json!({
        "home_account_id": "x.t", "environment": "never shown\u{1b}[2J\n", "realm": "r".repeat(500), "username": "hidden",
    });
    odd["\u{1b}]0;title\u{7}"] = json!(1);
    write(folder.path(), &odd);
    let before = fs::read(folder.path().join("cache.json")).unwrap();
    let run = msal(folder.path(), ["cache", "inspect", "cache.json"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    for line in [
        "  RefreshToken  4 entries",
        "1 of 2 still valid, the last until 2096-10-02T07:06:40Z",
        "  the oldest stored 2023-11-14T22:13:20Z (",
        "login.microsoftonline.com/t  2 users",
        "AccessToken: 1 entry that cannot be read",
        "RefreshToken: 1 entry under an unusual key",
        "RefreshToken: 1 entry without an account",
        "Account: 1 entry without a refresh token",
        "Account: 1 entry at hosts that are not Microsoft's",
        "2 members beside the sections: (not a name), Extra",
    ] {
        assert!(run.stdout.contains(line), "{line}\n{}", run.stdout);
    }
    let json = msal(
        folder.path(),
        ["cache", "inspect", "cache.json", "--format", "json"],
    );
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["sections"]["RefreshToken"], 4);
    assert_eq!(document["access_tokens"]["valid_until"], 4_000_000_000_u64);
    let kinds = document["oddities"].as_array().unwrap();
    assert!(
        kinds
            .iter()
            .any(|odd| odd["kind"] == "unreadable" && odd["section"] == "AccessToken")
    );
    for text in [&run.stdout, &json.stdout] {
        for hidden in ["never", "alice", "bob", "hidden", "rrrr", "\u{1b}", "title"] {
            assert!(!text.contains(hidden), "{hidden}\n{text}");
        }
    }
    assert_eq!(fs::read(folder.path().join("cache.json")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_cache_that_others_can_read_is_odd() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &cache());
    let path = folder.path().join("cache.json");
    for (mode, is_exposed) in [(0o600, false), (0o640, true), (0o604, true)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let run = msal(folder.path(), ["cache", "inspect", "cache.json"]);
        assert_eq!(
            run.stdout.contains("chmod 600"),
            is_exposed,
            "{mode:o}: {}",
            run.stdout
        );
    }
}

#[test]
fn what_is_no_cache_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (text, word) in [
        ("", "empty"),
        ("{", "not a token cache"),
        (r#"{"a": 1}"#, "no section"),
    ] {
        fs::write(folder.path().join("cache.json"), text).unwrap();
        let run = msal(folder.path(), ["cache", "inspect", "cache.json"]);
        assert_eq!(
            (run.status, run.stdout.as_str()),
            (1, ""),
            "{text}: {}",
            run.stderr
        );
        assert!(run.stderr.contains(word), "{text}: {}", run.stderr);
    }
    let run = msal(folder.path(), ["cache", "inspect", "missing.json"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    fs::write(folder.path().join("cache.json"), "{}").unwrap();
    let run = msal(folder.path(), ["cache", "inspect", "cache.json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stdout.contains("Accounts\n  none\n"), "{}", run.stdout);
}
