//! A place in a JSON text, for a reader that knows what will come next, or most of it.

use std::borrow::Cow;

use super::read::{StringToken, after_blanks, value_end};

/// What is still to be read.
pub(crate) struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// The beginning of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Self(after_blanks(text))
    }

    /// Whether nothing is left.
    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes behind `known` and the blanks that follow it, where that is what comes next.
    pub(crate) fn skip(&mut self, known: &str) -> bool {
        let behind = self.0.strip_prefix(known);
        behind.map(|behind| self.0 = after_blanks(behind)).is_some()
    }

    /// Goes behind an object; `member` goes behind the value of each of its members.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Option<()>,
    ) -> Option<()> {
        self.expect("{")?;
        if self.skip("}") {
            return Some(());
        }
        loop {
            let name = self.name()?;
            member(self, name)?;
            if self.skip("}") {
                return Some(());
            }
            self.expect(",")?;
        }
    }

    fn expect(&mut self, known: &str) -> Option<()> {
        self.skip(known).then_some(())
    }

    /// Goes behind the name of a member and its colon.
    fn name(&mut self) -> Option<Cow<'a, str>> {
        let name = StringToken::at_start_of(self.0)?;
        let behind = after_blanks(self.0.get(name.text.len()..)?).strip_prefix(':')?;
        self.0 = after_blanks(behind);
        name.value()
    }

    /// Goes behind a value of whatever kind.
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        let (value, behind) = self.0.split_at_checked(value_end(self.0)?)?;
        self.0 = after_blanks(behind);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members of an object, of which `known` is skipped and not read.
    fn members(text: &str, known: &str) -> Option<Vec<String>> {
        let (mut cursor, mut members) = (Cursor::new(text), Vec::new());
        cursor.object(|cursor, name| {
            let value = match cursor.skip(known) {
                true => "known",
                false => cursor.value()?,
            };
            members.push(format!("{name} {value}"));
            Some(())
        })?;
        cursor.is_at_end().then_some(members)
    }

    #[test]
    fn an_object_is_read_member_by_member_and_what_is_known_is_skipped() {
        let text = " {\n\"a\\u0062\" : [1, \"}\"] , \"c\":{\"d\": 2 }\t} ";
        let read = |known| members(text, known).unwrap();
        assert_eq!(read("{\"d\": 3 }"), ["ab [1, \"}\"]", "c {\"d\": 2 }"]);
        assert_eq!(read("{\"d\": 2 }"), ["ab [1, \"}\"]", "c known"]);
        assert_eq!(members("{ }", "{}").unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_no_object_is_none() {
        for text in [
            "",
            "[]",
            "{",
            "{}}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,\"a\":1}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":{\"b\":2}3}",
            "{\"\u{1}\":1}",
            "{5:1}",
            "{\"a\":NaN}",
        ] {
            assert_eq!(members(text, "{\"b\":2}"), None, "{text}");
        }
    }
}
