//! The way to the server and back. Whoever goes away in the middle does not learn what became of the request.

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use upload_core::{
    PartBody, Stored, Transport, TransportError, TransportErrorKind as Kind,
    proto::{
        AbortRequest, CompleteRequest, CompleteResponse, InitiateRequest, InitiateResponse, PartNumber,
        PresignRequest, PresignResponse, PresignedUrl, UploadType, ValidateRequest, ValidateResponse,
    },
};

use crate::{
    books::Op,
    content,
    faults::{self, Fate, Trouble},
    server,
    world::{State, World},
};

pub(crate) struct Network(pub(crate) World);

/// A request under way.
struct Flight {
    world: World,
    op: Op,
    fate: Fate,
}

impl Network {
    async fn send(&self, op: Op, attempt: u32) -> Flight {
        self.0.alive().await;
        let flight = {
            let mut state = self.0.state();
            let State { books, server, .. } = &mut *state;
            books.send(&op, attempt, server);
            let fate = faults::draw(&op, &mut state);
            state.note(|| format!("-> {op}, attempt {attempt}"));
            Flight { world: self.0.clone(), op, fate }
        };
        self.0.alive().await;
        flight
    }

    /// A request without a body.
    async fn call<T: Send>(
        &self,
        op: Op,
        attempt: u32,
        effect: impl FnOnce(&mut State) -> Result<T, Kind> + Send,
    ) -> Result<T, TransportError> {
        let flight = self.send(op, attempt).await;
        flight.refused(0).await?;
        flight.carry_out(effect).await
    }
}

impl Flight {
    /// Gets there, unless it is refused on the way.
    async fn refused(&self, chunks: usize) -> Result<(), TransportError> {
        let kind = match self.fate.trouble {
            Trouble::Refused(kind) if chunks == 0 => kind,
            Trouble::BreaksOff(after, kind) if chunks > 0 && chunks >= after => kind,
            _ => return Ok(()),
        };
        self.world.sleep(self.fate.there).await;
        self.fail(kind).await
    }

    /// The whole request is there. It may be carried out although nobody waits for the answer any more.
    async fn carry_out<T>(
        &self,
        effect: impl FnOnce(&mut State) -> Result<T, Kind> + Send,
    ) -> Result<T, TransportError> {
        let mut landing = Landing { world: &self.world, lands: self.fate.lands, effect: Some(effect) };
        self.world.sleep(self.fate.there).await;
        self.world.alive().await;
        let result = landing.now();
        drop(landing);
        self.world.sleep(self.fate.back).await;
        if let (Trouble::Lost(kind), true) = (self.fate.trouble, result.is_ok()) {
            self.world.count("answer lost");
            return self.fail(kind).await;
        }
        self.world.alive().await;
        match result {
            Err(kind) => self.fail(kind).await,
            Ok(answer) => {
                self.world.note(|| format!("<- {}: ok", self.op));
                Ok(answer)
            }
        }
    }

    async fn fail<T>(&self, kind: Kind) -> Result<T, TransportError> {
        self.world.alive().await;
        let mut state = self.world.state();
        let trouble = self.fate.trouble;
        state.note(|| format!("<- {}: {} ({trouble:?})", self.op, kind.name()));
        Err(faults::error(kind, &mut state))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.world.state().books.over(&self.op);
    }
}

/// What the server will do, now or when the sender is gone.
struct Landing<'a, T, F: FnOnce(&mut State) -> Result<T, Kind>> {
    world: &'a World,
    lands: bool,
    effect: Option<F>,
}

impl<T, F: FnOnce(&mut State) -> Result<T, Kind>> Landing<'_, T, F> {
    fn now(&mut self) -> Result<T, Kind> {
        let effect = self.effect.take().expect("it is carried out once");
        effect(&mut self.world.state())
    }
}

impl<T, F: FnOnce(&mut State) -> Result<T, Kind>> Drop for Landing<'_, T, F> {
    fn drop(&mut self) {
        if self.lands && self.effect.is_some() && !std::thread::panicking() {
            self.world.count("carried out after its sender was gone");
            let _nobody_hears = self.now();
        }
    }
}

impl World {
    /// Anything may happen here; the dead go no further.
    pub(crate) async fn alive(&self) {
        self.step();
        if self.is_dead() {
            futures::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Transport for Network {
    async fn initiate(
        &self,
        attempt: u32,
        _upload_type: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        let answer = self.call(Op::Initiate, attempt, |state| {
            let (honest, now) = (state.trouble == 0, state.time.wall_seconds());
            Ok(state.server.initiate(request, honest, now, &mut state.dice))
        });
        let answer = answer.await?;
        let mut state = self.0.state();
        let upload = state.server.uploads.get_mut(answer.upload_id.as_str());
        upload.expect("it was just opened").told = true;
        Ok(answer)
    }

    async fn presign(
        &self,
        _attempt: u32,
        _upload_type: Option<&UploadType>,
        _request: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        unreachable!("a multipart upload asks for no single URL")
    }

    async fn put_part(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        body: PartBody,
    ) -> Result<Stored, TransportError> {
        let (upload, part) = place(url);
        let flight = self.send(Op::Put(upload.clone(), part), attempt).await;
        self.0.sleep(flight.fate.there).await;
        flight.refused(0).await?;
        self.0.alive().await;
        let admitted = {
            let mut state = self.0.state();
            let now = state.time.wall_seconds();
            state.server.admit(&upload, now)
        };
        if let Err(kind) = admitted {
            return flight.fail(kind).await;
        }
        let mut bytes = self.receive(&flight, body).await?;
        if flight.fate.trouble == Trouble::Altered {
            let mut state = self.0.state();
            state.count("altered on the way");
            let place = state.dice.index(bytes.len());
            bytes[place] = content::draw_cell(bytes[place].len() as u64, &mut state.dice);
        }
        let etag = flight.carry_out(|state| state.server.put(&upload, part, bytes)).await?;
        self.0.state().books.stored(&upload, part, &etag);
        Ok(etag.into())
    }

    async fn complete(
        &self,
        attempt: u32,
        request: &CompleteRequest,
    ) -> Result<CompleteResponse, TransportError> {
        self.0.alive().await;
        self.0.state().books.check_complete(request);
        let op = Op::Complete(request.upload_id.to_string());
        self.call(op, attempt, |state| state.server.complete(request)).await?;
        self.0.state().books.completed(request.upload_id.as_str());
        let etag = content::composite(request.parts.iter().map(|part| &part.etag));
        Ok(CompleteResponse { etag, ..CompleteResponse::default() })
    }

    async fn validate(
        &self,
        attempt: u32,
        _upload_type: &UploadType,
        request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        let key = request.object_key.to_string();
        let op = Op::Validate(key.clone());
        let found = self.call(op, attempt, move |state| match state.server.validates {
            false => Err(Kind::Unsupported),
            true => state.server.object(&key).map(|_| ()).ok_or(Kind::NotFound),
        });
        found.await?;
        Ok(ValidateResponse { valid: true, validation_errors: Vec::new() })
    }

    async fn abort(&self, attempt: u32, request: &AbortRequest) -> Result<(), TransportError> {
        let upload = request.upload_id.to_string();
        let op = Op::Abort(upload.clone());
        self.call(op, attempt, move |state| {
            let aborted = state.server.abort(&upload);
            debug_assert_ne!(state.server.uploads[&upload].state, server::State::Open);
            aborted
        })
        .await
    }
}

impl Network {
    /// Takes in a body, as long as both ends and the way between them hold.
    async fn receive(&self, flight: &Flight, body: PartBody) -> Result<Vec<Bytes>, TransportError> {
        let (len, mut chunks) = body.into_parts();
        let mut bytes: Vec<Bytes> = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let Ok(chunk) = chunk else { return flight.fail(Kind::Reset).await };
            bytes.push(chunk);
            self.0.sleep(flight.fate.pace).await;
            self.0.alive().await;
            flight.refused(bytes.len()).await?;
        }
        let received: u64 = bytes.iter().map(|chunk| chunk.len() as u64).sum();
        if received == len { Ok(bytes) } else { flight.fail(Kind::Rejected).await }
    }
}

/// Which part of which upload a URL is for.
fn place(url: &PresignedUrl) -> (String, PartNumber) {
    let (upload, part) = url.path()[1..].split_once('/').unwrap();
    (upload.into(), part.parse::<u64>().unwrap().try_into().unwrap())
}
