use serde::{Deserialize, Serialize};
use upload_proto::{ETag, PartNumber};

use crate::Checkpoint;

/// The version of the journal's shape that this crate writes, and the newest it reads. Version 1 had checkpoints of
/// version 1.
pub const JOURNAL_VERSION: u32 = 2;

/// A line's checksum in hex, and the blank behind it.
const SUM_WIDTH: usize = 9;

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The upload exists on the server. The first line, and no other.
    Opened(Box<Opened>),
    /// A part is stored.
    Part {
        /// Which.
        number: PartNumber,
        /// What the storage calls it.
        etag: ETag,
        /// The try that succeeded, from 1.
        attempt: u32,
        /// When, in milliseconds since 1970 by this machine's clock.
        at: u64,
    },
    /// Complete is about to be sent.
    Completing,
    /// The object exists: nothing is left to do.
    Completed,
    /// The upload was given up on the server: nothing is left to do.
    Aborted,
}

/// What is known when an upload has been opened. It holds presigned URLs in full: whoever stores it keeps it readable by
/// its owner only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// [`JOURNAL_VERSION`] when written.
    pub version: u32,
    /// The root of the API the upload was opened with. It exists nowhere else.
    pub api: String,
    /// The partner it was opened for.
    pub partner: String,
    /// When, in milliseconds since 1970 by this machine's clock.
    pub at: u64,
    /// The file; `None` where the bytes have none that could be read again, such as those of a pipe.
    pub file: Option<FileIdentity>,
    /// The upload, as it was then.
    pub checkpoint: Checkpoint,
}

/// What tells a file from another, and from itself after an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileIdentity {
    /// Its absolute path, without links.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written to, in nanoseconds since 1970; `None` where the file system does not say.
    pub modified: Option<i64>,
    /// When content or metadata last changed (Unix's ctime), in nanoseconds since 1970; `None` where there is no such time,
    /// and in journals of versions that did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<i64>,
    /// The number of its device; `None` where there are none. It may change when the machine starts anew.
    pub device: Option<u64>,
    /// The number of its inode; `None` where there are none.
    pub inode: Option<u64>,
    /// SHA-256 of some of its blocks, in hex.
    pub sampled_sha256: String,
}

/// How a file compares with what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// Nothing tells the two apart.
    Same,
    /// It may have been written to, and no sample shows it: whoever relies on it compares more.
    Touched,
    /// It is another one, for this reason.
    Changed(String),
}

impl FileIdentity {
    /// How a file that was this one compares with what stands there now. The path is not looked at.
    #[must_use]
    pub fn compare(&self, now: &Self) -> Sameness {
        if self.size != now.size {
            return Sameness::Changed(format!("it had {} bytes and has {}", self.size, now.size));
        }
        if self.inode != now.inode {
            return Sameness::Changed("another file has taken its place".into());
        }
        if self.sampled_sha256 != now.sampled_sha256 {
            return Sameness::Changed("its content differs".into());
        }
        let changed = self.changed.is_some() && self.changed != now.changed;
        // Devices are numbered anew when a machine starts.
        if self.modified == now.modified && self.device == now.device && !changed {
            Sameness::Same
        } else {
            Sameness::Touched
        }
    }
}

impl Record {
    /// The record as a line, with its checksum and its line feed.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        // In one piece from the start: with ten thousand URLs each copy is megabytes.
        let mut line = b"00000000 ".to_vec();
        serde_json::to_writer(&mut line, self)?;
        let sum = format!("{:08x}", crc32fast::hash(&line[SUM_WIDTH..]));
        line[..sum.len()].copy_from_slice(sum.as_bytes());
        line.push(b'\n');
        String::from_utf8(line).map_err(serde::ser::Error::custom)
    }

    /// The record of a line without its line feed; `None` where the checksum or the JSON is wrong.
    pub(super) fn of_line(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(checked(line)?).ok()
    }
}

/// The JSON of a line whose checksum is right.
pub(super) fn checked(line: &[u8]) -> Option<&[u8]> {
    let (sum, json) = line.split_at_checked(SUM_WIDTH)?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?.strip_suffix(' ')?, 16).ok()?;
    (sum == crc32fast::hash(json)).then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Record> {
        Record::of_line(line.strip_suffix('\n').unwrap().as_bytes())
    }

    /// The checksums are zlib's: `python3 -c 'import zlib; print("%08x" % zlib.crc32(b"…"))'`.
    #[test]
    fn lines_are_what_is_documented() {
        let part = Record::Part {
            number: 3_u64.try_into().unwrap(),
            etag: "9b2cf535".parse().unwrap(),
            attempt: 2,
            at: 1_780_318_800_000,
        };
        for (record, line) in [
            (
                part,
                "f2005b13 {\"record\":\"part\",\"number\":3,\"etag\":\"9b2cf535\",\"attempt\":2,\"at\":1780318800000}\n",
            ),
            (Record::Completing, "6f99c7bf {\"record\":\"completing\"}\n"),
            (Record::Completed, "1741e3c6 {\"record\":\"completed\"}\n"),
            (Record::Aborted, "790159dc {\"record\":\"aborted\"}\n"),
        ] {
            assert_eq!(record.to_line().unwrap(), line);
            assert_eq!(read(line), Some(record));
        }
    }

    #[test]
    fn a_file_is_told_from_another_and_from_itself_after_an_edit() {
        let then = FileIdentity {
            path: "/a".into(),
            size: 5,
            modified: Some(1),
            changed: Some(4),
            device: Some(2),
            inode: Some(3),
            sampled_sha256: "s".into(),
        };
        assert_eq!(then.compare(&then), Sameness::Same);
        for touched in [
            FileIdentity { modified: Some(9), ..then.clone() },
            // As `touch -d` or `rsync --times` leave it after an edit.
            FileIdentity { changed: Some(9), ..then.clone() },
            FileIdentity { device: Some(9), ..then.clone() },
        ] {
            assert_eq!(then.compare(&touched), Sameness::Touched);
        }
        let before_it_was_noted = FileIdentity { changed: None, ..then.clone() };
        assert_eq!(before_it_was_noted.compare(&then), Sameness::Same);
        for (changed, why) in [
            (FileIdentity { size: 6, ..then.clone() }, "5 bytes and has 6"),
            (FileIdentity { inode: Some(9), ..then.clone() }, "another file"),
            (FileIdentity { sampled_sha256: "t".into(), ..then.clone() }, "content"),
        ] {
            assert!(
                matches!(then.compare(&changed), Sameness::Changed(reason) if reason.contains(why)),
                "{why}"
            );
        }
    }

    #[test]
    fn one_wrong_character_anywhere_is_seen() {
        let line = Record::Completing.to_line().unwrap();
        for place in 0..line.len() - 1 {
            let mut damaged = line.clone().into_bytes();
            damaged[place] ^= 1;
            assert_eq!(Record::of_line(&damaged[..damaged.len() - 1]), None, "{place}");
        }
    }
}
