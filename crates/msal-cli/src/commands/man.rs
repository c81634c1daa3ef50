//! `msal man`: the manual pages.

use std::fs;

use crate::cli::{Cli, ManArgs};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;
use crate::outside::Outside;

pub(super) fn run(arguments: &ManArgs, printer: &Printer) -> Result<Exit, Failure> {
    let folder = &arguments.out;
    let command = Cli::whole().disable_help_subcommand(true);
    let written =
        fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.map_err(|error| {
        Failure::new(&error)
            .about(folder)
            .with_hint("name a folder that can be written to with --out")
    })?;
    printer.say(&format!(
        "the manual pages are in {}: man msal",
        Outside(folder.display())
    ));
    Ok(Exit::Success)
}
