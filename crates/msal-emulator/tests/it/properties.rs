//! Every request, however malformed, gets an answer of the protocol.

mod oracle;
mod requests;
mod right;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use msal_emulator::sample::{ALICE, DESKTOP};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::support::{Answer, at, emulator};
use oracle::is_of_the_protocol;
use requests::{Sketch, any_request, huge_request};
use right::nearly_right_request;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// Sends a request, and says which endpoint it met and with which outcome.
fn meet(sketch: &Sketch) -> Result<Option<(String, u16)>, TestCaseError> {
    let Some(request) = sketch.build() else {
        return Ok(None);
    };
    let emulator = emulator();
    let size = request.body().len() + request.uri().to_string().len();
    let (parts, body) = emulator.handle(request, at(0)).into_parts();
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    };
    is_of_the_protocol(&answer, &sketch.method)?;
    // An answer may quote the request, but must not be much longer.
    prop_assert!(answer.body.len() < 65_536 + 8 * size);
    let met = emulator.audit().remove(0);
    prop_assert_eq!(met.status, answer.status);
    Ok(Some((format!("{:?}", met.endpoint), answer.status)))
}

fn request() -> impl Strategy<Value = Sketch> {
    prop_oneof![any_request(), nearly_right_request()]
}

#[test]
fn any_request_is_answered() {
    let outcome = TestRunner::new(config(CASES)).run(&request(), |sketch| meet(&sketch).map(drop));
    outcome.unwrap();
}

/// Proves that the requests are useful: they reach every endpoint, and at each of them some succeed and others are
/// refused. The requests are the same in every run, so the result does not depend on chance.
#[test]
fn the_requests_meet_every_endpoint_and_go_both_ways() {
    let met: Mutex<BTreeMap<String, BTreeSet<u16>>> = Mutex::default();
    let unsent = Mutex::new(0_u32);
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config(CASES), rng);
    let outcome = runner.run(&request(), |sketch| {
        match meet(&sketch)? {
            Some((endpoint, status)) => {
                let mut met = met.lock().unwrap();
                met.entry(endpoint).or_default().insert(status);
            }
            None => *unsent.lock().unwrap() += 1,
        }
        Ok(())
    });
    outcome.unwrap();
    let (met, unsent) = (met.into_inner().unwrap(), unsent.into_inner().unwrap());
    assert!(unsent < CASES / 4, "{unsent} requests could not be sent");
    let names: Vec<&str> = met.keys().map(String::as_str).collect();
    assert_eq!(names, ENDPOINTS, "{met:?}");
    for (endpoint, statuses) in &met {
        let has = |some: &[u16]| some.iter().any(|status| statuses.contains(status));
        // Nobody is federated here, so AD FS signs nobody in.
        let welcomes = has(&[200, 302]) || ["Unknown", "WsTrust"].contains(&endpoint.as_str());
        assert!(
            welcomes && has(&[400, 401, 404]),
            "{endpoint}: {statuses:?}"
        );
    }
}

#[test]
fn a_huge_request_is_answered() {
    let outcome =
        TestRunner::new(config(60)).run(&huge_request(), |sketch| meet(&sketch).map(drop));
    outcome.unwrap();
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn a_damaged_refresh_token_is_malformed(at_byte in 0_usize..1200, byte in any::<u8>(), cut in 0_usize..1200) {
        let emulator = emulator();
        let good = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
        let mut bad = good.clone().into_bytes();
        let place = at_byte % bad.len();
        bad[place] = byte;
        bad.truncate(1200 - cut / 100);
        let bad = String::from_utf8_lossy(&bad).into_owned();
        prop_assert_eq!(emulator.refresh_token_id(&bad).is_some(), bad == good);
    }
}

const CASES: u32 = 4000;

/// All there are, in the order of their names.
const ENDPOINTS: &[&str] = &[
    "Authorize(V1)",
    "Authorize(V2)",
    "DeviceCode(V1)",
    "DeviceCode(V2)",
    "DevicePage",
    "FormPostScript",
    "InstanceDiscovery",
    "InstanceMetadata",
    "Keys(V1)",
    "Keys(V2)",
    "Logout(V1)",
    "Logout(V2)",
    "ManagedIdentity(AppService)",
    "ManagedIdentity(CloudShell)",
    "ManagedIdentity(Imds)",
    "MetadataExchange",
    "OpenIdConfiguration(V1)",
    "OpenIdConfiguration(V2)",
    "ProtectedResource",
    "SignIn",
    "Token(V1)",
    "Token(V2)",
    "Unknown",
    "UserInfo",
    "UserRealm",
    "WsTrust",
];
