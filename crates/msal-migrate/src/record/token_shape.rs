//! What the text of a token tells of itself.

use super::skip::SkipReason;

/// Why a text cannot be a refresh token that is migrated.
pub(crate) fn refusal(text: &str) -> Option<SkipReason> {
    if text.trim().is_empty() {
        return Some(SkipReason::NoRefreshToken);
    }
    if text.len() > LONGEST_TOKEN {
        return Some(SkipReason::Malformed(
            "the refresh token is too long to be one",
        ));
    }
    is_encrypted(text).then_some(SkipReason::Undecryptable)
}

/// Whether a value was encrypted by its application, or encoded by its database. Refresh tokens of Entra and of personal
/// accounts all contain a dot or a letter above `f`.
pub(crate) fn is_encrypted(text: &str) -> bool {
    let is_marked = ENCRYPTED.iter().any(|prefix| text.starts_with(prefix));
    // better-auth's ciphertext without the mark that newer versions put before it.
    let is_hex = text.len() >= 80 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_marked || is_hex
}

/// Whether a value can hardly be anything but a refresh token of Entra or of a personal account.
pub(crate) fn is_microsofts(text: &str) -> bool {
    text.len() >= 24
        && !text.contains(char::is_whitespace)
        && MICROSOFTS.iter().any(|prefix| text.starts_with(prefix))
}

/// Every provider's refresh tokens are much shorter. This bounds what one record can hold.
pub(crate) const LONGEST_TOKEN: usize = 64 * 1024;

/// How encrypted values begin.
const ENCRYPTED: [&str; 12] = [
    // better-auth.
    "$ba$",
    // Windows DPAPI: the version and the GUID of its provider, in base64.
    "AQAAANCMnd8BFdERjHoAwE",
    // DavMail.
    "{AES}",
    // ASP.NET Core's data protection.
    "CfDJ8",
    // Jasypt, and SOPS.
    "ENC(",
    "ENC[",
    // OpenSSL and CryptoJS.
    "U2FsdGVkX1",
    // A bytea of PostgreSQL, which is encoded and not encrypted.
    "\\x",
    // Laravel: JSON that begins with its `iv`, in base64.
    "eyJpdiI6",
    // Fernet.
    "gAAAAA",
    // HashiCorp Vault.
    "vault:v",
    // Active Record.
    "{\"p\":\"",
];

/// How Microsoft's refresh tokens begin: Entra's of today and of before, and those of personal accounts.
const MICROSOFTS: [&str; 5] = ["0.A", "1.A", "AQABAAAAAA", "M.C", "M.R"];
