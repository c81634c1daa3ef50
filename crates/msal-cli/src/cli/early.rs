//! What must be known before all that was typed is read, because it says how to tell what is wrong with it.

use std::ffi::OsString;

use clap::ValueEnum;

use super::format::{Color, Format};

/// How an error is shown that was made in typing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Early {
    pub(crate) color: Color,
    pub(crate) format: Format,
}

impl Early {
    /// Looks for what was typed.
    pub(crate) fn read() -> Self {
        Self::of(std::env::args_os().skip(1))
    }

    fn of(arguments: impl Iterator<Item = OsString>) -> Self {
        let arguments = arguments.take_while(|argument| argument != "--");
        let arguments: Vec<_> = arguments.collect();
        Self {
            color: value(&arguments, "--color").unwrap_or(Color::Auto),
            format: value(&arguments, "--format").unwrap_or(Format::Text),
        }
    }
}

/// The value of an option, if it has one that is known.
fn value<Value: ValueEnum>(arguments: &[OsString], option: &str) -> Option<Value> {
    let mut arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    let mut found = None;
    while let Some(argument) = arguments.next() {
        let typed = match argument.strip_prefix(option) {
            Some("") => arguments.next(),
            Some(rest) => rest.strip_prefix('=').map(|value| value.to_owned().into()),
            None => None,
        };
        found = typed
            .and_then(|value| Value::from_str(&value, false).ok())
            .or(found);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_found_in_both_spellings() {
        for (typed, color, format) in [
            ("", Color::Auto, Format::Text),
            (
                "accounts --color never --format=json",
                Color::Never,
                Format::Json,
            ),
            ("--color=always accounts t", Color::Always, Format::Text),
            ("accounts --color", Color::Auto, Format::Text),
            ("accounts --color blue --format", Color::Auto, Format::Text),
            ("accounts --colors=never", Color::Auto, Format::Text),
            ("accounts -- --color never", Color::Auto, Format::Text),
        ] {
            let arguments = typed.split_whitespace().map(OsString::from);
            assert_eq!(Early::of(arguments), Early { color, format }, "{typed}");
        }
    }
}
