//! The sections of the cache document, and what stands beside them.

use crate::Text;

/// The sections, in the order MSAL Python creates them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Section {
    AccessToken,
    Account,
    IdToken,
    RefreshToken,
    AppMetadata,
}

impl Section {
    pub(super) const ALL: [Self; 5] = [
        Self::AccessToken,
        Self::Account,
        Self::IdToken,
        Self::RefreshToken,
        Self::AppMetadata,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "AccessToken",
            Self::Account => "Account",
            Self::IdToken => "IdToken",
            Self::RefreshToken => "RefreshToken",
            Self::AppMetadata => "AppMetadata",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }
}

/// The top-level members of a document in their order, so that it is written back as it was read.
#[derive(Clone, Default)]
pub(super) struct Layout(Vec<DocumentMember>);

/// A top-level member of the document.
#[derive(Clone)]
pub(super) enum DocumentMember {
    /// A section, whose entries are in its table.
    Section(Section),
    /// What another SDK keeps there, as text.
    Unknown { name: Text, value: Text },
}

impl Layout {
    /// Gives a section its place, behind those that are there.
    pub(super) fn include(&mut self, section: Section) {
        if !self.includes(section) {
            self.0.push(DocumentMember::Section(section));
        }
    }

    /// Whether a section has a place.
    pub(super) fn includes(&self, section: Section) -> bool {
        let is_it = |member: &DocumentMember| matches!(member, DocumentMember::Section(known) if *known == section);
        self.0.iter().any(is_it)
    }

    /// Adds a member that is no section.
    pub(super) fn push_unknown(&mut self, name: Text, value: Text) {
        self.0.push(DocumentMember::Unknown { name, value });
    }

    /// The member that is no section and says `value` under this name.
    pub(super) fn unknown(&self, name: &str, value: &str) -> Option<(Text, Text)> {
        self.0.iter().find_map(|member| match member {
            DocumentMember::Unknown {
                name: own,
                value: text,
            } if *own == name && *text == value => Some((own.clone(), text.clone())),
            _ => None,
        })
    }

    /// Whether there is any section.
    pub(super) fn has_sections(&self) -> bool {
        let is_section = |member: &DocumentMember| matches!(member, DocumentMember::Section(_));
        self.0.iter().any(is_section)
    }

    /// All members in order.
    pub(super) fn members(&self) -> &[DocumentMember] {
        &self.0
    }
}
