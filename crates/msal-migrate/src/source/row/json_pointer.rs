//! JSON pointers (RFC 6901), followed through a text without building a tree of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::value::StoredValue;

/// A path into a JSON text, as its reference tokens (RFC 6901 §3) without their escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonPointer(Vec<String>);

impl JsonPointer {
    /// Parses `/a/0/b`; `None` when it does not start with `/`. The empty pointer, which is the whole text, is not taken:
    /// no field is a whole object.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let segments = text.strip_prefix('/')?.split('/');
        // RFC 6901 §4: `~1` is replaced first and `~0` after it, so that `~01` becomes `~1` and not `/`.
        let unescaped = segments.map(|segment| segment.replace("~1", "/").replace("~0", "~"));
        Some(Self(unescaped.collect()))
    }

    /// The value that the pointer leads to, or [`StoredValue::Absent`].
    ///
    /// # Errors
    /// When `json` is not JSON.
    pub(crate) fn find<'a>(&self, json: &'a [u8]) -> Result<StoredValue<'a>, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let found = Descent {
            rest: &self.0,
            ignores_case: false,
        }
        .deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(found)
    }

    /// The value that the pointer leads to from the member with this name.
    ///
    /// # Errors
    /// When `json` is not JSON.
    pub(crate) fn find_below<'a>(
        &self,
        name: &str,
        json: &'a [u8],
    ) -> Result<StoredValue<'a>, serde_json::Error> {
        let rest: Vec<String> = std::iter::once(name.to_owned())
            .chain(self.0.iter().cloned())
            .collect();
        for ignores_case in [false, true] {
            let descent = Descent {
                rest: &rest,
                ignores_case,
            };
            let found = descent.deserialize(&mut serde_json::Deserializer::from_slice(json))?;
            if !matches!(found, StoredValue::Absent) {
                return Ok(found);
            }
        }
        Ok(StoredValue::Absent)
    }

    /// The last of its segments.
    pub(crate) fn last(&self) -> &str {
        self.0.last().map(String::as_str).unwrap_or_default()
    }

    /// All its segments.
    pub(crate) fn segments(&self) -> &[String] {
        &self.0
    }

    /// All its segments but the last.
    pub(crate) fn outer(&self) -> &[String] {
        self.0
            .split_last()
            .map(|(_last, outer)| outer)
            .unwrap_or_default()
    }

    /// The member of the outermost object with this name, or else with this name in another case.
    ///
    /// # Errors
    /// When `json` is not JSON.
    pub(crate) fn member<'a>(
        name: &str,
        json: &'a [u8],
    ) -> Result<StoredValue<'a>, serde_json::Error> {
        let rest = [name.to_owned()];
        for ignores_case in [false, true] {
            let descent = Descent {
                rest: &rest,
                ignores_case,
            };
            let found = descent.deserialize(&mut serde_json::Deserializer::from_slice(json))?;
            if !matches!(found, StoredValue::Absent) {
                return Ok(found);
            }
        }
        Ok(StoredValue::Absent)
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            write!(
                formatter,
                "/{}",
                segment.replace('~', "~0").replace('/', "~1")
            )?;
        }
        Ok(())
    }
}

/// What is left of the pointer below a value. Of a member that occurs twice the last counts, as in most parsers.
struct Descent<'p> {
    rest: &'p [String],
    ignores_case: bool,
}

impl<'de> DeserializeSeed<'de> for Descent<'_> {
    type Value = StoredValue<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.rest.is_empty() {
            return serde::Deserialize::deserialize(deserializer);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Descent<'_> {
    type Value = StoredValue<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((wanted, rest)) = self.rest.split_first() else {
            return Ok(StoredValue::Absent);
        };
        let mut found = StoredValue::Absent;
        while let Some(StoredValue::Text(name)) = map.next_key()? {
            let matches = if self.ignores_case {
                name.eq_ignore_ascii_case(wanted)
            } else {
                name == wanted.as_str()
            };
            if matches {
                found = map.next_value_seed(Descent {
                    rest,
                    ignores_case: false,
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Some((wanted, rest)) = self.rest.split_first() else {
            return Ok(StoredValue::Absent);
        };
        let wanted: Option<usize> = wanted.parse().ok();
        let mut found = StoredValue::Absent;
        for index in 0.. {
            if Some(index) == wanted {
                let descent = Descent {
                    rest,
                    ignores_case: false,
                };
                match list.next_element_seed(descent)? {
                    Some(field) => found = field,
                    None => break,
                }
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Ok(found)
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<Self::Value, E> {
        Ok(StoredValue::Absent)
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<Self::Value, E> {
        Ok(StoredValue::Absent)
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<Self::Value, E> {
        Ok(StoredValue::Absent)
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<Self::Value, E> {
        Ok(StoredValue::Absent)
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<Self::Value, E> {
        Ok(StoredValue::Absent)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(StoredValue::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pointer: &str, json: &str) -> Option<String> {
        let found = JsonPointer::parse(pointer).unwrap().find(json.as_bytes());
        found.unwrap().owned()
    }

    #[test]
    fn pointers_lead_through_objects_and_lists() {
        // RFC 6901 §5, and beside it the ways to miss.
        let json = r#"{"foo":["bar","baz"],"":"empty","a/b":"slash","m~n":"tilde","~1":"odd","o":{"p":[{"q":"r"}]}}"#;
        let table = [
            ("/foo/0", Some("bar")),
            ("/", Some("empty")),
            ("/a~1b", Some("slash")),
            ("/m~0n", Some("tilde")),
            ("/~01", Some("odd")),
            ("/o/p/0/q", Some("r")),
            ("/foo", None),
            ("/foo/2", None),
            ("/foo/-", None),
            ("/foo/0/x", None),
            ("/O", None),
            ("/x", None),
        ];
        for (pointer, expected) in table {
            assert_eq!(find(pointer, json).as_deref(), expected, "{pointer}");
            assert_eq!(JsonPointer::parse(pointer).unwrap().to_string(), pointer);
        }
    }

    #[test]
    fn a_pointer_starts_with_a_slash() {
        assert_eq!(JsonPointer::parse("a"), None);
        assert_eq!(JsonPointer::parse(""), None);
    }

    #[test]
    fn a_member_is_found_by_its_exact_name_first() {
        let member = |json: &str| JsonPointer::member("Rt", json.as_bytes()).unwrap().owned();
        assert_eq!(member(r#"{"rt":"a","Rt":"b"}"#).as_deref(), Some("b"));
        assert_eq!(member(r#"{"RT":"a"}"#).as_deref(), Some("a"));
        assert_eq!(member(r#"["a"]"#), None);
    }
}
