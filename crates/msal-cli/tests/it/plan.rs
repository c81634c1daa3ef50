//! What a plan shows of the input: how rows are read, what is odd about them, what is left out and where.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::msal::{Run, msal, msal_after, msal_where, run};
use crate::screens::assert_screen;

const TOKEN: &str = "0.AXoAabcdefghijklmnopqrstuvwxyz";
const ID: &str = "11111111-2222-4333-8444-555555555555";

/// A folder with one file in it.
fn with(name: &str, content: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    folder
}

fn plan(folder: &Path, arguments: &[&str]) -> Run {
    msal(folder, [&["migrate", "plan"], arguments].concat())
}

fn document(folder: &Path, arguments: &[&str]) -> Value {
    let run = plan(folder, &[arguments, &["--format", "json"]].concat());
    assert!(run.stdout.starts_with('{'), "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

/// The fields of a plan's mapping: each with its places and with what told so.
fn fields(document: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let fields = document["mapping"]["fields"].as_array().unwrap();
    fields
        .iter()
        .map(|field| {
            let places: Vec<_> = field["places"]
                .as_array()
                .unwrap()
                .iter()
                .map(text)
                .collect();
            let by = text(&field["known_by"]);
            let file = field["file"].as_str();
            let file = file.map(|file| format!(" {file}")).unwrap_or_default();
            format!(
                "{}: {} ({by}{file})",
                text(&field["field"]),
                places.join(", ")
            )
        })
        .collect()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn which_column_became_which_field_is_shown_for_every_kind_of_table() {
    let columns =
        format!("id,RT,Client_ID,tenant,tenant_id,note\n1,{TOKEN},{ID},contoso.example,,x\n");
    for (name, content, arguments, expected, unused) in [
        (
            "a.csv",
            columns.clone(),
            &[][..],
            &[
                "refresh_token: RT (name)",
                "client_id: Client_ID (name)",
                "tenant: tenant, tenant_id (name)",
            ][..],
            json!(["id", "note"]),
        ),
        (
            "a.tsv",
            columns.replace(',', "\t"),
            &["--map", "tenant=tenant_id", "--map", "key=id"],
            &[
                "refresh_token: RT (name)",
                "client_id: Client_ID (name)",
                "key: id (map)",
                "tenant: tenant_id (map)",
            ],
            json!(["tenant", "note"]),
        ),
        (
            "semicolons.csv",
            format!("\u{feff}{}", columns.replace(',', ";")),
            &["--delimiter", ";", "--where", "note=x"],
            &[
                "refresh_token: RT (name)",
                "client_id: Client_ID (name)",
                "tenant: tenant, tenant_id (name)",
            ],
            json!(["id"]),
        ),
        (
            "twice.csv",
            format!("refresh_token,tenant,tenant\n{TOKEN},,contoso.example\n"),
            &[],
            &[
                "refresh_token: refresh_token (name)",
                "tenant: tenant (column 2), tenant (column 3) (name)",
            ],
            json!([]),
        ),
        (
            "a.jsonl",
            format!(
                r#"{{"n":1,"token":{{"refresh_token":"{TOKEN}","scope":["a"]}},"app":"{ID}"}}"#
            ),
            &["--map", "client_id=/app"],
            &[
                "refresh_token: /token/refresh_token (name)",
                "client_id: /app (map)",
                "scopes: /token/scope (name)",
            ],
            json!(["n"]),
        ),
        (
            "deep.json",
            format!(
                r#"{{"data":[{{"oauth":{{"rt":"{TOKEN}"}},"client_id":"{ID}","n":{{"x":1}}}}]}}"#
            ),
            &["--records", "/data", "--map", "refresh_token=/oauth/rt"],
            &[
                "refresh_token: /oauth/rt (map)",
                "client_id: client_id (name)",
            ],
            json!(["n"]),
        ),
        (
            "a.ini",
            format!("[eva]\nrefresh_token = {TOKEN}\nclient_id = {ID}\nother = 1\n"),
            &[],
            &[
                "refresh_token: refresh_token (name)",
                "client_id: client_id (name)",
            ],
            json!(["other"]),
        ),
    ] {
        let folder = with(name, &content);
        let found = document(folder.path(), &[&[name], arguments].concat());
        assert_eq!(fields(&found), expected, "{name}");
        assert_eq!(found["mapping"]["unused"], unused, "{name}");
    }
    let folder = with("a.csv", &columns);
    let mapping = "[input]\nformat = \"csv\"\n[map]\nrefresh_token = \"RT\"\n\
                   [defaults]\nclient_id = \"c-1\"\nscopes = \"User.Read\"\n";
    fs::write(folder.path().join("m.toml"), mapping).unwrap();
    let found = document(folder.path(), &["a.csv", "--from", "m.toml"]);
    assert_eq!(
        fields(&found),
        [
            "refresh_token: RT (mapping_file m.toml)",
            "client_id: c-1 (default m.toml)",
            "scopes: User.Read (default m.toml)",
        ]
    );
}

#[test]
fn how_a_database_is_read_is_shown_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let database = Connection::open(folder.path().join("app.db")).unwrap();
    database
        .execute_batch(&format!(
            "create table flask_dance_oauth (id integer, provider text, created_at text, token text, user_id text);
             insert into flask_dance_oauth values (1, 'azure', '', '{{\"refresh_token\":\"{TOKEN}\"}}', 7);
             create table mine (rt text, mail_or_upn text, app text);
             insert into mine values ('{TOKEN}', 'eva@contoso.example', '{ID}');"
        ))
        .unwrap();
    drop(database);
    let found = document(folder.path(), &["app.db"]);
    let known = fields(&found);
    assert!(
        known[0].starts_with("refresh_token: token:/refresh_token (mapping_file flask-dance)"),
        "{known:?}"
    );
    // A preset knows what it leaves out.
    assert_eq!(found["mapping"]["likely"], json!([]));

    let query = ["app.db", "--query", "select * from mine"];
    let found = document(folder.path(), &query);
    assert_eq!(fields(&found), ["refresh_token: rt (name)"]);
    let likely = &found["mapping"]["likely"];
    let arguments: Vec<_> = likely
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["argument"])
        .collect();
    assert_eq!(
        arguments,
        ["--map client_id=app", "--map username=mail_or_upn"]
    );
    // What is proposed does what it says.
    let more = ["--map", "client_id=app", "--map", "username=mail_or_upn"];
    let found = document(folder.path(), &[&query[..], &more].concat());
    assert_eq!(
        (&found["tokens"], &found["mapping"]["likely"]),
        (&json!(1), &json!([]))
    );
}

#[test]
fn columns_that_look_like_what_is_missing_are_proposed_and_others_are_not() {
    let folder = with(
        "a.csv",
        &format!(
            "rt,upn_or_mail,app,directory,home_tenant,customer_tenant,comment\n{TOKEN},,,,,,\n\
             {TOKEN},eva@contoso.example,{ID},{ID},contoso.example,not a tenant,a@b\n"
        ),
    );
    let text = plan(folder.path(), &["a.csv"]).stdout;
    for line in [
        "client_id not found likely --map client_id=app",
        "tenant not found likely --map tenant=directory or --map tenant=home_tenant",
        "username not found likely --map username=upn_or_mail",
        "not used: upn_or_mail, app, directory, home_tenant, customer_tenant, comment",
    ] {
        assert!(words(&text).contains(line), "{line}: {text}");
    }
    assert!(
        !text.contains("=customer_tenant") && !text.contains("=comment"),
        "{text}"
    );
}

/// A name in two lines is typed with a blank.
#[test]
fn a_header_that_a_spreadsheet_wrote_is_read() {
    let folder = with(
        "a.csv",
        &format!(
            "\u{feff}REFRESH TOKEN;Client ID;E-Mail;\"Tenant\r\nof the user\"\r\n{TOKEN};{ID};eva@contoso.example;contoso.example\r\n"
        ),
    );
    let arguments = ["a.csv", "--delimiter", ";"];
    let found = document(folder.path(), &arguments);
    let argument = "--map 'tenant=Tenant of the user'";
    assert_eq!(found["mapping"]["likely"][0]["argument"], argument);
    let mapped = ["--map", "tenant=Tenant of the user"];
    let found = document(folder.path(), &[&arguments[..], &mapped].concat());
    assert_eq!(found["tenants"][0]["name"], "contoso.example");
    assert_eq!(
        fields(&found),
        [
            "refresh_token: REFRESH TOKEN (name)",
            "client_id: Client ID (name)",
            "tenant: Tenant of the user (map)",
            "username: E-Mail (name)",
        ]
    );
}

/// A mapping that mixes columns up, a table whose first row is no header, and what somebody put into a column.
#[test]
fn nothing_of_a_row_is_shown_that_may_be_a_secret_or_a_person() {
    let secret = "abc8Q~ThisIsNoRealSecret.ButLooksLike1";
    let folder = with(
        "a.csv",
        &format!(
            "rt,client_secret,client_id,tenant,scope,eva@contoso.example\n\
             {TOKEN},{secret},{ID},contoso.example,{secret},x\n\
             {TOKEN}2,{secret},{secret},contoso.example,User.Read,x\n\
             {TOKEN}3,{secret},eva@contoso.example,eva@contoso.example,User.Read,x\n\
             {TOKEN}4,{secret},{TOKEN},{TOKEN},User.Read,x\n"
        ),
    );
    for arguments in [
        &["a.csv"][..],
        &["a.csv", "--map", "client_id=client_secret"],
        &["a.csv", "--map", "tenant=client_secret"],
        &["a.csv", "--map", "client_id=rt", "--map", "tenant=rt"],
        &["a.csv", "--map", "scopes=rt", "--map", "username=rt"],
    ] {
        for more in [
            &[][..],
            &["--list"],
            &["--skipped"],
            &["--format", "json", "--list"],
        ] {
            let arguments = [arguments, more].concat();
            let run = plan(folder.path(), &arguments);
            let said = format!("{}{}", run.stdout, run.stderr);
            for never in [
                secret,
                TOKEN,
                &secret.to_lowercase(),
                &TOKEN.to_lowercase(),
                "eva@",
            ] {
                assert!(!said.contains(never), "{never} in {arguments:?}: {said}");
            }
            let is_said = ["not shown", "not named here"]
                .iter()
                .any(|it| said.contains(it))
                || said.contains("\"unused\": []");
            assert!(is_said, "{arguments:?}: {said}");
        }
    }
}

#[test]
fn clients_and_tenants_that_are_none_are_named_with_what_they_look_like() {
    let mut rows = "refresh_token,client_id,tenant\n".to_owned();
    for (number, (client, tenant)) in [
        (ID, "contoso.example"),
        ("My App", "contoso"),
        ("My App", "contoso"),
        (&*format!("{{{ID}}}"), ID),
        (&*format!("api://{ID}"), "organizations"),
        (ID, &*format!("'{ID}'")),
        (ID, "Contoso Ltd"),
        (ID, "http://login.microsoftonline.com/contoso.example"),
        ("000000004C12AE6F", "consumers"),
    ]
    .into_iter()
    .enumerate()
    {
        writeln!(rows, "{TOKEN}{number},{client},{tenant}").unwrap();
    }
    let folder = with("a.csv", &rows);
    let found = document(folder.path(), &["a.csv"]);
    let odd: Vec<_> = found["odd_names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|odd| {
            let text = |member: &str| odd[member].as_str().unwrap_or("-");
            let what = [text("of"), text("looks_like"), text("name"), text("first")].join(" ");
            format!("{what} {} {}", odd["rows"], odd["skipped"])
        })
        .collect();
    assert_eq!(
        odd,
        [
            "client display_name My App :3 2 false",
            "tenant display_name contoso :3 2 false",
            &format!("client app_id_uri api://{ID} :6 1 false"),
            &format!("client guid_in_braces {{{ID}}} :5 1 false"),
            &format!("tenant guid_in_braces '{ID}' :7 1 true"),
            "tenant display_name Contoso Ltd :8 1 true",
            "tenant unencrypted_url - :9 1 true",
        ]
    );
    let text = words(&plan(folder.path(), &["a.csv"]).stdout);
    for words in [
        "2 rows have a display name as the client, `My App`; sent as it stands; first a.csv:3",
        "2 rows have a display name as the tenant, `contoso`; sent as it stands; first a.csv:3",
        "1 row has a URL that is not https as the tenant, which is not shown; skipped; first a.csv:9",
        "contoso.onmicrosoft.com",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // What the operator names is meant.
    let named = ["a.csv", "--client-id", ID];
    let authority = [
        "--authority",
        "https://login.microsoftonline.com/contoso.example",
    ];
    let found = document(folder.path(), &[&named[..], &authority].concat());
    let odd = found["odd_names"].as_array().unwrap();
    assert!(
        odd.iter()
            .all(|odd| odd["of"] == "tenant" && odd["skipped"] == true),
        "{odd:?}"
    );
}

/// A run says it before its first request; nobody listens where it would be sent.
#[test]
fn a_run_names_clients_and_tenants_that_are_none_as_well() {
    let folder = with(
        "a.csv",
        &format!("refresh_token,client_id,tenant\n{TOKEN},My App,contoso\n"),
    );
    let arguments = ["migrate", "run", "a.csv", "--to", "cache.json"];
    let nobody = [("HTTPS_PROXY", "http://127.0.0.1:1")];
    let run = msal_where(folder.path(), &nobody, arguments);
    assert_eq!(run.status, 75, "{run:?}");
    let told = "note: Entra hardly knows client `My App`, tenant `contoso`, sent as it stands:";
    assert!(words(&run.stderr).contains(told), "{}", run.stderr);
}

#[test]
fn rows_to_correct_are_named_and_all_of_them_when_asked() {
    let mut rows = "refresh_token,client_id\n".to_owned();
    for number in 0..5 {
        writeln!(rows, "{TOKEN}{number}").unwrap();
    }
    writeln!(rows, "{TOKEN},{ID}\n{TOKEN}6,").unwrap();
    let folder = with("a.csv", &rows);
    let text = plan(folder.path(), &["a.csv"]).stdout;
    for line in [
        "  5 malformed  a.csv:2, :3, :4 and 2 more\n",
        "  1 no_client_id  a.csv:8\n",
        "hint: --skipped lists all 6\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let text = plan(folder.path(), &["a.csv", "--skipped"]).stdout;
    let listed: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(listed.len(), 6, "{text}");
    assert_eq!(
        listed[4],
        "a.csv:6  skip: malformed: the line has more or fewer columns than the header"
    );
    assert!(!text.contains("--skipped lists"), "{text}");
    let found = document(folder.path(), &["a.csv", "--skipped"]);
    let list = found["list"].as_array().unwrap();
    assert_eq!(list.len(), 6);
    assert_eq!(
        list[5],
        json!({
            "row": "a.csv:8", "action": "skip", "reason": "no_client_id",
            "explanation": "nothing says which client the token was issued to",
        })
    );
    assert_eq!(
        document(folder.path(), &["a.csv", "--list"])["list"]
            .as_array()
            .unwrap()
            .len(),
        7
    );
}

/// All of them would take more memory than there is.
#[test]
fn very_many_rows_to_correct_are_not_held_in_memory() {
    const ROWS: usize = 200_000;
    let rows = format!("refresh_token,client_id\n{}", "x\n".repeat(ROWS));
    let folder = with("a.csv", &rows);
    for format in ["json", "text"] {
        let plan = ["migrate", "plan", "a.csv", "--skipped", "--format", format];
        let found = run(&mut msal_after(folder.path(), "ulimit -v 120000", plan));
        assert_eq!(found.status, 4, "{}", found.stderr);
        let listed = found.stdout.lines();
        let listed =
            listed.filter(|line| line.contains("has more or fewer") && line.contains("a.csv:"));
        assert!(listed.count() >= ROWS, "{format}");
    }
}

#[test]
fn a_plan_for_nothing_says_what_to_do() {
    for (content, hint) in [
        (
            format!("refresh_token,tenant\n{TOKEN},contoso.example\n"),
            "name the client with --client-id",
        ),
        (
            "refresh_token,client_id\n".to_owned(),
            "the input has no rows: name the file that the application writes",
        ),
        (
            format!("refresh_token,provider\n{TOKEN},google\n{TOKEN}\n{TOKEN}\n"),
            "correct the row, or leave it",
        ),
    ] {
        let folder = with("a.csv", &content);
        let run = plan(folder.path(), &["a.csv"]);
        assert_eq!(run.status, 4, "{run:?}");
        let told = format!("nothing would be redeemed hint: {hint}");
        assert!(words(&run.stdout).contains(&told), "{told}: {}", run.stdout);
        let document = document(folder.path(), &["a.csv"]);
        assert!(
            document["hint"].as_str().unwrap().starts_with(hint),
            "{document}"
        );
    }
    let folder = with("a.csv", &format!("rt,client_id\n{TOKEN},{ID}\n"));
    assert_eq!(document(folder.path(), &["a.csv"])["hint"], Value::Null);
}

/// A folder as people have them: what cannot be a token file is said and left out, what may be one is a row.
#[test]
fn a_folder_takes_token_files_only_and_says_what_it_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    fs::create_dir_all(tokens.join("old")).unwrap();
    let response = |token: &str| format!(r#"{{"refresh_token":"{token}","client_id":"{ID}"}}"#);
    for (name, content) in [
        ("a.json", response(TOKEN)),
        ("b.json", response(&format!("{TOKEN}2"))),
        ("README.md", "The files of our users.\n".to_owned()),
        (".gitkeep", String::new()),
        ("cache.journal", "MSALJRNL\u{1}".to_owned()),
        ("Thumbs.db", "\u{0}".to_owned()),
    ] {
        fs::write(tokens.join(name), content).unwrap();
    }
    let found = document(folder.path(), &["tokens"]);
    assert_eq!((&found["rows"], &found["tokens"]), (&json!(2), &json!(2)));
    assert!(
        found["recognised_by"]
            .as_str()
            .unwrap()
            .starts_with("it is a folder")
    );
    let others = &found["other_files"];
    assert_eq!(others["count"], 5);
    let named: Vec<_> = others["first"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(
        named,
        [".gitkeep", "README.md", "Thumbs.db", "cache.journal", "old"]
    );
    let text = plan(folder.path(), &["tokens"]).stdout;
    for line in [
        "left out of the folder",
        "README.md text that is no JSON and has no token",
        "old a folder; what is in it is not read",
        "cache.journal the journal of a migration, or its key",
    ] {
        assert!(words(&text).contains(line), "{line}: {text}");
    }

    // Whatever may hold a token stays a row.
    for (name, content) in [
        ("bare", TOKEN.to_owned()),
        ("cut.json", r#"{"refresh_to"#.to_owned()),
        ("list.txt", format!("eva {TOKEN}\n")),
        (
            "mail.asc",
            "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n".to_owned(),
        ),
        ("sealed", "U2FsdGVkX1+abcdef\nabcdef\n".to_owned()),
        ("settings", "refresh = 1\n".to_owned()),
        ("unknown", "\u{0}\u{1}\u{2}".to_owned()),
        (
            "wrapped",
            "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQ1\nYQ==\n".to_owned(),
        ),
    ] {
        fs::write(tokens.join(name), content).unwrap();
    }
    let found = document(folder.path(), &["tokens"]);
    assert_eq!((&found["rows"], &found["tokens"]), (&json!(10), &json!(2)));
    assert_eq!(found["other_files"]["count"], 5);

    // A folder without any is refused with what it has.
    let run = plan(folder.path(), &["tokens/old"]);
    assert_eq!(run.status, 1, "{run:?}");
    fs::write(tokens.join("old/notes.txt"), "nothing").unwrap();
    let run = plan(folder.path(), &["tokens/old"]);
    assert!(
        run.stderr
            .contains("is a directory without token files; it has notes.txt"),
        "{run:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_plan_is_shown_as_it_was_looked_at() {
    let rows = format!(
        "id,RT,client_id,upn_or_mail,tenant,created_at\n\
         1,{TOKEN}1,{ID},eva@contoso.example,contoso.example,2024\n\
         2,{TOKEN}2,My App,adam@contoso.example,contoso,2024\n\
         3,{TOKEN}3,{ID},eva@contoso.example,{{{ID}}},2024\n\
         4,{TOKEN}4,,adam@contoso.example,contoso.example,2024\n\
         5,{TOKEN}5\n6,{TOKEN}6\n7,{TOKEN}7\n8,{TOKEN}8\n"
    );
    let folder = with("tokens.csv", &rows);
    let run = plan(folder.path(), &["tokens.csv"]);
    assert_screen(
        "migrate-plan-of-a-table",
        &format!("{}{}", run.stdout, run.stderr),
    );
    let longest = run.stdout.lines().map(|line| line.chars().count()).max();
    assert!(longest.unwrap() <= 80, "{}", run.stdout);
    let run = plan(folder.path(), &["tokens.csv", "--format", "json"]);
    assert_screen("migrate-plan-of-a-table-json", &run.stdout);
    let run = plan(folder.path(), &["tokens.csv", "--skipped"]);
    assert_screen("migrate-plan-of-a-table-skipped", &run.stdout);
}
