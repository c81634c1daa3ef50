//! JSON Schema (draft 2020-12), as much of it as the book uses.

#![expect(
    clippy::unwrap_used,
    reason = "a schema that is none should end the test"
)]

use serde_json::Value;

/// The schema that stands below this heading of a chapter.
pub(crate) fn schema_behind(chapter: &str, heading: &str) -> Value {
    let section = chapter.split_once(heading).expect(heading).1;
    let schema = section.split("```json\n").nth(1).unwrap();
    serde_json::from_str(schema.split("```").next().unwrap()).unwrap()
}

/// What a document has against the schema.
pub(crate) fn flaws(schema: &Value, document: &Value) -> Vec<String> {
    flaws_at(schema, schema, document, "")
}

fn flaws_at(schema: &Value, root: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = root.pointer(reference.trim_start_matches('#'));
        return flaws_at(found.unwrap(), root, value, at);
    }
    let mut found = Vec::new();
    // Of a keyword that is not known, nothing would be checked.
    for keyword in schema
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
    {
        if !KEYWORDS.contains(&keyword.as_str()) {
            found.push(format!("{at}: {keyword} is not checked"));
        }
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        Value::Null => Vec::new(),
        kind => vec![kind.clone()],
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    // Every integer is a number.
    let is_known =
        kinds.contains(&kind.into()) || kind == "integer" && kinds.contains(&"number".into());
    if !kinds.is_empty() && !is_known {
        found.push(format!("{at} is of type {kind}"));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        found.push(format!("{at} is {value}"));
    }
    if let Some(all) = schema["enum"].as_array()
        && !all.contains(value)
    {
        found.push(format!("{at} is {value}"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.is_object() && value.get(name.as_str().unwrap()).is_none() {
            found.push(format!("{at} has no {name}"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match (
            schema["properties"].get(name),
            &schema["additionalProperties"],
        ) {
            (Some(schema), _) => found.extend(flaws_at(schema, root, member, &at)),
            (None, Value::Bool(false)) => found.push(format!("{at} is not in the schema")),
            (None, other) => found.extend(flaws_at(other, root, member, &at)),
        }
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(flaws_at(
            &schema["items"],
            root,
            item,
            &format!("{at}/{number}"),
        ));
    }
    found
}

const KEYWORDS: &[&str] = &[
    "$defs",
    "$ref",
    "$schema",
    "additionalProperties",
    "const",
    "description",
    "enum",
    "items",
    "properties",
    "required",
    "type",
];

/// The members of a schema that no document has.
pub(crate) fn unseen(schema: &Value, documents: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let here: Vec<_> = documents
            .iter()
            .filter_map(|document| document.get(name))
            .cloned()
            .collect();
        match here.is_empty() {
            true => found.push(name.clone()),
            false => found.extend(
                unseen(member, &here)
                    .iter()
                    .map(|below| format!("{name}/{below}")),
            ),
        }
    }
    let items = documents.iter().filter_map(Value::as_array).flatten();
    let items: Vec<_> = items.cloned().collect();
    if !schema["items"].is_null() {
        match items.is_empty() {
            true => found.push("an item".to_owned()),
            false => found.extend(unseen(&schema["items"], &items)),
        }
    }
    found
}
