//! What is in a database: its tables and their columns, for messages and to tell whose it is.

use super::error::DatabaseError;
use super::query::Query;
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

    /// The error that says what there is to be read.
    pub(crate) fn without_query(&self) -> DatabaseError {
        DatabaseError::NoQuery {
            tables: self.table_names(),
            likely: self.likely_arguments(),
        }
    }

    /// What to type to read the table that most probably has the tokens.
    fn likely_arguments(&self) -> Option<String> {
        let tables = self.tables.iter().filter_map(Table::likely_arguments);
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
    /// Names that would have to be quoted are left to the user.
    fn likely_arguments(&self) -> Option<(u8, String)> {
        let columns = self.columns.iter().map(String::as_str);
        let likely = Likely::of_columns(columns, std::iter::empty());
        let query = format!("--query 'select * from {}'", plain(&self.name)?);
        let distance = likely.distance()?;
        Some(match likely.is_usual() {
            true => (distance, query),
            false => (distance, format!("{query} {}", likely.arguments()?)),
        })
    }
}

fn plain(name: &str) -> Option<&str> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_.".contains(character);
    name.chars().all(is_plain).then_some(name)
}
