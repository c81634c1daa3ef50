//! The rows that a SELECT answers with, read with a mapping as those of a table in a file.

use std::ops::ControlFlow;

use zeroize::Zeroize;

use crate::record::{Locator, Place, Row};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::database::{Database, DatabaseRow, Query};
use crate::source::row::columns::{Cells, Columns};
use crate::source::row::layout::RowLayout;
use crate::source::row::mapping::MappingError;
use crate::source::row::recipe::Recipe;
use crate::source::row::value::StoredValue;

/// A query of a database.
#[derive(Debug)]
pub(crate) struct QuerySource {
    database: Database,
    query: Query,
    columns: Columns,
}

impl QuerySource {
    /// Asks for the names of the columns, and finds those of `recipe` among them.
    pub(crate) fn open(
        database: Database,
        query: &str,
        recipe: &Recipe,
    ) -> Result<Self, SourceError> {
        let query = Query::parse(query).map_err(|problem| database.failed(problem))?;
        let header = database.columns(&query)?;
        let bound = match Columns::bind(&header, &[], recipe) {
            // A value says more than its name.
            Err(MappingError::NoTokenColumn { .. }) => {
                let mut first = first_row(&database, &query)?;
                let bound = Columns::bind(&header, &first, recipe);
                first.zeroize();
                bound
            }
            bound => bound,
        };
        let columns = bound.map_err(|problem| SourceError::Mapping {
            file: database.name().to_string(),
            problem,
        })?;
        Ok(Self {
            database,
            query,
            columns,
        })
    }
}

impl Cells for DatabaseRow<'_> {
    fn value(&self, index: usize) -> StoredValue<'_> {
        self.cell(index).value()
    }

    fn text(&self, index: usize) -> Option<&str> {
        self.cell(index).text()
    }
}

impl Source for QuerySource {
    fn kind(&self) -> SourceKind {
        self.database.kind()
    }

    fn layout(&self) -> Option<RowLayout> {
        let header = self.database.columns(&self.query).ok()?;
        let sample = |see: &mut dyn FnMut(&dyn Cells)| {
            let mut rows = 0;
            // What is wrong with the answer is for the reading to say.
            let _read = self.database.rows(&self.query, &mut |row| {
                see(&row);
                rows += 1;
                match rows < SAMPLE {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                }
            });
        };
        Some(self.columns.layout(&header, sample))
    }

    fn count(&self) -> Option<u64> {
        self.database.count(&self.query).ok().flatten()
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        let mut number = 0;
        self.database.rows(&self.query, &mut |row| {
            let locator = Locator::new(self.database.name(), Place::Element(number));
            number += 1;
            visit(self.columns.row(locator, &row))
        })
    }
}

fn first_row(database: &Database, query: &Query) -> Result<Vec<String>, SourceError> {
    let mut first = Vec::new();
    let text = |row: DatabaseRow<'_>| -> Vec<String> {
        let texts = row.cells().map(|cell| cell.text().unwrap_or_default());
        texts.map(str::to_owned).collect()
    };
    database.rows(query, &mut |row| {
        first = text(row);
        ControlFlow::Break(())
    })?;
    Ok(first)
}

/// How many rows are looked at for what columns hold.
const SAMPLE: usize = 20;
