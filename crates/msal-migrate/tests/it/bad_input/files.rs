//! Files and folders that cannot be opened, or are something else.

use super::*;

#[test]
fn names_of_a_map_and_of_files_are_user_names() {
    let store = Store::new(r#"{"alice@x":{"refresh_token":"0.a"},"17":{"refresh_token":"0.b"}}"#);
    let found: Vec<_> = store
        .rows(None)
        .unwrap()
        .iter()
        .map(|row| match row {
            Row::Record(record) => (
                record.user.username.clone(),
                record.locator.key().map(str::to_owned),
            ),
            row => panic!("{row:?}"),
        })
        .collect();
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(
        found,
        [(name("alice@x"), name("alice@x")), (None, name("17"))]
    );
}

#[test]
fn a_directory_is_read_file_by_file() {
    let directory = tempfile::tempdir().unwrap();
    let write =
        |name: &str, content: &[u8]| fs::write(directory.path().join(name), content).unwrap();
    write("a@x.example", br#"{"refresh_token":"0.a"}"#);
    write(
        "b@x.example.json",
        br#"[{"refresh_token":"0.b"},{"refresh_token":"0.c"}]"#,
    );
    write("c.gpg", b"\x85\x01\x0c");
    write("d.json", br#"{"refresh_token":"0.d"#);
    write("e.txt", b"");
    fs::create_dir(directory.path().join("f")).unwrap();
    let source = open(directory.path(), &SourceOptions::default()).unwrap();
    let found: Vec<_> = rows(&*source)
        .unwrap()
        .iter()
        .map(|row| match row {
            Row::Record(record) => format!(
                "{} {}",
                record.locator.place(),
                record.user.username.as_deref().unwrap()
            ),
            row => format!("{} {}", row.locator().place(), row.locator().key().unwrap()),
        })
        .collect();
    assert_eq!(
        found,
        [
            "[0]#/0 a@x.example",
            "[1]#/0 b@x.example",
            "[1]#/1 b@x.example",
            "[2]#/0 c.gpg",
            "[3]#/0 d.json",
            "[4]#/0 e.txt"
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_with_a_name_that_is_not_utf_8_is_read() {
    use std::os::unix::ffi::OsStrExt;

    let directory = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"\xff");
    fs::write(directory.path().join(name), TOKENS).unwrap();
    let source = open(directory.path(), &SourceOptions::default()).unwrap();
    assert!(matches!(rows(&*source).unwrap()[..], [Row::Record(_)]));
}

#[test]
fn a_logged_source_names_nobody() {
    let cache = Store::new(MSAL).open(None).unwrap();
    rows(&*cache).unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a@x"), TOKENS).unwrap();
    let directory = open(directory.path(), &SourceOptions::default()).unwrap();
    for source in [cache, directory] {
        let logged = format!("{source:?}");
        assert!(!logged.contains("a@x"), "{logged}");
    }
}

#[test]
fn what_cannot_be_opened_is_said_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let error = open(&missing, &SourceOptions::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&missing.display().to_string())
    );
    assert!(matches!(error, SourceError::Io { .. }));
    let mut options = SourceOptions::default();
    options.from = Some(SourceKind::AdalPython);
    let error = open(directory.path(), &options).unwrap_err();
    assert!(matches!(error, SourceError::Directory { .. }));
}

#[cfg(unix)]
#[test]
fn what_can_be_read_only_once_is_refused_without_waiting_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    for path in [pipe.as_path(), Path::new("/dev/null")] {
        let error = open(path, &SourceOptions::default()).unwrap_err();
        assert!(matches!(error, SourceError::NotRegular { .. }));
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_followed() {
    let store = Store::new(ADAL);
    let link = store.path().with_file_name("link");
    std::os::unix::fs::symlink(store.path(), &link).unwrap();
    assert_eq!(
        rows(&*open(&link, &SourceOptions::default()).unwrap())
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn what_to_do_with_a_store_is_true_of_all_that_it_holds() {
    let hint = |content: &str| error(content).hint().unwrap();
    // DavMail keeps some tokens in the clear and some encrypted.
    for mixed in [
        "davmail.oauth.a@x.refreshToken=0.plain\ndavmail.oauth.b@x.refreshToken={AES}2VFT\n",
        "#Oauth tokens\na@x=0.plain\n",
    ] {
        let hint = hint(mixed);
        assert!(hint.contains("CSV") && hint.contains("{AES}"), "{hint}");
    }
}

#[test]
fn encrypted_and_packed_files_are_recognised() {
    let table: [(&[u8], &str); 12] = [
        (
            b"\x01\0\0\0\xd0\x8c\x9d\xdf\x01\x15\xd1\x11\x8c\x7a\0\xc0\x4f\xc2\x97\xeb..",
            "DPAPI",
        ),
        (b"\x01\0\0\0\x01\0\0\0\x8e\x01https://", "ADAL.NET 2.7"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQEMA", "OpenPGP"),
        (b"\x85\x01\x0c\x03", "OpenPGP"),
        (b"age-encryption.org/v1\n-> X25519", "age"),
        (b"\x80\x04\x95", "pickle"),
        (b"(dp0\nVrefresh_token\np1\n", "pickle"),
        (b"\xac\xed\0\x05sr", "Java"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"gAAAAABrAu_5", "Fernet"),
        (b"U2FsdGVkX18", "password"),
        (br#"{"iv":"a","value":"b","mac":"c"}"#, "Laravel"),
    ];
    for (content, name) in table {
        let error = error(content);
        assert!(
            matches!(error, SourceError::UnsupportedFormat { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(
        error(r#""[{\"refreshToken\":\"0.a\"}]""#)
            .to_string()
            .contains("JSON string")
    );
}
