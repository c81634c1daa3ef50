//! Tables and mappings that do not fit each other.

use super::*;

#[test]
fn mappings_that_do_not_fit_are_refused_with_what_there_is() {
    let mapped = |content: &str, map: &[&str]| -> String {
        let store = Store::new(content);
        let mut options = SourceOptions::default();
        options.map = Mapping::parse(map).unwrap();
        let opened = open(&store.path(), &options).and_then(|source| rows(&*source));
        let error = opened.unwrap_err().to_string();
        error.rsplit(": ").next().unwrap().to_owned()
    };
    let csv = "rt,Client,client,Nom d'usager\n0.a,c,d,e\n";
    assert_eq!(
        mapped(csv, &["refresh_token=token"]),
        "there is no `token`; there are rt, Client, client, Nom d'usager"
    );
    assert_eq!(
        mapped(csv, &["refresh_token=rt", "client_id=CLIENT"]),
        "two columns are called `CLIENT`"
    );
    assert_eq!(
        mapped(csv, &["refresh_token=/rt"]),
        "there is no `/rt`; there are rt, Client, client, Nom d'usager"
    );
    assert_eq!(
        mapped(r#"{"a":{"rt":"0.a"}}"#, &["refresh_token=/a/token"]),
        "there is no `/a/token`; there are a"
    );
    let store = Store::new(ADAL);
    let mut options = SourceOptions::default();
    options.map = Mapping::parse(["refresh_token=x"]).unwrap();
    options.from = Some(SourceKind::AdalPython);
    assert!(open(&store.path(), &options).is_err());
}

#[test]
fn mappings_that_make_no_sense_are_refused() {
    let table: [(&[&str], MappingError); 3] = [
        (&["refresh_token"], MappingError::Syntax),
        (&["refresh_token="], MappingError::Syntax),
        (&["refresh_token=const:0.a"], MappingError::ConstantToken),
    ];
    for (parts, error) in table {
        assert_eq!(Mapping::parse(parts).unwrap_err(), error, "{parts:?}");
    }
    assert!(matches!(
        Mapping::parse(["refresh_token=a", "refresh_token=b"]).unwrap_err(),
        MappingError::Twice { .. }
    ));
    assert!(matches!(
        Mapping::parse(["password=a"]).unwrap_err(),
        MappingError::UnknownField { .. }
    ));
    assert!(Mapping::parse([""; 0]).unwrap().is_empty());
}

#[test]
fn a_table_without_a_header_shows_nothing_of_its_first_line() {
    let token = "0.AXYA".repeat(30);
    let store = Store::new(format!("alice@contoso.example,{token},c\n"));
    let mut options = SourceOptions::default();
    options.map = Mapping::parse(["refresh_token=rt"]).unwrap();
    let error = open(&store.path(), &options).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "there are names that are not shown, because one may be a person or a token"
        )
    );
}

#[test]
fn a_table_with_unknown_names_says_which_there_are_and_which_it_may_be() {
    let real = "0.AXYA0123456789abcdefghijkl";
    for (content, columns, likely) in [
        (
            "id,ms_refresh,who\n1,x,a\n".to_owned(),
            "id, ms_refresh, who",
            Some("ms_refresh"),
        ),
        (
            "refresh_token_expires_in,o_token,x\n1,2,3\n".to_owned(),
            "refresh_token_expires_in, o_token, x",
            Some("o_token"),
        ),
        (
            "access_token,id_token,blob\na,b,c\n".to_owned(),
            "access_token, id_token, blob",
            None,
        ),
        // The value tells more than the names.
        (
            format!("some_token,value\nx,{real}\n"),
            "some_token, value",
            Some("value"),
        ),
        (format!("a,b\r\n\"x\",\"{real}\"\r\n"), "a, b", Some("b")),
    ] {
        let error = error(&content);
        let said = error.to_string();
        assert!(said.ends_with(&format!("there are {columns}")), "{said}");
        let hint = error.hint().unwrap();
        match likely {
            Some(likely) => assert!(
                hint.ends_with(&format!("--map refresh_token={likely}")),
                "{hint}"
            ),
            None => assert!(hint.contains("--map refresh_token=COLUMN"), "{hint}"),
        }
        // What it proposes is taken.
        let Some(likely) = likely else { continue };
        let store = Store::new(&content);
        let mut options = SourceOptions::default();
        options.map = Mapping::parse([format!("refresh_token={likely}")]).unwrap();
        assert_eq!(
            rows(&*open(&store.path(), &options).unwrap())
                .unwrap()
                .len(),
            1
        );
    }
    let error = error(r#"[{"id":1,"msRefresh":"x"}]"#);
    assert!(
        error
            .hint()
            .unwrap()
            .ends_with("--map refresh_token=msRefresh"),
        "{error}"
    );
    // No table: two lines of prose, one line, names that may be persons.
    for content in [
        "Dear all, hello\nworld\n",
        "a,b,c\n",
        "hello",
        "alice,hunter2\nbob,s3cret\n",
    ] {
        let error = Store::new(content).rows(None).unwrap_err();
        assert!(matches!(error, SourceError::Unrecognised { .. }), "{error}");
    }
    let people = format!("alice@contoso.example,{real}\nbob@contoso.example,{real}\n");
    let error = Store::new(people).rows(None).unwrap_err();
    let said = format!("{error} {:?}", error.hint());
    assert!(!said.contains("alice") && !said.contains(real), "{said}");
}

#[test]
fn other_separators_are_recognised() {
    for separator in [";", "|"] {
        let error = error(CSV.replace(',', separator));
        assert!(
            matches!(error, SourceError::UnsupportedFormat { .. }),
            "{error}"
        );
        let hint = error.hint().unwrap();
        assert!(hint.contains("--delimiter"), "{hint}");
    }
    let tabs = Store::new(CSV.replace(',', "\t"));
    assert_eq!(tabs.open(None).unwrap().kind(), SourceKind::Tsv);
}
