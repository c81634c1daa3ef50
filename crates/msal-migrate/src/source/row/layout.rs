//! Which column or member of a row became which field, for whoever is to say whether that is right.

use super::expression::Expression;
use super::field::{FIELDS, Field};
use super::likely::{Likely, typed};
use super::recipe::Recipe;
use super::shown_name::is_harmless;

/// Which column or member of a row became which field.
///
/// It has names and no value of a row: a column that was mapped by mistake may hold anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowLayout {
    /// The fields that are read, the refresh token first.
    pub fields: Vec<FieldPlace>,
    /// What `[where]` and `--where` look at.
    pub conditions: Vec<String>,
    /// Columns that look like a field that is found nowhere else.
    pub likely: Vec<LikelyPlace>,
    /// Columns and members that are not used. None where one of their names may be a person's or a token.
    pub unused: Vec<String>,
    /// How many are not used.
    pub unused_count: u64,
}

/// Where a field is found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldPlace {
    /// What [`Mapping`](crate::Mapping) calls the field.
    pub field: &'static str,
    /// Columns, members or pointers. Of several, a row has it in the first one that is not empty.
    pub places: Vec<String>,
    /// What told so.
    pub known_by: KnownBy,
}

/// What told where a field is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KnownBy {
    /// `[defaults]` of this preset or mapping file, which has the value itself: for rows that say nothing.
    Default(String),
    /// The mapping that was given by itself, which is `--map` of the command.
    Mapping,
    /// This preset or mapping file.
    MappingFile(String),
    /// Its name is a usual one.
    Name,
}

impl KnownBy {
    /// The name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Default(_) => "default",
            Self::Mapping => "map",
            Self::MappingFile(_) => "mapping_file",
            Self::Name => "name",
        }
    }
}

/// A column that looks like a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LikelyPlace {
    /// What [`Mapping`](crate::Mapping) calls the field.
    pub field: &'static str,
    /// The column, member or pointer.
    pub place: String,
}

impl LikelyPlace {
    /// What is typed to have it read as that field.
    pub fn argument(&self) -> String {
        let argument = format!("{}={}", self.field, self.place);
        format!("--map {}", typed(&argument))
    }
}

/// Something with a name that was found in rows.
pub(crate) struct Found {
    /// Where it is, as it is shown.
    pub(crate) place: String,
    /// The column, or the outermost member, that it is in.
    pub(crate) column: String,
    /// The field that it is by its name, where names count, and the rank of the name.
    pub(crate) by_name: Option<(Field, u8)>,
}

impl RowLayout {
    /// How `recipe` reads rows in which all of `found` is. An expression whose column is not there is none of theirs.
    pub(crate) fn of(recipe: &Recipe, found: &[Found], is_there: impl Fn(usize) -> bool) -> Self {
        let mut fields = Vec::new();
        for field in in_order() {
            fields.extend(mapped(recipe, field, &is_there));
            fields.extend(named(field, found));
            fields.extend(assumed(recipe, field));
        }
        let is_used = |column: &str| {
            let mut expressions = recipe.expressions().map(outermost);
            let mut named = found.iter().filter(|it| it.by_name.is_some());
            expressions.any(|it| it.is_some_and(|it| it.eq_ignore_ascii_case(column)))
                || named.any(|it| it.column == column)
        };
        let mut unused: Vec<String> = Vec::new();
        for column in found.iter().map(|it| &it.column) {
            if !is_used(column) && !unused.contains(column) {
                unused.push(column.clone());
            }
        }
        let conditions = recipe.selection.conditions().iter();
        Self {
            fields,
            conditions: conditions.map(|it| it.expression.to_string()).collect(),
            likely: Vec::new(),
            unused_count: unused.len() as u64,
            unused,
        }
    }

    /// Whether to look for columns that look like a field: a preset or a mapping file knows what it leaves out.
    pub(crate) fn wants_likely(&self, recipe: &Recipe) -> bool {
        recipe.adds_to_usual && !self.unused.is_empty()
    }

    /// Takes from `likely`, which has seen what is not used, what may be a field that is missing.
    pub(crate) fn with_likely(mut self, likely: &Likely) -> Self {
        for alike in ALIKE {
            let is_missing = |fields: &[FieldPlace]| {
                let mut names = alike.iter().map(|field| field.name());
                !names.any(|name| fields.iter().any(|it| it.field == name))
            };
            if !is_missing(&self.fields) {
                continue;
            }
            for field in *alike {
                let places = likely.places_of(*field).into_iter().take(MOST_LIKELY);
                self.likely.extend(places.map(|place| LikelyPlace {
                    field: field.name(),
                    place: place.to_owned(),
                }));
            }
        }
        self
    }

    /// Without names that may be of people, or tokens: a table without a header line has its first row where names should be.
    pub(crate) fn without_people(mut self) -> Self {
        if !self.unused.iter().all(|name| is_harmless(name)) {
            self.unused.clear();
            self.likely.clear();
        }
        self
    }
}

/// All fields, the refresh token first.
fn in_order() -> impl Iterator<Item = Field> {
    let others = FIELDS.iter().map(|(_, field)| *field);
    let others = others.filter(|field| *field != Field::RefreshToken);
    [Field::RefreshToken]
        .into_iter()
        .chain(others)
        .chain([Field::Family, Field::TokenEndpoint])
}

fn mapped(recipe: &Recipe, field: Field, is_there: impl Fn(usize) -> bool) -> Option<FieldPlace> {
    let mut parts = recipe.mapping.parts().iter().enumerate();
    let (index, (_, expression)) = parts.find(|(_, (mapped, _))| *mapped == field)?;
    is_there(index).then(|| FieldPlace {
        field: field.name(),
        places: vec![expression.to_string()],
        known_by: match recipe.typed.contains(&field) {
            true => KnownBy::Mapping,
            false => KnownBy::MappingFile(recipe.file.clone()),
        },
    })
}

fn named(field: Field, found: &[Found]) -> Option<FieldPlace> {
    let of_field = found.iter().filter_map(|it| match it.by_name {
        Some((named, rank)) if named == field => Some((rank, it.place.clone())),
        _ => None,
    });
    let mut places: Vec<_> = of_field.collect();
    places.sort_by_key(|(rank, _)| *rank);
    (!places.is_empty()).then(|| FieldPlace {
        field: field.name(),
        places: places.into_iter().map(|(_, place)| place).collect(),
        known_by: KnownBy::Name,
    })
}

fn assumed(recipe: &Recipe, field: Field) -> Option<FieldPlace> {
    let defaults = &recipe.defaults;
    let value = match field {
        Field::Authority => defaults.authority.clone(),
        Field::ClientId => defaults.client_id.clone(),
        Field::Resource => defaults.resource.clone(),
        Field::Scopes => {
            let scopes: Vec<_> = defaults.scopes.iter().map(|scope| scope.as_str()).collect();
            Some(scopes.join(" ")).filter(|scopes| !scopes.is_empty())
        }
        _ => None,
    };
    value.map(|value| FieldPlace {
        field: field.name(),
        places: vec![value],
        known_by: KnownBy::Default(recipe.file.clone()),
    })
}

/// The column, or the outermost member, that an expression reads.
fn outermost(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Pointer(pointer) => pointer.segments().first().map(String::as_str),
        _ => expression.column(),
    }
}

/// Fields of which one is enough, and an ID token that has them.
const ALIKE: &[&[Field]] = &[
    &[Field::RefreshToken],
    &[Field::ClientId, Field::IdToken],
    &[
        Field::Tenant,
        Field::Authority,
        Field::Issuer,
        Field::Tid,
        Field::IdToken,
        Field::TokenEndpoint,
    ],
    &[
        Field::Username,
        Field::HomeAccountId,
        Field::ClientInfo,
        Field::IdToken,
    ],
    &[Field::Scopes, Field::Resource],
];

/// How many columns are named that may be one field.
const MOST_LIKELY: usize = 3;
