//! Client assertions: a signed token that says who the client is (RFC 7521 §4.2, RFC 7523 §2.2 and §3).
//!
//! The form is the compact serialization of a JWS (RFC 7515 §3.1). Here it is put together; who has the key signs it.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::{AuthorityKind, ClientAssertion, UnixTime};

/// What a key can sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// An elliptic curve key on P-256.
    P256,
    /// An RSA key.
    Rsa,
}

/// How an assertion is signed (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "UPPERCASE")]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 with SHA-256. The signature is the 64 bytes of RFC 7518 §3.4, and not DER.
    Es256,
    /// RSASSA-PSS with SHA-256, and a salt of 32 bytes.
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl SignatureAlgorithm {
    /// What a key of this type signs with for an authority of this kind: ADFS knows no PSS.
    pub fn of(key: KeyType, authority: AuthorityKind) -> Self {
        match (key, authority) {
            (KeyType::P256, _) => Self::Es256,
            (KeyType::Rsa, AuthorityKind::Adfs) => Self::Rs256,
            (KeyType::Rsa, _) => Self::Ps256,
        }
    }
}

/// The digest of a certificate's DER form, by which the server finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thumbprint {
    /// `x5t` (RFC 7515 §4.1.7), which is the one that ADFS knows.
    Sha1([u8; 20]),
    /// `x5t#S256` (RFC 7515 §4.1.8).
    Sha256([u8; 32]),
}

/// The header of an assertion, encoded: the same for all assertions that are signed with one key for one kind of authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionHeader {
    algorithm: SignatureAlgorithm,
    encoded: String,
}

impl AssertionHeader {
    /// The header for a key whose certificate has this thumbprint. `chain` are the certificates to send along, in DER form
    /// and that of the key first: then the server needs to know who issued it only. None are sent where it is empty.
    pub fn new(
        algorithm: SignatureAlgorithm,
        thumbprint: Thumbprint,
        chain: &[impl AsRef<[u8]>],
    ) -> Self {
        let (x5t, x5t_s256) = match &thumbprint {
            Thumbprint::Sha1(digest) => (Some(base64url(digest)), None),
            Thumbprint::Sha256(digest) => (None, Some(base64url(digest))),
        };
        // RFC 7515 §4.1.6: each is "base64-encoded (Section 4 of [RFC4648] -- not base64url-encoded)".
        let x5c = chain.iter().map(|der| STANDARD.encode(der)).collect();
        let wire = HeaderWire {
            alg: algorithm,
            typ: "JWT",
            x5c,
            x5t,
            x5t_s256,
        };
        Self {
            algorithm,
            encoded: segment(&wire),
        }
    }

    /// What the assertion has to be signed with.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }
}

/// What an assertion claims (RFC 7523 §3).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AssertionClaims<'a> {
    /// Whom it is for: the token endpoint.
    pub audience: &'a str,
    /// Who the client is.
    pub client_id: &'a str,
    /// What no other assertion has, such as a random UUID.
    pub id: &'a str,
    /// When it is made.
    pub now: UnixTime,
}

impl<'a> AssertionClaims<'a> {
    /// How long an assertion holds: what MSAL Python gives it, and the most that Entra is happy with.
    pub const LIFETIME: Duration = Duration::from_secs(600);

    /// The claims of an assertion that is made now.
    pub fn new(audience: &'a str, client_id: &'a str, id: &'a str, now: UnixTime) -> Self {
        Self {
            audience,
            client_id,
            id,
            now,
        }
    }
}

/// An assertion that has still to be signed.
pub struct UnsignedAssertion(String);

impl UnsignedAssertion {
    /// Puts header and claims together.
    pub fn new(header: &AssertionHeader, claims: &AssertionClaims<'_>) -> Self {
        let wire = ClaimsWire {
            // RFC 7523 §3 (3): "The token endpoint URL of the authorization server MAY be used" as the audience.
            aud: claims.audience,
            // RFC 7523 §3 (1, 2.B): for client authentication both are the client id.
            iss: claims.client_id,
            sub: claims.client_id,
            exp: (claims.now + AssertionClaims::LIFETIME).as_secs(),
            nbf: claims.now.as_secs(),
            iat: claims.now.as_secs(),
            jti: claims.id,
        };
        Self(signing_input(&header.encoded, &segment(&wire)))
    }

    /// The bytes to sign: the JWS Signing Input (RFC 7515 §5.1, step 8).
    pub fn signing_input(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The assertion with its signature.
    pub fn signed(self, signature: &[u8]) -> ClientAssertion {
        let mut jws = self.0;
        jws.reserve_exact(1 + signature.len().div_ceil(3) * 4);
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jws);
        ClientAssertion::new(jws)
    }
}

/// Without its signature it opens nothing, but it names the client.
impl fmt::Debug for UnsignedAssertion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("UnsignedAssertion")
            .finish_non_exhaustive()
    }
}

impl ClientAssertion {
    /// Whether it has the form of a signed token: three parts in base64url with dots between them (RFC 7515 §3.1). What has
    /// another form is a mistake, perhaps a key, and must not be sent.
    pub fn is_jws(&self) -> bool {
        let mut parts = 0;
        let all = self.expose_secret().split('.').all(|part| {
            parts += 1;
            let mut letters = part.bytes();
            !part.is_empty()
                && letters
                    .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'))
        });
        all && parts == 3
    }
}

#[derive(Serialize)]
struct HeaderWire {
    alg: SignatureAlgorithm,
    typ: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    x5c: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5t: Option<String>,
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    x5t_s256: Option<String>,
}

/// RFC 7519 §2: a NumericDate may be a fraction, which servers exist that cannot read.
#[derive(Serialize)]
struct ClaimsWire<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: &'a str,
}

fn segment(wire: &impl Serialize) -> String {
    let json = serde_json::to_vec(wire).expect("text and numbers always become JSON");
    base64url(&json)
}

fn signing_input(header: &str, payload: &str) -> String {
    [header, payload].join(".")
}

/// RFC 7515 §2: base64url "with all trailing '=' characters omitted".
fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// RFC 7515 appendix A: header, payload and signature as octets, and the serialization that they make.
    const RFC_7515: [(&str, &str, &[u8], &str); 2] = [
        // A.1.1; the signature of A.1 is a MAC, whose encoding is the same.
        (
            "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
            PAYLOAD,
            &[
                116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22,
                212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
            ],
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9\
             .eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
             .dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        // A.3.1: R and S one after the other, as ES256 has them.
        (
            "{\"alg\":\"ES256\"}",
            PAYLOAD,
            &[
                14, 209, 33, 83, 121, 99, 108, 72, 60, 47, 127, 21, 88, 7, 212, 2, 163, 178, 40, 3,
                58, 249, 124, 126, 23, 129, 154, 195, 22, 158, 166, 101, 197, 10, 7, 211, 140, 60,
                112, 229, 216, 241, 45, 175, 8, 74, 84, 128, 166, 101, 144, 197, 242, 147, 80, 154,
                143, 63, 127, 138, 131, 163, 84, 213,
            ],
            "eyJhbGciOiJFUzI1NiJ9\
             .eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
             .DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
    ];

    const PAYLOAD: &str =
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

    const ALGORITHMS: [(KeyType, AuthorityKind, SignatureAlgorithm, &str); 6] = {
        use AuthorityKind::{Adfs, B2c, Entra, Oidc};
        use SignatureAlgorithm::{Es256, Ps256, Rs256};
        [
            (KeyType::Rsa, Entra, Ps256, "PS256"),
            (KeyType::Rsa, B2c, Ps256, "PS256"),
            (KeyType::Rsa, Oidc, Ps256, "PS256"),
            (KeyType::Rsa, Adfs, Rs256, "RS256"),
            (KeyType::P256, Entra, Es256, "ES256"),
            (KeyType::P256, Adfs, Es256, "ES256"),
        ]
    };

    fn decoded(segment: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
    }

    #[test]
    fn the_serialization_is_that_of_rfc_7515_appendix_a() {
        for (header, payload, signature, serialized) in RFC_7515 {
            let input = signing_input(
                &base64url(header.as_bytes()),
                &base64url(payload.as_bytes()),
            );
            let jws = UnsignedAssertion(input).signed(signature);
            assert_eq!(jws.expose_secret(), serialized);
        }
    }

    #[test]
    fn the_algorithm_follows_from_key_and_authority() {
        for (key, authority, algorithm, name) in ALGORITHMS {
            assert_eq!(SignatureAlgorithm::of(key, authority), algorithm);
            assert_eq!(serde_json::to_value(algorithm).unwrap(), json!(name));
        }
    }

    #[test]
    fn the_header_is_the_one_msal_python_sends_without_its_padding() {
        // The octets of the thumbprints in the recorded requests.
        let sha1 = URL_SAFE_NO_PAD
            .decode("wGF2tdbv-3Xnof0xI0kdRX85pBA")
            .unwrap();
        let sha1 = Thumbprint::Sha1(sha1.try_into().unwrap());
        let none: [&[u8]; 0] = [];
        let header = AssertionHeader::new(SignatureAlgorithm::Rs256, sha1, &none);
        assert_eq!(header.algorithm(), SignatureAlgorithm::Rs256);
        assert_eq!(
            URL_SAFE_NO_PAD.decode(&header.encoded).unwrap(),
            br#"{"alg":"RS256","typ":"JWT","x5t":"wGF2tdbv-3Xnof0xI0kdRX85pBA"}"#
        );
        let chain = [&b"\xff\xfe\xfd\xfc"[..], b"\0"];
        let sha256 = Thumbprint::Sha256([0xfb; 32]);
        let header = AssertionHeader::new(SignatureAlgorithm::Ps256, sha256, &chain);
        assert_eq!(
            decoded(&header.encoded),
            json!({
                "alg": "PS256",
                "typ": "JWT",
                // RFC 7515 §4.1.6: base64, and not base64url.
                "x5c": ["//79/A==", "AA=="],
                "x5t#S256": "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s",
            })
        );
    }

    #[test]
    fn what_is_no_signed_token_is_none() {
        for (text, is_jws) in [
            ("e30.e30.c2ln", true),
            ("e30.e30._-", true),
            ("", false),
            ("..", false),
            ("e30.e30.", false),
            ("e30.e30", false),
            ("e30.e30.c2ln.e30", false),
            ("e30.e30.c2ln\n", false),
            ("e30.e30.c2ln=", false),
            ("-----BEGIN PRIVATE KEY-----", false),
        ] {
            assert_eq!(ClientAssertion::from(text).is_jws(), is_jws, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn an_assertion_says_what_was_claimed_and_nothing_else(
            audience in "\\PC*", client_id in "\\PC*", id in "\\PC*",
            now in -1_i64..1 << 40, signature in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let none: [&[u8]; 0] = [];
            let thumbprint = Thumbprint::Sha256([7; 32]);
            let header = AssertionHeader::new(SignatureAlgorithm::Ps256, thumbprint, &none);
            let claims =
                AssertionClaims::new(&audience, &client_id, &id, UnixTime::from_secs(now));
            let unsigned = UnsignedAssertion::new(&header, &claims);
            let signed_bytes = String::from_utf8(unsigned.signing_input().to_vec()).unwrap();
            let assertion = unsigned.signed(&signature);
            let parts: Vec<_> = assertion.expose_secret().split('.').collect();
            prop_assert_eq!(assertion.is_jws(), !signature.is_empty());
            let [head, body, tail] = parts[..] else {
                panic!("{} parts", parts.len())
            };
            prop_assert_eq!([head, body].join("."), signed_bytes);
            prop_assert_eq!(URL_SAFE_NO_PAD.decode(tail).unwrap(), signature);
            prop_assert_eq!(decoded(body), json!({
                "aud": audience,
                "iss": client_id,
                "sub": client_id,
                "exp": now + 600,
                "nbf": now,
                "iat": now,
                "jti": id,
            }));
        }
    }
}
