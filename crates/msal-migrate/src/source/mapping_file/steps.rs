//! Steps of decoding as a mapping file writes them: `base64`, `fernet(env:NAME)`.

use crate::source::closest::closest;
use crate::source::row::decoding::{BetterAuth, DecodingKey, Fernet, KeySource, Step};

/// A step whose key is only named.
#[derive(Clone, Debug)]
pub(super) enum StepSpec {
    Keyed(Cipher, KeySource),
    Plain(Step),
}

/// What a value is encrypted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    BetterAuth,
    Fernet,
}

impl StepSpec {
    /// Parses a step; `None` is the step that does nothing.
    ///
    /// # Errors
    /// What is wrong with it, and what is known.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        let (name, argument) = match text.split_once('(') {
            Some((name, rest)) => (name.trim(), Some(rest)),
            None => (text, None),
        };
        let cipher = match name {
            "better-auth" => Some(Cipher::BetterAuth),
            "fernet" => Some(Cipher::Fernet),
            _ => None,
        };
        if let Some(cipher) = cipher {
            let source = argument.and_then(|it| it.strip_suffix(')'));
            let source = source.and_then(|it| KeySource::parse(it.trim()));
            // Without what stands in the brackets: it may be the key itself.
            return source
                .map(|source| Some(Self::Keyed(cipher, source)))
                .ok_or_else(|| {
                    format!(
                        "`{name}` needs to know where its key is: {name}(env:NAME) or {name}(file:PATH); \
                         the key itself never stands in a mapping file"
                    )
                });
        }
        let step = match (name, argument) {
            ("base64", None) => Step::Base64,
            ("hex", None) => Step::Hex,
            ("hex-bytea", None) => Step::HexBytea,
            ("json-string", None) => Step::JsonString,
            ("none", None) => return Ok(None),
            ("url", None) => Step::Url,
            _ => return Err(unknown(name)),
        };
        Ok(Some(Self::Plain(step)))
    }

    pub(super) fn key_source(&self) -> Option<&KeySource> {
        match self {
            Self::Keyed(_, source) => Some(source),
            Self::Plain(_) => None,
        }
    }

    /// The step with its key.
    ///
    /// # Errors
    /// The key that is missing or none.
    pub(super) fn with_keys(&self, keys: &[(KeySource, DecodingKey)]) -> Result<Step, String> {
        let (cipher, source) = match self {
            Self::Plain(step) => return Ok(step.clone()),
            Self::Keyed(cipher, source) => (cipher, source),
        };
        let found = keys.iter().rev().find(|(known, _key)| known == source);
        let Some((_, key)) = found else {
            return Err(format!("the key of {source} was not given"));
        };
        match cipher {
            Cipher::BetterAuth => Ok(Step::BetterAuth(BetterAuth::new(key.text()))),
            Cipher::Fernet => Fernet::new(key.text())
                .map(Step::Fernet)
                .map_err(|wrong| format!("the key of {source} cannot be used: {wrong}")),
        }
    }
}

fn unknown(name: &str) -> String {
    let known = STEPS.join(", ");
    format!(
        "`{}` is no step of decoding{}; the steps are {known}",
        crate::source::row::shown_name::shown(name),
        closest(
            name,
            STEPS
                .iter()
                .map(|step| step.split('(').next().unwrap_or(step))
        )
    )
}

const STEPS: [&str; 8] = [
    "base64",
    "better-auth(env:NAME)",
    "fernet(env:NAME)",
    "hex",
    "hex-bytea",
    "json-string",
    "none",
    "url",
];
