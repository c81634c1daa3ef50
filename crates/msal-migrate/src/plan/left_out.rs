//! What is known of a row that a plan leaves out, and what tells two lists of such rows apart.

use std::fmt;

use aws_lc_rs::digest::{self, SHA256};
use msal_core::Authority;

use crate::record::{Locator, Record, SkipReason, UserHints};

/// A row that is left out. Not all that stands in it: where columns are mixed up, any of them may be the token.
#[derive(Clone, Debug)]
pub(crate) struct LeftOutRow {
    pub(crate) locator: Locator,
    pub(crate) reason: SkipReason,
    pub(crate) user: UserHints,
    pub(crate) client_id: Option<String>,
    pub(crate) tenant: Option<String>,
}

impl LeftOutRow {
    /// A row of which its source says no more.
    pub(super) fn bare(locator: Locator, reason: SkipReason) -> Self {
        Self {
            user: UserHints {
                username: locator.user().map(str::to_owned),
                ..UserHints::default()
            },
            locator,
            reason,
            client_id: None,
            tenant: None,
        }
    }

    /// Whether it is a row of its source that a report names, and not only of another part than this run's: who runs one
    /// part after another would have all rows written down as often.
    pub(super) fn is_listed(&self) -> bool {
        self.reason != SkipReason::NotChosen
    }

    pub(super) fn of(record: Record, reason: SkipReason) -> Self {
        let authority = record.authority.as_deref();
        let tenant = record.user.tid.as_deref().filter(|tid| is_id(tid));
        let tenant = tenant
            .map(str::to_owned)
            .or_else(|| authority.and_then(tenant_of));
        Self {
            tenant,
            client_id: record.client_id.filter(|id| is_id(id)),
            user: record.user,
            ..Self::bare(record.locator, reason)
        }
    }
}

/// The tenant that a stored authority names, whether it is a URL or the tenant alone.
fn tenant_of(authority: &str) -> Option<String> {
    let authority = authority.trim();
    if is_id(authority) || is_domain(authority) {
        return Some(authority.to_owned());
    }
    let authority = Authority::parse(authority).ok()?;
    // AD FS has none: what stands in its place there is its own name.
    let tenant = authority.tenant().as_str();
    (is_id(tenant) || is_domain(tenant)).then(|| tenant.to_owned())
}

/// Whether it is a GUID, which no token is.
fn is_id(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// RFC 1035 §2.3.4 for lengths; the last label of a name on the Internet has letters only.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(is_label)
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A digest over the rows that are left out, in the order of the source.
pub(super) struct LeftOutDigest {
    context: digest::Context,
    rows: u64,
}

impl Default for LeftOutDigest {
    fn default() -> Self {
        Self {
            context: digest::Context::new(&SHA256),
            rows: 0,
        }
    }
}

impl fmt::Debug for LeftOutDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LeftOutDigest({} rows)", self.rows)
    }
}

impl LeftOutDigest {
    pub(super) fn add(&mut self, row: &LeftOutRow) {
        self.rows += 1;
        let place = row.locator.place().to_string();
        let user = &row.user;
        let home = user.home_account_id.as_ref().map(|id| id.as_str());
        for text in [
            Some(row.locator.path()),
            Some(&place),
            row.locator.key(),
            Some(row.reason.code()),
            Some(row.reason.explanation()),
            row.client_id.as_deref(),
            row.tenant.as_deref(),
            user.username.as_deref(),
            user.oid.as_deref(),
            user.tid.as_deref(),
            home,
        ] {
            // The length stands in front, so that nothing can move from one text to the next.
            let len = text.map_or(u64::MAX, |text| text.len() as u64);
            self.context.update(&len.to_le_bytes());
            self.context.update(text.unwrap_or_default().as_bytes());
        }
    }

    /// The digest; `None` where no row is left out.
    pub(super) fn finish(self) -> Option<[u8; 32]> {
        let digest = self.context.finish();
        let digest = digest.as_ref().first_chunk().copied();
        digest.filter(|_| self.rows > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_taken_from_what_can_be_none_but_a_tenant() {
        let guid = "11111111-aaaa-4bbb-8ccc-222222222222";
        for (authority, tenant) in [
            (guid, Some(guid)),
            ("contoso.example", Some("contoso.example")),
            (" contoso.example ", Some("contoso.example")),
            (
                "https://login.windows.net/contoso.example/oauth2/token",
                Some("contoso.example"),
            ),
            ("https://sts.contoso.example/adfs", None),
            ("contoso", None),
            ("0.AXoAabcdef_ghij.AgABAwEAAAA", None),
            ("0.AXoAabcdef.AgABAwEAAAA1", None),
            ("", None),
        ] {
            assert_eq!(tenant_of(authority).as_deref(), tenant, "{authority}");
        }
        assert_eq!(tenant_of(&format!("{}.example", "a".repeat(64))), None);
    }

    #[test]
    fn a_digest_tells_lists_apart_by_all_that_is_kept() {
        let row = |key: &str, reason| {
            let locator = Locator::new(&"f".into(), crate::record::Place::Line(1)).with_key(key);
            LeftOutRow::bare(locator, reason)
        };
        let digest = |rows: &[LeftOutRow]| {
            let mut digest = LeftOutDigest::default();
            rows.iter().for_each(|row| digest.add(row));
            digest.finish()
        };
        let one = row("a", SkipReason::NoClientId);
        let all = [
            digest(&[]),
            digest(std::slice::from_ref(&one)),
            digest(&[one.clone(), one.clone()]),
            digest(&[row("b", SkipReason::NoClientId)]),
            digest(&[row("a", SkipReason::Adfs)]),
            digest(&[row("a", SkipReason::Malformed("x"))]),
            digest(&[row("a", SkipReason::Malformed("y"))]),
        ];
        for (at, digest) in all.iter().enumerate() {
            assert_eq!(all.iter().position(|other| other == digest), Some(at));
        }
        assert_eq!(digest(std::slice::from_ref(&one)), all[1]);
    }
}
