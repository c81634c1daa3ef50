//! Two writers of one cache.

use std::time::Duration;

use serde_json::json;

use super::*;

#[test]
fn rebasing_keeps_both_writers_entries() {
    let ours = cache_with(Dialect::Python, json!({}));
    let theirs = parse(WORKED_SAMPLE);
    let merged = ours.rebase_onto(theirs);
    assert_eq!(merged.accounts().len(), 3);
    assert!(merged.is_changed());
    assert_eq!(
        merged.refresh_tokens.len(),
        4,
        "another target is another entry"
    );
}

#[test]
fn rebasing_lets_the_newer_refresh_token_win() {
    let older = cache_with(Dialect::Python, json!({"refresh_token": "OLDER"}));
    let mut newer = TokenCache::default();
    let response = response(json!({"refresh_token": "NEWER"}));
    newer.add(&TokenEvent {
        now: T0 + Duration::from_secs(1),
        ..event(&response, &ScopeSet::default())
    });
    newer.mark_saved();
    let merged = value(&older.rebase_onto(newer));
    let token = merged["RefreshToken"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap();
    assert_eq!(token["secret"], "NEWER");
}

#[test]
fn rebasing_honours_removals() {
    let mut ours = parse(WORKED_SAMPLE);
    assert!(ours.remove_account(APP, &alice()));
    assert!(!ours.remove_account(APP, &alice()), "there is nothing left");
    let merged = ours.rebase_onto(parse(WORKED_SAMPLE));
    assert_eq!(merged.accounts().len(), 2);
    assert!(matches!(
        ask(&merged, "User.Read", T0),
        Silent::InteractionRequired
    ));
}

#[test]
fn rebasing_removes_what_was_renewed_for_a_user_who_signed_out_here() {
    let (mut ours, mut theirs) = (parse(WORKED_SAMPLE), parse(WORKED_SAMPLE));
    ours.remove_account(APP, &alice());
    assert!(renew(&mut theirs, "RT-NEXT", "RT-FAMILY"));
    let merged = value(&ours.rebase_onto(theirs)).to_string();
    assert!(!merged.contains(ALICE));
}

#[test]
fn rebasing_does_not_bring_back_who_signed_out_there() {
    let (mut ours, mut theirs) = (parse(WORKED_SAMPLE), parse(WORKED_SAMPLE));
    assert!(renew(&mut ours, "RT-NEXT", "RT-FAMILY"));
    theirs.remove_account(APP, &alice());
    theirs.mark_saved();
    let before = written(&theirs);
    let merged = ours.rebase_onto(theirs);
    assert!(!written(&merged).contains(ALICE));
    assert_eq!(value(&merged)["Account"], value(&parse(&before))["Account"]);
}

#[test]
fn rebasing_knows_who_signed_out_there_whatever_the_case_of_the_host() {
    let (before, after) = WORKED_SAMPLE.split_once("RT-FAMILY").unwrap();
    let host = "\"login.microsoftonline.com\"";
    let after = after.replacen(host, &host.to_uppercase(), 1);
    let text = format!("{before}RT-FAMILY{after}");
    let (mut ours, mut theirs) = (parse(&text), parse(&text));
    assert!(renew(&mut ours, "RT-NEXT", "RT-FAMILY"));
    theirs.remove_account(APP, &alice());
    theirs.mark_saved();
    let merged = written(&ours.rebase_onto(theirs));
    assert!(!merged.contains("RT-NEXT") && !merged.contains(ALICE));
}

#[test]
fn rebasing_keeps_a_sign_in_that_overlaps_a_sign_out() {
    let (mut ours, mut theirs) = (parse(WORKED_SAMPLE), parse(WORKED_SAMPLE));
    // It goes into entries that are there, then it is renewed, and it is a sign-in all the same.
    let response = response(json!({
        "refresh_token": "RT-SIGNED-IN", "scope": "User.Read email https://graph.microsoft.com/Mail.Read openid profile",
    }));
    ours.add(&event(&response, &ScopeSet::default()));
    assert!(renew(&mut ours, "RT-NEXT", "RT-SIGNED-IN"));
    theirs.remove_account(APP, &alice());
    theirs.mark_saved();
    let merged = ours.rebase_onto(theirs);
    assert!(written(&merged).contains("RT-NEXT"));
    assert!(
        merged
            .account(&alice().home_account_id, &[alice().environment])
            .is_some()
    );
}

#[test]
fn rebasing_forgets_a_sign_out_that_they_made_as_well() {
    let (mut ours, mut theirs) = (parse(WORKED_SAMPLE), parse(WORKED_SAMPLE));
    ours.remove_account(APP, &alice());
    theirs.remove_account(APP, &alice());
    theirs.mark_saved();
    let merged = ours.rebase_onto(theirs);
    assert!(!merged.is_changed(), "there is nothing to save");
    // Whoever signs in again later is not signed out by it.
    let later = merged.rebase_onto(parse(WORKED_SAMPLE));
    assert_eq!(later.accounts().len(), 3);
}

#[test]
fn rebasing_replaces_what_they_stored_under_another_key() {
    let theirs = written(&cache_with(
        Dialect::Node3,
        json!({"refresh_token": "RT-OLD"}),
    ));
    let theirs = TokenCache::parse(Bytes::from(theirs), Dialect::Node).unwrap();
    let ours = cache_with(Dialect::Node, json!({"refresh_token": "RT-NEW"}));
    let mut merged = ours.rebase_onto(theirs);
    let counts = |cache: &TokenCache| {
        [
            cache.access_tokens.len(),
            cache.accounts.len(),
            cache.id_tokens.len(),
            cache.refresh_tokens.len(),
        ]
    };
    assert_eq!(counts(&merged), [1; 4]);
    assert!(!written(&merged).contains("RT-OLD"));
    merged.mark_saved();
    let again = ours.rebase_onto(merged);
    assert!(!again.is_changed(), "doing it twice changes nothing more");
}

#[test]
fn rebasing_leaves_a_newer_refresh_token_under_another_key() {
    let mut theirs = TokenCache::default();
    let newer = response(json!({"refresh_token": "RT-NEWER", "scope": "Mail.Read"}));
    theirs.add(&TokenEvent {
        now: T0 + Duration::from_secs(1),
        ..event(&newer, &ScopeSet::default())
    });
    theirs.mark_saved();
    let ours = cache_with(Dialect::Python, json!({"refresh_token": "RT-OLDER"}));
    let merged = ours.rebase_onto(theirs);
    assert_eq!(merged.refresh_tokens.len(), 1);
    assert!(written(&merged).contains("RT-NEWER") && !written(&merged).contains("RT-OLDER"));
}

#[test]
fn rebasing_keeps_the_successor_of_the_very_token_that_they_have_whatever_their_clock_says() {
    for time in ["1700000600", "1700003599000", "9999999999"] {
        let before = "\"last_modification_time\": \"1700000000\"";
        let after = format!("\"last_modification_time\": \"{time}\"");
        let text = WORKED_SAMPLE.replace(before, &after);
        assert_ne!(text, WORKED_SAMPLE);
        let mut ours = parse(&text);
        renew(&mut ours, "RT-NEXT", "RT-FAMILY");
        let merged = ours.rebase_onto(parse(&text));
        assert!(written(&merged).contains("RT-NEXT"), "{time}");
        // Twice before it is saved.
        renew(&mut ours, "RT-LAST", "RT-NEXT");
        let merged = written(&ours.rebase_onto(parse(&text)));
        assert!(
            merged.contains("RT-LAST") && !merged.contains("RT-FAMILY"),
            "{time}"
        );
        // What they have renewed since is newer by their clock.
        let theirs = parse(&text.replace("RT-FAMILY", "RT-THEIRS"));
        let merged = written(&ours.rebase_onto(theirs));
        assert_eq!(
            merged.contains("RT-THEIRS"),
            time != "1700003599000",
            "{time}"
        );
    }
}
