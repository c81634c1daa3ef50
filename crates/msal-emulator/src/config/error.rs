//! Why a configuration file is refused.

use std::ops::Range;

/// A configuration file that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {reason}", key.as_ref().map(|key| format!(", {key:?}")).unwrap_or_default())]
#[non_exhaustive]
pub struct ConfigError {
    line: usize,
    key: Option<String>,
    reason: String,
}

impl ConfigError {
    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The key or the table that the line is about.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The mistake without its line, for what was not written as TOML.
    pub(crate) fn without_line(&self) -> String {
        match &self.key {
            Some(key) => format!("{key:?}: {}", self.reason),
            None => self.reason.clone(),
        }
    }

    pub(super) fn at(text: &str, span: Option<Range<usize>>, reason: String) -> Self {
        let at = span.map_or(text.len(), |span| span.start.min(text.len()));
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let text = text.lines().nth(line - 1).unwrap_or_default();
        let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line,
            key: key_of(text, column),
            reason: reason.trim().replace('\n', "; "),
        }
    }
}

/// The key whose value stands at `column`, or the name of the table that the line opens.
fn key_of(line: &str, column: usize) -> Option<String> {
    let table = line.trim().trim_start_matches('[');
    if table.len() < line.trim().len() {
        return Some(
            table
                .split(']')
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned(),
        );
    }
    // Within an inline table it is the nearest key before the value; at the key itself, that key.
    let start = line
        .get(..column)
        .unwrap_or(line)
        .rfind(['{', ','])
        .map_or(0, |at| at + 1);
    let (key, _) = line
        .get(start..)?
        .split_once('=')
        .or_else(|| line.split_once('='))?;
    Some(key.trim().trim_matches('"').to_owned()).filter(|key| !key.is_empty())
}
