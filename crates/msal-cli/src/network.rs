//! What the arguments about the network mean.

use std::path::Path;

use msal::{HttpSettings, HttpVersion, HttpsClient, Runtime};

use crate::bounded;
use crate::cli::NetworkArgs;
use crate::error::Failure;

/// Up to so many requests in flight cost less over HTTP/1.1, with a connection for each; more are better carried by
/// one HTTP/2 connection.
const WIDEST_HTTP1: usize = 64;

/// The real world, with the certificate authorities that were named, for so many requests in flight.
pub(crate) fn runtime(arguments: &NetworkArgs, width: usize) -> Result<Runtime, Failure> {
    let version = match width {
        0..=WIDEST_HTTP1 => HttpVersion::Http1,
        _ => HttpVersion::Negotiated,
    };
    let mut settings = HttpSettings::default()
        .version(version)
        .largest_idle_pool(width);
    if let Some(path) = &arguments.ca_file {
        settings = settings
            .authorities_pem(&certificates(path)?)
            .map_err(|error| {
                Failure::usage(
                    format!("{}: {error}", path.display()),
                    "name a file of PEM certificates",
                )
            })?;
    }
    Ok(Runtime::with_http(HttpsClient::new(settings)))
}

fn certificates(path: &Path) -> Result<Vec<u8>, Failure> {
    bounded::read(path, LARGEST_BUNDLE).map_err(|error| {
        Failure::usage(
            format!(
                "cannot read the certificates in {}: {error}",
                path.display()
            ),
            "name a file of PEM certificates",
        )
    })
}

/// All authorities that anybody trusts take a sixtieth of this.
const LARGEST_BUNDLE: usize = 16 << 20;
