//! Any bytes, and any change to a good store.

use super::*;

/// Text that looks like the start of something.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "\"",
        "\\",
        "\\u",
        "null",
        "1",
        "-",
        "\n",
        "\r\n",
        " ",
        "\u{feff}",
        "é",
        "\"refreshToken\"",
        "\"RefreshToken\"",
        "\"refresh_token\"",
        "\"secret\"",
        "\"token\"",
        "\"_clientId\"",
        "\"0.a\"",
        "refresh_token,client_id\n",
        "[section]\n",
        "a = b\n",
        "\"Key\"",
        "\"Value\"",
        "{\"RefreshToken\":{",
        "\"scope\"",
        "/",
        "\0",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

fn changed() -> impl Strategy<Value = Vec<u8>> {
    let texts = [ADAL, MSAL, TOKENS, CSV, DICTIONARIES, RCLONE];
    let mut stores: Vec<_> = texts.iter().map(|text| text.as_bytes()).collect();
    stores.extend(BINARY);
    let whole = prop::sample::select(stores);
    (
        whole,
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<bool>(),
    )
        .prop_map(|(whole, at, byte, cut)| {
            let mut bytes = whole.to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            bytes
        })
}

const DICTIONARIES: &str = r#"[{"Key":"refresh_tokens","Value":["{\"secret\":\"0.a\",\"client_id\":\"c\",\"environment\":\"login.windows.net\",\"home_account_id\":\"u.t\"}"]}]"#;

const RCLONE: &str = "[a]\ntype = onedrive\ntoken = {\"refresh_token\":\"0.a\"}\nclient_id = c\n";

/// ADAL.NET's caches, Azure PowerShell's context around one, and rclone's encrypted configuration: small enough that a changed
/// byte often hits what counts.
const BINARY: [&[u8]; 4] = [
    include_bytes!("../../fixtures/adal-net/TokenCache.v2.dat"),
    include_bytes!("../../fixtures/adal-net/TokenCache.v3.dat"),
    include_bytes!("../../fixtures/adal-net/AzureRmContext-with-CacheData.json"),
    include_bytes!("../../fixtures/rclone/rclone-odd-password.conf"),
];

/// Stores with a token in every place where one can stand, by mistake or not.
fn holding(token: &str) -> Vec<String> {
    vec![
        ADAL.replace("0.a", token),
        MSAL.replace("0.a", token),
        TOKENS.replace("0.a", token),
        CSV.replace("0.a", token),
        format!("{token},c\n{token},d\n"),
        format!("refresh_token,id\n0.a,{token}\n,{token}\n"),
        format!(r#"{{"{token}":{{"refresh_token":"0.a"}}}}"#),
        format!(r#"{{"{token}":1,"x":2}}"#),
        format!(
            r#"[{{"_clientId":"{token}","_authority":"https://{token}/","resource":"{token}"}}]"#
        ),
        format!(r#"{{"refresh_token":["{token}"],"scope":"{token} {token}"}}"#),
        format!("[section]\ntoken = {token}\n"),
        token.to_owned(),
        DICTIONARIES.replace("0.a", token),
        format!(r#"[{{"Key":"{token}","Value":["{token}"]}}]"#),
        RCLONE.replace("0.a", token),
        format!(
            "[{token}]\ntype = {token}\nregion = {token}\ntoken = {{\"refresh_token\":\"{token}\"}}\n"
        ),
        format!(r#"{{"TokenCache":{{"CacheData":"{token}"}}}}"#),
    ]
}

/// All that a program could print of a source and its rows.
fn printed(store: &Store, options: &SourceOptions) -> String {
    let error = |error: SourceError| format!("{error} {error:?} {:?}", error.hint());
    let source = match open(&store.path(), options) {
        Ok(source) => source,
        Err(refused) => return error(refused),
    };
    match rows(&*source) {
        Ok(rows) => rows
            .iter()
            .map(|row| format!("{} {}", row.locator(), row.locator().place()))
            .chain([format!("{source:?}")])
            .collect(),
        Err(damaged) => error(damaged),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_message_holds_a_token(
        place in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"\"\\,{}[]:\n x".to_vec()),
        cut in any::<bool>(),
        mapped in any::<bool>(),
    ) {
        let marker = "AXYAsecret";
        let token = format!("0.{}", marker.repeat(12));
        let stores = holding(&token);
        let mut content = place.get(&stores).clone().into_bytes();
        let at = at.index(content.len());
        content[at] = byte;
        if cut {
            content.truncate(at);
        }
        let store = Store::new(content);
        for from in [None].into_iter().chain(SourceKind::ALL.iter().copied().map(Some)) {
            let mut options = SourceOptions::default();
            options.from = from;
            if mapped {
                options.map = Mapping::parse(["refresh_token=refresh_token", "key=/id"]).unwrap();
            }
            let printed = printed(&store, &options);
            // What damage makes so short that it could be a name is no token any more.
            prop_assert!(!printed.contains(&marker.repeat(5)), "{}", printed);
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(
        content in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), plausible(), changed()],
        mapped in any::<bool>(),
    ) {
        let store = Store::new(content);
        for from in [None].into_iter().chain(SourceKind::ALL.iter().copied().map(Some)) {
            let mut options = SourceOptions::default();
            options.from = from;
            options.password = Some("fuzz".into());
            if mapped {
                options.map = Mapping::parse(["refresh_token=refresh_token", "scopes=/scope/0", "key=client_id:/x"]).unwrap();
            }
            let Ok(source) = open(&store.path(), &options) else { continue };
            let first = rows(&*source).map(|rows| format!("{rows:?}")).map_err(|error| error.to_string());
            let second = rows(&*source).map(|rows| format!("{rows:?}")).map_err(|error| error.to_string());
            prop_assert_eq!(first, second);
        }
    }
}
