//! Every AADSTS error: what provokes it, and its whole envelope.
//!
//! Each row of the catalogue stands in [`rows`] a second time, so that none changes unnoticed, and has a cause
//! in [`causes`] that makes the emulator answer with it, unless nothing in a request can.

mod causes;
mod rows;

use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP};
use msal_emulator::{Fault, Source, catalogue};

use crate::support::{GRAPH, Protocol, at, emulator, refresh_form, refresh_form_v1, token};
use causes::Provoked;
use rows::ROWS;

#[test]
fn every_error_of_the_catalogue_is_here_and_has_its_evidence() {
    let known: Vec<u32> = catalogue().map(|row| row.code()).collect();
    assert_eq!(known, ROWS.iter().map(|row| row.code).collect::<Vec<_>>());
    assert!(catalogue().all(|row| row.evidence().len() > 5));
}

#[test]
fn every_error_is_provoked_by_its_cause() {
    for row in ROWS {
        let protocols = if row.differs() {
            [Protocol::V1, Protocol::V2].as_slice()
        } else {
            &[Protocol::V2]
        };
        for &protocol in protocols {
            match causes::provoke(row.code, protocol) {
                Some(Provoked::Envelope(answer)) => {
                    row.check(&answer, protocol);
                    assert!(!answer.text("error_description").contains("(unknown)"));
                }
                Some(Provoked::Redirect {
                    parameters,
                    trace_id,
                }) => {
                    row.check_redirect(&parameters, &trace_id);
                    assert!(
                        !parameters
                            .iter()
                            .any(|(_, value)| value.contains("(unknown)"))
                    );
                }
                None => assert!(causes::has_none(row.code), "{} has no cause", row.code),
            }
        }
    }
}

#[test]
fn what_has_no_cause_is_trouble_of_the_service_or_not_certain() {
    for row in catalogue().filter(|row| causes::has_none(row.code())) {
        let guessed = row.source() == Source::Guessed;
        assert!(guessed || row.status() == 503 || row.code() == 70002);
    }
}

#[test]
fn every_error_can_be_had_on_demand() {
    let emulator = emulator();
    let rt = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    for row in ROWS {
        emulator.clear_faults();
        emulator.add_fault(Fault::aadsts(row.code));
        let v2 = token(
            &emulator,
            Protocol::V2,
            CONTOSO,
            &refresh_form(DESKTOP, &rt),
        );
        row.check(&v2, Protocol::V2);
        let v1 = token(
            &emulator,
            Protocol::V1,
            CONTOSO,
            &refresh_form_v1(DESKTOP, &rt, GRAPH),
        );
        row.check(&v1, Protocol::V1);
    }
}
