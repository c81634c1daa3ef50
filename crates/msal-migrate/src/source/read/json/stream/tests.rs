use std::io;

use proptest::prelude::*;
use serde_json::Value as Tree;

use super::*;
use crate::source::read::json::slice::parse_first;

/// Gives so many bytes at a time, so that boundaries fall everywhere.
struct Trickle<'a> {
    text: &'a [u8],
    step: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = buffer.len().min(self.step);
        self.text.read(&mut buffer[..end])
    }
}

/// The elements of an array, as text.
fn elements(text: &str, step: usize) -> Result<Vec<String>, JsonError> {
    let mut stream = JsonStream::new(Trickle {
        text: text.as_bytes(),
        step,
    });
    let mut elements = Vec::new();
    let _to_the_end = stream.for_each_element(|index, value| {
        assert_eq!(index, elements.len() as u64);
        let offset = usize::try_from(value.offset).unwrap();
        assert!(text.as_bytes()[offset..].starts_with(value.bytes));
        elements.push(String::from_utf8(value.bytes.to_vec()).unwrap());
        Ok(ControlFlow::Continue(()))
    })?;
    stream.end()?;
    Ok(elements)
}

#[test]
fn elements_are_handed_out_as_they_are_written() {
    let table = [
        ("[]", vec![]),
        (" [ 1 , -2.5e3 ] ", vec!["1", "-2.5e3"]),
        (
            r#"["]","\"]","\\",""]"#,
            vec![r#""]""#, r#""\"]""#, r#""\\""#, r#""""#],
        ),
        (
            r#"[{"a":[{"b":"}"}]},null]"#,
            vec![r#"{"a":[{"b":"}"}]}"#, "null"],
        ),
        ("[true,[[]],false]", vec!["true", "[[]]", "false"]),
    ];
    for (text, expected) in table {
        for step in 1..6 {
            assert_eq!(elements(text, step).unwrap(), expected, "{text}");
        }
    }
}

#[test]
fn what_is_no_array_is_an_error() {
    let table = [
        ("[1,]", "byte 3: expected a value after `,`"),
        ("[,1]", "byte 1: expected a value"),
        ("[1 2]", "byte 3: expected `,` or the end of the list"),
        ("[1]]", "byte 3: expected the end of the text"),
        ("[}", "byte 1: expected a value"),
        (
            "",
            "the text ends at byte 0, where an array or an object should be",
        ),
        ("[", "the text ends at byte 1, where a list should be"),
        (
            "[1",
            "the text ends at byte 2, where `,` or the end of the list should be",
        ),
        (
            r#"[{"a":"#,
            "the text ends at byte 6, inside the value that starts at byte 1",
        ),
        (
            r#"["a\"#,
            "the text ends at byte 4, inside the value that starts at byte 1",
        ),
    ];
    for (text, message) in table {
        for step in 1..3 {
            assert_eq!(
                elements(text, step).unwrap_err().to_string(),
                message,
                "{text}"
            );
        }
    }
}

#[test]
fn passing_over_a_value_ends_where_reading_it_does() {
    for value in [
        "1",
        "null",
        r#""\\\"x""#,
        r#"{"a":["]"]}"#,
        "[[],{}]",
        r#""""#,
    ] {
        let text = format!("[{value} , 7]");
        for step in 1..4 {
            let mut stream = JsonStream::new(Trickle {
                text: text.as_bytes(),
                step,
            });
            stream.enter(b'[').unwrap();
            assert!(stream.advance(b']', true).unwrap());
            stream.skip().unwrap();
            assert!(stream.advance(b']', false).unwrap());
            assert_eq!(stream.value().unwrap().bytes, b"7");
        }
    }
}

/// The objects of an array as text, and how many of them were read in memory.
fn objects(text: &str, step: usize) -> Result<(Vec<String>, usize), JsonError> {
    let mut stream = JsonStream::new(Trickle {
        text: text.as_bytes(),
        step,
    });
    let (mut objects, mut in_memory) = (Vec::new(), 0);
    stream.enter(b'[')?;
    while stream.advance(b']', objects.is_empty())? {
        let object = stream.object_in_memory(|text| {
            let (_object, length) = parse_first::<Tree>(text)?;
            Some((text[..length].to_vec(), length))
        });
        in_memory += usize::from(object.is_some());
        let object = match object {
            Some(object) => object,
            None => stream.value()?.bytes.to_vec(),
        };
        objects.push(String::from_utf8(object).unwrap());
    }
    stream.end()?;
    Ok((objects, in_memory))
}

#[test]
fn an_object_in_memory_is_the_one_that_would_be_found() {
    for text in [
        r#"[{},{"a":{"b":["}"]}} , {"\\":"\""}]"#,
        r#"[1,{"a":2},[3],"{}",{ }]"#,
        r#"[{"a":]},{a:1},{"a":1]]"#,
        r#"[{"a":1}}]"#,
        "[{},]",
        "[{}",
        r#"[{"a":1"#,
    ] {
        for step in 1..=text.len() {
            let objects = objects(text, step).map(|(objects, _in_memory)| objects);
            assert_eq!(
                objects.map_err(|error| error.to_string()),
                elements(text, step).map_err(|error| error.to_string()),
                "{text}"
            );
        }
    }
    let text = r#"[{},7,{"a":{"b":"}"}}]"#;
    assert_eq!(objects(text, text.len()).unwrap().1, 2);
    assert_eq!(objects(text, 1).unwrap().1, 0);
}

/// A long array that never exists as a whole.
struct Generated {
    entries: usize,
    pending: Vec<u8>,
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.pending.is_empty() && self.entries > 0 {
            self.entries -= 1;
            let separator = if self.entries == 0 { "]" } else { "," };
            let entry = format!(r#"{{"x":"{}"}}{separator}"#, "é".repeat(2500));
            self.pending = entry.into_bytes();
        }
        let count = buffer.len().min(self.pending.len());
        buffer[..count].copy_from_slice(&self.pending[..count]);
        self.pending.drain(..count);
        Ok(count)
    }
}

#[test]
fn memory_does_not_grow_with_the_text() {
    const ENTRIES: usize = 4000;
    let mut stream = JsonStream::new(Generated {
        entries: ENTRIES,
        pending: b"[".to_vec(),
    });
    let mut seen = 0;
    let _to_the_end = stream
        .for_each_element(|_index, value| {
            assert_eq!(value.bytes.len(), 5008);
            seen += 1;
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    assert_eq!(seen, ENTRIES);
    assert_eq!(stream.offset(), (ENTRIES * 5009 + 1) as u64);
    // Some 20 MB went through it.
    assert_eq!(stream.window.capacity(), 256 * 1024);
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::from),
        any::<i64>().prop_map(Tree::from),
        any::<f64>().prop_map(Tree::from),
        ".*".prop_map(Tree::from),
        "[\"\\\\{}\\[\\]:,]*".prop_map(Tree::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::from),
            prop::collection::hash_map(".*", inner, 0..6)
                .prop_map(|members| Tree::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_text_is_split_as_a_parser_splits_it(
        list in prop::collection::vec(tree(), 0..8),
        pretty in any::<bool>(),
        step in 1_usize..40,
    ) {
        let text = if pretty {
            serde_json::to_string_pretty(&list).unwrap()
        } else {
            serde_json::to_string(&list).unwrap()
        };
        let split = elements(&text, step).unwrap();
        prop_assert_eq!(split.len(), list.len());
        for (part, expected) in split.iter().zip(&list) {
            prop_assert_eq!(&serde_json::from_str::<Tree>(part).unwrap().to_string(), &serde_json::from_str::<Tree>(&expected.to_string()).unwrap().to_string());
        }
    }
}
