//! Configurations of rclone, plain and encrypted by rclone 1.60 itself.

use msal_migrate::{SourceError, SourceKind, SourceOptions};

use super::{first_that_is_read, hash, refusal, rows_of};

const TENANT: &str = "c0ffee00-0001-4000-8000-000000000000";
const CLIENT: &str = "51D2B6AC-6d3c-4d43-9d42-3a8f2ac0a001";
const ALL: &str = "Files.Read Files.ReadWrite Files.Read.All Files.ReadWrite.All Sites.Read.All";

/// What rclone encrypted.
const PLAIN: &str = r#"# mine
[work: drive]
type = onedrive
client_id = 51D2B6AC-6d3c-4d43-9d42-3a8f2ac0a001
client_secret = se;cret = #1
tenant = c0ffee00-0001-4000-8000-000000000000
token = {"access_token":"at","token_type":"Bearer","refresh_token":"1.AXeva","expiry":"2026-11-22T14:30:05.25+01:00"}
drive_type = business
access_scopes = Files.Read offline_access

[home]
type = onedrive
token = {"access_token":"at","token_type":"Bearer","refresh_token":"M.C5_adam!*$","expiry":"2026-11-22T14:30:05Z"}
drive_type = personal
"#;

/// By rclone 1.60, with a password of letters that are composed, and of those that Unicode has for other scripts' sake.
const ENCRYPTED: &[u8] = include_bytes!("../../fixtures/rclone/rclone-odd-password.conf");
const PASSWORD: &str = "\u{ff50}ass \u{c5} \u{fb01}";

fn rows_at(lines: [u64; 2]) -> [String; 2] {
    [
        format!(
            "at=:{}\n    key=work: drive\n    token={}\n    client={CLIENT}\n    \
             authority=https://login.microsoftonline.com/{TENANT}\n    scopes=Files.Read\n    refreshed=1795350605",
            lines[0],
            hash(b"1.AXeva")
        ),
        format!(
            "at=:{}\n    key=home\n    token={}\n    client=b15665d9-eda6-4092-8539-0eec376afd59\n    \
             authority=https://login.microsoftonline.com/common\n    scopes={ALL}\n    refreshed=1795354205\n    \
             personal=yes",
            lines[1],
            hash(b"M.C5_adam!*$")
        ),
    ]
}

fn with_password(password: &str) -> SourceOptions {
    let mut options = SourceOptions::default();
    options.password = Some(password.into());
    options
}

fn rows(content: &str) -> Vec<String> {
    rows_of(content.as_bytes(), &SourceOptions::default()).unwrap()
}

#[test]
fn a_plain_configuration_is_read_to_every_field() {
    assert_eq!(rows(PLAIN), rows_at([2, 11]));
    let with_bom = format!("\u{feff}{}", PLAIN.replace('\n', "\r\n"));
    assert_eq!(rows(&with_bom), rows_at([2, 11]));
}

#[test]
fn an_encrypted_one_has_the_same_rows() {
    // Composed in another way, by another keyboard; and with white space, which older versions took off.
    for password in [PASSWORD, "pass A\u{30a} fi", "\u{ff50}ass \u{c5} fi \n"] {
        let found = rows_of(ENCRYPTED, &with_password(password)).unwrap();
        assert_eq!(found.len(), 2, "{password}");
        for (row, token) in found.iter().zip(["1.AXeva", "M.C5_adam!*$"]) {
            assert!(row.contains(&hash(token.as_bytes())), "{row}");
        }
    }
}

#[test]
fn without_the_password_nothing_is_read_and_it_is_said_what_to_give() {
    let none = refusal(ENCRYPTED, &SourceOptions::default());
    assert!(none.starts_with(
        "is encrypted, and no password is given; name what holds the password: --password-env"
    ));
    for wrong in ["pass", "", "pass a\u{30a} fi"] {
        let refused = refusal(ENCRYPTED, &with_password(wrong));
        assert!(
            refused.starts_with("the password does not open it; check"),
            "{refused}"
        );
        let error = rows_of(ENCRYPTED, &with_password(wrong)).unwrap_err();
        assert!(matches!(
            error,
            SourceError::Password { is_given: true, .. }
        ));
    }
    let mut named = SourceOptions::default();
    named.from = Some(SourceKind::Rclone);
    assert!(refusal(ENCRYPTED, &named).contains("no password"));
    named.from = Some(SourceKind::TokenJson);
    assert!(refusal(ENCRYPTED, &named).contains("it is a configuration of rclone"));
    // The password is no part of what is printed.
    assert!(!format!("{:?}", with_password("hush hush")).contains("hush"));
}

#[test]
fn damage_of_what_is_encrypted_is_never_taken_for_a_configuration() {
    let text = std::str::from_utf8(ENCRYPTED).unwrap();
    let refused = |content: &str| refusal(content.as_bytes(), &with_password(PASSWORD));
    let cut = &text[..text.len() - 8];
    assert!(refused(cut).starts_with("the password does not open it"));
    assert!(refused(&text.replace("LKUT", "LKUU")).starts_with("the password does not open it"));
    assert!(refused(&text.replace("LKUT", "L*UT")).starts_with("what is encrypted is not base64"));
    assert!(
        refused(&text.replace("V0:", "V1:"))
            .starts_with("it is encrypted in a way that is not known")
    );
    assert!(refused("RCLONE_ENCRYPT_V0:").starts_with("the password does not open it"));
}

#[test]
fn every_region_and_endpoint_is_a_host_of_its_own() {
    let section = |settings: &str| {
        format!(
            "[r]\ntype=onedrive\n{settings}\ntoken={{\"refresh_token\":\"1.AXeva\"}}\nclient_id=x\n"
        )
    };
    for (settings, authority) in [
        ("region = us", "https://login.microsoftonline.us/common"),
        (
            "region=cn\ntenant : contoso.example",
            "https://login.chinacloudapi.cn/contoso.example",
        ),
        ("region=de", "https://login.microsoftonline.de/common"),
        (
            "region=global\n#region = us",
            "https://login.microsoftonline.com/common",
        ),
        (
            "region =\ntenant=",
            "https://login.microsoftonline.com/common",
        ),
        (
            "token_url = https://evil.example/t/oauth2/v2.0/token",
            "https://evil.example/t/oauth2/v2.0/token",
        ),
        (
            "tenant = a\ntenant = b",
            "https://login.microsoftonline.com/b",
        ),
    ] {
        let expected = format!(
            "at=:1\n    key=r\n    token={}\n    client=x\n    authority={authority}\n    scopes={ALL}",
            hash(b"1.AXeva")
        );
        assert_eq!(rows(&section(settings)), [expected], "{settings}");
    }
    assert_eq!(rows(&section("region = mars")), ["at=:1 skip=malformed"]);
    let without = rows(&section("disable_site_permission = true"));
    assert!(!without[0].contains("Sites") && without[0].contains("Files.ReadWrite.All"));
}

#[test]
fn a_remote_without_a_token_of_microsofts_is_skipped_with_the_reason() {
    let content = "[drive]\ntype = drive\ntoken = {\"refresh_token\":\"1//google\"}\n\
                   [secret]\ntype = crypt\nremote = work:\n\
                   [odd]\ntoken = {\"refresh_token\":\"1.AXeva\"}\n\
                   [cut]\ntype = onedrive\ntoken = {\"refresh_token\":\"1.AX\n\
                   [none]\ntype = onedrive\ntoken = {}\n\
                   [list]\ntype = onedrive\ntoken = [1]\n";
    assert_eq!(
        rows(content),
        [
            "at=:1 skip=other_provider",
            "at=:4 skip=no_refresh_token",
            "at=:7 skip=malformed",
            "at=:9 skip=malformed",
            "at=:12 skip=no_refresh_token",
            "at=:15 skip=malformed",
        ]
    );
    let mut named = SourceOptions::default();
    named.from = Some(SourceKind::Rclone);
    assert!(refusal(b"[a]\nb = c\n", &named).contains("it has no remote of rclone's with a token"));
}

#[test]
fn an_encrypted_configuration_that_is_cut_off_or_changed_anywhere_is_refused() {
    let options = with_password(PASSWORD);
    let cuts = (1..ENCRYPTED.len()).map(|length| ENCRYPTED[..length].to_vec());
    assert_eq!(first_that_is_read(cuts, &options), None);
    let sealed = ENCRYPTED.iter().position(|byte| *byte == b':').unwrap() + 2;
    let changed = (sealed..ENCRYPTED.len()).map(|index| {
        let mut changed = ENCRYPTED.to_vec();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        changed
    });
    assert_eq!(first_that_is_read(changed, &options), None);
}
