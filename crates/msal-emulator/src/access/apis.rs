//! The APIs that a request can ask for, by the names that it can use.

use std::borrow::Cow;

use crate::directory::{AppEntry, Directory, ResourceEntry};
use crate::protocol::{Call, own_base};
use crate::refusal::Refusal;

/// The APIs of a directory, as a client sees them under the name by which it calls the emulator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Apis<'d> {
    directory: &'d Directory,
    /// Under a name of its own the emulator is Microsoft Graph too, and discovery says so.
    own_graph: Option<&'d str>,
}

impl<'d> Apis<'d> {
    pub(crate) fn new(directory: &'d Directory, call: &'d Call<'_>) -> Self {
        Self {
            directory,
            own_graph: own_base(call),
        }
    }

    /// The APIs by the names that the directory has for them.
    #[cfg(test)]
    pub(crate) fn of(directory: &'d Directory) -> Self {
        Self {
            directory,
            own_graph: None,
        }
    }

    /// The API of a name that `app` asks for.
    pub(super) fn find(
        self,
        name: &str,
        app: &AppEntry,
    ) -> Result<Cow<'d, ResourceEntry>, Refusal> {
        if let Some(entry) = self.known(name) {
            return Ok(Cow::Borrowed(entry));
        }
        // Every application can be asked for as a resource, by its client id.
        let id = name.strip_prefix("api://").unwrap_or(name);
        if id.eq_ignore_ascii_case(&app.client_id) {
            return Ok(Cow::Owned(ResourceEntry::of_app(app)));
        }
        if let Some(other) = self.directory.find_app(id) {
            return Ok(Cow::Owned(ResourceEntry::of_app(other)));
        }
        Err(Refusal::new(500_011).with("resource", name))
    }

    /// The API that the directory has under a name, or the emulator itself.
    pub(crate) fn known(self, name: &str) -> Option<&'d ResourceEntry> {
        let is_own = self
            .own_graph
            .is_some_and(|own| own.eq_ignore_ascii_case(name.trim_end_matches('/')));
        if is_own {
            return self.directory.graph();
        }
        self.directory.find_resource(name)
    }

    pub(super) fn graph(self) -> Result<Cow<'d, ResourceEntry>, Refusal> {
        let graph = self.directory.graph().map(Cow::Borrowed);
        graph.ok_or_else(|| Refusal::new(500_011))
    }
}
