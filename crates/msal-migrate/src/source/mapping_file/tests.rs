use proptest::prelude::*;

use super::*;

fn error(text: &str) -> String {
    MappingFile::parse("m.toml", text).unwrap_err().to_string()
}

#[test]
fn a_whole_file_is_read() {
    let text = r#"
about = "A store"
needs = ["--client-id"]
[input]
format = "sqlite"
query = "select 1"
delimiter = "tab"
records = "/data/*"
[map]
refresh_token = "token_json:/refresh_token"
client_id = { const = "c" }
scopes = "/scope"
[where]
provider = ["azure-ad", "microsoft*"]
active = 1
[decode]
steps = ["hex-bytea", "none", "better-auth(file:/run/secret)"]
[decode.columns]
token_json = ["fernet(env:KEY)"]
[defaults]
authority = "contoso.example"
scopes = ["User.Read", "offline_access"]
"#;
    let file = MappingFile::parse("m.toml", text).unwrap();
    assert_eq!(
        (file.about(), file.needs()),
        ("A store", &["--client-id".to_owned()][..])
    );
    let sources: Vec<String> = file.key_sources().map(ToString::to_string).collect();
    assert_eq!(sources, ["env:KEY", "file:/run/secret"]);
    assert_eq!(file.input.separator, Some(b'\t'));
    assert_eq!(file.selection.conditions().len(), 2);
    assert_eq!(file.defaults.scopes.len(), 1);
    let no_key = file.recipe(&Mapping::default()).unwrap_err().to_string();
    assert_eq!(no_key, "the key of env:KEY was not given");
    let key = |source: &str| KeySource::parse(source).unwrap();
    let wrong = file
        .clone()
        .with_key(&key("env:KEY"), DecodingKey::new("short"));
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "m.toml: the key of env:KEY cannot be used: it is not 32 bytes in base64, which a Fernet key is"
    );
    let file = file
        .with_key(&key("env:KEY"), DecodingKey::new("A".repeat(43)))
        .and_then(|file| file.with_key(&key("file:/run/secret"), DecodingKey::new("s")))
        .unwrap();
    let on_top = Mapping::parse(["client_id=cid", "tenant=t"]).unwrap();
    let recipe = file.recipe(&on_top).unwrap();
    let mapped: Vec<String> = recipe.expressions().map(ToString::to_string).collect();
    assert_eq!(
        mapped,
        [
            "token_json:/refresh_token",
            "/scope",
            "cid",
            "t",
            "active",
            "provider"
        ]
    );
    assert!(!format!("{recipe:?}").contains("AAAA"));
}

#[test]
fn each_mistake_is_named_with_its_line_and_what_is_known() {
    for (text, expected) in [
        (
            "[inptu]\n",
            "m.toml: line 1: `inptu` is not known here; did you mean `input`?; there may be about, needs, input, map, where, decode, defaults",
        ),
        (
            "[input]\nfromat = \"csv\"\n",
            "m.toml: line 2: `fromat` is not known here; did you mean `format`?; there may be format, delimiter, records, query, table, queries",
        ),
        (
            "[input]\nformat = \"cvs\"\n",
            "m.toml: line 2: `cvs` is no format; did you mean `csv`?; the formats are csv, ini, json, jsonl, mariadb, mysql, postgresql, sql, sqlite, token-json, tsv",
        ),
        (
            "[input]\ncommand = [\"gpg\"]\n",
            "m.toml: line 2: `command` is not said here: a mapping file says how a store is read, the command line where it is",
        ),
        (
            "[input]\npath = \"a.db\"\n",
            "m.toml: line 2: `path` is not said here: a mapping file says how a store is read, the command line where it is",
        ),
        ("[input]\nformat = 3\n", "m.toml: line 2: expected a string"),
        (
            "[input]\ndelimiter = \";;\"\n",
            "m.toml: line 2: the delimiter is one character, such as `;`, or the word `tab`; it is no quotation mark and no line break",
        ),
        (
            "[input]\nrecords = \"/a/*/b\"\n",
            "m.toml: line 2: `records` is a JSON pointer, which starts with `/`; `*` stands only at its end: /data/entries/*",
        ),
        (
            "[input]\nquery = \"a\"\ntable = \"b\"\n",
            "m.toml: line 2: `query` and `table` are two ways to say one thing: keep one of them",
        ),
        ("[input]\nquery = \" \"\n", "m.toml: line 2: is empty"),
        (
            "[map]\nrefresh_token = \"rt\"\nrefresh_tokne = \"a\"\n",
            "m.toml: line 3: `refresh_tokne` is no field; did you mean `refresh_token`?; the fields are authority, client_id, client_info, client_secret, expires_at, expires_in, home_account_id, id_token, issuer, key, oid, provider, refresh_token, resource, scopes, sub, tenant, tid, username",
        ),
        (
            "[map]\nclient_id = \"a\"\n",
            "m.toml: [map] does not say where the refresh token is: refresh_token = \"COLUMN\"",
        ),
        (
            "[map]\nrefresh_token = { const = \"0.a\" }\n",
            "m.toml: line 2: a refresh token cannot be a constant: it never stands in a mapping file",
        ),
        (
            "[map]\nrefresh_token = 1\n",
            "m.toml: line 2: `refresh_token` is a column, \"/pointer\", \"column:/pointer\" or { const = \"value\" }",
        ),
        (
            "[map]\nrefresh_token = { cosnt = \"a\" }\n",
            "m.toml: line 2: `refresh_token` is a column, \"/pointer\", \"column:/pointer\" or { const = \"value\" }",
        ),
        (
            "[where]\nprovider = []\n",
            "m.toml: line 2: a condition is a value or a list of values, such as [\"azure-ad\", \"microsoft*\"]",
        ),
        (
            "[decode]\nsteps = [\"base46\"]\n",
            "m.toml: line 2: `base46` is no step of decoding; did you mean `base64`?; the steps are base64, better-auth(env:NAME), fernet(env:NAME), hex, hex-bytea, json-string, none, url",
        ),
        (
            "[decode]\nsteps = [\"fernet(c2VjcmV0)\"]\n",
            "m.toml: line 2: `fernet` needs to know where its key is: fernet(env:NAME) or fernet(file:PATH); the key itself never stands in a mapping file",
        ),
        (
            "[decode]\nsteps = [\"fernet\"]\n",
            "m.toml: line 2: `fernet` needs to know where its key is: fernet(env:NAME) or fernet(file:PATH); the key itself never stands in a mapping file",
        ),
        (
            "[map]\nrefresh_token = \"a\"\n[decode.columns]\nb = [\"hex\"]\n",
            "m.toml: line 4: [decode.columns] names `b`, which nothing in [map] reads",
        ),
        (
            "[defaults]\nclient = \"x\"\n",
            "m.toml: line 2: `client` is not known here; there may be authority, client_id, resource, scopes",
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
    let broken = error("[map]\nrefresh_token = \"0.SECRET\n");
    assert!(broken.starts_with("m.toml: line 2: "), "{broken}");
    let twice = error("[map]\na = \"x\"\na = \"y\"\n");
    assert!(twice.starts_with("m.toml: line 3: "), "{twice}");
}

#[test]
fn no_message_shows_a_value() {
    for text in [
        "[map]\nrefresh_token = \"0.AXYA\n",
        "[map]\nrefresh_token = 0.AXYA\n",
        "[input]\nformat = [\"0.AXYA-0.AXYA-0.AXYA-0.AXYA-0.AXYA-0.AXYA-0.AXYA\"]\n",
        "[input]\nformat = \"0.AXYA-0.AXYA-0.AXYA-0.AXYA-0.AXYA-0.AXYA-0.AXYA\"\n",
        "[decode]\nsteps = [\"fernet(0.AXYA)\"]\n",
        "[decode]\nsteps = [\"0.AXYA-0.AXYA-0.AXYA-0.AXYA-0.AXYA-0.AXYA-0.AXYA\"]\n",
        "[defaults]\nclient_id = { a = \"0.AXYA\" }\n",
    ] {
        let message = error(text);
        assert!(!message.contains("AXYA"), "{message}");
    }
}

#[test]
fn what_is_said_on_the_command_line_comes_on_top() {
    let file = MappingFile::default()
        .with_delimiter(";")
        .and_then(|file| file.with_records("/a/*"))
        .and_then(|file| file.with_condition("provider=azure*"))
        .unwrap();
    assert_eq!(file.input.separator, Some(b';'));
    assert_eq!(file.selection.conditions().len(), 1);
    for condition in ["", "provider", "=a", "provider="] {
        let refused = MappingFile::default()
            .with_condition(condition)
            .unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("the arguments: a condition is "),
            "{refused}"
        );
    }
    for (argument, is_path) in [
        ("nextauth", false),
        ("a.toml", true),
        ("./a", true),
        ("/a", true),
    ] {
        assert_eq!(MappingFile::is_path(argument), is_path, "{argument}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(
        text in "(\\[(input|map|where|decode|decode\\.columns|defaults)\\]\n|(format|records|refresh_token|steps|provider|scopes) = |\"(csv|a|/a/\\*|fernet\\(env:K\\)|é)\"|\\[|\\]|\\{ const = \"x\" \\}|,|\n|\\PC){0,40}",
    ) {
        let _refused = MappingFile::parse("m.toml", &text);
    }
}

#[test]
fn every_preset_is_a_mapping_file() {
    let mut names: Vec<_> = Preset::ALL.iter().map(Preset::name).collect();
    for preset in Preset::ALL {
        let file = MappingFile::parse(preset.name(), preset.toml()).unwrap();
        assert!(!file.about().is_empty(), "{}", preset.name());
        let is_sql = matches!(file.input.format, Some(TextFormat::Sql));
        assert_eq!(is_sql, !file.input.queries.is_empty(), "{}", preset.name());
        assert_eq!(is_sql, !file.mapping.is_empty(), "{}", preset.name());
        assert!(preset.mapping_file().is_preset);
    }
    let given = names.clone();
    names.sort_unstable();
    assert_eq!(given, names);
}
