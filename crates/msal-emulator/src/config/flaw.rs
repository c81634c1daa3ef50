//! What is wrong with a configuration file, and where.

use std::ops::Range;

use toml::Spanned;

use crate::directory::DirectoryError;

/// What is wrong, and where.
#[derive(Debug, Default)]
pub(super) struct Flaw {
    pub(super) span: Option<Range<usize>>,
    pub(super) reason: String,
}

/// All that is wrong. The parts of a file are not read in its order, and the first mistake of the file is to be named.
#[derive(Default)]
pub(super) struct Flaws(Vec<Flaw>);

impl Flaws {
    /// The value that was read; if there is none, its flaw is noted.
    pub(super) fn note<T>(&mut self, read: Result<T, Flaw>) -> Option<T> {
        read.map_err(|flaw| self.0.push(flaw)).ok()
    }

    /// Notes what does not fit together.
    pub(super) fn note_all(&mut self, errors: &[DirectoryError], spans: &NameSpans) {
        self.0
            .extend(errors.iter().map(|error| spans.flaw(error, errors)));
    }

    pub(super) fn first(self) -> Option<Flaw> {
        let position = |flaw: &Flaw| flaw.span.as_ref().map_or(usize::MAX, |span| span.start);
        self.0.into_iter().min_by_key(position)
    }
}

/// What a name in the file stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Client,
    Domain,
    Guest,
    ObjectId,
    Pattern,
    Resource,
    ResourceId,
    TenantId,
    TenantReference,
    User,
}

/// The positions of the names in the file, to find what a [`DirectoryError`] is about.
#[derive(Default)]
pub(super) struct NameSpans(Vec<(Role, String, Range<usize>)>);

impl NameSpans {
    pub(super) fn note(&mut self, role: Role, name: Spanned<String>) -> String {
        let span = name.span();
        let name = name.into_inner();
        self.0.push((role, name.clone(), span));
        name
    }

    /// A flaw at the first of the names that are wrong. There may be sound ones before it: of something that is there
    /// twice, the first is.
    fn flaw(&self, error: &DirectoryError, all: &[DirectoryError]) -> Flaw {
        let roles = roles(error);
        let named = error.name().trim_end_matches('/');
        let is = |name: &str| name.trim_end_matches('/').eq_ignore_ascii_case(named);
        let spans: Vec<_> = self
            .0
            .iter()
            .filter(|(role, name, _)| roles.contains(role) && is(name))
            .map(|(_, _, span)| span.clone())
            .collect();
        let wrong = all.iter().filter(|other| *other == error).count();
        let sound = spans.len().saturating_sub(wrong);
        Flaw {
            span: spans.into_iter().nth(sound),
            reason: error.to_string(),
        }
    }
}

/// What the name of an error can stand for.
fn roles(error: &DirectoryError) -> &'static [Role] {
    match error {
        DirectoryError::Duplicate { kind, .. } => match *kind {
            "client" => &[Role::Client],
            "domain" => &[Role::Domain],
            "tenant" => &[Role::TenantId],
            "user" => &[Role::User],
            _ => &[Role::Resource, Role::ResourceId],
        },
        DirectoryError::Missing { kind: "user", .. } => &[Role::Guest],
        DirectoryError::Missing { .. } => &[Role::TenantReference],
        DirectoryError::NotAClientId { .. } => &[Role::Client],
        DirectoryError::NotADomain { .. } => &[Role::Domain],
        DirectoryError::NotAGuid { .. } => &[Role::ObjectId, Role::ResourceId, Role::TenantId],
        DirectoryError::NotAPattern { .. } => &[Role::Pattern],
        DirectoryError::NotAResource { .. } => &[Role::Resource],
        DirectoryError::NotASignInName { .. } => &[Role::User],
    }
}
