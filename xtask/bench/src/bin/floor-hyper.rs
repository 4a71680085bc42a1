//! The least that hyper can do: parts of 8 MiB over 4 connections on 2 threads, 256 KiB at a time, read by position where
//! they are sent.

use std::{
    collections::VecDeque,
    io,
    os::unix::fs::FileExt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use anyhow::{Result, ensure};
use bytes::{Bytes, BytesMut};
use hyper::{
    Request,
    body::{Body, Frame, SizeHint},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use upload_bench::{CHUNK, PART, Part, Parts, Target};

const CONNECTIONS: usize = 4;
const THREADS: usize = 2;

fn main() -> Result<()> {
    let (target, files) = upload_bench::arguments()?;
    ensure!(target.endpoint.starts_with("http:"), "this floor is one of plain HTTP");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_io().build()?;
    let (target, parts) = (Arc::new(target), Arc::new(Parts::new(files, PART)));
    let connections: Vec<_> =
        (0..CONNECTIONS).map(|_| runtime.spawn(send(parts.clone(), target.clone()))).collect();
    connections.into_iter().try_for_each(|connection| runtime.block_on(connection)?)
}

async fn send(parts: Arc<Parts>, target: Arc<Target>) -> Result<()> {
    let Some(mut part) = parts.next()? else { return Ok(()) };
    let tcp = TcpStream::connect(&target.authority).await?;
    tcp.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(tcp)).await?;
    tokio::spawn(connection);
    loop {
        sender.ready().await?;
        let request =
            Request::put(format!("/{}/{}", target.bucket, part.key)).header("host", &target.authority);
        let answer = sender.send_request(request.body(PartBody { part, sent: VecDeque::new() })?).await?;
        ensure!(answer.status().is_success(), "answered {}", answer.status());
        match parts.next()? {
            Some(next) => part = next,
            None => return Ok(()),
        }
    }
}

struct PartBody {
    part: Part,
    /// Chunks whose memory is used again once hyper is done with them.
    sent: VecDeque<Bytes>,
}

impl PartBody {
    fn buffer(&mut self) -> BytesMut {
        let free = self.sent.iter().position(Bytes::is_unique).and_then(|index| self.sent.remove(index));
        let mut buffer = free.and_then(|chunk| chunk.try_into_mut().ok()).unwrap_or_default();
        let left = usize::try_from(self.part.end - self.part.offset).unwrap_or(usize::MAX);
        buffer.resize(CHUNK.min(left), 0);
        buffer
    }
}

impl Body for PartBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        let mut buffer = self.buffer();
        if let Err(error) = self.part.file.read_exact_at(&mut buffer, self.part.offset) {
            return Poll::Ready(Some(Err(error)));
        }
        self.part.offset += buffer.len() as u64;
        let chunk = buffer.freeze();
        self.sent.push_back(chunk.clone());
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.part.offset >= self.part.end
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.part.end - self.part.offset)
    }
}
