use super::*;
use crate::directory::Requirement;

fn refused(text: &str) -> (usize, Option<String>, String) {
    let error = Config::from_toml(text).unwrap_err();
    (
        error.line(),
        error.key().map(str::to_owned),
        error.to_string(),
    )
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

/// The keys of the last section of a text, from the message about one that is none.
fn keys(text: &str) -> Vec<String> {
    let (_, _, message) = refused(&format!("{text}\nnonsense = 1\n"));
    let (_, expected) = message.split_once("expected ").unwrap();
    let names = expected.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

#[test]
fn the_documentation_has_every_key() {
    let documented = include_str!("../config.rs");
    for section in [
        "",
        "[tokens]",
        "[server]",
        "[[tenant]]",
        "[[tenant]]\ndomain = \"a\"\n[tenant.users]",
        "[[tenant]]\ndomain = \"a\"\n[[tenant.user]]",
        "[[tenant]]\ndomain = \"a\"\n[[tenant.guest]]",
        "[[tenant]]\ndomain = \"a\"\n[[tenant.policy]]",
        "[[app]]",
        "[[app]]\nclient_id = \"a\"\n[[app.redirects]]",
        "[[resource]]",
        "[[managed_identity]]",
        "[[fault]]",
        "[[fault]]\n[fault.respond]",
        "[[fault]]\n[fault.tamper]",
    ] {
        let keys = keys(section);
        assert!(!keys.is_empty());
        for key in keys {
            let named = [
                format!("`{key}`"),
                format!("`[{key}]`"),
                format!("`[[{key}]]`"),
                format!(".{key}]]`"),
            ];
            assert!(
                named.iter().any(|name| documented.contains(name)),
                "{key} of {section}"
            );
        }
    }
}

#[test]
fn the_documentation_has_every_value_of_a_choice() {
    let documented = include_str!("../config.rs");
    let values = |text: &str| {
        let (_, _, message) = refused(text);
        let (_, expected) = message.split_once("expected one of ").unwrap();
        let names = expected.split('`').skip(1).step_by(2);
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let tokens = |key: &str| format!("[tokens]\n{key} = \"nonsense\"\n");
    let fault = "[[fault]]\nthrottle = 1\nendpoint = \"nonsense\"\n".to_owned();
    let kind =
        "[[app]]\nclient_id = \"a\"\nredirects = [{ uri = \"http://a\", kind = \"nonsense\" }]\n";
    for text in [
        tokens("rotation"),
        tokens("sign_in"),
        fault,
        kind.to_owned(),
    ] {
        for value in values(&text) {
            assert!(documented.contains(&format!("`\"{value}\"`")), "{value}");
        }
    }
}

#[test]
fn every_endpoint_may_be_struck() {
    let documented = include_str!("../config.rs");
    let (_, row) = documented.split_once("instead of `\"token\"`: ").unwrap();
    let names = row.lines().next().unwrap().split('"').skip(1).step_by(2);
    for name in names.chain(["token"]) {
        let text = format!("[[fault]]\nthrottle = 1\nendpoint = \"{name}\"\n");
        assert!(Config::from_toml(&text).is_ok(), "{name}");
    }
}

#[test]
fn of_several_mistakes_the_first_is_named() {
    let tenant = "[[tenant]]\ndomain = \"a.example\"\n";
    for (text, line, key) in [
        ("[tokens]\nzzz = 1\naaa = 2\n".to_owned(), 2, "zzz"),
        ("[tokens]\naaa = 1\nzzz = 2\n".to_owned(), 2, "aaa"),
        ("[zzz]\nx = 1\n[tokens]\naaa = 1\n".to_owned(), 1, "zzz"),
        (
            "[tokens]\nseed = \"x\"\nrotatoin = \"grace\"\n".to_owned(),
            2,
            "seed",
        ),
        (
            "[tokens]\nrotatoin = \"grace\"\nseed = \"x\"\n".to_owned(),
            2,
            "rotatoin",
        ),
        (
            "[server]\nprot = 1\n[tokens]\nsede = 1\n".to_owned(),
            2,
            "prot",
        ),
        (
            "[tokens]\nsede = 1\n[server]\nprot = 1\n".to_owned(),
            2,
            "sede",
        ),
        (format!("{tenant}nmae = 1\n[tokens]\nsede = 1\n"), 3, "nmae"),
        (
            format!("[[app]]\nclient_id = \"a\"\nb = 1\n{tenant}nmae = 1\n"),
            3,
            "b",
        ),
        // Mistakes of the meaning come in the order of the file too.
        (
            format!("[tokens]\ngrace_seconds = 5\n{tenant}{tenant}"),
            2,
            "grace_seconds",
        ),
        (
            format!(
                "{tenant}[[tenant.policy]]\nrequires = \"mfa\"\nevery_seconds = 5\n[tokens]\ngrace_seconds = 5\n"
            ),
            5,
            "every_seconds",
        ),
        (format!("[[fault]]\nnth = 1\n{tenant}{tenant}"), 1, "fault"),
    ] {
        let (at, about, reason) = refused(&text);
        assert_eq!((at, about.as_deref()), (line, Some(key)), "{text}{reason}");
    }
}

#[test]
fn what_does_not_fit_is_reported_in_the_order_of_the_file() {
    let tenant = "[[tenant]]\ndomain = \"a.example\"\n";
    let user = |upn: &str| format!("[[tenant.user]]\nupn = \"{upn}\"\npassword = \"x\"\n");
    let app = "[[app]]\nclient_id = \"a\"\n";
    let bad_id = "[[resource]]\nuri = \"api://a\"\nid = \"x\"\n";
    for (text, line, key) in [
        // The builder looks at tenants, then people, guests, applications, APIs, identities.
        (format!("{app}{app}{tenant}{tenant}"), 4, "client_id"),
        (format!("{bad_id}{tenant}{}", user("eve")), 3, "id"),
        (
            format!(
                "{app}single_tenant = \"b.example\"\n{tenant}{}",
                user("eve")
            ),
            3,
            "single_tenant",
        ),
        (
            format!("[[managed_identity]]\ntenant = \"b.example\"\n{app}{app}{tenant}id = \"x\"\n"),
            2,
            "tenant",
        ),
        (
            format!(
                "{tenant}[[tenant.guest]]\nupn = \"bob@b.example\"\n{}",
                user("eve")
            ),
            4,
            "upn",
        ),
        // Of several that are missing, the first; of several of one name, the second.
        (
            format!(
                "{app}single_tenant = \"b.example\"\n[[app]]\nclient_id = \"b\"\nsingle_tenant = \"b.example\"\n"
            ),
            3,
            "single_tenant",
        ),
        (format!("{app}{app}{app}"), 4, "client_id"),
        (
            format!("{tenant}{tenant}[[managed_identity]]\ntenant = \"a.example\"\n"),
            4,
            "domain",
        ),
        // A name that refers to what is wrong is not wrong itself.
        (
            format!("{app}single_tenant = \"a b\"\n[[tenant]]\ndomain = \"a b\"\n"),
            5,
            "domain",
        ),
        (
            format!(
                "[[tenant]]\ndomain = \"g.example\"\n[[tenant.guest]]\nupn = \"eve@a.example\"\n{tenant}{}object_id = \"x\"\n",
                user("eve@a.example")
            ),
            10,
            "object_id",
        ),
        // What a section says wrongly does not hide what stands before it.
        (
            format!("{tenant}id = \"x\"\n{app}certificates = [\"y\"]\n"),
            3,
            "id",
        ),
        (
            format!("{app}certificates = [\"y\"]\n{tenant}id = \"x\"\n"),
            3,
            "certificates",
        ),
        (
            "[[tenant]]\ndomain = \"a b\"\n[[tenant.policy]]\nrequires = \"mfa\"\nevery_seconds = 5\n".to_owned(),
            2,
            "domain",
        ),
        (
            format!(
                "{tenant}[[tenant.policy]]\nrequires = \"mfa\"\nevery_seconds = 5\n[[app]]\nclient_id = \"a\"\nsingle_tenant = \"a.example\"\n"
            ),
            5,
            "every_seconds",
        ),
        (
            format!("{tenant}id = \"x\"\n[tokens]\ngrace_seconds = 5\n"),
            3,
            "id",
        ),
    ] {
        let (at, about, reason) = refused(&text);
        assert_eq!((at, about.as_deref()), (line, Some(key)), "{text}{reason}");
    }
}

#[test]
fn the_first_wrong_key_is_named_where_sections_alternate() {
    let tenant = "[[tenant]]\ndomain = \"a.example\"\n";
    for (text, line, key) in [
        (
            format!("[[app]]\nclient_id = \"a\"\n{tenant}nmae = 1\n[[app]]\nclinet_id = \"b\"\n"),
            5,
            "nmae",
        ),
        (
            format!("{tenant}[[app]]\nclient_id = 1\n[[tenant]]\ndomain = 2\n"),
            4,
            "client_id",
        ),
        (
            format!(
                "{tenant}[[tenant.user]]\nupn = \"eve@a.example\"\npassword = \"x\"\n\
                 [[tenant.policy]]\nreqiures = \"mfa\"\n[[tenant.user]]\npasswrod = \"x\"\n"
            ),
            7,
            "reqiures",
        ),
        (
            // A line in a list that looks like the beginning of a section.
            format!(
                "[[app]]\nclient_id = \"a\"\nsecrets = [\n[1],\n]\n{tenant}nmae = 1\n[[app]]\nx = 1\n"
            ),
            4,
            "",
        ),
    ] {
        let (at, about, reason) = refused(&text);
        assert_eq!(at, line, "{text}{reason}");
        assert!(key.is_empty() || about.as_deref() == Some(key), "{about:?}");
    }
}
