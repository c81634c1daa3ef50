//! What to type to have JSON read whose members have names of their own.

use std::io::Read;

use zeroize::Zeroizing;

use crate::source::read::json::error::JsonError;
use crate::source::read::json::stream::JsonStream;
use crate::source::row::likely::{DEEPEST, Likely, pointer, typed};

/// The arguments that most probably read the tokens of a text: the first elements of its arrays are looked at. What cannot
/// be read is worth what was seen before it.
pub(super) fn arguments(stream: &mut JsonStream<impl Read>) -> Option<String> {
    Seen::all(stream).best(|records, likely| match records.is_empty() {
        true => likely.arguments_of_object(),
        false => Some(format!(
            "--records {} {}",
            typed(records),
            likely.arguments()?
        )),
    })
}

/// The same for an object whose members are rows, or have rows in them, and whose names nobody may read.
pub(super) fn arguments_of_each(stream: &mut JsonStream<impl Read>) -> Option<String> {
    Seen::all(stream).best(|records, likely| {
        let below = records.strip_prefix('/').and_then(|it| it.split_once('/'));
        match (records.is_empty(), below) {
            (true, _) => likely.arguments_of_each_member(),
            (false, Some((name, rest))) => {
                let name = if CONTAINERS.contains(&name) {
                    name
                } else {
                    "NAME"
                };
                let records = format!("/{name}/{rest}");
                Some(format!(
                    "--records {} {}",
                    typed(&records),
                    likely.arguments()?
                ))
            }
            (false, None) => None,
        }
    })
}

/// The rows that there may be: the outermost object or array, and each array in an object.
#[derive(Default)]
struct Seen {
    /// Each with the pointer to its array.
    rows: Vec<(String, Likely)>,
    /// Which of them is looked at.
    current: usize,
    /// An array stands around what is looked at.
    is_in_array: bool,
}

impl Seen {
    fn all(stream: &mut JsonStream<impl Read>) -> Self {
        let mut seen = Self::default();
        let _read = seen.value(stream, &mut Vec::new());
        seen
    }

    /// Of the rows that there may be, those where the refresh token is most certain.
    fn best(&self, arguments: impl Fn(&str, &Likely) -> Option<String>) -> Option<String> {
        let each = self.rows.iter().filter_map(|(records, likely)| {
            Some((likely.distance()?, arguments(records, likely)?))
        });
        let best = each.min_by_key(|(distance, _)| *distance);
        best.map(|(_, arguments)| arguments)
    }

    /// `path` leads here from the current row.
    fn value(
        &mut self,
        stream: &mut JsonStream<impl Read>,
        path: &mut Vec<String>,
    ) -> Result<(), JsonError> {
        if self.rows.is_empty() {
            self.rows.push(Default::default());
        }
        match stream.peek()? {
            Some(b'{') if path.len() < usize::from(DEEPEST) => self.object(stream, path),
            Some(b'[') => self.array(stream, path),
            Some(b'"') => self.text(stream, path),
            _ => stream.skip(),
        }
    }

    fn object(
        &mut self,
        stream: &mut JsonStream<impl Read>,
        path: &mut Vec<String>,
    ) -> Result<(), JsonError> {
        stream.enter(b'{')?;
        let mut count = 0;
        while stream.advance(b'}', count == 0)? {
            count += 1;
            path.push(stream.name()?);
            match count <= MOST {
                true => self.value(stream, path)?,
                false => stream.skip()?,
            }
            path.pop();
        }
        Ok(())
    }

    fn array(
        &mut self,
        stream: &mut JsonStream<impl Read>,
        path: &mut Vec<String>,
    ) -> Result<(), JsonError> {
        stream.enter(b'[')?;
        let mut count = 0;
        while stream.advance(b']', count == 0)? {
            count += 1;
            match (count, stream.peek()?) {
                (1, Some(b'{')) => self.first_element(stream, path)?,
                (1, Some(b'"')) => {
                    // A list, such as that of scopes.
                    self.see(path, None);
                    stream.skip()?;
                }
                _ => stream.skip()?,
            }
        }
        Ok(())
    }

    /// The first object of an array, which is a row of its own if no other array stands around it.
    fn first_element(
        &mut self,
        stream: &mut JsonStream<impl Read>,
        path: &mut Vec<String>,
    ) -> Result<(), JsonError> {
        // The outermost array has the rows that there are without a pointer.
        if path.is_empty() {
            self.is_in_array = true;
            return self.value(stream, path);
        }
        if self.is_in_array {
            path.push("0".to_owned());
            let read = self.value(stream, path);
            path.pop();
            return read;
        }
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let Some(records) = pointer(&names) else {
            return stream.skip();
        };
        self.rows.push((records, Likely::default()));
        (self.current, self.is_in_array) = (self.rows.len() - 1, true);
        let read = self.value(stream, &mut Vec::new());
        (self.current, self.is_in_array) = (0, false);
        read
    }

    fn text(
        &mut self,
        stream: &mut JsonStream<impl Read>,
        path: &mut [String],
    ) -> Result<(), JsonError> {
        let value = stream.value()?;
        let text: Result<String, _> = serde_json::from_slice(value.bytes);
        let Ok(text) = text.map(Zeroizing::new) else {
            return Ok(());
        };
        self.see(path, Some(&text));
        if let ([name], Some((_, likely))) = (path, self.rows.get_mut(self.current)) {
            likely.see_json(name, &text);
        }
        Ok(())
    }

    fn see(&mut self, path: &[String], value: Option<&str>) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if let Some((_, likely)) = self.rows.get_mut(self.current) {
            likely.see(&path, value);
        }
    }
}

/// Names of what holds rows, which are nobody's.
const CONTAINERS: [&str; 9] = [
    "accounts", "data", "entries", "items", "records", "results", "rows", "tokens", "users",
];

/// How many members of an object are looked at.
const MOST: usize = 64;
