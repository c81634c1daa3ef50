//! What the commands that fit this one into a system can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// A shell that completes what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Fish,
    #[value(name = "powershell")]
    Pwsh,
    Zsh,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder to write them to; it is created when absent. Only pages of this command are replaced there.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
}

pub(super) const COMPLETIONS_HELP: &str = "\
Examples:
  msal completions bash > ~/.local/share/bash-completion/completions/msal
  msal completions fish > ~/.config/fish/completions/msal.fish
  msal completions powershell >> $PROFILE

  For zsh, into a folder that fpath names before compinit runs:
    msal completions zsh > ~/.zfunc/_msal";

pub(super) const MAN_HELP: &str = "\
Examples:
  msal man --out ~/.local/share/man/man1
  man msal-migrate-run";
