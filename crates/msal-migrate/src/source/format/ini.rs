//! A configuration file with sections. Each section is a row, its settings are the columns, and its name, which is often
//! the user's, is the column `section`.

use std::ops::ControlFlow;

use super::json_objects::named_row;
use crate::record::{Locator, Place, Row, SkipReason};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::ini_reader::{IniError, IniReader, Section};
use crate::source::read::input::Input;
use crate::source::row::alias::field_named;
use crate::source::row::collector::Collector;
use crate::source::row::expression::Expression;
use crate::source::row::field::Field;
use crate::source::row::layout::{Found, RowLayout};
use crate::source::row::likely::Likely;
use crate::source::row::mapping::MappingError;
use crate::source::row::recipe::Recipe;
use crate::source::row::second_look;
use crate::source::row::shown_name::{listed, shown};
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// A configuration file with sections.
#[derive(Debug)]
pub(crate) struct IniSource {
    input: Input,
    recipe: Recipe,
    /// Python's configparser gives the settings of a section with this name to all.
    for_all: Option<Section>,
}

impl IniSource {
    /// Looks through the sections for what the recipe reads.
    pub(crate) fn open(input: Input, recipe: Recipe) -> Result<Self, SourceError> {
        let mut source = Self {
            input,
            recipe,
            for_all: None,
        };
        let mut names: Vec<String> = Vec::new();
        let mut for_all = None;
        source.sections(&mut |section| {
            for setting in &section.settings {
                let is_new = names.len() < MOST_NAMES && !names.contains(&setting.name);
                if is_new {
                    names.push(setting.name.clone());
                }
            }
            if section.name == FOR_ALL {
                for_all = Some(section);
            }
            ControlFlow::Continue(())
        })?;
        source.for_all = for_all;
        source.check(&names).map(|()| source)
    }

    fn sections(
        &self,
        each: &mut dyn FnMut(Section) -> ControlFlow<()>,
    ) -> Result<(), SourceError> {
        let mut reader = IniReader::new(self.input.text()?);
        let mut all = || -> Result<(), IniError> {
            while let Some(section) = reader.section()? {
                if each(section).is_break() {
                    break;
                }
            }
            Ok(())
        };
        all().map_err(|error| error.in_file(self.input.name()))
    }

    /// Checks that some section has what the recipe reads.
    fn check(&self, names: &[String]) -> Result<(), SourceError> {
        let listed = || listed(names.iter().map(String::as_str));
        let problem = |problem| SourceError::Mapping {
            file: self.input.name().to_string(),
            problem,
        };
        let is_token = |name: &String| {
            field_named(name).is_some_and(|(field, _rank)| field == Field::RefreshToken)
        };
        if self.recipe.finds_by_usual_name(Field::RefreshToken) && !names.iter().any(is_token) {
            let likely = Likely::of_columns(names.iter().map(String::as_str), std::iter::empty());
            return Err(problem(MappingError::NoTokenColumn {
                likely: likely.arguments(),
                store: None,
                columns: listed(),
            }));
        }
        let is_missing = |expression: &Expression| match expression {
            Expression::Constant(_) => false,
            Expression::Pointer(_) => true,
            Expression::Column(name) | Expression::ColumnPointer(name, _) => {
                let is_it = |known: &String| known.eq_ignore_ascii_case(name);
                name != SECTION && names.len() < MOST_NAMES && !names.iter().any(is_it)
            }
        };
        let mut expressions = self.recipe.expressions().enumerate();
        match expressions
            .find(|(index, expression)| is_missing(expression) && self.recipe.needs(*index))
        {
            None => Ok(()),
            Some((_, expression)) => Err(problem(MappingError::UnknownColumn {
                column: expression.to_string(),
                columns: listed(),
            })),
        }
    }

    fn row(&self, section: &Section) -> Row {
        let locator = Locator::new(self.input.name(), Place::Line(section.line));
        let stored = match section.problem {
            Some(problem) => Err(SkipReason::Malformed(problem)),
            None => self.stored_row(section),
        };
        match stored {
            Ok(mut stored) => {
                if stored.refresh_token.is_absent() {
                    let texts = section
                        .settings
                        .iter()
                        .map(|setting| setting.value.as_str());
                    stored.reason_without_token = Some(second_look::at_texts(texts));
                }
                self.recipe
                    .defaults
                    .fill(named_row(stored, Some(&section.name), locator))
            }
            Err(reason) => Row::Skipped {
                locator: locator.with_key(&section.name),
                reason,
            },
        }
    }

    fn stored_row<'a>(&'a self, section: &'a Section) -> Result<StoredRow<'a>, SkipReason> {
        let mapping = &self.recipe.mapping;
        let value = |expression: &'a Expression| {
            let name = expression.column().unwrap_or_default();
            let of_section = (name == SECTION).then_some(section.name.as_str());
            let for_all = || self.for_all.as_ref()?.value(name);
            let text = section.value(name).or_else(for_all).or(of_section);
            let cell = text.map_or(StoredValue::Absent, StoredValue::from_text);
            self.recipe.in_column(expression, cell)
        };
        for condition in self.recipe.selection.conditions() {
            let found = value(&condition.expression)?;
            if let Some(reason) = condition.refusal(&found, mapping) {
                return Err(reason);
            }
        }
        let mut collector = Collector::default();
        let for_all = self.for_all.iter().map(|section| (section, AFTER_ALL));
        for (section, after) in std::iter::once((section, 0)).chain(for_all) {
            for setting in &section.settings {
                let found = field_named(&setting.name);
                if let Some((field, rank)) =
                    found.filter(|(field, _)| self.recipe.takes_by_name(*field, &setting.name))
                {
                    let value = StoredValue::from_text(setting.value.as_str());
                    collector.offer(field, rank + after, value);
                }
            }
        }
        for (field, expression) in mapping.parts() {
            collector.offer(*field, 0, value(expression)?);
        }
        let mut stored = collector.into_stored_row();
        self.recipe.finish(&mut stored)?;
        Ok(stored)
    }
}

impl Source for IniSource {
    fn kind(&self) -> SourceKind {
        SourceKind::Ini
    }

    fn layout(&self) -> Option<RowLayout> {
        let mut found: Vec<Found> = Vec::new();
        let mut likely = Likely::default();
        let mut sections = 0;
        let read = self.sections(&mut |section| {
            for setting in &section.settings {
                let name = &setting.name;
                let by_name = field_named(name);
                let by_name = by_name.filter(|(field, _)| self.recipe.takes_by_name(*field, name));
                if by_name.is_none() {
                    likely.see_column(name, Some(setting.value.as_str()));
                }
                if found.len() < MOST_NAMES && !found.iter().any(|it| it.column == *name) {
                    found.push(Found {
                        place: shown(name),
                        column: name.clone(),
                        by_name,
                    });
                }
            }
            sections += 1;
            match sections < SAMPLE {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        });
        read.ok()?;
        let layout = RowLayout::of(&self.recipe, &found, |_index| true);
        Some(
            match layout.wants_likely(&self.recipe) {
                true => layout.with_likely(&likely),
                false => layout,
            }
            .without_people(),
        )
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        self.sections(&mut |section| match section.name.as_str() {
            FOR_ALL => ControlFlow::Continue(()),
            _ => visit(self.row(&section)),
        })
    }
}

/// The column that a section's name is.
const SECTION: &str = "section";

/// How many names of settings are known, at most. A file with more has names that are nobody's settings.
const MOST_NAMES: usize = 1024;

/// How many sections are looked at for what their settings are called.
const SAMPLE: usize = 100;

/// The section whose settings hold for all.
const FOR_ALL: &str = "DEFAULT";

/// More than the ranks that names have.
const AFTER_ALL: u8 = 64;
