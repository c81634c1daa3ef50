//! How rclone encrypts its configuration: below comments a line that says so, then base64 of a nonce and a secretbox, whose
//! key is made of a password.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use icu_normalizer::ComposingNormalizerBorrowed;
use msal_core::{Passphrase, SecretBuffer};
use zeroize::Zeroizing;

use crate::source::read::secretbox;

/// What a configuration is encrypted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    None,
    /// Of a version that did not exist when this was written.
    Unknown,
    V0,
}

/// How `text` is encrypted, which may be only its beginning: the first line that is no comment says so.
pub(crate) fn of(text: &str) -> Encryption {
    match mark(text) {
        Some((V0, _body)) => Encryption::V0,
        Some(_) => Encryption::Unknown,
        None => Encryption::None,
    }
}

/// The decrypted text, or what is wrong.
pub(super) fn decrypt(text: &str, password: &Passphrase) -> Result<SecretBuffer, Undecryptable> {
    let (_mark, body) = mark(text).ok_or(Undecryptable::Damaged)?;
    let encoded: Zeroizing<Vec<u8>> = Zeroizing::new(
        body.bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect(),
    );
    let sealed = STANDARD
        .decode(&*encoded)
        .map_err(|_not_quoted| Undecryptable::Damaged)?;
    let password = password.expose_secret();
    // Versions before 1.63 took white space off the password, and later ones do not.
    let bare = Some(password.trim()).filter(|bare| *bare != password);
    [password]
        .into_iter()
        .chain(bare)
        .find_map(|password| secretbox::open(&key(password), &sealed))
        .ok_or(Undecryptable::WrongPassword)
}

/// Why nothing could be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undecryptable {
    Damaged,
    WrongPassword,
}

/// The line that says how the text is encrypted, and what is below it.
fn mark(text: &str) -> Option<(&str, &str)> {
    let mut rest = text;
    loop {
        let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
        let line = line.trim();
        if line.starts_with("RCLONE_ENCRYPT_") {
            return Some((line, below));
        }
        let is_comment = line.is_empty() || line.starts_with(['#', ';']);
        if !is_comment || below.is_empty() {
            return None;
        }
        rest = below;
    }
}

fn key(password: &str) -> Zeroizing<[u8; 32]> {
    let normalized = ComposingNormalizerBorrowed::new_nfkc().normalize(password);
    let normalized = Zeroizing::new(normalized.into_owned());
    let mut context = digest::Context::new(&digest::SHA256);
    for part in ["[", &normalized, "][rclone-config]"] {
        context.update(part.as_bytes());
    }
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(context.finish().as_ref());
    key
}

const V0: &str = "RCLONE_ENCRYPT_V0:";
