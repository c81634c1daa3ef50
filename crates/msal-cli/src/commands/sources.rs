//! `msal sources`: from what refresh tokens can be migrated.

use std::str::FromStr as _;

use msal_migrate::{Preset, SourceKind};
use serde_json::{Value, json};

use crate::cli::{ShowArgs, SourcesCommand};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{DIM, HINT, Printer};
use crate::text;

pub(crate) fn run(command: &SourcesCommand, printer: &Printer) -> Result<Exit, Failure> {
    match command {
        SourcesCommand::List => list(printer),
        SourcesCommand::Show(arguments) => return show(arguments, printer),
    }
    Ok(Exit::Success)
}

fn list(printer: &Printer) {
    if printer.is_json() {
        let formats = SourceKind::ALL.iter().map(|kind| {
            json!({ "name": kind.as_str(), "kind": "format", "about": kind.about(), "needs": [] })
        });
        let presets = Preset::ALL.iter().map(|preset| {
            let file = preset.mapping_file();
            json!({
                "name": preset.name(), "kind": "application", "about": file.about(), "needs": file.needs(),
            })
        });
        return printer.json(&json!({ "sources": presets.chain(formats).collect::<Vec<Value>>() }));
    }
    let presets: Vec<_> = Preset::ALL
        .iter()
        .flat_map(|preset| {
            let file = preset.mapping_file();
            let needs = file.needs().iter().map(|need| format!("  needs {need}"));
            let lines = std::iter::once(file.about().to_owned()).chain(needs);
            let names = std::iter::once(preset.name()).chain(std::iter::repeat(""));
            let rows: Vec<_> = names.map(str::to_owned).zip(lines).collect();
            rows
        })
        .collect();
    let formats: Vec<_> = SourceKind::ALL
        .iter()
        .map(|kind| (kind.as_str().to_owned(), kind.about().to_owned()))
        .collect();
    printer.prose(&format!(
        "{DIM}Stores of applications{DIM:#}\n{}\n{DIM}Formats{DIM:#}\n{}\n",
        text::table(&presets),
        text::table(&formats)
    ));
    printer.prose(&format!(
        "{HINT}next{HINT:#}: msal migrate plan INPUT --from NAME\n      `msal sources show NAME` prints how an application's store is read\n"
    ));
}

fn show(arguments: &ShowArgs, printer: &Printer) -> Result<Exit, Failure> {
    let Some(preset) = Preset::named(&arguments.name) else {
        let names: Vec<_> = Preset::ALL.iter().map(Preset::name).collect();
        return Err(Failure::usage(
            match SourceKind::from_str(&arguments.name) {
                Ok(_) => format!(
                    "`{}` is a format, which is read without a mapping file",
                    arguments.name
                ),
                Err(unknown) => unknown.to_string(),
            },
            format!("there are {}", names.join(", ")),
        ));
    };
    match printer.is_json() {
        true => {
            let file = preset.mapping_file();
            printer.json(&json!({
                "name": preset.name(), "about": file.about(), "needs": file.needs(), "toml": preset.toml(),
            }));
        }
        false => printer.text(preset.toml()),
    }
    Ok(Exit::Success)
}
