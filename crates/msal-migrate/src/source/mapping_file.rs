//! Mapping files: how the rows of a store are read, as TOML. What this library knows of stores of applications is in such
//! files as well (`presets`), so that a copy of one can be edited.

mod error;
mod input;
mod steps;
mod wire;

pub use error::MappingFileError;

pub(in crate::source) use input::{InputSpec, Query, TextFormat};

use std::path::Path;

use self::steps::StepSpec;
use super::presets::Preset;
use super::row::decoding::{Decoding, DecodingKey, KeySource};
use super::row::defaults::Defaults;
use super::row::expression::Expression;
use super::row::field::Field;
use super::row::mapping::{Mapping, MappingError};
use super::row::recipe::Recipe;
use super::row::selection::Selection;

/// How the rows of a store are read: a mapping file, which is TOML.
///
/// ```
/// let file = msal_migrate::MappingFile::parse("tokens.toml", r#"
///     [input]
///     format = "json"
///     records = "/data/entries/*"     # each of these is a row
///
///     [map]                           # a column, "/pointer", "column:/pointer", or { const = "value" }
///     refresh_token = "/token/refresh_token"
///     username      = "email"
///
///     [where]                         # rows that count; `*` at the end stands for anything
///     provider = ["azure-ad", "microsoft*"]
///
///     [decode]                        # how the refresh token is encoded
///     steps = ["base64", "fernet(env:APP_KEY)"]
///
///     [defaults]                      # what rows do not say
///     scopes = "User.Read"
/// "#)?;
/// assert_eq!(file.key_sources().count(), 1);
/// # Ok::<(), msal_migrate::MappingFileError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MappingFile {
    /// What the file was read from, or the name of the preset.
    name: String,
    about: String,
    needs: Vec<String>,
    /// One of this library's own.
    is_preset: bool,
    pub(in crate::source) input: InputSpec,
    mapping: Mapping,
    selection: Selection,
    columns: Vec<(String, Vec<StepSpec>)>,
    token: Vec<StepSpec>,
    defaults: Defaults,
    keys: Vec<(KeySource, DecodingKey)>,
}

impl MappingFile {
    /// Whether `argument` names a mapping file, and not a format or a preset.
    pub fn is_path(argument: &str) -> bool {
        let path = Path::new(argument);
        let is_toml = path
            .extension()
            .is_some_and(|it| it.eq_ignore_ascii_case("toml"));
        is_toml || path.components().count() > 1
    }

    /// What the file was read from, or the name of the preset.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the store is, in a sentence.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// What the store does not say, so that it must be given.
    pub fn needs(&self) -> &[String] {
        &self.needs
    }

    /// Where the keys are that its steps of decoding need.
    pub fn key_sources(&self) -> impl Iterator<Item = &KeySource> {
        let columns = self.columns.iter().flat_map(|(_column, steps)| steps);
        columns.chain(&self.token).filter_map(StepSpec::key_source)
    }

    /// Gives the key that `source` names.
    ///
    /// # Errors
    /// [`MappingFileError`] for a key that is none of the step that it is for.
    pub fn with_key(
        mut self,
        source: &KeySource,
        key: DecodingKey,
    ) -> Result<Self, MappingFileError> {
        self.keys.push((source.clone(), key));
        let is_of = |step: &&StepSpec| step.key_source() == Some(source);
        let columns = self.columns.iter().flat_map(|(_column, steps)| steps);
        for step in columns.chain(&self.token).filter(is_of) {
            step.with_keys(&self.keys)
                .map_err(|problem| MappingFileError::whole(&self.name, problem))?;
        }
        Ok(self)
    }

    /// Reads columns that `separator` stands between: one ASCII character, or `tab`.
    ///
    /// # Errors
    /// [`MappingFileError`] for a separator that a table cannot have.
    pub fn with_delimiter(mut self, separator: &str) -> Result<Self, MappingFileError> {
        let separator = input::separator(separator)
            .map_err(|problem| MappingFileError::whole(self.shown_name(), problem))?;
        self.input.separator = Some(separator);
        Ok(self)
    }

    /// Reads the values below a JSON pointer: `/data/entries/*` for the elements or members of one value.
    ///
    /// # Errors
    /// [`MappingFileError`] for a text that is no such pointer.
    pub fn with_records(mut self, pointer: &str) -> Result<Self, MappingFileError> {
        let records = input::records(pointer)
            .map_err(|problem| MappingFileError::whole(self.shown_name(), problem))?;
        self.input.records = Some(records);
        Ok(self)
    }

    /// Adds a condition to `[where]`: `COLUMN=VALUE`, where `*` at the end of the value stands for anything.
    ///
    /// # Errors
    /// [`MappingFileError`] for a text of another form.
    pub fn with_condition(mut self, condition: &str) -> Result<Self, MappingFileError> {
        let parts = condition.split_once('=');
        let parsed = parts.and_then(|(place, value)| {
            let value = (!value.trim().is_empty()).then(|| value.trim().to_owned())?;
            Some((Expression::parse(place.trim())?, value))
        });
        let Some((expression, value)) = parsed else {
            let problem = "a condition is COLUMN=VALUE, /POINTER=VALUE or COLUMN:/POINTER=VALUE";
            return Err(MappingFileError::whole(
                self.shown_name(),
                problem.to_owned(),
            ));
        };
        self.selection.add(expression, [value]);
        Ok(self)
    }

    /// The column that the refresh token is in.
    pub(in crate::source) fn token_column(&self) -> Option<&str> {
        let mut parts = self.mapping.parts().iter();
        let token = parts.find(|(field, _)| *field == Field::RefreshToken);
        token.and_then(|(_, expression)| expression.column())
    }

    /// The columns that the mapping reads.
    pub(in crate::source) fn columns_read(&self) -> Vec<&str> {
        let parts = self.mapping.parts().iter();
        parts
            .filter_map(|(_, expression)| expression.column())
            .collect()
    }

    /// A store that was recognised, with what is said here on top.
    pub(in crate::source) fn on_top_of(&self, mut store: Self) -> Self {
        store.selection.extend(&self.selection);
        store.defaults = self.defaults.clone().or(store.defaults);
        store.columns.extend(self.columns.iter().cloned());
        if !self.token.is_empty() {
            store.token.clone_from(&self.token);
        }
        store.keys.extend(self.keys.iter().cloned());
        store
    }

    fn shown_name(&self) -> &str {
        match self.name.is_empty() {
            true => "the arguments",
            false => &self.name,
        }
    }

    /// How rows are read, with what `map` says on top.
    ///
    /// # Errors
    /// The step whose key is missing, or a mapping without a refresh token.
    pub(in crate::source) fn recipe(&self, map: &Mapping) -> Result<Recipe, MappingError> {
        let mapping = self.mapping.overlaid(map);
        // Without a file's mapping, the usual names may say where the token is.
        let adds_to_usual = self.mapping.is_empty();
        if !adds_to_usual {
            mapping.check()?;
        }
        let with_keys = |steps: &[StepSpec]| {
            let steps = steps.iter().map(|step| step.with_keys(&self.keys));
            steps
                .collect::<Result<Vec<_>, _>>()
                .map_err(|problem| MappingError::NoKey { problem })
        };
        let columns = self.columns.iter().map(|(column, steps)| {
            let steps = with_keys(steps)?;
            Ok((column.clone(), steps))
        });
        Ok(Recipe {
            mapping,
            selection: self.selection.clone(),
            decoding: Decoding {
                columns: columns.collect::<Result<_, MappingError>>()?,
                token: with_keys(&self.token)?,
            },
            defaults: self.defaults.clone(),
            is_lenient: self.is_preset,
            adds_to_usual,
            file: self.name.clone(),
            typed: map.parts().iter().map(|(field, _)| *field).collect(),
        })
    }
}

impl Preset {
    /// What its mapping file says.
    pub fn mapping_file(&self) -> MappingFile {
        let mut file = MappingFile::parse(self.name(), self.toml()).unwrap_or_default();
        file.is_preset = true;
        file
    }
}

#[cfg(test)]
mod tests;
