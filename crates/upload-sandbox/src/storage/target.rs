use std::time::SystemTime;

use http::{Method, Uri};
use upload_proto::{PartNumber, PresignedUrl};

use crate::Operation;

/// What a storage request's line says.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) operation: Operation,
    /// Whether the permission stands in the query.
    pub(super) is_presigned: bool,
    pub(super) part: Option<PartNumber>,
    pub(super) upload_id: Option<String>,
}

impl Target {
    pub(super) fn of(method: &Method, uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        let value = |name: &str| {
            query
                .split('&')
                .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, v)| v))
        };
        let number = value("partNumber").and_then(|text| text.parse::<u64>().ok());
        let upload_id = value("uploadId").map(str::to_owned);
        let is_object = uri.path().trim_start_matches('/').contains('/');
        Self {
            operation: match (method, is_object, &upload_id) {
                (&Method::PUT, true, Some(_)) => Operation::PutPart,
                (&Method::PUT, true, None) => Operation::PutObject,
                _ => Operation::OtherStorage,
            },
            is_presigned: value("X-Amz-Signature").is_some(),
            part: number.and_then(|number| number.try_into().ok()),
            upload_id,
        }
    }
}

/// The request's address as a presigned URL.
pub(super) fn presigned(uri: &Uri) -> Option<PresignedUrl> {
    // The host is beside the point; the parser only wants one.
    format!("http://storage{uri}").parse().ok()
}

/// Whether the URL's own time is over.
pub(super) fn has_expired(uri: &Uri, now: SystemTime) -> bool {
    presigned(uri).and_then(|url| url.expires_at()).is_some_and(|expiry| expiry < now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(method: Method, uri: &'static str) -> Target {
        Target::of(&method, &Uri::from_static(uri))
    }

    #[test]
    fn requests_are_told_apart_by_method_path_and_query() {
        let part = target(Method::PUT, "/uploads/k?partNumber=3&uploadId=u&X-Amz-Signature=s");
        assert_eq!(part.operation, Operation::PutPart);
        assert_eq!((part.part.unwrap().get(), part.upload_id.as_deref()), (3, Some("u")));
        assert!(part.is_presigned);
        assert_eq!(target(Method::PUT, "/uploads/k").operation, Operation::PutObject);
        assert_eq!(target(Method::PUT, "/uploads").operation, Operation::OtherStorage);
        assert_eq!(target(Method::POST, "/uploads/k?uploadId=u").operation, Operation::OtherStorage);
    }

    #[test]
    fn expiry_is_read_from_the_url() {
        let old = "/uploads/k?X-Amz-Date=20200101T000000Z&X-Amz-Expires=60";
        assert!(has_expired(&Uri::from_static(old), SystemTime::now()));
        let new = "/uploads/k?X-Amz-Date=21200101T000000Z&X-Amz-Expires=60";
        assert!(!has_expired(&Uri::from_static(new), SystemTime::now()));
        assert!(!has_expired(&Uri::from_static("/uploads/k"), SystemTime::now()));
    }
}
