//! The one statement that is sent to a database: a SELECT.

use super::error::DatabaseError;

/// A single statement that reads. The session cannot write besides; this says it before a server is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query(String);

impl Query {
    /// Takes one SELECT, or one WITH that leads to it.
    pub(crate) fn parse(text: &str) -> Result<Self, DatabaseError> {
        let refused = |reason| Err(DatabaseError::NotSelect { reason });
        let text = text.trim().trim_end_matches([';', ' ', '\t', '\r', '\n']);
        let mut words = words(text);
        match words.next() {
            Some(Piece::Word(word)) if is_any(word, &["select", "with"]) => {}
            Some(_) => return refused("it begins with neither SELECT nor WITH"),
            None => return refused("it is empty"),
        }
        for piece in words {
            match piece {
                Piece::End => return refused("there is more than one statement"),
                // MySQL and MariaDB run what stands in these.
                Piece::LiveComment => {
                    return refused("it has a comment that a server obeys: /*! … */");
                }
                // A table in PostgreSQL, a file on the server in MySQL.
                Piece::Word(word) if is_any(word, &["into"]) => {
                    return refused("it says INTO, which would write the answer somewhere");
                }
                Piece::Word(_) => {}
            }
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The query whose answer is the number of rows that this one answers with.
    pub(super) fn counted(&self) -> Self {
        // The line ends before the parenthesis, as a comment may stand in it.
        Self(format!("select count(*) from ({}\n) counted", self.0))
    }

    /// Whether the query names `table`, with or without its schema.
    pub(super) fn names(&self, table: &str) -> bool {
        let bare = table.rsplit('.').next().unwrap_or(table);
        self.0
            .split(|character: char| !(character.is_alphanumeric() || "_-$".contains(character)))
            .any(|word| word.eq_ignore_ascii_case(bare))
    }
}

fn is_any(word: &str, words: &[&str]) -> bool {
    words.iter().any(|one| one.eq_ignore_ascii_case(word))
}

/// What a statement is made of, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A semicolon.
    End,
    LiveComment,
    Word(&'a str),
}

/// Goes through a statement, past quoted texts and names, and past comments.
fn words(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            let (piece, length) = piece(rest, first);
            rest = rest.get(length..).unwrap_or_default();
            if piece.is_some() {
                return piece;
            }
        }
    })
}

/// The piece that `text` begins with, and how long it is.
fn piece(text: &str, first: char) -> (Option<Piece<'_>>, usize) {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let up_to = |end: &str, from: usize| {
        let found = text.get(from..).and_then(|text| text.find(end));
        found.map_or(text.len(), |at| from + at + end.len())
    };
    match first {
        ';' => (Some(Piece::End), 1),
        '\'' | '"' | '`' => (None, quoted(text, first)),
        _ if text.starts_with("/*!") || text.starts_with("/*M!") => {
            (Some(Piece::LiveComment), text.len())
        }
        _ if text.starts_with("/*") => (None, up_to("*/", 2)),
        _ if text.starts_with("--") => (None, up_to("\n", 2)),
        _ if is_word(first) => {
            let end = text.find(|character| !is_word(character));
            let word = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
            (Some(Piece::Word(word)), word.len())
        }
        _ => (None, first.len_utf8()),
    }
}

/// How long the quoted text is that `text` begins with. A quotation mark in it is doubled.
fn quoted(text: &str, mark: char) -> usize {
    let end = text.get(1..).and_then(|inner| inner.find(mark));
    end.map_or(text.len(), |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_select_is_taken_and_nothing_else() {
        for query in [
            "select 1",
            " SELECT a FROM t ; ",
            "-- users\nselect 1",
            "/* users */ with x as (select 1) select * from x",
            "select ';' as a, \"into\" from t where b = 'it''s; into'",
            "select into_column from t -- ; into",
        ] {
            assert!(Query::parse(query).is_ok(), "{query}");
        }
        for query in [
            "",
            "  ;",
            "-- select",
            "delete from t",
            "pragma journal_mode = delete",
            "attach 'x' as y",
            "begin",
            "select 1; delete from t",
            "select 1;; select 2",
            "select * into other from t",
            "select a from t into outfile '/tmp/x'",
            "select a from t /*! into outfile '/tmp/x' */",
            "select a from t /*M! into outfile '/tmp/x' */",
            "select a from t /*!99999 x */",
        ] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn tables_that_a_query_names_are_found_with_and_without_their_schema() {
        let query = Query::parse("select a from app.Users join \"roles\" on 1=1").unwrap();
        for (table, named) in [
            ("users", true),
            ("app.users", true),
            ("roles", true),
            ("user", false),
        ] {
            assert_eq!(query.names(table), named, "{table}");
        }
    }
}
