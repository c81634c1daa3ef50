//! Why tokens of a run did not get into its target, counted.

use msal_core::Authority;

use crate::journal::{Class, Reason};

/// Tokens of one client and authority that ended alike in a run, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// What became of them.
    pub class: Class,
    /// Why.
    pub reason: Reason,
    /// The client that asked, or would have.
    pub client_id: String,
    /// The authority that was asked, or would have been.
    pub authority: Authority,
    /// How many tokens.
    pub count: u64,
}

/// The causes of a run so far, in the order in which they came up.
#[derive(Debug, Default)]
pub(crate) struct Causes(Vec<Cause>);

impl Causes {
    pub(crate) fn add(
        &mut self,
        class: Class,
        reason: &Reason,
        client_id: &str,
        authority: &Authority,
    ) {
        let is_it = |cause: &&mut Cause| {
            cause.class == class
                && cause.reason == *reason
                && cause.client_id.eq_ignore_ascii_case(client_id)
                && cause.authority == *authority
        };
        if let Some(cause) = self.0.iter_mut().rev().find(is_it) {
            cause.count += 1;
        } else if self.0.len() < MOST {
            self.0.push(Cause {
                class,
                reason: reason.clone(),
                client_id: client_id.to_owned(),
                authority: authority.clone(),
                count: 1,
            });
        }
    }

    /// The most frequent first.
    pub(crate) fn into_sorted(self) -> Vec<Cause> {
        let mut causes = self.0;
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
        causes
    }
}

/// How many causes are told apart: more are no help to anybody. A bound on memory and on the time of looking them up.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_alike_is_counted_together_and_the_rest_apart() {
        let authority = |tenant: &str| Authority::parse(&format!("https://a.example/{tenant}"));
        let (one, other) = (authority("t").unwrap(), authority("u").unwrap());
        let mut causes = Causes::default();
        for (class, error, client_id, authority) in [
            (Class::Failed, "a", "c", &one),
            (Class::Failed, "b", "c", &one),
            (Class::Failed, "b", "C", &one),
            (Class::Failed, "b", "d", &one),
            (Class::Failed, "b", "c", &other),
            (Class::NeedsUser, "b", "c", &one),
        ] {
            causes.add(class, &Reason::named(error), client_id, authority);
        }
        let counts: Vec<_> = causes
            .into_sorted()
            .iter()
            .map(|cause| cause.count)
            .collect();
        assert_eq!(counts, [2, 1, 1, 1, 1]);
    }

    #[test]
    fn no_more_causes_are_kept_than_somebody_reads() {
        let authority = Authority::common();
        let mut causes = Causes::default();
        for client in 0..1000 {
            let client_id = client.to_string();
            causes.add(Class::Failed, &Reason::default(), &client_id, &authority);
        }
        assert_eq!(causes.into_sorted().len(), MOST);
    }
}
