//! Formats that are recognised and not read: what each is, and how to turn it into one that is.

use std::fmt;

/// A format that is recognised and not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsupportedFormat {
    /// The file `config` of abraunegg's OneDrive client for Linux; its token is in a file beside it.
    AbrauneggConfig,
    /// The binary token cache of ADAL.NET 2.7, which has a format of its own. Later ones are read.
    AdalNet1,
    /// A file encrypted with age.
    Age,
    /// A tar archive.
    Archive,
    /// A context of Azure PowerShell that has no token cache in it.
    AzureRmContext,
    /// A file compressed with gzip, zip, xz, zstd or bzip2.
    Compressed,
    /// The properties of DavMail, whose tokens are plain or encrypted.
    DavMail,
    /// A blob encrypted with Windows DPAPI.
    Dpapi,
    /// The configuration of email-oauth2-proxy, whose tokens are encrypted with the user's local password.
    EmailOauth2Proxy,
    /// A text encrypted with Fernet.
    Fernet,
    /// A serialised Java object.
    JavaObject,
    /// The journal of a migration, or its key.
    Journal,
    /// A JSON text inside a JSON string.
    JsonString,
    /// A value encrypted by Laravel: JSON with `iv`, `value` and `mac`.
    Laravel,
    /// The passwords that Thunderbird keeps, encrypted.
    MozillaLogins,
    /// The configuration of offlineimap.
    OfflineImap,
    /// An OpenPGP message.
    OpenPgp,
    /// A Python pickle.
    Pickle,
    /// A text encrypted with a password by OpenSSL or CryptoJS, such as n8n's credentials.
    Salted,
    /// A table of tokens whose columns are separated by vertical bars.
    SeparatedByBars,
    /// A table of tokens whose columns are separated by semicolons.
    SeparatedBySemicolons,
}

impl UnsupportedFormat {
    /// Whether it is a configuration file, which can be read as any other one where the user says so.
    pub(crate) fn is_settings(self) -> bool {
        matches!(
            self,
            Self::AbrauneggConfig | Self::EmailOauth2Proxy | Self::OfflineImap
        )
    }

    /// What the user can do about it, in one line.
    pub fn hint(self) -> &'static str {
        match self {
            Self::AdalNet1 => {
                "let the application run once with ADAL.NET 3.5 or later, which writes it anew, and pass that file"
            }
            Self::AzureRmContext => {
                "name the file that was saved with tokens: Save-AzContext of Az 1 or 2, or TokenCache.dat; Az 3 and later keep a cache of MSAL, msal.cache"
            }
            Self::Age => {
                "read what decrypts it, so that nothing is left on the disk: --input-command 'age --decrypt -i KEY FILE'"
            }
            Self::Archive => "unpack it first",
            Self::Compressed => "read what unpacks it: --input-command 'zcat FILE'",
            Self::AbrauneggConfig => {
                "the token is in the file `refresh_token` beside it; pass the client id and tenant with --client-id and --authority"
            }
            Self::DavMail => {
                "put each token with its client id and tenant into one line of a CSV file, and pass that; those that begin with {AES} are encrypted with their users' local passwords: these users sign in again"
            }
            Self::EmailOauth2Proxy => {
                "these tokens are encrypted with the user's local password: these users sign in again"
            }
            Self::Dpapi => {
                "decrypt it first, on that machine as that user: [Security.Cryptography.ProtectedData]::Unprotect(...)"
            }
            Self::Fernet => "decrypt it with the application's key first, and pass the JSON inside",
            Self::OfflineImap => {
                "put each token with its client id and tenant into one line of a CSV file, and pass that"
            }
            Self::JavaObject => {
                "let the Java application write refreshToken, client id and tenant as JSON lines or CSV"
            }
            Self::Journal => {
                "name the store that the migration read; `msal migrate report JOURNAL` shows what is in a journal"
            }
            Self::JsonString => "unwrap it first: jq -r . FILE > inner.json",
            Self::Laravel => {
                "decrypt it in the application: Crypt::decryptString(...), and pass the JSON inside"
            }
            Self::OpenPgp => {
                "read what decrypts it, so that nothing is left on the disk: --input-command 'gpg --decrypt FILE'"
            }
            Self::Pickle => {
                "dump it as JSON where it was written, with umask 077: python3 -c 'import json,pickle,sys; json.dump(pickle.load(sys.stdin.buffer), sys.stdout)' < FILE > token.json"
            }
            Self::MozillaLogins => {
                "nothing to do: these tokens are Thunderbird's own, and an application's users sign in again"
            }
            Self::Salted => {
                "decrypt it with the application's own key first, and pass the JSON inside; in n8n: n8n export:credentials --decrypted"
            }
            Self::SeparatedByBars => "name what stands between the columns: --delimiter '|'",
            Self::SeparatedBySemicolons => "name what stands between the columns: --delimiter ';'",
        }
    }
}

impl fmt::Display for UnsupportedFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AbrauneggConfig => {
                "is the configuration of abraunegg's OneDrive client, without the token"
            }
            Self::AdalNet1 => "is a binary token cache of ADAL.NET 2.7, whose format is not read",
            Self::Age => "is encrypted with age",
            Self::AzureRmContext => "is an Azure PowerShell context without a token cache in it",
            Self::Archive => "is a tar archive",
            Self::Compressed => "is compressed",
            Self::DavMail => "is a DavMail properties file, which is not read",
            Self::Dpapi => "is encrypted with Windows DPAPI",
            Self::EmailOauth2Proxy => {
                "is the configuration of email-oauth2-proxy, whose tokens are encrypted"
            }
            Self::Fernet => "is encrypted (a Fernet token)",
            Self::JavaObject => {
                "is a serialised Java object, which is never loaded because loading can run code"
            }
            Self::Journal => "is a migration's journal or its key, and no store of tokens",
            Self::JsonString => "is a JSON text inside a JSON string",
            Self::Laravel => "is a value encrypted by Laravel",
            Self::MozillaLogins => "is the store of Thunderbird's passwords, which is encrypted",
            Self::OfflineImap => "is the configuration of offlineimap, which is not read",
            Self::OpenPgp => "is encrypted with OpenPGP",
            Self::Pickle => {
                "is a Python pickle, which is never loaded because loading can run code"
            }
            Self::Salted => "is encrypted with a password (OpenSSL's or CryptoJS's format)",
            Self::SeparatedByBars | Self::SeparatedBySemicolons => {
                "has columns that are not separated by commas"
            }
        })
    }
}
