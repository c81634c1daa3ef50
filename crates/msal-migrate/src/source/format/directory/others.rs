//! Which files of a folder cannot have a token in them.

use std::path::Path;

use crate::record::token_shape::{is_encrypted, is_microsofts};
use crate::source::format::detect::signature;
use crate::source::read::input::Input;

/// What is not read of a folder, whatever it holds.
pub(super) const FOLDER: &str = "a folder; what is in it is not read";

/// As [`FOLDER`].
pub(super) const NO_FILE: &str = "not a regular file";

/// Why a file cannot hold a token; `None` where it may, and then it is a row, whatever becomes of that.
pub(super) fn reason(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy();
    if DESKTOPS.contains(&&*name) {
        return Some("a file that the desktop makes");
    }
    // What cannot be read is told when it is read.
    let input = Input::open(path).ok()?;
    let head = input.head().ok()?;
    if head.starts_with(b"MSALJRNL") || head.starts_with(b"MSALJKEY") {
        return Some("the journal of a migration, or its key");
    }
    if signature::of_bytes(&head).is_some() || signature::is_sqlite(&head) {
        return None;
    }
    let text = input.text_head().ok()?;
    let text = text.trim();
    if text.is_empty() {
        return is_mark(&name).then_some("an empty file that marks something");
    }
    let is_text = !text.contains(['\0', '\u{fffd}']);
    (is_text && !may_hold_token(text)).then_some("text that is no JSON and has no token")
}

/// Whether a text may hold a token that is read, or that has to be decrypted first.
fn may_hold_token(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_long = |word: &str| {
        word.len() >= LONG
            && !word.contains("//")
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && signature::is_bare_token(word)
    };
    text.starts_with(['{', '[', '"'])
        || signature::of_text(text).is_some()
        || lower.contains("refresh")
        || lower.contains("token")
        || text
            .split_whitespace()
            .any(|word| is_microsofts(word) || is_encrypted(word) || is_long(word))
}

/// Whether an empty file of this name is a lock, or keeps a folder in version control.
fn is_mark(name: &str) -> bool {
    let is_lock = [".lock", ".lockfile"].iter().any(|end| name.ends_with(end));
    name.starts_with('.') || is_lock
}

/// Names of files that desktops make in every folder.
const DESKTOPS: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];

/// Words of people are shorter.
const LONG: usize = 40;
