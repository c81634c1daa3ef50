//! What clients prove themselves with: certificates, and two credentials for one client.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use msal_emulator::{App, AuditRecord, Certificate, Directory, sample};
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::msal::{Run, msal_where};

const DAEMON: &str = "00c0ffee-0000-4000-8000-0000000000da";
const PASSPHRASE: &str = "passphrase";

fn given(name: &str) -> PathBuf {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../msal-client/tests/certificates"
    );
    Path::new(folder).join(name)
}

/// An emulator with a client that has two certificates, and the refresh token of a user of that client.
pub(crate) struct Service {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) issuer: Issuer,
}

impl Service {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::start(folder.path());
        let of = |name| Certificate::from_pem(&fs::read_to_string(given(name)).unwrap()).unwrap();
        let daemon = App::with_certificate(DAEMON, of("rsa.crt")).certificate(of("ec.crt"));
        let emulator = issuer.emulator();
        emulator.declare(Directory::builder().app(daemon)).unwrap();
        let token = emulator.issue_refresh_token(sample::ALICE, DAEMON, SystemTime::now());
        let adal = json!([{
            "refreshToken": token.unwrap(), "userId": sample::ALICE, "isUserIdDisplayable": true,
            "resource": "https://graph.microsoft.com", "_clientId": DAEMON,
            "_authority": format!("{}/{}", issuer.url(), sample::CONTOSO),
        }]);
        fs::write(folder.path().join("adal.json"), adal.to_string()).unwrap();
        let service = Self { folder, issuer };
        service.private("passphrase", PASSPHRASE);
        service
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn private(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    }

    /// Copies a certificate to where nobody else can read it.
    pub(crate) fn take(&self, name: &str) {
        self.private(name, fs::read(given(name)).unwrap());
    }

    fn migrate(&self, target: &str, more: &[&str]) -> Run {
        let arguments = self.issuer.migration("adal.json", target);
        let arguments = arguments
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied());
        msal_where(self.path(), &[("PASSPHRASE", PASSPHRASE)], arguments)
    }
}

#[test]
fn a_certificate_migrates_and_renews_in_every_form() {
    for (name, more) in [
        ("rsa-pkcs8.pem", &[][..]),
        (
            "rsa-encrypted.pem",
            &["--certificate-passphrase-env", "PASSPHRASE"],
        ),
        ("rsa.pfx", &["--certificate-passphrase-file", "passphrase"]),
        ("rsa-without-passphrase.pfx", &[]),
        ("ec-pkcs8.pem", &["--send-chain"]),
        // The key of this one is not encrypted.
        (
            "rsa-pkcs1.pem",
            &["--certificate-passphrase-env", "PASSPHRASE"],
        ),
    ] {
        let service = Service::new();
        service.take(name);
        let certificate = format!("{}={name}", DAEMON.to_uppercase());
        let more = [&["--certificate", &certificate], more].concat();
        let run = service.migrate("cache.json", &more);
        assert_eq!(run.status, 0, "{name}: {}", run.stderr);

        let url = service.issuer.url();
        let token = [
            "token",
            "cache.json",
            "--scope",
            "https://graph.microsoft.com/.default",
        ];
        let network = [
            "--authority",
            &url,
            "--ca-file",
            "ca.pem",
            "--force-refresh",
        ];
        let account = ["--account", sample::ALICE];
        let arguments = [&token, &account[..], &network, &more].concat();
        let run = msal_where(service.path(), &[("PASSPHRASE", PASSPHRASE)], arguments);
        assert_eq!(run.status, 0, "{name}: {}", run.stderr);
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_before_anything_is_sent() {
    let service = Service::new();
    let wrong = [("PASSPHRASE", "wr0ng")];
    for (name, more, what, hint) in [
        (
            "rsa.pfx",
            &[][..],
            "give its passphrase",
            "--certificate-passphrase-env",
        ),
        (
            "rsa.pfx",
            &["--certificate-passphrase-env", "PASSPHRASE"],
            "passphrase is wrong",
            "--certificate-passphrase",
        ),
        (
            "rsa-encrypted.pem",
            &[],
            "give its passphrase",
            "--certificate-passphrase-file",
        ),
        (
            "rsa-encrypted.pem",
            &["--certificate-passphrase-env", "NOT_THERE"],
            "holds no passphrase",
            "read -rs NOT_THERE",
        ),
        (
            "without-key.pfx",
            &["--certificate-passphrase-file", "passphrase"],
            "no private key",
            "its key",
        ),
        ("two-keys.pem", &[], "2 private keys", "its key"),
        ("mismatched.pem", &[], "belongs to none", "its key"),
        ("short.pem", &[], "too short", "its key"),
        ("ca.pem", &[], "no private key", "its key"),
        ("adal.json", &[], "cannot be read", "PEM or PFX"),
    ] {
        if given(name).exists() {
            service.take(name);
        }
        fs::set_permissions(service.path().join(name), Permissions::from_mode(0o600)).unwrap();
        let certificate = format!("{DAEMON}={name}");
        let more = [&["--certificate", &certificate], more].concat();
        let arguments = service.issuer.migration("adal.json", "cache.json");
        let arguments = arguments.iter().map(String::as_str).chain(more);
        let run = msal_where(service.path(), &wrong, arguments);
        assert_eq!(run.status, 2, "{name}: {}", run.stderr);
        assert!(run.stderr.contains(what), "{name}: {}", run.stderr);
        let told = run.stderr.split_once("\nhint: ").map(|(_, hint)| hint);
        assert!(
            told.is_some_and(|told| told.contains(hint)),
            "{name}: {}",
            run.stderr
        );
        assert!(!run.stderr.contains("wr0ng"), "{}", run.stderr);
    }
    assert_eq!(service.issuer.asked(), 0);
    assert!(!service.path().join("cache.json").exists());
}

#[test]
fn a_key_that_others_can_read_or_have_put_there_is_not_used() {
    let service = Service::new();
    service.take("rsa-pkcs8.pem");
    let path = service.path().join("rsa-pkcs8.pem");
    symlink(&path, service.path().join("link.pem")).unwrap();
    let run = service.migrate("cache.json", &["--certificate", "link.pem"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let run = service.migrate("cache.json", &["--certificate", "rsa-pkcs8.pem"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("chmod 600 rsa-pkcs8.pem"),
        "{}",
        run.stderr
    );
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let run = service.migrate(
        "cache.json",
        &[
            "--certificate",
            "rsa-pkcs8.pem",
            "--journal",
            "rsa-pkcs8.pem",
        ],
    );
    assert_eq!(run.status, 2, "it would be written over: {}", run.stderr);
    assert_eq!(service.issuer.asked(), 0);
}

#[test]
fn a_client_has_one_credential() {
    let service = Service::new();
    service.take("rsa-pkcs8.pem");
    let of_daemon = format!("{DAEMON}=rsa-pkcs8.pem");
    let secret = format!("{}=PASSPHRASE", DAEMON.to_uppercase());
    for more in [
        &[
            "--certificate",
            &*of_daemon,
            "--client-secret-env",
            &*secret,
        ][..],
        &[
            "--client-secret-env",
            "PASSPHRASE",
            "--certificate",
            "rsa-pkcs8.pem",
        ],
        &[
            "--client-secret-env",
            "PASSPHRASE",
            "--client-secret-file",
            "passphrase",
        ],
    ] {
        let run = service.migrate("cache.json", more);
        assert_eq!(run.status, 2, "{more:?}: {}", run.stderr);
        assert!(run.stderr.contains("two credentials"), "{}", run.stderr);
    }
    for more in [
        &["--send-chain"][..],
        &["--certificate-passphrase-env", "PASSPHRASE"],
    ] {
        assert_eq!(service.migrate("cache.json", more).status, 2, "{more:?}");
    }
    // One of its own, and one for all others.
    let run = service.migrate(
        "cache.json",
        &[
            "--client-secret-env",
            "PASSPHRASE",
            "--certificate",
            &of_daemon,
        ],
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
}

const DEFAULT: &str = "https://graph.microsoft.com/.default";

impl Service {
    /// Asks for a token for the application itself.
    fn token(&self, more: &[&str]) -> Run {
        let url = self.issuer.url();
        let network = [
            "--authority",
            &url,
            "--ca-file",
            "ca.pem",
            "--scope",
            DEFAULT,
        ];
        let variables = [("WEB_SECRET", sample::WEB_SECRET), ("WRONG", "wr0ng")];
        msal_where(
            self.path(),
            &variables,
            [&["token"], more, &network].concat(),
        )
    }

    /// How many tokens applications were given.
    fn granted(&self) -> usize {
        let audit = self.issuer.emulator().audit();
        let is_it =
            |record: &&AuditRecord| record.grant_type.as_deref() == Some("client_credentials");
        audit.iter().filter(is_it).count()
    }
}

const WEB: &[&str] = &[
    "--client-id",
    sample::WEB,
    "--tenant",
    sample::CONTOSO,
    "--client-secret-env",
    "WEB_SECRET",
];

#[test]
fn a_service_has_a_token_of_its_own_and_the_next_one_from_the_cache() {
    let service = Service::new();
    service.take("rsa-pkcs8.pem");
    let daemon = [
        "--client-id",
        DAEMON,
        "--tenant",
        sample::CONTOSO,
        "--certificate",
        "rsa-pkcs8.pem",
    ];
    for (client, of_client) in [("web", WEB), ("daemon", &daemon)] {
        let target = format!("{client}.json");
        let before = service.granted();
        let first = service.token(&[&[&*target], of_client].concat());
        assert_eq!(first.status, 0, "{client}: {}", first.stderr);
        let second = service.token(&[&[&*target], of_client, &["--format", "json"]].concat());
        let second: Value = serde_json::from_str(&second.stdout).unwrap();
        assert_eq!(
            (&second["source"], second["access_token"].as_str()),
            (&"cache".into(), Some(first.stdout.trim_end()))
        );
        assert_eq!(service.granted(), before + 1, "{client}");
        let mode = fs::metadata(service.path().join(&target))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let inspected = msal_where(service.path(), &[], ["cache", "inspect", &target]);
        assert!(
            inspected.stdout.contains("1 of applications themselves"),
            "{}",
            inspected.stdout
        );
    }
}

#[test]
fn a_service_without_a_cache_keeps_nothing() {
    let service = Service::new();
    let before = fs::read_dir(service.path()).unwrap().count();
    for more in [
        &[][..],
        &["--as", "header"],
        &["--as", "xoauth2", "--mailbox", "sales@contoso.example"],
    ] {
        let run = service.token(&[WEB, more].concat());
        assert_eq!(run.status, 0, "{more:?}: {}", run.stderr);
    }
    assert_eq!(service.granted(), 3);
    assert_eq!(fs::read_dir(service.path()).unwrap().count(), before);
    let nobodys = service.token(&[WEB, &["--as", "xoauth2"]].concat());
    assert_eq!(nobodys.status, 1, "{}", nobodys.stderr);
    assert!(nobodys.stderr.contains("--mailbox"), "{}", nobodys.stderr);
}

#[test]
fn what_a_service_must_say_is_told() {
    let service = Service::new();
    for (more, status, hint) in [
        (&["--client-secret-env", "WEB_SECRET"][..], 2, "--client-id"),
        (
            &[
                "--client-secret-env",
                "WEB_SECRET",
                "--client-id",
                sample::WEB,
            ],
            2,
            "--tenant",
        ),
        (
            &[&WEB[..4], &["--client-secret-env", "WRONG"]].concat(),
            1,
            "--client-secret-env",
        ),
        (
            &["--client-id", sample::WEB, "--tenant", sample::CONTOSO],
            2,
            "msal login",
        ),
        (&[], 2, "msal token TARGET"),
    ] {
        let run = service.token(more);
        assert_eq!(run.status, status, "{more:?}: {}", run.stderr);
        let told = run.stderr.split_once("\nhint: ").map(|(_, hint)| hint);
        assert!(
            told.is_some_and(|told| told.contains(hint)),
            "{more:?}: {}",
            run.stderr
        );
        assert!(!run.stderr.contains("wr0ng"), "{}", run.stderr);
    }
}

#[test]
fn a_user_is_meant_where_an_account_is_named() {
    let service = Service::new();
    let run = service.token(&[&["missing.json", "--account", sample::ALICE], WEB].concat());
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("missing.json"), "{}", run.stderr);
    assert_eq!(service.granted(), 0);
    assert!(!service.path().join("missing.json").exists());
}

#[test]
fn a_secret_of_the_input_is_used_when_asked_for_and_never_shown() {
    let bench = crate::run::Bench::new();
    let now = SystemTime::now();
    let token = bench
        .emulator
        .issue_refresh_token(sample::ALICE, sample::WEB, now);
    let line = json!({
        "refresh_token": token.unwrap(), "client_id": sample::WEB, "client_secret": sample::WEB_SECRET,
    });
    fs::write(bench.folder.path().join("input.jsonl"), line.to_string()).unwrap();
    for (more, status) in [(&[][..], 4), (&["--use-stored-client-secret"][..], 0)] {
        let run = bench.run("contoso.example", more);
        assert_eq!(run.status, status, "{more:?} {}{}", run.stdout, run.stderr);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains(sample::WEB_SECRET), "{said}");
    }
}
