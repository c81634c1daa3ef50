//! What keeps a response from arriving: what it is called, what is said of it, and what to do.

use std::fmt;

/// What kept a response from arriving. `Display` says it in words, and [`hint`](Self::hint) what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// The server's certificate is not one to trust, for another reason than those below. The request was not sent.
    Certificate,
    /// The server's certificate has expired, or this machine's clock is ahead. The request was not sent.
    CertificateExpired,
    /// The server's certificate comes from an authority that is not trusted here. The request was not sent.
    CertificateIssuer,
    /// The server's certificate is another host's. The request was not sent.
    CertificateName,
    /// The server's certificate is not valid yet, or this machine's clock is behind. The request was not sent.
    CertificateNotYetValid,
    /// Nothing answered the attempt to connect. The request was not sent.
    ConnectTimeout,
    /// Nobody listens at the server's port. The request was not sent.
    ConnectionRefused,
    /// The server's name has no address. The request was not sent.
    NameNotFound,
    /// There is no tokio runtime, which the client needs. The request was not sent.
    NoRuntime,
    /// Somebody answers at the port, and not in TLS. The request was not sent.
    NotTls,
    /// The proxy opened no connection to the server. The request was not sent.
    Proxy,
    /// The request cannot be sent as it is. It was not sent.
    Request,
    /// The response broke off, or never began. The server may have acted on the request.
    Response,
    /// The response was larger than allowed. The server may have acted on the request.
    ResponseTooLarge,
    /// No answer in time. The server may have acted on the request.
    Timeout,
    /// No connection, for another reason than those above. The request was not sent.
    Unreachable,
}

impl HttpErrorKind {
    /// The kind that has this [name](Self::name).
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// A name for logs and reports, which does not change between releases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateIssuer => "certificate_issuer",
            Self::CertificateName => "certificate_name",
            Self::CertificateNotYetValid => "certificate_not_yet_valid",
            Self::ConnectTimeout => "connect_timeout",
            Self::ConnectionRefused => "connection_refused",
            Self::NameNotFound => "name_not_found",
            Self::NoRuntime => "no_runtime",
            Self::NotTls => "not_tls",
            Self::Proxy => "proxy",
            Self::Request => "request",
            Self::Response => "response",
            Self::ResponseTooLarge => "response_too_large",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
        }
    }

    /// What to do about it, in words that go behind a message.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Certificate | Self::CertificateIssuer => {
                "see who answers in the server's place, or trust the issuer if the server is your own"
            }
            Self::CertificateExpired => {
                "if this machine's clock is right, whoever runs the server has to renew it"
            }
            Self::CertificateName => {
                "correct the host of the authority, or see who answers in the server's place"
            }
            Self::CertificateNotYetValid => "see whether this machine's clock is behind",
            Self::ConnectTimeout => {
                "correct the host, or see whether a firewall stands in between and a proxy has to be named in HTTPS_PROXY"
            }
            Self::ConnectionRefused => "correct the host and the port, or start the server",
            Self::NameNotFound => {
                "correct the host, or see whether names are found from here (DNS, VPN)"
            }
            Self::NoRuntime => "await the call inside a tokio runtime",
            Self::NotTls => "correct the host and the port: tokens are sent over TLS only",
            Self::Proxy => {
                "correct the proxy in HTTPS_PROXY, or name the host in NO_PROXY if no proxy leads there"
            }
            Self::Request => "correct the application's settings",
            Self::ResponseTooLarge => "see who answers in the server's place",
            Self::Response | Self::Timeout => "try again later",
            Self::Unreachable => "see whether the network leads to the server, and try again",
        }
    }

    /// Whether the server is not who it should be, as far as its certificate says.
    pub fn is_about_certificate(self) -> bool {
        matches!(
            self,
            Self::Certificate
                | Self::CertificateExpired
                | Self::CertificateIssuer
                | Self::CertificateName
                | Self::CertificateNotYetValid
        )
    }

    /// Whether the server may have acted on the request: a refresh token that was sent may have been redeemed.
    pub fn may_have_been_sent(self) -> bool {
        matches!(
            self,
            Self::Response | Self::ResponseTooLarge | Self::Timeout
        )
    }

    /// Whether the same request may succeed later.
    pub fn is_transient(self) -> bool {
        !self.is_about_certificate() && !matches!(self, Self::NoRuntime | Self::Request)
    }
}

impl fmt::Display for HttpErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Certificate => "the server's certificate is not trusted",
            Self::CertificateExpired => "the server's certificate has expired",
            Self::CertificateIssuer => {
                "the server's certificate comes from an authority that is not trusted here"
            }
            Self::CertificateName => "the server's certificate is another host's",
            Self::CertificateNotYetValid => "the server's certificate is not valid yet",
            Self::ConnectTimeout => "nothing answered the attempt to connect",
            Self::ConnectionRefused => "nobody listens at the server's port (connection refused)",
            Self::NameNotFound => "the server's name was not found",
            Self::NoRuntime => "there is no tokio runtime here, which the http client needs",
            Self::NotTls => "what answers at the server's port does not speak TLS",
            Self::Proxy => "the proxy opened no connection to the server",
            Self::Request => "the request cannot be sent",
            Self::Response => "the connection was closed in the middle of the answer or before it",
            Self::ResponseTooLarge => "the server's response was too large",
            Self::Timeout => "the server did not answer in time",
            Self::Unreachable => "the server cannot be reached",
        })
    }
}

const ALL: [HttpErrorKind; 16] = [
    HttpErrorKind::Certificate,
    HttpErrorKind::CertificateExpired,
    HttpErrorKind::CertificateIssuer,
    HttpErrorKind::CertificateName,
    HttpErrorKind::CertificateNotYetValid,
    HttpErrorKind::ConnectTimeout,
    HttpErrorKind::ConnectionRefused,
    HttpErrorKind::NameNotFound,
    HttpErrorKind::NoRuntime,
    HttpErrorKind::NotTls,
    HttpErrorKind::Proxy,
    HttpErrorKind::Request,
    HttpErrorKind::Response,
    HttpErrorKind::ResponseTooLarge,
    HttpErrorKind::Timeout,
    HttpErrorKind::Unreachable,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_kind_has_a_name_and_words_of_its_own() {
        let names: HashSet<_> = ALL.iter().map(|kind| kind.name()).collect();
        let words: HashSet<_> = ALL.iter().map(ToString::to_string).collect();
        assert_eq!((names.len(), words.len()), (ALL.len(), ALL.len()));
        for kind in ALL {
            assert_eq!(HttpErrorKind::named(kind.name()), Some(kind));
        }
        assert_eq!(HttpErrorKind::named("invalid_grant"), None);
    }
}
