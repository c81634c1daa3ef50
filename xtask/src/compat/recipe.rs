//! An environment is made from a recipe once, and known by it from then on.

use std::path::Path;

use crate::failure::Failure;

/// Whether an environment was made from exactly this recipe, to its end.
pub(super) fn is_made(stamp: &Path, recipe: &str) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|made| made == recipe)
}

/// Starts an environment afresh.
pub(super) fn empty(folder: &Path) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::new(format!("cannot empty {}: {error}", folder.display()));
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(failed)?;
    }
    std::fs::create_dir_all(folder).map_err(failed)
}

/// Writes a file of an environment.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))
}
