//! What is left of a migration: looked at before anything is removed.

use std::path::{Path, PathBuf};

use super::input::{Input, is_gone};
use super::journal::Journal;
use super::keeps::{self, Keeps};
use super::target::Target;
use crate::cli::FinishArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;

/// All that is left of a migration.
pub(super) struct Found {
    pub(super) target: Target,
    /// `None` once it is removed.
    pub(super) journal: Option<Journal>,
    pub(super) journal_keeps: Vec<Keeps>,
    pub(super) input: Option<Input>,
    pub(super) input_keeps: Vec<Keeps>,
}

impl Found {
    pub(super) fn look(
        arguments: &FinishArgs,
        path: &Path,
        printer: &Printer,
    ) -> Result<Self, Failure> {
        let journal = Journal::open(path, &arguments.run.to)?;
        let target = Target::look(arguments, &journal)?;
        let input = Input::look(arguments, &journal, printer)?;
        let remains = input.as_ref().and_then(Input::remains);
        let given_up = &arguments.give_up;
        Ok(Self {
            journal_keeps: keeps::of_journal(&journal, &target, remains, given_up),
            input_keeps: input.as_ref().map_or_else(Vec::new, |input| {
                keeps::of_input(input, &journal, &target, given_up)
            }),
            target,
            journal: Some(journal),
            input,
        })
    }

    /// Why what was named cannot be removed.
    pub(super) fn refusal(&self, arguments: &FinishArgs) -> Option<Failure> {
        let named = arguments.run.source.input.as_deref();
        let is_removed = arguments.remove_journal && named.is_some_and(is_gone);
        if arguments.remove_input && self.input.is_none() && !is_removed {
            return Some(Failure::usage(
                "nothing was removed: --remove-input removes the input, and none is named",
                "name the file, as the run was told",
            ));
        }
        let input = self.input.as_ref().filter(|_| arguments.remove_input);
        let journal = self.journal.as_ref().filter(|_| arguments.remove_journal);
        let of_input = input.and_then(|input| Some((&input.path, self.input_keeps.first()?)));
        let of_journal = || journal.and_then(|it| Some((&it.path, self.journal_keeps.first()?)));
        let (path, first) = of_input.or_else(of_journal)?;
        Some(Failure {
            exit: Exit::ToCorrect,
            ..Failure::usage(
                format!("nothing was removed: {}: {}", path.display(), first.what),
                first.way.clone(),
            )
        })
    }

    pub(super) fn to_remove(&self, arguments: &FinishArgs) -> Vec<PathBuf> {
        let input = self.input.iter().filter(|_| arguments.remove_input);
        let journal = self.journal.iter().filter(|_| arguments.remove_journal);
        let journal = journal.flat_map(Journal::files);
        input
            .map(|input| input.path.clone())
            .chain(journal)
            .collect()
    }
}
