//! Collecting the values of a row, where several names may stand for one field.

use super::field::Field;
use super::stored_row::StoredRow;
use super::value::StoredValue;

/// Collects the values of a row. Of several values for one field it keeps that with the best name, and takes note where two
/// with equally good names say that the row has another token, or another client.
#[derive(Default)]
pub(crate) struct Collector<'a> {
    stored: StoredRow<'a>,
    /// For each field, the rank of the value that is held, plus one; 0 where there is none.
    ranks: [u8; Field::Username as usize + 1],
}

impl<'a> Collector<'a> {
    /// Begins with a row whose fields have no rank: what is offered takes their place.
    pub(crate) fn on_top_of(stored: StoredRow<'a>) -> Self {
        Self {
            stored,
            ..Self::default()
        }
    }

    /// Takes a value whose name has this rank, unless one with a better name is held. Of two with the same rank the first
    /// stays.
    pub(crate) fn offer(&mut self, field: Field, rank: u8, value: StoredValue<'a>) {
        if value.is_absent() || !is_plausible(field, &value) {
            return;
        }
        let Some(held) = self.ranks.get_mut(field as usize) else {
            return;
        };
        if *held != 0 && *held <= rank + 1 {
            let is_rival = *held == rank + 1;
            self.stored.has_two_tokens |= is_rival
                && field == Field::RefreshToken
                && self.stored.refresh_token.text() != value.text();
            self.stored.has_two_clients |= is_rival
                && field == Field::ClientId
                && !is_same_client(&self.stored.client_id, &value);
            return;
        }
        *held = rank + 1;
        // A better name than those of the rivals.
        self.stored.has_two_tokens &= field != Field::RefreshToken;
        self.stored.has_two_clients &= field != Field::ClientId;
        *self.value_of(field) = value;
    }

    pub(crate) fn into_stored_row(self) -> StoredRow<'a> {
        self.stored
    }

    fn value_of(&mut self, field: Field) -> &mut StoredValue<'a> {
        let stored = &mut self.stored;
        match field {
            Field::Authority => &mut stored.authority,
            Field::ClientId => &mut stored.client_id,
            Field::ClientInfo => &mut stored.client_info,
            Field::ClientSecret => &mut stored.client_secret,
            Field::ExpiresAt => &mut stored.expires_at,
            Field::ExpiresIn => &mut stored.expires_in,
            Field::Family => &mut stored.family,
            Field::HomeAccountId => &mut stored.home_account_id,
            Field::IdToken => &mut stored.id_token,
            Field::Issuer => &mut stored.issuer,
            Field::Key => &mut stored.key,
            Field::Oid => &mut stored.oid,
            Field::Provider => &mut stored.provider,
            Field::RefreshToken => &mut stored.refresh_token,
            Field::Resource => &mut stored.resource,
            Field::Scopes => &mut stored.scopes,
            Field::Sub => &mut stored.sub,
            Field::Tenant => &mut stored.tenant,
            Field::Tid => &mut stored.tid,
            Field::TokenEndpoint => &mut stored.token_endpoint,
            Field::Username => &mut stored.username,
        }
    }
}

fn is_same_client(one: &StoredValue<'_>, other: &StoredValue<'_>) -> bool {
    let one = one.text().unwrap_or_default();
    one.eq_ignore_ascii_case(other.text().unwrap_or_default())
}

/// Whether a value can be one of the field, so that it cannot push out one that is: `"user": 17` is no name to sign in
/// with, and omniauth writes `"expires": true` beside the time.
fn is_plausible(field: Field, value: &StoredValue<'_>) -> bool {
    match field {
        Field::Username => value.text().is_some_and(|name| name.contains('@')),
        Field::ExpiresAt | Field::ExpiresIn => !matches!(value, StoredValue::Bool(_)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::alias::field_named;
    use super::*;

    #[test]
    fn the_best_name_wins_in_any_order() {
        let names = [
            ("user", "u@x"),
            ("upn", "n@x"),
            ("email", "e@x"),
            ("username", "none"),
        ];
        for rotation in 0..names.len() {
            let mut collector = Collector::default();
            for (name, value) in names.iter().cycle().skip(rotation).take(names.len()) {
                let (field, rank) = field_named(name).unwrap();
                collector.offer(field, rank, StoredValue::from_text(*value));
            }
            assert_eq!(collector.into_stored_row().username.text(), Some("n@x"));
        }
    }
}
