//! Which columns of a table are read, and as what.

use super::alias::field_named;
use super::collector::Collector;
use super::expression::Expression;
use super::field::Field;
use super::layout::{Found, RowLayout};
use super::likely::Likely;
use super::mapping::MappingError;
use super::recipe::Recipe;
use super::second_look;
use super::shown_name::{listed, shown};
use super::stored_row::StoredRow;
use super::value::StoredValue;
use crate::record::{Locator, Row, SkipReason};

/// A row of a table: the values in its columns, and those of them that are text.
pub(crate) trait Cells {
    fn value(&self, index: usize) -> StoredValue<'_>;

    fn text(&self, index: usize) -> Option<&str>;
}

/// Which columns are read, and as what.
#[derive(Debug)]
pub(crate) struct Columns {
    /// How many the header has, read or not.
    count: usize,
    /// Where the fields are, found by their usual names. Where a mapping says it, only the key can be.
    usual: Vec<(Field, u8, usize)>,
    recipe: Recipe,
    /// The column that each of the recipe's expressions reads.
    indexes: Vec<Option<usize>>,
}

impl Columns {
    /// Finds the columns that `recipe` names or, without a mapping, those with the usual names. `first` is the first line
    /// below the header.
    pub(crate) fn bind(
        header: &[String],
        first: &[String],
        recipe: &Recipe,
    ) -> Result<Self, MappingError> {
        let mut usual = match recipe.finds_by_usual_name(Field::RefreshToken) {
            true => usual(header, first)?,
            false => by_usual_names(header),
        };
        usual.retain(|(field, _, index)| {
            let column = header.get(*index);
            column.is_some_and(|column| recipe.takes_by_name(*field, column))
        });
        usual.extend(row_id(header, recipe));
        let indexes = recipe
            .expressions()
            .enumerate()
            .map(|(index, expression)| match index_of(header, expression) {
                Err(MappingError::UnknownColumn { .. }) if !recipe.needs(index) => Ok(None),
                found => found,
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            count: header.len(),
            usual,
            recipe: recipe.clone(),
            indexes,
        })
    }

    /// Which of the columns called `header` became which field. `sample` visits some rows, for what they tell of the columns
    /// that are not used.
    pub(crate) fn layout(
        &self,
        header: &[String],
        sample: impl FnOnce(&mut dyn FnMut(&dyn Cells)),
    ) -> RowLayout {
        let found: Vec<_> = header
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let mut usual = self.usual.iter().filter(|(_, _, at)| *at == index);
                let is_twice = header.iter().filter(|other| *other == name).count() > 1;
                Found {
                    place: match is_twice {
                        true => format!("{} (column {})", shown(name), index + 1),
                        false => shown(name),
                    },
                    column: name.clone(),
                    by_name: usual.next().map(|(field, rank, _)| (*field, *rank)),
                }
            })
            .collect();
        let is_there = |index: usize| {
            let expression = self.recipe.expressions().nth(index);
            let reads = expression.and_then(Expression::column).is_some();
            !reads || self.indexes.get(index).is_some_and(Option::is_some)
        };
        let layout = RowLayout::of(&self.recipe, &found, is_there);
        if !layout.wants_likely(&self.recipe) {
            return layout.without_people();
        }
        let mut likely = Likely::default();
        sample(&mut |cells| {
            let unused = header.iter().enumerate();
            for (index, name) in unused.filter(|(_, name)| layout.unused.contains(name)) {
                likely.see_column(name, cells.text(index));
            }
        });
        layout.with_likely(&likely).without_people()
    }

    /// How many columns the header has.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The row with these values.
    pub(crate) fn row(&self, locator: Locator, cells: &impl Cells) -> Row {
        let row = match self.stored_row(cells) {
            Ok(mut stored) => {
                if stored.refresh_token.is_absent() {
                    let texts = (0..self.count).filter_map(|index| cells.text(index));
                    stored.reason_without_token = Some(second_look::at_texts(texts));
                }
                stored.into_row(locator)
            }
            Err(reason) => {
                let value = |field| self.value_of(field, cells);
                let (key, token) = (value(Field::Key), value(Field::RefreshToken));
                StoredRow::left_out(key, token, reason, locator)
            }
        };
        self.recipe.defaults.fill(row)
    }

    /// The value of one field, of a row that may not be readable as a whole.
    fn value_of<'a>(&'a self, field: Field, cells: &'a impl Cells) -> StoredValue<'a> {
        let is_it = |usual: &&(Field, u8, usize)| usual.0 == field;
        if let Some((_, _, index)) = self.usual.iter().find(is_it) {
            return cells.value(*index);
        }
        let mut parts = self.recipe.mapping.parts().iter().zip(&self.indexes);
        let part = parts.find(|((mapped, _), _)| *mapped == field);
        part.map_or(StoredValue::Absent, |((_, expression), index)| {
            let cell = index.map_or(StoredValue::Absent, |index| cells.value(index));
            let value = self.recipe.in_column(expression, cell);
            value.unwrap_or(StoredValue::Absent)
        })
    }

    fn stored_row<'a>(&'a self, cells: &'a impl Cells) -> Result<StoredRow<'a>, SkipReason> {
        let mut collector = Collector::default();
        for (field, rank, index) in &self.usual {
            collector.offer(*field, *rank, cells.value(*index));
        }
        let mapping = &self.recipe.mapping;
        let value = |expression: &'a Expression, index: &Option<usize>| {
            let cell = index.map_or(StoredValue::Absent, |index| cells.value(index));
            self.recipe.in_column(expression, cell)
        };
        let (fields, conditions) = self
            .indexes
            .split_at(mapping.parts().len().min(self.indexes.len()));
        // The rows of other providers first: nothing else about them matters.
        let selection = self.recipe.selection.conditions();
        for (condition, index) in selection.iter().zip(conditions) {
            let found = value(&condition.expression, index)?;
            if let Some(reason) = condition.refusal(&found, mapping) {
                return Err(reason);
            }
        }
        for ((field, expression), index) in mapping.parts().iter().zip(fields) {
            collector.offer(*field, 0, value(expression, index)?);
        }
        let mut stored = collector.into_stored_row();
        self.recipe.finish(&mut stored)?;
        Ok(stored)
    }
}

/// What the queries of this crate's documentation call the primary key. Messages show it, whatever else is mapped.
fn row_id(header: &[String], recipe: &Recipe) -> Option<(Field, u8, usize)> {
    let is_searched = !recipe.is_by_usual_names() && !recipe.mapping.maps(Field::Key);
    let row_id = header.iter().position(|name| name == "row_id");
    row_id
        .filter(|_| is_searched)
        .map(|index| (Field::Key, 0, index))
}

fn by_usual_names(header: &[String]) -> Vec<(Field, u8, usize)> {
    let named = header.iter().enumerate();
    named
        .filter_map(|(index, name)| {
            let (field, rank) = field_named(name)?;
            Some((field, rank, index))
        })
        .collect()
}

/// The columns with the usual names, of which one is a refresh token.
fn usual(header: &[String], first: &[String]) -> Result<Vec<(Field, u8, usize)>, MappingError> {
    let found = by_usual_names(header);
    if !found
        .iter()
        .any(|(field, ..)| *field == Field::RefreshToken)
    {
        let (names, values) = (header.iter(), first.iter());
        let likely = Likely::of_columns(names.map(String::as_str), values.map(String::as_str));
        return Err(MappingError::NoTokenColumn {
            columns: columns_of(header),
            likely: likely.arguments(),
            store: None,
        });
    }
    Ok(found)
}

/// The column that an expression reads, if it reads one.
fn index_of(header: &[String], expression: &Expression) -> Result<Option<usize>, MappingError> {
    match expression {
        Expression::Column(name) | Expression::ColumnPointer(name, _) => {
            find(header, name).map(Some)
        }
        Expression::Constant(_) => Ok(None),
        // It leads into a JSON object, which a line is not.
        Expression::Pointer(_) => Err(MappingError::UnknownColumn {
            column: expression.to_string(),
            columns: columns_of(header),
        }),
    }
}

/// The column called `name`: exactly, or else in another case.
fn find(header: &[String], name: &str) -> Result<usize, MappingError> {
    let exactly = |column: &String| column == name;
    let in_any_case = |column: &String| column.eq_ignore_ascii_case(name);
    let found: Vec<usize> = match positions(header, exactly).as_slice() {
        [] => positions(header, in_any_case),
        exact => exact.to_vec(),
    };
    match found.as_slice() {
        [index] => Ok(*index),
        [] => Err(MappingError::UnknownColumn {
            column: shown(name),
            columns: columns_of(header),
        }),
        _ => Err(MappingError::Ambiguous {
            column: shown(name),
        }),
    }
}

fn positions(header: &[String], matches: impl Fn(&String) -> bool) -> Vec<usize> {
    let numbered = header.iter().enumerate();
    numbered
        .filter(|(_, column)| matches(column))
        .map(|(index, _)| index)
        .collect()
}

fn columns_of(header: &[String]) -> String {
    listed(header.iter().map(String::as_str))
}
