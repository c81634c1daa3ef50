//! The table of `docs/from-adal.md`: each row of Microsoft's, with a program that exists.

/// The rows of the table in "Migrate existing Refresh Tokens into MSAL Python": ADAL's call, where it has one, and MSAL's.
const ROWS: [(&str, &str); 13] = [
    ("AuthenticationContext", "PublicClientApplication"),
    ("", "get_authorization_request_url"),
    (
        "acquire_token_with_authorization_code",
        "acquire_token_by_authorization_code",
    ),
    ("acquire_token", "acquire_token_silent"),
    (
        "acquire_token_with_refresh_token",
        "acquire_token_by_refresh_token",
    ),
    ("acquire_user_code", "initiate_device_flow"),
    (
        "acquire_token_with_device_code",
        "acquire_token_by_device_flow",
    ),
    (
        "acquire_token_with_username_password",
        "acquire_token_by_username_password",
    ),
    (
        "acquire_token_with_client_credentials",
        "acquire_token_for_client",
    ),
    (
        "acquire_token_with_client_certificate",
        "acquire_token_for_client",
    ),
    ("", "acquire_token_on_behalf_of"),
    ("TokenCache", "SerializableTokenCache"),
    ("", "PersistedTokenCache"),
];

/// What is wrong with a table that is to have these rows, of programs among `examples`.
pub(super) fn flaws(chapter: &str, examples: &[String]) -> Vec<String> {
    let rows: Vec<[&str; 4]> = chapter.lines().filter_map(row).collect();
    let mut flaws = Vec::new();
    for (adal, msal) in ROWS {
        let is_it = |[theirs, now, ..]: &[&str; 4]| says(theirs, adal) && says(now, msal);
        if !rows.iter().any(is_it) {
            let adal = if adal.is_empty() {
                "no call of ADAL's"
            } else {
                adal
            };
            flaws.push(format!(
                "docs/from-adal.md has no row for {adal} and {msal}"
            ));
        }
    }
    for [_, msal, _, program] in rows {
        let name = program.trim_matches(['[', ']', '`']);
        if !examples.iter().any(|example| example == name) {
            flaws.push(format!(
                "docs/from-adal.md: there is no example {name:?}, of {msal}"
            ));
        }
        if !chapter.contains(&format!("crates/msal-client/examples/{name}.rs")) {
            flaws.push(format!("docs/from-adal.md: {program} leads nowhere"));
        }
    }
    flaws
}

/// The cells of a row, but of the head and the line below it.
fn row(line: &str) -> Option<[&str; 4]> {
    let cells: Vec<&str> = line
        .strip_prefix('|')?
        .strip_suffix('|')?
        .split('|')
        .map(str::trim)
        .collect();
    let cells = <[&str; 4]>::try_from(cells).ok()?;
    (cells[3].starts_with('[')).then_some(cells)
}

/// Whether a cell has this call; for none, that it has none.
fn says(cell: &str, call: &str) -> bool {
    let mut calls = cell.split('`').skip(1).step_by(2);
    match call {
        "" => cell == "none",
        call => calls.any(|said| said.split('(').next() == Some(call)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: &[(&str, &str)], program: &str) -> String {
        let mut chapter = "| ADAL | MSAL | here | program |\n|---|---|---|---|\n".to_owned();
        for (adal, msal) in rows {
            let adal = if adal.is_empty() {
                "none".to_owned()
            } else {
                format!("`{adal}()`")
            };
            chapter.push_str(&format!("| {adal} | `{msal}()` | x | [`{program}`] |\n"));
        }
        chapter + "\n[`program`]: https://x/crates/msal-client/examples/program.rs\n"
    }

    #[test]
    fn a_table_with_all_rows_is_well() {
        assert_eq!(
            flaws(&written(&ROWS, "program"), &["program".to_owned()]),
            [""; 0]
        );
    }

    #[test]
    fn each_row_is_missed() {
        for missing in 0..ROWS.len() {
            let mut rows = ROWS.to_vec();
            let (_, msal) = rows.remove(missing);
            let flaws = flaws(&written(&rows, "program"), &["program".to_owned()]);
            assert!(flaws.len() == 1 && flaws[0].ends_with(msal), "{flaws:?}");
        }
    }

    #[test]
    fn a_row_names_a_program_that_exists() {
        let flaws = flaws(&written(&ROWS, "gone"), &["program".to_owned()]);
        let of_silent =
            "docs/from-adal.md: there is no example \"gone\", of `acquire_token_silent()`";
        assert!(flaws.contains(&of_silent.to_owned()), "{flaws:?}");
        assert!(flaws.contains(&"docs/from-adal.md: [`gone`] leads nowhere".to_owned()));
    }
}
