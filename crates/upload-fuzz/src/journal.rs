//! The journal of an upload, as a disk or somebody with an editor may leave it.

use std::time::Instant;

use upload_core::{Journal, JournalError, Machine, MultipartConfig, MultipartUpload, Operation};

use crate::Target;

pub(crate) const JOURNAL: Target = Target { name: "journal", seeds: journals, check: check_journal };
pub(crate) const RESCUE: Target = Target { name: "journal-lines", seeds: lines, check: check_lines };

const LINES: &str = concat!(
    r#"{"record":"opened","version":2,"api":"https://h/api","partner":"fd1","at":1780318800000,"#,
    r#""file":{"path":"/data/b.csv","size":15728640,"modified":1780000000123456789,"device":7,"inode":8,"sampled_sha256":"ab"},"#,
    r#""checkpoint":{"version":2,"filename":"a.csv","upload_type":"audience_csv","plan":{"file_size":15728640,"part_size":5242880},"#,
    r#""upload_id":"u","object_key":"k","urls":["https://s/k?n=1&x=y",[14,"2",15],"https://s/3"],"etags":[null,null,null],"completing":false}}"#,
    "\n",
    r#"{"record":"part","number":3,"etag":"9b2cf535","attempt":2,"at":1780318800000}"#,
    "\n",
    r#"{"record":"part","number":1,"etag":"9b2cf536","attempt":1,"at":1780318800001}"#,
    "\n",
    r#"{"record":"completing"}"#,
    "\n",
    r#"{"record":"completed"}"#,
    "\n",
);

fn lines() -> Vec<Vec<u8>> {
    vec![LINES.into()]
}

fn journals() -> Vec<Vec<u8>> {
    vec![with_checksums(LINES.as_bytes())]
}

/// Each line with the checksum that makes it count, so that not one damaged byte is enough to have it passed over.
fn with_checksums(lines: &[u8]) -> Vec<u8> {
    let mut journal = Vec::new();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let json = line.strip_suffix(b"\n").unwrap_or(line);
        journal.extend(format!("{:08x} ", crc32fast::hash(json)).into_bytes());
        journal.extend(line);
    }
    journal
}

fn check_lines(bytes: &[u8]) {
    check_journal(&with_checksums(bytes));
}

fn check_journal(bytes: &[u8]) {
    match Journal::decode(bytes) {
        Ok(journal) => {
            let end = usize::try_from(journal.valid_len).expect("no longer than the journal");
            assert_eq!(Journal::decode(&bytes[..end]).as_ref(), Ok(&journal), "what counts is all there is");
            is_a_prefix_at_every_cut(&bytes[..end], &journal);
            goes_on(&journal);
        }
        Err(JournalError::Damaged { line, .. }) => assert!(line > 1),
        Err(_) => {}
    }
}

/// A machine that died has written the lines up to some byte.
fn is_a_prefix_at_every_cut(bytes: &[u8], whole: &Journal) {
    for cut in [bytes.len() / 4, bytes.len() / 2, bytes.len() - 2] {
        match Journal::decode(&bytes[..cut]) {
            Ok(torn) => {
                assert!(torn.valid_len <= cut as u64 && whole.stored_at.starts_with(&torn.stored_at));
                assert_eq!(torn.opened, whole.opened);
            }
            Err(error) => assert!(matches!(error, JournalError::NoHeader { .. }), "{error}"),
        }
    }
}

/// Whatever the journal says, no part lies outside the file.
fn goes_on(journal: &Journal) {
    let size = journal.checkpoint.plan.file_size();
    let Ok(mut machine) = MultipartUpload::resume(journal.checkpoint.clone(), MultipartConfig::default())
    else {
        return;
    };
    let now = Instant::now();
    while let Some(request) = machine.poll_request(now) {
        if let Operation::PutPart { range, .. } = request.operation {
            assert!(
                range.offset.checked_add(range.len).is_some_and(|end| end <= size),
                "{range:?} of {size}"
            );
        }
    }
    machine.abort(now);
    while machine.poll_event().is_some() {}
}
