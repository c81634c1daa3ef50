//! Whose database it is, told by its tables.

use super::mapping_file::{MappingFile, Query};
use super::presets::Preset;
use super::read::database::Outline;
use super::row::shown_name::{listed, shown};

/// An application whose tables are in a database.
pub(super) struct KnownStore {
    pub(super) file: MappingFile,
    /// Which tables, for a message.
    pub(super) tables: String,
}

/// The applications whose tables are in the database.
pub(super) fn recognise(outline: &Outline) -> Vec<KnownStore> {
    // What is encrypted looks like what is not, and a key is only taken where it was asked for.
    let is_keyless = |file: &MappingFile| file.key_sources().next().is_none();
    Preset::ALL
        .iter()
        .map(Preset::mapping_file)
        .filter(is_keyless)
        .filter_map(|file| {
            let query = file
                .input
                .queries
                .iter()
                .find(|query| fits(query, outline))?;
            let tables = query.needs.iter().map(|(table, _columns)| table.as_str());
            let tables = tables.collect::<Vec<_>>().join(", ");
            Some(KnownStore { tables, file })
        })
        .collect()
}

/// The names of several.
pub(super) fn names(stores: &[KnownStore]) -> String {
    let names: Vec<_> = stores.iter().map(|store| store.file.name()).collect();
    names.join(", ")
}

/// The first query of a mapping file whose tables and columns are there.
///
/// # Errors
/// What is missing of that of which most is there.
pub(super) fn query_of<'f>(file: &'f MappingFile, outline: &Outline) -> Result<&'f str, String> {
    let queries = &file.input.queries;
    if let Some(query) = queries.iter().find(|query| fits(query, outline)) {
        return Ok(&query.select);
    }
    let is_there = |(table, _): &&(String, Vec<String>)| outline.columns_of(table).is_some();
    let best = queries
        .iter()
        .max_by_key(|query| query.needs.iter().filter(is_there).count());
    let needs = best.map(|query| query.needs.as_slice()).unwrap_or_default();
    for (table, columns) in needs {
        let Some(there) = outline.columns_of(table) else {
            continue;
        };
        if let Some(missing) = columns.iter().find(|column| !there.contains(column)) {
            return Err(format!(
                "its table {} has no column {}; there are {}",
                shown(table),
                shown(missing),
                listed(there.iter().map(String::as_str))
            ));
        }
    }
    let missing = needs
        .iter()
        .filter(|(table, _)| outline.columns_of(table).is_none())
        .map(|(table, _)| table.as_str());
    Err(format!(
        "it has no table {}; there are {}",
        listed(missing),
        outline.table_names()
    ))
}

fn fits(query: &Query, outline: &Outline) -> bool {
    query.needs.iter().all(|(table, columns)| {
        let there = outline.columns_of(table).unwrap_or_default();
        !there.is_empty() && columns.iter().all(|column| there.contains(column))
    })
}
