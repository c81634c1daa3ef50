//! What an answer of the token endpoint is: tokens, a refusal, or nothing that may be trusted.

use bytes::Bytes;
use http::Response;

use super::malformed::{Malformation, MalformedResponse};
use super::members::Members;
use super::salvage;
use super::service_error::ServiceError;
use super::tokens::TokenResponse;

/// What an answer of the token endpoint is.
#[derive(Debug)]
#[non_exhaustive]
pub enum TokenOutcome {
    /// Not an answer that may be trusted. It may still hold a refresh token.
    Malformed(MalformedResponse),
    /// The server said no.
    Refused(Box<ServiceError>),
    /// Tokens, with an ID token that is sound and addressed to the client.
    Tokens(Box<TokenResponse>),
}

impl TokenOutcome {
    /// Reads an answer that `client_id` asked for. Its tokens are copied, side by side into one piece of memory that is
    /// overwritten when the last of them is dropped.
    pub fn read(response: &Response<Bytes>, client_id: &str) -> Self {
        match Self::interpret(response, client_id) {
            Ok(outcome) => outcome,
            Err(reason) => Self::Malformed(MalformedResponse {
                status: response.status(),
                reason,
                refresh_tokens: salvage::refresh_tokens(response.body()),
            }),
        }
    }

    fn interpret(response: &Response<Bytes>, client_id: &str) -> Result<Self, Malformation> {
        let status = response.status();
        let members = match Members::parse(response.body()) {
            Ok(members) => members,
            // RFC 6749 §5.2 wants JSON. 429 and 5xx come with text or HTML as often: the status says enough, unless the text
            // is a gateway's around an answer.
            Err(_) if !status.is_success() && !salvage::has_token(response.body()) => {
                return Ok(Self::Refused(Box::new(ServiceError::bare(response))));
            }
            Err(malformation) => return Err(malformation),
        };
        // RFC 6749 §5.2 answers an error with 400 or 401. An `error` is one whatever the status is.
        if members.text("error").is_some() || !status.is_success() {
            // Tokens beside an error: one of the two is wrong, and nobody can tell which.
            return match members.has("access_token") || members.has("refresh_token") {
                true => Err(Malformation::ErrorBesideTokens),
                false => Ok(Self::Refused(Box::new(ServiceError::new(
                    response, &members,
                )))),
            };
        }
        TokenResponse::new(&members, client_id).map(|tokens| Self::Tokens(Box::new(tokens)))
    }
}
