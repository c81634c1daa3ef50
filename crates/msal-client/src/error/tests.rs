//! What every error says, and what to do about it.

use std::collections::BTreeSet;
use std::io;

use bytes::Bytes;
use http::{HeaderValue, Response};
use msal_core::{
    AuthCodeFlow, AuthFlowError, AuthResponse, Authority, DeviceAuthorizationError, Dialect,
    DiscoveryError, ExtraParameters, ForwardedClaims, IdTokenError, Malformation, ProviderMetadata,
    RedirectUri, RefreshToken, Scope, Tenant, TokenCache, TokenOutcome, TrustedAuthority,
};

use super::*;
use crate::browser::NoBrowser;
use crate::ports::RandomError;
use crate::store::Partition;
use crate::store::StoreError;
use crate::transport::HttpErrorKind;

/// An error, the variant it is, what it says with all that lies beneath, and what is to be done.
type Row = (Error, &'static str, &'static str, Remedy);

fn row(variant: &'static str, error: impl Into<Error>, says: &'static str, remedy: Remedy) -> Row {
    (error.into(), variant, says, remedy)
}

/// What a token endpoint answers, as an error.
fn answered(status: u16, body: &'static str) -> Error {
    let response = Response::builder()
        .status(status)
        .header("retry-after", "30")
        .body(Bytes::from_static(body.as_bytes()))
        .unwrap();
    match TokenOutcome::read(&response, "client") {
        TokenOutcome::Refused(error) => Error::from(*error),
        TokenOutcome::Malformed(error) => Error::from(error),
        other => panic!("no error: {other:?}"),
    }
}

/// What an authority answers that has no such tenant.
fn no_tenant() -> Error {
    let body = r#"{"error":"invalid_tenant","error_codes":[90002]}"#;
    let response = Response::builder().status(400).body(Bytes::from(body));
    let authority = Authority::parse("https://login.microsoftonline.com/nobody.example").unwrap();
    let authority = TrustedAuthority::named_by_operator(authority);
    let refused = ProviderMetadata::read(&authority, &response.unwrap()).unwrap_err();
    ProtocolError::Discovery(refused).into()
}

fn http(kind: HttpErrorKind) -> HttpError {
    HttpError::new(kind, io::Error::other("what the system says"))
}

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

fn extra_parameter() -> ExtraParameters {
    let mut extra = ExtraParameters::default();
    extra.add_field("scope", "a");
    extra
}

fn config_errors() -> Vec<Row> {
    let config = |variant, error: ConfigError, says| row(variant, error, says, Remedy::Correct);
    vec![
        config(
            "AmbiguousUsername",
            ConfigError::AmbiguousUsername,
            "several accounts have this user name: name one by its home account id",
        ),
        row(
            "Authority",
            Authority::parse("http://a.example/b").unwrap_err(),
            "an authority must be an https URL, not `http`",
            Remedy::Correct,
        ),
        row(
            "AuthorizationRequest",
            RedirectUri::parse("http://a.example/").unwrap_err(),
            "the redirect URI cannot be used: it is not encrypted: only the machine itself may be reached by http",
            Remedy::Correct,
        ),
        row(
            "Cache",
            TokenCache::parse(Bytes::from_static(b"7"), Dialect::Python).unwrap_err(),
            "the token cache is not JSON: line 1, column 1",
            Remedy::Correct,
        ),
        config(
            "Certificate",
            ConfigError::Certificate,
            "there is no certificate in the PEM bundle",
        ),
        config(
            "Claims",
            msal_core::merged_claims("[]", &[], None)
                .unwrap_err()
                .into(),
            "the claims challenge is not a JSON object that capabilities can be added to",
        ),
        config(
            "Claims",
            ForwardedClaims::parse("alice").unwrap_err().into(),
            "the forwarded claims are not a JSON object",
        ),
        row(
            "ClientCertificate",
            CertificateError::WrongPassphrase,
            "the passphrase is wrong",
            Remedy::Correct,
        ),
        config(
            "ClientCredential",
            ConfigError::ClientCredential,
            "a confidential client needs a secret, a certificate or an assertion",
        ),
        config("ClientId", ConfigError::ClientId, "the client id is empty"),
        config(
            "ClientSecret",
            ConfigError::ClientSecret,
            "the client secret is empty",
        ),
        config(
            "Contradiction",
            ConfigError::Contradiction {
                settings: ["cache", "store"],
                reason: "a cache has its store",
            },
            "`cache` and `store` contradict each other: a cache has its store",
        ),
        config(
            "ExtraParameter",
            extra_parameter().check().unwrap_err().into(),
            "the parameter `scope` may not be added: it is there twice, the endpoint's, or the library's own, with an option for it or none",
        ),
        config(
            "InsideRuntime",
            ConfigError::InsideRuntime,
            "this thread belongs to a tokio runtime: await the call instead of waiting for it",
        ),
        config(
            "NoDeviceFlow",
            ConfigError::NoDeviceFlow,
            "the authority has no device code flow: sign the user in in another way",
        ),
        config(
            "NoHttpClient",
            ConfigError::NoHttpClient,
            "there is no http client: enable the feature `https-client` or pass a runtime",
        ),
        config(
            "NoTenants",
            ConfigError::NoTenants,
            "the authority has no tenants to choose from: only Entra ID and External ID have",
        ),
        config(
            "OneTenant",
            ConfigError::OneTenant {
                tenant: "common".to_owned(),
            },
            "the application's own token is of one tenant: name it, at the call or in the authority, instead of `common`",
        ),
        config(
            "NoRuntime",
            ConfigError::NoRuntime,
            "there is no tokio runtime here: await the call inside one, or use the feature `blocking`",
        ),
        row(
            "NoRuntime",
            StoreError::NoRuntime,
            "there is no tokio runtime here: await the call inside one, or use the feature `blocking`",
            Remedy::Correct,
        ),
        row(
            "NoRuntime",
            http(HttpErrorKind::NoRuntime),
            "there is no tokio runtime here: await the call inside one, or use the feature `blocking`",
            Remedy::Correct,
        ),
        row(
            "Partition",
            Partition::new("Alice").unwrap_err(),
            "a partition name is 1 to 128 characters of a-z, 0-9, '.', '_' and '-', starts with a letter or digit and does not end with a dot",
            Remedy::Correct,
        ),
        row(
            "Random",
            RandomError,
            "the operating system gave no random bytes",
            Remedy::Correct,
        ),
        row(
            "Scope",
            Scope::parse("two words").unwrap_err(),
            "`two words` is not a scope (RFC 6749 §3.3)",
            Remedy::Correct,
        ),
        config(
            "UnknownAuthority",
            ConfigError::unknown_authority("login.example"),
            "`login.example` is not a host of Microsoft's: name it with `known_authority` if you trust it with tokens",
        ),
    ]
}

fn http_errors() -> Vec<Row> {
    use HttpErrorKind as Kind;

    let rows = [
        (
            Kind::Certificate,
            "the server's certificate is not trusted; see who answers in the server's place, or trust the issuer if the server is your own: what the system says",
        ),
        (
            Kind::CertificateExpired,
            "the server's certificate has expired; if this machine's clock is right, whoever runs the server has to renew it: what the system says",
        ),
        (
            Kind::CertificateIssuer,
            "the server's certificate comes from an authority that is not trusted here; see who answers in the server's place, or trust the issuer if the server is your own: what the system says",
        ),
        (
            Kind::CertificateName,
            "the server's certificate is another host's; correct the host of the authority, or see who answers in the server's place: what the system says",
        ),
        (
            Kind::CertificateNotYetValid,
            "the server's certificate is not valid yet; see whether this machine's clock is behind: what the system says",
        ),
        (
            Kind::ConnectTimeout,
            "nothing answered the attempt to connect; correct the host, or see whether a firewall stands in between and a proxy has to be named in HTTPS_PROXY: what the system says",
        ),
        (
            Kind::ConnectionRefused,
            "nobody listens at the server's port (connection refused); correct the host and the port, or start the server: what the system says",
        ),
        (
            Kind::NameNotFound,
            "the server's name was not found; correct the host, or see whether names are found from here (DNS, VPN): what the system says",
        ),
        (
            Kind::NotTls,
            "what answers at the server's port does not speak TLS; correct the host and the port: tokens are sent over TLS only: what the system says",
        ),
        (
            Kind::Proxy,
            "the proxy opened no connection to the server; correct the proxy in HTTPS_PROXY, or name the host in NO_PROXY if no proxy leads there: what the system says",
        ),
        (
            Kind::Request,
            "the request cannot be sent; correct the application's settings: what the system says",
        ),
        (
            Kind::Response,
            "the connection was closed in the middle of the answer or before it; try again later: what the system says",
        ),
        (
            Kind::ResponseTooLarge,
            "the server's response was too large; see who answers in the server's place: what the system says",
        ),
        (
            Kind::Timeout,
            "the server did not answer in time; try again later: what the system says",
        ),
        (
            Kind::Unreachable,
            "the server cannot be reached; see whether the network leads to the server, and try again: what the system says",
        ),
    ];
    rows.map(|(kind, says)| {
        let remedy = match kind.is_transient() {
            true => Remedy::Wait(None),
            false => Remedy::Correct,
        };
        row("Http", http(kind), says, remedy)
    })
    .into()
}

fn server_errors() -> Vec<Row> {
    let half_a_minute = Remedy::Wait(Some(Duration::from_secs(30)));
    vec![
        row(
            "InteractionRequired",
            InteractionRequired::default(),
            "the user must sign in: nothing is cached for the account",
            Remedy::SignIn,
        ),
        row(
            "InteractionRequired",
            InteractionRequired::federated(),
            "the user must sign in: the user's domain is federated, so that its own server checks passwords, which is not supported here; use a browser or a device code",
            Remedy::SignIn,
        ),
        row(
            "InteractionRequired",
            InteractionRequired::no_session(),
            "the user must sign in: the session has ended or was never begun; begin one when the user calls again",
            Remedy::SignIn,
        ),
        row(
            "InteractionRequired",
            InteractionRequired::device_code_expired(),
            "the user must sign in: the code has expired before it was entered; begin again for a new one",
            Remedy::SignIn,
        ),
        row(
            "InteractionRequired",
            answered(
                400,
                r#"{"error":"invalid_grant","error_codes":[50173],"suberror":"bad_token","error_description":"of alice@contoso.example"}"#,
            ),
            "the user must sign in: invalid_grant (AADSTS50173, bad_token)",
            Remedy::SignIn,
        ),
        row(
            "Service",
            answered(401, r#"{"error":"invalid_client","error_codes":[7000215]}"#),
            "the token endpoint refused: invalid_client (AADSTS7000215); correct the application's settings or its registration",
            Remedy::Correct,
        ),
        row(
            "Service",
            answered(400, r#"{"error":"invalid_grant","error_codes":[50020]}"#),
            "the token endpoint refused: invalid_grant (AADSTS50020); name the authority of the user's tenant, or register the application there",
            Remedy::Correct,
        ),
        row(
            "Service",
            answered(400, r#"{"error":"invalid_grant","error_codes":[7000114]}"#),
            "the token endpoint refused: invalid_grant (AADSTS7000114); the assertion is the token of an application, which nobody can act on behalf of: use `acquire_token_for_client`",
            Remedy::Correct,
        ),
        row(
            "InteractionRequired",
            answered(400, r#"{"error":"invalid_grant","error_codes":[500133]}"#),
            "the user must sign in: invalid_grant (AADSTS500133); the assertion has expired: the caller must get a new token",
            Remedy::SignIn,
        ),
        row(
            "Service",
            answered(400, r#"{"error":"invalid_request","error_codes":[90002]}"#),
            "the token endpoint refused: invalid_request (AADSTS90002); there is no such tenant: correct the tenant of the authority",
            Remedy::Correct,
        ),
        row(
            "Service",
            answered(401, r#"{"error":"invalid_client","error_codes":[700024]}"#),
            "the token endpoint refused: invalid_client (AADSTS700024); compare this machine's clock with the time: it decides when the client's assertion is valid",
            Remedy::Correct,
        ),
        row(
            "Service",
            answered(407, "<html>"),
            "the token endpoint refused: HTTP 407; find out who answered in the server's place: a proxy, a firewall or the login page of the network, as it seems",
            Remedy::Correct,
        ),
        row(
            "Service",
            answered(429, r#"{"error":"temporarily_unavailable"}"#),
            "the token endpoint was asked too often: temporarily_unavailable; try again in 30 s",
            half_a_minute,
        ),
        row(
            "Service",
            answered(503, ""),
            "the token endpoint is busy or broken: HTTP 503; try again in 30 s",
            half_a_minute,
        ),
    ]
}

fn protocol_errors() -> Vec<Row> {
    let report = |error: ProtocolError, says| row("Protocol", error, says, Remedy::Report);
    let token = || Some(RefreshToken::from("0.AXYA-secret"));
    vec![
        row(
            "Protocol",
            HeaderValue::from_str("\r\n").unwrap_err(),
            "the access token cannot be sent: it has characters that no header can carry; report it to whoever runs the server",
            Remedy::Report,
        ),
        report(
            ProtocolError::DeviceAuthorization(DeviceAuthorizationError::Malformed(
                Malformation::NotJson,
            )),
            "the device authorization endpoint's answer cannot be used: it is not a JSON object; report it to whoever runs the server",
        ),
        report(
            ProtocolError::Discovery(DiscoveryError::NotJson),
            "the metadata is not JSON; find out who answered in the server's place: a proxy, a firewall or the login page of the network, as it seems",
        ),
        row(
            "Protocol",
            ProtocolError::Discovery(DiscoveryError::UnknownInstance),
            "the authority's host is not one of Microsoft's; correct the authority",
            Remedy::Correct,
        ),
        row(
            "Protocol",
            no_tenant(),
            "the metadata was refused with HTTP 400: invalid_tenant; there is no such tenant: correct the tenant of the authority",
            Remedy::Correct,
        ),
        row(
            "Protocol",
            answered(200, "<!DOCTYPE html><title>Welcome</title>"),
            "the token endpoint's answer (HTTP 200) cannot be used: it is not a JSON object; find out who answered in the server's place: a proxy, a firewall or the login page of the network, as it seems",
            Remedy::Report,
        ),
        report(
            ProtocolError::Identity {
                refresh_token: token(),
            },
            "the answer is for another account than the one that was asked for; report it to whoever runs the server",
        ),
        report(
            ProtocolError::IdToken {
                source: IdTokenError::Issuer,
                refresh_token: token(),
            },
            "the answer cannot be used; report it to whoever runs the server: the id token was issued by somebody else",
        ),
        row(
            "Protocol",
            answered(200, r#"{"access_token":7,"refresh_token":"0.AXYA-secret"}"#),
            "the token endpoint's answer (HTTP 200) cannot be used: `access_token` is missing or not a string; report it to whoever runs the server",
            Remedy::Report,
        ),
    ]
}

fn sign_in_errors() -> Vec<Row> {
    let again = Remedy::SignIn;
    let sign_in = |error: SignInError, says, remedy| row("SignIn", error, says, remedy);
    vec![
        sign_in(
            AuthFlowError::State.into(),
            "the answer belongs to another sign-in: its `state` is not the one that was sent; let the user sign in",
            again,
        ),
        sign_in(
            AuthFlowError::Expired.into(),
            "the sign-in took too long; let the user sign in",
            again,
        ),
        sign_in(
            AuthFlowError::Application.into(),
            "the sign-in was begun by another application or for another authority; correct the application's settings or its registration",
            Remedy::Correct,
        ),
        sign_in(
            NoBrowser::Wsl.into(),
            "Windows opened no browser for WSL: install wslu (wslview) or allow Windows programs in /etc/wsl.conf, use the device code flow, or show the address with `without_browser`",
            Remedy::Correct,
        ),
        sign_in(
            SignInError::Port {
                port: Some(8400),
                kind: io::ErrorKind::AddrInUse,
            },
            "port 8400 of this machine is in use: stop the other program, or choose another port",
            Remedy::Correct,
        ),
        sign_in(
            SignInError::TimedOut,
            "the user did not come back from the browser in time; let the user sign in",
            again,
        ),
        row(
            "SignIn",
            AuthResponse::from_query("code=c&code=d&state=s").unwrap_err(),
            "what the browser brought is no answer to a sign-in: `code` occurs twice; let the user sign in",
            again,
        ),
        row(
            "SignIn",
            AuthCodeFlow::from_session("0.AXYA-secret").unwrap_err(),
            "what was in the session is no sign-in that has begun; let the user sign in",
            again,
        ),
    ]
}

fn store_errors() -> Vec<Row> {
    let later = Remedy::Wait(None);
    let store = |error: StoreError, says, remedy| row("Store", error, says, remedy);
    vec![
        store(
            StoreError::Conflict,
            "the token cache: the stored cache has changed since it was loaded; load the cache again, merge the change into it, and save again",
            later,
        ),
        store(
            StoreError::corrupt("c.json", "it is empty"),
            "the token cache: c.json is not a token cache: it is empty; move c.json away, restore it from a copy if there is one, or sign in again; nothing was changed",
            Remedy::Correct,
        ),
        store(
            StoreError::io("read", "c.json", denied()),
            "the token cache: cannot read c.json; check who may read and write c.json and its folder: permission denied",
            Remedy::Correct,
        ),
        store(
            StoreError::io("read", "c.json", io::ErrorKind::TimedOut.into()),
            "the token cache: cannot read c.json; try again later: timed out",
            later,
        ),
        store(
            StoreError::io("write", "c.json", io::ErrorKind::StorageFull.into()),
            "the token cache: no room to write c.json; make room for c.json and try again; the old content is intact: no storage space",
            Remedy::Correct,
        ),
        store(
            StoreError::locked("c.lock", None),
            "the token cache: c.lock is held by another process; let the other process finish, or stop it; if it no longer runs, delete c.lock",
            later,
        ),
        store(
            StoreError::not_durable("c.json", denied()),
            "the token cache: c.json has changed, but may not survive a power failure; check the disk that c.json is on: permission denied",
            Remedy::Correct,
        ),
        store(
            StoreError::not_ours("c.json", "it is a folder"),
            "the token cache: c.json cannot hold a token cache: it is a folder; instead of c.json, name a regular file of your own, in a folder of your own that nobody else can write to: chmod go-w FOLDER",
            Remedy::Correct,
        ),
        store(
            StoreError::other("a rule of the database"),
            "the token cache: the cache store failed; correct the application's settings or its registration: a rule of the database",
            Remedy::Correct,
        ),
        store(
            StoreError::unavailable("no connection is free"),
            "the token cache: the cache store is out of reach; try again later: no connection is free",
            later,
        ),
    ]
}

fn credential_errors() -> Vec<Row> {
    let credential = |error: CredentialError, says, remedy| row("Credential", error, says, remedy);
    vec![
        credential(
            CredentialError::Expired {
                since: msal_core::UnixTime::from_secs(0),
            },
            "the certificate expired at 1970-01-01T00:00:00Z: make a new one, register it with the application and use it",
            Remedy::Correct,
        ),
        credential(
            CredentialError::File {
                place: "token".to_owned(),
                source: denied().into(),
            },
            "cannot read the assertion in `token`; correct the application's settings or its registration: permission denied",
            Remedy::Correct,
        ),
        credential(
            CredentialError::NotAnAssertion {
                place: "`token`".to_owned(),
            },
            "`token` gave no assertion: it must be a signed JWT and nothing else",
            Remedy::Correct,
        ),
        credential(
            CredentialError::other("the vault has no such key"),
            "the client's assertion cannot be made; correct the application's settings or its registration: the vault has no such key",
            Remedy::Correct,
        ),
        credential(
            CredentialError::unavailable("the vault does not answer"),
            "the client's assertion cannot be made for the moment; try again later: the vault does not answer",
            Remedy::Wait(None),
        ),
    ]
}

fn table() -> Vec<Row> {
    [
        config_errors(),
        credential_errors(),
        http_errors(),
        server_errors(),
        protocol_errors(),
        sign_in_errors(),
        store_errors(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The message and those beneath it.
fn chain(error: &Error) -> Vec<String> {
    let first: Option<&(dyn error::Error + 'static)> = Some(error);
    std::iter::successors(first, |error| (*error).source())
        .map(ToString::to_string)
        .collect()
}

#[test]
fn every_error_says_what_happened_and_what_to_do() {
    for (error, variant, says, remedy) in table() {
        assert_eq!(chain(&error).join(": "), says, "{variant}");
        assert_eq!(error.remedy(), remedy, "{variant}: {says}");
        assert_eq!(
            error.is_transient(),
            matches!(remedy, Remedy::Wait(_)),
            "{says}"
        );
        if let Remedy::Wait(wait) = remedy {
            assert_eq!(error.retry_after(), wait, "{says}");
        }
    }
}

/// Of every variant there is a row: who adds one is told here.
#[test]
fn the_table_is_complete() {
    fn name(error: &Error) -> &'static str {
        match error {
            Error::Config(error) => match error {
                ConfigError::AmbiguousUsername => "AmbiguousUsername",
                ConfigError::Authority(_) => "Authority",
                ConfigError::AuthorizationRequest(_) => "AuthorizationRequest",
                ConfigError::Cache(_) => "Cache",
                ConfigError::Certificate => "Certificate",
                ConfigError::Claims(_) => "Claims",
                ConfigError::ClientCertificate(_) => "ClientCertificate",
                ConfigError::ClientCredential => "ClientCredential",
                ConfigError::ClientId => "ClientId",
                ConfigError::ClientSecret => "ClientSecret",
                ConfigError::Contradiction { .. } => "Contradiction",
                ConfigError::ExtraParameter(_) => "ExtraParameter",
                ConfigError::InsideRuntime => "InsideRuntime",
                ConfigError::NoDeviceFlow => "NoDeviceFlow",
                ConfigError::NoHttpClient => "NoHttpClient",
                ConfigError::NoTenants => "NoTenants",
                ConfigError::NoRuntime => "NoRuntime",
                ConfigError::OneTenant { .. } => "OneTenant",
                ConfigError::Partition(_) => "Partition",
                ConfigError::Random(_) => "Random",
                ConfigError::Scope(_) => "Scope",
                ConfigError::UnknownAuthority { .. } => "UnknownAuthority",
            },
            Error::Credential(_) => "Credential",
            Error::Http(_) => "Http",
            Error::InteractionRequired(_) => "InteractionRequired",
            Error::Protocol(_) => "Protocol",
            Error::Service(_) => "Service",
            Error::SignIn(_) => "SignIn",
            Error::Store(_) => "Store",
        }
    }
    let rows = table();
    for (error, variant, ..) in &rows {
        assert_eq!(name(error), *variant);
    }
    let variants: BTreeSet<_> = rows.iter().map(|(_, variant, ..)| *variant).collect();
    assert_eq!(variants.len(), 29, "{variants:?}");
}

#[test]
fn the_guide_has_every_variant() {
    let guide = include_str!("../guide/errors.md");
    for (error, variant, ..) in table() {
        let is_there = match error {
            Error::Config(_) => guide.contains(&format!("`{variant}`")),
            _ => guide.contains(&format!("\n## `{variant}`: ")),
        };
        assert!(is_there, "{variant}");
    }
}

#[test]
fn nothing_is_said_twice_and_no_secret_once() {
    for (error, ..) in table() {
        let texts = chain(&error);
        for (at, text) in texts.iter().enumerate() {
            let said = texts[..at]
                .iter()
                .any(|before| before.contains(text.as_str()));
            assert!(!said, "{texts:?}");
        }
        let all = format!("{texts:?} {error:?}");
        assert!(!all.contains("0.AXYA"), "{all}");
        assert!(!texts.concat().contains("alice"), "{texts:?}");
    }
}

#[test]
fn every_error_of_a_call_names_application_and_authority() {
    let call = CallDetails {
        client_id: Some("00c0ffee".to_owned()),
        authority: Some("https://login.example/contoso".to_owned()),
        correlation_id: Some("c0ffee-1".to_owned()),
        ..CallDetails::default()
    };
    for (error, variant, ..) in table() {
        let is_of_program = matches!(error, Error::Config(_));
        let named = error
            .service_error()
            .and_then(|error| error.correlation_id.clone());
        let error = error.of(call.clone());
        let text = error.to_string();
        let place = " (application 00c0ffee at https://login.example/contoso)";
        assert_eq!(text.ends_with(place), !is_of_program, "{variant}: {text}");
        let expected = named
            .as_deref()
            .or_else(|| error.call().and(Some("c0ffee-1")));
        assert_eq!(error.correlation_id(), expected, "{variant}");
    }
}

#[test]
fn the_servers_correlation_id_comes_first_and_what_was_known_stays() {
    let of = |error: Error, id: &str| error.of(CallDetails::sent_with(id));
    let silent = of(answered(400, r#"{"error":"invalid_grant"}"#), "ours");
    assert_eq!(silent.correlation_id(), Some("ours"));
    assert_eq!(of(silent, "later").correlation_id(), Some("ours"));
    let named = answered(
        400,
        r#"{"error":"invalid_grant","correlation_id":"theirs"}"#,
    );
    assert_eq!(of(named, "ours").correlation_id(), Some("theirs"));
    assert_eq!(
        of(http(HttpErrorKind::Timeout).into(), "ours").correlation_id(),
        Some("ours")
    );
}

/// What `?` turns into an error of a call.
#[test]
fn every_error_of_a_builder_and_a_parser_becomes_an_error() {
    fn program() -> Result<(), Error> {
        Authority::parse("https://login.microsoftonline.com/common")?;
        Tenant::parse("contoso.example")?;
        Scope::parse("User.Read")?;
        Partition::new("user-1")?;
        "User.Read".parse::<msal_core::ScopeSet>()?;
        TokenCache::parse(Bytes::from_static(b"{}"), Dialect::Python)?;
        crate::PublicClientApplication::builder("client").build()?;
        Ok(())
    }
    program().unwrap();
}
