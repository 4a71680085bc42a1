//! Multipart uploads.

use s3s::dto::CompletedMultipartUpload;
use s3s::xml::{Deserialize, Deserializer};

use super::{
    NullStorage,
    answer::{Answer, Refused},
    operation::Place,
};
use crate::{
    sandbox::random_hex,
    storage::xml::escaped,
    uploads::{Closed, Incomplete, StoredPart},
};

impl NullStorage {
    pub(super) fn create_upload(&self, place: &Place) -> Answer {
        let id = random_hex(32);
        self.uploads.opened(&place.key, &id);
        let content = format!(
            "<Bucket>{}</Bucket><Key>{}</Key><UploadId>{id}</UploadId>",
            escaped(&place.bucket),
            escaped(&place.key)
        );
        Answer::document("InitiateMultipartUploadResult", &content)
    }

    /// Whether a part may come, before its body does.
    pub(super) fn takes_part(&self, place: &Place, id: &str) -> Result<(), Refused> {
        if self.uploads.takes_parts(&place.key, id) { Ok(()) } else { Err(Refused::no_such_upload()) }
    }

    pub(super) fn put_part(
        &self,
        place: &Place,
        id: &str,
        number: i32,
        size: u64,
        md5: Option<String>,
    ) -> Result<Answer, Refused> {
        let etag = super::etag::of_bytes(md5, &place.path(), Some(number), size);
        let answer = Answer::new(200).etag(&etag);
        if self.uploads.stored(&place.key, id, number, StoredPart::new(etag, size)) {
            Ok(answer)
        } else {
            Err(Refused::no_such_upload())
        }
    }

    pub(super) fn list_parts(
        &self,
        place: &Place,
        id: &str,
        after: i32,
        most: usize,
    ) -> Result<Answer, Refused> {
        let stored = self.uploads.parts(&place.key, id).ok_or_else(Refused::no_such_upload)?;
        let mut left: Vec<_> = stored.into_iter().filter(|(number, _)| *number > after).collect();
        let is_truncated = left.len() > most;
        left.truncate(most);
        let mut content = format!(
            "<Bucket>{}</Bucket><Key>{}</Key><UploadId>{}</UploadId><PartNumberMarker>{after}</PartNumberMarker>\
             <MaxParts>{most}</MaxParts><IsTruncated>{is_truncated}</IsTruncated>",
            escaped(&place.bucket),
            escaped(&place.key),
            escaped(id)
        );
        if let Some((last, _)) = left.last() {
            content += &format!("<NextPartNumberMarker>{last}</NextPartNumberMarker>");
        }
        for (number, part) in &left {
            content += &format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>&quot;{}&quot;</ETag><Size>{}</Size></Part>",
                escaped(&part.etag),
                part.size
            );
        }
        Ok(Answer::document("ListPartsResult", &content))
    }

    pub(super) fn complete_upload(&self, place: &Place, id: &str, list: &[u8]) -> Result<Answer, Refused> {
        let listed = listed(list)?;
        self.uploads.claim(&place.key, id, &listed)?;
        let stored = self.uploads.parts(&place.key, id).unwrap_or_default();
        // The list is ascending, or the claim would have failed.
        let is_listed = |number: &i32| listed.binary_search_by_key(number, |(listed, _)| *listed).is_ok();
        let used = || stored.iter().filter(|(number, _)| is_listed(number));
        let size = used().map(|(_, part)| part.size).sum();
        let etag = super::etag::of_parts(used().map(|(_, part)| part.etag.as_str()));
        self.keep(place, size, &etag);
        self.uploads.closed(id, Closed::Completed);
        let content = format!(
            "<Location>/{}</Location><Bucket>{}</Bucket><Key>{}</Key><ETag>&quot;{etag}&quot;</ETag>",
            escaped(&place.path()),
            escaped(&place.bucket),
            escaped(&place.key)
        );
        Ok(Answer::document("CompleteMultipartUploadResult", &content))
    }

    pub(super) fn abort_upload(&self, place: &Place, id: &str) -> Result<Answer, Refused> {
        self.takes_part(place, id)?;
        self.uploads.closed(id, Closed::Aborted);
        Ok(Answer::new(204))
    }
}

impl From<Incomplete> for Refused {
    fn from(why: Incomplete) -> Self {
        let code = match why {
            Incomplete::NoSuchUpload => return Self::no_such_upload(),
            Incomplete::Empty => "MalformedXML",
            Incomplete::Missing(_) | Incomplete::EtagDiffers(_) => "InvalidPart",
            Incomplete::Order(..) => "InvalidPartOrder",
            Incomplete::TooSmall { .. } => "EntityTooSmall",
        };
        Self::new(400, code, why.to_string())
    }
}

/// The parts that are listed, by number and ETag.
fn listed(document: &[u8]) -> Result<Vec<(i32, String)>, Refused> {
    let list = CompletedMultipartUpload::deserialize(&mut Deserializer::new(document));
    let list =
        list.map_err(|error| Refused::new(400, "MalformedXML", format!("The list of parts: {error}")))?;
    let parts = list.parts.unwrap_or_default().into_iter().map(|part| {
        let etag = part.e_tag.map(|etag| etag.value().to_owned());
        (part.part_number.unwrap_or(0), etag.unwrap_or_default())
    });
    Ok(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_and_without_quotes_and_namespace() {
        let part =
            |number, etag| format!("<Part><ETag>{etag}</ETag><PartNumber>{number}</PartNumber></Part>");
        let document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}{}</CompleteMultipartUpload>",
            part(1, "&quot;e1&quot;"),
            part(2, "e2")
        );
        let wanted = [(1, "e1".to_owned()), (2, "e2".to_owned())];
        assert_eq!(listed(document.as_bytes()), Ok(wanted.to_vec()));
        assert_eq!(listed(b"<CompleteMultipartUpload></CompleteMultipartUpload>"), Ok(Vec::new()));
        for wrong in [&b""[..], b"<CompleteMultipartUpload><Part>"] {
            assert_eq!(listed(wrong).unwrap_err().code(), "MalformedXML");
        }
    }
}
