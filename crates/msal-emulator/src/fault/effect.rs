//! Carrying out what a fault plan says.

use bytes::Bytes;

use super::action::FaultAction;
use super::delivery::Delivery;
use super::plans::Strike;
use super::tampering::Tampering;
use crate::access::with_policy_claims;
use crate::issuer::Issuer;
use crate::memory::Platform;
use crate::protocol::{Call, Guid, Moment, Reply, to_json};
use crate::refusal::{Refusal, refuse};

/// Answers as a fault plan says; without one, as `answer` does. `issued` is when the presented refresh token was issued.
pub(crate) fn perform(
    platform: Platform<'_>,
    call: &Call<'_>,
    strike: Option<&Strike>,
    issued: Option<Moment>,
    answer: impl FnOnce() -> Reply,
) -> Reply {
    let Some(strike) = strike else {
        return answer();
    };
    let mut reply = match &strike.action {
        FaultAction::Pass => answer(),
        FaultAction::Oversize(bytes) => oversize(answer(), *bytes),
        FaultAction::Tamper(list) => tamper(answer(), list, platform.issuer()),
        instead => {
            // The request takes its effect, and the client does not learn of it.
            if strike.after_effect {
                drop(answer());
            }
            replacement(instead, platform, call, issued)
        }
    };
    if strike.delivery != Delivery::default() {
        reply.response.extensions_mut().insert(strike.delivery);
    }
    reply
}

/// The answer of a plan that replaces the real one.
fn replacement(
    action: &FaultAction,
    platform: Platform<'_>,
    call: &Call<'_>,
    issued: Option<Moment>,
) -> Reply {
    match action {
        FaultAction::Aadsts {
            code,
            suberror,
            claims,
        } => {
            let refusal = refusal(*code, suberror.as_deref(), claims.as_deref(), issued);
            refuse(call, &refusal, platform.directory(), issued)
        }
        FaultAction::Respond {
            status,
            headers,
            retry_after,
            body,
        } => {
            let retry_after = retry_after
                .as_ref()
                .and_then(|retry_after| retry_after.header(call.now));
            let headers = headers
                .iter()
                .cloned()
                .chain(retry_after.map(|value| ("Retry-After".to_owned(), value)));
            Reply::raw(*status, headers, body.clone())
        }
        FaultAction::Pass | FaultAction::Oversize(_) | FaultAction::Tamper(_) => {
            Reply::not_found(call)
        }
    }
}

fn tamper(mut reply: Reply, list: &[Tampering], issuer: &Issuer) -> Reply {
    // An error has no tokens to tamper with.
    if !reply.response.status().is_success() {
        return reply;
    }
    let Ok(mut answer) = serde_json::from_slice(reply.response.body()) else {
        return reply;
    };
    for tampering in list {
        tampering.apply(&mut answer, issuer);
    }
    *reply.response.body_mut() = to_json(&answer).into();
    reply
}

/// Makes a body longer: a JSON object by a member, anything else by spaces.
fn oversize(mut reply: Reply, bytes: usize) -> Reply {
    let bytes = bytes.min(MAX_OVERSIZE);
    let body = reply.response.body();
    let longer = match body.strip_suffix(b"}") {
        Some(open) if open.len() > 1 => {
            let padding = [b"\"".as_slice(), &vec![b'x'; bytes], b"\"}"].concat();
            [open, b",\"padding\":", &padding].concat()
        }
        _ => [body.as_ref(), &vec![b' '; bytes]].concat(),
    };
    *reply.response.body_mut() = Bytes::from(longer);
    reply
}

fn refusal(
    code: u32,
    suberror: Option<&str>,
    claims: Option<&str>,
    issued: Option<Moment>,
) -> Refusal {
    let mut refusal = Refusal::new(code);
    if let Some(issued) = issued {
        refusal = refusal
            .with("issued", issued.precise())
            .with("valid_from", issued.precise());
    }
    if refusal.definition.needs_claims() {
        refusal = with_policy_claims(refusal, Guid::derived(b"fault", "policy"));
    }
    if let Some(suberror) = suberror {
        refusal = refusal.suberror(suberror);
    }
    if let Some(claims) = claims {
        refusal = refusal.claims(claims);
    }
    refusal
}

/// A gibibyte is more than any client should read.
const MAX_OVERSIZE: usize = 1 << 30;
