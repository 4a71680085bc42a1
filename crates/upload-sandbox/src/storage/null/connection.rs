use std::{io, sync::Arc, time::SystemTime};

use http::Method;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::{
    NullStorage,
    answer::{Answer, Refused},
    body::{self, Framing},
    discard::Discard,
    etag::NullEtag,
    head::{Head, NoHead},
    inbound::Inbound,
    kept::Sink,
    operation::{Operation, Place},
};
use crate::{
    net::{Stopped, Wire},
    storage::{
        refusal::Refusal,
        target::{Target, has_expired},
    },
};

/// The longest list of parts; 10,000 of them, with five checksums each, stay below.
const MAX_LIST: usize = 8 * 1024 * 1024;
/// How much of a refused body is still taken, so that the connection can go on.
const MAX_REFUSED: u64 = 16 * 1024 * 1024;

/// How much is read at once under TLS, whose own reads are of 4 KiB.
const TLS_READ: usize = 128 * 1024;

/// Answers the requests of one connection at the end of `wire`.
pub(crate) async fn serve(storage: Arc<NullStorage>, stream: TcpStream, wire: Wire, stopped: Stopped) {
    if wire.is_bare() {
        return answer_over(storage, stream, stopped).await;
    }
    let line = wire.line(stream);
    match &wire.tls {
        None => answer_over(storage, line, stopped).await,
        Some(tls) => match tls.accept(BufReader::with_capacity(TLS_READ, line)).await {
            Ok(stream) => answer_over(storage, stream, stopped).await,
            Err(error) => tracing::debug!(%error, "a handshake with the null storage failed"),
        },
    }
}

/// Answers one request after the other, until the client goes or the server stops.
async fn answer_over<S>(storage: Arc<NullStorage>, stream: S, mut stopped: Stopped)
where
    S: Discard + AsyncWrite,
{
    let mut inbound = Inbound::new(stream);
    loop {
        let head = tokio::select! {
            head = Head::read(&mut inbound) => head,
            _ = stopped.changed() => break,
        };
        let goes_on = match head {
            Ok(head) => exchange(&storage, &mut inbound, &head).await,
            Err(NoHead::End) => break,
            Err(error @ NoHead::Malformed(_)) => {
                let answer = Answer::from(Refused::new(400, "InvalidRequest", error.to_string()));
                inbound.stream.write_all(&answer.bytes(storage.clock, false, true)).await.map(|()| false)
            }
        };
        match goes_on {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::debug!(%error, "a connection to the null storage ended early");
                break;
            }
        }
    }
    inbound.stream.shutdown().await.ok();
}

/// One request and its answer. Answers whether another may follow.
async fn exchange<S>(storage: &NullStorage, inbound: &mut Inbound<S>, head: &Head) -> io::Result<bool>
where
    S: Discard + AsyncWrite,
{
    let (answer, goes_on) = match carry_out(storage, inbound, head).await {
        Ok(Ok(answer)) => (answer, true),
        Ok(Err((refused, framing))) => (refused.into(), is_skipped(inbound, head, framing).await?),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            (Refused::new(400, "InvalidRequest", error.to_string()).into(), false)
        }
        Err(error) => return Err(error),
    };
    let goes_on = goes_on && head.keeps_alive;
    let bytes = answer.bytes(storage.clock, head.method == Method::HEAD, !goes_on);
    inbound.stream.write_all(&bytes).await?;
    inbound.stream.flush().await?;
    Ok(goes_on)
}

/// Takes a refused request's body out of the way; `false` where that is not worth it.
async fn is_skipped<S>(inbound: &mut Inbound<S>, head: &Head, framing: Option<Framing>) -> io::Result<bool>
where
    S: Discard + AsyncWrite,
{
    match framing {
        // It was read already.
        None => Ok(true),
        Some(Framing::Length(0)) => Ok(true),
        Some(Framing::Length(length)) if length <= MAX_REFUSED && !head.waits() => {
            inbound.take(length, &mut Sink::Nothing).await.map(|()| true)
        }
        Some(_) => Ok(false),
    }
}

/// A refusal, with the body that was not taken.
type NotDone = (Refused, Option<Framing>);

async fn carry_out<S>(
    storage: &NullStorage,
    inbound: &mut Inbound<S>,
    head: &Head,
) -> io::Result<Result<Answer, NotDone>>
where
    S: Discard + AsyncWrite,
{
    let place = Place::of(head);
    let framing = match Framing::of(head) {
        Ok(framing) => framing,
        Err(refused) => return Ok(Err((refused, Some(Framing::Chunked)))),
    };
    let operation = match check(storage, head, &place) {
        Ok(operation) => operation,
        Err(refused) => return Ok(Err((refused, Some(framing)))),
    };
    let mut sink = match &operation {
        Operation::CompleteUpload { .. } => Sink::Memory(Vec::new(), MAX_LIST),
        Operation::PutObject | Operation::UploadPart { .. } if storage.etag == NullEtag::Md5 => {
            Sink::md5(body::is_aws_chunked(head))
        }
        _ => Sink::Nothing,
    };
    let size = body::take(inbound, head, framing, &mut sink).await?;
    let done = match operation {
        Operation::HeadBucket | Operation::CreateBucket => Ok(Answer::new(200)),
        Operation::GetBucketLocation => Ok(NullStorage::location()),
        Operation::PutObject => Ok(storage.put_object(&place, size, sink.digest())),
        Operation::HeadObject => storage.head_object(&place),
        Operation::DeleteObject => Ok(storage.delete_object(&place)),
        Operation::CreateUpload => Ok(storage.create_upload(&place)),
        Operation::UploadPart { id, number } => storage.put_part(&place, &id, number, size, sink.digest()),
        Operation::ListParts { id, after, most } => storage.list_parts(&place, &id, after, most),
        Operation::CompleteUpload { id } => storage.complete_upload(&place, &id, sink.memory()),
        Operation::AbortUpload { id } => storage.abort_upload(&place, &id),
    };
    Ok(done.map_err(|refused| (refused, None)))
}

/// What can be said by the head alone.
fn check(storage: &NullStorage, head: &Head, place: &Place) -> Result<Operation, Refused> {
    let operation = Operation::of(head, place)?;
    let now = SystemTime::now();
    if Target::of(&head.method, &head.uri).is_presigned && has_expired(&head.uri, now) {
        return Err(Refusal::expired(&head.uri, now).into());
    }
    if let Operation::UploadPart { id, .. } = &operation {
        storage.takes_part(place, id)?;
    }
    Ok(operation)
}
