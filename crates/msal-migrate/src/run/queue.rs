//! What waits to be sent: a queue for each authority and client, which is what a server throttles together.

use std::collections::{HashMap, VecDeque};
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use msal_core::{Authority, ProviderMetadata, TrustedAuthority};

use super::lane::Lane;
use crate::journal::{Claim, Class, Position, Reason, State};
use crate::observer::ObservedToken;
use crate::plan::Redemption;
use crate::settings::Settings;

/// A redemption on its way, and how often it was sent.
pub(crate) struct Attempt {
    /// Boxed, as it goes through several queues and futures.
    pub(super) redemption: Box<Redemption>,
    /// Where the answer to an earlier redemption is held back, if the operator asks for another one.
    pub(super) held_back: Option<Position>,
    /// Where the token stood before the run.
    pub(super) earlier: Option<State>,
    pub(super) tries: u32,
    /// Where it was asked for first, and what the server said, once it is asked for where its user is at home.
    pub(super) refused_at: Option<Box<(TrustedAuthority, Reason)>>,
    /// While it is being sent, and until what came of it is written down.
    pub(super) claim: Option<Arc<Claim>>,
}

impl Attempt {
    pub(super) fn new(
        redemption: Redemption,
        held_back: Option<Position>,
        earlier: Option<State>,
    ) -> Self {
        Self {
            redemption: Box::new(redemption),
            held_back,
            earlier,
            tries: 0,
            refused_at: None,
            claim: None,
        }
    }

    /// Has it asked for where its user is at home, now that the server has refused it for being of another tenant. Gives
    /// the reason back where there is no such place, or it is there.
    pub(super) fn send_home(&mut self, reason: Reason) -> Result<(), Reason> {
        let Some(home) = self.redemption.home.take() else {
            return Err(reason);
        };
        let first = std::mem::replace(&mut self.redemption.authority, home);
        self.refused_at = Some(Box::new((first, reason)));
        Ok(())
    }

    /// Whether it is asked for where its user is at home.
    pub(super) fn is_at_home(&self) -> bool {
        self.refused_at.is_some()
    }

    /// Where, and for what reason, a token ends in this class. One that fails at home as well ends where its row places it:
    /// that is what the operator corrects.
    pub(super) fn ends<'a>(
        &'a self,
        class: Class,
        reason: &'a Reason,
    ) -> (&'a TrustedAuthority, &'a Reason) {
        match self.refused_at.as_deref() {
            Some((first, before)) if class == Class::Failed => (first, before),
            _ => (&self.redemption.authority, reason),
        }
    }

    /// The token, for an observer.
    pub(super) fn observed(&self) -> ObservedToken<'_> {
        self.observed_at(&self.redemption.authority)
    }

    /// The token, for an observer who is told that it was asked for there.
    pub(super) fn observed_at<'a>(&'a self, authority: &'a Authority) -> ObservedToken<'a> {
        let redemption = &*self.redemption;
        ObservedToken {
            fingerprint: redemption.fingerprint,
            locator: &redemption.locator,
            user: &redemption.user,
            client_id: &redemption.client_id,
            authority,
            earlier: self.earlier,
        }
    }
}

/// What waits for one lane.
pub(super) struct Queue {
    pub(super) authority: TrustedAuthority,
    /// In lower case.
    client_id: String,
    pub(super) lane: Lane,
    waiting: VecDeque<Attempt>,
    /// Nothing is sent before it is known.
    pub(super) endpoint: Option<Arc<TokenEndpoint>>,
    /// Whether the queue stands among those that may send.
    is_ready: bool,
    /// Why the lane was halted, once it is.
    pub(super) reason: Reason,
}

/// What all requests of a queue have in common.
pub(super) struct TokenEndpoint {
    pub(super) authority: Arc<Authority>,
    /// The authority as text.
    pub(super) authority_text: String,
    pub(super) metadata: ProviderMetadata,
}

impl Queue {
    /// Whether the redemption belongs here.
    fn takes(&self, redemption: &Redemption) -> bool {
        self.authority == redemption.authority
            && self.client_id.eq_ignore_ascii_case(&redemption.client_id)
    }

    /// Whether something waits that nobody looks up the endpoint for.
    pub(super) fn lacks_endpoint(&self) -> bool {
        self.endpoint.is_none() && !self.waiting.is_empty()
    }
}

/// Which of the queues it is. Only [`Queues`] makes one, for a queue that it has, and no queue is ever removed: there is
/// no number without a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueId(usize);

/// All queues of a run, in the order in which their first redemption was read.
#[derive(Default)]
pub(super) struct Queues {
    queues: Vec<Queue>,
    ids: HashMap<TrustedAuthority, HashMap<String, QueueId>>,
    /// Where the latest redemption went: the next one mostly goes there as well.
    latest: Option<QueueId>,
    /// Those that may send, each once, so that one sends after the other.
    ready: VecDeque<QueueId>,
    waiting: usize,
}

impl Queues {
    /// How many redemptions wait, in all queues.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The queue that `redemption` belongs to, if there is one already.
    pub(super) fn find(&mut self, redemption: &Redemption) -> Option<QueueId> {
        // Most sources hold tokens of one client and tenant in a row: that saves most of the hashing.
        let is_latest = |id: &QueueId| self[*id].takes(redemption);
        if let Some(latest) = self.latest.filter(is_latest) {
            return Some(latest);
        }
        let clients = self.ids.get(&redemption.authority)?;
        let found = clients.get(&redemption.client_id.to_ascii_lowercase());
        self.latest = found.copied();
        self.latest
    }

    /// Begins the queue that `redemption` belongs to.
    pub(super) fn open(&mut self, redemption: &Redemption, settings: &Settings) -> QueueId {
        let id = QueueId(self.queues.len());
        let client_id = redemption.client_id.to_ascii_lowercase();
        self.queues.push(Queue {
            authority: redemption.authority.clone(),
            client_id: client_id.clone(),
            lane: Lane::new(settings.most_in_flight(), settings.patience),
            waiting: VecDeque::new(),
            endpoint: None,
            is_ready: false,
            reason: Reason::default(),
        });
        let clients = self.ids.entry(redemption.authority.clone()).or_default();
        clients.insert(client_id, id);
        self.latest = Some(id);
        id
    }

    /// Puts a redemption behind all that wait.
    pub(super) fn push_last(&mut self, id: QueueId, attempt: Attempt) {
        self[id].waiting.push_back(attempt);
        self.waiting += 1;
        self.make_ready(id);
    }

    /// Puts a redemption that was sent before in front of all that wait: it has waited longest.
    pub(super) fn push_first(&mut self, id: QueueId, attempt: Attempt) {
        self[id].waiting.push_front(attempt);
        self.waiting += 1;
        self.make_ready(id);
    }

    /// Lets the queue send, if anything has changed so that it may.
    pub(super) fn make_ready(&mut self, id: QueueId) {
        let queue = &mut self[id];
        let may_send =
            queue.endpoint.is_some() && queue.lane.is_open() && !queue.waiting.is_empty();
        if may_send && !queue.is_ready {
            queue.is_ready = true;
            self.ready.push_back(id);
        }
    }

    /// Takes out the next redemption to send, one of each queue in turn; `None` when no lane is open for any.
    pub(super) fn depart(&mut self) -> Option<(QueueId, Attempt, Arc<TokenEndpoint>)> {
        loop {
            let id = self.ready.pop_front()?;
            let queue = &mut self[id];
            queue.is_ready = false;
            // Its lane may have closed, and its queue been emptied, since it was made ready.
            if !queue.lane.is_open() {
                continue;
            }
            let (Some(endpoint), Some(mut attempt)) =
                (queue.endpoint.clone(), queue.waiting.pop_front())
            else {
                continue;
            };
            queue.lane.depart();
            attempt.tries += 1;
            self.waiting -= 1;
            self.make_ready(id);
            return Some((id, attempt, endpoint));
        }
    }

    /// Takes out all that were sent before.
    pub(super) fn take_sent(&mut self) -> Vec<Attempt> {
        let mut sent = Vec::new();
        for queue in &mut self.queues {
            // They stand in front of all others.
            while queue.waiting.front().is_some_and(|first| first.tries > 0) {
                sent.extend(queue.waiting.pop_front());
            }
        }
        self.waiting -= sent.len();
        sent
    }

    /// Takes out all that wait in a queue.
    pub(super) fn empty(&mut self, id: QueueId) -> VecDeque<Attempt> {
        let waiting = std::mem::take(&mut self[id].waiting);
        self.waiting -= waiting.len();
        waiting
    }
}

impl Index<QueueId> for Queues {
    type Output = Queue;

    fn index(&self, QueueId(number): QueueId) -> &Queue {
        &self.queues[number]
    }
}

impl IndexMut<QueueId> for Queues {
    fn index_mut(&mut self, QueueId(number): QueueId) -> &mut Queue {
        &mut self.queues[number]
    }
}

#[cfg(test)]
mod tests {
    use msal_core::{Authority, RefreshToken, ScopeSet};

    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::plan::Warnings;
    use crate::record::{Locator, Place, UserHints};

    fn attempt(client_id: &str, token: &str) -> Attempt {
        let authority = Authority::parse("https://login.microsoftonline.com/contoso.example");
        let authority = TrustedAuthority::built_in(authority.unwrap());
        let redemption = Redemption {
            fingerprint: Fingerprint::from_bytes([0; 16]),
            refresh_token: RefreshToken::from(token),
            client_id: client_id.to_owned(),
            authority: authority.unwrap(),
            client_secret: None,
            home: None,
            scopes: ScopeSet::default(),
            user: UserHints::default(),
            locator: Locator::new(&"tokens.csv".into(), Place::Line(1)),
            duplicates: 0,
            warnings: Warnings::default(),
        };
        Attempt::new(redemption, None, None)
    }

    /// Puts tokens into queues whose endpoints are known.
    fn queues(tokens: &[(&str, &str)]) -> Queues {
        let mut queues = Queues::default();
        for (client_id, token) in tokens {
            let attempt = attempt(client_id, token);
            let id = match queues.find(&attempt.redemption) {
                Some(id) => id,
                None => queues.open(&attempt.redemption, &Settings::default()),
            };
            queues.push_last(id, attempt);
            let metadata = ProviderMetadata::entra(&queues[id].authority).unwrap();
            queues[id].endpoint = Some(Arc::new(TokenEndpoint {
                authority: Arc::new((**metadata.authority()).clone()),
                authority_text: metadata.authority().to_string(),
                metadata,
            }));
            queues.make_ready(id);
        }
        queues
    }

    fn departures(queues: &mut Queues) -> Vec<String> {
        std::iter::from_fn(|| queues.depart())
            .map(|(_, attempt, _)| attempt.redemption.refresh_token.expose_secret().to_owned())
            .collect()
    }

    #[test]
    fn one_of_each_queue_departs_in_turn() {
        let mut queues = queues(&[
            ("a", "a1"),
            ("A", "a2"),
            ("b", "b1"),
            ("a", "a3"),
            ("B", "b2"),
        ]);
        assert_eq!(queues.waiting(), 5);
        assert_eq!(departures(&mut queues), ["a1", "b1", "a2", "b2", "a3"]);
        assert_eq!(queues.waiting(), 0);
    }

    #[test]
    fn what_was_sent_before_departs_first_and_is_counted() {
        let mut queues = queues(&[("a", "a1"), ("a", "a2")]);
        let (id, first, _) = queues.depart().unwrap();
        assert_eq!((first.tries, queues.waiting()), (1, 1));
        queues.push_first(id, first);
        let (_, again, _) = queues.depart().unwrap();
        assert_eq!((again.tries, queues.waiting()), (2, 1));
        assert_eq!(again.redemption.refresh_token.expose_secret(), "a1");
    }

    #[test]
    fn nothing_departs_without_an_endpoint_an_open_lane_or_a_token() {
        let mut queues = queues(&[("a", "a1"), ("a", "a2"), ("b", "b1")]);
        let (id, first, endpoint) = queues.depart().unwrap();
        queues.push_first(id, first);
        queues[id].lane.refuse();
        assert_eq!(departures(&mut queues), ["b1"]);
        assert_eq!((queues.empty(id).len(), queues.waiting()), (2, 0));

        let other = attempt("c", "c1");
        let id = queues.open(&other.redemption, &Settings::default());
        queues.push_last(id, other);
        assert!(queues.depart().is_none() && queues[id].lacks_endpoint());
        queues[id].endpoint = Some(endpoint);
        queues.make_ready(id);
        assert_eq!(departures(&mut queues), ["c1"]);
    }
}
