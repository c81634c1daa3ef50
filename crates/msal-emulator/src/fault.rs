//! Faults on demand: which requests go wrong, and how.

mod action;
mod delivery;
mod effect;
mod occurrence;
mod plans;
mod retry_after;
mod sighting;
mod tampering;

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

pub use delivery::Delivery;
pub use retry_after::RetryAfter;

pub(crate) use effect::perform;
pub(crate) use plans::FaultPlans;
pub(crate) use sighting::Sighting;

use crate::directory::Glob;
use crate::protocol::{Endpoint, Version};
use action::FaultAction;
use occurrence::Occurrence;
use tampering::Tampering;

/// A plan for which requests go wrong, and how.
///
/// It strikes every token request until narrowed. The requests that fit are counted from 1; of several
/// plans that strike the same request, the one added first decides.
///
/// ```
/// use msal_emulator::Fault;
///
/// // Every tenth redemption of one client is throttled for half a minute.
/// let fault = Fault::throttle(30).grant("refresh_token").client("00c0ffee-*").every(10);
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    user: Option<Glob>,
    client: Option<Glob>,
    grant: Option<Glob>,
    endpoints: Vec<Endpoint>,
    occurrence: Occurrence,
    after_effect: bool,
    delivery: Delivery,
    action: FaultAction,
}

impl Fault {
    /// Answers with the envelope of an AADSTS code. One that the catalogue does not have is an `invalid_grant`.
    pub fn aadsts(code: u32) -> Self {
        Self::new(FaultAction::Aadsts {
            code,
            suberror: None,
            claims: None,
        })
    }

    /// Answers 429 as Entra does: the bare text `Too Many Requests`, and `Retry-After` in seconds
    /// or in another form.
    pub fn throttle(retry_after: impl Into<RetryAfter>) -> Self {
        Self::failure(429, Some(retry_after.into()), "Too Many Requests")
    }

    /// Answers 503, with `Retry-After` in seconds where given.
    pub fn unavailable(retry_after: Option<u64>) -> Self {
        let retry_after = retry_after.map(RetryAfter::Seconds);
        Self::failure(503, retry_after, "Service Unavailable")
    }

    /// Answers a 5xx or any other status with a plain text, and with `Retry-After` where given.
    pub fn failure(status: u16, retry_after: Option<RetryAfter>, body: impl Into<Bytes>) -> Self {
        Self::new(FaultAction::Respond {
            status,
            headers: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
            retry_after,
            body: body.into(),
        })
    }

    /// Answers with exactly this status, these headers and this body. Headers that HTTP does not allow are left out.
    pub fn respond<N: Into<String>, V: Into<String>>(
        status: u16,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl Into<Bytes>,
    ) -> Self {
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Self::new(FaultAction::Respond {
            status,
            headers,
            retry_after: None,
            body: body.into(),
        })
    }

    /// Answers 200 with a web page, as a captive portal or a proxy does.
    pub fn not_json() -> Self {
        let headers = [("Content-Type", "text/html; charset=utf-8")];
        Self::respond(
            200,
            headers,
            "<!DOCTYPE html><title>Welcome</title><p>Please log in to the network.",
        )
    }

    /// Lets the request succeed and makes its answer longer by this many bytes.
    pub fn oversized(bytes: usize) -> Self {
        Self::new(FaultAction::Oversize(bytes))
    }

    /// Lets the request succeed and delivers the answer after `delay`.
    ///
    /// [`Server`](crate::Server) waits; whoever calls [`Emulator::handle`](crate::Emulator::handle)
    /// finds a [`Delivery`] among the extensions of the response.
    pub fn slow(delay: Duration) -> Self {
        Self::new(FaultAction::Pass).delayed(delay)
    }

    /// Lets the request succeed and ends the connection after this many bytes of the body.
    ///
    /// See [`Self::slow`] for who does it.
    pub fn cut(after_bytes: usize) -> Self {
        let mut fault = Self::new(FaultAction::Pass);
        fault.delivery.cut_after = Some(after_bytes);
        fault
    }

    /// Lets the request succeed and changes the token answer, as [`Self::drop_member`] and [`Self::set_member`] say.
    pub fn tamper() -> Self {
        Self::new(FaultAction::Tamper(Vec::new()))
    }

    fn new(action: FaultAction) -> Self {
        Self {
            user: None,
            client: None,
            grant: None,
            endpoints: vec![Endpoint::Token(Version::V1), Endpoint::Token(Version::V2)],
            occurrence: Occurrence::Always,
            after_effect: false,
            delivery: Delivery::default(),
            action,
        }
    }

    /// Takes a member out of a tampered answer.
    #[must_use]
    pub fn drop_member(self, name: impl Into<String>) -> Self {
        self.tampering(Tampering::Drop(name.into()))
    }

    /// Replaces or adds a member of a tampered answer.
    #[must_use]
    pub fn set_member(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.tampering(Tampering::Set(name.into(), value.into()))
    }

    /// Sets a claim of a token in the answer (`access_token` or `id_token`) and signs the token anew. Only a client
    /// that checks issuer, audience, nonce or time notices it.
    pub fn set_claim(
        self,
        token: impl Into<String>,
        claim: impl Into<String>,
        value: impl Into<Value>,
    ) -> Self {
        self.tampering(Tampering::Claim(token.into(), claim.into(), value.into()))
    }

    /// Breaks the signature of a token in the answer.
    #[must_use]
    pub fn break_signature(self, token: impl Into<String>) -> Self {
        self.tampering(Tampering::Signature(token.into()))
    }

    /// Delivers the answer after `delay`, whatever it is.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delivery.delay = delay;
        self
    }

    /// Sets `suberror` of an AADSTS answer.
    #[must_use]
    pub fn suberror(mut self, value: impl Into<String>) -> Self {
        if let FaultAction::Aadsts { suberror, .. } = &mut self.action {
            *suberror = Some(value.into());
        }
        self
    }

    /// Sets `claims`, a JSON text, of an AADSTS answer.
    #[must_use]
    pub fn claims(mut self, value: impl Into<String>) -> Self {
        if let FaultAction::Aadsts { claims, .. } = &mut self.action {
            *claims = Some(value.into());
        }
        self
    }

    /// Strikes only requests about a user whose sign-in name matches; `*` stands for any text.
    #[must_use]
    pub fn user(mut self, pattern: impl Into<String>) -> Self {
        self.user = Some(Glob::new(pattern));
        self
    }

    /// Strikes only requests of a client whose id matches.
    #[must_use]
    pub fn client(mut self, pattern: impl Into<String>) -> Self {
        self.client = Some(Glob::new(pattern));
        self
    }

    /// Strikes only requests whose `grant_type` matches.
    #[must_use]
    pub fn grant(mut self, pattern: impl Into<String>) -> Self {
        self.grant = Some(Glob::new(pattern));
        self
    }

    /// Strikes only these endpoints, instead of both token endpoints.
    #[must_use]
    pub fn endpoints(mut self, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        self.endpoints = endpoints.into_iter().collect();
        self
    }

    /// Strikes only the `n`-th of the requests that fit.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.occurrence = Occurrence::Nth(n);
        self
    }

    /// Strikes every `n`-th of the requests that fit.
    #[must_use]
    pub fn every(mut self, n: u64) -> Self {
        self.occurrence = Occurrence::Every(n);
        self
    }

    /// Strikes the first `n` of the requests that fit.
    #[must_use]
    pub fn first(mut self, n: u64) -> Self {
        self.occurrence = Occurrence::First(n);
        self
    }

    /// Strikes a share of the requests that fit, from 0 to 1. The same `seed` strikes the same requests.
    #[must_use]
    pub fn probability(mut self, share: f64, seed: u64) -> Self {
        let share = if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the share is between 0 and 1, so the product is between 0 and 2^32"
        )]
        let of_2_to_32 = (share * 4_294_967_296.0) as u64;
        self.occurrence = Occurrence::Share { of_2_to_32, seed };
        self
    }

    /// Lets the request take its effect first: the refresh token is redeemed, and then the answer is lost.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    fn tampering(mut self, tampering: Tampering) -> Self {
        if let FaultAction::Tamper(list) = &mut self.action {
            list.push(tampering);
        }
        self
    }

    fn fits(&self, sighting: &Sighting<'_>) -> bool {
        let fits = |glob: &Option<Glob>, text: Option<&str>| {
            glob.as_ref()
                .is_none_or(|glob| text.is_some_and(|text| glob.matches(text)))
        };
        self.endpoints.contains(&sighting.endpoint)
            && fits(&self.user, sighting.user)
            && fits(&self.client, sighting.client_id)
            && fits(&self.grant, sighting.grant_type)
    }
}
