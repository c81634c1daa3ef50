//! The demo, and what can be done with what a migration leaves.

use serde_json::Value;

use crate::msal::msal;

#[test]
fn the_demo_migrates_everybody_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let run = msal(folder.path(), ["demo", "--users", "12"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    for line in [
        "15 of 15 tokens migrated into msal_cache.json",
        "verified: 15 of 15 silent calls answered, 15 from the cache",
        "counted at the emulator: 15 redemptions for 15 distinct tokens",
        "secret           [redacted]",
        "msal migrate plan CACHE",
    ] {
        assert!(run.stdout.contains(line), "{line}\n{}", run.stdout);
    }
    assert!(
        !run.stdout.contains('\u{1b}'),
        "no colours where no terminal is"
    );
}

#[test]
fn the_demo_speaks_json() {
    let folder = tempfile::tempdir().unwrap();
    let run = msal(folder.path(), ["demo", "--users", "4", "--format", "json"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&document["tokens"], &document["redemptions"]),
        (&5.into(), &5.into())
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn reading_a_cache_that_is_not_there_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        vec!["accounts", "cache.json"],
        vec!["migrate", "verify", "cache.json"],
        vec!["token", "cache.json", "--account", "a", "--scope", "s"],
    ] {
        let run = msal(folder.path(), &command);
        assert_eq!(run.status, 1, "{command:?}");
        assert!(run.stderr.contains("cache.json"), "{}", run.stderr);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn accounts_are_listed_from_a_cache_that_msal_python_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let cache = include_str!("../../../msal-core/tests/data/cache/msal_python_worked_sample.json");
    std::fs::write(folder.path().join("cache.json"), cache).unwrap();
    let run = msal(folder.path(), ["accounts", "cache.json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.stdout.lines().count(), 3);
    assert!(run.stdout.starts_with("alice@contoso.com"));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("cache.json")).unwrap(),
        cache
    );
}
