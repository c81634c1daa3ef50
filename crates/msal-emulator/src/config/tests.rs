use super::*;
use crate::directory::Requirement;

fn refused(text: &str) -> (usize, Option<String>, String) {
    let error = Config::from_toml(text).unwrap_err();
    (error.line, error.key.clone(), error.to_string())
}

#[test]
fn an_empty_file_is_sound() {
    let config = Config::from_toml("").unwrap();
    assert_eq!(
        (config.port(), config.latency(), config.names().len()),
        (None, Duration::ZERO, 0)
    );
}

#[test]
fn errors_name_line_and_key() {
    let tenant = "[[tenant]]\ndomain = \"a.example\"\n";
    for (text, line, key) in [
        ("[tokens]\nrotatoin = \"grace\"\n".to_owned(), 2, "rotatoin"),
        (
            "[tokens]\nrotation = \"sometimes\"\n".to_owned(),
            2,
            "rotation",
        ),
        ("[tokens]\nseed = \"x\"\n".to_owned(), 2, "seed"),
        (
            "[tokens]\ngrace_seconds = 5\n".to_owned(),
            2,
            "grace_seconds",
        ),
        (
            format!(
                "{tenant}users = {{ pattern = \"u{{n}}@a.example\", count = \"x\", password = \"\" }}\n"
            ),
            3,
            "count",
        ),
        (
            format!(
                "{tenant}users = {{ pattern = \"u@a.example\", count = 1, password = \"\" }}\n"
            ),
            3,
            "pattern",
        ),
        (
            format!("{tenant}[[tenant.user]]\nupn = \"alice\"\npassword = \"x\"\n"),
            4,
            "upn",
        ),
        (
            format!("{tenant}[[tenant.user]]\nupn = \"alice@a.example\"\n"),
            3,
            "tenant.user",
        ),
        (format!("{tenant}{tenant}"), 4, "domain"),
        (
            format!("{tenant}[[tenant.guest]]\nupn = \"bob@b.example\"\n"),
            4,
            "upn",
        ),
        (
            "[[app]]\nclient_id = \"a\"\n[[app]]\nclient_id = \"A\"\n".to_owned(),
            4,
            "client_id",
        ),
        (
            format!("{tenant}[[tenant.policy]]\nrequires = \"mfa\"\nevery_seconds = 5\n"),
            5,
            "every_seconds",
        ),
        (
            "[[app]]\nclient_id = \"a\"\nsingle_tenant = \"nowhere.example\"\n".to_owned(),
            3,
            "single_tenant",
        ),
        (
            "[[resource]]\nuri = \"https://graph.microsoft.com/\"\n".to_owned(),
            2,
            "uri",
        ),
        (
            "[[resource]]\nuri = \"api://a\"\nid = \"not-a-guid\"\n".to_owned(),
            3,
            "id",
        ),
        ("\n[[fault]]\nuser = \"*\"\n".to_owned(), 2, "fault"),
        (
            "[[fault]]\naadsts = 50173\nnth = 1\nevery = 2\n".to_owned(),
            1,
            "fault",
        ),
    ] {
        let (at, found, message) = refused(&text);
        assert_eq!(
            (at, found.as_deref()),
            (line, Some(key)),
            "{text}\n{message}"
        );
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn broken_toml_names_the_line() {
    assert_eq!(refused("[tokens\n").0, 1);
    assert_eq!(refused("\n\nseed = = 1").0, 3);
}

#[test]
fn rarer_keys_are_read() {
    let text = r#"
        [server]
        keep_arc_key = true
        [[tenant]]
        domain = "a.example"
        sign_up = true
        [[tenant.user]]
        upn = "eve@a.example"
        password = "pw"
        password_expired = true
        [[tenant.policy]]
        requires = "sign-in-frequency"
        every_seconds = 60
        [[tenant.policy]]
        requires = "mfa-frequency"
        [[app]]
        client_id = "app"
        id_tokens = true
        access_tokens = true
        front_channel_logout = "https://app.example/bye"
        resources = ["https://graph.microsoft.com"]
    "#;
    let config = Config::from_toml(text).unwrap();
    assert!(config.keeps_arc_key());
    let directory = config.into_emulator().directory();
    assert!(directory.account("eve@a.example").unwrap().password_expired);
    let tenant = directory.tenant(directory.find_tenant("a.example").unwrap());
    assert!(tenant.sign_up);
    let rules: Vec<_> = tenant
        .policies
        .iter()
        .map(|policy| policy.requirement)
        .collect();
    let minute = Requirement::SignInFrequency(Duration::from_secs(60));
    let hour = Requirement::MfaFrequency(Duration::from_secs(3600));
    assert_eq!(rules, [minute, hour]);
    let app = directory.find_app("app").unwrap();
    assert!(app.id_tokens && app.access_tokens);
    assert_eq!(
        app.front_channel_logout.as_deref(),
        Some("https://app.example/bye")
    );
    assert_eq!(app.resources, ["https://graph.microsoft.com"]);
}
