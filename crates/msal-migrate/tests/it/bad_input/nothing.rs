//! What has no tokens, or seems to.

use super::*;

#[test]
fn what_has_nothing_in_it_is_said_to_be_empty() {
    for content in ["", " ", "\n\r\n", "\u{feff}"] {
        assert!(matches!(
            error(content),
            SourceError::Empty {
                in_keyring: false,
                ..
            }
        ));
    }
    let store = Store::new("");
    fs::write(store.path().with_file_name("store.lockfile"), "").unwrap();
    let error = store.rows(None).unwrap_err();
    assert!(matches!(
        error,
        SourceError::Empty {
            in_keyring: true,
            ..
        }
    ));
    assert!(
        error
            .to_string()
            .ends_with("the tokens are in the system's keyring")
    );
}

#[test]
fn caches_without_entries_have_no_rows() {
    for content in [
        r#"{"RefreshToken":{}}"#,
        r#"{"AccessToken":{},"RefreshToken":{},"Account":{},"Other":null}"#,
        "refresh_token,client_id\n",
    ] {
        assert!(outcomes(content).is_empty(), "{content}");
    }
    // Named, it is what the user says.
    for (content, kind) in [
        ("[]", SourceKind::AdalPython),
        ("[]", SourceKind::TokenJson),
        ("{}", SourceKind::MsalCache),
    ] {
        assert!(Store::new(content).rows(Some(kind)).unwrap().is_empty());
    }
}

#[test]
fn what_could_be_anything_is_not_said_to_have_no_tokens() {
    for content in ["[]", "{}", " [ ] \n", "\u{feff}{ }"] {
        assert_eq!(outcomes(content), ["not_understood"], "{content}");
        let store = Store::new(content);
        let mut options = SourceOptions::default();
        options.map = Mapping::parse(["refresh_token=x"]).unwrap();
        let found = rows(&*open(&store.path(), &options).unwrap()).unwrap();
        assert!(matches!(found[..], [Row::Skipped { .. }]), "{found:?}");
    }
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("inside")).unwrap();
    let found = open(directory.path(), &SourceOptions::default()).unwrap_err();
    assert!(matches!(found, SourceError::NoFiles { .. }), "{found}");
}

#[test]
fn a_cache_without_tokens_says_what_it_has_instead_of_sections() {
    for content in [
        r#"{"RefreshToken":null}"#,
        r#"{"AccessToken":null,"RefreshToken":null,"Account":null}"#,
        r#"{"AccessToken":[],"RefreshToken":[]}"#,
        r#"{"AccessToken":{},"RefreshToken":"{\"k\":{}}"}"#,
        r#"{"AccessToken":{},"RefreshToken":[{"secret":"0.a"}]}"#,
        r#"{"RefreshToken":{},"Account":null}"#,
        r#"{"RefreshToken":{"k":{"home_account_id":"u.t","nonce":"n","data":"c2VjcmV0"}}}"#,
    ] {
        assert_eq!(outcomes(content), ["not_understood"], "{content}");
    }
    // Beside tokens an odd section costs hints only.
    assert_eq!(
        outcomes(r#"{"RefreshToken":{"k":{"secret":"0.a","client_id":"c"}},"Account":null}"#),
        ["token"]
    );
}

#[test]
fn tokens_of_an_exchange_are_none_of_a_user_s() {
    let cache = |refresh: &str, access: &[&str]| {
        let access: Vec<_> = access
            .iter()
            .enumerate()
            .map(|(number, more)| {
                format!(
                    r#""{number}":{{"home_account_id":"u.t","client_id":"C","target":"User.Read"{more}}}"#
                )
            })
            .collect();
        format!(
            r#"{{"RefreshToken":{{"k":{{"secret":"0.a","home_account_id":"u.t","client_id":"c"{refresh}}}}},"AccessToken":{{{}}}}}"#,
            access.join(",")
        )
    };
    let (node, go) = (
        r#","userAssertionHash":"h""#,
        r#","user_assertion_hash":"h""#,
    );
    for (refresh, access, expected) in [
        (go, vec![], "obo"),
        (node, vec![""], "obo"),
        // MSAL Node writes it to the access tokens only.
        ("", vec![node], "obo"),
        ("", vec![node, go], "obo"),
        // The user has signed in besides.
        ("", vec![node, ""], "token"),
        ("", vec![r#","userAssertionHash":null"#], "token"),
        ("", vec![], "token"),
    ] {
        assert_eq!(
            outcomes(cache(refresh, &access)),
            [expected],
            "{refresh} {access:?}"
        );
    }
    // Another client's exchanges say nothing.
    let other = cache("", &[node]).replace("\"C\"", "\"other\"");
    assert_eq!(outcomes(other), ["token"]);
}

#[test]
fn a_row_is_without_token_only_if_all_of_it_is_understood() {
    let clear = r#"{"access_token":"x","refresh_token":"0.a"}"#;
    for (row, outcome) in [
        (r#"{"access_token":"x"}"#, "no_refresh_token"),
        (
            r#"{"access_token":"x","data":"{\"refresh_token\":\"0.a\"}"}"#,
            "not_understood",
        ),
        (
            r#"{"access_token":"gAAAAABrAu_5","refresh":"gAAAAABrAu_6"}"#,
            "undecryptable",
        ),
        (r#"{"access_token":"gAAAAABrAu_5"}"#, "not_understood"),
        (r#"{"id":17,"value":"U2FsdGVkX18"}"#, "not_understood"),
        (
            r#"{"tenant":"t","client_id":"c","client_secret":"s"}"#,
            "service_principal",
        ),
        ("{}", "not_understood"),
    ] {
        assert_eq!(
            outcomes(format!("[{clear},{row}]")),
            ["token", outcome],
            "{row}"
        );
        assert_eq!(
            outcomes(format!("{clear}\n{row}\n")),
            ["token", outcome],
            "{row}"
        );
    }
    // Objects of a settings file, and those of a client without a user.
    assert_eq!(
        outcomes(r#"{"scripts":{"build":"x"},"dependencies":{"y":"1"}}"#),
        ["not_understood"; 2]
    );
    assert_eq!(
        outcomes(r#"[{"tenant":"t","client_id":"c","client_secret":"s"}]"#),
        ["service_principal"]
    );
    // In ADAL's cache, entries of another library.
    let adal = r#"{"tokenType":"Bearer","refreshToken":"0.a","_clientId":"c"}"#;
    assert_eq!(
        outcomes(format!(
            r#"[{adal},{{"refresh_token":"0.b"}},{{"tokenType":"Bearer","accessToken":"x"}}]"#
        )),
        ["token", "not_understood", "app_only"]
    );
    // In a table, another column.
    assert_eq!(
        outcomes("refresh_token,extra\n0.a,\n,\"{\"\"refresh_token\"\":\"\"0.b\"\"}\"\n,x\n"),
        ["token", "not_understood", "no_refresh_token"]
    );
}

#[test]
fn a_mapping_does_not_hide_rows_that_keep_their_token_elsewhere() {
    let store = Store::new(
        r#"[{"o":{"rt":"0.a"}},{"o":"{\"refresh_token\":\"0.b\"}"},{"o":{"rt":null},"note":"x"}]"#,
    );
    let mut options = SourceOptions::default();
    options.map = Mapping::parse(["refresh_token=/o/rt"]).unwrap();
    let rows = rows(&*open(&store.path(), &options).unwrap()).unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| match row {
            Row::Record(_) => "token",
            Row::Skipped { reason, .. } => reason.code(),
            _ => unreachable!("a new kind of row"),
        })
        .collect();
    assert_eq!(found, ["token", "not_understood", "no_refresh_token"]);
}

#[test]
fn another_providers_tokens_are_left_out_of_a_table_of_several() {
    let table = "refresh_token,client_id,provider,issuer,tenant\n\
        0.a,c,microsoft,,t.example\n\
        0.b,c,google-oauth2,,t.example\n\
        0.c,c,,https://accounts.google.com,t.example\n\
        1//0d,c,,,t.example\n\
        1//0e,c,azure-ad,,t.example\n";
    assert_eq!(
        outcomes(table),
        [
            "token",
            "other_provider",
            "other_provider",
            "other_provider",
            "token"
        ]
    );
    let objects = r#"[
        {"refresh_token":"0.a","oauth_name":"microsoft"},
        {"refresh_token":"0.b","oauth_name":"GitHub"},
        {"refresh_token":"1//c","token_uri":"https://oauth2.googleapis.com/token","tenant":"t"},
        {"refresh_token":"1//d"},
        {"refresh_token":"0.e","token_uri":"https://login.microsoftonline.com/t/oauth2/v2.0/token"}]"#;
    assert_eq!(
        outcomes(objects),
        [
            "token",
            "other_provider",
            "other_provider",
            "other_provider",
            "token"
        ]
    );
    // The user knows better.
    let store = Store::new(r#"{"refresh_token":"1//a","provider":"google"}"#);
    let mut options = SourceOptions::default();
    options.map =
        Mapping::parse(["refresh_token=refresh_token", "provider=const:microsoft"]).unwrap();
    let found = rows(&*open(&store.path(), &options).unwrap()).unwrap();
    assert!(matches!(found[..], [Row::Record(_)]));
}
