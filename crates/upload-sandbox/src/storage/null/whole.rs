//! Buckets, and objects sent whole.

use super::{
    NullStorage,
    answer::{Answer, Refused},
    objects::Object,
    operation::Place,
};
use crate::storage::REGION;

impl NullStorage {
    pub(super) fn location() -> Answer {
        Answer::document("LocationConstraint", REGION)
    }

    pub(super) fn put_object(&self, place: &Place, size: u64, md5: Option<String>) -> Answer {
        let etag = super::etag::of_bytes(md5, &place.path(), None, size);
        let answer = Answer::new(200).etag(&etag);
        self.keep(place, size, &etag);
        answer
    }

    pub(super) fn keep(&self, place: &Place, size: u64, etag: &str) {
        let object = Object { size, etag: etag.into(), modified: self.clock.now() };
        self.objects.put(&place.path(), object);
    }

    pub(super) fn head_object(&self, place: &Place) -> Result<Answer, Refused> {
        let object = self.objects.get(&place.path());
        let object =
            object.ok_or_else(|| Refused::new(404, "NoSuchKey", "The specified key does not exist."))?;
        let answer = Answer::new(200).etag(&object.etag).about(object.size);
        let answer = answer.header("Last-Modified", httpdate::fmt_http_date(object.modified));
        Ok(answer.header("Content-Type", upload_proto::headers::OCTET_STREAM.into()))
    }

    pub(super) fn delete_object(&self, place: &Place) -> Answer {
        self.objects.remove(&place.path());
        Answer::new(204)
    }
}
