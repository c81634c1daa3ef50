//! What a confidential client proves itself with, as the server sees it.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Response;
use msal::fakes::ScriptedHttp;
use msal::{
    AssertionContext, AssertionSigner, Authority, BoxFuture, Certificate, CertificateChain,
    ClientAssertion, ClientCredential, ConfidentialClientApplication, ConfigError, CredentialError,
    Error, Passphrase, Runtime, SignatureAlgorithm,
};
use msal_emulator::sample::{ALICE, CONTOSO, CONTOSO_ID, FABRIKAM_ID, PASSWORD};
use msal_emulator::{App, Directory, Settings, Tenant, User};
use serde_json::{Value, json};

use crate::wire::Sent;
use crate::world::{DAY, GRAPH, HOST, T0, World, authority};

const DAEMON: &str = "00c0ffee-0000-4000-8000-0000000000da";
const PASSPHRASE: &str = "passphrase";

fn path(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates");
    PathBuf::from(folder).join(name)
}

fn pem(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

fn certificate(name: &str) -> Certificate {
    let is_encrypted = name.contains("encrypted") || name.ends_with(".pfx");
    let passphrase = is_encrypted.then(|| Passphrase::from(PASSPHRASE));
    Certificate::from_file(path(name), passphrase).unwrap()
}

/// A tenant with a daemon whose certificates are registered.
fn world() -> World {
    let registered = ["rsa.crt", "ec.crt", "rsa-for-a-day.pem"].map(pem);
    // The leaf of the chain is its third certificate.
    let chain = pem("named-chain.pem");
    let leaf = chain.split("-----BEGIN CERTIFICATE-----").nth(3).unwrap();
    let leaf = format!("-----BEGIN CERTIFICATE-----{leaf}");
    let of = |pem: &str| msal_emulator::Certificate::from_pem(pem).unwrap();
    let daemon = App::with_certificate(DAEMON, of(&leaf));
    let daemon = registered
        .iter()
        .fold(daemon, |daemon, pem| daemon.certificate(of(pem)));
    let alice = User::new(ALICE, PASSWORD);
    let directory = Directory::builder()
        .tenant(Tenant::new(CONTOSO).id(CONTOSO_ID).user(alice))
        .app(daemon);
    World::of(directory.build().unwrap(), Settings::default())
}

impl World {
    fn daemon(&self, credential: impl Into<ClientCredential>) -> ConfidentialClientApplication {
        ConfidentialClientApplication::builder(DAEMON, credential)
            .authority(authority(CONTOSO_ID))
            .runtime(self.runtime())
            .build()
            .unwrap()
    }

    /// Asks for a token, and says what was sent for it.
    async fn redeem(&self, app: &ConfidentialClientApplication) -> Result<Sent, Error> {
        let token = self.refresh_token(ALICE, DAEMON);
        self.ask(app.acquire_token_by_refresh_token(token, [GRAPH]))
            .await?;
        Ok(self.http.token_requests().pop().unwrap())
    }
}

fn segment(assertion: &str, number: usize) -> Value {
    let segment = assertion.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
}

fn thumbprint_of(der: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    URL_SAFE_NO_PAD.encode(digest)
}

#[tokio::test]
async fn a_certificate_in_every_form_proves_the_client() {
    for (name, algorithm) in [
        ("ec-encrypted.pem", "ES256"),
        ("ec-pkcs8.pem", "ES256"),
        ("ec-sec1.pem", "ES256"),
        ("ec.pfx", "ES256"),
        ("named-chain.pem", "PS256"),
        ("named-chain.pfx", "PS256"),
        ("rsa-bags.pem", "PS256"),
        ("rsa-des3.pfx", "PS256"),
        ("rsa-encrypted.pem", "PS256"),
        ("rsa-encrypted-scrypt.pem", "PS256"),
        ("rsa-legacy.pfx", "PS256"),
        ("rsa-pkcs1.pem", "PS256"),
        ("rsa-pkcs8.pem", "PS256"),
        ("rsa.pfx", "PS256"),
    ] {
        let world = world();
        let app = world.daemon(certificate(name));
        let sent = world
            .redeem(&app)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(sent.status, 200, "{name}");
        let header = segment(&sent.form["client_assertion"], 0);
        assert_eq!(header["alg"], algorithm, "{name}");
    }
}

#[tokio::test]
async fn the_request_is_the_one_msal_python_sends() {
    let world = world();
    let app = world.daemon(certificate("rsa-pkcs8.pem"));
    let sent = world.redeem(&app).await.unwrap();
    let names: Vec<_> = sent.form.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "client_assertion",
            "client_assertion_type",
            "client_id",
            "client_info",
            "grant_type",
            "refresh_token",
            "scope",
        ]
    );
    assert_eq!(
        sent.form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let assertion = &sent.form["client_assertion"];
    let x5t = thumbprint_of(&fs::read(path("rsa.der")).unwrap());
    assert_eq!(
        segment(assertion, 0),
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": x5t})
    );
    let mut claims = segment(assertion, 1);
    let id = claims["jti"].take();
    assert_eq!(id.as_str().unwrap().len(), 36);
    assert_eq!(
        claims,
        json!({
            "aud": format!("https://{HOST}/{CONTOSO_ID}/oauth2/v2.0/token"),
            "iss": DAEMON,
            "sub": DAEMON,
            "exp": T0.as_secs() + 600,
            "nbf": T0.as_secs(),
            "iat": T0.as_secs(),
            "jti": null,
        })
    );
}

#[tokio::test]
async fn the_whole_chain_is_sent_where_that_was_asked_for() {
    let world = world();
    let app = world.daemon(certificate("named-chain.pfx").send_chain());
    let sent = world.redeem(&app).await.unwrap();
    let header = segment(&sent.form["client_assertion"], 0);
    let chain = header["x5c"].as_array().unwrap();
    assert_eq!(chain.len(), 3);
    let leaf = STANDARD.decode(chain[0].as_str().unwrap()).unwrap();
    assert_eq!(header["x5t#S256"], thumbprint_of(&leaf));
}

#[tokio::test]
async fn adfs_is_told_the_old_thumbprint_and_algorithm() {
    for (name, algorithm) in [("rsa-pkcs8.pem", "RS256"), ("ec-pkcs8.pem", "ES256")] {
        let http = Arc::new(ScriptedHttp::default());
        let endpoint = "https://fs.contoso.example/adfs/oauth2/token/";
        let document = json!({
            "issuer": "https://fs.contoso.example/adfs",
            "authorization_endpoint": "https://fs.contoso.example/adfs/oauth2/authorize/",
            "token_endpoint": endpoint,
        });
        http.answer_json(200, document.to_string());
        http.answer(Ok(Response::builder()
            .status(400)
            .body(Bytes::new())
            .unwrap()));
        let adfs = Authority::parse("https://fs.contoso.example/adfs").unwrap();
        let app = ConfidentialClientApplication::builder(DAEMON, certificate(name))
            .known_authority(adfs)
            .runtime(Runtime::with_http(Arc::clone(&http)))
            .build()
            .unwrap();
        let answer = app.acquire_token_by_refresh_token("token", ["a"]).await;
        assert!(
            matches!(answer, Err(Error::Service(_) | Error::Protocol(_))),
            "{answer:?}"
        );
        let requests = http.take_requests();
        let form: std::collections::BTreeMap<_, _> =
            url::form_urlencoded::parse(requests[1].body()).collect();
        let assertion = &form["client_assertion"];
        let header = segment(assertion, 0);
        assert_eq!(header["alg"], algorithm);
        // 20 octets, without padding.
        assert_eq!(header["x5t"].as_str().unwrap().len(), 27, "{header}");
        assert_eq!(header.as_object().unwrap().len(), 3, "{header}");
        assert_eq!(segment(assertion, 1)["aud"], endpoint);
    }
}

#[tokio::test]
async fn an_assertion_serves_nine_minutes_and_one_endpoint() {
    let world = world();
    let credential = ClientCredential::from(certificate("rsa-pkcs8.pem"));
    let app = world.daemon(credential.clone());
    let mut sent = Vec::new();
    for wait in [0, 539, 1, 600] {
        world.advance(Duration::from_secs(wait));
        sent.push(world.redeem(&app).await.unwrap().form["client_assertion"].clone());
    }
    assert_eq!(sent[0], sent[1]);
    assert_ne!(sent[1], sent[2]);
    assert_ne!(sent[2], sent[3]);
    // Another application with the same certificate, or another tenant, has assertions of its own.
    let elsewhere = ConfidentialClientApplication::builder(DAEMON, credential)
        .authority(authority(FABRIKAM_ID))
        .runtime(world.runtime())
        .build()
        .unwrap();
    let _refused = world.redeem(&elsewhere).await;
    let last = world.http.token_requests().pop().unwrap();
    let audience = segment(&last.form["client_assertion"], 1)["aud"].clone();
    assert_eq!(
        audience,
        format!("https://{HOST}/{FABRIKAM_ID}/oauth2/v2.0/token")
    );
}

/// RFC 7523 §3 (7): a server may refuse an identifier that it has seen before.
#[tokio::test]
async fn at_another_server_each_request_has_an_assertion_of_its_own() {
    let http = Arc::new(ScriptedHttp::default());
    let document = json!({
        "issuer": "https://id.example",
        "authorization_endpoint": "https://id.example/auth",
        "token_endpoint": "https://id.example/token",
    });
    http.answer_json(200, document.to_string());
    let app = ConfidentialClientApplication::builder(DAEMON, certificate("rsa-pkcs8.pem"))
        .known_authority(Authority::oidc("https://id.example").unwrap())
        .runtime(Runtime::with_http(Arc::clone(&http)))
        .build()
        .unwrap();
    for scope in ["a", "b"] {
        http.answer_json(400, r#"{"error":"invalid_grant"}"#);
        let _refused = app.acquire_token_by_refresh_token("token", [scope]).await;
    }
    let requests = http.take_requests();
    let identifiers: Vec<_> = requests[1..]
        .iter()
        .map(|request| {
            let mut form = url::form_urlencoded::parse(request.body());
            let (_, assertion) = form.find(|(name, _)| name == "client_assertion").unwrap();
            segment(&assertion, 1)["jti"].clone()
        })
        .collect();
    assert_eq!(identifiers.len(), 2);
    assert_ne!(identifiers[0], identifiers[1]);
}

#[tokio::test]
async fn an_expired_certificate_is_said_to_be_and_nothing_is_sent() {
    let world = world();
    let app = world.daemon(certificate("rsa-for-a-day.pem"));
    assert_eq!(world.redeem(&app).await.unwrap().status, 200);
    let sent = world.http.sent().len();
    world.advance(10 * 365 * DAY);
    let error = world.redeem(&app).await.map(|_| ()).unwrap_err();
    let expired = "the certificate expired at 2026-";
    assert!(error.to_string().starts_with(expired), "{error}");
    assert!(!error.is_transient());
    assert_eq!(world.http.sent().len(), sent);
}

#[tokio::test]
async fn a_silent_call_renews_with_the_same_certificate() {
    let world = world();
    let app = world.daemon(certificate("rsa.pfx"));
    world.redeem(&app).await.unwrap();
    let account = app.account(ALICE).await.unwrap().unwrap();
    let renewed = world
        .ask(
            app.acquire_token_silent([GRAPH], &account)
                .force_refresh(true),
        )
        .await;
    assert!(renewed.is_ok());
    let sent = world.http.token_requests().pop().unwrap();
    assert_eq!(sent.form["grant_type"], "refresh_token");
    assert!(sent.form.contains_key("client_assertion"));
}

/// An assertion that the server accepts.
async fn valid_assertion(world: &World) -> String {
    let app = world.daemon(certificate("rsa-pkcs8.pem"));
    world.redeem(&app).await.unwrap().form["client_assertion"].clone()
}

#[tokio::test]
async fn a_callback_is_told_what_the_assertion_is_for() {
    let world = world();
    let assertion = valid_assertion(&world).await;
    let seen: Arc<Mutex<Vec<AssertionContext>>> = Arc::default();
    let callback = {
        let seen = Arc::clone(&seen);
        move |context| {
            seen.lock().unwrap().push(context);
            let assertion = ClientAssertion::from(assertion.as_str());
            async move { Ok(assertion) }
        }
    };
    let app = world.daemon(ClientCredential::assertion(callback));
    for _ in 0..2 {
        assert_eq!(world.redeem(&app).await.unwrap().status, 200);
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2, "it is asked for each request");
    let endpoint = format!("https://{HOST}/{CONTOSO_ID}/oauth2/v2.0/token");
    assert_eq!(
        [
            seen[0].client_id(),
            seen[0].token_endpoint(),
            seen[0].tenant()
        ],
        [DAEMON, &endpoint, CONTOSO_ID]
    );
    assert_eq!(seen[0].fmi_path(), None);
}

#[tokio::test]
async fn what_a_callback_gives_is_not_sent_unless_it_is_an_assertion() {
    let world = world();
    for (given, is_transient) in [
        (Ok("a secret that is no assertion"), false),
        (Ok(""), false),
        (Err(CredentialError::other("no such key")), false),
        (Err(CredentialError::unavailable("busy")), true),
    ] {
        let app = world.daemon(ClientCredential::assertion(move |_| {
            let given = given.clone().map(ClientAssertion::from);
            async move { given }
        }));
        let error = world.redeem(&app).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Credential(_)), "{error:?}");
        assert_eq!(error.is_transient(), is_transient, "{error}");
        assert!(
            !format!("{error:?} {error}").contains("a secret"),
            "{error}"
        );
        let place = format!(" (application {DAEMON} at https://{HOST}/{CONTOSO_ID})");
        assert!(error.to_string().ends_with(&place), "{error}");
    }
    assert_eq!(world.http.sent().len(), 0);
}

#[tokio::test]
async fn an_assertion_file_is_read_again_when_it_has_changed() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let app = world.daemon(ClientCredential::assertion_file(&file));
    let error = world.redeem(&app).await.map(|_| ()).unwrap_err();
    assert!(
        matches!(&error, Error::Credential(why) if matches!(**why, CredentialError::File { .. }))
    );
    for _ in 0..2 {
        world.advance(DAY);
        let assertion = valid_assertion(&world).await;
        fs::write(&file, format!("{assertion}\n")).unwrap();
        let sent = world.redeem(&app).await.unwrap();
        assert_eq!(sent.form["client_assertion"], assertion);
        assert_eq!(sent.status, 200);
    }
    let sent = world.http.sent().len();
    // The wrong file: what is in it stays here.
    for content in [pem("rsa-pkcs8.pem"), String::new(), "x".repeat(1 << 20)] {
        fs::write(&file, content).unwrap();
        let error = world.redeem(&app).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Credential(_)), "{error:?}");
        assert!(error.to_string().contains("token"), "{error}");
    }
    assert_eq!(world.http.sent().len(), sent);
}

#[test]
fn an_assertion_file_needs_a_runtime_and_says_so() {
    let app =
        ConfidentialClientApplication::builder(DAEMON, ClientCredential::assertion_file("token"))
            .authority(authority(CONTOSO_ID))
            .runtime(Runtime::with_http(ScriptedHttp::default()))
            .build()
            .unwrap();
    let call = app.acquire_token_by_refresh_token("token", ["a"]);
    let mut call = std::pin::pin!(call.into_future());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(answer) = call.as_mut().poll(&mut context) else {
        panic!("there is nothing to wait for")
    };
    assert!(matches!(answer, Err(Error::Config(ConfigError::NoRuntime))));
}

/// A vault that has the key of `rsa-pkcs8.pem`.
#[derive(Debug)]
struct Vault {
    signed: AtomicUsize,
    key: aws_lc_rs::signature::RsaKeyPair,
    outage: Option<CredentialError>,
}

impl Vault {
    fn new(outage: Option<CredentialError>) -> Arc<Self> {
        let pem = pem("rsa-pkcs8.pem");
        let (key, _) = pem.split_once("-----END").unwrap();
        let key: String = key.lines().skip(1).collect();
        let key = STANDARD.decode(key).unwrap();
        Arc::new(Self {
            signed: AtomicUsize::new(0),
            key: aws_lc_rs::signature::RsaKeyPair::from_pkcs8(&key).unwrap(),
            outage,
        })
    }
}

impl AssertionSigner for Vault {
    fn sign<'a>(
        &'a self,
        algorithm: SignatureAlgorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, CredentialError>> {
        Box::pin(async move {
            assert_eq!(algorithm, SignatureAlgorithm::Ps256);
            tokio::task::yield_now().await;
            self.signed.fetch_add(1, Ordering::SeqCst);
            if let Some(error) = &self.outage {
                return Err(error.clone());
            }
            let random = aws_lc_rs::rand::SystemRandom::new();
            let mut signature = vec![0; self.key.public_modulus_len()];
            let encoding = &aws_lc_rs::signature::RSA_PSS_SHA256;
            self.key
                .sign(encoding, &random, message, &mut signature)
                .unwrap();
            Ok(signature)
        })
    }
}

#[tokio::test]
async fn a_vault_signs_once_for_all_who_come_at_the_same_time() {
    let world = world();
    let vault = Vault::new(None);
    let chain = CertificateChain::from_pem(pem("rsa.crt")).unwrap();
    let app = world.daemon(ClientCredential::signer(&chain, Arc::clone(&vault)));
    let calls = (0..20).map(|_| {
        let token = world.refresh_token(ALICE, DAEMON);
        tokio::spawn(
            app.acquire_token_by_refresh_token(token, [GRAPH])
                .into_future(),
        )
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(vault.signed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_vault_that_fails_is_asked_again_by_the_next_call() {
    let world = world();
    let vault = Vault::new(Some(CredentialError::unavailable("the vault is sealed")));
    let chain = CertificateChain::from_pem(pem("rsa.crt")).unwrap();
    let app = world.daemon(ClientCredential::signer(&chain, Arc::clone(&vault)));
    for _ in 0..2 {
        let error = world.redeem(&app).await.map(|_| ()).unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    assert_eq!(vault.signed.load(Ordering::SeqCst), 2);
    assert_eq!(world.http.sent().len(), 0);
}

#[test]
fn what_is_printed_of_a_credential_holds_no_key() {
    let certificate = certificate("rsa-pkcs8.pem");
    let credential = ClientCredential::from(certificate.clone());
    let builder = ConfidentialClientApplication::builder(DAEMON, credential);
    let shown = format!("{certificate:?} {builder:?}");
    let key = pem("rsa-pkcs8.pem");
    for line in key.lines().take_while(|line| !line.contains("END")).skip(1) {
        let bytes = format!("{:?}", STANDARD.decode(line).unwrap());
        assert!(!shown.contains(line) && !shown.contains(bytes.trim_matches(['[', ']'])));
    }
}
