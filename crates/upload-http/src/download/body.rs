use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream, stream::BoxStream};
use reqwest::Response;
use upload_core::{TransportError, TransportErrorKind as Kind};

use crate::{
    classify::classify,
    exchange::{Answered, Exchange},
};

/// A body on its way here. The request is logged when it ends, or is given up.
pub(crate) struct Incoming {
    pub(crate) response: Response,
    /// `None` once it has been logged.
    pub(crate) exchange: Option<Exchange>,
    pub(crate) answered: Answered,
    /// How many bytes are still to come, where that is known.
    pub(crate) left: Option<u64>,
    pub(crate) idle_timeout: Duration,
}

impl Incoming {
    /// The bytes; after an error nothing more comes.
    pub(crate) fn stream(self) -> BoxStream<'static, Result<Bytes, TransportError>> {
        let chunks = stream::try_unfold(self, |mut incoming| async move {
            let chunk = incoming.next().await?;
            Ok(chunk.map(|chunk| (chunk, incoming)))
        });
        chunks.boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
        let chunk = self.receive().await;
        match (&chunk, self.exchange.take()) {
            (Ok(Some(_)), exchange) => self.exchange = exchange,
            (Ok(None), Some(exchange)) => exchange.succeeded(&self.answered),
            (Err(error), Some(exchange)) => exchange.failed(error),
            (_, None) => {}
        }
        chunk
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, TransportError> {
        let host = self.exchange.as_ref().map_or("the API", Exchange::host);
        let failed = |kind, what: &str| {
            Err(TransportError {
                status: Some(self.answered.status),
                request_id: self.answered.request_id.clone(),
                ..TransportError::new(kind, format!("{host} {what}"))
            })
        };
        let chunk = match tokio::time::timeout(self.idle_timeout, self.response.chunk()).await {
            Ok(chunk) => chunk.map_err(|error| classify(error, host))?,
            Err(_) => return failed(Kind::Stalled, "stopped in the middle of its answer"),
        };
        let Some(left) = &mut self.left else { return Ok(chunk) };
        match &chunk {
            Some(chunk) => match left.checked_sub(chunk.len() as u64) {
                Some(now) => *left = now,
                None => return failed(Kind::BadAnswer, "sent more bytes than it had announced"),
            },
            None if *left > 0 => return failed(Kind::Reset, "ended its answer before all bytes had come"),
            None => {}
        }
        Ok(chunk)
    }
}
