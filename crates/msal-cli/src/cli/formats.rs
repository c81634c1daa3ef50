//! In which formats each command prints.

use clap::builder::{EnumValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command, Error, ValueEnum as _};

use super::format::Format;

/// Has each command offer the formats that it has, and no other.
pub(super) fn offered(command: Command) -> Command {
    let format = command.get_arguments().find(|arg| arg.get_id() == ID);
    match format.cloned() {
        Some(format) => below(command, &format, &mut Vec::new()),
        None => command,
    }
}

fn below(command: Command, format: &Arg, path: &mut Vec<String>) -> Command {
    command.mut_subcommands(|child| {
        path.push(child.get_name().to_owned());
        let child = match child.has_subcommands() {
            true => below(child, format, path),
            false => {
                let offered = Offered(of(path));
                child.arg(format.clone().value_parser(offered))
            }
        };
        path.pop();
        child
    })
}

/// What the command at this path prints.
fn of(path: &[String]) -> &'static [Format] {
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["completions" | "man"] => &[Format::Text],
        ["migrate", "report"] => &[Format::Text, Format::Json, Format::Csv, Format::Html],
        _ => &[Format::Text, Format::Json],
    }
}

/// Refuses a format that was named before the command: the parser has not known then which command it is for.
pub(super) fn check(command: &mut Command, matches: &ArgMatches) -> Result<(), Error> {
    let (mut path, mut innermost) = (Vec::new(), matches);
    while let Some((name, below)) = innermost.subcommand() {
        path.push(name.to_owned());
        innermost = below;
    }
    let offered = of(&path);
    match innermost.get_one::<Format>(ID) {
        Some(format) if !offered.contains(format) => {
            let names = names(offered).map(|value| value.get_name().to_owned());
            let names: Vec<_> = names.collect();
            let message = format!(
                "`msal {}` prints {}, and no other format",
                path.join(" "),
                names.join(" or ")
            );
            Err(command.error(ErrorKind::InvalidValue, message))
        }
        _ => Ok(()),
    }
}

/// Takes some of the formats.
#[derive(Clone)]
struct Offered(&'static [Format]);

impl TypedValueParser for Offered {
    type Value = Format;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Format, Error> {
        PossibleValuesParser::new(names(self.0)).parse_ref(command, arg, value)?;
        EnumValueParser::<Format>::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(names(self.0)))
    }
}

fn names(formats: &'static [Format]) -> impl Iterator<Item = PossibleValue> {
    formats.iter().filter_map(Format::to_possible_value)
}

/// The argument.
const ID: &str = "format";
