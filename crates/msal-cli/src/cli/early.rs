//! What must be known before all that was typed is read, because it says how to tell what is wrong with it.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::ValueEnum;

use super::format::{Color, Format};
use super::settings::Settings;

/// How an error is shown that was made in typing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Early {
    pub(crate) color: Option<Color>,
    pub(crate) format: Option<Format>,
    /// The file with settings.
    pub(crate) file: Option<PathBuf>,
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
            color: value(&arguments, "--color").and_then(|name| known(&name)),
            format: value(&arguments, "--format").and_then(|name| known(&name)),
            file: value(&arguments, "--config-file").map(PathBuf::from),
        }
    }

    /// Adds what is set.
    pub(crate) fn or_set(self, settings: Option<&Settings>) -> Self {
        let set = |key| settings?.common(key).map(OsString::from);
        Self {
            color: self.color.or_else(|| known(&set("color")?)),
            format: self.format.or_else(|| known(&set("format")?)),
            file: self.file,
        }
    }
}

/// The last value of an option.
fn value(arguments: &[OsString], option: &str) -> Option<OsString> {
    let mut arguments = arguments.iter();
    let mut found = None;
    while let Some(argument) = arguments.next() {
        let bytes = argument.as_encoded_bytes();
        let typed = match bytes.strip_prefix(option.as_bytes()) {
            Some([]) => arguments.next().cloned(),
            Some([b'=', ..]) => {
                let text = argument.to_string_lossy();
                text.split_once('=').map(|(_, value)| value.into())
            }
            _ => None,
        };
        found = typed.or(found);
    }
    found
}

fn known<Value: ValueEnum>(name: &OsStr) -> Option<Value> {
    Value::from_str(name.to_str()?, false).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_found_in_both_spellings() {
        for (typed, color, format, file) in [
            ("", None, None, None),
            (
                "accounts --color never --format=json",
                Some(Color::Never),
                Some(Format::Json),
                None,
            ),
            ("--color=always accounts t", Some(Color::Always), None, None),
            ("accounts --color", None, None, None),
            ("accounts --color blue --format", None, None, None),
            ("accounts --colors=never", None, None, None),
            ("accounts -- --color never", None, None, None),
            ("--config-file a.toml accounts", None, None, Some("a.toml")),
            (
                "accounts --config-file=a=b.toml",
                None,
                None,
                Some("a=b.toml"),
            ),
        ] {
            let arguments = typed.split_whitespace().map(OsString::from);
            let file = file.map(PathBuf::from);
            assert_eq!(
                Early::of(arguments),
                Early {
                    color,
                    format,
                    file
                },
                "{typed}"
            );
        }
    }
}
