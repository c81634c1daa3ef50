//! A report as a page: one file that asks for nothing, in which people search.
//!
//! All that comes from outside is in one JSON document in a script element that no browser runs, and `page.js` puts it
//! into the page as text. The policy of the page lets nothing run but the script that is in it.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::out::Out;
use super::row::{self, Row};
use super::summary::Summary;
use crate::outside::Outside;
use crate::text::moment;
use crate::todo::Who;

pub(super) fn print(rows: &[Row], summary: &Summary, out: &mut Out<'_>) {
    let page = PAGE
        .replace("{style-hash}", &hash(STYLE))
        .replace("{script-hash}", &hash(SCRIPT))
        .replace("{style}", STYLE)
        .replace("{script}", SCRIPT);
    let (before, behind) = page.split_once("{data}").unwrap_or_default();
    out.put(before);
    let head = head(summary).to_string();
    out.put(&in_script(head.strip_suffix('}').unwrap_or_default()));
    // Column by column, so that what many lines have in common is there once.
    let mut columns = Columns {
        is_one_file: row::are_of_one_file(rows),
        ..Columns::default()
    };
    for row in rows {
        columns.add(row);
    }
    out.put(&in_script(&columns.to_json()));
    out.put("}");
    out.put(behind);
}

fn head(summary: &Summary) -> Value {
    let classes: Vec<_> = summary
        .classes()
        .into_iter()
        .map(|class| json!([class.class, class.title, class.meaning, class.count]))
        .collect();
    let whos = [Who::Operator, Who::Administrator, Who::User, Who::Nobody];
    json!({
        "journal": shown(&summary.journal), "classes": classes, "total": summary.counts.total(),
        "by": if summary.by_user { "user" } else { "token" }, "all": summary.all, "hidden": summary.hidden,
        "whos": whos.map(Who::title),
    })
}

/// The lines, column by column: numbers of texts, or texts.
#[derive(Default)]
struct Columns<'a> {
    /// Whether all lines are of one file: the folder it is in need not be told with each.
    is_one_file: bool,
    texts: Vec<String>,
    numbers: HashMap<&'a str, usize>,
    /// By where the texts are of which a code is made: each is in memory once.
    codes: HashMap<(*const u8, *const u8, *const String, bool), usize>,
    shared: [Vec<usize>; 7],
    own: [Vec<String>; 3],
    at: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn add(&mut self, row: &'a Row) {
        let code = self.code(row);
        let shared = [
            row.todo.who as usize,
            self.text(row.class),
            self.text(&row.todo.what),
            self.text(&row.tenant),
            self.text(&row.client_id),
            self.text(self.file(row)),
            code,
        ];
        for (column, number) in self.shared.iter_mut().zip(shared) {
            column.push(number);
        }
        let name = row.name.as_deref().unwrap_or_default();
        let own = [row.places_text(), shown(row.user.shown()), shown(name)];
        for (column, text) in self.own.iter_mut().zip(own) {
            column.push(text);
        }
        self.at.push(row.at);
    }

    fn file(&self, row: &'a Row) -> &'a str {
        let name = row.file.rsplit(['/', '\\']).next().unwrap_or_default();
        match self.is_one_file {
            true => name,
            false => &row.file,
        }
    }

    fn text(&mut self, text: &'a str) -> usize {
        let texts = &mut self.texts;
        *self.numbers.entry(text).or_insert_with(|| {
            texts.push(shown(text));
            texts.len() - 1
        })
    }

    /// The code of a line; of a row that was skipped, why.
    fn code(&mut self, row: &'a Row) -> usize {
        if !row.explanation.is_empty() {
            return self.text(&row.explanation);
        }
        let key = (
            row.error.as_ptr(),
            row.suberror.as_ptr(),
            row.aadsts.as_ptr(),
            row.kept_old_rt,
        );
        let texts = &mut self.texts;
        *self.codes.entry(key).or_insert_with(|| {
            texts.push(shown(&row.code()));
            texts.len() - 1
        })
    }

    fn to_json(&self) -> String {
        let mut out = String::from(",\"texts\":");
        out.push_str(&Value::from(self.texts.as_slice()).to_string());
        for (name, column) in ["who", "class", "what", "tenant", "client", "file", "code"]
            .into_iter()
            .zip(&self.shared)
        {
            out.push_str(&format!(",\n\"{name}\":{}", Value::from(column.as_slice())));
        }
        for (name, column) in ["place", "user", "name"].into_iter().zip(&self.own) {
            out.push_str(&format!(",\n\"{name}\":{}", Value::from(column.as_slice())));
        }
        let moments: Vec<_> = self.at.iter().map(|at| moment(*at)).collect();
        out.push_str(&format!(",\n\"when\":{}", Value::from(moments)));
        out
    }
}

/// What a text from outside looks like: without a character that turns others around.
fn shown(text: &str) -> String {
    Outside(text).to_string()
}

/// JSON in a script element, which ends at the first `</script` and begins others at `<!--` (HTML §4.12.1.3).
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// How a policy names a script or a style that is in the page (CSP3 §2.3.1).
fn hash(text: &str) -> String {
    format!(
        "sha256-{}",
        BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes()))
    )
}

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_ends_or_begins_an_element_and_it_says_the_same() {
        let texts = ["</script>", "<!--<script>", "]]>&lt;", "\\u003c"];
        let json = Value::from(texts.as_slice()).to_string();
        let safe = in_script(&json);
        assert!(!safe.contains(['<', '>', '&']), "{safe}");
        let read: Value = serde_json::from_str(&safe).unwrap();
        assert_eq!(read, Value::from(texts.as_slice()));
    }
}
