//! What an API demands when it refuses a token: the challenges of a `WWW-Authenticate` header (RFC 9110 §11.6.1).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

use crate::json::RawObject;

/// The challenge of an API that takes bearer tokens (RFC 6750 §3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BearerChallenge {
    /// `error`, such as `invalid_token` or `insufficient_claims`.
    pub error: Option<String>,
    /// `claims`, decoded: what the next token must have, as the JSON text that the token endpoint is sent. `None` as well
    /// where what stands there is no JSON object.
    pub claims: Option<String>,
}

impl BearerChallenge {
    /// The challenge in the headers of an answer, most of the time one with the status 401; `None` where there is none for
    /// bearer tokens.
    ///
    /// An answer may have challenges of several schemes, in one header or in many. Of several for bearer tokens, the first
    /// one with claims is meant. What cannot be read is passed over: an API that sends garbage refuses all the same.
    pub fn find(headers: &HeaderMap) -> Option<Self> {
        let mut first = None;
        for header in headers.get_all(WWW_AUTHENTICATE) {
            let text = String::from_utf8_lossy(header.as_bytes());
            for challenge in Challenges(&text) {
                // RFC 9110 §11.1: the scheme is compared without case.
                if !challenge.scheme.eq_ignore_ascii_case("Bearer") {
                    continue;
                }
                let found = Self {
                    error: challenge.parameter("error").map(str::to_owned),
                    claims: challenge.parameter("claims").and_then(decoded),
                };
                if found.claims.is_some() {
                    return Some(found);
                }
                first = first.or(Some(found));
            }
        }
        first
    }
}

/// The JSON of a claims parameter: base64 of either alphabet, with or without padding, or the text itself.
fn decoded(claims: &str) -> Option<String> {
    let claims = claims.trim();
    let text = match claims.starts_with('{') {
        true => claims.to_owned(),
        false => {
            let standard = claims.replace('-', "+").replace('_', "/");
            String::from_utf8(LENIENT.decode(standard).ok()?).ok()?
        }
    };
    RawObject::parse(&text).is_some().then_some(text)
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One challenge.
#[derive(Debug, PartialEq, Eq)]
struct Challenge<'a> {
    scheme: &'a str,
    parameters: Vec<(&'a str, String)>,
}

impl Challenge<'_> {
    /// RFC 9110 §11.2: names are compared without case, and each is there once. The first counts.
    fn parameter(&self, name: &str) -> Option<&str> {
        let is_named = |(known, _): &&(&str, String)| known.eq_ignore_ascii_case(name);
        self.parameters
            .iter()
            .find(is_named)
            .map(|(_, value)| value.as_str())
    }
}

/// The challenges of one header; what is left to read of it.
///
/// RFC 9110 §11.6.1: "When a field value contains more than one challenge, or more than one WWW-Authenticate field is
/// provided, the contents of a challenge can itself contain a comma-separated list of authentication parameters." So what
/// follows a comma is a parameter if an equals sign follows it, and else the next scheme.
struct Challenges<'a>(&'a str);

impl<'a> Iterator for Challenges<'a> {
    type Item = Challenge<'a>;

    fn next(&mut self) -> Option<Challenge<'a>> {
        let scheme = loop {
            self.0 = self.0.trim_start_matches(SEPARATORS);
            if self.0.is_empty() {
                return None;
            }
            match self.token() {
                Some(scheme) => break scheme,
                None => self.skip_element(),
            }
        };
        let mut challenge = Challenge {
            scheme,
            parameters: Vec::new(),
        };
        if self.0.starts_with(BLANKS) && self.skip_token68() {
            return Some(challenge);
        }
        while let Some((name, value)) = self.parameter() {
            if let Some(value) = value {
                challenge.parameters.push((name, value));
            }
        }
        Some(challenge)
    }
}

impl<'a> Challenges<'a> {
    /// RFC 9110 §5.6.2
    fn token(&mut self) -> Option<&'a str> {
        let is_token =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let length = self.0.bytes().take_while(is_token).count();
        let (token, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        (!token.is_empty()).then_some(token)
    }

    /// Reads over a token68 (RFC 9110 §11.2), if that is all there is up to the next comma: what Basic and Negotiate have in
    /// place of parameters.
    fn skip_token68(&mut self) -> bool {
        let text = self.0.trim_start_matches(BLANKS);
        let is_token68 = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
        let length = text.bytes().take_while(is_token68).count();
        let Some((value, behind)) = text.split_at_checked(length) else {
            return false;
        };
        let unpadded = behind.trim_start_matches('=');
        // One equals sign may as well end the name of a parameter without a value. Nobody reads the token68.
        let is_padded_once = behind.len() == unpadded.len() + 1;
        let is_name = is_padded_once && !value.contains('/');
        let behind = unpadded.trim_start_matches(BLANKS);
        let is_last = behind.is_empty() || behind.starts_with(',');
        let is_all = !value.is_empty() && !is_name && is_last;
        if is_all {
            self.0 = behind;
        }
        is_all
    }

    /// The next parameter with its value, if there is a readable one; `None` where the next challenge begins.
    fn parameter(&mut self) -> Option<(&'a str, Option<String>)> {
        let before = self.0;
        self.0 = self.0.trim_start_matches(SEPARATORS);
        let name = self.token();
        // RFC 9110 §11.2 lets blanks be around the sign, for the sake of old programs.
        let sign = self.0.trim_start_matches(BLANKS).strip_prefix('=');
        let (Some(name), Some(behind)) = (name, sign) else {
            self.0 = before;
            return None;
        };
        self.0 = behind.trim_start_matches(BLANKS);
        let value = match self.0.starts_with('"') {
            true => self.quoted_string(),
            false => Some(self.unquoted()),
        };
        Some((name, value))
    }

    /// RFC 9110 §5.6.4: a backslash stands before a character that is meant itself. `None` where the end is missing.
    fn quoted_string(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.0);
        let mut value = String::new();
        let mut characters = text.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.0 = text.get(at + 1..).unwrap_or_default();
                    return Some(value);
                }
                '\\' => value.push(characters.next()?.1),
                character => value.push(character),
            }
        }
        None
    }

    /// A value without quotes. RFC 9110 §11.2 wants a token there; base64 has more characters, and ends with equals signs.
    fn unquoted(&mut self) -> String {
        let end = self.0.find([',', ' ', '\t']).unwrap_or(self.0.len());
        let (value, rest) = self.0.split_at(end);
        self.0 = rest;
        value.to_owned()
    }

    /// Reads over what is neither a scheme nor a parameter, up to the next comma that is not quoted.
    fn skip_element(&mut self) {
        while !self.0.is_empty() && !self.0.starts_with(',') {
            match self.0.starts_with('"') {
                true => {
                    self.quoted_string();
                }
                false => {
                    let mut characters = self.0.chars();
                    characters.next();
                    self.0 = characters.as_str();
                }
            }
        }
    }
}

/// RFC 9110 §5.6.3
const BLANKS: [char; 2] = [' ', '\t'];
/// RFC 9110 §5.6.1: a list may have empty elements.
const SEPARATORS: [char; 3] = [' ', '\t', ','];

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let value = |text: &&str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
        values
            .iter()
            .map(|text| (WWW_AUTHENTICATE, value(text)))
            .collect()
    }

    fn read(header: &str) -> Vec<(String, Vec<(String, String)>)> {
        let owned = |challenge: Challenge<'_>| {
            let parameters = challenge.parameters.into_iter();
            let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
            (challenge.scheme.to_owned(), parameters.collect())
        };
        Challenges(header).map(owned).collect()
    }

    const NBF: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1635527790"}}}"#;
    const NBF_64: &str =
        "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjM1NTI3NzkwIn19fQ==";

    #[test]
    fn the_challenge_of_microsoft_graph_is_found() {
        let header = format!(
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", claims=\"{NBF_64}\""
        );
        let expected = BearerChallenge {
            error: Some("insufficient_claims".to_owned()),
            claims: Some(NBF.to_owned()),
        };
        assert_eq!(BearerChallenge::find(&headers(&[&header])), Some(expected));
    }

    #[test]
    fn challenges_are_told_apart_as_the_standard_says() {
        let own = |challenges: &[(&str, &[(&str, &str)])]| -> Vec<_> {
            let parameter = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
            challenges
                .iter()
                .map(|(scheme, parameters)| {
                    (
                        scheme.to_string(),
                        parameters.iter().map(parameter).collect(),
                    )
                })
                .collect()
        };
        for (header, expected) in [
            // RFC 9110 §11.6.1, its example.
            (
                r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#,
                own(&[
                    ("Basic", &[("realm", "simple")]),
                    (
                        "Newauth",
                        &[
                            ("realm", "apps"),
                            ("type", "1"),
                            ("title", "Login to \"apps\""),
                        ],
                    ),
                ]),
            ),
            // RFC 6750 §3, its examples.
            (
                r#"Bearer realm="example""#,
                own(&[("Bearer", &[("realm", "example")])]),
            ),
            (
                r#"Bearer realm="example", error="invalid_token", error_description="The access token expired""#,
                own(&[(
                    "Bearer",
                    &[
                        ("realm", "example"),
                        ("error", "invalid_token"),
                        ("error_description", "The access token expired"),
                    ],
                )]),
            ),
            (
                "Negotiate, NTLM,Bearer",
                own(&[("Negotiate", &[]), ("NTLM", &[]), ("Bearer", &[])]),
            ),
            (
                r#"Negotiate YII+/abc==, Bearer error="e""#,
                own(&[("Negotiate", &[]), ("Bearer", &[("error", "e")])]),
            ),
            (
                " ,, Bearer  a = b ,\t,c=\"d,e = f\" , ,",
                own(&[("Bearer", &[("a", "b"), ("c", "d,e = f")])]),
            ),
            (
                r#"Bearer a="\\\"\q""#,
                own(&[("Bearer", &[("a", "\\\"q")])]),
            ),
            (r#"Bearer a="b, Basic c="#, own(&[("Bearer", &[])])),
            (r#"Bearer a="b\"#, own(&[("Bearer", &[])])),
            (
                "Bearer a=, b=c",
                own(&[("Bearer", &[("a", ""), ("b", "c")])]),
            ),
            (r#"?"x, y", Bearer a=b"#, own(&[("Bearer", &[("a", "b")])])),
            ("", own(&[])),
            ("\u{e5}\u{e5}\u{e5}", own(&[])),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
    }

    #[test]
    fn the_challenge_with_claims_is_found_wherever_it_stands() {
        let with_claims = format!("bearer CLAIMS=\"{NBF_64}\"");
        let plain = r#"Bearer error="invalid_token""#;
        for values in [
            vec![with_claims.as_str()],
            vec!["Basic realm=\"claims=x\"", &with_claims],
            vec![plain, &with_claims],
            vec![&format!("{plain}, {with_claims}")],
            vec![&format!("PoP nonce=\"x\", {with_claims}, Basic abc=")],
        ] {
            let found = BearerChallenge::find(&headers(&values)).unwrap();
            assert_eq!(found.claims.as_deref(), Some(NBF), "{values:?}");
        }
        let plain = BearerChallenge::find(&headers(&["Basic x", plain])).unwrap();
        assert_eq!(plain.error.as_deref(), Some("invalid_token"));
        assert_eq!(plain.claims, None);
        let others = headers(&["PoP claims=\"e30=\"", "Basic realm=\"Bearer\"", "Bearers"]);
        assert_eq!(BearerChallenge::find(&others), None);
        assert_eq!(BearerChallenge::find(&HeaderMap::new()), None);
    }

    #[test]
    fn claims_are_json_in_base64_of_any_kind_or_as_they_are() {
        let quoted = NBF.replace('"', "\\\"");
        let special = r#"{"a":"??>>ÿÿ"}"#;
        for (claims, expected) in [
            (format!("\"{NBF_64}\""), Some(NBF)),
            (format!("\"{}\"", NBF_64.trim_end_matches('=')), Some(NBF)),
            (NBF_64.to_owned(), Some(NBF)),
            (format!("\"{quoted}\""), Some(NBF)),
            ("\"eyJhIjoiPz8+PsO/w78ifQ==\"".to_owned(), Some(special)),
            ("\"eyJhIjoiPz8-PsO_w78ifQ\"".to_owned(), Some(special)),
            ("\"W10=\"".to_owned(), None),
            ("\"!!!\"".to_owned(), None),
            ("\"\"".to_owned(), None),
            ("\"{\"".to_owned(), None),
        ] {
            let header = format!("Bearer error=e, claims={claims}");
            let found = BearerChallenge::find(&headers(&[&header])).unwrap();
            assert_eq!(found.claims.as_deref(), expected, "{claims}");
            assert_eq!(found.error.as_deref(), Some("e"));
        }
    }

    type Parameters = Vec<(String, String, bool)>;

    fn quoted(value: &str) -> String {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    }

    fn written(challenges: &[(String, Parameters)], comma: &str, sign: &str) -> String {
        let parameter = |(name, value, is_quoted): &(String, String, bool)| {
            let is_token =
                !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            match *is_quoted || !is_token {
                true => format!("{name}{sign}{}", quoted(value)),
                false => format!("{name}{sign}{value}"),
            }
        };
        let challenge = |(scheme, parameters): &(String, Parameters)| {
            let parameters: Vec<_> = parameters.iter().map(parameter).collect();
            format!("{scheme} {}", parameters.join(comma))
                .trim_end()
                .to_owned()
        };
        let challenges: Vec<_> = challenges.iter().map(challenge).collect();
        challenges.join(comma)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            challenges in proptest::collection::vec(
                (
                    "[A-Za-z][A-Za-z0-9-]{0,8}",
                    proptest::collection::vec(("[a-z_]{1,8}", "[ -~\u{e5}]{0,12}", any::<bool>()), 0..5),
                ),
                0..5,
            ),
            comma in "[ \t]{0,2},[ \t,]{0,3}",
            sign in "[ ]{0,1}=[ ]{0,1}",
        ) {
            let text = written(&challenges, &comma, &sign);
            let expected: Vec<_> = challenges
                .into_iter()
                .map(|(scheme, parameters)| {
                    let parameters = parameters.into_iter().map(|(name, value, _)| (name, value));
                    (scheme, parameters.collect::<Vec<_>>())
                })
                .collect();
            prop_assert_eq!(read(&text), expected, "{}", text);
        }

        #[test]
        fn claims_are_found_behind_whatever_else(before in "[ -~]{0,30}", value in "[a-z]{0,9}") {
            let json = format!("{{\"a\":\"{value}\"}}");
            let encoded = LENIENT.encode(&json);
            let claims = format!("Bearer claims=\"{encoded}\"");
            let map = headers(&[&before, &claims]);
            let found = BearerChallenge::find(&map).unwrap();
            prop_assert!(found.claims.as_ref() == Some(&json) || before.contains("laims"));
        }

        #[test]
        fn no_header_panics(bytes in proptest::collection::vec(32_u8..=255, 0..60)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.insert(WWW_AUTHENTICATE, value);
                let _ = BearerChallenge::find(&headers);
            }
        }

        #[test]
        fn no_punctuation_panics(text in "[Bb=,\" \\\\a]{0,30}") {
            let _ = BearerChallenge::find(&headers(&[&text]));
        }
    }
}
