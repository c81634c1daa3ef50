//! Answers as HTTP responses, with the headers Entra sends.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use super::base64url::base64url;
use super::call::{CLIENT_REQUEST_ID, Call};

/// An answer, and the AADSTS code it carries.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) response: Response<Bytes>,
    pub(crate) aadsts: Option<u32>,
    /// The client that the answer is for, and the person that it is about, where the request does not name them.
    pub(crate) client_id: Option<String>,
    pub(crate) user: Option<String>,
}

impl Reply {
    /// An answer of the token endpoint, or an error of any endpoint.
    pub(crate) fn token(call: &Call<'_>, status: u16, body: Vec<u8>, telemetry: &str) -> Self {
        let mut reply = Self::new(call, status, JSON, body);
        let headers = reply.response.headers_mut();
        // RFC 6749 §5.1: an answer with tokens has Cache-Control "no-store" and Pragma "no-cache".
        put(headers, header::CACHE_CONTROL, "no-store, no-cache");
        put(headers, header::PRAGMA, "no-cache");
        put(headers, header::EXPIRES, "-1");
        put(headers, HeaderName::from_static("x-ms-clitelem"), telemetry);
        // Single-page applications redeem codes from their own origin, and have to be able to read the answer.
        if call.header("origin").is_some() {
            put(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        }
        reply
    }

    /// A public document: discovery, keys, user realm.
    pub(crate) fn document(call: &Call<'_>, body: &impl Serialize) -> Self {
        let mut reply = Self::new(call, 200, JSON, to_json(body));
        let headers = reply.response.headers_mut();
        put(headers, header::CACHE_CONTROL, "max-age=86400, private");
        put(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        put(
            headers,
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, OPTIONS",
        );
        reply
    }

    /// A redirect whose `Location` is still to be set.
    pub(crate) fn redirect(call: &Call<'_>) -> Self {
        let mut reply = Self::new(call, 302, "text/html; charset=utf-8", Vec::new());
        put(
            reply.response.headers_mut(),
            header::CACHE_CONTROL,
            "no-store, no-cache",
        );
        reply
    }

    /// What a browser asks before a page of another origin may send a request (Fetch §3.2.2).
    pub(crate) fn preflight(call: &Call<'_>) -> Self {
        let mut reply = Self::new(call, 204, "text/plain", Vec::new());
        let headers = reply.response.headers_mut();
        put(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        put(
            headers,
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, OPTIONS",
        );
        put(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, "*");
        put(headers, header::ACCESS_CONTROL_MAX_AGE, "86400");
        reply
    }

    /// A JSON answer of a service other than the token endpoint.
    pub(crate) fn json(call: &Call<'_>, status: u16, body: &impl Serialize) -> Self {
        Self::new(call, status, JSON, to_json(body))
    }

    /// Says whom the answer is for and about, for the audit log.
    pub(crate) fn about(mut self, client_id: Option<&str>, user: Option<&str>) -> Self {
        self.client_id = self.client_id.or_else(|| client_id.map(str::to_owned));
        self.user = self.user.or_else(|| user.map(str::to_owned));
        self
    }

    /// Sets a header.
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        put(
            self.response.headers_mut(),
            HeaderName::from_static(name),
            value,
        );
        self
    }

    /// An answer of AD FS.
    pub(crate) fn xml(call: &Call<'_>, status: u16, body: String) -> Self {
        Self::new(
            call,
            status,
            "application/soap+xml; charset=utf-8",
            body.into_bytes(),
        )
    }

    /// A page for people.
    pub(crate) fn html(call: &Call<'_>, status: u16, body: Vec<u8>) -> Self {
        Self::new(call, status, "text/html; charset=utf-8", body)
    }

    /// A static file, which clients may cache.
    pub(crate) fn asset(call: &Call<'_>, content_type: &str, body: &'static str) -> Self {
        let mut reply = Self::new(call, 200, content_type, body.as_bytes().to_vec());
        put(
            reply.response.headers_mut(),
            header::CACHE_CONTROL,
            "max-age=86400",
        );
        reply
    }

    /// Adds a cookie.
    pub(crate) fn set_cookie(mut self, cookie: Option<HeaderValue>) -> Self {
        if let Some(cookie) = cookie {
            self.response
                .headers_mut()
                .append(header::SET_COOKIE, cookie);
        }
        self
    }

    /// The answer at a path that is no endpoint.
    pub(crate) fn not_found(call: &Call<'_>) -> Self {
        Self::new(call, 404, "text/plain", Vec::new())
    }

    /// The page of the web server that stands before Azure AD B2C.
    pub(crate) fn removed(call: &Call<'_>) -> Self {
        let text = "The resource you are looking for has been removed, had its name changed, or is temporarily unavailable.";
        Self::new(call, 404, "text/html", text.as_bytes().to_vec())
    }

    /// Exactly these headers and this body. Headers that HTTP does not allow are left out.
    pub(crate) fn raw(
        status: u16,
        headers: impl IntoIterator<Item = (String, String)>,
        body: Bytes,
    ) -> Self {
        let mut response = Response::new(body);
        *response.status_mut() = status_code(status);
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
            {
                response.headers_mut().append(name, value);
            }
        }
        Self {
            response,
            aadsts: None,
            client_id: None,
            user: None,
        }
    }

    fn new(call: &Call<'_>, status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status_code(status);
        let headers = response.headers_mut();
        put(headers, header::CONTENT_TYPE, content_type);
        put(
            headers,
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
        put(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        put(
            headers,
            HeaderName::from_static("p3p"),
            "CP=\"DSP CUR OTPi IND OTRi ONL FIN\"",
        );
        put(
            headers,
            HeaderName::from_static("x-ms-request-id"),
            &call.trace_id.to_string(),
        );
        put(headers, HeaderName::from_static("x-ms-ests-server"), SERVER);
        if call
            .header("return-client-request-id")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        {
            put(
                headers,
                HeaderName::from_static(CLIENT_REQUEST_ID),
                &call.correlation_id.to_string(),
            );
        }
        // Cookies of Entra's gateways. They mean nothing here, but HTTP clients have to cope with them.
        let fpc = base64url(call.trace_id.as_bytes());
        for cookie in [
            &format!("fpc={fpc}; path=/; secure; HttpOnly; SameSite=None"),
            "x-ms-gateway-slice=estsfd; path=/; secure; httponly",
            "stsservicecookie=estsfd; path=/; secure; httponly",
        ] {
            if let Ok(cookie) = HeaderValue::from_str(cookie) {
                headers.append(header::SET_COOKIE, cookie);
            }
        }
        Self {
            response,
            aadsts: None,
            client_id: None,
            user: None,
        }
    }
}

pub(crate) fn to_json(body: &impl Serialize) -> Vec<u8> {
    // Plain structures with text keys always serialize.
    serde_json::to_vec(body).unwrap_or_default()
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

const JSON: &str = "application/json; charset=utf-8";

const SERVER: &str = "2.1.12171.14 - EUS ProdSlices";
