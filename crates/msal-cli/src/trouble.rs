//! What keeps a server from answering, in words: what is the same on every screen and in every report.

use std::borrow::Cow;

use msal::{Clock as _, HttpErrorKind, SystemClock};
use msal_migrate::Reason;

/// What happened.
pub(crate) fn what(reason: &Reason) -> Cow<'static, str> {
    if let Some(kind) = HttpErrorKind::named(&reason.error) {
        return kind.to_string().into();
    }
    // Entra's word for a client that asks the same again and again.
    if reason.aadsts.contains(&50_196) {
        return "the server took the requests for a loop".into();
    }
    match (&*reason.error, status(reason)) {
        (_, Some(429)) => "the server was asked too often (HTTP 429)".into(),
        (_, Some(status)) if status >= 500 => format!("the server failed (HTTP {status})").into(),
        ("unreadable_response", _) => {
            "what answered is no token endpoint: its page is not JSON".into()
        }
        ("interrupted", _) => "the run ended before it was tried again".into(),
        ("no_answer", _) => "nothing answered".into(),
        ("server_error" | "temporarily_unavailable", _) => "the server was busy or broken".into(),
        _ => "the server did not do it for now".into(),
    }
}

/// What to do before the same command is run again.
pub(crate) fn remedy(reason: &Reason) -> Cow<'static, str> {
    if let Some(kind) = HttpErrorKind::named(&reason.error) {
        return match kind {
            HttpErrorKind::Response | HttpErrorKind::Timeout => AGAIN.into(),
            kind if kind.is_about_certificate() => {
                format!("{}; {}", kind.hint(), hint(kind)).into()
            }
            kind => format!("{}; then {AGAIN}", kind.hint()).into(),
        };
    }
    match (&*reason.error, status(reason)) {
        (_, Some(429)) => {
            "wait a while and run the same command again; --rate N/s asks less often".into()
        }
        ("unreadable_response", _) => {
            "see what stands between here and the server, such as a proxy or a network that wants a login; then run the same \
             command again"
                .into()
        }
        ("no_answer", _) => {
            "run the same command again; where nothing answers still, see whether the server can be reached from here".into()
        }
        _ => AGAIN.into(),
    }
}

/// What to type, or to look at, where an exchange failed in this way.
pub(crate) fn hint(kind: HttpErrorKind) -> String {
    match kind {
        HttpErrorKind::Certificate | HttpErrorKind::CertificateIssuer => {
            "if the server is your own, pass the certificate of its authority with --ca-file"
                .to_owned()
        }
        HttpErrorKind::CertificateExpired | HttpErrorKind::CertificateNotYetValid => {
            format!("this machine's clock says {}", SystemClock.now())
        }
        HttpErrorKind::CertificateName => {
            "write the host in --authority as the server's certificate has it".to_owned()
        }
        kind => kind.hint().to_owned(),
    }
}

fn status(reason: &Reason) -> Option<u16> {
    reason.error.strip_prefix("http_")?.parse().ok()
}

const AGAIN: &str = "run the same command again";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::tests::reason;

    #[test]
    fn each_cause_has_words_and_a_remedy() {
        for (error, codes, happened, to_do) in [
            ("connection_refused", &[][..], "nobody listens", "the port"),
            ("name_not_found", &[], "name was not found", "DNS"),
            ("not_tls", &[], "does not speak TLS", "the port"),
            ("connect_timeout", &[], "attempt to connect", "firewall"),
            ("proxy", &[], "the proxy", "HTTPS_PROXY"),
            ("certificate_issuer", &[], "not trusted here", "--ca-file"),
            ("certificate_expired", &[], "has expired", "clock"),
            ("certificate_name", &[], "another host's", "--authority"),
            ("timeout", &[], "in time", "run the same"),
            ("response", &[], "closed in the middle", "run the same"),
            ("http_429", &[], "too often", "--rate"),
            ("http_503", &[], "failed (HTTP 503)", "run the same"),
            ("unreadable_response", &[], "not JSON", "login"),
            ("invalid_grant", &[50_196], "a loop", "run the same"),
            ("interrupted", &[], "the run ended", "run the same"),
            // What journals of before say.
            ("no_answer", &[], "nothing answered", "reached"),
        ] {
            let reason = reason(error, codes);
            let (what, remedy) = (what(&reason), remedy(&reason));
            assert!(what.contains(happened), "{error}: {what}");
            assert!(remedy.contains(to_do), "{error}: {remedy}");
            for wrong in ["registration", "secret"] {
                assert!(!what.contains(wrong) && !remedy.contains(wrong), "{error}");
            }
        }
    }
}
