//! What `migrate finish` can be told.

use clap::builder::Resettable;
use clap::{Arg, Args, Id, ValueEnum};

use super::run::RunArgs;

#[derive(Debug, Args)]
pub(crate) struct FinishArgs {
    /// All that a run takes, so that its command is edited in one word.
    #[command(flatten)]
    pub(crate) run: RunArgs,

    /// Removes the journal and its key, once nothing in it is needed any more. Keep its report first. A run without it
    /// redeems again what is migrated.
    #[arg(long)]
    pub(crate) remove_journal: bool,

    /// Removes the input: one file, as a whole, and only when each of its tokens is migrated. Nothing is ever removed from a
    /// database, or from a file that other programs need.
    #[arg(long)]
    pub(crate) remove_input: bool,

    /// Gives up tokens of this class, which keep the journal or the input from being removed; repeat it for several
    /// classes.
    #[arg(long, value_enum, value_name = "CLASS")]
    pub(crate) give_up: Vec<GiveUp>,

    /// Removes without asking. Needed where nobody is at a terminal.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// A class of tokens that can be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GiveUp {
    /// Not migrated for a reason that you correct.
    Failed,
    /// Sent, and nothing says whether they were redeemed.
    InDoubt,
    /// Migrated to accounts that are not in the target any more, as of users who have signed out since.
    Missing,
    /// Held back: the answers in the journal, which may be the newest tokens of their users.
    Quarantined,
    /// Not tried yet, or to be tried again.
    Retryable,
}

impl GiveUp {
    /// What is typed for it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// All that a run takes is taken, and what says nothing about the end of it is not shown. The input may be gone already.
pub(super) fn of_finish(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "input" => arg
            .required_unless_present(Resettable::<Id>::Reset)
            .help("The input of the run, read as it was. Without it, only target and journal are looked at"),
        "journal" => arg.help("The journal of the run. TARGET.journal when absent, or FOLDER.journal"),
        "to" => arg.help("The target of the run. It is only read"),
        "give_up" | "remove_input" | "remove_journal" | "yes" => arg,
        "client_id" | "from" | "map" => arg,
        _ => arg.hide(true),
    }
}
