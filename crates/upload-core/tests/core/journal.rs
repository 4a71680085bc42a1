use proptest::prelude::*;
use upload_core::{
    FileIdentity, JOURNAL_VERSION, Journal, JournalError, JournalState, MultipartConfig, MultipartUpload,
    Opened, Record, Rescued,
};

use crate::resume::checkpoint;

fn opened() -> Opened {
    let mut checkpoint = checkpoint();
    checkpoint.etags = vec![None; 3];
    Opened {
        version: JOURNAL_VERSION,
        api: "https://h/api".into(),
        partner: "fd1".into(),
        at: 1_780_318_800_000,
        file: Some(FileIdentity {
            path: "/data/ä \"b\".csv".into(),
            size: 15_728_640,
            modified: Some(1_780_000_000_123_456_789),
            changed: None,
            device: Some(7),
            inode: Some(8),
            sampled_sha256: "ab".into(),
        }),
        checkpoint,
    }
}

fn part(number: u64, etag: &str) -> Record {
    Record::Part { number: number.try_into().unwrap(), etag: etag.parse().unwrap(), attempt: 1, at: number }
}

fn written(records: &[Record]) -> Vec<u8> {
    let header = Record::Opened(Box::new(opened()));
    std::iter::once(&header)
        .chain(records)
        .flat_map(|record| record.to_line().unwrap().into_bytes())
        .collect()
}

fn rescued() -> Rescued {
    Rescued {
        upload_id: "u".parse().unwrap(),
        object_key: "k".parse().unwrap(),
        api: "https://h/api".into(),
        partner: "fd1".into(),
    }
}

/// The first line, in the form that is on disks out there.
const HEADER: &str = r#"{"record":"opened","version":2,"api":"https://h/api","partner":"fd1","at":1780318800000,"file":{"path":"/data/ä \"b\".csv","size":15728640,"modified":1780000000123456789,"device":7,"inode":8,"sampled_sha256":"ab"},"checkpoint":{"version":2,"filename":"a.csv","upload_type":"audience_csv","plan":{"file_size":15728640,"part_size":5242880},"upload_id":"u","object_key":"k","urls":["https://s/k?n=1&x=y",[14,"2",15],[14,"3",15]],"etags":[null,null,null],"completing":false}}"#;

/// As version 1 wrote it.
const HEADER_1: &str = r#"{"record":"opened","version":1,"api":"https://h/api","partner":"fd1","at":1780318800000,"file":{"path":"/data/ä \"b\".csv","size":15728640,"modified":1780000000123456789,"device":7,"inode":8,"sampled_sha256":"ab"},"checkpoint":{"version":1,"filename":"a.csv","upload_type":"audience_csv","plan":{"file_size":15728640,"part_size":5242880},"upload_id":"u","object_key":"k","urls":["https://s/k?n=1&x=y","https://s/k?n=2&x=y","https://s/k?n=3&x=y"],"etags":[null,null,null],"completing":false}}"#;

#[test]
fn the_first_line_is_what_is_documented() {
    let line = Record::Opened(Box::new(opened())).to_line().unwrap();
    assert_eq!(&line[9..], format!("{HEADER}\n"));
    assert_eq!(Journal::decode(line.as_bytes()).unwrap().opened, opened());
}

#[test]
fn a_journal_of_the_first_version_is_gone_on_with() {
    let line = format!("{:08x} {HEADER_1}\n", crc32fast::hash(HEADER_1.as_bytes()));
    let journal = Journal::decode(line.as_bytes()).unwrap();
    assert_eq!((journal.opened.version, &journal.checkpoint.urls), (1, &opened().checkpoint.urls));
    assert!(MultipartUpload::resume(journal.checkpoint, MultipartConfig::default()).is_ok());
}

#[test]
fn every_line_moves_the_checkpoint_on() {
    let journal = Journal::decode(&written(&[part(3, "c"), part(1, "old"), part(1, "a")])).unwrap();
    let etags: Vec<_> = journal.checkpoint.etags.iter().map(|e| e.as_ref().map(|e| e.as_str())).collect();
    assert_eq!((etags, journal.state), (vec![Some("a"), None, Some("c")], JournalState::Open));
    assert_eq!(journal.stored_at, [3, 1, 1]);
    let completing = Journal::decode(&written(&[Record::Completing])).unwrap();
    assert_eq!((completing.state, completing.checkpoint.completing), (JournalState::Completing, true));
    for (record, state) in
        [(Record::Completed, JournalState::Completed), (Record::Aborted, JournalState::Aborted)]
    {
        let journal = Journal::decode(&written(&[Record::Completing, record])).unwrap();
        assert_eq!(journal.state, state);
        assert!(journal.state.is_over());
    }
}

#[test]
fn a_torn_last_line_does_not_count_and_is_cut_off_by_whoever_goes_on() {
    let whole = written(&[part(1, "a")]);
    for tail in ["3", "00000000 {\"record\":\"part\"", "00000000 {\"record\":\"completing\"}\n", "\0\0\0\0"] {
        let torn = [&whole[..], tail.as_bytes()].concat();
        let journal = Journal::decode(&torn).unwrap();
        assert_eq!(journal.valid_len, whole.len() as u64, "{tail}");
        assert_eq!(journal.checkpoint, Journal::decode(&whole).unwrap().checkpoint);
    }
}

#[test]
fn a_damaged_line_in_the_middle_is_an_error_that_still_knows_the_upload() {
    let mut bytes = written(&[part(1, "a"), part(2, "b")]);
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 20;
    bytes[second] ^= 1;
    let error = Journal::decode(&bytes).unwrap_err();
    assert_eq!(error, JournalError::Damaged { line: 2, rescued: Box::new(rescued()) });
    let beyond = Journal::decode(&written(&[part(4, "d"), part(1, "a")])).unwrap_err();
    assert!(matches!(beyond, JournalError::Damaged { line: 2, .. }), "there are three parts: {beyond:?}");
    let twice = written(&[Record::Opened(Box::new(opened())), part(1, "a")]);
    assert!(matches!(Journal::decode(&twice), Err(JournalError::Damaged { line: 2, .. })));
}

#[test]
fn a_damaged_first_line_gives_up_the_upload_where_it_can() {
    let mut bytes = written(&[part(1, "a")]);
    bytes[0] ^= 1;
    assert_eq!(Journal::decode(&bytes).unwrap_err().rescued(), Some(&rescued()));
    // The process died while it wrote the URLs, or before it had written the ids.
    let place = |text: &str| String::from_utf8_lossy(&bytes).find(text).unwrap();
    let torn = Journal::decode(&bytes[..place(",[14")]).unwrap_err();
    assert_eq!(torn, JournalError::NoHeader { rescued: Some(Box::new(rescued())) });
    let early = Journal::decode(&bytes[..place("\"object_key")]).unwrap_err();
    assert_eq!(early, JournalError::NoHeader { rescued: None });
    assert_eq!(Journal::decode(b"").unwrap_err(), JournalError::NoHeader { rescued: None });
}

#[test]
fn a_journal_of_a_newer_version_is_refused_by_its_number() {
    let future = Record::Opened(Box::new(Opened { version: 3, ..opened() })).to_line().unwrap();
    let error = Journal::decode(future.as_bytes()).unwrap_err();
    assert_eq!(error, JournalError::FromTheFuture(3));
    assert!(error.to_string().contains("version 3"), "{error}");
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        8 => (1..=3_u64, "[!#-~]{1,40}").prop_map(|(number, etag)| part(number, &etag)),
        1 => Just(Record::Completing),
        1 => Just(Record::Completed),
        1 => Just(Record::Aborted),
    ]
}

proptest! {
    #[test]
    fn any_prefix_is_the_journal_of_its_whole_lines(
        records in proptest::collection::vec(record(), 0..20),
        cut in 0.0..=1.0_f64,
    ) {
        let bytes = written(&records);
        let end = (bytes.len() as f64 * cut) as usize;
        let prefix = &bytes[..end];
        let lines = prefix.iter().filter(|byte| **byte == b'\n').count();
        match Journal::decode(prefix) {
            Err(error) => {
                let no_header = matches!(error, JournalError::NoHeader { .. });
                prop_assert!(lines == 0 && no_header, "{:?}", error);
            }
            Ok(journal) => {
                let whole = written(&records[..lines - 1]);
                prop_assert_eq!(journal.valid_len, whole.len() as u64);
                prop_assert_eq!(journal, Journal::decode(&whole).unwrap());
            }
        }
    }

    #[test]
    fn damage_anywhere_neither_panics_nor_goes_unseen(
        records in proptest::collection::vec(record(), 1..8),
        place: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let mut bytes = written(&records);
        let whole = Journal::decode(&bytes).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        // A letter of the checksum may change its case, which changes nothing.
        if let Ok(journal) = Journal::decode(&bytes) {
            prop_assert!(journal == whole || journal.valid_len < whole.valid_len);
        }
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Journal::decode(&bytes);
    }
}
