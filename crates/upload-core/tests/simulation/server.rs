//! The platform and its storage, which keep their promises: what they forget they have forgotten.

use std::collections::BTreeMap;

use bytes::Bytes;
use upload_core::{
    TransportErrorKind as Kind,
    proto::{
        CompleteRequest, ETag, InitiateRequest, InitiateResponse, PartNumber, PresignedPart, PresignedParts,
        s3_limits::MIN_PART_SIZE,
    },
};

use crate::{content, dice::Dice};

pub(crate) struct Server {
    pub(crate) uploads: BTreeMap<String, Upload>,
    objects: BTreeMap<String, Vec<Bytes>>,
    /// Whether it has `validate`.
    pub(crate) validates: bool,
    /// Whether ETags are MD5s.
    pub(crate) md5: bool,
    /// In seconds.
    pub(crate) url_life: u64,
}

pub(crate) struct Upload {
    pub(crate) state: State,
    /// The id got to the client.
    pub(crate) told: bool,
    parts: BTreeMap<PartNumber, (ETag, Vec<Bytes>)>,
    expires: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Completed,
    Aborted,
    Forgotten,
}

impl Server {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        Self {
            uploads: BTreeMap::new(),
            objects: BTreeMap::new(),
            validates: !dice.percent(10),
            md5: !dice.percent(15),
            url_life: dice.pick(&[60, 600, 3600, 3600, 12 * 3600]),
        }
    }

    /// Opens an upload. An honest server hands out what it is asked for.
    pub(crate) fn initiate(
        &mut self,
        request: &InitiateRequest,
        honest: bool,
        now: u64,
        dice: &mut Dice,
    ) -> InitiateResponse {
        let id = format!("u{}", self.uploads.len() + 1);
        let expires = now + self.url_life;
        let asked = u64::from(request.part_count);
        let count = match dice.between(0, 19) {
            0 if !honest => 0,
            1..=3 if !honest => dice.between(1, asked),
            4..=6 if !honest => asked + dice.between(1, 5),
            _ => asked,
        };
        let part_size = match dice.between(0, 9) {
            0 if !honest => Some(1),
            1 if !honest => Some(MIN_PART_SIZE),
            2 if !honest => Some(2 * MIN_PART_SIZE),
            _ => None,
        };
        let part = |number: u64| PresignedPart {
            part_number: number.try_into().unwrap(),
            url: format!("https://s/{id}/{number}?Expires={expires}").parse().unwrap(),
        };
        let parts = PresignedParts::new((1..=count).map(part).collect());
        let upload = Upload { state: State::Open, told: false, parts: BTreeMap::new(), expires };
        self.uploads.insert(id.clone(), upload);
        let (upload_id, object_key) = (id.parse().unwrap(), key(&id).parse().unwrap());
        InitiateResponse { upload_id, object_key, part_size, parts }
    }

    fn open(&mut self, id: &str) -> Result<&mut Upload, Kind> {
        self.uploads.get_mut(id).filter(|upload| upload.state == State::Open).ok_or(Kind::NotFound)
    }

    /// Whether a PUT would be let in.
    pub(crate) fn admit(&mut self, id: &str, now: u64) -> Result<(), Kind> {
        let expires = self.open(id)?.expires;
        if now > expires { Err(Kind::Expired) } else { Ok(()) }
    }

    pub(crate) fn put(&mut self, id: &str, part: PartNumber, bytes: Vec<Bytes>) -> Result<ETag, Kind> {
        let etag = match self.md5 {
            true => content::etag(&bytes),
            false => format!("kms-{:x}", u128::from_be_bytes(content::digest(&bytes))).parse().unwrap(),
        };
        self.open(id)?.parts.insert(part, (etag.clone(), bytes));
        Ok(etag)
    }

    pub(crate) fn complete(&mut self, request: &CompleteRequest) -> Result<(), Kind> {
        let id = request.upload_id.as_str();
        let upload = self.open(id)?;
        let (mut object, mut last) = (Vec::new(), None);
        for listed in &request.parts {
            let stored = upload.parts.get(&listed.part_number).filter(|(etag, _)| *etag == listed.etag);
            let ascends = last.replace(listed.part_number) < Some(listed.part_number);
            let (_, bytes) = stored.filter(|_| ascends).ok_or(Kind::Rejected)?;
            object.extend_from_slice(bytes);
        }
        upload.state = State::Completed;
        upload.parts.clear();
        self.objects.insert(key(id), object);
        Ok(())
    }

    pub(crate) fn abort(&mut self, id: &str) -> Result<(), Kind> {
        let upload = self.open(id)?;
        upload.state = State::Aborted;
        upload.parts.clear();
        Ok(())
    }

    /// Drops every open upload, as a bucket's rule does after some days.
    pub(crate) fn forget(&mut self) {
        for upload in self.uploads.values_mut().filter(|upload| upload.state == State::Open) {
            upload.state = State::Forgotten;
            upload.parts.clear();
        }
    }

    pub(crate) fn object(&self, key: &str) -> Option<&[Bytes]> {
        self.objects.get(key).map(Vec::as_slice)
    }
}

fn key(id: &str) -> String {
    format!("in/{id}/a.csv")
}
