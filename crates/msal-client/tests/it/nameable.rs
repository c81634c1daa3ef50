//! A program names what the library's signatures say through `msal` alone. `cargo xtask purity` finds a signature that
//! says more; here is code that a program would write.

use std::time::Duration;

use msal::bytes::Bytes;
use msal::http::header::{HeaderValue, InvalidHeaderValue};
use msal::http::{Request, Response, StatusCode, Uri};
use msal::serde_json::{Map, Value};
use msal::{
    AuthenticationResult, BoxFuture, Clock, DiscoveryError, Error, HttpClient, HttpError,
    HttpErrorKind, IdTokenClaims, MalformedResponse, Misplaced, ProviderMetadata, RandomError,
    Runtime, SecureRandom, ServiceError, StoreError, Stored, Text, TrustedAuthority, UnixTime,
    Version,
};

/// All three ports of a runtime.
#[derive(Clone, Copy, Debug)]
struct World;

impl HttpClient for World {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let endpoint: &Uri = request.uri();
        let body = format!(r#"{{"error":"slow_down","error_description":"{endpoint}"}}"#);
        let mut answer = Response::new(Bytes::from(body));
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        Box::pin(std::future::ready(Ok(answer)))
    }
}

impl Clock for World {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(1_700_000_000)
    }

    fn sleep(&self, _at_once: Duration) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl SecureRandom for World {
    fn fill(&self, _bytes: &mut [u8]) -> Result<(), RandomError> {
        Err(RandomError)
    }
}

fn header(result: &AuthenticationResult) -> Result<HeaderValue, InvalidHeaderValue> {
    result.authorization_header()
}

/// What an error holds, taken apart.
fn status(error: &Error) -> Option<StatusCode> {
    let service: &ServiceError = error.service_error()?;
    let _misplaced: Option<Misplaced> = service.misplaced();
    Some(service.status)
}

#[tokio::test]
async fn a_program_needs_no_other_crate_for_what_signatures_say() {
    let runtime = Runtime::with_http(World)
        .with_clock(World)
        .with_random(World);
    assert_eq!(runtime.correlation_id().unwrap_err(), RandomError);
    let answer = runtime.http().send(Request::new(Bytes::new())).await;
    assert_eq!(answer.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);

    let token = AuthenticationResult::new("token", runtime.clock().now());
    assert!(header(&token).unwrap().is_sensitive());
    let error = Error::from(HttpError::bare(HttpErrorKind::Timeout));
    assert_eq!(status(&error), None);
    let stored = Stored::new(Bytes::from_static(b"{}"), Version::new("1"));
    assert_eq!(Text::from("{}").as_str().as_bytes(), stored.blob);

    let _claims: fn(&IdTokenClaims) -> Map<String, Value> = IdTokenClaims::all;
    let _question: fn(&TrustedAuthority) -> Result<Request<Bytes>, DiscoveryError> =
        ProviderMetadata::request;
    let _status: fn(&MalformedResponse) -> StatusCode = |response| response.status;
    let _discovery: fn(DiscoveryError) -> Option<Duration> = |error| error.retry_after();
    let _store: StoreError = StoreError::Conflict;
}
