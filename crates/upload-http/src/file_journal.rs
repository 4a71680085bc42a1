use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use upload_core::{
    Checkpoint, Durability, Event, FileIdentity, JOURNAL_VERSION, Journal, JournalError, Opened, Outcome,
    Record,
};

/// The most parts that a power failure may take from the journal, unless they come faster than the disk takes them.
const LINES_PER_SYNC: u32 = 8;
/// The longest that a part's line waits for its way to the disk.
const SYNC_WITHIN: Duration = Duration::from_secs(1);

/// An upload's journal on disk: a file that only its owner can read, and that grows line by line.
///
/// The upload id is on the disk, with the folder that names the file, before [`create`](Self::create) returns: call it
/// when [`Event::Opened`] is observed, and no part is sent before that. What becomes of the parts goes to the system at
/// once, so that it outlives the process however that ends, and to the disk by a thread of its own, within about a
/// second. A power failure may take the last lines: then those parts are sent again.
///
/// One process at a time may have a journal; its owner sees to that.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    file: Arc<File>,
    written: Sender<()>,
    /// What the thread met.
    trouble: Arc<Mutex<Option<io::Error>>>,
}

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadJournalError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// What stands in it cannot be gone on from.
    #[error(transparent)]
    Content(#[from] JournalError),
}

impl FileJournal {
    /// Writes down an upload that has just been opened with this API, by its root, for this partner. The file must not exist yet.
    ///
    /// # Errors
    /// When the file cannot be made or written to. Nothing is left of it then.
    pub fn create(
        path: impl Into<PathBuf>,
        (api, partner): (&str, &str),
        file: Option<FileIdentity>,
        checkpoint: &Checkpoint,
    ) -> io::Result<Self> {
        let path = path.into();
        let opened = Opened {
            version: JOURNAL_VERSION,
            api: api.to_owned(),
            partner: partner.to_owned(),
            at: now(),
            file,
            checkpoint: checkpoint.clone(),
        };
        let record = Record::Opened(Box::new(opened));
        let line = record.to_line()?;
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        let mut written = file.write_all(line.as_bytes());
        if record.durability() == Durability::Now {
            written = written.and_then(|()| file.sync_all()).and_then(|()| sync_folder(&path));
        }
        if let Err(error) = written {
            // Half a journal would only be in the way, and the caller is about to hear that there is none.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Self::open(path, file)
    }

    /// Reads a journal.
    ///
    /// # Errors
    /// When there is none, it cannot be read, or it cannot be gone on from.
    pub fn read(path: impl AsRef<Path>) -> Result<Journal, ReadJournalError> {
        Ok(Journal::decode(&fs::read(path)?)?)
    }

    /// Goes on with a journal that was read. A torn last line is cut off, and what is left is on the disk before this returns.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub fn go_on(path: impl Into<PathBuf>, journal: &Journal) -> io::Result<Self> {
        let path = path.into();
        // Appending alone does not permit to cut off, on some systems.
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        file.set_len(journal.valid_len)?;
        // Its writer may have died before it had done so, and parts are about to be sent.
        file.sync_all()?;
        drop(file);
        sync_folder(&path)?;
        Self::open(path.clone(), OpenOptions::new().append(true).open(path)?)
    }

    fn open(path: PathBuf, file: File) -> io::Result<Self> {
        let (file, trouble) = (Arc::new(file), Arc::default());
        let (written, lines) = mpsc::channel();
        let (synced, met) = (Arc::clone(&file), Arc::clone(&trouble));
        thread::Builder::new().name("journal".into()).spawn(move || keep_synced(&lines, &synced, &met))?;
        Ok(Self { path, file, written, trouble })
    }

    /// Writes down what a resumed upload needs to know. [`Event::Opened`] is [`create`](Self::create)'s business, and the
    /// end is [`settle`](Self::settle)'s.
    ///
    /// # Errors
    /// When it cannot be written, or an earlier line did not get to the disk.
    pub fn observe(&mut self, event: &Event) -> io::Result<()> {
        Record::of_event(event, now()).map_or(Ok(()), |record| self.append(&record))
    }

    /// Closes the journal of an upload that is over, on the server, too: it says so, and is removed. One that may be open
    /// there stays as it is.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn settle(self, outcome: &Outcome) -> io::Result<()> {
        let Some(record) = Record::of_outcome(outcome) else { return Ok(()) };
        // Should it not go away, at least nobody goes on from it.
        let said = self.append(&record);
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => said.and(Err(error)),
            _ => Ok(()),
        }
    }

    fn append(&self, record: &Record) -> io::Result<()> {
        (&*self.file).write_all(record.to_line()?.as_bytes())?;
        match record.durability() {
            Durability::Now => self.file.sync_data(),
            Durability::Soon => {
                // Where the thread has ended, it has said why.
                let _ = self.written.send(());
                let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
                trouble.take().map_or(Ok(()), Err)
            }
            Durability::Sometime => Ok(()),
        }
    }
}

/// Takes what is written to the disk: after some lines, or when the first of them has waited for long enough.
fn keep_synced(lines: &Receiver<()>, file: &File, trouble: &Mutex<Option<io::Error>>) {
    while lines.recv().is_ok() {
        let (until, mut waiting) = (Instant::now() + SYNC_WITHIN, 1);
        while waiting < LINES_PER_SYNC {
            match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(()) => waiting += 1,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Err(error) = file.sync_data() {
            *trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }
}

/// A file's name is on the disk when its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
        .sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
