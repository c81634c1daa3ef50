//! How values are encoded or encrypted: `[decode]` of a mapping file. What does not decode costs its own row.

mod better_auth;
mod fernet;
mod hchacha20;
mod key;
mod text;

use std::borrow::Cow;

use zeroize::Zeroizing;

pub(crate) use self::better_auth::BetterAuth;
pub(crate) use self::fernet::Fernet;
pub use self::key::{DecodingKey, KeySource};
use self::text::Bytes;

use super::value::StoredValue;
use crate::record::SkipReason;

/// One step of decoding.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Base64,
    BetterAuth(BetterAuth),
    Fernet(Fernet),
    Hex,
    /// PostgreSQL's text for bytes: `\x` and hexadecimal digits. What does not begin so is left as it is.
    HexBytea,
    JsonString,
    Url,
}

/// The steps for each column, and those for the refresh token, which come last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoding {
    pub(crate) columns: Vec<(String, Vec<Step>)>,
    pub(crate) token: Vec<Step>,
}

impl Decoding {
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.token.is_empty()
    }

    /// Whether the column is decoded.
    pub(crate) fn has_column(&self, name: &str) -> bool {
        !self.steps_of(name).is_empty()
    }

    /// What the column holds once it is decoded.
    ///
    /// # Errors
    /// Why it does not decode.
    pub(crate) fn column<'a>(
        &self,
        name: &str,
        value: StoredValue<'a>,
    ) -> Result<StoredValue<'a>, SkipReason> {
        decoded(self.steps_of(name), value)
    }

    /// The refresh token once it is decoded.
    ///
    /// # Errors
    /// Why it does not decode.
    pub(crate) fn token<'a>(&self, value: StoredValue<'a>) -> Result<StoredValue<'a>, SkipReason> {
        decoded(&self.token, value)
    }

    fn steps_of(&self, name: &str) -> &[Step] {
        let column = self
            .columns
            .iter()
            .find(|(column, _)| column.eq_ignore_ascii_case(name));
        column
            .map(|(_, steps)| steps.as_slice())
            .unwrap_or_default()
    }
}

fn decoded<'a>(steps: &[Step], value: StoredValue<'a>) -> Result<StoredValue<'a>, SkipReason> {
    // What is not there needs no decoding, nor do numbers.
    if steps.is_empty() || value.is_absent() {
        return Ok(value);
    }
    let StoredValue::Text(text) = value else {
        return Ok(value);
    };
    let mut bytes = Zeroizing::new(text.into_owned().into_bytes());
    for step in steps {
        bytes = step.apply(bytes)?;
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(StoredValue::Text(Cow::Owned(text))),
        Err(error) => {
            let _wiped = Zeroizing::new(error.into_bytes());
            Err(SkipReason::Malformed("the decoded value is not text"))
        }
    }
}

impl Step {
    fn apply(&self, bytes: Bytes) -> Result<Bytes, SkipReason> {
        match self {
            Self::Base64 => text::base64(&bytes),
            Self::BetterAuth(secret) => secret.decrypt(bytes),
            Self::Fernet(key) => key.decrypt(&bytes),
            Self::Hex => text::hex(&bytes),
            Self::HexBytea if bytes.starts_with(b"\\x") => text::hex(&bytes),
            Self::HexBytea => Ok(bytes),
            Self::JsonString => text::json_string(&bytes),
            Self::Url => Ok(text::url(&bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steps() -> Vec<Step> {
        vec![
            Step::Base64,
            Step::Hex,
            Step::HexBytea,
            Step::JsonString,
            Step::Url,
            Step::BetterAuth(BetterAuth::new("a secret")),
            Step::Fernet(Fernet::new(&"A".repeat(43)).unwrap()),
        ]
    }

    fn decode(steps: &[Step], text: &str) -> Result<Option<String>, &'static str> {
        let decoded = decoded(steps, StoredValue::from_text(text.to_owned()));
        decoded.map(|value| value.owned()).map_err(SkipReason::code)
    }

    #[test]
    fn steps_follow_each_other() {
        let quoted = [Step::Url, Step::Base64, Step::JsonString];
        assert_eq!(
            decode(&quoted, "IjAuYSI%3D").unwrap().as_deref(),
            Some("0.a")
        );
        assert_eq!(decode(&[Step::Hex], "ff"), Err("malformed"));
        assert_eq!(decode(&[Step::Hex], "NULL").unwrap(), None);
    }

    proptest! {
        #[test]
        fn no_value_makes_a_step_panic(text in "\\PC{0,200}|[0-9a-f]{80,200}|gAAAAA[A-Za-z0-9_-]{0,200}", step in 0..7_usize) {
            let steps = steps();
            let _refused = decode(&steps[step..=step], &text);
        }
    }
}
