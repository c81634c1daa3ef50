//! The document: what other libraries wrote, what is broken, what is written.

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;

#[test]
fn a_cache_that_msal_python_wrote_is_written_back_byte_for_byte() {
    for text in [WORKED_SAMPLE, PYTHON, PYTHON_CONFIDENTIAL] {
        assert_eq!(written(&parse(text)), text.trim_end());
    }
}

#[test]
fn a_cache_that_msal_node_wrote_keeps_all_it_says() {
    for text in [NODE, NODE_FAMILY] {
        assert_eq!(
            value(&parse(text)),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }
}

#[test]
fn every_entry_msal_python_wrote_is_understood_and_keyed_alike() {
    let cache = parse(WORKED_SAMPLE);
    fn check<E: entry::Entry>(table: &Table<E>) -> usize {
        for record in table.records() {
            let entity = record.entry().unwrap();
            assert_eq!(record.key, entity.storage_key(Dialect::Python).as_str());
            let mut made = Vec::new();
            entry::write_entry(&mut made, entity, None);
            let mut read = Vec::new();
            record.write(&mut read);
            assert_eq!(made, read);
            assert!(crate::json::LONGEST_ESCAPE * entry::entry_size(entity, None) >= made.len());
        }
        table.len()
    }
    assert_eq!(check(&cache.access_tokens), 6);
    assert_eq!(check(&cache.accounts), 3);
    assert_eq!(check(&cache.id_tokens), 3);
    assert_eq!(check(&cache.refresh_tokens), 3);
    assert_eq!(check(&cache.app_metadata), 4);
}

#[test]
fn every_entry_msal_node_3_wrote_is_keyed_as_ours_would_be() {
    for text in [NODE, NODE_FAMILY] {
        let cache = parse(text);
        for record in cache.refresh_tokens.records() {
            assert_eq!(
                record.key,
                record.entry().unwrap().storage_key(Dialect::Node3).as_str()
            );
        }
        for record in cache.id_tokens.records() {
            assert_eq!(
                record.key,
                record.entry().unwrap().storage_key(Dialect::Node3).as_str()
            );
        }
        for record in cache.access_tokens.records() {
            assert_eq!(
                record.key,
                record.entry().unwrap().storage_key(Dialect::Node3).as_str()
            );
        }
    }
}

/// A time to renew that outlived its token would have every program renew the next one at every call.
#[test]
fn what_an_answer_no_longer_says_is_not_kept() {
    let requested = ScopeSet::from_wire("User.Read");
    let members = |cache: &TokenCache| {
        let sections = value(cache);
        [("AccessToken", "refresh_on"), ("RefreshToken", "family_id")].map(|(section, member)| {
            let entries: Vec<_> = sections[section].as_object().unwrap().values().collect();
            assert_eq!(entries.len(), 1, "{section}");
            entries[0].get(member).cloned()
        })
    };
    let mut cache = TokenCache::new(Dialect::Python);
    let first = response(json!({"refresh_in": 1800, "foci": "1"}));
    cache.add(&event(&first, &requested));
    assert_eq!(
        members(&cache),
        [Some(json!("1700001800")), Some(json!("1"))]
    );

    let mut cache = parse(&written(&cache));
    cache.add(&event(&response(json!({})), &requested));
    assert_eq!(members(&cache), [None, None]);
}

#[test]
fn unknown_members_entries_and_sections_survive_a_change() {
    let text = r#"{"Zukunft": {"a" : [1,2]}, "RefreshToken": {"odd": 5, "k": null},
        "AppMetadata": {"appmetadata-login.microsoftonline.com-11112222-bbbb-3333-cccc-4444dddd5555":
        {"client_id":"11112222-bbbb-3333-cccc-4444dddd5555","environment":"login.microsoftonline.com","new": {"x":1}}}}"#;
    let mut cache = parse(text);
    cache.add(&event(
        &response(json!({"foci": "1"})),
        &ScopeSet::default(),
    ));
    let value = value(&cache);
    assert_eq!(value["Zukunft"], json!({"a": [1, 2]}));
    assert_eq!(value["RefreshToken"]["odd"], 5);
    let metadata = &value["AppMetadata"][format!("appmetadata-login.microsoftonline.com-{APP}")];
    assert_eq!(
        (&metadata["new"], &metadata["family_id"]),
        (&json!({"x": 1}), &json!("1"))
    );
}

#[test]
fn one_broken_entry_spoils_nobody_elses() {
    let broken = [
        "\"a string\"",
        "null",
        "[]",
        "{}",
        "{\"secret\":{}}",
        "{\"secret\":\"x\",\"expires_on\":\"junk\"}",
    ];
    for section in [
        "AccessToken",
        "Account",
        "IdToken",
        "RefreshToken",
        "AppMetadata",
    ] {
        for entry in broken {
            let text = WORKED_SAMPLE.replacen(
                &format!("\"{section}\": {{"),
                &format!("\"{section}\": {{\"broken\": {entry},"),
                1,
            );
            let cache = parse(&text);
            assert!(
                matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)),
                "{section} {entry}"
            );
            assert_eq!(cache.accounts().len(), 3);
        }
    }
}

#[test]
fn numbers_may_be_numbers_or_strings() {
    let text = WORKED_SAMPLE.replace(
        "\"expires_on\": \"1700003599\"",
        "\"expires_on\": 1700003599.9",
    );
    assert!(
        matches!(ask(&parse(&text), "User.Read", T0), Silent::Hit(token)
        if token.expires_on == UnixTime::from_secs(1_700_003_599))
    );
}

#[test]
fn what_is_no_cache_is_an_error_with_a_place() {
    let error = |text: &str| {
        TokenCache::parse(Bytes::copy_from_slice(text.as_bytes()), Dialect::Python).unwrap_err()
    };
    assert_eq!(error(""), CacheFormatError::Empty);
    assert_eq!(error("\0\0\0"), CacheFormatError::Empty);
    assert_eq!(
        error("{\"Account\": []}"),
        CacheFormatError::Section { name: "Account" }
    );
    for text in ["null", "42", "[]", "\"x\"", "{} {}", "{\"a\":"] {
        assert!(
            matches!(error(text), CacheFormatError::NotJson { .. }),
            "{text}"
        );
    }
    for end in 0..WORKED_SAMPLE.trim_end().len() {
        if let Some(cut) = WORKED_SAMPLE.get(..end) {
            assert!(
                TokenCache::parse(Bytes::copy_from_slice(cut.as_bytes()), Dialect::Python).is_err()
            );
        }
    }
}

#[test]
fn a_byte_that_is_no_utf8_is_named_by_its_place() {
    let document = Bytes::from_static(b"{\n  \"a\": \xff}");
    let error = TokenCache::parse(document, Dialect::Python).unwrap_err();
    assert_eq!(error, CacheFormatError::NotJson { line: 2, column: 8 });
}

#[test]
fn deep_nesting_is_kept_as_text_and_breaks_nothing() {
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = WORKED_SAMPLE.replacen(
        "\"RefreshToken\": {",
        &format!("\"RefreshToken\": {{\n        \"x\": {nested},"),
        1,
    );
    let cache = parse(&text);
    assert_eq!(written(&cache), text.trim_end());
    assert!(matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)));
}

#[test]
fn a_cache_of_sections_repeated_keeps_the_entries_of_both() {
    let cache = parse(
        r#"{"RefreshToken":{"a":{"secret":"1","environment":"e"}},"RefreshToken":{"b":{"secret":"2","environment":"e"}}}"#,
    );
    assert_eq!(cache.refresh_tokens.len(), 2);
}

#[test]
fn debug_output_holds_no_secret() {
    let text = format!("{:?}", parse(WORKED_SAMPLE));
    for secret in ["RT-FAMILY", "AT-USER", "eyJ0"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn a_document_in_pieces_is_the_document() {
    let mut cache = parse(PYTHON);
    for number in 0..2_000 {
        let response =
            response(json!({"access_token": format!("A\"\u{e5}{number}{}", "t".repeat(900))}));
        let scopes = ScopeSet::from_wire(&format!("scope{number}"));
        let event = event(&response, &scopes);
        cache.add(&TokenEvent {
            realm: &format!("tenant{number}"),
            ..event
        });
    }
    let (mut pieces, mut whole) = (0, Vec::new());
    let each = &mut |piece: &[u8]| {
        pieces += 1;
        whole.extend_from_slice(piece);
        Ok::<(), ()>(())
    };
    cache.serialize_in_pieces(each).unwrap();
    assert_eq!(whole, cache.serialize());
    assert!(pieces > 4, "{pieces}");
    assert_eq!(parse(str::from_utf8(&whole).unwrap()).serialize(), whole);
    assert_eq!(cache.serialize_in_pieces(&mut |_| Err(7)), Err(7));
}

#[test]
fn what_any_library_wrote_and_we_added_to_reads_back_as_it_was_written() {
    let odd = r#"{"x\"\u00e5": [1], "AppMetadata": null, "AccessToken": {"k\"": 5, "a": {"secret": "S", "environment": "e",
        "\u0061dd": {"b": []}}}, "AccessToken": {"c": {}}}"#;
    for document in [
        WORKED_SAMPLE,
        PYTHON,
        PYTHON_CONFIDENTIAL,
        NODE,
        NODE_FAMILY,
        "{}",
        odd,
    ] {
        for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
            let cache = TokenCache::parse(Bytes::from_static(document.as_bytes()), dialect);
            let mut cache = cache.unwrap();
            let (response, scopes) = (response(json!({})), ScopeSet::default());
            for now in [None, Some(T0), Some(T0 + Duration::from_secs(9))] {
                if let Some(now) = now {
                    let event = event(&response, &scopes);
                    cache.add(&TokenEvent { now, ..event });
                }
                let text = written(&cache);
                cache = parse(&text);
                assert_eq!(written(&cache), text, "{now:?} {dialect:?} {document}");
            }
        }
    }
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

#[test]
fn a_cache_in_any_unicode_encoding_is_a_cache() {
    let text = WORKED_SAMPLE
        .trim_end()
        .replace("Alice", "\u{c5}lice \u{1f600}");
    let mark = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    for document in [
        mark(b"\xef\xbb\xbf", text.clone().into()),
        mark(b"\xff\xfe", utf16(&text, u16::to_le_bytes)),
        mark(b"\xfe\xff", utf16(&text, u16::to_be_bytes)),
        utf16(&text, u16::to_le_bytes),
        utf16(&text, u16::to_be_bytes),
    ] {
        let cache = TokenCache::parse(Bytes::from(document), Dialect::Python).unwrap();
        assert_eq!(written(&cache), text);
        assert!(matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)));
    }
}

#[test]
fn a_cache_in_utf_16_that_is_cut_is_none() {
    let whole = utf16("{\"Account\": {}}", u16::to_le_bytes);
    for end in 0..whole.len() {
        let cut = Bytes::copy_from_slice(&whole[..end]);
        assert!(TokenCache::parse(cut, Dialect::Python).is_err(), "{end}");
    }
    assert!(TokenCache::parse(Bytes::from(whole), Dialect::Python).is_ok());
}

#[test]
fn a_byte_that_is_no_text_spoils_its_member_and_nothing_else() {
    let (before, after) = WORKED_SAMPLE.split_once("alice@contoso.com").unwrap();
    let document = [before.as_bytes(), b"M\xfcller", after.as_bytes()].concat();
    let cache = TokenCache::parse(Bytes::from(document), Dialect::Python).unwrap();
    assert_eq!(cache.accounts().len(), 3);
    assert!(matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)));
    // The byte is kept, in a form that every reader of JSON takes.
    assert!(written(&cache).contains("M\\udcfcller"));
    assert_eq!(written(&parse(&written(&cache))), written(&cache));
}

#[test]
fn an_entry_that_is_no_json_is_kept_as_it_is_and_spoils_nothing_else() {
    for broken in [
        "NaN",
        "{\"secret\": \"x\", \"expires_on\": NaN}",
        "{\"a\": [Infinity, -Infinity]}",
        "tru",
    ] {
        for section in [
            "AccessToken",
            "Account",
            "IdToken",
            "RefreshToken",
            "AppMetadata",
            "Other",
        ] {
            let text = match section {
                "Other" => WORKED_SAMPLE.replacen('{', &format!("{{\"Other\": {broken},"), 1),
                section => {
                    let head = format!("\"{section}\": {{");
                    WORKED_SAMPLE.replacen(&head, &format!("{head}\"broken\": {broken},"), 1)
                }
            };
            let mut cache = parse(&text);
            assert!(
                matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)),
                "{text}"
            );
            assert_eq!(cache.accounts().len(), 3);
            cache.add(&event(&response(json!({})), &ScopeSet::default()));
            assert!(written(&cache).contains(&format!(": {broken}")), "{broken}");
        }
    }
}

#[test]
fn what_is_cut_or_torn_is_no_cache_though_an_entry_may_be_odd() {
    let text = WORKED_SAMPLE.trim_end().replace("\"1700003599\"", "NaN");
    parse(&text);
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let cut = Bytes::copy_from_slice(&text.as_bytes()[..end]);
        assert!(TokenCache::parse(cut, Dialect::Python).is_err(), "{end}");
    }
    for torn in [
        "{\"Account\": NaN}",
        "{\"Account\": {\"k\": {]}}",
        "{\"Account\": {\"k\" NaN}}",
    ] {
        let torn = Bytes::copy_from_slice(torn.as_bytes());
        assert!(TokenCache::parse(torn, Dialect::Python).is_err());
    }
}

#[test]
fn json_of_something_else_is_no_cache() {
    for text in [
        "{\"name\": \"app\", \"version\": 1}",
        "{\"accounts\": []}",
        "{\"a\": NaN}",
    ] {
        let parsed = TokenCache::parse(Bytes::from(text), Dialect::Python);
        assert_eq!(parsed.unwrap_err(), CacheFormatError::Foreign, "{text}");
    }
    for text in [
        "{}",
        "{\"Account\": null}",
        "{\"Other\": 1, \"AppMetadata\": {}}",
    ] {
        parse(text);
    }
}
