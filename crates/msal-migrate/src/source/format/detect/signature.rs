//! Formats that are recognised by how they begin.

use crate::source::unsupported::UnsupportedFormat;

/// Recognises binary formats that are not read by their first bytes.
pub(crate) fn of_bytes(head: &[u8]) -> Option<UnsupportedFormat> {
    if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*format);
    }
    match head {
        // Protocols 2 to 5 begin with the opcode PROTO (0x80) and their number.
        [0x80, 2..=5, ..] => Some(UnsupportedFormat::Pickle),
        // RFC 9580 §4.2: the tag of a packet that holds an encrypted session key, in the legacy and the current format.
        [0x84 | 0x85 | 0x8c | 0xc1, ..] => Some(UnsupportedFormat::OpenPgp),
        // POSIX.1-2017, pax "ustar Interchange Format": the magic stands behind the name and numbers of the first file.
        _ if head.get(257..262) == Some(b"ustar") => Some(UnsupportedFormat::Archive),
        _ => (adal_net_schema(head) == Some(1)).then_some(UnsupportedFormat::AdalNet1),
    }
}

/// Recognises an SQLite database (sqlite.org/fileformat2.html §1.3.1).
pub(crate) fn is_sqlite(head: &[u8]) -> bool {
    head.starts_with(b"SQLite format 3\0")
}

/// Recognises text formats other than JSON and CSV. `head` begins with no white space.
pub(crate) fn of_text(head: &str) -> Option<UnsupportedFormat> {
    if let Some((_, format)) = PREFIXES.iter().find(|(start, _)| head.starts_with(start)) {
        return Some(*format);
    }
    let has_line = |start: &str| head.lines().any(|line| line.starts_with(start));
    // The second is the first line of DavMail's file of tokens alone.
    if has_line("davmail.")
        || head.starts_with("#Oauth tokens")
        || head.lines().any(|line| line.contains("={AES}"))
    {
        return Some(UnsupportedFormat::DavMail);
    }
    if has_line("application_id = \"") || has_line("azure_tenant_id = \"") {
        return Some(UnsupportedFormat::AbrauneggConfig);
    }
    of_ini(head)
}

/// Whether it is a configuration file with sections that is no program's own.
pub(crate) fn has_sections(head: &str) -> bool {
    of_text(head).is_none() && is_ini(head)
}

fn is_ini(head: &str) -> bool {
    let mut lines = head
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let section = lines.next().unwrap_or_default();
    let name = section
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'));
    // The first line of a JSON array can look like a section, but its brackets hold JSON.
    name.is_some_and(|name| !name.contains(['[', ']', '{', '}', '"', ',']))
        && lines.any(|line| line.starts_with('[') || line.contains('='))
}

/// Tells configuration files with sections apart by the settings that only one program has.
fn of_ini(head: &str) -> Option<UnsupportedFormat> {
    if !is_ini(head) {
        return None;
    }
    let has_setting = |setting: &str| {
        head.lines().any(|line| {
            line.split_once('=')
                .is_some_and(|(name, _value)| name.trim() == setting)
        })
    };
    if has_setting("token_salt") || has_setting("oauth2_scope") {
        Some(UnsupportedFormat::EmailOauth2Proxy)
    } else if has_setting("oauth2_refresh_token") {
        Some(UnsupportedFormat::OfflineImap)
    } else {
        None
    }
}

/// The schema of ADAL.NET's binary cache, if `head` begins one. It has the version of its schema and the number of entries
/// as 32-bit integers, then the first entry's key, which begins with the URL of an authority.
pub(in crate::source) fn adal_net_schema(head: &[u8]) -> Option<u8> {
    let [schema @ 1..=3, 0, 0, 0, count @ ..] = head else {
        return None;
    };
    let key = match count {
        // Nobody has signed in.
        [0, 0, 0, 0] => return Some(*schema),
        [_, _, _, _, key @ ..] => key,
        _ => return None,
    };
    // .NET's BinaryWriter puts a string's length before it, seven bits in a byte, in five bytes at most.
    let length = key.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    let text = key.get(length..).filter(|_| length <= 5)?;
    text.starts_with(b"http").then_some(*schema)
}

/// A single word that is as long as a token and has only the characters of one.
pub(in crate::source) fn is_bare_token(head: &str) -> bool {
    let mut words = head.split_whitespace();
    let (Some(word), None) = (words.next(), words.next()) else {
        return false;
    };
    word.len() >= 20
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~!*$+/=".contains(&byte))
}

/// The first bytes of binary files. The version of DPAPI's blob is also a version of ADAL.NET's cache, which is why
/// this table comes first.
const MAGIC: [(&[u8], UnsupportedFormat); 14] = [
    (b"MSALJRNL", UnsupportedFormat::Journal),
    (b"MSALJKEY", UnsupportedFormat::Journal),
    // The version 1, then the GUID of the default provider.
    (
        b"\x01\0\0\0\xd0\x8c\x9d\xdf\x01\x15\xd1\x11\x8c\x7a\0\xc0\x4f\xc2\x97\xeb",
        UnsupportedFormat::Dpapi,
    ),
    // The stream's magic number and version.
    (b"\xac\xed\0\x05", UnsupportedFormat::JavaObject),
    // gzip, zip (whole, empty and in parts), xz, zstd, bzip2, lz4, 7-Zip and RAR.
    (b"\x1f\x8b", UnsupportedFormat::Compressed),
    (b"PK\x03\x04", UnsupportedFormat::Compressed),
    (b"PK\x05\x06", UnsupportedFormat::Compressed),
    (b"PK\x07\x08", UnsupportedFormat::Compressed),
    (b"\xfd7zXZ\0", UnsupportedFormat::Compressed),
    (b"\x28\xb5\x2f\xfd", UnsupportedFormat::Compressed),
    (b"BZh", UnsupportedFormat::Compressed),
    (b"\x04\x22\x4d\x18", UnsupportedFormat::Compressed),
    (b"7z\xbc\xaf\x27\x1c", UnsupportedFormat::Compressed),
    (b"Rar!\x1a\x07", UnsupportedFormat::Compressed),
];

/// How text files begin that are neither JSON nor CSV.
const PREFIXES: [(&str, UnsupportedFormat); 14] = [
    // The version and the GUID of DPAPI's default provider in base64, and as PowerShell's `ConvertFrom-SecureString` has them.
    ("AQAAANCMnd8BFdERjHoAwE", UnsupportedFormat::Dpapi),
    (
        "01000000d08c9ddf0115d1118c7a00c04fc297eb",
        UnsupportedFormat::Dpapi,
    ),
    // A Java stream's magic number and version in base64.
    ("rO0AB", UnsupportedFormat::JavaObject),
    ("-----BEGIN PGP MESSAGE-----", UnsupportedFormat::OpenPgp),
    ("-----BEGIN AGE ENCRYPTED FILE-----", UnsupportedFormat::Age),
    ("age-encryption.org/", UnsupportedFormat::Age),
    // A Fernet token's version (0x80) and the first bytes of its time, in base64.
    ("gAAAAA", UnsupportedFormat::Fernet),
    // `Salted__` in base64.
    ("U2FsdGVkX1", UnsupportedFormat::Salted),
    // Python's pickle protocol 0 has no header; these are dumps of dictionaries, lists and objects.
    ("(dp0\n", UnsupportedFormat::Pickle),
    ("(lp0\n", UnsupportedFormat::Pickle),
    ("(dp1\n", UnsupportedFormat::Pickle),
    ("(lp1\n", UnsupportedFormat::Pickle),
    ("ccopy_reg\n", UnsupportedFormat::Pickle),
    ("(i__main__\n", UnsupportedFormat::Pickle),
];
