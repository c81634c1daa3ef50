//! A report for programs: `docs/report.md` has its schema.

use msal_migrate::Place;
use serde_json::{Map, Value, json};

use super::out::Out;
use super::row::{Row, SKIPPED};
use super::summary::Summary;
use super::user::User;
use crate::output::versioned;
use crate::text::moment;

/// Prints one document, a line of it for each token and row.
pub(super) fn print(rows: &[Row], summary: &Summary, out: &mut Out<'_>) {
    let counts: Map<_, _> = summary
        .classes()
        .into_iter()
        .map(|class| (class.class.to_owned(), class.count.into()))
        .chain([("total".to_owned(), summary.counts.total().into())])
        .collect();
    let head = versioned(&json!({
        "report": "migrate report", "journal": summary.journal,
        "by": if summary.by_user { "user" } else { "token" }, "all": summary.all,
        "users_shown": summary.show_users, "users_hidden": summary.hidden, "counts": counts,
    }));
    let head = head.to_string();
    out.put(head.strip_suffix('}').unwrap_or_default());
    for (name, is_row) in [("tokens", false), ("skipped", true)] {
        out.put(&format!(",\n\"{name}\": ["));
        let of_kind = rows.iter().filter(|row| (row.class == SKIPPED) == is_row);
        for (number, row) in of_kind.enumerate() {
            let comma = if number == 0 { "" } else { "," };
            out.put(&format!("{comma}\n{}", to_json(row)));
        }
        out.put("]");
    }
    out.put("}\n");
}

fn to_json(row: &Row) -> Value {
    let places: Vec<_> = row.places().collect();
    json!({
        "row": row.place.to_string(), "rows": places, "file": text(&row.file), "line": line(row.place),
        "name": row.name, "user": of_user(&row.user), "tenant": text(&row.tenant), "client_id": text(&row.client_id),
        "authority": text(&row.authority), "class": row.class, "error": text(&row.error),
        "suberror": text(&row.suberror), "aadsts": &*row.aadsts, "explanation": text(&row.explanation),
        "who": row.todo.who.code(), "what_to_do": row.todo.what, "at": row.at, "when": moment(row.at),
        "home_account_id": row.user.home_account_id, "has_sealed_token": row.has_sealed_token,
        "kept_old_rt": row.kept_old_rt,
        "expected": row.users.as_ref().map(|users| of_user(&users.0)),
        "found": row.users.as_ref().map(|users| of_user(&users.1)),
    })
}

fn of_user(user: &User) -> Value {
    json!({
        "username": user.username, "oid": user.oid, "tid": user.tid, "home_account_id": user.home_account_id,
    })
}

/// What is not known is null.
fn text(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn line(place: Place) -> Option<u64> {
    match place {
        Place::Line(line) => Some(line),
        _ => None,
    }
}
