//! The pages of `docs/migrate/`: their commands, run as they stand there, on a store as the application makes it. What plays
//! Microsoft's part is an emulator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use msal_emulator::sample;
use rusqlite::Connection;

use crate::msal::run;
use crate::run::Bench;

/// A page, the store that its commands read, and what is in it: SQL, or where it is a folder or a file, its files.
const PAGES: &[(&str, Store<'_>)] = &[
    (
        "aspnet-identity",
        Store::Database(
            "app.db",
            r#"create table "AspNetUsers" ("Id" text, "Email" text);
            create table "AspNetUserTokens" ("UserId" text, "LoginProvider" text, "Name" text, "Value" text);
            insert into "AspNetUserTokens" values ('u', 'Microsoft', 'refresh_token', '{RT}');"#,
        ),
    ),
    (
        "authlib",
        Store::Database(
            "app.db",
            "create table oauth2_token (id integer, name text, refresh_token text, expires_at integer);
            insert into oauth2_token values (1, 'microsoft', '{RT}', 1795357490), (2, 'google', '1//x', 1);",
        ),
    ),
    ("better-auth", Store::Database("app.db", BETTER_AUTH)),
    ("better-auth-encrypted", Store::Database("app.db", BETTER_AUTH)),
    (
        "django-allauth",
        Store::Database(
            "db.sqlite3",
            "create table socialaccount_socialapp (id integer, client_id text, settings text);
            create table socialaccount_socialaccount (id integer, provider text, uid text, extra_data text);
            create table socialaccount_socialtoken (id integer, token_secret text, expires_at text, account_id integer, app_id integer);
            insert into socialaccount_socialaccount values (1, 'microsoft', 'x', '{}');
            insert into socialaccount_socialtoken values (1, '{RT}', null, 1, null);",
        ),
    ),
    (
        "fastapi-users",
        Store::Database(
            "app.db",
            "create table oauth_account (id text, oauth_name text, expires_at integer, refresh_token text, account_id text, account_email text);
            insert into oauth_account values ('1', 'microsoft', 1795357490, '{RT}', 'x', 'alice@contoso.example');",
        ),
    ),
    (
        "flask-dance",
        Store::Database(
            "app.db",
            r#"create table flask_dance_oauth (id integer, provider text, token json);
            insert into flask_dance_oauth values (1, 'azure', '{"refresh_token": "{RT}", "scope": ["User.Read"]}');"#,
        ),
    ),
    (
        "lazy",
        Store::Files(&[("tokens.csv", "username,refresh_token\nalice@contoso.example,{RT}\n")]),
    ),
    (
        "mapping-files",
        Store::Files(&[
            ("tokens.csv", "id;provider;ms_rt;mail\n1;azure-ad;{RT};alice@contoso.example\n2;google;1//x;bob@gmail.example\n"),
            ("tokens.toml", "[input]\ndelimiter = \";\"\n[map]\nrefresh_token = \"ms_rt\"\n[defaults]\nclient_id = \"c\"\n"),
            ("entries.json", r#"{"data":{"entries":[{"domain":"onedrive","email":"alice@contoso.example","token":{"refresh_token":"MC5BWFlB"}}]}}"#),
        ]),
    ),
    (
        "moodle",
        Store::Database(
            "app.db",
            "create table mdl_auth_oidc_token (id integer, oidcuniqid text, userid integer, oidcusername text, scope text, tokenresource text, expiry integer, refreshtoken text, idtoken text);
            create table mdl_config_plugins (plugin text, name text, value text);
            insert into mdl_config_plugins values ('auth_oidc', 'clientid', '{CLIENT}');
            insert into mdl_auth_oidc_token values (1, '', 5, 'alice@contoso.example', 'x', 'https://graph.microsoft.com', 1795357490, '{RT}', '');",
        ),
    ),
    (
        "nextauth",
        Store::Database(
            "app.db",
            r#"create table "User" ("id" text, "email" text);
            create table "Account" ("userId" text, "provider" text, "providerAccountId" text, "refresh_token" text, "expires_at" integer, "scope" text, "id_token" text);
            insert into "Account" values ('u', 'azure-ad', '', '{RT}', 1795357490, 'User.Read', null), ('u', 'github', '', null, null, '', null);"#,
        ),
    ),
    (
        "python-social-auth",
        Store::Database(
            "db.sqlite3",
            r#"create table social_auth_usersocialauth (id integer, provider text, uid text, extra_data text);
            insert into social_auth_usersocialauth values (1, 'microsoft-graph', 'x', '{"refresh_token": "{RT}"}');"#,
        ),
    ),
    (
        "sasl-xoauth2",
        Store::Files(&[("tokens/alice@contoso.example", r#"{"access_token":"","expiry":"0","refresh_token":"{RT}"}"#)]),
    ),
    (
        "spring-security",
        Store::Database(
            "app.db",
            "create table oauth2_authorized_client (client_registration_id text, principal_name text, access_token_expires_at text, access_token_scopes text, refresh_token_value blob);
            insert into oauth2_authorized_client values ('azure', 'alice', '2026-11-22 14:00:00', 'User.Read,openid', cast('{RT}' as blob));",
        ),
    ),
];

const BETTER_AUTH: &str = r#"create table "user" ("id" text, "email" text);
    create table "account" ("id" text, "providerId" text, "userId" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" text, "scope" text);
    insert into "account" values ('a', 'microsoft', 'u', '{RT}', null, null, 'User.Read,openid');"#;

#[derive(Clone, Copy)]
enum Store<'a> {
    Database(&'a str, &'a str),
    Files(&'a [(&'a str, &'a str)]),
}

impl Store<'_> {
    fn make(self, bench: &Bench) {
        let now = SystemTime::now();
        let token = bench
            .emulator
            .issue_refresh_token(sample::ALICE, sample::WEB, now)
            .unwrap();
        let filled = |text: &str| {
            text.replace("{RT}", &token)
                .replace("{CLIENT}", sample::WEB)
        };
        match self {
            Self::Database(name, sql) => {
                let connection = Connection::open(bench.folder.path().join(name)).unwrap();
                connection.execute_batch(&filled(sql)).unwrap();
                connection.close().unwrap();
            }
            Self::Files(files) => {
                for (name, content) in files {
                    let path = bench.folder.path().join(name);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, filled(content)).unwrap();
                }
            }
        }
    }
}

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/migrate")
}

/// What stands in the blocks of a page that begin with this fence.
fn blocks<'p>(page: &'p str, fence: &str) -> Vec<&'p str> {
    let fence = format!("```{fence}\n");
    let after = page.split(&fence).skip(1);
    after.filter_map(|rest| rest.split("```").next()).collect()
}

/// A command of a page, where the emulator answers.
fn command(line: &str, bench: &Bench) -> Command {
    let authority = format!("{}/{}", bench.server.url(), sample::CONTOSO);
    let mut line = line.replace(
        "https://login.microsoftonline.com/contoso.example",
        &authority,
    );
    if line.contains("msal migrate run") {
        line.push_str(" --ca-file ca.pem");
        if !line.contains("--authority") {
            line.push_str(&format!(" --authority {authority}"));
        }
    }
    let msal = Path::new(env!("CARGO_BIN_EXE_msal"));
    let programs = std::env::var("PATH").unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", &line])
        .current_dir(bench.folder.path())
        .env_clear()
        .env(
            "PATH",
            format!("{}:{programs}", msal.parent().unwrap().display()),
        )
        .env("TMPDIR", bench.folder.path())
        .env("APP_SECRET", sample::WEB_SECRET)
        .env("BETTER_AUTH_SECRET", "a secret of the application");
    command
}

#[test]
fn the_commands_of_each_page_do_what_it_says() {
    for (name, store) in PAGES {
        let page = fs::read_to_string(pages().join(format!("{name}.md"))).unwrap();
        let bench = Bench::new();
        store.make(&bench);
        for toml in blocks(&page, "toml") {
            fs::write(bench.folder.path().join("entries.toml"), toml).unwrap();
        }
        if *name == "mapping-files" {
            let zipped = run(&mut command("gzip -k tokens.csv", &bench));
            assert_eq!(zipped.status, 0, "{}", zipped.stderr);
        }
        let console = blocks(&page, "console").concat();
        let commands: Vec<_> = console
            .lines()
            .filter_map(|line| line.strip_prefix("$ "))
            .collect();
        assert!(commands.len() >= 2, "{name}");
        for line in commands {
            let done = run(&mut command(line, &bench));
            assert_eq!(
                done.status, 0,
                "{name}: {line}\n{}{}",
                done.stdout, done.stderr
            );
            if line.contains("migrate plan") {
                assert!(
                    done.stdout.starts_with("1 token would be redeemed"),
                    "{name}: {}",
                    done.stdout
                );
            } else {
                let cache =
                    fs::read_to_string(bench.folder.path().join("msal_cache.json")).unwrap();
                assert!(cache.contains(sample::ALICE), "{name}");
            }
        }
    }
}

#[test]
fn every_preset_has_a_page_whose_commands_are_run() {
    for preset in msal_migrate::Preset::ALL {
        let name = preset.name();
        assert!(pages().join(format!("{name}.md")).is_file(), "{name}");
        assert!(PAGES.iter().any(|(page, _)| *page == name), "{name}");
    }
}
