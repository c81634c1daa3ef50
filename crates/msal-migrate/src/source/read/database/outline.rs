//! What is in a database: its tables and their columns, for messages and to tell whose it is.

use super::error::DatabaseError;
use super::query::Query;
use crate::source::row::alias::field_named;
use crate::source::row::field::Field;
use crate::source::row::shown_name::{likely_token, listed};

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
            likely: self.tables.iter().find_map(Table::likely_arguments),
        }
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
    /// What to type to read it, where it has a column that is called like a refresh token. Names that would have to be
    /// quoted are left to the user.
    fn likely_arguments(&self) -> Option<String> {
        let columns = || self.columns.iter().map(String::as_str);
        let is_token = |name: &str| matches!(field_named(name), Some((Field::RefreshToken, _)));
        let query = format!("--query 'select * from {}'", plain(&self.name)?);
        if columns().any(is_token) {
            return Some(query);
        }
        let column = likely_token(columns(), None)?;
        Some(format!("{query} --map refresh_token={}", plain(&column)?))
    }
}

fn plain(name: &str) -> Option<&str> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_.".contains(character);
    name.chars().all(is_plain).then_some(name)
}
