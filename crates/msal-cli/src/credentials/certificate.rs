//! Certificates with their keys, in PEM or PFX.

use std::path::Path;

use msal::{Certificate, CertificateError, Clock as _, Passphrase, SystemClock, UnixTime};

use crate::cli::SecretArgs;
use crate::error::Failure;
use crate::private;

/// The certificate in the file at `path`.
pub(super) fn from_file(path: &str, arguments: &SecretArgs) -> Result<Certificate, Failure> {
    let bytes = private::bytes(Path::new(path), "certificate", LARGEST)?;
    let passphrase = passphrase(arguments)?;
    let is_pem = bytes.windows(PEM.len()).any(|part| part == PEM);
    let certificate = match (is_pem, passphrase) {
        (true, None) => Certificate::from_pem(&**bytes),
        (true, Some(passphrase)) => Certificate::from_encrypted_pem(&**bytes, passphrase),
        (false, passphrase) => {
            Certificate::from_pfx(&**bytes, passphrase.unwrap_or_else(|| "".into()))
        }
    };
    let certificate = certificate.map_err(|error| {
        let hint = hint(&error);
        Failure::usage(format!("the certificate in `{path}`: {error}"), hint)
    })?;
    check(&certificate, path, SystemClock.now())?;
    Ok(match arguments.send_chain {
        true => certificate.send_chain(),
        false => certificate,
    })
}

/// Before anything is sent: in a bulk run, some of it would be by then.
fn check(certificate: &Certificate, path: &str, now: UnixTime) -> Result<(), Failure> {
    let expires_on = certificate.chain().expires_on();
    match expires_on > now {
        true => Ok(()),
        false => Err(Failure::usage(
            format!("the certificate in `{path}` expired at {expires_on}"),
            "make a new one, register it with the application and name it",
        )),
    }
}

fn passphrase(arguments: &SecretArgs) -> Result<Option<Passphrase>, Failure> {
    let text = match (
        &arguments.certificate_passphrase_env,
        &arguments.certificate_passphrase_file,
    ) {
        (Some(name), _) => private::variable(name, "passphrase")?,
        (None, Some(path)) => private::text(Path::new(path), "passphrase")?,
        (None, None) => return Ok(None),
    };
    Ok(Some(Passphrase::new(text)))
}

fn hint(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::PassphraseMissing | CertificateError::WrongPassphrase => {
            "name its passphrase with --certificate-passphrase-env or --certificate-passphrase-file"
        }
        _ => "name a file with the certificate and its key, in PEM or PFX",
    }
}

const PEM: &[u8] = b"-----BEGIN ";

/// A chain of certificates takes a few thousand bytes.
const LARGEST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_certificate_serves_until_it_expires() {
        let pem = include_bytes!("../../../msal-client/tests/certificates/rsa-pkcs8.pem");
        let certificate = Certificate::from_pem(pem).unwrap();
        let end = certificate.chain().expires_on();
        let before = UnixTime::from_secs(end.as_secs() - 1);
        assert!(check(&certificate, "app.pem", before).is_ok());
        for after in [end, end + Duration::from_secs(1)] {
            let refused = check(&certificate, "app.pem", after).unwrap_err();
            assert_eq!(
                refused.message,
                format!("the certificate in `app.pem` expired at {end}")
            );
        }
    }
}
