use http::Method;
use percent_encoding::percent_decode_str;
use upload_proto::s3_limits::MAX_PARTS;

use super::{answer::Refused, head::Head};

/// What a request asks of S3.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Operation {
    HeadBucket,
    CreateBucket,
    GetBucketLocation,
    PutObject,
    HeadObject,
    DeleteObject,
    CreateUpload,
    UploadPart { id: String, number: i32 },
    ListParts { id: String, after: i32, most: usize },
    CompleteUpload { id: String },
    AbortUpload { id: String },
}

/// A request's place: buckets are named in the path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) bucket: String,
    /// Without a leading slash; empty for the bucket itself.
    pub(super) key: String,
}

impl Place {
    pub(super) fn of(head: &Head) -> Self {
        let path = percent_decode_str(head.uri.path().trim_start_matches('/')).decode_utf8_lossy();
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        Self { bucket: bucket.to_owned(), key: key.to_owned() }
    }

    /// What tells the object from all others.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }
}

impl Operation {
    /// # Errors
    /// For what this storage cannot do.
    pub(super) fn of(head: &Head, place: &Place) -> Result<Self, Refused> {
        let query = Query(head.uri.query().unwrap_or_default());
        let id = query.value("uploadId");
        let is_object = !place.key.is_empty();
        Ok(match (&head.method, is_object, id) {
            _ if place.bucket.is_empty() => return Err(Refused::not_implemented()),
            (&Method::HEAD, false, _) => Self::HeadBucket,
            (&Method::PUT, false, _) if query.is_empty() => Self::CreateBucket,
            (&Method::GET, false, _) if query.has("location") => Self::GetBucketLocation,
            (&Method::PUT, true, _) if head.headers.contains_key("x-amz-copy-source") => {
                return Err(Refused::not_implemented());
            }
            (&Method::PUT, true, Some(id)) => {
                Self::UploadPart { id, number: number(query.value("partNumber"))? }
            }
            (&Method::PUT, true, None) if !query.is_subresource() => Self::PutObject,
            (&Method::HEAD, true, _) => Self::HeadObject,
            (&Method::POST, true, None) if query.has("uploads") => Self::CreateUpload,
            (&Method::POST, true, Some(id)) => Self::CompleteUpload { id },
            (&Method::GET, true, Some(id)) => Self::ListParts {
                id,
                after: query.value("part-number-marker").and_then(|text| text.parse().ok()).unwrap_or(0),
                most: query.value("max-parts").and_then(|text| text.parse().ok()).unwrap_or(1000).min(1000),
            },
            (&Method::DELETE, true, Some(id)) => Self::AbortUpload { id },
            (&Method::DELETE, true, None) if !query.is_subresource() => Self::DeleteObject,
            _ => return Err(Refused::not_implemented()),
        })
    }
}

fn number(text: Option<String>) -> Result<i32, Refused> {
    let number = text.and_then(|text| text.parse().ok());
    number.filter(|number| (1..=MAX_PARTS).contains(&u32::try_from(*number).unwrap_or(0))).ok_or_else(|| {
        Refused::new(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    })
}

/// A query, as S3 writes it: the pieces of presigned URLs mean nothing here.
struct Query<'a>(&'a str);

impl Query<'_> {
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    fn has(&self, name: &str) -> bool {
        self.pairs().any(|(key, _)| key == name)
    }

    fn value(&self, name: &str) -> Option<String> {
        let (_, value) = self.pairs().find(|(key, _)| *key == name)?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    }

    fn is_empty(&self) -> bool {
        !self.is_subresource()
    }

    /// Whether it names a piece of an object or bucket that is none of its bytes: `acl`, `tagging`, …
    fn is_subresource(&self) -> bool {
        self.pairs().any(|(key, _)| !key.starts_with("X-Amz-") && key != "x-id")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, uri: &str) -> Result<Operation, Refused> {
        let head = Head {
            method: method.parse().unwrap(),
            uri: uri.parse().unwrap(),
            headers: http::HeaderMap::new(),
            keeps_alive: true,
        };
        Operation::of(&head, &Place::of(&head))
    }

    #[test]
    fn each_operation_of_an_upload_is_known() {
        let id = || "u/1".to_owned();
        for (method, uri, operation) in [
            ("HEAD", "/b", Operation::HeadBucket),
            ("HEAD", "/b/", Operation::HeadBucket),
            ("PUT", "/b", Operation::CreateBucket),
            ("GET", "/b?location", Operation::GetBucketLocation),
            ("PUT", "/b/k/l?X-Amz-Signature=s&x-id=PutObject", Operation::PutObject),
            ("HEAD", "/b/k", Operation::HeadObject),
            ("DELETE", "/b/k", Operation::DeleteObject),
            ("POST", "/b/k?uploads=", Operation::CreateUpload),
            ("PUT", "/b/k?partNumber=3&uploadId=u%2F1", Operation::UploadPart { id: id(), number: 3 }),
            (
                "GET",
                "/b/k?uploadId=u/1&part-number-marker=2",
                Operation::ListParts { id: id(), after: 2, most: 1000 },
            ),
            ("POST", "/b/k?uploadId=u/1", Operation::CompleteUpload { id: id() }),
            ("DELETE", "/b/k?uploadId=u/1&x-id=AbortMultipartUpload", Operation::AbortUpload { id: id() }),
        ] {
            assert_eq!(read(method, uri), Ok(operation), "{method} {uri}");
        }
    }

    #[test]
    fn what_it_cannot_do_is_refused_by_name() {
        for (method, uri, code) in [
            ("GET", "/", "NotImplemented"),
            ("GET", "/b/k", "NotImplemented"),
            ("GET", "/b?list-type=2", "NotImplemented"),
            ("PUT", "/b/k?acl", "NotImplemented"),
            ("PUT", "/b/k?uploadId=u", "InvalidArgument"),
            ("PUT", "/b/k?uploadId=u&partNumber=10001", "InvalidArgument"),
        ] {
            assert_eq!(read(method, uri).unwrap_err().code(), code, "{method} {uri}");
        }
    }

    #[test]
    fn a_key_is_the_same_however_it_is_escaped() {
        let head = |uri: &str| Head {
            method: Method::PUT,
            uri: uri.parse().unwrap(),
            headers: http::HeaderMap::new(),
            keeps_alive: true,
        };
        let place = Place::of(&head("/b/a%2Fb%20c"));
        assert_eq!((place.bucket.as_str(), place.key.as_str()), ("b", "a/b c"));
        assert_eq!(place, Place::of(&head("/b/a/b%20c")));
    }
}
