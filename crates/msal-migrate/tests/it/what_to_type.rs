//! Where the reader stops, it says what to type; and what it says is taken.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use msal_migrate::{Mapping, MappingFile, Preset, Record, Row, SourceError, SourceOptions, open};
use rusqlite::Connection;

const TOKEN: &str = "0.AXYA0123456789abcdefghijkl";

/// A file, and all that is to be typed to have it read.
const FILES: &[(&str, &str)] = &[
    // The other columns keep their usual names, and are not lost by mapping one.
    (
        "id,email,client_id,tenant,ms_refresh\n7,eva@contoso.example,c-1,contoso.example,{TOKEN}\n",
        "--map refresh_token=ms_refresh --map client_id=client_id --map tenant=tenant --map username=email",
    ),
    (
        "E-Mail,client_id,tenant,RT (Entra)\neva@contoso.example,c-1,contoso.example,{TOKEN}\n",
        "--map 'refresh_token=RT (Entra)' --map client_id=client_id --map tenant=tenant --map username=E-Mail",
    ),
    (
        "user name,blob\neva@contoso.example,\"{\"\"client_id\"\":\"\"c-1\"\",\"\"ms\"\":{\"\"rt\"\":\"\"{TOKEN}\"\",\"\"tenant\"\":\"\"contoso.example\"\"}}\"\n",
        "--map refresh_token=blob:/ms/rt --map client_id=blob:/client_id --map tenant=blob:/ms/tenant --map 'username=user name'",
    ),
    (
        "who\tms_refresh\tclient\ttenant\neva@contoso.example\t{TOKEN}\tc-1\tcontoso.example\n",
        "--map refresh_token=ms_refresh --map client_id=client --map tenant=tenant",
    ),
    (
        r#"{"version":2,"resets":[{"reset_code":"0.AXYAreset_code_reset_code"}],"data":{"users":[{"mail":"eva@contoso.example","grants":[{"app":{"id":"c-1","clientId":"c-1","tenant":"contoso.example"},"ms":"{TOKEN}"}]},{}]}}"#,
        "--records /data/users --map refresh_token=/grants/0/ms --map client_id=/grants/0/app/clientId --map tenant=/grants/0/app/tenant --map username=mail",
    ),
    (
        r#"[{"account":{"mail":"eva@contoso.example"},"oauth":{"app_id":"c-1","authority":"contoso.example","scope":["User.Read"],"refresh":"{TOKEN}"}}]"#,
        "--map refresh_token=/oauth/refresh --map authority=/oauth/authority --map client_id=/oauth/app_id --map scopes=/oauth/scope --map username=/account/mail",
    ),
    (
        "{\"name\":\"eva\",\"session\":\"{\\\"clientId\\\":\\\"c-1\\\",\\\"tenant\\\":\\\"contoso.example\\\",\\\"ms\\\":\\\"{TOKEN}\\\"}\"}\n{\"name\":\"adam\",\"session\":\"{}\"}\n",
        "--map refresh_token=session:/ms --map client_id=session:/clientId --map tenant=session:/tenant",
    ),
    // An object of objects is a row for each of them, if they are alike.
    (
        r#"{"eva":{"ms":{"rt":"{TOKEN}"},"client_id":"c-1","tenant":"contoso.example"},"adam":{"ms":{"rt":"{TOKEN}"},"client_id":"c-1"}}"#,
        "--records '/*' --map refresh_token=/ms/rt --map client_id=client_id --map tenant=tenant",
    ),
    (
        r#"{"eva@contoso.example":{"ms_rt":"{TOKEN}","app":{"client_id":"c-1","tenant":"contoso.example"}}}"#,
        "--records '/*' --map refresh_token=ms_rt --map client_id=/app/client_id --map tenant=/app/tenant",
    ),
    (
        r#"{"data":{"users":[{"mail":"eva@contoso.example","app":{"client_id":"c-1","tenant":"contoso.example"},"ms":{"rt":"{TOKEN}"}}]}}"#,
        "--records /data/users --map refresh_token=/ms/rt --map client_id=/app/client_id --map tenant=/app/tenant --map username=mail",
    ),
    (
        r#"{"meta":{"version":"2"},"kept":{"ms":{"rt":"{TOKEN}","client_id":"c-1","tenant":"contoso.example"}}}"#,
        "--records '/*' --map refresh_token=/ms/rt --map client_id=/ms/client_id --map tenant=/ms/tenant",
    ),
    (
        "[work]\nclient_id = c-1\ntenant = contoso.example\nms_refresh = {TOKEN}\n",
        "--map refresh_token=ms_refresh --map client_id=client_id --map tenant=tenant",
    ),
];

#[test]
fn a_file_with_names_of_its_own_is_read_by_what_its_error_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for (content, typed) in FILES {
        fs::write(&path, content.replace("{TOKEN}", TOKEN)).unwrap();
        let error = open(&path, &SourceOptions::default()).unwrap_err();
        assert_eq!(said(&error), *typed, "{error}");
        let record = first_record(&path, &options(typed));
        assert_eq!(record.refresh_token.expose_secret(), TOKEN, "{typed}");
        assert_eq!(record.client_id.as_deref(), Some("c-1"), "{typed}");
        assert_eq!(
            record.authority.as_deref(),
            Some("contoso.example"),
            "{typed}"
        );
    }
}

/// The outermost names of an object of objects may be those of users, in whatever form.
#[test]
fn the_names_of_an_object_of_objects_are_in_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for (content, typed) in [
        (
            r#"{"asmith":{"ms_rt":"{TOKEN}"},"bjones":{"ms_rt":"{TOKEN}"}}"#,
            "--records '/*' --map refresh_token=ms_rt",
        ),
        (
            r#"{"asmith":{"ms_rt":"{TOKEN}"}}"#,
            "--records '/*' --map refresh_token=ms_rt",
        ),
        (
            r#"{"asmith":{"ms":{"rt":"{TOKEN}"}},"bjones":{"seen":"never"}}"#,
            "--records '/*' --map refresh_token=/ms/rt",
        ),
        (
            r#"{"asmith":{"tokens":[{"ms_rt":"{TOKEN}"}]},"bjones":{"tokens":[]}}"#,
            "--records /NAME/tokens --map refresh_token=ms_rt",
        ),
    ] {
        fs::write(&path, content.replace("{TOKEN}", TOKEN)).unwrap();
        let error = open(&path, &SourceOptions::default()).expect_err(content);
        let shown = format!("{error} {:?} {error:?}", error.hint());
        assert!(!shown.contains("asmith"), "{shown}");
        assert!(!shown.contains("bjones"), "{shown}");
        assert_eq!(said(&error), typed);
        let typed = typed.replace("NAME", "asmith");
        let record = first_record(&path, &options(&typed));
        assert_eq!(record.refresh_token.expose_secret(), TOKEN, "{typed}");
    }
}

#[test]
fn a_database_that_nobody_knows_is_read_by_what_its_error_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let connection = Connection::open(&path).unwrap();
    // The first table has tokens as well, of another kind.
    let sql = format!(
        "create table login_tokens (user text, token text);
         create table people (id integer, mail text, client_id text, tenant text, ms_refresh text);
         insert into people values (7, 'eva@contoso.example', 'c-1', 'contoso.example', '{TOKEN}');
         create table kept (id integer, data json);
         insert into kept values (1, '{{\"app\":{{\"client_id\":\"c-1\"}},\"refreshToken\":\"{TOKEN}\",\"tid\":\"t\"}}');"
    );
    connection.execute_batch(&sql).unwrap();
    connection.close().unwrap();
    let error = open(&path, &SourceOptions::default()).unwrap_err();
    let typed = "--query 'select * from people' --map refresh_token=ms_refresh --map client_id=client_id --map tenant=tenant";
    assert_eq!(said(&error), typed);
    let record = first_record(&path, &options(typed));
    assert_eq!(record.client_id.as_deref(), Some("c-1"));
    let error = open(&path, &options("--query 'select * from kept'")).unwrap_err();
    let typed = "--map refresh_token=data:/refreshToken --map client_id=data:/app/client_id --map tid=data:/tid";
    assert_eq!(said(&error), typed);
    let record = first_record(
        &path,
        &options(&format!("--query 'select * from kept' {typed}")),
    );
    assert_eq!(record.refresh_token.expose_secret(), TOKEN);
}

#[test]
fn a_table_of_other_separators_is_told_from_what_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for separator in [";", "|"] {
        for name in ["ms_refresh", "refresh_token"] {
            let content = format!("who{separator}{name}\neva{separator}{TOKEN}\n");
            fs::write(&path, content).unwrap();
            let error = open(&path, &SourceOptions::default()).unwrap_err();
            let typed = format!("--delimiter '{separator}'");
            assert!(error.hint().unwrap().ends_with(&typed), "{error}");
        }
    }
}

#[test]
fn nothing_is_proposed_where_a_name_may_be_a_person_or_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let long = "0.AXYA".repeat(20);
    for content in [
        format!("eva@contoso.example,refresh_of_eva\nx,{TOKEN}\n"),
        format!("a,{long},refresh_x\nx,y,{TOKEN}\n"),
        format!(r#"{{"eva@contoso.example":"x","ms_refresh":"{TOKEN}"}}"#),
        format!(r#"{{"{long}":"x","ms_refresh":"{TOKEN}"}}"#),
        // What a shell would obey.
        format!(r#"{{"b":1,"a":{{"$(id)":"{TOKEN}"}}}}"#),
        format!("who,'; id; '\nx,{TOKEN}\n"),
    ] {
        fs::write(&path, &content).unwrap();
        let error = open(&path, &SourceOptions::default()).unwrap_err();
        let shown = format!("{error} {}", error.hint().unwrap());
        assert!(!shown.contains("most probably"), "{shown}");
        assert!(!shown.contains("0.AX") && !shown.contains('@'), "{shown}");
    }
}

/// What an error says to type.
fn said(error: &SourceError) -> String {
    let hint = error.hint().unwrap();
    let (_, typed) = hint.split_once("most probably: ").unwrap_or(("", &hint));
    typed.to_owned()
}

/// What was typed, as a shell takes it apart.
fn options(typed: &str) -> SourceOptions {
    let mut options = SourceOptions::default();
    let mut map = Vec::new();
    let words = typed.split('\'').enumerate();
    let words: Vec<&str> = words
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        })
        .collect();
    for pair in words.chunks(2) {
        match pair {
            ["--map", part] => map.push(*part),
            ["--query", query] => options.query = Some((*query).to_owned()),
            ["--from", name] => {
                options.mapping_file = Preset::named(name).unwrap().mapping_file();
            }
            ["--records", pointer] => {
                options.mapping_file = MappingFile::default().with_records(pointer).unwrap();
            }
            other => unreachable!("{other:?}"),
        }
    }
    options.map = Mapping::parse(map).unwrap();
    options
}

fn first_record(path: &Path, options: &SourceOptions) -> Record {
    let mut found = None;
    open(path, options)
        .unwrap()
        .read(&mut |row| {
            if let Row::Record(record) = row {
                found = found.take().or(Some(*record));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    found.unwrap()
}

/// Tables of applications that are known, exported to CSV.
const EXPORTED: &[(&str, &str)] = &[
    (
        "id,provider,uid,user_id,created,modified,extra_data,id_key\n1,azuread-oauth2,u,7,,,\"{\"\"refresh_token\"\":\"\"{TOKEN}\"\"}\",\n",
        "python-social-auth",
    ),
    (
        "user_id,id,provider,created_at,token\n7,1,azure,,\"{\"\"refresh_token\"\":\"\"{TOKEN}\"\"}\"\n",
        "flask-dance",
    ),
    (
        "client_registration_id,principal_name,access_token_type,access_token_value,access_token_issued_at,access_token_expires_at,access_token_scopes,refresh_token_value,refresh_token_issued_at,created_at\nazure,eva@contoso.example,Bearer,AT,,,User.Read,{TOKEN},,\n",
        "spring-security",
    ),
];

#[test]
fn a_table_of_a_known_application_is_read_by_the_preset_that_its_error_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.csv");
    for (content, preset) in EXPORTED {
        for content in [(*content).to_owned(), content.replace(',', "\t")] {
            fs::write(&path, content.replace("{TOKEN}", TOKEN)).unwrap();
            let error = open(&path, &SourceOptions::default()).unwrap_err();
            let hint = error.hint().unwrap();
            let typed = format!("--from {preset}");
            assert_eq!(
                hint,
                format!("its columns are those of `{preset}`; most probably: {typed}")
            );
            // JSON has commas of its own, which the tabs above took away.
            if !content.contains('\t') {
                let record = first_record(&path, &options(&typed));
                assert_eq!(record.refresh_token.expose_secret(), TOKEN, "{preset}");
            }
        }
    }
}

#[test]
fn a_known_table_that_is_not_the_answer_to_its_query_is_told_what_to_export() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.csv");
    let content = format!("UserId,LoginProvider,Name,Value\nu1,Microsoft,refresh_token,{TOKEN}\n");
    fs::write(&path, content).unwrap();
    let error = open(&path, &SourceOptions::default()).unwrap_err();
    assert_eq!(
        error.hint().unwrap(),
        "its columns are those of a table of `aspnet-identity`: export the answer to the query that `msal sources show aspnet-identity` prints, and read that with --from aspnet-identity"
    );
}

#[test]
fn a_known_table_that_is_read_by_its_usual_names_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.csv");
    for (header, row, preset) in [
        (
            "id,userId,type,provider,providerAccountId,refresh_token,access_token,expires_at,token_type,scope,id_token,session_state",
            "a1,u1,oidc,azure-ad,sub,{TOKEN},AT,1795357490,Bearer,User.Read,,",
            Some("nextauth"),
        ),
        (
            "id,token,token_secret,expires_at,account_id,app_id",
            "1,AT,{TOKEN},,1,",
            Some("django-allauth"),
        ),
        (
            "id,accountId,providerId,userId,accessToken,refreshToken,idToken,accessTokenExpiresAt,refreshTokenExpiresAt,scope,password,createdAt,updatedAt",
            "a1,x,microsoft,u1,AT,{TOKEN},,,,User.Read,,,",
            Some("better-auth"),
        ),
        // Anybody's.
        ("id,name,refresh_token,expires_at", "1,eva,{TOKEN},", None),
        (
            "id,email,refresh_token,scope,provider",
            "1,,{TOKEN},,",
            None,
        ),
    ] {
        let content = format!("{header}\n{row}\n").replace("{TOKEN}", TOKEN);
        fs::write(&path, content).unwrap();
        let source = open(&path, &SourceOptions::default()).unwrap();
        let mut by = "its first line names columns, with commas between them".to_owned();
        if let Some(preset) = preset {
            by.push_str(&format!(
                ", those of `{preset}`; with --from {preset} they are read as that application means them"
            ));
            first_record(&path, &options(&format!("--from {preset}")));
        }
        assert_eq!(source.recognised_by(), Some(by.as_str()));
    }
}
