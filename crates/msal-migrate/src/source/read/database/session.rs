//! The thread that a session lives on.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;
use std::time::Duration;

use super::batch::{Batch, DatabaseRow};
use super::error::DatabaseError;
use super::outline::Outline;
use super::query::Query;

/// A connection that cannot write, and sees the database as it was when it was first read.
pub(super) trait Session {
    fn outline(&mut self) -> Result<Outline, DatabaseError>;

    /// The names of the columns of the answer.
    fn columns(&mut self, query: &Query) -> Result<Vec<String>, DatabaseError>;

    /// Hands on the answer in batches, until one is not taken.
    fn rows(
        &mut self,
        query: &Query,
        take: &mut dyn FnMut(Batch) -> ControlFlow<()>,
    ) -> Result<(), DatabaseError>;
}

/// Opens a session on the thread that it will live on.
pub(super) trait Open:
    FnOnce() -> Result<Box<dyn Session>, DatabaseError> + Send + 'static
{
}

impl<F: FnOnce() -> Result<Box<dyn Session>, DatabaseError> + Send + 'static> Open for F {}

/// What a session is asked, and where the answer goes.
enum Request {
    Columns(Query, SyncSender<Result<Vec<String>, DatabaseError>>),
    Outline(SyncSender<Result<Outline, DatabaseError>>),
    Rows(Query, SyncSender<Result<Batch, DatabaseError>>),
}

/// A session on its thread, which ends when this is dropped.
pub(super) struct Worker {
    /// Dropped first, which ends the thread.
    requests: Option<Sender<Request>>,
    /// Says by its end that the session is closed.
    closed: Mutex<Receiver<()>>,
}

impl Worker {
    /// Opens a session and waits until it is open.
    pub(super) fn start(open: impl Open) -> Result<Self, DatabaseError> {
        let (requests, asked) = mpsc::channel();
        let (closing, closed) = mpsc::channel();
        let (opened, outcome) = mpsc::sync_channel(1);
        let serve = move || {
            let _ends_with_the_thread = closing;
            match open() {
                Ok(mut session) => {
                    let _nobody_waits = opened.send(Ok(()));
                    asked
                        .iter()
                        .for_each(|request| answer(&mut *session, request));
                }
                Err(error) => {
                    let _nobody_waits = opened.send(Err(error));
                }
            }
        };
        thread::Builder::new()
            .name("msal-database".to_owned())
            .spawn(serve)
            .map_err(|error| DatabaseError::lost(&error))?;
        received(&outcome)?;
        Ok(Self {
            requests: Some(requests),
            closed: Mutex::new(closed),
        })
    }

    pub(super) fn outline(&self) -> Result<Outline, DatabaseError> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.ask(Request::Outline(answer))?;
        received(&answered)
    }

    pub(super) fn columns(&self, query: &Query) -> Result<Vec<String>, DatabaseError> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.ask(Request::Columns(query.clone(), answer))?;
        received(&answered)
    }

    pub(super) fn rows(
        &self,
        query: &Query,
        visit: &mut dyn FnMut(DatabaseRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), DatabaseError> {
        let (batches, taken) = mpsc::sync_channel(READ_AHEAD);
        self.ask(Request::Rows(query.clone(), batches))?;
        loop {
            let batch: Batch = received(&taken)?;
            // The last one.
            if batch.is_empty() {
                return Ok(());
            }
            for row in batch.rows() {
                if visit(row).is_break() {
                    return Ok(());
                }
            }
        }
    }

    fn ask(&self, request: Request) -> Result<(), DatabaseError> {
        let requests = self.requests.as_ref();
        let sent = requests.map(|requests| requests.send(request));
        match sent {
            Some(Ok(())) => Ok(()),
            _ => Err(DatabaseError::gone()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.requests = None;
        // So that locks are gone and the server has heard of the end, but not for ever: a query may be under way.
        if let Ok(closed) = self.closed.get_mut() {
            let _ended_or_not = closed.recv_timeout(FAREWELL);
        }
    }
}

fn answer(session: &mut dyn Session, request: Request) {
    // Whoever has asked may be gone, which is nothing to tell anybody.
    match request {
        Request::Outline(answer) => drop(answer.send(session.outline())),
        Request::Columns(query, answer) => drop(answer.send(session.columns(&query))),
        Request::Rows(query, batches) => {
            let mut take = |batch| match batches.send(Ok(batch)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_nobody_listens) => ControlFlow::Break(()),
            };
            let last = session.rows(&query, &mut take).map(|()| Batch::new(0));
            drop(batches.send(last));
        }
    }
}

fn received<T>(answers: &Receiver<Result<T, DatabaseError>>) -> Result<T, DatabaseError> {
    answers
        .recv()
        .map_err(|_ended| DatabaseError::gone())
        .flatten()
}

/// How many batches wait to be taken.
const READ_AHEAD: usize = 1;

const FAREWELL: Duration = Duration::from_secs(1);
