//! ADAL.NET's binary cache, made here as its `BinaryWriter` makes it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use msal_migrate::{SourceKind, SourceOptions};
use serde_json::{Value, json};

use super::{first_that_is_read, hash, refusal, rows_of};

const TENANT: &str = "c0ffee00-0001-4000-8000-000000000000";
const CLIENT: &str = "51d2b6ac-6d3c-4d43-9d42-3a8f2ac0a001";

/// A text behind its length, seven bits in a byte.
fn text(out: &mut Vec<u8>, text: &[u8]) {
    let mut length = text.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(text);
}

fn cache(schema: i32, entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = schema.to_le_bytes().to_vec();
    out.extend((entries.len() as i32).to_le_bytes());
    for (key, value) in entries {
        text(&mut out, key.as_bytes());
        text(&mut out, value);
    }
    out
}

fn key(authority: &str, resource: &str, subject: u8) -> String {
    format!("https://{authority}/:::{resource}:::{CLIENT}:::{subject}")
}

/// Slashes as `DataContractJsonSerializer` writes them.
fn value(value: &Value) -> Vec<u8> {
    value.to_string().replace('/', "\\/").into_bytes()
}

fn client_info() -> String {
    URL_SAFE_NO_PAD.encode(json!({ "uid": "u-1", "utid": TENANT }).to_string())
}

fn user(name: &str, identity_provider: &str) -> Value {
    json!({
        "DisplayableId": name, "FamilyName": "Ördög", "GivenName": null, "IdentityProvider": identity_provider,
        "PasswordChangeUrl": null, "PasswordExpiresOn": null, "UniqueId": "0b1ec701",
    })
}

fn result(user: Value) -> Value {
    json!({
        "AccessToken": "at", "AccessTokenType": "Bearer",
        "ExpiresOn": { "DateTime": "/Date(1795357490000)/", "OffsetMinutes": 0 },
        "ExtendedExpiresOn": { "DateTime": "/Date(1795357490000)/", "OffsetMinutes": 0 },
        "ExtendedLifeTimeToken": false, "IdToken": null, "TenantId": TENANT, "UserInfo": user,
    })
}

fn entry_of_schema_3(token: &str) -> Value {
    json!({
        "RawClientInfo": client_info(), "RefreshToken": token, "ResourceInResponse": "https://graph.microsoft.com/",
        "Result": result(user("eva@contoso.example", &format!("https://sts.windows.net/{TENANT}/"))),
        "UserAssertionHash": null,
    })
}

fn schema_3() -> Vec<u8> {
    let at_tenant = format!("login.windows.net/{TENANT}");
    let graph = "https://graph.microsoft.com/";
    let mut no_user = entry_of_schema_3("0.AXobo");
    no_user["UserAssertionHash"] = "QP481X21".into();
    let mut of_application = entry_of_schema_3("");
    of_application["RefreshToken"] = Value::Null;
    of_application["Result"]["UserInfo"] = Value::Null;
    let mut personal = entry_of_schema_3("M.C5_personal!*$");
    personal["Result"]["UserInfo"] = user("eva@outlook.example", "live.com");
    personal["RawClientInfo"] = Value::Null;
    personal["ResourceInResponse"] = Value::Null;
    cache(
        3,
        &[
            (
                key(&at_tenant, graph, 0),
                value(&entry_of_schema_3("0.AXeva")),
            ),
            (
                key(&at_tenant, "https://vault.azure.net", 1),
                value(&of_application),
            ),
            (key(&at_tenant, graph, 2), value(&no_user)),
            (key(&at_tenant, graph, 0), value(&personal)),
            (
                format!("{}:::x", key(&at_tenant, graph, 0)),
                value(&entry_of_schema_3("0.AXkey")),
            ),
            (key(&at_tenant, graph, 0), b"AAEAAAD/////".to_vec()),
            (
                key(&at_tenant, graph, 0),
                b"{\"RefreshToken\":\"\xff\"}".to_vec(),
            ),
        ],
    )
}

fn rows_of_schema_3() -> [String; 7] {
    let (at, client) = (
        format!("authority=https://login.windows.net/{TENANT}/"),
        format!("client={CLIENT}"),
    );
    [
        format!(
            "at=#/0\n    token={}\n    {client}\n    {at}\n    resource=https://graph.microsoft.com/\n    \
             user=eva@contoso.example\n    oid=0b1ec701\n    tid={TENANT}\n    home=u-1.{TENANT}\n    \
             refreshed=1795353890\n    mrrt=yes",
            hash(b"0.AXeva")
        ),
        "at=#/1 skip=app_only".to_owned(),
        "at=#/2 skip=obo".to_owned(),
        format!(
            "at=#/3\n    token={}\n    {client}\n    {at}\n    resource=https://graph.microsoft.com/\n    \
             user=eva@outlook.example\n    oid=0b1ec701\n    tid={TENANT}\n    refreshed=1795353890\n    \
             guest=yes\n    personal=yes",
            hash(b"M.C5_personal!*$")
        ),
        "at=#/4 skip=malformed".to_owned(),
        "at=#/5 skip=malformed".to_owned(),
        "at=#/6 skip=malformed".to_owned(),
    ]
}

#[test]
fn schema_3_is_read_to_every_field() {
    let found = rows_of(&schema_3(), &SourceOptions::default()).unwrap();
    assert_eq!(found, rows_of_schema_3());
}

#[test]
fn schema_2_is_read_to_every_field() {
    let mut flat = result(user(
        "eva@contoso.example",
        "https://sts.windows.net/other/",
    ));
    flat["RefreshToken"] = "0.AXeva".into();
    flat["IsMultipleResourceRefreshToken"] = true.into();
    flat["UserAssertionHash"] = Value::Null;
    let key = key(
        "login.microsoftonline.com/common",
        "https://graph.windows.net",
        0,
    );
    let found = rows_of(&cache(2, &[(key, value(&flat))]), &SourceOptions::default()).unwrap();
    let expected = format!(
        "at=#/0\n    token={}\n    client={CLIENT}\n    \
         authority=https://login.microsoftonline.com/common/\n    resource=https://graph.windows.net\n    \
         user=eva@contoso.example\n    oid=0b1ec701\n    tid={TENANT}\n    refreshed=1795353890\n    mrrt=yes\n    \
         guest=yes",
        hash(b"0.AXeva")
    );
    assert_eq!(found, [expected]);
}

#[test]
fn a_context_of_azure_powershell_has_the_same_rows_in_any_encoding() {
    let context = json!({
        "DefaultContextKey": "d", "EnvironmentTable": {}, "Contexts": {},
        "TokenCache": { "Other": [], "CacheData": STANDARD.encode(schema_3()) },
    })
    .to_string();
    let utf_16: Vec<u8> = format!("\u{feff}{context}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut named = SourceOptions::default();
    named.from = Some(SourceKind::AdalNet);
    for content in [
        context.as_bytes(),
        format!("\u{feff}{context}\r\n").as_bytes(),
        &utf_16,
    ] {
        for options in [&SourceOptions::default(), &named] {
            assert_eq!(rows_of(content, options).unwrap(), rows_of_schema_3());
        }
    }
}

#[test]
fn a_cache_without_entries_has_no_rows() {
    for schema in [2, 3] {
        let found = rows_of(&cache(schema, &[]), &SourceOptions::default()).unwrap();
        assert!(found.is_empty());
    }
}

#[test]
fn what_cannot_be_read_says_where_or_what_to_do() {
    let whole = schema_3();
    let context = |data: Value| {
        let context = json!({ "TokenCache": data, "Contexts": {} });
        refusal(context.to_string().as_bytes(), &SourceOptions::default())
    };
    let refused = |content: &[u8]| refusal(content, &SourceOptions::default());
    let again = "copy the file again while its application does not write it";
    // Cut off inside the first value.
    let cut = refused(&whole[..700]);
    assert_eq!(
        cut,
        format!("is cut off: what starts at byte 149 is longer than what is left; {again}")
    );
    let longer = refused(&[whole.as_slice(), b"\0"].concat());
    assert!(longer.starts_with(&format!("byte {}: expected the end", whole.len())));
    let mut fewer = whole.clone();
    fewer[4..8].copy_from_slice(&(-1_i32).to_le_bytes());
    assert!(refused(&fewer).starts_with("byte 8: expected the number of entries"));
    let first = cache(
        1,
        &[(key("login.windows.net/common", "", 0), b"x".to_vec())],
    );
    assert!(refused(&first).contains("ADAL.NET 2.7"));

    for without in [
        json!({}),
        json!({ "CacheData": null }),
        json!({ "CacheData": 7 }),
    ] {
        let refused = context(without);
        assert!(
            refused.contains("without a token cache in it; name the file"),
            "{refused}"
        );
    }
    assert!(context(json!({ "CacheData": "a b" })).contains("expected base64"));
    let dpapi = b"\x01\0\0\0\xd0\x8c\x9d\xdf\x01\x15\xd1\x11\x8c\x7a\0\xc0\x4f\xc2\x97\xeb..";
    let encrypted = context(json!({ "CacheData": STANDARD.encode(dpapi) }));
    assert!(encrypted.starts_with("is encrypted with Windows DPAPI; decrypt it first"));
    let other = context(json!({ "CacheData": STANDARD.encode("\x04\0\0\0") }));
    assert!(other.starts_with("byte 4: expected schema 2 or 3"));

    for kind in SourceKind::ALL
        .iter()
        .filter(|kind| **kind != SourceKind::AdalNet)
    {
        let mut options = SourceOptions::default();
        options.from = Some(*kind);
        let refused = refusal(&whole, &options);
        assert!(
            refused.contains("it is a binary cache of ADAL.NET"),
            "{kind}"
        );
    }
    let mut options = SourceOptions::default();
    options.from = Some(SourceKind::AdalNet);
    assert!(refusal(br#"[{"_clientId":"x"}]"#, &options).contains("it is no cache of ADAL.NET"));
}

#[test]
fn a_cache_that_is_cut_off_anywhere_is_never_read_as_a_shorter_one() {
    let value = value(&entry_of_schema_3("0.AXeva"));
    let key = key("login.windows.net/common", "https://graph.microsoft.com", 0);
    let whole = cache(3, &[(key.clone(), value.clone()), (key, value)]);
    let context = |cache: &[u8]| {
        let data = STANDARD.encode(cache);
        format!(r#"{{"TokenCache":{{"CacheData":"{data}"}}}}"#)
    };
    let cuts = || (1..whole.len()).map(|length| &whole[..length]);
    let options = SourceOptions::default();
    assert_eq!(
        first_that_is_read(cuts().map(<[u8]>::to_vec), &options),
        None
    );
    let contexts = cuts().step_by(7).map(|cut| context(cut).into_bytes());
    assert_eq!(first_that_is_read(contexts, &options), None);
}
