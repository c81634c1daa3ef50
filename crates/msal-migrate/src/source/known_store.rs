//! Whose database it is, told by its tables.

use super::mapping_file::{MappingFile, Query};
use super::presets::Preset;
use super::read::database::Outline;
use super::row::alias::field_named;
use super::row::field::Field;
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

/// A table that was exported from an application's store.
pub(super) struct Exported {
    pub(super) preset: &'static str,
    /// Whether the preset finds the refresh token in it.
    pub(super) has_token: bool,
}

/// The application that most of the columns are known of.
pub(super) fn exported(columns: &[String]) -> Option<Exported> {
    let has = |name: &str| columns.iter().any(|column| column == name);
    let known = Preset::ALL.iter().filter_map(|preset| {
        let file = preset.mapping_file();
        let queries = file.input.queries.iter();
        let tables = queries.flat_map(|query| &query.needs);
        let tables = tables.map(|(_table, names)| names.iter().map(String::as_str).collect());
        let sets = tables.chain([file.columns_read()]);
        let whole = sets.filter(|set: &Vec<&str>| {
            set.iter().all(|name| has(name)) && set.iter().any(|name| is_telling(name))
        });
        let count = whole.map(|set| set.len()).max()?;
        let is_keyless = file.key_sources().next().is_none();
        let exported = Exported {
            preset: preset.name(),
            has_token: file.token_column().is_some_and(has),
        };
        is_keyless.then_some((count, exported))
    });
    // Of presets of which as much is known, the one whose token is there.
    let best = known.max_by_key(|(count, exported)| (*count, exported.has_token));
    best.map(|(_, exported)| exported)
}

/// Whether few tables but those of one application have a column of this name.
fn is_telling(name: &str) -> bool {
    field_named(name).is_none_or(|(field, _rank)| field == Field::Provider && name != "provider")
        && !COMMON.contains(&name)
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

/// Names of columns that any table may have.
const COMMON: &[&str] = &[
    "id", "name", "value", "Id", "Email", "user_id", "userId", "userid",
];
