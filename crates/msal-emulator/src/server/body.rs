//! The body of a response on its way, which may end too early when a fault plan says so.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A body that says how long it is and delivers as much, or less.
pub(super) struct Outgoing {
    announced: u64,
    data: Option<Bytes>,
    cut: bool,
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
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
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
