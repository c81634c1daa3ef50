//! Every sample store is read as this table says, or refused with what it is.
//!
//! The files under `fixtures` were written by the libraries and programs they are named after, with made-up tokens.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use msal_core::RefreshToken;
use msal_migrate::{
    Fingerprint, Mapping, Plan, PlanOptions, Planned, Source, SourceError, SourceKind,
    SourceOptions, open,
};

const A: &str = "0a1b2c3d-0000-4000-8000-5e6f70819200";
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const T: &str = "11111111-aaaa-4bbb-8ccc-222222222222";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// Stands in for a keyed hash: FNV-1a.
fn fingerprint(client_id: &str, token: &RefreshToken) -> Fingerprint {
    let text = format!("{client_id}|{}", token.expose_secret());
    let hash = text.bytes().fold(
        0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128,
        |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b),
    );
    Fingerprint::from_bytes(hash.to_be_bytes())
}

/// What becomes of every row, one line each.
fn planned(source: &dyn Source, client_id: Option<&str>) -> Vec<String> {
    let mut options = PlanOptions::default();
    options.client_id = client_id.map(str::to_owned);
    let plan = Plan::make(source, &options, &fingerprint).unwrap();
    let mut lines = Vec::new();
    plan.rows(source, &fingerprint, &mut |planned| {
        lines.push(line(&planned));
        ControlFlow::Continue(())
    })
    .unwrap();
    let summary = plan.summary();
    assert_eq!(summary.rows, lines.len() as u64);
    assert_eq!(
        summary.rows,
        summary.tokens
            + summary.duplicates
            + summary.skipped.iter().map(|skip| skip.count).sum::<u64>()
    );
    lines
}

fn line(planned: &Planned) -> String {
    match planned {
        Planned::Redemption(redemption) => format!(
            "{} {:.8} {} {} {}",
            redemption.locator.place(),
            redemption.client_id,
            redemption
                .authority
                .to_string()
                .trim_start_matches("https://login."),
            redemption.scopes.as_str().to_owned(),
            redemption.user.username.as_deref().unwrap_or("?"),
        ),
        Planned::Duplicate { locator, of } => format!("{} = {of}", locator.place()),
        Planned::Skipped { locator, reason } => format!("{} {}", locator.place(), reason.code()),
        _ => unreachable!("a new kind of outcome"),
    }
}

fn options(map: &[&str]) -> SourceOptions {
    let mut options = SourceOptions::default();
    options.map = Mapping::parse(map).unwrap();
    options
}

#[test]
fn samples_are_read() {
    for (name, kind, client_id, expected) in SAMPLES {
        let source = open(&fixture(name), &SourceOptions::default()).unwrap();
        assert_eq!(source.kind(), *kind, "{name}");
        let lines = planned(&*source, *client_id);
        let expected: Vec<_> = expected.iter().map(|line| line.replace("{T}", T)).collect();
        assert_eq!(lines, expected, "{name}");
    }
}

/// File, what it is recognised as, `--client-id`, and the rows: place, client, authority, scopes, user.
type Sample<'a> = (&'a str, SourceKind, Option<&'a str>, &'a [&'a str]);

const SAMPLES: &[Sample<'_>] = &[
    (
        "adal-python/token_cache.json",
        SourceKind::AdalPython,
        None,
        &[
            "#/0 0a1b2c3d microsoftonline.com/contoso.example https://graph.microsoft.com/.default alice@contoso.example",
            "#/1 = #/0",
            "#/2 first_party_client",
            "#/3 6666bbbb microsoftonline.com/{T} 5555aaaa-0000-4000-8000-00000000beef/.default bob@contoso.example",
            "#/4 app_only",
            "#/5 adfs",
        ],
    ),
    (
        "adal-python/token_cache.json",
        SourceKind::AdalPython,
        Some(A),
        &[
            "#/0 0a1b2c3d microsoftonline.com/contoso.example https://graph.microsoft.com/.default alice@contoso.example",
            "#/1 = #/0",
            "#/2 other_client",
            "#/3 other_client",
            "#/4 app_only",
            "#/5 adfs",
        ],
    ),
    (
        "adal-python/acquire_token_result.json",
        SourceKind::AdalPython,
        Some(A),
        &[
            "#/0 0a1b2c3d microsoftonline.com/{T} https://graph.microsoft.com/.default alice@contoso.example",
        ],
    ),
    (
        "adal-python/acquire_token_result.json",
        SourceKind::AdalPython,
        None,
        &["#/0 no_client_id"],
    ),
    (
        "abraunegg-onedrive/refresh_token",
        SourceKind::Bare,
        Some(A),
        &[":1 0a1b2c3d microsoftonline.com/organizations https://graph.microsoft.com/.default ?"],
    ),
    (
        "rclone/rclone.conf",
        SourceKind::Rclone,
        None,
        &[
            ":1 first_party_client",
            ":7 0a1b2c3d microsoftonline.com/{T} Files.Read Files.Read.All Files.ReadWrite Files.ReadWrite.All Sites.Read.All ?",
            ":18 other_provider",
        ],
    ),
    (
        "adal-net/TokenCache.v2.dat",
        SourceKind::AdalNet,
        None,
        &[
            "#/0 0a1b2c3d microsoftonline.com/{T} https://graph.windows.net/.default alice@contoso.example",
        ],
    ),
    (
        "adal-net/TokenCache.v3.dat",
        SourceKind::AdalNet,
        None,
        &[
            "#/0 0a1b2c3d microsoftonline.com/{T} https://graph.microsoft.com//.default alice@contoso.example",
            "#/1 = #/0",
            "#/2 first_party_client",
            "#/3 app_only",
            "#/4 obo",
        ],
    ),
    (
        "adal-net/AzureRmContext-with-CacheData.json",
        SourceKind::AdalNet,
        None,
        &[
            "#/0 0a1b2c3d microsoftonline.com/{T} https://graph.microsoft.com//.default alice@contoso.example",
            "#/1 = #/0",
            "#/2 first_party_client",
            "#/3 app_only",
            "#/4 obo",
        ],
    ),
    (
        "adal-node/memory_cache_entries.json",
        SourceKind::AdalNode,
        None,
        &[
            "#/0 0a1b2c3d microsoftonline.com/contoso.example https://graph.microsoft.com/.default alice@contoso.example",
            "#/1 = #/0",
            "#/2 app_only",
        ],
    ),
    (
        "adal-node/acquire_token_response.json",
        SourceKind::AdalNode,
        Some(A),
        &[
            "#/0 0a1b2c3d microsoftonline.com/{T} https://graph.windows.net/.default alice@contoso.example",
        ],
    ),
    (
        "azure-cli/accessTokens.json",
        SourceKind::AdalPython,
        None,
        &[
            "#/0 first_party_client",
            "#/1 first_party_client",
            "#/2 first_party_client",
            "#/3 service_principal",
        ],
    ),
    (
        "azure-cli/accessTokens.json",
        SourceKind::AdalPython,
        Some(AZURE_CLI),
        &[
            "#/0 = #/1",
            "#/1 04b07795 microsoftonline.com/{T} https://management.core.windows.net//.default bob@contoso.example",
            "#/2 = #/1",
            "#/3 service_principal",
        ],
    ),
    (
        "azure-cli/msal_token_cache.json",
        SourceKind::MsalCache,
        None,
        &["#/RefreshToken/0 first_party_client"],
    ),
    (
        "azure-cli/msal_token_cache.json",
        SourceKind::MsalCache,
        Some(AZURE_CLI),
        &[
            "#/RefreshToken/0 04b07795 microsoftonline.com/{T} https://management.core.windows.net//.default alice@contoso.example",
        ],
    ),
    (
        "msal-python/token_cache.json",
        SourceKind::MsalCache,
        None,
        &[
            "#/RefreshToken/0 0a1b2c3d microsoftonline.com/{T} User.Read alice@contoso.example",
            "#/RefreshToken/1 0a1b2c3d microsoftonline.com/{T} https://graph.microsoft.com/.default bob@contoso.example",
        ],
    ),
    (
        "msal-python/token_cache_confidential.json",
        SourceKind::MsalCache,
        None,
        &["#/RefreshToken/0 6666bbbb microsoftonline.com/{T} User.Read bob@contoso.example"],
    ),
    (
        "msal-python/msal_extensions_plain.bin",
        SourceKind::MsalCache,
        None,
        &["#/RefreshToken/0 first_party_client"],
    ),
    (
        "msal-python/msal_extensions_plain.bin",
        SourceKind::MsalCache,
        Some(AZURE_CLI),
        &[
            "#/RefreshToken/0 04b07795 microsoftonline.com/{T} https://management.core.windows.net//.default alice@contoso.example",
        ],
    ),
    (
        "msal-node/msal_node_cache.json",
        SourceKind::MsalCache,
        None,
        &[
            "#/RefreshToken/0 0a1b2c3d microsoftonline.com/{T} User.Read email alice@contoso.example",
        ],
    ),
    (
        "msal-node/msal_node_cache_foci.json",
        SourceKind::MsalCache,
        None,
        &["#/RefreshToken/0 first_party_client"],
    ),
    (
        "msal-node/msal_node_cache_foci.json",
        SourceKind::MsalCache,
        Some(AZURE_CLI),
        &[
            "#/RefreshToken/0 04b07795 microsoftonline.com/{T} User.Read email alice@contoso.example",
        ],
    ),
    (
        "o365/o365_token.txt",
        SourceKind::MsalCache,
        None,
        &[
            "#/RefreshToken/0 0a1b2c3d microsoftonline.com/{T} https://graph.microsoft.com/Mail.ReadWrite https://graph.microsoft.com/User.Read alice@contoso.example",
        ],
    ),
    (
        "o365/o365_token_pre_2_1.txt",
        SourceKind::TokenJson,
        None,
        &["#/0 0a1b2c3d microsoftonline.com/{T} User.Read alice@contoso.example"],
    ),
    (
        "requests-oauthlib/token.json",
        SourceKind::TokenJson,
        None,
        &["#/0 0a1b2c3d microsoftonline.com/{T} User.Read alice@contoso.example"],
    ),
    (
        "requests-oauthlib/token_v1_endpoint.json",
        SourceKind::TokenJson,
        None,
        &[
            "#/0 0a1b2c3d microsoftonline.com/{T} https://graph.microsoft.com/.default alice@contoso.example",
        ],
    ),
    (
        "authlib/authlib_token.json",
        SourceKind::TokenJson,
        None,
        &["#/0 0a1b2c3d microsoftonline.com/{T} User.Read alice@contoso.example"],
    ),
    (
        "openid-client/tokenset.json",
        SourceKind::TokenJson,
        None,
        &["#/0 0a1b2c3d microsoftonline.com/{T} User.Read alice@contoso.example"],
    ),
    (
        "simple-oauth2/token.json",
        SourceKind::TokenJson,
        Some(A),
        &["#/0 0a1b2c3d microsoftonline.com/organizations User.Read ?"],
    ),
    (
        "golang-oauth2/token.json",
        SourceKind::TokenJson,
        Some(A),
        &["#/0 0a1b2c3d microsoftonline.com/organizations https://graph.microsoft.com/.default ?"],
    ),
    (
        "golang-oauth2/token_zero_expiry.json",
        SourceKind::TokenJson,
        None,
        &["#/0 no_client_id"],
    ),
    (
        "sasl-xoauth2/alice@contoso.example",
        SourceKind::TokenJson,
        None,
        &[
            "#/0 0a1b2c3d microsoftonline.com/{T} https://graph.microsoft.com/.default alice@contoso.example",
        ],
    ),
    (
        "sasl-xoauth2/sasl-xoauth2.conf",
        SourceKind::TokenJson,
        None,
        &["#/0 not_understood"],
    ),
    (
        "sasl-xoauth2",
        SourceKind::TokenJson,
        None,
        &[
            "[0]#/0 0a1b2c3d microsoftonline.com/{T} https://graph.microsoft.com/.default alice@contoso.example",
            "[1]#/0 not_understood",
        ],
    ),
    (
        "mutt-oauth2/decrypted.json",
        SourceKind::TokenJson,
        Some(A),
        &[
            "#/0 0a1b2c3d microsoftonline.com/organizations https://graph.microsoft.com/.default alice@contoso.example",
        ],
    ),
    (
        "yup-oauth2/tokencache.json",
        SourceKind::TokenJson,
        Some(A),
        &["#/0 0a1b2c3d microsoftonline.com/organizations https://graph.microsoft.com/User.Read ?"],
    ),
    (
        "generic/tokens.csv",
        SourceKind::Csv,
        None,
        &[
            ":2 0a1b2c3d microsoftonline.com/{T} Mail.Read User.Read alice@contoso.example",
            ":3 0a1b2c3d microsoftonline.com/contoso.example https://graph.windows.net/.default bob@contoso.example",
            ":4 0a1b2c3d microsoftonline.com/consumers https://graph.microsoft.com/User.Read carol@outlook.example",
        ],
    ),
];

#[test]
fn samples_are_read_with_a_mapping() {
    let table: &[(&str, &[&str], SourceKind, &[&str])] = &[
        (
            "generic/tokens.jsonl",
            &[
                "refresh_token=/oauth/refresh_token",
                "scopes=/oauth/scope",
                "username=Login",
                "client_id=const:0a1b2c3d-0000-4000-8000-5e6f70819200",
                "tenant=const:contoso.example",
            ],
            SourceKind::Jsonl,
            &[
                "#/0 0a1b2c3d microsoftonline.com/contoso.example User.Read alice@contoso.example",
                "#/1 0a1b2c3d microsoftonline.com/contoso.example User.Read bob@contoso.example",
            ],
        ),
        (
            "generic/tokens.csv",
            &[
                "refresh_token=RT",
                "client_id=client",
                "authority=const:https://login.microsoftonline.us/common",
                "scopes=scopes:/0",
            ],
            SourceKind::Csv,
            &[
                ":2 malformed",
                ":3 0a1b2c3d microsoftonline.us/organizations https://graph.microsoft.us/.default ?",
                ":4 0a1b2c3d microsoftonline.us/consumers https://graph.microsoft.com/User.Read ?",
            ],
        ),
        (
            "yup-oauth2/tokencache.json",
            &[
                "refresh_token=/token/refresh_token",
                "scopes=scopes",
                "client_id=const:x",
            ],
            SourceKind::Jsonl,
            &["#/0 x microsoftonline.com/organizations https://graph.microsoft.com/User.Read ?"],
        ),
    ];
    for (name, map, kind, expected) in table {
        let source = open(&fixture(name), &options(map)).unwrap();
        assert_eq!(source.kind(), *kind, "{name}");
        let lines = planned(&*source, None);
        let expected: Vec<_> = expected.iter().map(|line| line.replace("{T}", T)).collect();
        assert_eq!(lines, expected, "{name}");
    }
}

#[test]
fn samples_that_are_not_read_are_named_and_what_to_do_is_said() {
    let table = [
        (
            "abraunegg-onedrive/config",
            "is the configuration of abraunegg's OneDrive client, without the token",
        ),
        (
            "better-auth/encrypted_refresh_token.json",
            "is JSON in which nothing is called like a refresh token; there are secret, ciphertext_hex, plaintext",
        ),
        (
            "davmail/davmail.properties",
            "is a DavMail properties file, which is not read",
        ),
        (
            "davmail/davmail-tokenfile.properties",
            "is a DavMail properties file, which is not read",
        ),
        (
            "email-oauth2-proxy/emailproxy.config",
            "is the configuration of email-oauth2-proxy, whose tokens are encrypted",
        ),
        (
            "generic/tokens.jsonl",
            "is JSON in which nothing is called like a refresh token; there are login, oauth",
        ),
        (
            "offlineimap/offlineimaprc",
            "is the configuration of offlineimap, which is not read",
        ),
        (
            "rclone/rclone-encrypted.conf",
            "is encrypted, and no password is given",
        ),
        (
            "rclone/rclone-odd-password.conf",
            "is encrypted, and no password is given",
        ),
        (
            "requests-oauthlib/token.pickle",
            "is a Python pickle, which is never loaded because loading can run code",
        ),
    ];
    for (name, expected) in table {
        let path = fixture(name);
        let error = open(&path, &SourceOptions::default()).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {expected}", path.display()));
        assert!(error.hint().is_some(), "{name}");
        // Nor does naming a format make it readable.
        if matches!(error, SourceError::UnsupportedFormat { .. }) {
            for &kind in SourceKind::ALL {
                let mut options = SourceOptions::default();
                options.from = Some(kind);
                assert!(open(&path, &options).is_err(), "{name} {kind}");
            }
        }
    }
}

#[test]
fn every_sample_is_in_one_of_the_tables() {
    let mut missing = Vec::new();
    let source = concat!(include_str!("sources.rs"), include_str!("sqlite.rs"));
    let root = fixture("");
    for folder in std::fs::read_dir(&root).unwrap() {
        let folder = folder.unwrap().path();
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            if !source.contains(&format!("\"{name}\"")) {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
