//! One run of `upload put FILE`, as the CLI goes about it: looks for a journal, finds out whether its upload can be gone on
//! with, drives it, and keeps the journal. What is decided, the crate decides; here it is only carried out.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{
    StreamExt,
    future::{self, Either, FutureExt},
    pin_mut,
};
use upload_core::{
    Attempts, Checkpoint, Concurrency, Delivery, Digest, Digester, Driver, Ended, Event, Failure,
    FileIdentity, Journal, LimitedTransport, Machine, MultipartConfig, MultipartUpload, Outcome, PartBody,
    Progress, Prospect, Remains, RetryPolicy, Source, Step, Transport, TransportErrorKind,
    VerifyingTransport, proto::AbortRequest,
};

use crate::{content, file::OpenFile, journal::SimJournal, transport::Network, world::World};

/// The name of the file's journal.
pub(crate) const JOURNAL: &str = "a.journal";

/// How a run is to go about it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) concurrency: Concurrency,
    pub(crate) part_size: Option<u64>,
    pub(crate) validate: bool,
    pub(crate) keep_on_failure: bool,
    pub(crate) seed: u64,
}

/// Why a run ended without a machine at work.
#[derive(Debug)]
pub(crate) enum Idle {
    Cancelled,
    /// The journal cannot be gone on from.
    Refused(String),
}

pub(crate) struct Process<'a> {
    world: World,
    settings: &'a Settings,
    network: Network,
    file: OpenFile,
    identity: FileIdentity,
    journal: Option<SimJournal>,
}

impl<'a> Process<'a> {
    pub(crate) fn start(world: &World, settings: &'a Settings) -> Self {
        let file = OpenFile::open(world);
        world.step();
        let identity = file.identity();
        let (network, world) = (Network(world.clone()), world.clone());
        Self { world, settings, network, file, identity, journal: None }
    }

    pub(crate) async fn put(mut self) -> Result<Box<Outcome>, Idle> {
        let mut from = self.look().await?;
        let mut anew = false;
        loop {
            let ended = self.drive(from.take()).await?;
            if let Some(journal) = self.journal.take() {
                journal.settle(&ended.outcome);
            }
            let cancelled = self.world.state().cancelled;
            let Some(reason) = ended.outcome.worth_another().filter(|_| !anew && !cancelled) else {
                return Ok(Box::new(ended.outcome));
            };
            if let Outcome::Failed { remains: Remains::Kept(checkpoint), .. } = &ended.outcome {
                let (upload_id, object_key) = (checkpoint.upload_id.clone(), checkpoint.object_key.clone());
                self.clear(&AbortRequest { upload_id, object_key }).await?;
            }
            anew = true;
            self.world.count("begun anew within a run");
            self.world.note(|| format!("begins anew: {reason}"));
        }
    }

    /// What to go on from; `None` begins anew.
    async fn look(&mut self) -> Result<Option<Checkpoint>, Idle> {
        let found = self.world.state().disk.read(JOURNAL).map(Journal::decode);
        let (reason, request) = match found {
            None => return Ok(None),
            Some(Ok(journal)) => {
                self.check_journal(&journal);
                let now = self.world.state().time.wall();
                let reason = match journal.prospect(Some(&self.identity), now) {
                    Prospect::Over => {
                        self.world.write("remove a journal that is over", |disk| disk.remove(JOURNAL));
                        return Ok(None);
                    }
                    Prospect::Lost(reason) => reason,
                    Prospect::Compare if !self.holds_parts(&journal) => "its parts are not its own".into(),
                    Prospect::Open | Prospect::Compare => {
                        self.journal = Some(SimJournal::go_on(&self.world, JOURNAL, &journal));
                        return Ok(Some(journal.checkpoint));
                    }
                };
                let Checkpoint { upload_id, object_key, .. } = journal.checkpoint;
                (reason, Some(AbortRequest { upload_id, object_key }))
            }
            Some(Err(error)) => {
                self.world.count("damaged journal");
                let rescued = error.rescued().cloned();
                let request = rescued.map(|rescued| AbortRequest {
                    upload_id: rescued.upload_id,
                    object_key: rescued.object_key,
                });
                (error.to_string(), request)
            }
        };
        self.world.count("not gone on with");
        self.world.note(|| format!("does not go on: {reason}"));
        match request {
            Some(request) => self.clear(&request).await?,
            None => self.world.write("remove what names no upload", |disk| disk.remove(JOURNAL)),
        }
        Ok(None)
    }

    /// No line that is sure to be on the disk may be missing.
    fn check_journal(&self, journal: &Journal) {
        let upload = journal.checkpoint.upload_id.as_str();
        let state = self.world.state();
        for part in state.books.parts_of(upload) {
            let stored = &journal.checkpoint.etags[part.index()];
            assert!(stored.is_some(), "the journal of {upload} has lost part {part}");
        }
    }

    fn holds_parts(&self, journal: &Journal) -> bool {
        self.world.count("compared with its parts");
        self.file.holds_parts(journal.checkpoint.plan, &journal.checkpoint.etags)
    }

    async fn drive(&mut self, from: Option<Checkpoint>) -> Result<Ended, Idle> {
        let Settings { concurrency, part_size, validate, keep_on_failure, seed } = *self.settings;
        let config = MultipartConfig {
            part_size,
            concurrency: concurrency.to_ask_for(),
            validate,
            keep_on_failure,
            seed,
            ..MultipartConfig::default()
        };
        let most_attempts = config.retry.max_attempts;
        let progress = Progress::default();
        let mut machine = match from {
            None => {
                let kind = "audience_csv".parse().unwrap();
                MultipartUpload::new("a.csv", kind, self.file.len(), config).unwrap()
            }
            Some(checkpoint) => {
                self.world.count("resumed");
                progress.set(stored(&checkpoint));
                let resumed = MultipartUpload::resume(checkpoint.clone(), config);
                let machine = resumed.map_err(|error| Idle::Refused(error.to_string()))?;
                let completing = checkpoint.completing || checkpoint.etags.iter().all(Option::is_some);
                let unchanged = Checkpoint { completing, ..checkpoint };
                assert_eq!(machine.checkpoint(), Some(unchanged), "resuming changed the checkpoint");
                machine
            }
        };
        self.world.state().books.begin(concurrency.most().get(), most_attempts);
        let world = self.world.clone();
        let (network, digester) = (Network(world.clone()), SimDigester);
        let verifying = VerifyingTransport::new(&network, &digester);
        let inner: &dyn Transport = if world.state().verify { &verifying } else { &network };
        let transport = LimitedTransport::new(inner, &world, concurrency);
        let source = self.file.clone();
        let driver = Driver { transport: &transport, source: &source, clock: &world, progress: &progress };
        let cancelled = world.cancelled();
        let ended = driver.run(&mut machine, |event| self.observe(event), cancelled).await;
        world.note(|| format!("ended: {:?}", ended.outcome));
        if world.is_dead() {
            return Ok(ended);
        }
        let mut state = world.state();
        state.books.end();
        drop(state);
        assert!(machine.poll_request(upload_core::Clock::now(&world)).is_none(), "a request after the end");
        assert!(machine.poll_event().is_none(), "an event after the end");
        if matches!(ended.outcome, Outcome::Completed(_)) {
            assert_eq!((progress.sent(), progress.stored()), (self.file.len(), self.file.len()), "progress");
        }
        Ok(ended)
    }

    fn observe(&mut self, event: &Event) {
        self.world.note(|| format!("event: {}", brief(event)));
        match (event, &mut self.journal) {
            (Event::Opened(checkpoint), None) => {
                self.journal =
                    Some(SimJournal::create(&self.world, JOURNAL, self.identity.clone(), checkpoint));
            }
            (event, Some(journal)) => journal.observe(event),
            _ => {}
        }
        if !self.world.is_dead() {
            let upload = self.journal.as_ref().map(|journal| journal.upload.as_str());
            let mut state = self.world.state();
            let now = state.time.now;
            state.books.observed(event, upload, now);
        }
    }

    /// Aborts an upload that is not gone on with. Where that fails its journal is put aside.
    async fn clear(&mut self, request: &AbortRequest) -> Result<(), Idle> {
        let aborted = abort(&self.world, &self.network, request, self.settings.seed);
        let cancelled = self.world.cancelled();
        pin_mut!(aborted, cancelled);
        let aborted = match future::select(aborted, cancelled).await {
            Either::Left((aborted, _)) => aborted,
            Either::Right(_) => return Err(Idle::Cancelled),
        };
        self.journal = None;
        match aborted {
            Ok(()) => self.world.write("remove the journal", |disk| disk.remove(JOURNAL)),
            Err(_) => {
                self.world.count("put aside");
                let aside = format!("{}.journal", self.world.state().dice.seed());
                self.world.write("put the journal aside", |disk| disk.rename(JOURNAL, &aside));
            }
        }
        Ok(())
    }
}

/// Gives an upload up, as `upload sessions abort` does.
pub(crate) async fn abort(
    world: &World,
    network: &Network,
    request: &AbortRequest,
    seed: u64,
) -> Result<(), Failure> {
    let policy = RetryPolicy::default();
    world.state().books.begin(0, policy.max_attempts);
    let attempts =
        Attempts { clock: world, policy, delivery: Delivery::AtLeastOnce, step: Step::Abort, seed };
    match attempts.run(|_| {}, |attempt| network.abort(attempt, request)).await {
        Err(failure) if failure.transport_kind() == Some(TransportErrorKind::NotFound) => Ok(()),
        aborted => aborted.map(|_| ()),
    }
}

impl World {
    fn cancelled(&self) -> impl Future<Output = ()> + use<> {
        let world = self.clone();
        future::poll_fn(move |_| match world.state().cancelled {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        })
    }
}

fn stored(checkpoint: &Checkpoint) -> u64 {
    let parts = checkpoint.plan.part_numbers().zip(&checkpoint.etags);
    parts.filter(|(_, etag)| etag.is_some()).map(|(part, _)| checkpoint.plan.range(part).len).sum()
}

fn brief(event: &Event) -> String {
    match event {
        Event::Opened(checkpoint) => {
            let missing = checkpoint.etags.iter().filter(|etag| etag.is_none()).count();
            format!("opened {}, {} parts, {missing} missing", checkpoint.upload_id, checkpoint.etags.len())
        }
        event => format!("{event:?}"),
    }
}

/// Watches what goes through, and makes of it what the server would.
struct SimDigester;

impl Digester for SimDigester {
    fn digest(&self, body: PartBody) -> (PartBody, Digest) {
        let (len, chunks) = body.into_parts();
        let seen = Arc::new(Mutex::new(Vec::<Bytes>::new()));
        let sink = seen.clone();
        let chunks = chunks.inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                sink.lock().unwrap().push(chunk.clone());
            }
        });
        let digest = async move {
            let seen = seen.lock().unwrap();
            let whole = seen.iter().map(|chunk| chunk.len() as u64).sum::<u64>() == len;
            Ok(whole.then(|| content::digest(seen.iter())))
        };
        (PartBody::new(len, chunks.boxed()), digest.boxed())
    }

    fn md5(&self, bytes: &[u8]) -> [u8; 16] {
        content::digest([&Bytes::copy_from_slice(bytes)])
    }
}
