use std::{fs, io::Write as _, path::Path};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, future::join_all};
use tempfile::{NamedTempFile, tempdir, tempfile};
use upload_core::{ByteRange, Source, SourceError};
use upload_http::{FileSource, OpenError};

/// Two chunks and a bit.
const LEN: usize = 2 * 256 * 1024 + 17;

fn content(seed: u64) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..LEN).map(|_| rng.u8(..)).collect()
}

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

async fn read(source: &FileSource, offset: u64, len: u64) -> Result<Vec<u8>, SourceError> {
    let chunks: Vec<Bytes> = source.open(ByteRange { offset, len }).try_collect().await?;
    assert!(chunks.iter().all(|chunk| chunk.len() <= 256 * 1024), "a chunk is too large");
    Ok(chunks.concat())
}

#[tokio::test]
async fn any_range_reads_the_same_again_and_again_and_at_once() {
    let bytes = content(1);
    let file = file(&bytes);
    let source = FileSource::open(file.path()).unwrap();
    assert_eq!(source.len(), LEN as u64);
    let ranges = [(0, LEN), (0, 1), (5, 0), (256 * 1024 - 1, 2), (300_000, LEN - 300_000), (0, LEN)];
    let reads = ranges.map(|(start, len)| read(&source, start as u64, len as u64));
    for ((start, len), got) in ranges.iter().zip(join_all(reads).await) {
        assert!(got.unwrap() == bytes[*start..start + len], "{start} {len}");
    }
}

#[tokio::test]
async fn a_file_without_a_name_serves_too() {
    let mut file = tempfile().unwrap();
    file.write_all(b"spooled").unwrap();
    let source = FileSource::from_file(file, "standard input").unwrap();
    assert_eq!(read(&source, 2, 3).await.unwrap(), b"ool");
}

#[tokio::test]
async fn an_empty_file_is_a_source_of_nothing() {
    let source = FileSource::open(file(b"").path()).unwrap();
    assert!(source.is_empty());
    assert_eq!(read(&source, 0, 0).await.unwrap(), b"");
}

#[test]
fn what_cannot_be_uploaded_says_why() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(matches!(FileSource::open(at("none")), Err(OpenError::Missing(path)) if path == at("none")));
    assert!(matches!(FileSource::open(folder.path()), Err(OpenError::Directory(_))));
    fs::write(at("file"), "x").unwrap();
    assert!(matches!(FileSource::open(at("file/below")), Err(OpenError::Missing(_))));
    #[cfg(unix)]
    {
        assert!(matches!(FileSource::open(Path::new("/dev/null")), Err(OpenError::NotRegular(_))));
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(at("file"), fs::Permissions::from_mode(0o0)).unwrap();
        // A superuser may read it all the same.
        if fs::File::open(at("file")).is_err() {
            assert!(matches!(FileSource::open(at("file")), Err(OpenError::Unreadable(_))));
        }
    }
    let message = FileSource::open(at("none")).unwrap_err().to_string();
    assert_eq!(message, format!("{}: no such file", at("none").display()));
}

/// The words of the error that reading the whole file ends with, after `change`.
async fn after(change: impl FnOnce(&Path)) -> String {
    let file = file(&content(1));
    let source = FileSource::open(file.path()).unwrap();
    change(file.path());
    match read(&source, 0, LEN as u64).await {
        Err(SourceError::Changed(how)) => how,
        other => panic!("{:?}", other.map(|bytes| bytes.len())),
    }
}

#[tokio::test]
async fn a_file_that_changes_is_never_read_to_its_end() {
    let shorter = after(|path| fs::write(path, &content(1)[1..]).unwrap()).await;
    assert_eq!(shorter, format!("it had {LEN} bytes and has {}", LEN - 1));
    let grown = after(|path| fs::write(path, [content(1), vec![0]].concat()).unwrap()).await;
    assert_eq!(grown, format!("it had {LEN} bytes and has {}", LEN + 1));
    let touched = after(|path| {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    });
    assert_eq!(touched.await, "it was written to");
    assert_eq!(after(|path| fs::remove_file(path).unwrap()).await, "it was removed or renamed");
}

/// What wrote it set the modification time back, as `rsync --times` or `touch -d` do.
#[cfg(unix)]
#[tokio::test]
async fn a_change_that_hides_behind_its_old_time_is_seen() {
    let hidden = after(|path| {
        let then = fs::metadata(path).unwrap().modified().unwrap();
        // The clock of the file system has ticks of its own.
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::write(path, content(2)).unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    });
    assert!(hidden.await.starts_with("it was written to, or its mode"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_replaced_counts_as_changed() {
    let replaced = after(|path| {
        let other = path.with_extension("new");
        fs::write(&other, content(1)).unwrap();
        fs::rename(other, path).unwrap();
    });
    assert_eq!(replaced.await, "another file has taken its place");
}

#[tokio::test]
async fn a_change_in_the_middle_of_a_range_withholds_its_last_chunk() {
    let file = file(&content(1));
    let source = FileSource::open(file.path()).unwrap();
    let mut chunks = source.open(ByteRange { offset: 0, len: LEN as u64 });
    assert!(chunks.next().await.unwrap().is_ok());
    fs::write(file.path(), content(2)).unwrap();
    let rest: Vec<_> = chunks.collect().await;
    assert!(matches!(rest.last(), Some(Err(SourceError::Changed(_)))));
}
