//! Stores that are recognised and not read: what they are, and how to turn them into something that is.

use std::fmt;

/// A format that is recognised and not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsupportedFormat {
    /// The `config` file of abraunegg's OneDrive client.
    AbrauneggConfig,
    /// ADAL.NET's binary token cache.
    AdalNet,
    /// An age file.
    Age,
    /// Azure PowerShell's context file, with ADAL.NET's cache in it.
    AzureRmContext,
    /// One refresh token and nothing else.
    BareToken,
    /// gzip, zip, xz, zstd or bzip2.
    Compressed,
    /// DavMail's properties.
    DavMail,
    /// Windows DPAPI.
    Dpapi,
    /// email-oauth2-proxy's configuration.
    EmailOauth2Proxy,
    /// A Fernet token.
    Fernet,
    /// A configuration file with sections.
    Ini,
    /// A serialised Java object.
    JavaObject,
    /// A JSON text inside a JSON string.
    JsonString,
    /// A Laravel encrypted value.
    Laravel,
    /// MSAL.NET 2.x's list of dictionaries.
    MsalNetDictionary,
    /// offlineimap's configuration.
    OfflineImap,
    /// An OpenPGP message.
    OpenPgp,
    /// A Python pickle.
    Pickle,
    /// rclone's configuration.
    Rclone,
    /// rclone's configuration, encrypted.
    RcloneEncrypted,
    /// OpenSSL's or CryptoJS's password encryption.
    Salted,
    /// Columns separated by semicolons or tabs.
    SeparatedOtherwise,
    /// An SQLite database.
    Sqlite,
}

impl UnsupportedFormat {
    /// What the user can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::AdalNet | Self::AzureRmContext => {
                "let the .NET application write its tokens as JSON lines or CSV, and pass that file"
            }
            Self::Age => "decrypt it into a file that only you can read: age --decrypt FILE",
            Self::BareToken => {
                "wrap it: jq -Rn '{refresh_token: input}' < FILE > token.json, then pass token.json with --client-id and --authority"
            }
            Self::Compressed => "unpack it first",
            Self::AbrauneggConfig => {
                "the token is in the file `refresh_token` beside it; pass the client id and tenant with --client-id and --authority"
            }
            Self::DavMail | Self::EmailOauth2Proxy => {
                "these tokens are encrypted with the user's local password: these users sign in again"
            }
            Self::Dpapi => {
                "decrypt it first, on that machine as that user: [Security.Cryptography.ProtectedData]::Unprotect(...)"
            }
            Self::Fernet => "decrypt it with the application's key first, and pass the JSON inside",
            Self::Ini | Self::OfflineImap | Self::Rclone => {
                "put each token with its client id and tenant into one line of a CSV file, and pass that"
            }
            Self::JavaObject => {
                "let the Java application write refreshToken, client id and tenant as JSON lines or CSV"
            }
            Self::JsonString => "unwrap it first: jq -r . FILE > inner.json",
            Self::Laravel => {
                "decrypt it in the application: Crypt::decryptString(...), and pass the JSON inside"
            }
            Self::MsalNetDictionary => {
                "let the application write the unified cache: SerializeMsalV3(), and pass that file"
            }
            Self::OpenPgp => "decrypt it into a file that only you can read: gpg --decrypt FILE",
            Self::Pickle => {
                "dump it as JSON where it was written, with umask 077: python3 -c 'import json,pickle,sys; json.dump(pickle.load(sys.stdin.buffer), sys.stdout)' < FILE > token.json"
            }
            Self::RcloneEncrypted => {
                "decrypt it first: rclone config show > FILE, then make a CSV file of it"
            }
            Self::Salted => {
                "decrypt it with the application's own key first, and pass the JSON inside"
            }
            Self::SeparatedOtherwise => "separate the columns by commas (RFC 4180)",
            Self::Sqlite => {
                "export the token table: sqlite3 -readonly -csv -header FILE 'select ...' > tokens.csv, then pass tokens.csv with --map"
            }
        }
    }

    /// Recognises binary formats by their first bytes.
    pub(crate) fn of_bytes(head: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| head.starts_with(magic);
        // DPAPI also starts with the integer 1, so its GUID is asked for before ADAL.NET's version.
        if starts(&DPAPI) {
            return Some(Self::Dpapi);
        }
        if is_adal_net(head) {
            return Some(Self::AdalNet);
        }
        if starts(b"SQLite format 3\0") {
            return Some(Self::Sqlite);
        }
        if starts(b"\xac\xed\x00\x05") {
            return Some(Self::JavaObject);
        }
        if COMPRESSED.iter().any(|magic| starts(magic)) {
            return Some(Self::Compressed);
        }
        match head {
            // Protocols 2 to 5 open with PROTO and their number.
            [0x80, 2..=5, ..] => Some(Self::Pickle),
            // RFC 9580 §4.2: an encrypted session key packet, in the old and the new format.
            [0x84 | 0x85 | 0x8c | 0xc1, ..] => Some(Self::OpenPgp),
            _ => None,
        }
    }

    /// Recognises text formats other than JSON and CSV by their beginning.
    pub(crate) fn of_text(head: &str) -> Option<Self> {
        let head = head.trim_start();
        let starts = |magic: &str| head.starts_with(magic);
        let has_line = |start: &str| head.lines().any(|line| line.starts_with(start));
        if starts("-----BEGIN PGP MESSAGE-----") {
            return Some(Self::OpenPgp);
        }
        if starts("-----BEGIN AGE ENCRYPTED FILE-----") || starts("age-encryption.org/") {
            return Some(Self::Age);
        }
        if has_line("RCLONE_ENCRYPT_V0:") {
            return Some(Self::RcloneEncrypted);
        }
        if starts("gAAAAA") {
            return Some(Self::Fernet);
        }
        if starts("U2FsdGVkX1") {
            return Some(Self::Salted);
        }
        if is_protocol_0_pickle(head) {
            return Some(Self::Pickle);
        }
        if has_line("davmail.") || head.lines().any(|line| line.contains("={AES}")) {
            return Some(Self::DavMail);
        }
        if has_line("application_id = \"") || has_line("azure_tenant_id = \"") {
            return Some(Self::AbrauneggConfig);
        }
        if let Some(ini) = Self::of_ini(head) {
            return Some(ini);
        }
        is_bare_token(head).then_some(Self::BareToken)
    }

    fn of_ini(head: &str) -> Option<Self> {
        let mut lines = head
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
        let section = lines.next()?;
        let name = section.strip_prefix('[')?.strip_suffix(']')?;
        // A JSON array could stand alone on its line, but not with a setting below it.
        if name.contains(['[', ']', '{', '}', '"', ',']) {
            return None;
        }
        let has_setting = |setting: &str| {
            head.lines().any(|line| {
                line.split_once('=')
                    .is_some_and(|(name, _value)| name.trim() == setting)
            })
        };
        let is_ini = lines.any(|line| line.starts_with('[') || line.contains('='));
        if has_setting("token_salt") || has_setting("oauth2_scope") {
            Some(Self::EmailOauth2Proxy)
        } else if has_setting("oauth2_refresh_token") {
            Some(Self::OfflineImap)
        } else if has_setting("type") && has_setting("token") {
            Some(Self::Rclone)
        } else {
            is_ini.then_some(Self::Ini)
        }
    }
}

impl fmt::Display for UnsupportedFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AbrauneggConfig => "is the configuration of abraunegg's OneDrive client, without the token",
            Self::AdalNet => "is a binary token cache of ADAL.NET, which is not read",
            Self::Age => "is encrypted with age",
            Self::AzureRmContext => "is an Azure PowerShell context with a token cache of ADAL.NET in it, which is not read",
            Self::BareToken => "is a single word, perhaps a bare refresh token, and says nothing about it",
            Self::Compressed => "is compressed",
            Self::DavMail => "is a DavMail properties file, which is not read",
            Self::Dpapi => "is encrypted with Windows DPAPI",
            Self::EmailOauth2Proxy => "is the configuration of email-oauth2-proxy, whose tokens are encrypted",
            Self::Fernet => "is encrypted (a Fernet token)",
            Self::Ini => "is a configuration file with sections, which is not read",
            Self::JavaObject => "is a serialised Java object, which is never loaded because loading can run code",
            Self::JsonString => "is a JSON text inside a JSON string",
            Self::Laravel => "is a value encrypted by Laravel",
            Self::MsalNetDictionary => "is a token cache in MSAL.NET 2.x's own format, which is not read",
            Self::OfflineImap => "is the configuration of offlineimap, which is not read",
            Self::OpenPgp => "is encrypted with OpenPGP",
            Self::Pickle => "is a Python pickle, which is never loaded because loading can run code",
            Self::Rclone => "is the configuration of rclone, which is not read",
            Self::RcloneEncrypted => "is the configuration of rclone, encrypted",
            Self::Salted => "is encrypted with a password (OpenSSL's or CryptoJS's format)",
            Self::SeparatedOtherwise => "has columns that are not separated by commas",
            Self::Sqlite => "is an SQLite database, which is not read",
        })
    }
}

/// The provider GUID that every DPAPI blob starts with, after the version.
const DPAPI: [u8; 20] = [
    0x01, 0x00, 0x00, 0x00, 0xd0, 0x8c, 0x9d, 0xdf, 0x01, 0x15, 0xd1, 0x11, 0x8c, 0x7a, 0x00, 0xc0,
    0x4f, 0xc2, 0x97, 0xeb,
];

const COMPRESSED: [&[u8]; 5] = [
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
];

/// The schema version, the count, and a first key that is a URL behind its length.
fn is_adal_net(head: &[u8]) -> bool {
    let [1..=3, 0, 0, 0, _, _, _, _, rest @ ..] = head else {
        return false;
    };
    // The length is one to five bytes of seven bits.
    let length = rest.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    length <= 5
        && rest
            .get(length..)
            .is_some_and(|key| key.starts_with(b"http"))
}

/// Protocol 0 has no header. Its dumps of dictionaries and objects start in one of these ways.
fn is_protocol_0_pickle(head: &str) -> bool {
    [
        "(dp0\n",
        "(lp0\n",
        "(dp1\n",
        "(lp1\n",
        "ccopy_reg\n",
        "(i__main__\n",
    ]
    .iter()
    .any(|start| head.starts_with(start))
}

fn is_bare_token(head: &str) -> bool {
    let mut words = head.split_whitespace();
    let (Some(word), None) = (words.next(), words.next()) else {
        return false;
    };
    word.len() >= 20
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~!*$+/=".contains(&byte))
}
