//! JSON objects: token responses with their usual names (`token-json`), or objects of any kind with a mapping (`jsonl`).
//!
//! One reader covers a single object, an array of objects, an object of objects by name, and objects that follow each
//! other, whether each stands in a line of its own or not.

use std::io::Read;
use std::ops::ControlFlow;

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
use crate::source::row::shown_name::listed;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// A file of JSON objects.
#[derive(Debug)]
pub(crate) struct JsonSource {
    input: Input,
    kind: SourceKind,
    reading: Reading,
}

/// How objects become rows.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Whether the outermost object holds objects by name, and is not one itself.
    is_map: bool,
    mapping: Mapping,
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
            reading: Reading { is_map, mapping },
        })
    }

    /// Visits every object with its index and, in a map, its name.
    pub(crate) fn read_named(
        &self,
        mut visit: impl FnMut(u64, Option<&str>, Parsed<StoredRow<'_>>) -> ControlFlow<()>,
    ) -> Result<(), SourceError> {
        let mut stream = JsonStream::new(self.input.text()?);
        let seen = self
            .reading
            .read(&mut stream, &mut visit)
            .map_err(|error| error.in_file(self.input.name()))?;
        seen.check(&self.reading.mapping)
            .map_err(|problem| SourceError::Mapping {
                file: self.input.name().to_string(),
                problem,
            })
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

impl Reading {
    fn read(
        &self,
        stream: &mut JsonStream<impl Read>,
        visit: &mut impl FnMut(u64, Option<&str>, Parsed<StoredRow<'_>>) -> ControlFlow<()>,
    ) -> Result<Seen, JsonError> {
        let mut seen = Seen::new(&self.mapping);
        let mut index = 0;
        while let Some(first) = stream.peek()? {
            let mut each = |name: Option<&str>, value: JsonSlice<'_>| {
                let parsed = self.parse(value, &mut seen)?;
                index += 1;
                Ok(visit(index - 1, name, parsed))
            };
            let flow = match first {
                b'[' => stream.for_each_element(|_index, value| each(None, value))?,
                b'{' if self.is_map => {
                    for_each_named(stream, |name, value| each(Some(name), value))?
                }
                _ => each(None, stream.value()?)?,
            };
            if flow.is_break() {
                return Ok(Seen::new(&Mapping::default()));
            }
        }
        Ok(seen)
    }

    fn parse<'a>(
        &'a self,
        value: JsonSlice<'a>,
        seen: &mut Seen,
    ) -> Result<Parsed<StoredRow<'a>>, JsonError> {
        if self.mapping.is_empty() {
            let parsed = parse_object::<TokenObject<'_>>(value)?;
            return Ok(parsed.map(|object| object.stored));
        }
        if let Err(what) = parse_object::<AnyObject>(value)? {
            return Ok(Err(what));
        }
        seen.object(value);
        let mut collector = Collector::default();
        for (part, (field, expression)) in self.mapping.parts().iter().enumerate() {
            let Ok(value) = expression.in_object(value.bytes) else {
                return Ok(Err("a member that should hold JSON does not"));
            };
            seen.part(part, &value);
            collector.offer(*field, 0, value);
        }
        Ok(Ok(collector.into_stored_row()))
    }
}

/// Any object: parsing it checks that there is one.
#[derive(serde::Deserialize)]
struct AnyObject {}

fn for_each_named(
    stream: &mut JsonStream<impl Read>,
    mut visit: impl FnMut(&str, JsonSlice<'_>) -> Result<ControlFlow<()>, JsonError>,
) -> Result<ControlFlow<()>, JsonError> {
    stream.enter(b'{')?;
    let mut first = true;
    while stream.advance(b'}', first)? {
        first = false;
        let name = stream.name()?;
        if visit(&name, stream.value()?)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Which parts of the mapping found a value. A part that never found one is a mistake, and the members that there are
/// help to correct it.
struct Seen {
    parts: Vec<bool>,
    /// The members of the first object.
    members: Option<Vec<Member>>,
}

impl Seen {
    fn new(mapping: &Mapping) -> Self {
        Self {
            parts: vec![false; mapping.parts().len()],
            members: None,
        }
    }

    fn object(&mut self, value: JsonSlice<'_>) {
        if self.members.is_none() {
            let members = first_members(&mut JsonStream::new(value.bytes), |_| false);
            self.members = Some(members.unwrap_or_default());
        }
    }

    fn part(&mut self, part: usize, value: &StoredValue<'_>) {
        if let Some(seen) = self.parts.get_mut(part) {
            *seen |= !matches!(value, StoredValue::Absent);
        }
    }

    fn check(&self, mapping: &Mapping) -> Result<(), MappingError> {
        let Some(members) = &self.members else {
            return Ok(());
        };
        let unseen = self.parts.iter().position(|seen| !seen);
        match unseen.and_then(|part| mapping.parts().get(part)) {
            None => Ok(()),
            Some((_, expression)) => Err(MappingError::UnknownColumn {
                column: expression.to_string(),
                columns: listed(members.iter().map(|member| member.name.as_str())),
            }),
        }
    }
}
