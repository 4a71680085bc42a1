//! The journal's format: what a process writes down while it uploads, so that another can go on. No file is touched here.
//!
//! A journal is lines, each `<CRC-32 in 8 hex digits> <JSON>` and a line feed. The first holds everything the server
//! answered when the upload was opened ([`Opened`]); then comes a line for each part that is stored, one when complete is
//! about to be sent, and one when the upload is over. A process that dies in the middle of a line leaves a torn last one,
//! which does not count.

mod decode;
mod expiry;
mod prospect;
mod record;
mod rescue;
mod writing;

pub use decode::{Journal, JournalError, JournalState};
pub use prospect::Prospect;
pub use record::{FileIdentity, JOURNAL_VERSION, Opened, Record, Sameness};
pub use rescue::Rescued;
pub use writing::Durability;
