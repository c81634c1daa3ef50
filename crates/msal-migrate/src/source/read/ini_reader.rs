//! Configuration files with sections, streamed one section at a time.
//!
//! There is no standard. This is what Python's configparser, rclone and git have in common: `[section]`, `name = value` or
//! `name: value`, comments behind `#` or `;` at the beginning of a line, and values that go on in indented lines. Nothing in
//! a value is replaced or run.

use std::fmt;
use std::io::Read;

use memchr::memchr;
use thiserror::Error;
use zeroize::Zeroizing;

use super::window::{Window, WindowError};
use crate::source::error::SourceError;

/// Reads one section after the other.
pub(crate) struct IniReader<R> {
    window: Window<R>,
    next_line: u64,
    /// The section whose heading has been read.
    next: Option<Section>,
}

/// A section with its settings.
pub(crate) struct Section {
    /// Empty for settings above the first section.
    pub(crate) name: String,
    /// The line that it starts in; the first is 1.
    pub(crate) line: u64,
    pub(crate) settings: Vec<Setting>,
    /// How long its lines are together.
    length: usize,
    /// What keeps it from being read.
    pub(crate) problem: Option<&'static str>,
}

/// A line with its number.
type Line = (u64, Zeroizing<Vec<u8>>);

/// A name and its value, which may be a token.
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) value: Zeroizing<String>,
}

impl fmt::Debug for Section {
    /// Without the name, which may be a person's, and the values.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Section(:{})", self.line)
    }
}

impl Section {
    fn new(name: String, line: u64) -> Self {
        Self {
            name,
            line,
            settings: Vec::new(),
            length: 0,
            problem: None,
        }
    }

    /// The value of a setting: of its exact name, or else of its name in another case.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let exact = self.settings.iter().find(|setting| setting.name == name);
        let in_any_case = || {
            let mut settings = self.settings.iter();
            settings.find(|setting| setting.name.eq_ignore_ascii_case(name))
        };
        let setting = exact.or_else(in_any_case)?;
        Some(&setting.value)
    }

    /// Takes a line that is neither empty, a comment nor a heading.
    fn take(&mut self, line: &str) {
        if self.length + line.len() > LARGEST_SECTION {
            self.problem = Some("the section is far too long");
            return;
        }
        self.length += line.len();
        if line.starts_with([' ', '\t'])
            && let Some(setting) = self.settings.last_mut()
        {
            setting.go_on(line.trim());
            return;
        }
        let Some(at) = line.find(['=', ':']) else {
            self.problem = Some("a line of the section is no setting: it has no `=`");
            return;
        };
        let (name, value) = line.split_at(at);
        let (name, value) = (name.trim(), value.get(1..).unwrap_or_default().trim());
        let is_known = |setting: &Setting| setting.name.eq_ignore_ascii_case(name);
        if self.settings.iter().any(is_known) {
            self.problem = Some("a setting of the section occurs twice");
        }
        if self.settings.len() == MOST_SETTINGS {
            self.problem = Some("the section has far too many settings");
            return;
        }
        self.settings.push(Setting {
            name: name.to_owned(),
            value: Zeroizing::new(unquoted(value).to_owned()),
        });
    }
}

impl Setting {
    /// Adds a line to the value.
    fn go_on(&mut self, line: &str) {
        let needed = self.value.len() + line.len() + 1;
        if self.value.capacity() < needed {
            // Not by growing in place, which would leave a copy of a token behind.
            let mut larger = Zeroizing::new(String::with_capacity(2 * needed));
            larger.push_str(&self.value);
            self.value = larger;
        }
        self.value.push('\n');
        self.value.push_str(line);
    }
}

impl<R: Read> IniReader<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            window: Window::new(reader),
            next_line: 1,
            next: Some(Section::new(String::new(), 1)),
        }
    }

    /// The next section that has a setting.
    pub(crate) fn section(&mut self) -> Result<Option<Section>, IniError> {
        while let Some(mut section) = self.next.take() {
            while let Some((number, line)) = self.line()? {
                let Ok(line) = str::from_utf8(&line) else {
                    section.problem = Some("a line of the section is not UTF-8");
                    continue;
                };
                let text = line.trim();
                if text.is_empty() || text.starts_with(['#', ';']) {
                    continue;
                }
                if line.starts_with('[') {
                    let name = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
                    let name = name.ok_or(IniError::Heading { line: number })?;
                    self.next = Some(Section::new(name.trim().to_owned(), number));
                    break;
                }
                section.take(line.trim_end_matches(['\r', '\n']));
            }
            if !section.settings.is_empty() || section.problem.is_some() {
                return Ok(Some(section));
            }
        }
        Ok(None)
    }

    /// The next line, with its number.
    fn line(&mut self) -> Result<Option<Line>, IniError> {
        let mut seen = 0;
        let length = loop {
            let available = self.window.available();
            let unseen = available.get(seen..).unwrap_or_default();
            if let Some(end) = memchr(b'\n', unseen) {
                break seen + end + 1;
            }
            seen = available.len();
            if seen > LONGEST_LINE {
                return Err(IniError::LongLine {
                    line: self.next_line,
                });
            }
            if !self.window.fill()? {
                break seen;
            }
        };
        if length == 0 {
            return Ok(None);
        }
        let number = self.next_line;
        self.next_line += 1;
        let line = Zeroizing::new(self.window.take(length).to_vec());
        Ok(Some((number, line)))
    }
}

/// The value without the quotation marks around it, which some programs write.
fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('"') => inner,
        _ => value,
    }
}

/// Why a text is no such file.
#[derive(Debug, Error)]
pub(crate) enum IniError {
    #[error("line {line}: the heading of a section is not closed by `]`")]
    Heading { line: u64 },
    #[error("line {line}: is far too long for a line of a configuration file")]
    LongLine { line: u64 },
    #[error(transparent)]
    Window(#[from] WindowError),
}

impl IniError {
    /// The error for the user, with the name of the file.
    pub(crate) fn in_file(self, file: &str) -> SourceError {
        let problem = self.to_string();
        match self {
            Self::Window(error) => error.in_file(file),
            _ => SourceError::Syntax {
                file: file.to_owned(),
                problem,
            },
        }
    }
}

/// Values are tokens, or JSON with one in it.
const LONGEST_LINE: usize = 1 << 20;

/// How long all lines of a section may be together.
const LARGEST_SECTION: usize = 1 << 20;

/// No section has as many; it bounds the search for one that occurs twice.
const MOST_SETTINGS: usize = 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `NAME@LINE: SETTING=VALUE, …` or `!PROBLEM`
    fn sections(text: &str) -> Result<String, IniError> {
        let mut reader = IniReader::new(text.as_bytes());
        let mut seen = Vec::new();
        while let Some(section) = reader.section()? {
            let settings: Vec<_> = section
                .settings
                .iter()
                .map(|setting| format!("{}={}", setting.name, *setting.value))
                .collect();
            let what = match section.problem {
                Some(problem) => format!("!{problem}"),
                None => settings.join(", "),
            };
            seen.push(format!("{}@{}: {what}", section.name, section.line));
        }
        Ok(seen.join("; "))
    }

    #[test]
    fn sections_and_settings_are_read() {
        for (text, expected) in [
            ("", ""),
            ("[empty]\n# nothing\n", ""),
            ("[a]\nb = c\n", "a@1: b=c"),
            ("\u{20}\n; x\n[ a b ]\r\nB: c=d\r\n", "a b@3: B=c=d"),
            ("a=1\n[s]\nb=2", "@1: a=1; s@2: b=2"),
            (
                "[s]\nurl = https://x/y\ntoken = {\"a\": \"b\"}\n",
                "s@1: url=https://x/y, token={\"a\": \"b\"}",
            ),
            ("[s]\na = b\n  c\n\td=e\nf=", "s@1: a=b\nc\nd=e, f="),
            ("[s]\na = \"b c\"\nd=\"e\"f\"\n", "s@1: a=b c, d=\"e\"f\""),
            (
                "[s]\na=1\nA=2\n[t]\nb=3",
                "s@1: !a setting of the section occurs twice; t@4: b=3",
            ),
            (
                "[s]\nnonsense\n[t]\nb=3",
                "s@1: !a line of the section is no setting: it has no `=`; t@3: b=3",
            ),
        ] {
            assert_eq!(sections(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_section_without_end_does_not_fill_the_memory() {
        let endless_value = format!(
            "[a]\nb=c\n{}[d]\ne=f",
            " x\n".repeat(LARGEST_SECTION / 2 + 1)
        );
        let many = format!("[a]\n{}[d]\ne=f", "b=\n".repeat(3 * MOST_SETTINGS));
        for text in [endless_value, many] {
            let read = sections(&text).unwrap();
            assert!(
                read.starts_with("a@1: !") && read.contains("; d@"),
                "{:.200}",
                read
            );
            let mut reader = IniReader::new(text.as_bytes());
            let section = reader.section().unwrap().unwrap();
            let held: usize = section.settings.iter().map(|it| it.value.capacity()).sum();
            assert!(held <= 4 * LARGEST_SECTION, "{held}");
        }
    }

    #[test]
    fn damage_is_an_error_with_its_line() {
        let message = |text: &str| sections(text).unwrap_err().to_string();
        assert_eq!(
            message("[a]\nb=c\n[d\ne=f"),
            "line 3: the heading of a section is not closed by `]`"
        );
        let long = format!("[a]\nb={}", "x".repeat(LONGEST_LINE + 1));
        assert_eq!(
            message(&long),
            "line 2: is far too long for a line of a configuration file"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\[|\\]|=|:|#|;|\\n|\\r| |\t|a|é|\"|\\PC){0,80}") {
            let _refused = sections(&text);
        }
    }
}
