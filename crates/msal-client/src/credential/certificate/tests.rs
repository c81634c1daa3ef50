//! Certificates as OpenSSL writes them, and what is none.

use std::fs;
use std::path::PathBuf;

use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};

use super::CertificateError::{
    LegacyEncryption, Mismatch, NoCertificate, NoKey, PassphraseMissing, UnsupportedEncryption,
    UnsupportedKey, WrongPassphrase,
};
use super::*;

const PASSPHRASE: &str = "passphrase";

/// Files, and the passphrase of those that have one.
const GOOD: [(&str, Option<&str>); 21] = [
    ("ec-encrypted.pem", Some(PASSPHRASE)),
    ("ec-pkcs8.pem", None),
    ("ec-sec1.pem", None),
    ("ec.pfx", Some(PASSPHRASE)),
    ("named-chain.pem", None),
    ("named-chain.pfx", Some(PASSPHRASE)),
    ("rsa-bags.pem", None),
    ("rsa-crlf.pem", None),
    ("rsa-des3.pfx", Some(PASSPHRASE)),
    ("rsa-encrypted-des3.pem", Some(PASSPHRASE)),
    ("rsa-encrypted-scrypt.pem", Some(PASSPHRASE)),
    ("rsa-encrypted-sha1.pem", Some(PASSPHRASE)),
    ("rsa-encrypted.pem", Some(PASSPHRASE)),
    ("rsa-legacy.pfx", Some(PASSPHRASE)),
    ("rsa-pkcs1.pem", None),
    ("rsa-pkcs8.pem", None),
    ("rsa-plain.pfx", None),
    ("rsa-umlaut.pfx", Some("pässwörd")),
    ("rsa-without-mac.pfx", Some(PASSPHRASE)),
    ("rsa-without-passphrase.pfx", None),
    ("rsa.pfx", Some(PASSPHRASE)),
];

fn path(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates");
    PathBuf::from(folder).join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn read(name: &str, passphrase: Option<&str>) -> Result<Certificate, CertificateError> {
    Certificate::from_file(path(name), passphrase.map(Passphrase::from))
}

fn malformed(what: &'static str) -> CertificateError {
    CertificateError::Malformed { what }
}

#[test]
fn every_form_that_openssl_writes_is_read() {
    for (name, passphrase) in GOOD {
        let certificate = read(name, passphrase).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expires_on = certificate.chain().expires_on().to_string();
        assert!(expires_on.starts_with("2126-"), "{name}: {expires_on}");
        let shown = format!("{certificate:?}");
        assert!(shown.starts_with("Certificate { chain: "), "{shown}");
    }
}

#[test]
fn a_file_is_what_its_bytes_are() {
    let passphrase = "passphrase";
    assert!(Certificate::from_pem(bytes("rsa-pkcs8.pem")).is_ok());
    assert!(Certificate::from_encrypted_pem(bytes("rsa-pkcs8.pem"), passphrase).is_ok());
    assert!(Certificate::from_encrypted_pem(bytes("rsa-encrypted.pem"), passphrase).is_ok());
    assert!(Certificate::from_pfx(bytes("rsa.pfx"), passphrase).is_ok());
    let with_mark = [b"\xef\xbb\xbf".to_vec(), bytes("rsa-pkcs8.pem")].concat();
    assert!(Certificate::from_pem(with_mark).is_ok());
}

#[test]
fn what_cannot_be_used_is_refused_and_why() {
    let expected = [
        ("ed25519.pem", None, UnsupportedKey),
        ("mismatched.pem", None, Mismatch),
        ("p384.pem", None, UnsupportedKey),
        ("rsa-encrypted.pem", None, PassphraseMissing),
        ("rsa-encrypted.pem", Some("wrong"), WrongPassphrase),
        ("rsa-encrypted.pem", Some(""), WrongPassphrase),
        ("rsa-encrypted-des3.pem", Some("wrong"), WrongPassphrase),
        ("rsa-encrypted-scrypt.pem", Some("wrong"), WrongPassphrase),
        (
            "rsa-encrypted-legacy.pem",
            Some(PASSPHRASE),
            LegacyEncryption,
        ),
        (
            "rsa-encrypted-pbes1.pem",
            Some(PASSPHRASE),
            UnsupportedEncryption,
        ),
        ("rsa.crt", None, NoKey),
        ("rsa.der", None, malformed("PFX")),
        ("rsa.key", None, NoCertificate),
        ("rsa.pfx", None, PassphraseMissing),
        ("rsa.pfx", Some("wrong"), WrongPassphrase),
        ("rsa-legacy.pfx", Some("wrong"), WrongPassphrase),
        ("rsa-without-mac.pfx", Some("wrong"), WrongPassphrase),
        ("rsa-without-passphrase.pfx", Some("wrong"), WrongPassphrase),
        ("short.pem", None, CertificateError::ShortKey { bits: 1024 }),
        (
            "two-keys.pem",
            None,
            CertificateError::SeveralKeys { count: 2 },
        ),
        ("without-certificate.pfx", Some(PASSPHRASE), NoCertificate),
        ("without-key.pfx", Some(PASSPHRASE), NoKey),
    ];
    for (name, passphrase, error) in expected {
        let refused = read(name, passphrase).map(|_| name).unwrap_err();
        assert_eq!(refused, error, "{name} with {passphrase:?}");
    }
}

/// RFC 7292 lets a file hold any number of keys; OpenSSL writes one.
#[test]
fn a_pfx_with_two_keys_is_refused() {
    let mut store = KeyStore::new();
    for name in ["ec-pkcs8.pem", "rsa-pkcs8.pem"] {
        let blocks = ::pem::parse_many(bytes(name)).unwrap();
        let of = |label| {
            let mut blocks = blocks.iter().filter(|block| block.tag() == label);
            blocks.next().unwrap().contents()
        };
        let key = PrivateKey::from_der(of("PRIVATE KEY")).unwrap();
        let leaf = p12_keystore::Certificate::from_der(of("CERTIFICATE")).unwrap();
        let chain = PrivateKeyChain::new(name, key, [leaf]);
        store.add_entry(name, KeyStoreEntry::PrivateKeyChain(chain));
    }
    let pfx = store.writer(PASSPHRASE).write().unwrap();
    assert_eq!(
        Certificate::from_pfx(pfx, PASSPHRASE).unwrap_err(),
        CertificateError::SeveralKeys { count: 2 }
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read("nobody.pem", None).unwrap_err().to_string();
    assert!(error.ends_with("nobody.pem`: entity not found"), "{error}");
    let error = read("", None).unwrap_err();
    assert!(matches!(error, CertificateError::Unreadable { .. }));
}

#[test]
fn the_chain_leads_from_the_leaf_to_its_root() {
    for (name, passphrase) in [
        ("named-chain.pem", None),
        ("named-chain.pfx", Some(PASSPHRASE)),
    ] {
        let certificate = read(name, passphrase).unwrap();
        let subjects = certificate.chain().subjects();
        let chain = ["named", "issuer", "root"].map(|name| format!("O=Contoso, CN={name}"));
        assert_eq!(subjects, chain, "{name}");
    }
    let alone = read("rsa-pkcs8.pem", None).unwrap();
    assert_eq!(alone.chain().subjects(), ["O=Contoso, CN=rsa"]);
}

#[test]
fn a_certificate_without_its_key_is_enough_for_a_signer() {
    let chain = CertificateChain::from_pem(bytes("rsa.crt")).unwrap();
    assert!(chain.expires_on().to_string().starts_with("2126-"));
    for (name, error) in [
        ("rsa.key", malformed("PEM certificate")),
        ("rsa.der", malformed("PEM certificate")),
        ("p384.pem", UnsupportedKey),
    ] {
        assert_eq!(CertificateChain::from_pem(bytes(name)).unwrap_err(), error);
    }
}

/// What is cut, changed or grown somewhere is refused or read, and never a panic; and no error quotes it.
#[test]
fn damaged_files_are_errors() {
    for (name, passphrase) in [
        ("ec-pkcs8.pem", None),
        ("ec.pfx", Some(PASSPHRASE)),
        ("rsa-plain.pfx", None),
        ("without-key.pfx", Some(PASSPHRASE)),
    ] {
        let whole = bytes(name);
        let passphrase = || Passphrase::from(passphrase.unwrap_or_default());
        let attempt = |bytes: &[u8]| {
            let pem = Certificate::of_pem(bytes, Some(&passphrase()));
            let pfx = Certificate::of_pfx(bytes, &passphrase());
            for error in [pem.err(), pfx.err()].into_iter().flatten() {
                assert!(error.to_string().len() < 200, "{error}");
            }
        };
        for place in (0..whole.len()).step_by(11) {
            attempt(&whole[..place]);
            let mut changed = whole.clone();
            changed[place] ^= 1 << (place % 8);
            attempt(&changed);
            changed[place] = 0xff;
            attempt(&changed);
        }
    }
}
