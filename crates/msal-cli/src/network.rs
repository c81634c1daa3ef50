//! What the arguments about the network mean.

use std::path::Path;

use msal::{HttpSettings, HttpVersion, HttpsClient, Runtime};

use crate::bounded;
use crate::cli::NetworkArgs;
use crate::error::Failure;
use crate::output::Printer;
use crate::sends::Sends;

/// Up to so many requests in flight cost less over HTTP/1.1, with a connection for each; more are better carried by
/// one HTTP/2 connection.
const WIDEST_HTTP1: usize = 64;

/// The real world, with the certificate authorities that were named, for so many requests in flight.
pub(crate) fn runtime(arguments: &NetworkArgs, width: usize) -> Result<Runtime, Failure> {
    Ok(Runtime::with_http(client(arguments, width)?))
}

/// As [`runtime`], for a command that makes one token request at a time and may be stopped between two.
pub(crate) fn stoppable(arguments: &NetworkArgs) -> Result<(Runtime, Sends), Failure> {
    let (sends, client) = Sends::of(client(arguments, 1)?);
    Ok((Runtime::with_http(client), sends))
}

/// What to say where the clock is far from a server's.
pub(crate) fn clock_note(runtime: &Runtime) -> Option<String> {
    let skew = runtime.clock_skew()?;
    Some(format!(
        "note: {skew}: set it, because the expiry of tokens and the assertions of certificates depend on it"
    ))
}

/// Says where the clock is far from a server's.
pub(crate) fn tell_clock(runtime: &Runtime, printer: &Printer) {
    if let Some(note) = clock_note(runtime) {
        printer.say(&note);
    }
}

fn client(arguments: &NetworkArgs, width: usize) -> Result<HttpsClient, Failure> {
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
    Ok(HttpsClient::new(settings))
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
