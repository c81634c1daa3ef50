//! Stores of applications that are known: mapping files of this library's own.

use super::MappingFile;

/// A store of an application that is known, as a mapping file.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    name: &'static str,
    text: &'static str,
}

impl Preset {
    /// All presets, in alphabetical order.
    pub const ALL: &[Self] = &[];

    /// The preset with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|preset| preset.name == name)
    }

    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The mapping file, as TOML. A copy can be edited, and read with [`MappingFile::parse`].
    pub fn toml(&self) -> &'static str {
        self.text
    }

    /// What it says, read.
    pub fn mapping_file(&self) -> MappingFile {
        let mut file = MappingFile::parse(self.name, self.text).unwrap_or_default();
        file.is_preset = true;
        file
    }
}
