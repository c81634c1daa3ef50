//! What the platform compares without case, and in which case it is written.
//!
//! | what | compared | written |
//! |---|---|---|
//! | scopes | without case | as the server says |
//! | client ids | GUIDs without case, others with case | GUIDs in lower case, others as they are |
//! | tenants | without case | GUIDs in lower case, names as they are |
//! | hosts (RFC 3986 §3.2.2) | without case | in lower case |
//! | user names | as `username.rs` says | as the server says |
//! | home account ids, subjects, secrets | with case | as the server says |

use std::borrow::Cow;
use std::hash::Hasher;

/// Whether two client ids are the same. One that is no GUID is another server's, for which case may count.
#[inline]
pub(crate) fn is_same_client(one: &str, other: &str) -> bool {
    one == other || one.len() == other.len() && is_in_another_case(one, other) && is_guid(one)
}

/// Whether two scopes, tenants or hosts are the same.
#[inline]
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    // Nearly always they are in the same case, which is found out in a few instructions.
    one == other || one.len() == other.len() && is_in_another_case(one, other)
}

/// By itself, so that the rest of a comparison takes little room where it stands.
#[inline(never)]
fn is_in_another_case(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// A client id or a tenant as MSALs write it into caches. Both are GUIDs at Microsoft, whose tools show them in lower
/// case; what is something else is another server's, and keeps its case.
pub(crate) fn written(id: &str) -> Cow<'_, str> {
    match is_guid(id) && id.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(id.to_ascii_lowercase()),
        false => Cow::Borrowed(id),
    }
}

/// Feeds `text` to a hasher, the same in any case of its ASCII letters. Some other characters are not told apart either.
pub(crate) fn hash<H: Hasher>(text: &str, state: &mut H) {
    /// In ASCII, upper and lower case differ in this bit of a byte.
    const CASE: u128 = u128::from_ne_bytes([0x20; 16]);
    let part = |bytes: &[u8; 16]| u128::from_ne_bytes(*bytes) | CASE;
    let bytes = text.as_bytes();
    let last = match bytes.last_chunk() {
        Some(last) => {
            let (parts, _) = bytes.as_chunks();
            parts.iter().for_each(|bytes| state.write_u128(part(bytes)));
            // Some of it was fed before, which does no harm.
            part(last)
        }
        None => {
            let mut padded = [0; 16];
            for (to, from) in padded.iter_mut().zip(bytes) {
                *to = *from;
            }
            part(&padded)
        }
    };
    // With the length: the texts that are fed one after the other are told apart.
    state.write_u128(last ^ (u128::from(bytes.len() as u64) << 64));
}

/// Whether `text` is written as RFC 9562 §4 writes a UUID, in any case.
pub(crate) fn is_guid(text: &str) -> bool {
    const SHAPE: &[u8; 36] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let fits = |(byte, place): (&u8, &u8)| {
        (byte.is_ascii_hexdigit() == (*place == b'x')) & ((*byte == b'-') == (*place == b'-'))
    };
    let Ok(bytes) = <&[u8; SHAPE.len()]>::try_from(text.as_bytes()) else {
        return false;
    };
    // Each byte is looked at, whatever the others are: so the processor takes many at once.
    let all_fit = bytes.iter().zip(SHAPE).map(fits);
    all_fit.fold(true, |all, fits| all & fits)
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, Hash, RandomState};

    use super::*;

    #[test]
    fn guids_are_written_in_lower_case_and_nothing_else_is() {
        for (id, expected) in [
            (
                "00C0FFEE-0000-4000-8000-000000000001",
                "00c0ffee-0000-4000-8000-000000000001",
            ),
            (
                "00c0ffee-0000-4000-8000-000000000001",
                "00c0ffee-0000-4000-8000-000000000001",
            ),
            ("My-Client", "My-Client"),
            ("Contoso.Example", "Contoso.Example"),
            (
                "00C0FFEE-0000-4000-8000-00000000000G",
                "00C0FFEE-0000-4000-8000-00000000000G",
            ),
            (
                "00C0FFEE00000-4000-8000-000000000001",
                "00C0FFEE00000-4000-8000-000000000001",
            ),
            ("", ""),
        ] {
            assert_eq!(written(id), expected);
        }
    }

    #[test]
    fn a_guid_has_digits_and_hyphens_where_they_belong_and_nothing_else() {
        let guid = "00c0FFEE-0000-4000-8000-0123456789aB";
        assert!(is_guid(guid));
        for place in 0..guid.len() {
            for other in ["g", "G", "/", ":", "@", "`", "-", "0", "{", " ", "", "00"] {
                let text = format!("{}{other}{}", &guid[..place], &guid[place + 1..]);
                let is_hyphen = guid[place..].starts_with('-');
                let is_allowed = (other == "-") == is_hyphen && ["-", "0"].contains(&other);
                assert_eq!(is_guid(&text), is_allowed, "{text}");
            }
        }
        assert!(!is_guid("\u{e5}0c0FFEE-000-4000-8000-0123456789aB"));
    }

    #[test]
    fn what_is_the_same_has_the_same_hash() {
        struct Of<'a>(&'a str);
        impl Hash for Of<'_> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                hash(self.0, state);
            }
        }
        let state = RandomState::new();
        let long = "HTTPS://Graph.Microsoft.com/".repeat(5);
        for text in ["", "User.Read", "\u{c5}B", &long] {
            let lower = text.to_ascii_lowercase();
            assert!(is_same(text, &lower));
            assert_eq!(
                state.hash_one(Of(text)),
                state.hash_one(Of(&lower)),
                "{text}"
            );
        }
        let whole = "HTTPS://Graph.Microsoft.com/.Default";
        for (end, _) in whole.char_indices() {
            let text = &whole[..end];
            let lower = text.to_ascii_lowercase();
            assert_eq!(
                state.hash_one(Of(text)),
                state.hash_one(Of(&lower)),
                "{text}"
            );
            // Every character counts.
            for (place, character) in text.char_indices() {
                let other = format!("{}{}", &text[..place], &text[place + 1..]);
                let changed = format!("{}{}{}", &text[..place], '?', &text[place + 1..]);
                assert_ne!(
                    state.hash_one(Of(text)),
                    state.hash_one(Of(&other)),
                    "{other}"
                );
                if character != '?' {
                    assert_ne!(state.hash_one(Of(text)), state.hash_one(Of(&changed)));
                }
            }
        }
        assert!(!is_same("User.Read", "User.Reads"));
        let guid = "00c0ffee-0000-4000-8000-000000000001";
        assert!(is_same_client(guid, &guid.to_uppercase()) && is_same_client("App", "App"));
        assert!(!is_same_client("App", "app"));
        assert!(!is_same("\u{c5}", "\u{e5}"), "only names go beyond ASCII");
    }
}
