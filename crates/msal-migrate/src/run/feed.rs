//! Handing redemptions to the run, a batch at a time.
//!
//! Reading a row takes less time than waking the other thread, and either of the two sleeps most of the time: the run
//! while a batch is read, the reader while there is no room. So they wake each other once per batch.

use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// The reader's end, and the run's.
pub(crate) fn channel<T>() -> (Feed<T>, mpsc::Receiver<T>) {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let feed = Feed {
        sender,
        batch: Vec::with_capacity(ROWS),
        rows: 0,
    };
    (feed, receiver)
}

/// Where the reader puts what it read.
pub(crate) struct Feed<T> {
    sender: mpsc::Sender<T>,
    batch: Vec<T>,
    rows: usize,
}

/// Nobody takes redemptions any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl<T> Feed<T> {
    /// Takes what a row gave, if anything. Blocks while there is no room for the batch it completes.
    pub(crate) fn row(&mut self, given: Option<T>) -> Result<(), Closed> {
        self.batch.extend(given);
        self.rows += 1;
        if self.rows < ROWS {
            return Ok(());
        }
        self.flush()
    }

    /// Hands on what has come together. Blocks while there is no room for it.
    pub(crate) fn flush(&mut self) -> Result<(), Closed> {
        self.rows = 0;
        // All places at once, so that the run is woken once.
        let room = self.sender.reserve_many(self.batch.len());
        // The reader has a thread of its own, where waiting holds up nobody else.
        let room = Handle::current().block_on(room).map_err(|_closed| Closed)?;
        for (place, item) in room.zip(self.batch.drain(..)) {
            place.send(item);
        }
        Ok(())
    }
}

/// How many rows are read between two batches. Rows are counted, and not the redemptions they give: where few are due, as
/// in a second run, those need not wait for each other.
const ROWS: usize = 64;

/// How many redemptions are read ahead of the run.
const READ_AHEAD: usize = 4 * ROWS;

#[cfg(test)]
mod tests {
    use tokio::task::spawn_blocking;

    use super::*;

    #[tokio::test]
    async fn everything_arrives_in_order_whatever_the_batches_hold() {
        for every in [1, 3, 100] {
            let (mut feed, mut receiver) = channel();
            let reader = spawn_blocking(move || {
                for row in 0..1000 {
                    feed.row((row % every == 0).then_some(row)).unwrap();
                }
                feed.flush().unwrap();
            });
            let mut arrived = Vec::new();
            while let Some(row) = receiver.recv().await {
                arrived.push(row);
            }
            reader.await.unwrap();
            assert_eq!(arrived, (0..1000).step_by(every).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn what_is_due_waits_for_no_more_than_a_batch_of_rows() {
        let (mut feed, mut receiver) = channel();
        let reader = spawn_blocking(move || {
            feed.row(Some(7)).unwrap();
            (1..ROWS).for_each(|_| feed.row(None).unwrap());
            feed
        });
        let _still_open = reader.await.unwrap();
        assert_eq!(receiver.try_recv(), Ok(7));
    }

    #[tokio::test]
    async fn the_reader_learns_that_nobody_listens_and_reads_no_further_than_there_is_room() {
        let (mut feed, receiver) = channel();
        let reader = spawn_blocking(move || (0..).position(|row| feed.row(Some(row)).is_err()));
        while receiver.len() < READ_AHEAD {
            tokio::task::yield_now().await;
        }
        drop(receiver);
        assert_eq!(reader.await.unwrap(), Some(READ_AHEAD + ROWS - 1));
    }
}
