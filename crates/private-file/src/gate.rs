//! Where tests make a system call fail, or kill the process in front of it.

use std::{fmt, io, sync::Arc};

type Check = dyn Fn(&'static str) -> io::Result<()> + Send + Sync;

/// Stands in front of every call that changes the disk. The default is open; a test closes it, to see what a failure or
/// a killed process leaves.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<Check>>);

impl Gate {
    /// A gate that asks `check` in front of each call, by the action that its error would name.
    pub fn new(check: impl Fn(&'static str) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(check)))
    }

    /// Lets the call named `step` happen, or fails in its stead.
    pub(crate) fn pass(&self, step: &'static str) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |check| check(step))
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() {
            "Gate(watched)"
        } else {
            "Gate(open)"
        })
    }
}
