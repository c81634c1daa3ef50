//! How a database quotes names. A mapping file quotes them as the standard does (ISO/IEC 9075-2, delimited identifier):
//! `"name"`.

use super::kind::SourceKind;

/// The statement as the database takes it: MySQL quotes names in backticks, and takes `"` for a literal. Literals and comments
/// stay as they are.
pub(super) fn in_dialect(select: &str, kind: SourceKind) -> String {
    if kind != SourceKind::MySql {
        return select.to_owned();
    }
    let mut translated = String::with_capacity(select.len());
    let mut rest = select;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(piece(rest));
        match piece.strip_prefix('"') {
            Some(name) => translated.push_str(&in_backticks(name)),
            None => translated.push_str(piece),
        }
        rest = after;
    }
    translated
}

/// How long the piece is that the statement begins with, as MySQL divides it: what is quoted, a comment, or one character.
fn piece(rest: &str) -> usize {
    let up_to = |end: &str, from: usize| {
        let found = rest.get(from..).and_then(|inner| inner.find(end));
        found.map_or(rest.len(), |at| from + at + end.len())
    };
    match rest.as_bytes() {
        [mark @ (b'"' | b'`' | b'\''), ..] => quoted(rest, char::from(*mark)),
        [b'/', b'*', ..] => up_to("*/", 2),
        [b'#', ..] => up_to("\n", 1),
        // Without a space, these are an operator and a sign.
        [b'-', b'-'] | [b'-', b'-', b' ' | b'\t' | b'\r' | b'\n', ..] => up_to("\n", 2),
        _ => rest.chars().next().map_or(0, char::len_utf8),
    }
}

/// How long the quoted text is. The mark is doubled in it; in a literal, a backslash goes before it too.
fn quoted(rest: &str, mark: char) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        let is_pair = match character {
            '\\' => mark == '\'',
            _ if character == mark => characters.peek().is_some_and(|(_, next)| *next == mark),
            _ => false,
        };
        if is_pair {
            characters.next();
        } else if character == mark {
            return at + mark.len_utf8();
        }
    }
    rest.len()
}

/// A name, given with what follows the first of its quotation marks.
fn in_backticks(name: &str) -> String {
    let (name, end) = name
        .strip_suffix('"')
        .map_or((name, ""), |name| (name, "`"));
    format!("`{}{end}", name.replace("\"\"", "\"").replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_mysql_does_and_nothing_else_is_changed() {
        for (standard, mysql) in [
            (r#"select a."b c" from "t" a"#, "select a.`b c` from `t` a"),
            (r#""a""b`c""#, "`a\"b``c`"),
            (r#""a"."b""#, "`a`.`b`"),
            (r#"'"' "a""#, r#"'"' `a`"#),
            (r#"'it''s "' "a""#, r#"'it''s "' `a`"#),
            (r#"'it\'s "' "a""#, r#"'it\'s "' `a`"#),
            (r#"'\\' "a" '"'"#, r#"'\\' `a` '"'"#),
            (r#""\" '"'"#, "`\\` '\"'"),
            (r#"`a"b``"` "c""#, r#"`a"b``"` `c`"#),
            ("/* \" ' */ \"a\"", "/* \" ' */ `a`"),
            (
                "-- don't \"\n\"a\" # it's \"\n\"b\"",
                "-- don't \"\n`a` # it's \"\n`b`",
            ),
            (r#"5--"a" -- ""#, "5--`a` -- \""),
            ("'ü\"é' \"ü\"\"é\"", "'ü\"é' `ü\"é`"),
            // What is not closed is the server's to refuse.
            (r#"'a"b"#, r#"'a"b"#),
            (r#""a'b"#, "`a'b"),
            ("\"", "`"),
            ("--", "--"),
        ] {
            assert_eq!(in_dialect(standard, SourceKind::MySql), mysql, "{standard}");
            assert_eq!(in_dialect(standard, SourceKind::Postgres), standard);
        }
    }
}
