//! Bodies that go from their file to the socket past this process (Linux only).

use std::{any::Any, fs::File, io::Write as _, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, future::try_join_all, stream::BoxStream};
use tempfile::NamedTempFile;
use tokio::{
    io::AsyncReadExt,
    sync::{Notify, mpsc},
};
use upload_core::{ByteRange, PartBody, Source, SourceError, TransportErrorKind as Kind};
use upload_http::FileSource;

use crate::{signed, storage, wire};

/// Several slices and a bit, more than the buffers of a connection take while nobody reads.
const LEN: usize = 24 * 1024 * 1024 + 17;

/// A file that is never read by this process: its bytes get out past it or not at all.
struct Unread(FileSource);

impl Source for Unread {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn open(&self, _: ByteRange) -> BoxStream<'static, Result<Bytes, SourceError>> {
        futures::stream::poll_fn(|_| panic!("its bytes are read")).boxed()
    }

    fn origin(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.0.origin()
    }
}

fn content() -> Vec<u8> {
    let mut bytes = vec![0; LEN];
    fastrand::Rng::with_seed(3).fill(&mut bytes);
    bytes
}

fn file() -> (NamedTempFile, Unread) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(&content()).unwrap();
    let source = Unread(FileSource::open(file.path()).unwrap());
    (file, source)
}

fn range(offset: usize, len: usize) -> ByteRange {
    ByteRange { offset: offset as u64, len: len as u64 }
}

/// Reads bodies, tells what they were, and answers `200`.
async fn reading() -> (String, wire::Server, mpsc::UnboundedReceiver<Vec<u8>>) {
    let (tell, told) = mpsc::unbounded_channel();
    let (base, server) = wire::serve(move |mut socket| {
        let tell = tell.clone();
        async move {
            // Until the client closes the connection.
            while socket.peek(&mut [0]).await.is_ok_and(|read| read > 0) {
                let (head, begun) = wire::read_head(&mut socket).await;
                let body = wire::read_body(&mut socket, begun, wire::content_length(&head)).await;
                tell.send(body).unwrap();
                wire::answer(&mut socket, "200 OK", "etag: \"e\"\r\n", "").await;
            }
        }
    })
    .await;
    (base, server, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_range_arrives_as_it_is_one_after_the_other_and_at_once() {
    let (base, _server, mut told) = reading().await;
    let (_file, source) = file();
    let (storage, url, whole) = (storage(), signed(&base), content());
    let ranges = [(0, LEN), (1, LEN - 1), (5_000_001, 9_000_003), (LEN - 600_000, 600_000)];
    for (offset, len) in ranges {
        storage.put(1, &url, PartBody::of(&source, range(offset, len))).await.unwrap();
        assert!(told.recv().await.unwrap() == whole[offset..offset + len], "{offset} {len}");
    }
    let puts = ranges.map(|(offset, len)| storage.put(1, &url, PartBody::of(&source, range(offset, len))));
    try_join_all(puts).await.unwrap();
    let mut lens = Vec::new();
    for _ in ranges {
        let body = told.recv().await.unwrap();
        let (offset, _) = ranges.iter().find(|(_, len)| *len == body.len()).unwrap();
        assert!(body == whole[*offset..offset + body.len()], "{offset}");
        lens.push(body.len());
    }
    lens.sort_unstable();
    assert_eq!(lens, [600_000, 9_000_003, LEN - 1, LEN]);
}

/// Whose place on the disk would not be free before, once it is removed.
#[tokio::test]
async fn a_file_is_not_kept_open_for_an_idle_connection() {
    let (base, _server, _told) = reading().await;
    let (file, source) = file();
    let path = file.path().to_owned();
    let storage = storage();
    storage.put(1, &signed(&base), PartBody::of(&source, range(0, LEN))).await.unwrap();
    drop((file, source));
    let open = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|fd| std::fs::read_link(fd.unwrap().path()).ok());
    let open: Vec<_> =
        open.filter(|open| open.to_string_lossy().starts_with(&*path.to_string_lossy())).collect();
    assert!(open.is_empty(), "{open:?}");
    drop(storage);
}

#[tokio::test]
async fn what_is_not_in_memory_is_read_first_and_arrives() {
    let (base, _server, mut told) = reading().await;
    let (file, source) = file();
    file.as_file().sync_all().unwrap();
    rustix::fs::fadvise(file.as_file(), 0, None, rustix::fs::Advice::DontNeed).unwrap();
    storage().put(1, &signed(&base), PartBody::of(&source, range(0, LEN))).await.unwrap();
    assert!(told.recv().await.unwrap() == content());
}

/// Reads the head and says so; once it may go on, reads the rest and answers `200`.
async fn waiting(go_on: Arc<Notify>) -> (String, wire::Server, mpsc::UnboundedReceiver<()>) {
    let (tell, told) = mpsc::unbounded_channel();
    let (base, server) = wire::serve(move |mut socket| {
        let (tell, go_on) = (tell.clone(), go_on.clone());
        async move {
            let (head, begun) = wire::read_head(&mut socket).await;
            tell.send(()).unwrap();
            go_on.notified().await;
            let mut rest = vec![0; wire::content_length(&head) - begun.len()];
            if socket.read_exact(&mut rest).await.is_ok() {
                wire::answer(&mut socket, "200 OK", "etag: \"e\"\r\n", "").await;
            }
        }
    })
    .await;
    (base, server, told)
}

#[tokio::test]
async fn a_file_that_changes_until_the_storage_has_it_is_not_stored() {
    type Change = fn(&File);
    let changes: [(Change, usize, &[&str]); 2] = [
        // Whether its size is looked at first, or what is to be sent is not there.
        (|file| file.set_len(1_000_000).unwrap(), LEN, &["and has 1000000", "it has become shorter"]),
        // All of it is on its way before the server reads on: it is less than the buffers take.
        (|mut file| file.write_all(b"x").unwrap(), 600_000, &["it was written to"]),
    ];
    for (change, len, words) in changes {
        let go_on = Arc::new(Notify::new());
        let (base, _server, mut told) = waiting(go_on.clone()).await;
        let (file, source) = file();
        let (storage, url) = (storage(), signed(&base));
        let put = storage.put(1, &url, PartBody::of(&source, range(0, len)));
        let changed = async {
            told.recv().await.unwrap();
            // The clock of the file system has ticks of its own.
            tokio::time::sleep(Duration::from_millis(20)).await;
            change(&file.reopen().unwrap());
            go_on.notify_one();
        };
        let (result, ()) = tokio::join!(put, changed);
        let error = result.unwrap_err();
        assert_eq!(error.kind, Kind::Source, "{error:?}");
        assert!(error.message.contains("the file changed"), "{error}");
        assert!(words.iter().any(|words| error.message.contains(words)), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_refusal_is_named_and_a_reset_is_a_reset() {
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::read_head(&mut socket).await;
        let document = "<Error><Code>AccessDenied</Code></Error>";
        wire::answer(&mut socket, "403 Forbidden", "connection: close\r\n", document).await;
        wire::reset(socket);
    })
    .await;
    let (_file, source) = file();
    let (storage, url) = (storage(), signed(&base));
    for _ in 0..20 {
        let error = storage.put(1, &url, PartBody::of(&source, range(0, LEN))).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_deref()), (Kind::StorageDenied, Some("AccessDenied")));
    }
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::read_head(&mut socket).await;
        wire::reset(socket);
    })
    .await;
    let error = storage.put(1, &signed(&base), PartBody::of(&source, range(0, LEN))).await.unwrap_err();
    assert_eq!(error.kind, Kind::Reset, "{error:?}");
}

#[tokio::test]
async fn a_storage_that_takes_nothing_is_a_stall() {
    let (base, _server) = wire::stops_reading().await;
    let (_file, source) = file();
    let error = storage().put(1, &signed(&base), PartBody::of(&source, range(0, LEN))).await.unwrap_err();
    assert_eq!(error.kind, Kind::Stalled, "{error:?}");
    assert!(error.message.contains("took no byte"), "{error}");
}

#[tokio::test]
async fn success_before_the_file_was_sent_is_not_believed() {
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::read_head(&mut socket).await;
        wire::answer(&mut socket, "200 OK", "etag: \"e\"\r\n", "").await;
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let (_file, source) = file();
    let error = storage().put(1, &signed(&base), PartBody::of(&source, range(0, LEN))).await.unwrap_err();
    assert_eq!(error.kind, Kind::BadAnswer, "{error:?}");
}
