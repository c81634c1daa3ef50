//! The body of a response, which ends too early when a fault plan says so.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A body that announces its length and delivers as much, or less.
pub(super) struct Outgoing {
    announced: u64,
    data: Option<Bytes>,
    cut: bool,
    /// Whether the connection has had a chance to write out what was delivered.
    flushed: bool,
}

impl Outgoing {
    pub(super) fn new(mut data: Bytes, cut_after: Option<usize>) -> Self {
        let announced = data.len() as u64;
        let cut = cut_after.is_some_and(|after| after < data.len());
        if let Some(after) = cut_after {
            data.truncate(after);
        }
        Self {
            announced,
            data: Some(data).filter(|data| !data.is_empty()),
            cut,
            flushed: false,
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.data.is_none() && self.cut && !self.flushed {
            // The connection writes out what it has when a body makes it wait, and forgets it when one fails.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(match self.data.take() {
            Some(data) => Some(Ok(Frame::data(data))),
            None if self.cut => {
                self.cut = false;
                Some(Err(io::ErrorKind::ConnectionReset.into()))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && !self.cut
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
