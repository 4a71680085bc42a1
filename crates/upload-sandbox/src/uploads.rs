//! Which multipart uploads are open, and what has arrived for them.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use upload_proto::{PartNumber, s3_limits::MIN_PART_SIZE};

/// How many closed uploads are remembered, to tell "aborted" from "never heard of".
const CLOSED_KEPT: usize = 10_000;

/// A multipart upload that was neither completed nor aborted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenUpload {
    /// S3's id of it.
    pub upload_id: String,
    /// The object it would become.
    pub object_key: String,
    /// How many parts are stored.
    pub parts: usize,
    /// How many bytes they hold together.
    pub bytes: u64,
}

/// One part as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredPart {
    /// What the client was told, without quotes, and so has to list.
    pub(crate) etag: String,
    pub(crate) size: u64,
    /// What the storage knows it by, where a fault told the client something else.
    kept: Option<String>,
}

impl StoredPart {
    pub(crate) fn new(etag: String, size: u64) -> Self {
        Self { etag, size, kept: None }
    }
}

/// What became of an upload that is not open any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    Completed,
    Aborted,
}

/// Why the listed parts cannot be put together; S3's own cases (S3 API Reference, "CompleteMultipartUpload").
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Incomplete {
    #[error("the upload does not exist: it was completed or aborted, or the id is wrong")]
    NoSuchUpload,
    #[error("no part is listed")]
    Empty,
    #[error("part {0} is listed and was never stored")]
    Missing(i32),
    #[error("part {0} is listed with another ETag than it is stored with")]
    EtagDiffers(i32),
    #[error("the parts are not listed in ascending order, each once: {1} follows {0}")]
    Order(i32, i32),
    #[error("part {number} has {size} bytes: all but the last need at least {MIN_PART_SIZE}")]
    TooSmall { number: i32, size: u64 },
}

#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    open: HashMap<String, Upload>,
    closed: HashMap<String, Closed>,
    closed_order: VecDeque<String>,
}

#[derive(Debug, Default)]
struct Upload {
    key: String,
    parts: BTreeMap<i32, StoredPart>,
    /// Set while the storage assembles it: no part and no second complete may come in between.
    completing: bool,
}

impl Uploads {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn opened(&self, key: &str, id: &str) {
        let upload = Upload { key: key.to_owned(), ..Upload::default() };
        self.lock().open.insert(id.to_owned(), upload);
    }

    /// Whether parts may still come for it.
    pub(crate) fn takes_parts(&self, key: &str, id: &str) -> bool {
        self.lock().upload(key, id).is_some_and(|upload| !upload.completing)
    }

    /// Notes a stored part; `false` when the upload was closed meanwhile.
    pub(crate) fn stored(&self, key: &str, id: &str, number: i32, part: StoredPart) -> bool {
        match self.lock().upload(key, id) {
            Some(upload) if !upload.completing => {
                upload.parts.insert(number, part);
                true
            }
            _ => false,
        }
    }

    /// Notes that a stored part was answered with another ETag, which the client will list.
    pub(crate) fn answered_as(&self, id: &str, number: PartNumber, etag: String) {
        let number = i32::try_from(number.get()).unwrap_or(i32::MAX);
        let mut inner = self.lock();
        if let Some(part) = inner.open.get_mut(id).and_then(|upload| upload.parts.get_mut(&number)) {
            part.kept = Some(std::mem::replace(&mut part.etag, etag));
        }
    }

    /// What the storage knows a part by, where the client lists it by what a fault told it.
    pub(crate) fn kept_etag(&self, id: &str, number: PartNumber, listed: &str) -> Option<String> {
        let number = i32::try_from(number.get()).unwrap_or(i32::MAX);
        let inner = self.lock();
        let part = inner.open.get(id)?.parts.get(&number)?;
        part.kept.clone().filter(|_| part.etag == listed)
    }

    /// The stored parts, ascending; `None` where the upload is not open.
    pub(crate) fn parts(&self, key: &str, id: &str) -> Option<Vec<(i32, StoredPart)>> {
        self.lock().upload(key, id).map(|upload| upload.parts.iter().map(|(n, p)| (*n, p.clone())).collect())
    }

    /// Checks the listed parts (number, bare ETag) and, if they can be put together, claims the upload for it.
    pub(crate) fn claim(&self, key: &str, id: &str, listed: &[(i32, String)]) -> Result<(), Incomplete> {
        let mut inner = self.lock();
        let upload = inner.upload(key, id).filter(|upload| !upload.completing);
        let upload = upload.ok_or(Incomplete::NoSuchUpload)?;
        upload.check(listed)?;
        upload.completing = true;
        Ok(())
    }

    pub(crate) fn closed(&self, id: &str, how: Closed) {
        let mut inner = self.lock();
        inner.open.remove(id);
        if inner.closed.insert(id.to_owned(), how).is_none() {
            inner.closed_order.push_back(id.to_owned());
        }
        if inner.closed_order.len() > CLOSED_KEPT
            && let Some(oldest) = inner.closed_order.pop_front()
        {
            inner.closed.remove(&oldest);
        }
    }

    pub(crate) fn was_aborted(&self, id: &str) -> bool {
        self.lock().closed.get(id) == Some(&Closed::Aborted)
    }

    /// Those still open, ordered by key.
    pub(crate) fn open(&self) -> Vec<OpenUpload> {
        let inner = self.lock();
        let mut open: Vec<_> = inner
            .open
            .iter()
            .map(|(id, upload)| OpenUpload {
                upload_id: id.clone(),
                object_key: upload.key.clone(),
                parts: upload.parts.len(),
                bytes: upload.parts.values().map(|part| part.size).sum(),
            })
            .collect();
        open.sort_by(|a, b| a.object_key.cmp(&b.object_key));
        open
    }
}

impl Inner {
    /// The open upload of that id, if it is that key's: to S3 an id beside another key is unknown.
    fn upload(&mut self, key: &str, id: &str) -> Option<&mut Upload> {
        self.open.get_mut(id).filter(|upload| upload.key == key)
    }
}

impl Upload {
    fn check(&self, listed: &[(i32, String)]) -> Result<(), Incomplete> {
        let (last, _) = listed.last().ok_or(Incomplete::Empty)?;
        let mut before = 0;
        for (number, etag) in listed {
            if *number <= before {
                return Err(Incomplete::Order(before, *number));
            }
            before = *number;
            let stored = self.parts.get(number).ok_or(Incomplete::Missing(*number))?;
            if stored.etag != *etag {
                return Err(Incomplete::EtagDiffers(*number));
            }
            if number != last && stored.size < MIN_PART_SIZE {
                return Err(Incomplete::TooSmall { number: *number, size: stored.size });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_parts(sizes: &[u64]) -> Uploads {
        let uploads = Uploads::default();
        uploads.opened("k", "u");
        for (number, size) in (1..).zip(sizes) {
            assert!(uploads.stored("k", "u", number, StoredPart::new(format!("e{number}"), *size)));
        }
        uploads
    }

    fn listed(parts: &[(i32, &str)]) -> Vec<(i32, String)> {
        parts.iter().map(|(number, etag)| (*number, (*etag).to_owned())).collect()
    }

    #[test]
    fn each_wrong_list_is_refused_for_its_own_reason_and_leaves_the_upload_open() {
        let uploads = with_parts(&[MIN_PART_SIZE, 1, 1]);
        for (list, why) in [
            (listed(&[]), Incomplete::Empty),
            (listed(&[(1, "e1"), (4, "e4")]), Incomplete::Missing(4)),
            (listed(&[(1, "E1")]), Incomplete::EtagDiffers(1)),
            (listed(&[(2, "e2"), (1, "e1")]), Incomplete::TooSmall { number: 2, size: 1 }),
            (listed(&[(1, "e1"), (1, "e1")]), Incomplete::Order(1, 1)),
            (listed(&[(1, "e1"), (2, "e2"), (3, "e3")]), Incomplete::TooSmall { number: 2, size: 1 }),
        ] {
            assert_eq!(uploads.claim("k", "u", &list), Err(why), "{list:?}");
        }
        for (key, id) in [("k", "v"), ("l", "u")] {
            assert_eq!(uploads.claim(key, id, &listed(&[(1, "e1")])), Err(Incomplete::NoSuchUpload));
        }
        assert_eq!(uploads.claim("k", "u", &listed(&[(1, "e1"), (2, "e2")])), Ok(()));
    }

    #[test]
    fn while_it_is_put_together_nothing_else_may_touch_it() {
        let uploads = with_parts(&[1]);
        assert_eq!(uploads.claim("k", "u", &listed(&[(1, "e1")])), Ok(()));
        assert_eq!(uploads.claim("k", "u", &listed(&[(1, "e1")])), Err(Incomplete::NoSuchUpload));
        assert!(!uploads.takes_parts("k", "u"));
        assert!(!uploads.stored("k", "u", 2, StoredPart::new("e2".into(), 1)));
        uploads.closed("u", Closed::Completed);
        assert!(uploads.open().is_empty() && !uploads.was_aborted("u"));
    }

    #[test]
    fn aborted_ones_are_remembered_for_a_while_only() {
        let uploads = Uploads::default();
        for number in 0..=CLOSED_KEPT {
            uploads.closed(&number.to_string(), Closed::Aborted);
        }
        assert!(!uploads.was_aborted("0"));
        assert!(uploads.was_aborted("1"));
    }
}
