//! How far the first reading of a source is, on a terminal: nobody knows how many rows there will be.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use msal_migrate::{Row, Source, SourceError, SourceKind};

use crate::output::Printer;
use crate::terminal::is_drawable;

/// Shows how many rows have been read, where that can be drawn.
pub(crate) fn shown(source: Box<dyn Source>, printer: &Printer) -> Box<dyn Source> {
    match !printer.quiet && !printer.is_json() && is_drawable() {
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

impl Source for Shown {
    fn kind(&self) -> SourceKind {
        self.source.kind()
    }

    fn recognised_by(&self) -> Option<&str> {
        self.source.recognised_by()
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        // What follows has something better to show.
        if self.was_read.swap(true, Ordering::Relaxed) {
            return self.source.read(visit);
        }
        let bar = ProgressBar::new_spinner().with_style(style());
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

fn style() -> ProgressStyle {
    ProgressStyle::with_template("  {spinner:.cyan} {human_pos} rows read  {per_sec:.dim}")
        .unwrap_or_else(|_never| ProgressStyle::default_spinner())
}

const STEP: u64 = 1024;
