//! What was logged, taken apart: which spans and events there were, and what they said.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The rows of the documentation's tables about the log, as they stand there.
pub(crate) static DOCUMENTED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let documentation = include_str!("../../src/lib.rs");
    let rows = documentation.lines().filter_map(|line| {
        let row = line.strip_prefix("//! ")?;
        let mut cells = row.split(" | ");
        let level = cells.nth(1)?;
        LEVELS.contains(&level).then(|| row.to_owned())
    });
    rows.collect()
});

const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/// Takes down what the library logs, and nothing of other crates.
#[derive(Clone, Default)]
pub(crate) struct Capture(Arc<Mutex<Captured>>);

#[derive(Default)]
struct Captured {
    rows: BTreeSet<String>,
    lines: Vec<String>,
}

impl Capture {
    /// Every span and event that there was, as a row of the documentation.
    pub(crate) fn rows(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().rows.clone()
    }

    /// Every event, with the spans it was in, and every span when it closed, with its fields. They are forgotten then.
    pub(crate) fn take_lines(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().lines)
    }

    /// What the documentation does not know of.
    pub(crate) fn undocumented(&self) -> Vec<String> {
        let rows = self.rows();
        let unknown = rows.difference(&DOCUMENTED);
        unknown
            .map(|row| format!("not documented: {row}"))
            .collect()
    }

    fn add_row(&self, metadata: &Metadata<'_>, name: &str) {
        let fields = metadata.fields().iter().map(|field| field.name());
        let fields = fields.filter(|name| *name != "message");
        let fields: Vec<_> = fields.map(|name| format!("`{name}`")).collect();
        let target = match metadata.target() {
            "msal" => String::new(),
            other => format!(" at {other}"),
        };
        let row = format!(
            "| {name}{target} | {} | {} |",
            metadata.level(),
            fields.join(", ")
        );
        self.0.lock().unwrap().rows.insert(row);
    }

    fn add_line(&self, line: String) {
        self.0.lock().unwrap().lines.push(line);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if !is_ours(metadata) {
            return;
        }
        self.add_row(metadata, &format!("`{}`", metadata.name()));
        let mut values = Values::default();
        attributes.record(&mut values);
        let span = context.span(id).unwrap();
        span.extensions_mut().insert(values);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        if let Some(values) = span.extensions_mut().get_mut::<Values>() {
            record.record(values);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !is_ours(event.metadata()) {
            return;
        }
        let mut values = Values::default();
        event.record(&mut values);
        self.add_row(event.metadata(), &values.message);
        let scope = context.event_scope(event).into_iter();
        let spans = scope.flat_map(|scope| scope.from_root());
        let spans: String = spans.map(|span| format!("{}: ", span.name())).collect();
        let level = event.metadata().level();
        self.add_line(format!("{level} {spans}{}{}", values.message, values.text));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        if let Some(values) = span.extensions().get::<Values>() {
            self.add_line(format!("end of {}{}", span.name(), values.text));
        }
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "msal" || metadata.target().starts_with("msal::")
}

#[derive(Default)]
struct Values {
    message: String,
    text: String,
}

impl Visit for Values {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => write!(self.text, " {name}={value:?}").unwrap(),
        }
    }
}
