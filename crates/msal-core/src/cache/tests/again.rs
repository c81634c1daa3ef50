//! Reading a document again: what is known of it makes no difference.

use proptest::prelude::*;

use super::*;

/// All that can be told of a cache from outside its tables.
fn told(cache: &TokenCache) -> Vec<String> {
    fn table<E: entry::Entry + fmt::Debug>(table: &Table<E>, told: &mut Vec<String>) {
        assert_eq!(table.records().count(), table.len());
        assert_eq!(table.changes().count(), 0);
        for record in table.records() {
            let key = record.key.as_str();
            let mut text = Vec::new();
            record.write(&mut text);
            told.push(format!(
                "{key}: {} = {:?}",
                String::from_utf8(text).unwrap(),
                record.entry()
            ));
            assert_eq!(table.entry(key), record.entry());
            for term in record.entry().iter().flat_map(|entry| entry.terms()) {
                let found = table.find_with_keys(&term).map(|(key, _)| key.as_str());
                told.push(format!("{term:?}: {:?}", found.collect::<Vec<_>>()));
            }
        }
    }
    let mut told = vec![
        written(cache),
        format!("{cache:?} {}", cache.signed_out.len()),
    ];
    table(&cache.access_tokens, &mut told);
    table(&cache.accounts, &mut told);
    table(&cache.id_tokens, &mut told);
    table(&cache.refresh_tokens, &mut told);
    table(&cache.app_metadata, &mut told);
    told
}

fn again(known: &TokenCache, text: &str) -> Result<TokenCache, CacheFormatError> {
    known.parse_again(Bytes::copy_from_slice(text.as_bytes()))
}

/// Compares with what a parser makes of the text.
fn check(known: &TokenCache, text: &str) -> TokenCache {
    let parsed = TokenCache::parse(Bytes::copy_from_slice(text.as_bytes()), Dialect::Python);
    let read = again(known, text);
    assert_eq!(
        read.as_ref().map(told).map_err(ToString::to_string),
        parsed.as_ref().map(told).map_err(ToString::to_string),
        "{text}"
    );
    read.unwrap_or_default()
}

#[test]
fn a_document_that_is_known_is_not_parsed() {
    let known = parse(WORKED_SAMPLE);
    let read = check(&known, WORKED_SAMPLE);
    let place = |cache: &TokenCache| {
        let entries = cache.refresh_tokens.entries();
        let places = entries.map(|entry| entry.secret.expose_secret().as_ptr());
        places.collect::<Vec<_>>()
    };
    assert_eq!(place(&read), place(&known));
}

#[test]
fn every_document_is_read_as_it_stands_whatever_is_known() {
    let samples = [
        WORKED_SAMPLE,
        PYTHON,
        PYTHON_CONFIDENTIAL,
        NODE,
        NODE_FAMILY,
    ];
    for known in samples {
        let known = parse(known);
        for text in samples {
            let read = check(&known, text);
            check(&read, WORKED_SAMPLE);
        }
        for text in [
            "{}",
            "{\"Account\": {}}",
            "{\"Account\": null}",
            "",
            "[]",
            "{\"Account\": 5}",
        ] {
            check(&known, text);
        }
    }
}

#[test]
fn changes_that_were_not_saved_have_no_part_in_what_is_read_again() {
    let mut known = parse(WORKED_SAMPLE);
    known.add(&event(
        &response(json!({"foci": "1"})),
        &ScopeSet::default(),
    ));
    known.remove_account(APP, &alice());
    known.add(&event(
        &response(json!({"refresh_token": "RT2"})),
        &ScopeSet::default(),
    ));
    check(&known, WORKED_SAMPLE);
    let saved = written(&known);
    known.mark_saved();
    check(&known, &saved);
    check(&known, WORKED_SAMPLE);
}

#[test]
fn what_is_odd_in_a_document_is_read_as_by_a_parser() {
    let known = parse(WORKED_SAMPLE);
    let account = "\"Account\": {";
    for odd in [
        // An entry that is no JSON, one of no kind, a key that occurs twice, one with an escape.
        "\"n\": NaN,",
        "\"n\": null,",
        "\"n\": {\"home_account_id\": \"a\"}, \"n\": {\"home_account_id\": \"b\"},",
        "\"\\u006e\": {\"home_account_id\": \"\\u0061\"},",
    ] {
        let text = WORKED_SAMPLE.replacen(account, &format!("{account} {odd}"), 1);
        let read = check(&known, &text);
        check(&read, &text);
        check(&read, WORKED_SAMPLE);
    }
    let section = "\"Zukunft\": {\"a\": [1, 2]},";
    let text = WORKED_SAMPLE.replacen(account, &format!("{section} {account}"), 1);
    let read = check(&known, &text);
    let read = check(&read, &text);
    check(&read, &text.replace("[1, 2]", "[1]"));
    let twice = format!("{account} \"n\": {{}}}}, {account}");
    check(&known, &WORKED_SAMPLE.replacen(account, &twice, 1));
    for cut in 0..WORKED_SAMPLE.trim_end().len() {
        assert!(again(&known, &WORKED_SAMPLE[..cut]).is_err());
    }
    for garbage in ["}", "x", "\0", "{}"] {
        assert!(again(&known, &format!("{WORKED_SAMPLE}{garbage}")).is_err());
    }
}

#[test]
fn what_was_read_again_takes_little_more_memory_than_its_document() {
    let entry = |n: usize, text: usize| {
        format!(
            "\"k{n}\": {{\"home_account_id\": \"h{n}\", \"environment\": \"{}\"}}",
            "e".repeat(text)
        )
    };
    let document = |round: usize| {
        // Each round changes one entry, in turn, and all of them in the end.
        let entries = (0..100).map(|n| entry(n, 10_000 + (round + 99 - n) / 100));
        format!(
            "{{\"Account\": {{{}}}}}",
            entries.collect::<Vec<_>>().join(",")
        )
    };
    let mut cache = parse(&document(0));
    let mut parsed = 0;
    for round in 1..=300 {
        cache = again(&cache, &document(round)).unwrap();
        let Memory {
            document: size,
            copied,
        } = cache.memory;
        assert!(copied <= size / 4 + 65_536, "{round}: {copied} of {size}");
        parsed += usize::from(copied == 0);
    }
    assert!((3..30).contains(&parsed), "{parsed}");
    // Where most of what is in memory is gone from the document, it is let go of.
    let last = check(
        &cache,
        &format!("{{\"Account\": {{{}}}}}", entry(0, 10_002)),
    );
    assert!(last.memory.document < 20_000);
}

proptest! {
    #[test]
    fn any_two_documents_are_read_as_by_a_parser(
        (known, text) in (documents(), documents())
    ) {
        let known = parse(&known);
        let read = check(&known, &text);
        check(&read, &text);
    }
}

/// Documents of few keys and few texts, so that they have much in common, in any order and with keys that occur twice.
fn documents() -> impl Strategy<Value = String> {
    let entry = (0..6_u8, 0..3_u8, 0..2_u8).prop_map(|(key, user, host)| {
        format!(
            "\"k{key}\": {{\"secret\": \"s\", \"home_account_id\": \"u{user}\", \"environment\": \"h{host}\", \"client_id\": \"c\"}}"
        )
    });
    let entries = proptest::collection::vec(entry, 0..6).prop_map(|entries| entries.join(" ,\n"));
    let section = (0..6_usize, entries).prop_map(|(section, entries)| {
        let names = [
            "AccessToken",
            "Account",
            "IdToken",
            "RefreshToken",
            "AppMetadata",
            "Other",
        ];
        format!("\"{}\": {{ {entries} }}", names[section])
    });
    let sections = proptest::collection::vec(section, 1..7);
    sections.prop_map(|sections| format!("{{\"Account\": {{}}, {}}}", sections.join(",")))
}
