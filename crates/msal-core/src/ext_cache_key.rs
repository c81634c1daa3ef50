//! What tells cached tokens apart that were asked for with more than scopes (MSAL's extended cache key).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::Text;

/// The `ext_cache_key` of tokens that were asked for with these form fields, as MSAL Python computes it; `None` when none of
/// them makes a difference.
///
/// Lengths are part of what is hashed, so that no two sets of fields are written alike.
pub(crate) fn ext_cache_key(fields: &[(&str, &str)]) -> Option<Text> {
    let mut fields: Vec<_> = fields
        .iter()
        .filter(|(name, value)| !value.is_empty() && !OF_EVERY_REQUEST.contains(name))
        .collect();
    if fields.is_empty() {
        return None;
    }
    fields.sort_unstable();
    let mut hasher = Sha256::new();
    for text in fields.iter().flat_map(|(name, value)| [name, value]) {
        hasher.update(format!("{}:{text}", text.len()));
    }
    let key = URL_SAFE_NO_PAD.encode(hasher.finalize());
    Some(key.to_ascii_lowercase().as_str().into())
}

/// The fields that say nothing about what a token is for, or that the rest of its entry says already.
pub(crate) const OF_EVERY_REQUEST: [&str; 22] = [
    "client_id",
    "grant_type",
    "scope",
    "claims",
    "username",
    "password",
    "refresh_token",
    "code",
    "redirect_uri",
    "code_verifier",
    "device_code",
    "assertion",
    "requested_token_use",
    "client_assertion",
    "client_assertion_type",
    "client_secret",
    "token_type",
    "req_cnf",
    "key_id",
    "user_federated_identity_credential",
    "user_id",
    "client_info",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of MSAL Python's own tests.
    #[test]
    fn keys_are_those_of_msal_python() {
        let three_to_seven = [
            ("key3", "value3"),
            ("key4", "value4"),
            ("key5", "value5"),
            ("key6", "value6"),
            ("key7", "value7"),
        ];
        for (fields, key) in [
            (
                &[("key2", "value2"), ("key1", "value1")][..],
                "latlwkpewb_a0rcsmjvkecqt0_huumkw4sflzociike",
            ),
            (
                &three_to_seven[..2],
                "jjoe9jgfmdtnj0rzuetsqy7kzs2m1xfnjjxwsfxsrxq",
            ),
            (
                &three_to_seven,
                "prrdp31y37ufw3lo7hly0oimjjvg_34m9ji30ocu4tw",
            ),
            (
                &[("fmi_path", "agent-app-id"), ("client_secret", "s")],
                "a0ry_zl4gccsdp7gnw927x8s0mrmnodv6tyilt0u07m",
            ),
            (
                &[("a", "b"), ("cd", "e")],
                "cybgactkrvlzlen1aiwzwl3ay5krkyixommrobc-ri4",
            ),
            (
                &[("fmi_path", "value")],
                "n_lucewkadzv_nybtg-2wtorgf2nrns6ihlfa7vbuzg",
            ),
            (
                &[("fmi_pat", "hvalue"), ("empty", "")],
                "tjtm16m-suk2_bkniblr25lyuki40qyceco7knuyu0k",
            ),
            (
                &[("\u{e9}", "\u{e9}")],
                "xskzaoz4ibr3mznftyxctvg1ptuh-0fuzpty7ndbfls",
            ),
        ] {
            let computed = ext_cache_key(fields);
            assert_eq!(computed.as_ref().map(Text::as_str), Some(key), "{fields:?}");
        }
    }

    #[test]
    fn what_makes_no_difference_has_no_key() {
        for fields in [
            &[][..],
            &[("fmi_path", "")],
            &[("scope", "a"), ("claims", "{}")],
        ] {
            assert_eq!(ext_cache_key(fields), None, "{fields:?}");
        }
    }
}
