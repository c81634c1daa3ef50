//! Every kind of store that is refused, with what it is and what to do instead: one line each.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::ops::ControlFlow;

use msal_migrate::{Row, SourceKind, SourceOptions, open};

/// What a file's first bytes or its shape say, what the message says it is, and what it says to do.
const FILES: &[(&str, &[u8], &str, &str)] = &[
    ("ADAL.NET 2.7", b"\x01\0\0\0\x01\0\0\0\x1ehttps://login.windows.net/", "ADAL.NET 2.7", "ADAL.NET 3.5"),
    ("DPAPI", b"\x01\0\0\0\xd0\x8c\x9d\xdf\x01\x15\xd1\x11\x8c\x7a\0\xc0\x4f\xc2\x97\xeb\x01", "Windows DPAPI", "ProtectedData]::Unprotect"),
    ("DPAPI as base64", b"AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAA", "Windows DPAPI", "ProtectedData]::Unprotect"),
    ("DPAPI as PowerShell writes it", b"01000000d08c9ddf0115d1118c7a00c04fc297eb01000000", "Windows DPAPI", "ProtectedData]::Unprotect"),
    ("pickle, protocol 4", b"\x80\x04\x95\x10\0\0\0\0\0\0\0}", "Python pickle", "json.dump"),
    ("pickle, protocol 2", b"\x80\x02}q\0.", "Python pickle", "json.dump"),
    ("pickle, protocol 3", b"\x80\x03}q\0.", "Python pickle", "json.dump"),
    ("pickle, protocol 5", b"\x80\x05\x95\x10\0\0\0\0\0\0\0}", "Python pickle", "json.dump"),
    ("pickle, protocol 0", b"(dp0\nVrefresh_token\np1\nV0.AX\np2\ns.", "Python pickle", "json.dump"),
    ("Java object", b"\xac\xed\0\x05sr\0\x2ccom.microsoft.aad.adal4j", "serialised Java object", "JSON lines or CSV"),
    ("Java object as base64", b"rO0ABXNyACxjb20ubWljcm9zb2Z0LmFhZC5hZGFsNGou", "serialised Java object", "JSON lines or CSV"),
    ("OpenPGP, armoured", b"-----BEGIN PGP MESSAGE-----\n\nhQEMA", "OpenPGP", "gpg --decrypt"),
    ("OpenPGP", b"\x85\x01\x0c\x03", "OpenPGP", "gpg --decrypt"),
    ("OpenPGP, a short key", b"\x84\x5e\x03", "OpenPGP", "gpg --decrypt"),
    ("OpenPGP, with a password", b"\x8c\x0d\x04\x09", "OpenPGP", "gpg --decrypt"),
    ("OpenPGP, new format", b"\xc1\xc0\x4c\x03", "OpenPGP", "gpg --decrypt"),
    ("age", b"age-encryption.org/v1\n-> X25519 x", "age", "age --decrypt"),
    ("Fernet", b"gAAAAABrAu_5S3Vj", "Fernet", "with the application's key"),
    ("n8n, OpenSSL, CryptoJS", b"U2FsdGVkX1+x9y", "password (OpenSSL's or CryptoJS's", "n8n export:credentials --decrypted"),
    ("Laravel", br#"{"iv":"a","value":"b","mac":"c","tag":""}"#, "encrypted by Laravel", "Crypt::decryptString"),
    ("DavMail, with its settings", b"davmail.url=x\ndavmail.oauth.a@x.refreshToken={AES}2VFT\n", "DavMail", "{AES}"),
    ("DavMail, tokens alone", b"#Oauth tokens\na@x={AES}2VFT\n", "DavMail", "sign in again"),
    ("email-oauth2-proxy", b"[a@x]\ntoken_salt = x\nrefresh_token = gAAAAABrAu_5\n", "email-oauth2-proxy", "sign in again"),
    ("Mozilla's passwords", br#"{"nextId":2,"logins":[{"hostname":"oauth://login.microsoftonline.com","encryptedPassword":"MIIG"}],"version":3}"#, "Thunderbird", "sign in again"),
    ("rclone, encrypted", b"# x\n\nRCLONE_ENCRYPT_V0:\nLKUTtgLbvvG4cKgv8TuGN9I4PL\n", "no password is given", "--password-env"),
    ("Azure PowerShell, without tokens", br#"{"TokenCache":{"CacheData":null},"Contexts":{}}"#, "without a token cache", "TokenCache.dat"),
    ("abraunegg's settings", b"application_id = \"x\"\nazure_tenant_id = \"y\"\n", "without the token", "refresh_token"),
    ("JSON in a string", br#""[{\"refreshToken\":\"0.AX\"}]""#, "inside a JSON string", "jq -r"),
    ("a packed file", b"\x1f\x8b\x08\0", "compressed", "unpack"),
    ("nothing", b"", "is empty", "an empty one has no tokens"),
    ("one byte", b"\x01", "is empty", "an empty one has no tokens"),
];

fn refusal(content: &[u8], from: Option<SourceKind>, has_lock: bool) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fs::write(&path, content).unwrap();
    if has_lock {
        fs::write(folder.path().join("store.lockfile"), "").unwrap();
    }
    let mut options = SourceOptions::default();
    options.from = from;
    let source = open(&path, &options);
    let error = source.and_then(|source| source.read(&mut |_row| ControlFlow::Continue(())));
    let error = error.expect_err("a refusal");
    assert_eq!(fs::read(&path).unwrap(), content);
    (error.to_string(), error.hint().unwrap_or_default())
}

#[test]
fn each_store_that_is_refused_is_named_with_what_to_do() {
    let mut wrong = Vec::new();
    for (name, content, is, to_do) in FILES {
        let (message, hint) = refusal(content, None, false);
        assert!(!message.contains('\n') && !hint.contains('\n'), "{name}");
        if !message.contains(is) || !hint.contains(to_do) {
            wrong.push(format!("{name}: {message}; {hint}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn naming_a_format_makes_no_refused_store_readable() {
    let mut readable = Vec::new();
    for (name, content, ..) in FILES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        fs::write(&path, content).unwrap();
        for kind in SourceKind::ALL {
            let mut options = SourceOptions::default();
            options.from = Some(*kind);
            let source = open(&path, &options);
            let read = source.and_then(|source| source.read(&mut |_row| ControlFlow::Continue(())));
            match read {
                Ok(()) => readable.push(format!("{name} as {kind}")),
                Err(error) => assert!(error.hint().is_some(), "{name} as {kind}: {error}"),
            }
        }
    }
    assert!(readable.is_empty(), "{readable:?}");
}

#[test]
fn a_store_that_a_keyring_holds_is_not_taken_for_an_empty_one() {
    for content in [&b""[..], b"\n", b"\x01", b"{}"] {
        let (message, hint) = refusal(content, None, true);
        assert!(message.contains("keyring"), "{content:?}: {message}");
        assert!(hint.contains("secret-tool"), "{content:?}: {hint}");
    }
}

/// A row whose token is not one that can be used, and the reason that it is skipped with.
#[test]
fn what_is_refused_row_by_row_has_its_reason() {
    let authority = |authority: &str| {
        format!(r#"{{"refresh_token":"0.AX","client_id":"c","authority":"{authority}"}}"#)
    };
    let token = |token: &str| format!(r#"{{"refresh_token":"{token}","client_id":"c"}}"#);
    let hex = "0a".repeat(60);
    for (content, reason) in [
        (token("gAAAAABrAu_5S3Vj"), "undecryptable"),
        (token("{AES}2VFT"), "undecryptable"),
        (token("$ba$1$0a0b"), "undecryptable"),
        (token(&hex), "undecryptable"),
        (token("AQAAANCMnd8BFdERjHoAwE/Cl+s"), "undecryptable"),
        (token("U2FsdGVkX1+x9y"), "undecryptable"),
        (token("eyJpdiI6Imw5"), "undecryptable"),
        (token("CfDJ8Nrj0VBmw5"), "undecryptable"),
        (token("1//0gGoogle"), "other_provider"),
        (authority("https://adfs.contoso.example/adfs"), "adfs"),
        (authority("https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_susi"), "b2c"),
        (authority("https://login.microsoftonline.de/contoso.example"), "closed_cloud"),
        (authority("https://evil.example/contoso.example"), "unknown_authority"),
        (authority("http://login.microsoftonline.com/contoso.example"), "invalid_authority"),
        (r#"{"servicePrincipalId":"a","servicePrincipalTenant":"b","accessToken":"the secret"}"#.to_owned(), "service_principal"),
        // Azure CLI's `service_principal_entries.json`.
        (r#"[{"client_id":"a","tenant":"b","client_secret":"the secret"}]"#.to_owned(), "service_principal"),
        (r#"[{"tokenType":"Bearer","accessToken":"x","resource":"r","expiresOn":"2026-11-22 14:22:23","_clientId":"c"}]"#.to_owned(), "app_only"),
    ] {
        assert_eq!(skipped(content.as_bytes(), None), [reason], "{content}");
    }
    // The lists that account traders exchange.
    let list =
        b"a@x.example----pass----0a1b2c3d-0000-4000-8000-5e6f70819200----M.C5_xxxxxxxxxxxxxxx\n";
    assert_eq!(skipped(list, Some(SourceKind::Bare)), ["malformed"]);
    let mail = b"a@x.example:M.C5_xxxxxxxxxxxxxxx\n";
    assert_eq!(skipped(mail, Some(SourceKind::Bare)), ["malformed"]);
}

/// Why the rows of a file are skipped, by itself or by the plan.
fn skipped(content: &[u8], from: Option<SourceKind>) -> Vec<&'static str> {
    use msal_core::RefreshToken;
    use msal_migrate::{Fingerprint, Plan, PlanOptions, Planned};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fs::write(&path, content).unwrap();
    let mut options = SourceOptions::default();
    options.from = from;
    let source = open(&path, &options).unwrap();
    let fingerprint = |_: &str, _: &RefreshToken| Fingerprint::from_bytes([0; 16]);
    let plan = Plan::make(&*source, &PlanOptions::default(), &fingerprint).unwrap();
    let mut reasons = Vec::new();
    plan.rows(&*source, &fingerprint, &mut |planned| {
        reasons.push(match planned {
            Planned::Skipped { reason, .. } => reason.code(),
            Planned::Redemption(_) => "redeemed",
            _ => "duplicate",
        });
        ControlFlow::Continue(())
    })
    .unwrap();
    // No row of a refused store shows what it holds.
    source
        .read(&mut |row: Row| {
            assert!(!format!("{row:?} {}", row.locator()).contains("the secret"));
            ControlFlow::Continue(())
        })
        .unwrap();
    reasons
}
