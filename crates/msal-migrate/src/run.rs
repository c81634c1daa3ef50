//! A run: takes redemptions from the plan, has them sent at the pace of their lanes, and obeys what their answers say.
//!
//! One task, many requests in flight. Each turn of the loop handles one thing that finished to its end, so that there is
//! nothing to lock: a token was sent, a lane's wait is over, a batch was published. What is waiting is bounded by
//! [`QUEUE`], whatever the size of the input.

mod addition;
mod batch;
mod correlation;
mod due;
mod engine;
mod feed;
mod lane;
mod obey;
mod pace;
mod pauses;
mod published;
mod queue;
mod recovery;
mod redeemed;
mod send;
mod single;
mod spent;
mod verdict;
mod work;

pub(crate) use batch::Target;
pub(crate) use due::due;
pub(crate) use engine::Engine;
pub(crate) use feed::{Closed, Feed, channel};
pub(crate) use pauses::Pauses;
pub(crate) use queue::Attempt;
pub(crate) use recovery::{Recovered, recover};
pub(crate) use single::redeem;

use futures_util::StreamExt as _;
use msal::BoxFuture;
use tokio::sync::mpsc;

use self::work::{Driven, Work};
use crate::error::MigrationError;
use crate::observer::Observer;

/// Works until every redemption has an outcome, or until `stop` completes and what is in flight has come home.
/// What is `recovered` is published with the first batch.
pub(crate) async fn drive<'a>(
    engine: &'a Engine<'a>,
    observer: &'a mut dyn Observer,
    recovered: Recovered,
    mut redemptions: mpsc::Receiver<Attempt>,
    stop: &mut BoxFuture<'_, ()>,
) -> Result<Driven, MigrationError> {
    let mut work = Work::new(engine, observer, recovered);
    let mut is_exhausted = false;
    loop {
        work.publish_if_due(is_exhausted);
        work.depart();
        let waiting = work.queues.waiting();
        let wants_more = !is_exhausted && !work.is_draining && waiting < QUEUE;
        // A drain leaves what waits to the next run; without one, what waits is waited for.
        if work.running.is_empty() && !wants_more && (work.is_draining || waiting == 0) {
            break;
        }
        tokio::select! {
            // What has finished comes before what is new: it may close a lane.
            biased;
            () = &mut *stop, if !work.is_draining => work.drain(),
            Some(finished) = work.running.next(), if !work.running.is_empty() => work.handle(finished),
            () = work.pace.next_turn(), if work.pace.is_waiting() => {}
            Some(lane) = work.waits.next(), if !work.waits.is_empty() => work.reopen(lane),
            redemption = redemptions.recv(), if wants_more => match redemption {
                Some(attempt) => work.accept(attempt),
                None => is_exhausted = true,
            },
        }
    }
    work.tell_judged();
    match work.failure.or_else(|| work.losses.into_error()) {
        Some(failure) => Err(failure),
        None => Ok(work.driven),
    }
}

/// How many redemptions wait for their lanes at most.
const QUEUE: usize = 4096;
