//! The pages of `docs/migrate/`: their commands, run as they stand there, on a store as the application makes it. What plays
//! Microsoft's part is an emulator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use msal_emulator::sample;
use msal_migrate::SourceKind;
use rusqlite::Connection;
use serde_json::json;

use crate::msal::run;
use crate::run::Bench;

/// A page, the store that its commands read, and what is in it: SQL, or where it is a folder or a file, its files.
const PAGES: &[(&str, Store<'_>)] = &[
    ("adal-net", Store::Made("TokenCache.dat", adal_net)),
    (
        "adal-node",
        Store::Files(&[("adal_cache.json", r#"[{"tokenType":"Bearer","expiresIn":3599,"expiresOn":"2026-11-22T14:27:49.578Z","resource":"https://graph.microsoft.com","accessToken":"x","refreshToken":"{RT}","userId":"alice@contoso.example","isUserIdDisplayable":true,"isMRRT":true,"_clientId":"{CLIENT}","_authority":"{AUTHORITY}"}]"#)]),
    ),
    (
        "adal-python",
        Store::Files(&[("adal_cache.json", r#"[{"tokenType":"Bearer","accessToken":"x","refreshToken":"{RT}","expiresIn":3599,"expiresOn":"2026-11-22 14:22:23.771552","resource":"https://graph.microsoft.com","userId":"alice@contoso.example","isUserIdDisplayable":true,"isMRRT":true,"_clientId":"{CLIENT}","_authority":"{AUTHORITY}"}]"#)]),
    ),
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
    ("bare", Store::Files(&[("refresh_tokens.txt", "# of alice\n{RT}\n")])),
    ("better-auth", Store::Database("app.db", BETTER_AUTH)),
    ("better-auth-encrypted", Store::Database("app.db", BETTER_AUTH)),
    (
        "databases",
        Store::Database(
            "app.db",
            "create table tokens (id integer, mail text, ms_rt text); insert into tokens values (1, 'alice@contoso.example', '{RT}');",
        ),
    ),
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
        "msal-cache",
        Store::Files(&[("old_cache.json", r#"{"RefreshToken":{"a":{"credential_type":"RefreshToken","secret":"{RT}","environment":"{HOST}","client_id":"{CLIENT}","target":"User.Read"}},"Account":{}}"#)]),
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
        "rclone",
        Store::Files(&[("rclone.conf", "[alice]\ntype = onedrive\nclient_id = {CLIENT}\ntoken_url = {AUTHORITY}/oauth2/v2.0/token\ntoken = {\"access_token\":\"x\",\"token_type\":\"Bearer\",\"refresh_token\":\"{RT}\",\"expiry\":\"2026-11-22T14:30:05Z\"}\ndrive_type = business\n")]),
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
    (
        "token-json",
        Store::Files(&[("tokens/alice@contoso.example.json", r#"{"token_type":"Bearer","expires_in":3599,"scope":["User.Read"],"access_token":"x","refresh_token":"{RT}","expires_at":1795357490}"#)]),
    ),
];

/// The binary cache of ADAL.NET with one entry, as its `BinaryWriter` makes it.
fn adal_net(token: &str, authority: &str) -> Vec<u8> {
    let key = format!(
        "{authority}/:::https://graph.microsoft.com/:::{}:::0",
        sample::WEB
    );
    let user = json!({ "DisplayableId": sample::ALICE });
    let result = json!({
        "AccessToken": "x", "AccessTokenType": "Bearer", "UserInfo": user,
        "ExpiresOn": { "DateTime": "/Date(1795357490000)/", "OffsetMinutes": 0 },
    });
    let value = json!({ "RefreshToken": token, "ResourceInResponse": "https://graph.microsoft.com/", "Result": result });
    let (schema, count) = (3_i32.to_le_bytes(), 1_i32.to_le_bytes());
    let mut out = [schema, count].concat();
    for text in [key, value.to_string()] {
        let mut length = text.len();
        while length >= 0x80 {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(text.as_bytes());
    }
    out
}

const BETTER_AUTH: &str = r#"create table "user" ("id" text, "email" text);
    create table "account" ("id" text, "providerId" text, "userId" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" text, "scope" text);
    insert into "account" values ('a', 'microsoft', 'u', '{RT}', null, null, 'User.Read,openid');"#;

#[derive(Clone, Copy)]
enum Store<'a> {
    Database(&'a str, &'a str),
    Files(&'a [(&'a str, &'a str)]),
    /// A file that is no text, made of the token and the authority.
    Made(&'a str, fn(&str, &str) -> Vec<u8>),
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
                .replace("{AUTHORITY}", &authority(bench))
                .replace("{HOST}", bench.server.url().trim_start_matches("https://"))
        };
        match self {
            Self::Database(name, sql) => {
                let connection = Connection::open(bench.folder.path().join(name)).unwrap();
                connection.execute_batch(&filled(sql)).unwrap();
                connection.close().unwrap();
            }
            Self::Made(name, make) => {
                fs::write(
                    bench.folder.path().join(name),
                    make(&token, &authority(bench)),
                )
                .unwrap();
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

fn authority(bench: &Bench) -> String {
    format!("{}/{}", bench.server.url(), sample::CONTOSO)
}

/// A command of a page, where the emulator answers.
fn command(line: &str, bench: &Bench) -> Command {
    let authority = authority(bench);
    let mut line = line.replace(
        "https://login.microsoftonline.com/contoso.example",
        &authority,
    );
    if line.contains("msal migrate run") {
        line.push_str(" --ca-file ca.pem");
    }
    if line.contains("msal migrate") && !line.contains("--authority") {
        line.push_str(&format!(" --authority {authority}"));
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
fn every_source_has_a_page_whose_commands_are_run() {
    let presets = msal_migrate::Preset::ALL.iter().map(|preset| preset.name());
    let formats = SourceKind::ALL.iter().map(|kind| match kind {
        SourceKind::Csv | SourceKind::Ini | SourceKind::Jsonl | SourceKind::Tsv => "mapping-files",
        SourceKind::MySql | SourceKind::Postgres | SourceKind::Sqlite => "databases",
        kind => kind.as_str(),
    });
    for name in presets.chain(formats) {
        assert!(pages().join(format!("{name}.md")).is_file(), "{name}");
        assert!(PAGES.iter().any(|(page, _)| *page == name), "{name}");
    }
}
