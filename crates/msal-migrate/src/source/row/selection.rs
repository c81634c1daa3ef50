//! Which rows of a table count: `[where]` of a mapping file.

use super::alias::field_named;
use super::expression::Expression;
use super::field::Field;
use super::issuer;
use super::mapping::Mapping;
use super::value::StoredValue;
use crate::record::SkipReason;

/// Conditions that a row must meet, all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection(Vec<Condition>);

/// A place in a row, and the values that it may have.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) expression: Expression,
    allowed: Vec<Allowed>,
}

/// A value that is allowed. Case does not matter: people write `Microsoft` and `microsoft`.
#[derive(Clone, Debug)]
enum Allowed {
    Exactly(String),
    StartingWith(String),
}

impl Selection {
    /// Adds a condition: a value may be one of `allowed`, where `*` at the end of one stands for anything.
    pub(crate) fn add(
        &mut self,
        expression: Expression,
        allowed: impl IntoIterator<Item = String>,
    ) {
        let allowed = allowed
            .into_iter()
            .map(|text| match text.strip_suffix('*') {
                Some(start) => Allowed::StartingWith(start.to_owned()),
                None => Allowed::Exactly(text),
            });
        self.0.push(Condition {
            expression,
            allowed: allowed.collect(),
        });
    }

    /// Adds the conditions of another one.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.0
    }
}

impl Condition {
    /// Why a row with this value does not count.
    pub(crate) fn refusal(&self, value: &StoredValue<'_>, mapping: &Mapping) -> Option<SkipReason> {
        let text = match value {
            StoredValue::Bool(value) => value.to_string(),
            StoredValue::Number(number) => number.to_string(),
            other => other.text().unwrap_or_default().trim().to_owned(),
        };
        let is_b2c = issuer::is_b2c(&text);
        // The beginning of a name is no wish for Azure AD B2C, whose names begin like Entra's.
        let is_allowed = |allowed: &Allowed| match allowed {
            Allowed::Exactly(_) => allowed.is(&text),
            Allowed::StartingWith(_) => allowed.is(&text) && !is_b2c,
        };
        if self.allowed.iter().any(is_allowed) {
            return None;
        }
        if is_b2c {
            return Some(SkipReason::B2c);
        }
        let is_others = self.tells_provider(mapping) && issuer::is_microsoft(&text) != Some(true);
        Some(match is_others {
            true => SkipReason::OtherProvider,
            false => SkipReason::NotSelected,
        })
    }

    /// Whether the condition is about who issued the token.
    fn tells_provider(&self, mapping: &Mapping) -> bool {
        let is_issuing = |field: Field| matches!(field, Field::Provider | Field::Issuer);
        let is_mapped = mapping
            .parts()
            .iter()
            .any(|(field, expression)| is_issuing(*field) && *expression == self.expression);
        let name = match &self.expression {
            Expression::Column(name) => name.as_str(),
            Expression::Pointer(pointer) | Expression::ColumnPointer(_, pointer) => pointer.last(),
            Expression::Constant(_) => "",
        };
        let named = field_named(name).map(|(field, _rank)| field);
        is_mapped || named.is_some_and(is_issuing)
    }
}

impl Allowed {
    fn is(&self, text: &str) -> bool {
        match self {
            Self::Exactly(value) => value.eq_ignore_ascii_case(text),
            Self::StartingWith(start) => text
                .get(..start.len())
                .is_some_and(|beginning| beginning.eq_ignore_ascii_case(start)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(column: &str, allowed: &[&str], value: StoredValue<'_>) -> Option<&'static str> {
        let mut selection = Selection::default();
        let allowed = allowed.iter().map(|text| (*text).to_owned());
        selection.add(Expression::Column(column.to_owned()), allowed);
        let mapping = Mapping::parse(["refresh_token=rt", "provider=name"]).unwrap();
        let condition = selection.conditions().first().unwrap();
        let refusal = condition.refusal(&value, &mapping);
        refusal.map(SkipReason::code)
    }

    #[test]
    fn rows_that_do_not_count_are_told_apart() {
        let text = |text: &'static str| StoredValue::from_text(text);
        let azure = &["azure-ad", "microsoft*"][..];
        for (column, value, expected) in [
            ("provider", text("azure-ad"), None),
            ("provider", text("Azure-AD "), None),
            ("provider", text("microsoft-entra-id"), None),
            ("provider", text("azure-ad-b2c"), Some("b2c")),
            ("provider", text("microsoft-B2C"), Some("b2c")),
            ("provider", text("azuread-other"), Some("not_selected")),
            ("provider", text("google"), Some("other_provider")),
            ("provider", text(""), Some("other_provider")),
            ("provider", StoredValue::Null, Some("other_provider")),
            ("provider", text("mié"), Some("other_provider")),
            ("strategy", text("github"), Some("other_provider")),
            (
                "issuer",
                text("https://accounts.google.com"),
                Some("other_provider"),
            ),
            // What the mapping says is the provider.
            ("name", text("github"), Some("other_provider")),
            ("active", text("0"), Some("not_selected")),
        ] {
            let shown = value.owned();
            assert_eq!(
                refusal(column, azure, value),
                expected,
                "{column} {shown:?}"
            );
        }
        assert_eq!(refusal("active", &["1"], StoredValue::Number(1.0)), None);
        assert_eq!(refusal("active", &["true"], StoredValue::Bool(true)), None);
    }
}
