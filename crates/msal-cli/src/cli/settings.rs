//! What would be typed every time: from the environment, and from a file that somebody named.
//!
//! Nothing is looked for in the working directory or at home: a file that somebody else put there would say where tokens go.
//! What is set becomes the default of an option, so that what is typed comes first.

mod giving_way;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::{Table, Value};

use self::giving_way::NAMES_OF_SECRETS;
use crate::bounded;
use crate::error::Failure;
use crate::private;

/// What is set, and where.
#[derive(Debug, Default)]
pub(crate) struct Settings(Vec<Setting>);

#[derive(Clone, Debug)]
struct Setting {
    /// The command that it is for; without one, all that have the option.
    path: Vec<String>,
    /// The option, as it is typed.
    key: String,
    values: Vec<String>,
    /// Where it stands.
    place: String,
}

impl Settings {
    /// Reads the file that was typed, or that `MSAL_CONFIG_FILE` names, and the variables, which come before it.
    pub(crate) fn read(typed: Option<PathBuf>, command: &Command) -> Result<Self, Failure> {
        let mut settings = Self::default();
        let named = || std::env::var_os(FILE).filter(|name| !name.is_empty());
        if let Some(file) = typed.or_else(|| named().map(PathBuf::from)) {
            settings.add_file(&file, command)?;
        }
        for key in COMMON {
            let variable = format!("MSAL_{}", key.to_uppercase().replace('-', "_"));
            let value = std::env::var_os(&variable).filter(|value| !value.is_empty());
            if let Some(value) = value.map(OsString::into_string) {
                let value = value.map_err(|_odd| wrong(&variable, "it is not UTF-8"))?;
                let option = any(command, key);
                check(option, &value).map_err(|problem| wrong(&variable, &problem))?;
                settings.0.push(Setting {
                    path: Vec::new(),
                    key: (*key).to_owned(),
                    values: vec![value],
                    place: variable,
                });
            }
        }
        Ok(settings)
    }

    fn add_file(&mut self, file: &Path, command: &Command) -> Result<(), Failure> {
        let name = file.display().to_string();
        let text = bounded::read_text(file, LARGEST)
            .map_err(|error| wrong(&name, &format!("cannot be read: {error}")))?;
        // Without the line that the parser shows: somebody may have put a secret there.
        let table: Table = toml::from_str(&text).map_err(|error| wrong(&name, error.message()))?;
        let (tables, common): (Vec<_>, Vec<_>) =
            table.into_iter().partition(|(_, value)| value.is_table());
        for (key, value) in common {
            known(&key, COMMON).map_err(|problem| wrong(&name, &problem))?;
            self.set(&[], key, value, any, command, &name)?;
        }
        for (key, value) in tables {
            self.add_table(vec![key], value, command, &name)?;
        }
        Ok(())
    }

    /// The table of a command, or of the group that it belongs to.
    fn add_table(
        &mut self,
        path: Vec<String>,
        value: Value,
        above: &Command,
        file: &str,
    ) -> Result<(), Failure> {
        let last = path.last().map(String::as_str).unwrap_or_default();
        let names: Vec<_> = above.get_subcommands().map(Command::get_name).collect();
        known(last, &names).map_err(|problem| wrong(file, &problem))?;
        let (Some(command), Value::Table(table)) = (above.find_subcommand(last), value) else {
            return Err(wrong(file, &format!("`{}` is a table", path.join("."))));
        };
        for (key, value) in table {
            if command.has_subcommands() {
                let path = [path.clone(), vec![key]].concat();
                self.add_table(path, value, command, file)?;
                continue;
            }
            let options = command.get_arguments().filter_map(Arg::get_long);
            let options: Vec<_> = options
                .filter(|option| COMMON.contains(option) || SETTABLE.contains(option))
                .collect();
            known(&key, &options)
                .map_err(|problem| wrong(file, &format!("[{}]: {problem}", path.join("."))))?;
            self.set(&path, key, value, own, command, file)?;
        }
        Ok(())
    }

    fn set<'a>(
        &mut self,
        path: &[String],
        key: String,
        value: Value,
        find: fn(&'a Command, &str) -> Option<&'a Arg>,
        command: &'a Command,
        file: &str,
    ) -> Result<(), Failure> {
        let place = [path, std::slice::from_ref(&key)].concat().join(".");
        let values = texts(value)
            .ok_or_else(|| wrong(file, &format!("{place}: write a text, or a list of texts")))?;
        let names_a_secret = NAMES_OF_SECRETS.contains(&key.as_str());
        for value in &values {
            if names_a_secret && private::may_be_a_secret(&key, value) {
                let problem = format!(
                    "{place}: it names where the secret is; what stands there is not shown, as it may be the secret itself"
                );
                return Err(wrong(file, &problem));
            }
            check(find(command, &key), value)
                .map_err(|problem| wrong(file, &format!("{place}: {problem}")))?;
        }
        self.0.push(Setting {
            path: path.to_vec(),
            key,
            values,
            place: format!("{place} in {file}"),
        });
        Ok(())
    }

    /// What was set for an option of all commands.
    pub(crate) fn common(&self, key: &str) -> Option<&str> {
        let mut found = self
            .0
            .iter()
            .rev()
            .filter(|setting| setting.path.is_empty());
        let found = found.find(|setting| setting.key == key)?;
        found.values.first().map(String::as_str)
    }

    /// What is set for all commands, and means something else at the one that was typed: nothing is taken from it in silence.
    pub(crate) fn unheeded(&self, typed: &ArgMatches) -> Option<String> {
        let (mut command, mut path) = (typed, Vec::new());
        while let Some((name, below)) = command.subcommand() {
            path.push(name.to_owned());
            command = below;
        }
        let set = self.0.iter().rev();
        let mut set =
            set.filter(|setting| setting.path.is_empty() && means_another(&setting.key, &path));
        let Setting { key, place, .. } =
            set.find(|setting| matches!(command.try_get_one::<String>(&setting.key), Ok(None)))?;
        Some(format!(
            "note: {place} is not heeded here, where it would take the place of each row's: type --{key}, or set it in \
             [{}]",
            path.join(".")
        ))
    }

    /// What is left of it beside what was typed, where that excludes some of it.
    pub(crate) fn beside(&self, typed: &ArgMatches) -> Option<Self> {
        let gone = giving_way::to(typed);
        let stays = |setting: &&Setting| !gone.contains(&setting.key.as_str());
        let left: Vec<_> = self.0.iter().filter(stays).cloned().collect();
        (left.len() < self.0.len()).then_some(Self(left))
    }

    /// Makes what is set the defaults of options, whose help says so.
    pub(crate) fn applied(&self, command: Command) -> Command {
        self.below(command, &mut Vec::new())
    }

    fn below(&self, command: Command, path: &mut Vec<String>) -> Command {
        let command = command.mut_args(|arg| match self.of(&arg, path) {
            None => arg,
            Some(setting) => {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                let told = format!("[set: {} by {}]", setting.values.join(" "), setting.place);
                // A switch has no value that help would show.
                let has_value = arg.get_action().takes_values();
                arg.required(false)
                    .hide_default_value(has_value)
                    .help(format!("{help} {told}"))
                    .default_values(setting.values.clone())
            }
        });
        command.mut_subcommands(|child| {
            path.push(child.get_name().to_owned());
            let child = self.below(child, path);
            path.pop();
            child
        })
    }

    /// What is set for an option of the command at `path`: a variable comes first, then what is for this command alone.
    fn of(&self, arg: &Arg, path: &[String]) -> Option<&Setting> {
        let key = arg.get_long()?;
        let fits = |setting: &&Setting| {
            let is_for_it = setting.path.is_empty() || setting.path == path;
            // What is for all commands holds where it can be done.
            let can = setting
                .values
                .iter()
                .all(|value| check(Some(arg), value).is_ok());
            let is_meant = !setting.path.is_empty() || !means_another(key, path);
            setting.key == key && is_for_it && is_meant && can
        };
        let is_variable = |setting: &Setting| setting.place.starts_with("MSAL_");
        let found = self.0.iter().filter(fits);
        found.max_by_key(|setting| (is_variable(setting), setting.path.len()))
    }
}

/// Whether an option means something else at this command than at others: at a migration, an authority takes the place of
/// what each row says.
fn means_another(key: &str, path: &[String]) -> bool {
    key == "authority"
        && matches!(path, [group, command] if group == "migrate" && ["finish", "plan", "run"].contains(&command.as_str()))
}

/// An option of this name of any command.
fn any<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    let below = || command.get_subcommands().find_map(|child| any(child, key));
    own(command, key).or_else(below)
}

/// The option of this name of this command.
fn own<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    let mut arguments = command.get_arguments();
    arguments.find(|arg| arg.get_long() == Some(key))
}

fn texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Boolean(_) | Value::Integer(_) => Some(vec![value.to_string()]),
        Value::Array(values) => values
            .into_iter()
            .map(texts)
            .collect::<Option<Vec<_>>>()
            .map(|texts| texts.concat()),
        _ => None,
    }
}

/// Has the option look at a value as if it had been typed.
fn check(option: Option<&Arg>, value: &str) -> Result<(), String> {
    let Some(option) = option else {
        return Err("no command has this option".to_owned());
    };
    let parser = option.get_value_parser().clone();
    let alone = Arg::new("value")
        .long("value")
        .action(ArgAction::Set)
        .value_parser(parser);
    let parsed = Command::new("msal")
        .arg(alone)
        .try_get_matches_from(["msal", &format!("--value={value}")]);
    parsed.map(drop).map_err(|error| {
        let possible = match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(values)) => format!("; there are {}", values.join(", ")),
            _ => String::new(),
        };
        format!(
            "`{value}` is no value for it{}{possible}",
            suggestion(&error)
        )
    })
}

/// Refuses a name that is not one of these.
fn known(name: &str, names: &[&str]) -> Result<(), String> {
    let names_parser = PossibleValuesParser::new(names.iter().map(|name| (*name).to_owned()));
    let parsed = names_parser.parse_ref(&Command::new("msal"), None, name.as_ref());
    parsed.map(drop).map_err(|error| {
        format!(
            "`{name}` is no setting{}; there are {}",
            suggestion(&error),
            names.join(", ")
        )
    })
}

/// What was probably meant.
fn suggestion(error: &clap::Error) -> String {
    match error.get(ContextKind::SuggestedValue) {
        Some(ContextValue::String(meant)) => format!("; did you mean `{meant}`?"),
        _ => String::new(),
    }
}

fn wrong(place: &str, problem: &str) -> Failure {
    Failure::usage(
        format!("{place}: {problem}"),
        "settings are named as options are, without the dashes in front; docs/command-line.md lists them",
    )
}

/// What means the same at every command that has it. Each has a variable: `MSAL_` and the name in capitals.
const COMMON: &[&str] = &["authority", "ca-file", "color", "format", "quiet", "sdk"];

/// What a command's own table may hold besides: names, places and habits. What is decided each time is typed each time,
/// such as which tokens are tried again.
const SETTABLE: &[&str] = &[
    "certificate",
    "client-id",
    "client-secret-env",
    "client-secret-file",
    "concurrency",
    "database-tls-ca",
    "default-scope",
    "map-resource",
    "rotation",
    "scope",
    "tenant",
    "timeout",
];

/// The variable that names the file.
const FILE: &str = "MSAL_CONFIG_FILE";

/// It has a few lines.
const LARGEST: usize = 1 << 20;
