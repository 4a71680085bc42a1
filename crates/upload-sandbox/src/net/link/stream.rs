use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{delay::Delay, flow::Flow};

/// A connection, over a [`Link`](super::Link) or as it is.
#[derive(Debug)]
pub(crate) struct Line<S> {
    stream: S,
    shaping: Option<Box<Shaping>>,
}

#[derive(Debug)]
struct Shaping {
    flow: Flow,
    pause: Option<Pin<Box<Sleep>>>,
    back: Delay,
}

impl<S> Line<S> {
    /// As it is.
    pub(crate) fn plain(stream: S) -> Self {
        Self { stream, shaping: None }
    }

    pub(super) fn shaped(stream: S, flow: Flow) -> Self {
        Self { stream, shaping: Some(Box::new(Shaping { flow, pause: None, back: Delay::default() })) }
    }

    pub(crate) fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl Shaping {
    /// How many bytes may be read, once some may.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<u64> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match self.flow.room(Instant::now()) {
                Ok(room) => return Poll::Ready(room),
                Err(when) => self.pause = Some(Box::pin(sleep_until(when))),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(shaping) = &mut this.shaping else { return Pin::new(&mut this.stream).poll_read(cx, buf) };
        // Whoever waits for the next request does not flush any more.
        if let Poll::Ready(Err(error)) = shaping.back.poll(&mut this.stream, cx) {
            return Poll::Ready(Err(error));
        }
        let room = ready!(shaping.poll_room(cx));
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(buf.remaining());
        let mut portion = ReadBuf::new(buf.initialize_unfilled_to(room));
        let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, &mut portion) else {
            shaping.flow.is_idle(Instant::now());
            return Poll::Pending;
        };
        read?;
        let read = portion.filled().len();
        buf.advance(read);
        shaping.flow.took(read as u64, Instant::now());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let Some(shaping) = &mut this.shaping else { return Pin::new(&mut this.stream).poll_write(cx, buf) };
        match shaping.back.poll(&mut this.stream, cx) {
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending if shaping.back.is_full() => return Poll::Pending,
            _ => {}
        }
        let now = Instant::now();
        shaping.back.push(shaping.flow.leaves(now), buf);
        shaping.flow.is_idle(now);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.shaping.is_none() {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        }
        let first = bufs.iter().find(|buf| !buf.is_empty()).map_or(&[][..], |buf| buf);
        self.poll_write(cx, first)
    }

    fn is_write_vectored(&self) -> bool {
        self.shaping.is_none() && self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(shaping) = &mut this.shaping {
            ready!(shaping.back.poll(&mut this.stream, cx))?;
        }
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::net::{Link, SharedLink};

    /// A request's body of so many bytes and the answer to it, over a new connection; when the answer was there.
    async fn exchange(shared: Arc<SharedLink>, length: usize) -> Duration {
        let begun = Instant::now();
        // Nearly nothing is buffered on the way, as if the client saw each byte being taken.
        let (mut client, server) = duplex(1024);
        let serving = tokio::spawn(serve(shared.connect(server), length));
        let (mut from, mut to) = tokio::io::split(&mut client);
        let sent = vec![7; length];
        let (sent, answer) = tokio::join!(to.write_all(&sent), from.read_u8());
        sent.unwrap();
        assert_eq!(answer.unwrap(), 1);
        serving.await.unwrap();
        begun.elapsed()
    }

    async fn serve(mut line: Line<DuplexStream>, length: usize) {
        let mut body = vec![0; length];
        line.read_exact(&mut body).await.unwrap();
        assert!(body.iter().all(|byte| *byte == 7));
        line.write_u8(1).await.unwrap();
        line.flush().await.unwrap();
    }

    fn around(took: Duration, wanted: Duration) {
        // What a bucket forgives, and a timer's grain for each portion at most.
        let off = took.abs_diff(wanted);
        assert!(off <= wanted / 20 + Duration::from_millis(12), "{took:?} and not {wanted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn all_connections_share_the_rate() {
        let shared = SharedLink::new(Link { rate: "100kB".parse().ok(), ..Link::default() }, 0);
        around(exchange(Arc::clone(&shared), 500_000).await, Duration::from_secs(5));
        let both =
            async { tokio::join!(exchange(Arc::clone(&shared), 500_000), exchange(shared.clone(), 500_000)) };
        let (one, two) = both.await;
        around(one, Duration::from_secs(10));
        around(two, Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn each_connection_has_its_own_rate_too() {
        let link = Link { rate: "1MB".parse().ok(), per_connection: "100kB".parse().ok(), ..Link::default() };
        let shared = SharedLink::new(link, 0);
        let (one, two) =
            tokio::join!(exchange(Arc::clone(&shared), 500_000), exchange(Arc::clone(&shared), 500_000));
        around(one, Duration::from_secs(5));
        around(two, Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_small_request_takes_two_round_trips_and_a_large_one_as_many_as_its_windows() {
        let rtt = Duration::from_millis(100);
        let link = || SharedLink::new(Link { rtt, ..Link::default() }, 0);
        around(exchange(link(), 1).await, rtt * 2);
        around(exchange(link(), 10 * 1460).await, rtt * 2);
        around(exchange(link(), 10 * 1460 + 1).await, rtt * 3);
        around(exchange(link(), 70 * 1460).await, rtt * 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_fat_link_is_filled() {
        let rtt = Duration::from_millis(80);
        let shared = SharedLink::new(Link { rate: "1MB".parse().ok(), rtt, ..Link::default() }, 0);
        around(exchange(shared, 10_000_000).await, Duration::from_secs(10) + rtt * 4);
    }
}
