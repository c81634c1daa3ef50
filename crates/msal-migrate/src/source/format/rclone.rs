//! The configuration of rclone: a section for each remote, those of type `onedrive` with a token of Microsoft's. The whole
//! may be encrypted with a password.
//!
//! Its rules are its own: a value is all behind the first `=` or `:` but for white space around it, and only whole lines
//! are comments.

pub(in crate::source) mod encryption;

use std::ops::ControlFlow;

use msal_core::{Passphrase, SecretBuffer};

use self::encryption::{Encryption, Undecryptable};
use super::token_object::ByUsualNames;
use crate::record::{Locator, Place, Row, SkipReason};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;
use crate::source::read::json::slice::{JsonSlice, parse_object_as};
use crate::source::row::recipe::Recipe;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// A configuration of rclone.
#[derive(Debug)]
pub(crate) struct RcloneSource {
    input: Input,
    password: Option<Passphrase>,
}

impl RcloneSource {
    /// A configuration that `password` opens, if it is encrypted.
    pub(crate) fn open(input: Input, password: Option<Passphrase>) -> Result<Self, SourceError> {
        let source = Self { input, password };
        source.text()?;
        Ok(source)
    }

    /// The configuration as plain text.
    fn text(&self) -> Result<SecretBuffer, SourceError> {
        let whole = self.input.whole_text(LARGEST)?;
        let file = || self.input.name().to_string();
        let damaged = |problem: &str| SourceError::Syntax {
            file: file(),
            problem: problem.to_owned(),
        };
        let text = utf8(&whole).ok_or_else(|| damaged("it is not UTF-8"))?;
        let decrypted = match encryption::of(text) {
            Encryption::None => return Ok(whole),
            Encryption::Unknown => {
                return Err(damaged("it is encrypted in a way that is not known"));
            }
            Encryption::V0 => {
                let password = self
                    .password
                    .as_ref()
                    .ok_or_else(|| SourceError::Password {
                        file: file(),
                        is_given: false,
                    })?;
                encryption::decrypt(text, password)
            }
        };
        let decrypted = decrypted.map_err(|error| match error {
            Undecryptable::Damaged => damaged("what is encrypted is not base64"),
            Undecryptable::WrongPassword => SourceError::Password {
                file: file(),
                is_given: true,
            },
        })?;
        match utf8(&decrypted) {
            Some(_) => Ok(decrypted),
            None => Err(damaged("what was encrypted is not UTF-8")),
        }
    }
}

impl Source for RcloneSource {
    fn kind(&self) -> SourceKind {
        SourceKind::Rclone
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        let text = self.text()?;
        for section in sections(utf8(&text).unwrap_or_default()) {
            let locator = Locator::new(self.input.name(), Place::Line(section.line));
            if visit(section.into_row(locator)).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Whether `head` begins a configuration of rclone. Others have sections as well, and few have these two settings in one.
pub(crate) fn is_configuration(head: &str) -> bool {
    let has =
        |section: &Section<'_>| section.get("type").is_some() && section.get("token").is_some();
    encryption::of(head) != Encryption::None || sections(head).any(|section| has(&section))
}

/// A remote.
struct Section<'a> {
    name: &'a str,
    /// The number of the line with its name.
    line: u64,
    settings: Vec<(&'a str, &'a str)>,
}

fn sections(text: &str) -> impl Iterator<Item = Section<'_>> {
    let mut lines = (1..).zip(text.lines()).peekable();
    std::iter::from_fn(move || {
        let (line, name) = lines.find_map(|(line, text)| Some((line, name_of_section(text)?)))?;
        let mut settings = Vec::new();
        while let Some((_line, text)) =
            lines.next_if(|(_line, text)| name_of_section(text).is_none())
        {
            settings.extend(setting(text));
        }
        Some(Section {
            name,
            line,
            settings,
        })
    })
}

fn name_of_section(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.strip_suffix(']')
}

fn setting(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (name, value) = line.split_at_checked(line.find(['=', ':'])?)?;
    let is_comment = line.starts_with(['#', ';']);
    (!is_comment).then(|| (name.trim(), value.get(1..).unwrap_or_default().trim()))
}

impl<'a> Section<'a> {
    /// The value of a setting; of several with this name the last.
    fn get(&self, name: &str) -> Option<&'a str> {
        let of_name = |(set, value): &(&str, &'a str)| (*set == name).then_some(*value);
        let value = self.settings.iter().rev().find_map(of_name)?;
        (!value.is_empty()).then_some(value)
    }

    fn into_row(self, locator: Locator) -> Row {
        let locator = locator.with_key(self.name);
        let skipped = |reason| Row::Skipped {
            locator: locator.clone(),
            reason,
        };
        match (self.get("type"), self.get("token")) {
            (_, None) => skipped(SkipReason::NoRefreshToken),
            (None, _) => skipped(SkipReason::Malformed("the section has no `type`")),
            (Some("onedrive"), Some(token)) => match self::token(token) {
                Some(token) => self.with_token(token, locator),
                None => skipped(SkipReason::Malformed(
                    "the section's `token` is no JSON object",
                )),
            },
            _ => skipped(SkipReason::OtherProvider),
        }
    }

    fn with_token(&self, token: StoredRow<'a>, locator: Locator) -> Row {
        let Some(host) = self.host() else {
            return Row::malformed(locator, "the section's `region` is none of rclone's");
        };
        let text =
            |setting: Option<&'a str>| setting.map_or(StoredValue::Absent, StoredValue::from_text);
        let tenant = self.get("tenant").unwrap_or("common");
        let authority = match self.get("token_url") {
            Some(token_url) => token_url.to_owned(),
            None => format!("https://{host}/{tenant}"),
        };
        let is_personal = self.get("drive_type") == Some("personal");
        StoredRow {
            authority: StoredValue::from_text(authority),
            client_id: StoredValue::from_text(self.get("client_id").unwrap_or(RCLONES_CLIENT)),
            // In plain text, unlike passwords. Rclone's own client has one that is not in here.
            client_secret: text(
                self.get("client_id")
                    .and_then(|_own| self.get("client_secret")),
            ),
            // As the claim `idp` says it.
            identity_provider: text(is_personal.then_some("live.com")),
            scopes: StoredValue::from_text(self.scopes()),
            ..token
        }
        .into_row(locator)
    }

    fn host(&self) -> Option<&'static str> {
        Some(match self.get("region") {
            None | Some("global") => "login.microsoftonline.com",
            Some("us") => "login.microsoftonline.us",
            Some("de") => "login.microsoftonline.de",
            Some("cn") => "login.chinacloudapi.cn",
            Some(_) => return None,
        })
    }

    fn scopes(&self) -> &'a str {
        let without_sites = self.get("disable_site_permission") == Some("true");
        match self.get("access_scopes") {
            Some(scopes) => scopes,
            None if without_sites => SCOPES_WITHOUT_SITES,
            None => SCOPES,
        }
    }
}

fn utf8(text: &SecretBuffer) -> Option<&str> {
    std::str::from_utf8(text).ok()
}

/// The client of remotes that name none.
const RCLONES_CLIENT: &str = "b15665d9-eda6-4092-8539-0eec376afd59";

/// What rclone asks for.
const SCOPES: &str =
    "Files.Read Files.ReadWrite Files.Read.All Files.ReadWrite.All Sites.Read.All offline_access";

const SCOPES_WITHOUT_SITES: &str =
    "Files.Read Files.ReadWrite Files.Read.All Files.ReadWrite.All offline_access";

/// Far more than the configuration of thousands of remotes takes.
const LARGEST: usize = 16 << 20;

/// The token response that a section's `token` is; `None` where it is none.
fn token(text: &str) -> Option<StoredRow<'_>> {
    let object = JsonSlice {
        offset: 0,
        bytes: text.as_bytes(),
    };
    let recipe = Recipe::default();
    parse_object_as(object, ByUsualNames(&recipe)).ok()?.ok()
}
