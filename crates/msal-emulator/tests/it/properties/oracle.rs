//! Whether an answer is one that the protocols of the platform have.

use http::{HeaderMap, Method};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::Answer;

/// Tokens, a document, a page, an envelope, a redirect, a SOAP fault, or "no such page".
pub(super) fn is_of_the_protocol(answer: &Answer, method: &Method) -> Result<(), TestCaseError> {
    let kind = header(&answer.headers, "content-type");
    prop_assert_eq!(header(&answer.headers, "x-content-type-options"), "nosniff");
    match answer.status {
        204 => prop_assert!(answer.body.is_empty() && *method == Method::OPTIONS),
        302 => {
            let location = header(&answer.headers, "location");
            let scheme = location.split_once(':').map_or("", |(scheme, _)| scheme);
            prop_assert!(["http", "https"].contains(&scheme), "{}", location);
        }
        200 | 400 | 401 if kind.starts_with("text/html") => is_a_page(answer)?,
        200 if kind.starts_with("text/javascript") => {}
        200 | 500 if kind.starts_with("application/soap+xml") => {
            prop_assert!(answer.body.starts_with(b"<"));
        }
        200 => {
            prop_assert!(kind.starts_with("application/json"), "{}", kind);
            prop_assert!(json(answer)?.is_object());
        }
        400 | 401 => is_an_error(&json(answer)?)?,
        status => {
            prop_assert_eq!(status, 404);
            // Azure AD B2C has a page for policies that are not there.
            let text = b"The resource you are looking for has been removed";
            prop_assert!(answer.body.is_empty() || answer.body.starts_with(text));
        }
    }
    Ok(())
}

fn is_a_page(answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert!(answer.body.starts_with(b"<!DOCTYPE html>"));
    prop_assert!(answer.body.ends_with(b"</html>\n"));
    let policy = header(&answer.headers, "content-security-policy");
    prop_assert!(policy.starts_with("default-src 'none'; "));
    prop_assert_eq!(header(&answer.headers, "x-frame-options"), "DENY");
    let text = std::str::from_utf8(&answer.body);
    prop_assert!(text.is_ok_and(|text| text.matches("<script").count() <= 1));
    Ok(())
}

/// An envelope, or the error of B2C, Graph, machines or App Service.
fn is_an_error(json: &Value) -> Result<(), TestCaseError> {
    let description = json["error_description"].as_str().unwrap_or_default();
    match json["error_codes"][0].as_u64() {
        Some(code) => {
            for member in ["error", "timestamp", "trace_id", "correlation_id"] {
                prop_assert!(json[member].is_string(), "{}", json);
            }
            let start = format!("AADSTS{code}: ");
            prop_assert!(description.starts_with(&start), "{}", description);
            prop_assert!(!description.contains("(unknown)"), "{}", description);
        }
        None => {
            let of_a_machine = json["error"].is_string() && !description.is_empty();
            let of_graph = json["error"]["code"].is_string();
            let of_app_service = json["statusCode"].is_u64();
            let of_b2c = description.starts_with("AADB2C");
            let known = of_a_machine || of_graph || of_app_service || of_b2c;
            prop_assert!(known, "{}", json);
        }
    }
    Ok(())
}

fn json(answer: &Answer) -> Result<Value, TestCaseError> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| TestCaseError::fail(format!("{error} in {:?}", answer.body)))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}
