//! What is in a database: its tables and their columns, for messages and to tell whose it is.

use super::error::DatabaseError;
use super::query::Query;
use crate::source::kind::SourceKind;
use crate::source::row::likely::Likely;
use crate::source::row::shown_name::listed;

/// Tables with their columns, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    tables: Vec<Table>,
}

/// A table or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// With its schema, where a query has to name it.
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
}

impl Outline {
    /// Adds a column; a table's columns follow each other.
    pub(super) fn add(&mut self, table: &str, column: String) {
        match self.tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(column),
            _ => self.tables.push(Table {
                name: table.to_owned(),
                columns: vec![column],
            }),
        }
    }

    /// The error that says what there is to be read, of a database of this kind.
    pub(crate) fn without_query(&self, kind: SourceKind) -> DatabaseError {
        DatabaseError::NoQuery {
            tables: self.table_names(),
            likely: self.likely_arguments(kind),
        }
    }

    /// What to type to read the table that most probably has the tokens.
    fn likely_arguments(&self, kind: SourceKind) -> Option<String> {
        let tables = self.tables.iter();
        let tables = tables.filter_map(|table| table.likely_arguments(kind));
        let best = tables.min_by_key(|(distance, _)| *distance);
        best.map(|(_, arguments)| arguments)
    }

    /// The columns of a table.
    pub(crate) fn columns_of(&self, table: &str) -> Option<&[String]> {
        let table = self.tables.iter().find(|known| known.name == table)?;
        Some(&table.columns)
    }

    /// The names of the tables, for a message.
    pub(crate) fn table_names(&self) -> String {
        listed(self.tables.iter().map(|table| table.name.as_str()))
    }

    /// The columns of the tables that `query` names, for a message.
    pub(super) fn column_names(&self, query: &Query) -> String {
        let named = self.tables.iter().filter(|table| query.names(&table.name));
        let columns = named.flat_map(|table| &table.columns);
        listed(columns.map(String::as_str))
    }
}

impl Table {
    /// What to type to read it, where it has a column that is called like a refresh token, and how far that is from certain.
    /// Names that a shell or a database takes for something else even in quotation marks are left to the user.
    fn likely_arguments(&self, kind: SourceKind) -> Option<(u8, String)> {
        let columns = self.columns.iter().map(String::as_str);
        let likely = Likely::of_columns(columns, std::iter::empty());
        let query = format!("--query 'select * from {}'", named(&self.name, kind)?);
        let distance = likely.distance()?;
        Some(match likely.is_usual() {
            true => (distance, query),
            false => (distance, format!("{query} {}", likely.arguments()?)),
        })
    }
}

/// A name, perhaps behind that of its schema, as the database's SQL has it. PostgreSQL reads what is not quoted in small letters,
/// and `user` as who has logged in.
fn named(name: &str, kind: SourceKind) -> Option<String> {
    let mark = match kind {
        SourceKind::MySql => '`',
        _ => '"',
    };
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
    let quoted = |part: &str| {
        let is_small =
            |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit();
        let is_plain = part.bytes().all(is_small)
            && !part.starts_with(|first: char| first.is_ascii_digit())
            && !RESERVED.contains(&part);
        match is_plain {
            true => part.to_owned(),
            false => format!("{mark}{part}{mark}"),
        }
    };
    let parts: Vec<_> = name.split('.').map(quoted).collect();
    name.bytes().all(is_known).then(|| parts.join("."))
}

/// What tables are called, and SQL takes for words of its own.
const RESERVED: [&str; 4] = ["group", "order", "session_user", "user"];
