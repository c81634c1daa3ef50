//! Which column or member of a row became which field, as a plan shows it.

use msal_migrate::{FieldPlace, KnownBy, LikelyPlace, RowLayout};
use serde_json::{Value, json};

use crate::output::DIM;
use crate::outside::Outside;
use crate::text;

/// For people.
pub(super) fn to_text(layout: &RowLayout) -> String {
    let mut lines: Vec<[String; 3]> = layout
        .fields
        .iter()
        .map(|field| [field.field.to_owned(), places(field), known_by(field)])
        .collect();
    for likely in layout
        .likely
        .chunk_by(|one, other| one.field == other.field)
    {
        lines.extend(of_likely(likely));
    }
    if !layout.conditions.is_empty() {
        let conditions = layout.conditions.join(", ");
        lines.push([
            "which rows".to_owned(),
            conditions,
            "by a condition".to_owned(),
        ]);
    }
    let width =
        |at: usize| text::width(lines.iter().filter_map(|line| Some(line.get(at)?.as_str())));
    let (fields, places) = (width(0), width(1).min(WIDEST));
    let mut out = format!("{DIM}read as{DIM:#}\n");
    for [field, place, known_by] in &lines {
        let (field, place) = (Outside(field), Outside(place));
        let line = format!(
            "  {field:fields$}  {place:places$}  {DIM}{}{DIM:#}",
            Outside(known_by)
        );
        out.push_str(&line);
        out.push('\n');
    }
    if layout.unused_count > 0 {
        let unused = format!("not used: {}", unused(layout));
        out.push_str(&format!(
            "{DIM}{}{DIM:#}\n",
            text::wrapped(&unused, 2).trim_end()
        ));
    }
    out.push('\n');
    out
}

/// For programs: the same.
pub(super) fn to_json(layout: &RowLayout) -> Value {
    let fields = layout.fields.iter().map(|field| {
        let file = match &field.known_by {
            KnownBy::Default(file) | KnownBy::MappingFile(file) => Some(file),
            _ => None,
        };
        json!({
            "field": field.field, "places": field.places, "known_by": field.known_by.code(), "file": file,
        })
    });
    let likely = layout.likely.iter().map(|likely| {
        json!({ "field": likely.field, "place": likely.place, "argument": likely.argument() })
    });
    json!({
        "fields": fields.collect::<Value>(),
        "likely": likely.collect::<Value>(),
        "conditions": layout.conditions,
        "unused": layout.unused,
        "unused_count": layout.unused_count,
    })
}

/// Where the field is: a row has it in the first place that is not empty.
fn places(field: &FieldPlace) -> String {
    let shown = field.places.iter().take(SHOWN).map(String::as_str);
    let places = shown.collect::<Vec<_>>().join(", else ");
    match field.places.len().saturating_sub(SHOWN) {
        0 => places,
        more => format!("{places}, else {more} more"),
    }
}

fn known_by(field: &FieldPlace) -> String {
    match (&field.known_by, field.places.len()) {
        (KnownBy::Default(file), _) => format!("{file} has it for rows without"),
        (KnownBy::Mapping, _) => "by --map".to_owned(),
        (KnownBy::MappingFile(file), _) => format!("by {file}"),
        (KnownBy::Name, 1) => "by its name".to_owned(),
        // A library that knows more than this command.
        (_, _) => "by their names".to_owned(),
    }
}

/// A field that is missing, with what may be it.
fn of_likely(likely: &[LikelyPlace]) -> Option<[String; 3]> {
    let first = likely.first()?;
    let arguments: Vec<_> = likely.iter().map(LikelyPlace::argument).collect();
    Some([
        first.field.to_owned(),
        "not found".to_owned(),
        format!("likely {}", arguments.join(" or ")),
    ])
}

fn unused(layout: &RowLayout) -> String {
    if layout.unused.is_empty() {
        return format!(
            "{} not named here, as one may be a person or a token",
            text::counted(layout.unused_count, "column")
        );
    }
    let shown: Vec<_> = layout
        .unused
        .iter()
        .take(UNUSED)
        .map(String::as_str)
        .collect();
    match layout.unused.len().saturating_sub(UNUSED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// How many places of one field are shown.
const SHOWN: usize = 3;

/// How many columns that are not used are shown.
const UNUSED: usize = 12;

/// No column of places is filled up to more.
const WIDEST: usize = 42;
