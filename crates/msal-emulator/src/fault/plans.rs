//! The fault plans in force, and which of them strikes a request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::Fault;
use super::action::FaultAction;
use super::delivery::Delivery;
use super::sighting::Sighting;

/// The plans in force, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct FaultPlans(RwLock<Vec<Arc<Plan>>>);

#[derive(Debug)]
struct Plan {
    fault: Fault,
    fitting: AtomicU64,
}

/// What happens to a request that is struck.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    pub(super) action: FaultAction,
    pub(super) after_effect: bool,
    pub(super) delivery: Delivery,
}

impl FaultPlans {
    pub(crate) fn add(&self, fault: Fault) {
        let plan = Arc::new(Plan {
            fault,
            fitting: AtomicU64::new(0),
        });
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(plan);
    }

    pub(crate) fn clear(&self) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Counts the request in every plan that it fits, and answers with the first that strikes.
    pub(crate) fn strike(&self, sighting: &Sighting<'_>) -> Option<Strike> {
        let plans = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut struck = None;
        for plan in plans.iter().filter(|plan| plan.fault.fits(sighting)) {
            // Plans count on after another has struck, so that "every tenth" does not depend on other plans.
            let count = plan.fitting.fetch_add(1, Ordering::Relaxed) + 1;
            if struck.is_none() && plan.fault.occurrence.strikes(count) {
                struck = Some(&plan.fault);
            }
        }
        struck.map(|fault| Strike {
            action: fault.action.clone(),
            after_effect: fault.after_effect,
            delivery: fault.delivery,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Endpoint, Version};

    const REFRESH: Sighting<'static> = Sighting {
        endpoint: Endpoint::Token(Version::V2),
        client_id: Some("client"),
        grant_type: Some("refresh_token"),
        user: Some("alice@contoso.example"),
    };

    fn strikes(fault: Fault, requests: usize) -> Vec<usize> {
        let plans = FaultPlans::default();
        plans.add(fault);
        (1..=requests)
            .filter(|_| plans.strike(&REFRESH).is_some())
            .collect()
    }

    #[test]
    fn occurrences_are_counted_from_one() {
        assert_eq!(strikes(Fault::aadsts(50173).nth(2), 5), [2]);
        assert_eq!(strikes(Fault::aadsts(50173).every(2), 5), [2, 4]);
        assert_eq!(strikes(Fault::aadsts(50173).every(0), 5), [0; 0]);
        assert_eq!(strikes(Fault::aadsts(50173).first(2), 5), [1, 2]);
        assert_eq!(strikes(Fault::aadsts(50173), 3), [1, 2, 3]);
    }

    #[test]
    fn a_share_is_drawn_by_its_seed() {
        let drawn = |share, seed| strikes(Fault::throttle(1).probability(share, seed), 1000);
        assert_eq!(drawn(0.3, 1), drawn(0.3, 1));
        assert_ne!(drawn(0.3, 1), drawn(0.3, 2));
        assert!((250..350).contains(&drawn(0.3, 1).len()));
        assert_eq!(drawn(0.0, 1), [0; 0]);
        assert_eq!(drawn(f64::NAN, 1), [0; 0]);
        assert_eq!(drawn(1.0, 1).len(), 1000);
    }

    #[test]
    fn every_condition_must_fit() {
        assert_eq!(
            strikes(
                Fault::throttle(1)
                    .user("alice@*")
                    .client("client")
                    .grant("refresh_*"),
                1
            ),
            [1]
        );
        for fault in [
            Fault::throttle(1).user("bob@*"),
            Fault::throttle(1).client("other"),
            Fault::throttle(1).grant("password"),
            Fault::throttle(1).endpoints([Endpoint::Token(Version::V1)]),
        ] {
            assert_eq!(strikes(fault, 1), [0; 0]);
        }
    }
}
