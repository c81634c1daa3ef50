//! `[input]`: what kind of store it is, and which part of it is read.

use crate::source::kind::SourceKind;
use crate::source::row::json_pointer::JsonPointer;

/// What kind of store it is, and which part of it is read. What is absent is detected.
#[derive(Clone, Debug, Default)]
pub(in crate::source) struct InputSpec {
    pub(in crate::source) format: Option<TextFormat>,
    /// What stands between the columns of a table.
    pub(in crate::source) separator: Option<u8>,
    /// Where the rows are in a JSON text.
    pub(in crate::source) records: Option<JsonPointer>,
    /// What is asked of a database: the first whose tables and columns are there.
    pub(in crate::source) queries: Vec<Query>,
}

/// A format that a mapping file can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum TextFormat {
    /// A format of text.
    Text(SourceKind),
    /// A database, or rows of it that were exported as text.
    Sql,
}

/// What is asked of a database.
#[derive(Clone, Debug)]
pub(in crate::source) struct Query {
    /// The tables that must be there, each with the columns that it must have.
    pub(in crate::source) needs: Vec<(String, Vec<String>)>,
    pub(in crate::source) select: String,
}

/// The formats by the names that a mapping file has for them.
pub(super) const FORMATS: [(&str, TextFormat); 11] = [
    ("csv", TextFormat::Text(SourceKind::Csv)),
    ("ini", TextFormat::Text(SourceKind::Ini)),
    ("json", TextFormat::Text(SourceKind::Jsonl)),
    ("jsonl", TextFormat::Text(SourceKind::Jsonl)),
    ("mariadb", TextFormat::Sql),
    ("mysql", TextFormat::Sql),
    ("postgresql", TextFormat::Sql),
    ("sql", TextFormat::Sql),
    ("sqlite", TextFormat::Sql),
    ("token-json", TextFormat::Text(SourceKind::TokenJson)),
    ("tsv", TextFormat::Text(SourceKind::Tsv)),
];

/// One ASCII character, or the word `tab`.
pub(super) fn separator(text: &str) -> Result<u8, String> {
    let text = match text {
        "tab" | "\\t" => "\t",
        other => other,
    };
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err(
            "the delimiter is one character, such as `;`, or the word `tab`; it is no quotation mark and no line break"
                .to_owned(),
        ),
    }
}

/// A JSON pointer that may end with `/*`.
pub(super) fn records(text: &str) -> Result<JsonPointer, String> {
    let pointer = JsonPointer::parse(text);
    let has_inner = |pointer: &JsonPointer| pointer.outer().iter().any(|segment| segment == "*");
    match pointer {
        Some(pointer) if !has_inner(&pointer) => Ok(pointer),
        _ => Err(
            "`records` is a JSON pointer, which starts with `/`; `*` stands only at its end: /data/entries/*"
                .to_owned(),
        ),
    }
}
