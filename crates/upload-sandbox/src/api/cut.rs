use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

use crate::net::Connection;

/// How long what was sent may take to leave this machine's buffers: a reset takes back what is still in them.
const DRAIN: Duration = Duration::from_millis(50);

/// Sends so many bytes of an answer and resets the connection.
pub(super) fn cut(answer: Response, after: u64, connection: Connection) -> Response {
    answer.map(|inner| Body::new(Cut { inner, left: after, connection, draining: None }))
}

struct Cut {
    inner: Body,
    left: u64,
    connection: Connection,
    draining: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for Cut {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.left == 0 {
            let sleep = self.draining.get_or_insert_with(|| Box::pin(tokio::time::sleep(DRAIN)));
            std::task::ready!(sleep.as_mut().poll(cx));
            self.connection.reset();
            return Poll::Pending;
        }
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        let Some(Ok(frame)) = frame else { return Poll::Ready(frame) };
        let Ok(mut data) = frame.into_data() else { return Poll::Ready(None) };
        data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= data.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    // The whole length is promised, as by a server that means well.
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
