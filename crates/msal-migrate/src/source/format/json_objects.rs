//! JSON objects: token responses with their usual names (`token-json`), or objects of any kind with a mapping (`jsonl`).
//!
//! One reader covers a single object, an array of objects, an object of objects by name, and objects that follow each
//! other, whether each stands in a line of its own or not.

use std::io::Read;
use std::ops::ControlFlow;

use serde::Deserialize;

use super::detect::shape::Shape;
use super::json_layout::Sample;
use super::token_object::ByUsualNames;
use crate::record::{Locator, Place, Row, SkipReason};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;
use crate::source::read::json::descent::{DescentError, Each, descend};
use crate::source::read::json::error::JsonError;
use crate::source::read::json::members::{Member, first_members};
use crate::source::read::json::slice::{JsonSlice, parse_object, parse_object_as};
use crate::source::read::json::stream::JsonStream;
use crate::source::row::collector::Collector;
use crate::source::row::field::Field;
use crate::source::row::json_pointer::JsonPointer;
use crate::source::row::layout::RowLayout;
use crate::source::row::mapping::MappingError;
use crate::source::row::recipe::Recipe;
use crate::source::row::second_look;
use crate::source::row::shown_name::listed;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// A file of JSON objects.
#[derive(Debug)]
pub(crate) struct JsonSource {
    input: Input,
    kind: SourceKind,
    recipe: Recipe,
    /// Where the objects are, if not at the outermost place.
    records: Option<JsonPointer>,
    /// Whether the outermost object holds token responses by name, and is not one itself.
    is_map: bool,
}

impl JsonSource {
    pub(crate) fn open(
        input: Input,
        kind: SourceKind,
        recipe: Recipe,
        records: Option<JsonPointer>,
    ) -> Result<Self, SourceError> {
        let is_map = records.is_none()
            && recipe.finds_by_usual_name(Field::RefreshToken)
            && Shape::of(&input)? == Shape::TokenMap;
        Ok(Self {
            input,
            kind,
            recipe,
            records,
            is_map,
        })
    }

    /// Visits the row of every object. Of an object in a map, the name is the user's, or else the file's is.
    pub(crate) fn read_named(
        &self,
        user: Option<&str>,
        locator: impl Fn(u64) -> Locator,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), SourceError> {
        let mut found = FoundParts::new(&self.recipe);
        let mut index = 0;
        let flow = self.each(&mut |name, object| {
            let row = self.row(object, name.or(user), locator(index), &mut found)?;
            index += 1;
            Ok(visit(row))
        })?;
        // Only a pass to the end tells that a part was never found.
        if flow.is_break() {
            return Ok(());
        }
        found
            .check(&self.recipe)
            .map_err(|problem| self.mapping_error(problem))
    }

    /// Lets `sample` see the first objects. What is wrong with them is for the reading to say.
    pub(crate) fn sample(&self, sample: &mut Sample<'_>) {
        let _read = self.each(&mut |_name, object| {
            sample.see(object.bytes);
            Ok(match sample.is_full() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            })
        });
    }

    /// Goes through the objects, each with its name where it has one.
    fn each(&self, each: &mut Each<'_>) -> Result<ControlFlow<()>, SourceError> {
        let mut stream = JsonStream::new(self.input.text()?);
        let flow = match &self.records {
            Some(pointer) => descend(&mut stream, pointer.segments(), each),
            None => self.read_objects(&mut stream, each),
        };
        flow.map_err(|error| match error {
            DescentError::Json(error) => error.in_file(self.input.name()),
            DescentError::NotThere { members } => self.mapping_error(MappingError::UnknownColumn {
                column: self
                    .records
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                columns: listed(members.iter().map(String::as_str)),
            }),
        })
    }

    fn mapping_error(&self, problem: MappingError) -> SourceError {
        SourceError::Mapping {
            file: self.input.name().to_string(),
            problem,
        }
    }

    fn read_objects(
        &self,
        stream: &mut JsonStream<impl Read>,
        each: &mut Each<'_>,
    ) -> Result<ControlFlow<()>, DescentError> {
        while let Some(first) = stream.peek()? {
            let flow = match first {
                b'[' => stream.for_each_element(|_index, object| each(None, object))?,
                b'{' if self.is_map => {
                    stream.for_each_named_member(|name, object| each(Some(name), object))?
                }
                _ => each(None, stream.value()?)?,
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn row(
        &self,
        object: JsonSlice<'_>,
        name: Option<&str>,
        locator: Locator,
        found: &mut FoundParts,
    ) -> Result<Row, JsonError> {
        let is_mapped = !self.recipe.is_by_usual_names();
        let by_names = match is_mapped && !self.recipe.adds_to_usual {
            true => parse_object::<AnyObject>(object)?.map(|_any| None),
            false => parse_object_as(object, ByUsualNames(&self.recipe))?.map(Some),
        };
        let stored = by_names
            .map_err(SkipReason::Malformed)
            .and_then(|by_names| self.stored_row(by_names, object, found));
        let row = match stored {
            Ok(mut stored) => {
                if stored.refresh_token.is_absent() {
                    let reason = second_look::at_object(object.bytes, is_mapped);
                    stored.reason_without_token = Some(reason);
                }
                named_row(stored, name, locator)
            }
            Err(reason) => {
                let key = match self.value_of(Field::Key, object) {
                    key if key.is_absent() => StoredValue::from_text(name.unwrap_or_default()),
                    key => key,
                };
                let token = self.value_of(Field::RefreshToken, object);
                StoredRow::left_out(key, token, reason, locator)
            }
        };
        Ok(self.recipe.defaults.fill(row))
    }

    /// The value of one mapped field, of an object that may not be readable as a whole.
    fn value_of<'a>(&'a self, field: Field, object: JsonSlice<'a>) -> StoredValue<'a> {
        let mut parts = self.recipe.mapping.parts().iter();
        let part = parts.find(|(mapped, _)| *mapped == field);
        part.and_then(|(_, expression)| self.recipe.in_object(expression, object.bytes).ok())
            .unwrap_or(StoredValue::Absent)
    }

    /// The fields of an object, which were found by their usual names or are found by the mapping.
    fn stored_row<'a>(
        &'a self,
        by_names: Option<StoredRow<'a>>,
        object: JsonSlice<'a>,
        found: &mut FoundParts,
    ) -> Result<StoredRow<'a>, SkipReason> {
        let mapping = &self.recipe.mapping;
        found.see(object, &self.recipe);
        let conditions = self.recipe.selection.conditions().iter();
        for (part, condition) in (mapping.parts().len()..).zip(conditions) {
            let value = self.recipe.in_object(&condition.expression, object.bytes)?;
            found.note(part, &value);
            if let Some(reason) = condition.refusal(&value, mapping) {
                return Err(reason);
            }
        }
        let mut collector = Collector::on_top_of(by_names.unwrap_or_default());
        for (part, (field, expression)) in mapping.parts().iter().enumerate() {
            let value = self.recipe.in_object(expression, object.bytes)?;
            found.note(part, &value);
            collector.offer(*field, 0, value);
        }
        let mut stored = collector.into_stored_row();
        found.has_row = true;
        self.recipe.finish(&mut stored)?;
        Ok(stored)
    }
}

impl Source for JsonSource {
    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn layout(&self) -> Option<RowLayout> {
        let mut sample = Sample::new(&self.recipe);
        self.sample(&mut sample);
        Some(sample.into_layout())
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        let locator = |index| Locator::new(self.input.name(), Place::Element(index));
        self.read_named(None, locator, visit)
    }
}

/// The row of what stood under a name, which is often its user's.
pub(crate) fn named_row<'a>(
    mut stored: StoredRow<'a>,
    name: Option<&'a str>,
    locator: Locator,
) -> Row {
    let name = name.unwrap_or_default();
    if stored.username.is_absent() {
        stored.username = StoredValue::from_text(name);
    }
    if stored.key.is_absent() {
        stored.key = StoredValue::from_text(name);
    }
    stored.into_row(locator)
}

/// Any object: parsing it checks that there is one.
#[derive(Deserialize)]
struct AnyObject {}

/// Which parts of the mapping have found a value. A part that never finds one is a mistake, and the members that there are
/// help to correct it.
struct FoundParts {
    /// For each expression of the recipe.
    parts: Vec<bool>,
    /// An object met the conditions, so that its fields were looked for.
    has_row: bool,
    /// The members of the first object.
    members: Option<Vec<Member>>,
}

impl FoundParts {
    fn new(recipe: &Recipe) -> Self {
        Self {
            parts: vec![false; recipe.expressions().count()],
            has_row: false,
            members: None,
        }
    }

    fn see(&mut self, object: JsonSlice<'_>, recipe: &Recipe) {
        if self.members.is_none() && recipe.expressions().next().is_some() {
            let members = first_members(&mut JsonStream::new(object.bytes), |_| false);
            self.members = Some(members.unwrap_or_default());
        }
    }

    fn note(&mut self, part: usize, value: &StoredValue<'_>) {
        if let Some(found) = self.parts.get_mut(part) {
            *found |= !matches!(value, StoredValue::Absent);
        }
    }

    fn check(&self, recipe: &Recipe) -> Result<(), MappingError> {
        // Of a file without objects nothing can be said.
        let Some(members) = &self.members else {
            return Ok(());
        };
        let fields = recipe.mapping.parts().len();
        let missing =
            recipe
                .expressions()
                .enumerate()
                .zip(&self.parts)
                .find(|((part, _), found)| {
                    let was_looked_for = *part >= fields || self.has_row;
                    !**found && was_looked_for && recipe.needs(*part)
                });
        match missing {
            None => Ok(()),
            Some(((_, expression), _)) => Err(MappingError::UnknownColumn {
                column: expression.to_string(),
                columns: listed(members.iter().map(|member| member.name.as_str())),
            }),
        }
    }
}
