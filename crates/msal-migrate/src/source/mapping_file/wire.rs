//! A mapping file as TOML has it.

use std::collections::BTreeMap;

use msal_core::Scope;
use serde::Deserialize;
use toml::{Spanned, Value};

use super::MappingFile;
use super::error::MappingFileError;
use super::input::{FORMATS, InputSpec, Query, records, separator};
use super::steps::StepSpec;
use crate::source::closest::closest;
use crate::source::row::defaults::Defaults;
use crate::source::row::expression::Expression;
use crate::source::row::field::{FIELD_NAMES, Field};
use crate::source::row::mapping::{Mapping, MappingError};
use crate::source::row::scopes;
use crate::source::row::selection::Selection;
use crate::source::row::shown_name::shown;
use crate::source::row::value::StoredValue;

impl MappingFile {
    /// Parses the text of a mapping file; `name` is what errors call it.
    ///
    /// # Errors
    /// [`MappingFileError`], with the line, what is known there, and what was probably meant.
    pub fn parse(name: &str, text: &str) -> Result<Self, MappingFileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let reader = Reader { name, text };
        let wire: MappingFileWire = toml::from_str(text).map_err(|error| reader.toml(&error))?;
        reader.file(wire)
    }
}

/// Sections and their members. Names in `[map]`, `[where]` and `[decode.columns]` are the user's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFileWire {
    #[serde(default)]
    about: String,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    input: InputWire,
    #[serde(default)]
    map: Entries,
    #[serde(default, rename = "where")]
    selection: Entries,
    #[serde(default)]
    decode: DecodeWire,
    #[serde(default)]
    defaults: DefaultsWire,
}

type Entries = BTreeMap<Spanned<String>, Spanned<Value>>;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputWire {
    format: Option<Spanned<String>>,
    delimiter: Option<Spanned<String>>,
    records: Option<Spanned<String>>,
    query: Option<Spanned<String>>,
    table: Option<Spanned<String>>,
    #[serde(default)]
    queries: Vec<Spanned<QueryWire>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryWire {
    #[serde(default)]
    tables: BTreeMap<String, Vec<String>>,
    query: Spanned<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecodeWire {
    #[serde(default)]
    steps: Vec<Spanned<String>>,
    #[serde(default)]
    columns: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultsWire {
    authority: Option<String>,
    client_id: Option<String>,
    resource: Option<String>,
    scopes: Option<Spanned<Value>>,
}

/// Makes a mapping file of what the text says, or tells in which line it is wrong.
struct Reader<'t> {
    name: &'t str,
    text: &'t str,
}

impl Reader<'_> {
    fn file(&self, wire: MappingFileWire) -> Result<MappingFile, MappingFileError> {
        let mapping = self.mapping(wire.map)?;
        let columns = self.columns(wire.decode.columns, &mapping)?;
        Ok(MappingFile {
            name: self.name.to_owned(),
            about: wire.about,
            needs: wire.needs,
            is_preset: false,
            input: self.input(wire.input)?,
            selection: self.selection(wire.selection)?,
            mapping,
            columns,
            token: self.steps(wire.decode.steps)?,
            defaults: self.defaults(wire.defaults)?,
            keys: Vec::new(),
        })
    }

    fn input(&self, wire: InputWire) -> Result<InputSpec, MappingFileError> {
        let format = wire.format.map(|format| {
            let found = FORMATS.iter().find(|(name, _)| name == format.get_ref());
            let unknown = || {
                let names = FORMATS.map(|(name, _)| name);
                let text = format.get_ref();
                let problem = format!(
                    "`{}` is no format{}; the formats are {}",
                    shown(text),
                    closest(text, names),
                    names.join(", ")
                );
                self.at(&format, problem)
            };
            found.map(|(_, format)| *format).ok_or_else(unknown)
        });
        let checked = |text: Option<Spanned<String>>| {
            text.map(|text| {
                let is_blank = text.get_ref().trim().is_empty();
                match is_blank {
                    true => Err(self.at(&text, "is empty")),
                    false => Ok(text),
                }
            })
            .transpose()
        };
        let mut queries = Vec::new();
        for wire in wire.queries {
            let wire = wire.into_inner();
            let select = checked(Some(wire.query))?.map(Spanned::into_inner);
            queries.extend(select.map(|select| Query {
                needs: wire.tables.into_iter().collect(),
                select,
            }));
        }
        let (query, table) = (checked(wire.query)?, checked(wire.table)?);
        if let (Some(query), Some(_)) = (&query, &table) {
            return Err(self.at(
                query,
                "`query` and `table` are two ways to say one thing: keep one of them",
            ));
        }
        let table = table.map(|table| format!("select * from {}", quoted(table.get_ref())));
        queries.extend(
            query
                .map(Spanned::into_inner)
                .or(table)
                .map(|select| Query {
                    needs: Vec::new(),
                    select,
                }),
        );
        Ok(InputSpec {
            format: format.transpose()?,
            separator: self.parsed(wire.delimiter, separator)?,
            records: self.parsed(wire.records, records)?,
            queries,
        })
    }

    fn parsed<T>(
        &self,
        text: Option<Spanned<String>>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, MappingFileError> {
        text.map(|text| parse(text.get_ref()).map_err(|problem| self.at(&text, problem)))
            .transpose()
    }

    fn mapping(&self, entries: Entries) -> Result<Mapping, MappingFileError> {
        let mut mapping = Mapping::default();
        for (field, value) in entries {
            let expression = self.expression(&field, &value)?;
            let added = mapping.insert(field.get_ref(), expression);
            added.map_err(|error| {
                let problem = match error {
                    MappingError::UnknownField { .. } => format!(
                        "`{}` is no field{}; the fields are {}",
                        shown(field.get_ref()),
                        closest(field.get_ref(), FIELD_NAMES),
                        FIELD_NAMES.join(", ")
                    ),
                    MappingError::ConstantToken => {
                        "a refresh token cannot be a constant: it never stands in a mapping file"
                            .to_owned()
                    }
                    other => other.to_string(),
                };
                self.at(&field, problem)
            })?;
        }
        let maps_token = mapping
            .parts()
            .iter()
            .any(|(field, _)| *field == Field::RefreshToken);
        match mapping.is_empty() || maps_token {
            true => Ok(mapping),
            false => Err(MappingFileError::whole(
                self.name,
                "[map] does not say where the refresh token is: refresh_token = \"COLUMN\"",
            )),
        }
    }

    /// A text, or `{ const = "…" }`.
    fn expression(
        &self,
        field: &Spanned<String>,
        value: &Spanned<Value>,
    ) -> Result<Expression, MappingFileError> {
        let parsed = match value.get_ref() {
            Value::String(text) => Expression::parse(text),
            Value::Table(table) => match (table.get("const"), table.len()) {
                (Some(Value::String(constant)), 1) => Some(Expression::Constant(constant.clone())),
                _ => None,
            },
            _ => None,
        };
        parsed.ok_or_else(|| {
            let problem = format!(
                "`{}` is a column, \"/pointer\", \"column:/pointer\" or {{ const = \"value\" }}",
                shown(field.get_ref())
            );
            self.at(value, problem)
        })
    }

    fn selection(&self, entries: Entries) -> Result<Selection, MappingFileError> {
        let mut selection = Selection::default();
        for (place, value) in entries {
            let expression = match Expression::parse(place.get_ref()) {
                Some(expression) if !matches!(expression, Expression::Constant(_)) => expression,
                _ => {
                    let problem = "a condition is on a column, \"/pointer\" or \"column:/pointer\"";
                    return Err(self.at(&place, problem));
                }
            };
            let allowed = texts(value.get_ref()).ok_or_else(|| {
                self.at(&value, "a condition is a value or a list of values, such as [\"azure-ad\", \"microsoft*\"]")
            })?;
            selection.add(expression, allowed);
        }
        Ok(selection)
    }

    fn columns(
        &self,
        wire: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
        mapping: &Mapping,
    ) -> Result<Vec<(String, Vec<StepSpec>)>, MappingFileError> {
        let mut columns = Vec::new();
        for (column, steps) in wire {
            let is_read = mapping.parts().iter().any(|(_, expression)| {
                let read = expression.column();
                read.is_some_and(|read| read.eq_ignore_ascii_case(column.get_ref()))
            });
            if !is_read {
                let problem = format!(
                    "[decode.columns] names `{}`, which nothing in [map] reads",
                    shown(column.get_ref())
                );
                return Err(self.at(&column, problem));
            }
            columns.push((column.into_inner(), self.steps(steps)?));
        }
        Ok(columns)
    }

    fn steps(&self, steps: Vec<Spanned<String>>) -> Result<Vec<StepSpec>, MappingFileError> {
        let parsed = steps
            .iter()
            .map(|step| StepSpec::parse(step.get_ref()).map_err(|problem| self.at(step, problem)));
        let parsed: Vec<Option<StepSpec>> = parsed.collect::<Result<_, _>>()?;
        Ok(parsed.into_iter().flatten().collect())
    }

    fn defaults(&self, wire: DefaultsWire) -> Result<Defaults, MappingFileError> {
        let scopes = match &wire.scopes {
            Some(value) => {
                let list = texts(value.get_ref()).ok_or_else(|| {
                    self.at(value, "`scopes` is a text with scopes, or a list of scopes")
                })?;
                let scopes: Vec<Scope> = scopes::parse(&StoredValue::List(
                    list.into_iter().map(Into::into).collect(),
                ));
                scopes
            }
            None => Vec::new(),
        };
        Ok(Defaults {
            authority: wire.authority,
            client_id: wire.client_id,
            resource: wire.resource,
            scopes,
        })
    }

    fn at<T>(&self, place: &Spanned<T>, problem: impl Into<String>) -> MappingFileError {
        MappingFileError::at(self.name, self.text, place.span().start, problem)
    }

    /// What TOML's parser says, without the values that it quotes.
    fn toml(&self, error: &toml::de::Error) -> MappingFileError {
        let span = error.span().unwrap_or_default();
        let message = error.message().replace('\n', ", ");
        let problem = match message.split_once(", expected ") {
            Some((found, expected)) if found.starts_with("unknown field ") => {
                self.unknown_member(self.text.get(span.clone()).unwrap_or_default(), expected)
            }
            Some((found, expected)) if found.starts_with("invalid ") => {
                format!("expected {expected}")
            }
            _ => message,
        };
        MappingFileError::at(self.name, self.text, span.start, problem)
    }

    fn unknown_member(&self, name: &str, expected: &str) -> String {
        let name = name.trim_matches(['"', '\'', '[', ']']);
        // Serde puts the names that it knows between backticks.
        let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        if matches!(name, "path" | "command") {
            return format!(
                "`{name}` is not said here: a mapping file says how a store is read, the command line where it is"
            );
        }
        format!(
            "`{}` is not known here{}; there may be {}",
            shown(name),
            closest(name, known.iter().copied()),
            known.join(", ")
        )
    }
}

/// The texts of a value, or of a list; numbers and truth values as people write them.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(list) if !list.is_empty() => {
            let texts = list.iter().map(|value| match value {
                Value::Array(_) => None,
                other => texts(other),
            });
            let texts: Option<Vec<Vec<String>>> = texts.collect();
            texts.map(|texts| texts.concat())
        }
        Value::Boolean(value) => Some(vec![value.to_string()]),
        Value::Integer(number) => Some(vec![number.to_string()]),
        Value::String(text) => Some(vec![text.clone()]),
        _ => None,
    }
}

/// A table's name as SQL writes it, with the schema before it if there is one.
fn quoted(table: &str) -> String {
    let parts = table.split('.');
    let parts: Vec<String> = parts
        .map(|part| format!("\"{}\"", part.trim_matches('"').replace('"', "\"\"")))
        .collect();
    parts.join(".")
}
