//! What an error of the HTTP client is about, by the types of what lies beneath it.

use std::error::Error;
use std::io;

use http_body_util::LengthLimitError;
use hyper_util::client::legacy;
use rustls::CertificateError;
use tokio::time::error::Elapsed;

use super::names::NameError;
use super::proxies::ProxyError;
use crate::transport::HttpErrorKind;

/// What a failed exchange is about. Only an error that arose while connecting, before there was anywhere to send the request,
/// is one after which the request was certainly not sent.
pub(super) fn of_exchange(error: &legacy::Error) -> HttpErrorKind {
    match error.is_connect() {
        true => of_connecting(error),
        false => HttpErrorKind::Response,
    }
}

/// What a body that could not be read is about.
pub(super) fn of_body(error: &(dyn Error + 'static)) -> HttpErrorKind {
    match find(error, &|layer| {
        layer.downcast_ref::<LengthLimitError>().map(drop)
    }) {
        Some(()) => HttpErrorKind::ResponseTooLarge,
        None => HttpErrorKind::Response,
    }
}

fn of_connecting(error: &(dyn Error + 'static)) -> HttpErrorKind {
    // A proxy whose certificate is not trusted is first of all one that is not trusted; what else lies beneath its error is
    // about the proxy, and not about the server.
    find(error, &certificate)
        .or_else(|| find(error, &proxy))
        .or_else(|| find(error, &connection))
        .unwrap_or(HttpErrorKind::Unreachable)
}

fn certificate(layer: &(dyn Error + 'static)) -> Option<HttpErrorKind> {
    let Some(rustls::Error::InvalidCertificate(fault)) = layer.downcast_ref() else {
        return None;
    };
    Some(match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            HttpErrorKind::CertificateExpired
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            HttpErrorKind::CertificateName
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            HttpErrorKind::CertificateNotYetValid
        }
        // An authority of the same name with another key is another authority.
        CertificateError::BadSignature | CertificateError::UnknownIssuer => {
            HttpErrorKind::CertificateIssuer
        }
        _ => HttpErrorKind::Certificate,
    })
}

fn proxy(layer: &(dyn Error + 'static)) -> Option<HttpErrorKind> {
    let is_proxys = layer.is::<ProxyError>();
    is_proxys.then_some(HttpErrorKind::Proxy)
}

fn connection(layer: &(dyn Error + 'static)) -> Option<HttpErrorKind> {
    if layer.is::<NameError>() {
        return Some(HttpErrorKind::NameNotFound);
    }
    // Only bytes that are no record of TLS are said to be none: an alert, or a version that is too old, is TLS.
    if let Some(rustls::Error::InvalidMessage(_)) = layer.downcast_ref() {
        return Some(HttpErrorKind::NotTls);
    }
    if layer.is::<Elapsed>() {
        return Some(HttpErrorKind::ConnectTimeout);
    }
    match layer.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => Some(HttpErrorKind::ConnectionRefused),
        io::ErrorKind::TimedOut => Some(HttpErrorKind::ConnectTimeout),
        _ => None,
    }
}

/// What `pick` finds in the outermost layer in which it finds anything.
fn find<T>(
    error: &(dyn Error + 'static),
    pick: &dyn Fn(&(dyn Error + 'static)) -> Option<T>,
) -> Option<T> {
    // The source of an `io::Error` is not the error it wraps but that one's source.
    let wrapped = || {
        let wrapped = error.downcast_ref::<io::Error>()?.get_ref()?;
        find(wrapped, pick)
    };
    let beneath = || find(error.source()?, pick);
    pick(error).or_else(wrapped).or_else(beneath)
}
