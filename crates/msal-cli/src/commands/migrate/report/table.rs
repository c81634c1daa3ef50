//! A report for spreadsheets.

use super::out::Out;
use super::row::Row;
use super::user::User;
use crate::outside::csv_field;
use crate::text::moment;

pub(super) fn print(rows: &[Row], out: &mut Out<'_>) {
    out.put(&format!("{}\n", COLUMNS.join(",")));
    for row in rows {
        out.put(&line(row));
    }
}

fn line(row: &Row) -> String {
    let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    let shown = |user: fn(&(User, User)) -> &User| {
        let users = row.users.as_deref();
        users.map_or_else(String::new, |users| user(users).to_string())
    };
    let fields: [String; COLUMNS.len()] = [
        row.file.to_string(),
        row.places_text(),
        text(&row.name),
        text(&row.user.username),
        row.tenant.to_string(),
        row.client_id.to_string(),
        row.class.to_owned(),
        row.error.to_string(),
        row.suberror.to_string(),
        row.aadsts.join(" "),
        row.todo.who.code().to_owned(),
        row.todo.what.to_string(),
        moment(row.at),
        text(&row.user.home_account_id),
        text(&row.user.oid),
        text(&row.user.tid),
        row.authority.to_string(),
        row.explanation.to_string(),
        shown(|users| &users.0),
        shown(|users| &users.1),
        row.kept_old_rt.to_string(),
    ];
    let fields: Vec<_> = fields.iter().map(|field| csv_field(field)).collect();
    format!("{}\n", fields.join(","))
}

const COLUMNS: [&str; 21] = [
    "file",
    "row",
    "name",
    "user",
    "tenant",
    "client_id",
    "class",
    "error",
    "suberror",
    "aadsts",
    "who",
    "what_to_do",
    "when",
    "home_account_id",
    "oid",
    "tid",
    "authority",
    "explanation",
    "expected",
    "found",
    "kept_old_rt",
];
