//! How far the first reading of a source is, on a terminal.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use msal_migrate::{OtherFiles, Row, RowLayout, Source, SourceError, SourceKind};

use crate::output::Printer;
use crate::progress::with_pace;
use crate::terminal::is_drawable;

/// Shows how many rows have been read, where that can be drawn.
pub(crate) fn shown(source: Box<dyn Source>, printer: &Printer) -> Box<dyn Source> {
    match !printer.quiet && is_drawable() {
        true => Box::new(Shown {
            source,
            was_read: AtomicBool::new(false),
        }),
        false => source,
    }
}

#[derive(Debug)]
struct Shown {
    source: Box<dyn Source>,
    was_read: AtomicBool,
}

impl Shown {
    /// A bar where the source knows how many rows it has, and their number alone where it does not.
    fn bar(&self) -> ProgressBar {
        let counting = ProgressBar::new_spinner().with_style(style(COUNTING));
        counting.tick();
        let count = self.source.count();
        counting.finish_and_clear();
        match count {
            Some(rows) => ProgressBar::new(rows).with_style(style(OF_MANY)),
            None => ProgressBar::new_spinner().with_style(style(OF_NOBODY_KNOWS)),
        }
    }
}

impl Source for Shown {
    fn kind(&self) -> SourceKind {
        self.source.kind()
    }

    fn recognised_by(&self) -> Option<&str> {
        self.source.recognised_by()
    }

    fn count(&self) -> Option<u64> {
        self.source.count()
    }

    fn layout(&self) -> Option<RowLayout> {
        self.source.layout()
    }

    fn other_files(&self) -> Option<&OtherFiles> {
        self.source.other_files()
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        // What follows has something better to show.
        if self.was_read.swap(true, Ordering::Relaxed) {
            return self.source.read(visit);
        }
        let bar = self.bar();
        let mut rows = 0_u64;
        let read = self.source.read(&mut |row| {
            rows += 1;
            if rows.is_multiple_of(STEP) {
                bar.set_position(rows);
            }
            visit(row)
        });
        bar.finish_and_clear();
        read
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    with_pace(
        style.unwrap_or_else(|_never| ProgressStyle::default_spinner()),
        0,
    )
}

const COUNTING: &str = "  {spinner:.cyan} counting the rows";
const OF_MANY: &str = "  {human_pos}/{human_len} rows read  {pace:.dim}";
const OF_NOBODY_KNOWS: &str = "  {spinner:.cyan} {human_pos} rows read  {pace:.dim}";

const STEP: u64 = 1024;
