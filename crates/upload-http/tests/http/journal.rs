use std::{fs, io, path::Path};

use md5::{Digest as _, Md5};
use tempfile::tempdir;
use upload_core::{
    CHECKPOINT_VERSION, Checkpoint, Completed, Event, JournalState, Outcome, Plan, Remains, Sameness,
    Source as _, Validation, proto::ETag,
};
use upload_http::{FileJournal, FileSource, ReadJournalError};

const MIB: usize = 1024 * 1024;

fn checkpoint() -> Checkpoint {
    Checkpoint {
        version: CHECKPOINT_VERSION,
        filename: "a.csv".into(),
        upload_type: "audience_csv".parse().unwrap(),
        plan: Plan::propose(11 * MIB as u64, Some(5 * MIB as u64)).unwrap(),
        upload_id: "u".parse().unwrap(),
        object_key: "k".parse().unwrap(),
        urls: (1..=3).map(|n| format!("https://s/{n}").parse().unwrap()).collect(),
        etags: vec![None; 3],
        completing: false,
    }
}

fn create(path: &Path) -> io::Result<FileJournal> {
    FileJournal::create(path, ("https://h/api", "fd1"), None, &checkpoint())
}

fn stored(number: u64) -> Event {
    let etag = format!("e{number}").parse().unwrap();
    Event::PartStored { part: number.try_into().unwrap(), bytes: 1, attempt: 1, etag, request_id: None }
}

fn completed() -> Outcome {
    Outcome::Completed(Completed {
        object_key: "k".parse().unwrap(),
        upload_id: Some("u".parse().unwrap()),
        etag: None,
        bytes: 11 * MIB as u64,
        parts: 3,
        validation: Validation::Skipped,
    })
}

#[test]
fn what_is_observed_is_there_for_another_process_at_once() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.journal");
    let mut journal = create(&path).unwrap();
    assert_eq!(FileJournal::read(&path).unwrap().checkpoint, checkpoint());
    journal.observe(&stored(2)).unwrap();
    journal.observe(&Event::Aborting).unwrap();
    // Another process, while this one has not let go of anything: as after a kill.
    let read = FileJournal::read(&path).unwrap();
    assert_eq!(read.checkpoint.etags[1].as_ref().map(ETag::as_str), Some("e2"));
    journal.observe(&Event::Completing).unwrap();
    assert_eq!(FileJournal::read(&path).unwrap().state, JournalState::Completing);
    journal.settle(&completed()).unwrap();
    assert!(
        matches!(FileJournal::read(&path), Err(ReadJournalError::Io(error)) if error.kind() == io::ErrorKind::NotFound)
    );
}

#[test]
fn the_journal_of_an_upload_that_may_be_open_stays() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.journal");
    let kept = Outcome::Aborted { remains: Remains::Kept(Box::new(checkpoint())) };
    create(&path).unwrap().settle(&kept).unwrap();
    assert_eq!(FileJournal::read(&path).unwrap().state, JournalState::Open);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.journal");
    let _journal = create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_upload_id_is_never_written_over() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.journal");
    let _journal = create(&path).unwrap();
    assert_eq!(create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert!(FileJournal::read(&path).is_ok());
    let nowhere = create(&folder.path().join("none/a.journal")).unwrap_err();
    assert_eq!(nowhere.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_torn_line_is_cut_off_before_the_next_is_written() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.journal");
    create(&path).unwrap().observe(&stored(1)).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&whole[..], b"12345678 {\"rec"].concat()).unwrap();
    let read = FileJournal::read(&path).unwrap();
    FileJournal::go_on(&path, &read).unwrap().observe(&stored(3)).unwrap();
    let etags = FileJournal::read(&path).unwrap().checkpoint.etags;
    assert_eq!(etags.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
}

fn md5(bytes: &[u8]) -> ETag {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>().parse().unwrap()
}

#[test]
fn a_file_is_known_again_and_an_edit_is_seen() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a");
    let mut content: Vec<u8> = (0..11 * MIB).map(|n| u8::try_from(n % 251).unwrap()).collect();
    fs::write(&path, &content).unwrap();
    let open = || FileSource::open(&path).unwrap();
    let then = open().identity().unwrap().unwrap();
    assert_eq!((then.size, then.sampled_sha256.len()), (11 * MIB as u64, 64));
    assert_eq!(Path::new(&then.path), fs::canonicalize(&path).unwrap());
    assert_eq!(then.compare(&open().identity().unwrap().unwrap()), Sameness::Same);

    let later = fs::File::options().write(true).open(&path).unwrap();
    later.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(then.compare(&open().identity().unwrap().unwrap()), Sameness::Touched);

    // The last byte stands in a sampled block; one further in the middle is seen by its part.
    let (plan, etags) = (checkpoint().plan, vec![Some(md5(&content[..5 * MIB])), None, None]);
    assert!(open().holds_parts(plan, &etags, |_| true).unwrap());
    // All together, the last of which is short.
    let part = |number: usize| &content[5 * number * MIB..(5 * (number + 1) * MIB).min(content.len())];
    let all: Vec<_> = (0..3).map(|number| Some(md5(part(number)))).collect();
    assert!(open().holds_parts(plan, &all, |_| true).unwrap());
    let swapped = vec![all[1].clone(), all[0].clone(), all[2].clone()];
    assert!(!open().holds_parts(plan, &swapped, |_| true).unwrap());
    content[2 * MIB + 300_000] ^= 1;
    fs::write(&path, &content).unwrap();
    assert!(!open().holds_parts(plan, &etags, |_| true).unwrap());
    let opaque = vec![Some("kms".parse().unwrap()), None, None];
    assert!(!open().holds_parts(plan, &opaque, |_| true).unwrap(), "an ETag that is no MD5 proves nothing");
    let stopped = open().holds_parts(plan, &etags, |_| false).unwrap_err();
    assert_eq!(stopped.kind(), io::ErrorKind::Interrupted);
    *content.last_mut().unwrap() ^= 1;
    fs::write(&path, &content).unwrap();
    assert!(matches!(then.compare(&open().identity().unwrap().unwrap()), Sameness::Changed(_)));
}

#[test]
fn bytes_without_a_path_have_no_identity() {
    let source = FileSource::from_file(tempfile::tempfile().unwrap(), "-").unwrap();
    assert_eq!(source.identity().unwrap(), None);
    assert!(source.is_empty());
}
