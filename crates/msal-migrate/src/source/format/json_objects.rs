//! JSON objects: token responses with their usual names (`token-json`), or objects of any kind with a mapping (`jsonl`).
//!
//! One reader covers a single object, an array of objects, an object of objects by name, and objects that follow each
//! other, whether each stands in a line of its own or not.

use std::io::Read;
use std::ops::ControlFlow;

use serde::Deserialize;

use super::detect::shape::Shape;
use super::token_object::TokenObject;
use crate::record::{Locator, Place, Row};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;
use crate::source::read::json::error::JsonError;
use crate::source::read::json::members::{Member, first_members};
use crate::source::read::json::slice::{JsonSlice, Parsed, parse_object};
use crate::source::read::json::stream::JsonStream;
use crate::source::row::collector::Collector;
use crate::source::row::mapping::{Mapping, MappingError};
use crate::source::row::second_look;
use crate::source::row::shown_name::listed;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// A file of JSON objects.
#[derive(Debug)]
pub(crate) struct JsonSource {
    input: Input,
    kind: SourceKind,
    mapping: Mapping,
    /// Whether the outermost object holds token responses by name, and is not one itself.
    is_map: bool,
}

impl JsonSource {
    pub(crate) fn open(
        input: Input,
        kind: SourceKind,
        mapping: Mapping,
    ) -> Result<Self, SourceError> {
        let is_map = mapping.is_empty() && Shape::of(&input)? == Shape::TokenMap;
        Ok(Self {
            input,
            kind,
            mapping,
            is_map,
        })
    }

    /// Visits every object with its index and, in a map, its name.
    pub(crate) fn read_named(
        &self,
        mut visit: impl FnMut(u64, Option<&str>, Parsed<StoredRow<'_>>) -> ControlFlow<()>,
    ) -> Result<(), SourceError> {
        let mut stream = JsonStream::new(self.input.text()?);
        let mut found = FoundParts::new(&self.mapping);
        let flow = self
            .read_objects(&mut stream, &mut found, &mut visit)
            .map_err(|error| error.in_file(self.input.name()))?;
        // Only a pass to the end tells that a part was never found.
        if flow.is_break() {
            return Ok(());
        }
        found
            .check(&self.mapping)
            .map_err(|problem| SourceError::Mapping {
                file: self.input.name().to_string(),
                problem,
            })
    }

    fn read_objects(
        &self,
        stream: &mut JsonStream<impl Read>,
        found: &mut FoundParts,
        visit: &mut impl FnMut(u64, Option<&str>, Parsed<StoredRow<'_>>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, JsonError> {
        let mut index = 0;
        while let Some(first) = stream.peek()? {
            let mut each = |name: Option<&str>, object: JsonSlice<'_>| {
                let parsed = self.parse(object, found)?;
                index += 1;
                Ok(visit(index - 1, name, parsed))
            };
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

    fn parse<'a>(
        &'a self,
        object: JsonSlice<'a>,
        found: &mut FoundParts,
    ) -> Result<Parsed<StoredRow<'a>>, JsonError> {
        let is_mapped = !self.mapping.is_empty();
        let mut parsed = match is_mapped {
            true => self.map(object, found)?,
            false => parse_object::<TokenObject<'_>>(object)?.map(|object| object.stored),
        };
        if let Ok(stored) = &mut parsed
            && stored.refresh_token.is_absent()
        {
            stored.reason_without_token = Some(second_look::at_object(object.bytes, is_mapped));
        }
        Ok(parsed)
    }

    /// The fields of an object as the mapping finds them.
    fn map<'a>(
        &'a self,
        object: JsonSlice<'a>,
        found: &mut FoundParts,
    ) -> Result<Parsed<StoredRow<'a>>, JsonError> {
        if let Err(what) = parse_object::<AnyObject>(object)? {
            return Ok(Err(what));
        }
        found.see(object);
        let mut collector = Collector::default();
        for (part, (field, expression)) in self.mapping.parts().iter().enumerate() {
            let Ok(value) = expression.in_object(object.bytes) else {
                return Ok(Err("a member that should hold JSON does not"));
            };
            found.note(part, &value);
            collector.offer(*field, 0, value);
        }
        Ok(Ok(collector.into_stored_row()))
    }
}

impl Source for JsonSource {
    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        self.read_named(|index, name, parsed| {
            let locator = Locator::new(self.input.name(), Place::Element(index));
            visit(into_row(parsed, name, locator))
        })
    }
}

/// The row of an object. `name` is the name it stood under, which is often its user's.
pub(crate) fn into_row(parsed: Parsed<StoredRow<'_>>, name: Option<&str>, locator: Locator) -> Row {
    match parsed {
        Ok(mut stored) => {
            let name = name.unwrap_or_default();
            if stored.username.is_absent() {
                stored.username = StoredValue::from_text(name);
            }
            if stored.key.is_absent() {
                stored.key = StoredValue::from_text(name);
            }
            stored.into_row(locator)
        }
        Err(what) => Row::malformed(locator.with_key(name.unwrap_or_default()), what),
    }
}

/// Any object: parsing it checks that there is one.
#[derive(Deserialize)]
struct AnyObject {}

/// Which parts of the mapping have found a value. A part that never finds one is a mistake, and the members that there are
/// help to correct it.
struct FoundParts {
    parts: Vec<bool>,
    /// The members of the first object.
    members: Option<Vec<Member>>,
}

impl FoundParts {
    fn new(mapping: &Mapping) -> Self {
        Self {
            parts: vec![false; mapping.parts().len()],
            members: None,
        }
    }

    fn see(&mut self, object: JsonSlice<'_>) {
        if self.members.is_none() {
            let members = first_members(&mut JsonStream::new(object.bytes), |_| false);
            self.members = Some(members.unwrap_or_default());
        }
    }

    fn note(&mut self, part: usize, value: &StoredValue<'_>) {
        if let Some(found) = self.parts.get_mut(part) {
            *found |= !matches!(value, StoredValue::Absent);
        }
    }

    fn check(&self, mapping: &Mapping) -> Result<(), MappingError> {
        // Of a file without objects nothing can be said.
        let Some(members) = &self.members else {
            return Ok(());
        };
        let missing = self.parts.iter().position(|found| !found);
        match missing.and_then(|part| mapping.parts().get(part)) {
            None => Ok(()),
            Some((_, expression)) => Err(MappingError::UnknownColumn {
                column: expression.to_string(),
                columns: listed(members.iter().map(|member| member.name.as_str())),
            }),
        }
    }
}
