//! Values as PostgreSQL sends them.

use std::error::Error;

use tokio_postgres::Column;
use tokio_postgres::types::{FromSql, Kind, Type};

use super::super::batch::Cell;
use super::super::query::Query;

/// A query whose values are all of types that are taken as they are sent.
pub(super) struct Projection {
    names: Vec<String>,
    query: String,
}

impl Projection {
    pub(super) fn new(query: &Query, columns: &[Column]) -> Self {
        Self {
            names: columns
                .iter()
                .map(|column| column.name().to_owned())
                .collect(),
            query: match columns.iter().all(|column| is_plain(column.type_())) {
                true => query.as_str().to_owned(),
                false => cast(query, columns),
            },
        }
    }

    pub(super) fn query(&self) -> &str {
        &self.query
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}

/// The query inside another one, which makes text of times, numbers with any digits and whatever types there are, and JSON of
/// lists. The columns are named anew, because a query may answer with two of one name.
fn cast(query: &Query, columns: &[Column]) -> String {
    let expressions =
        columns
            .iter()
            .enumerate()
            .map(|(index, column)| match column.type_().kind() {
                Kind::Array(_) => format!("to_json(c{index})::text"),
                _ if is_plain(column.type_()) => format!("c{index}"),
                _ => format!("c{index}::text"),
            });
    let expressions: Vec<_> = expressions.collect();
    let names: Vec<_> = (0..columns.len())
        .map(|index| format!("c{index}"))
        .collect();
    // A comment at the query's end ends with its line.
    format!(
        "select {} from ({}\n) as answer ({})",
        expressions.join(", "),
        query.as_str(),
        names.join(", ")
    )
}

fn is_plain(type_: &Type) -> bool {
    is_text(type_)
        || [
            Type::BOOL,
            Type::BYTEA,
            Type::FLOAT4,
            Type::FLOAT8,
            Type::INT2,
            Type::INT4,
            Type::INT8,
            Type::JSONB,
        ]
        .contains(type_)
}

fn is_text(type_: &Type) -> bool {
    [
        Type::BPCHAR,
        Type::JSON,
        Type::NAME,
        Type::TEXT,
        Type::VARCHAR,
    ]
    .contains(type_)
}

/// A value of a plain type, in PostgreSQL's binary format.
pub(super) struct Plain<'a>(pub(super) Cell<'a>);

impl<'a> FromSql<'a> for Plain<'a> {
    fn from_sql(type_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *type_ {
            Type::BOOL => Cell::Bool(bool::from_sql(type_, raw)?),
            Type::FLOAT4 => Cell::Float(f32::from_sql(type_, raw)?.into()),
            Type::FLOAT8 => Cell::Float(f64::from_sql(type_, raw)?),
            Type::INT2 => Cell::Integer(i16::from_sql(type_, raw)?.into()),
            Type::INT4 => Cell::Integer(i32::from_sql(type_, raw)?.into()),
            Type::INT8 => Cell::Integer(i64::from_sql(type_, raw)?),
            // The text behind the version of the format, which is 1.
            Type::JSONB => Cell::Bytes(raw.get(1..).unwrap_or_default()),
            _ => Cell::Bytes(raw),
        }))
    }

    fn from_sql_null(_type: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Cell::Null))
    }

    fn accepts(type_: &Type) -> bool {
        is_plain(type_)
    }
}
