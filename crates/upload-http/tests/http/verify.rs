//! ETags compared with the MD5 of what was sent.

use upload_core::{Transport, TransportErrorKind as Kind, VerifyingTransport};
use upload_http::{HttpTransport, Md5Lanes};
use upload_proto::{CompleteRequest, CompletedPart, PartNumber};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::{api, body, signed, storage};

/// `md5sum` of "abc", and of the 16 bytes that this is (`printf abc | md5sum | cut -c-32 | xxd -r -p | md5sum`).
const ABC: &str = "900150983cd24fb0d6963f7d28e17f72";
const OF_ABC: &str = "af5da9f45af7a300e3aded972f8ff687";

async fn answering_put(etag: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).insert_header("etag", format!("\"{etag}\"").as_str());
    Mock::given(method("PUT")).and(path("/bucket/a.csv")).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn a_part_whose_etag_is_not_its_md5_is_corrupted_and_one_that_is_no_md5_is_let_through_with_a_warning()
{
    for (etag, corrupted, warned) in
        [(ABC, false, false), (OF_ABC, true, false), ("kms-5c5f0dd4", false, true)]
    {
        let server = answering_put(etag).await;
        let (http, lanes) = (HttpTransport::new(api(&server), storage()), Md5Lanes::new());
        let verifying = VerifyingTransport::new(&http, &lanes);
        let result = verifying.put_part(1, &signed(&server.uri()), body("abc")).await;
        assert_eq!(
            result.as_ref().err().map(|error| error.kind),
            corrupted.then_some(Kind::Corrupted),
            "{etag}"
        );
        assert_eq!(verifying.warning().is_some(), warned, "{etag}");
        assert_eq!(verifying.warning(), None, "it is told once");
    }
}

#[tokio::test]
async fn the_objects_etag_has_to_be_made_of_its_parts() {
    for (etag, put_here, finding, warned) in [
        (format!("{OF_ABC}-1"), true, None, false),
        (format!("{OF_ABC}-1"), false, None, false),
        (format!("{ABC}-1"), true, Some("ETAG_MISMATCH"), false),
        // The parts were sent by a process before: perhaps their ETags are no MD5s.
        (format!("{ABC}-1"), false, None, true),
        ("opaque".to_owned(), true, None, true),
    ] {
        let server = answering_put(ABC).await;
        let answer = format!(r#"{{"object_key":"k","etag":"\"{etag}\""}}"#);
        let answer = ResponseTemplate::new(200).set_body_raw(answer, "application/json");
        Mock::given(method("PUT")).respond_with(answer).mount(&server).await;
        let (http, lanes) = (HttpTransport::new(api(&server), storage()), Md5Lanes::new());
        let verifying = VerifyingTransport::new(&http, &lanes);
        if put_here {
            verifying.put_part(1, &signed(&server.uri()), body("abc")).await.unwrap();
        }
        let part = CompletedPart { part_number: PartNumber::FIRST, etag: ABC.parse().unwrap() };
        let request = CompleteRequest {
            upload_id: "u".parse().unwrap(),
            object_key: "k".parse().unwrap(),
            parts: vec![part],
        };
        let response = verifying.complete(1, &request).await.unwrap();
        assert_eq!(response.validation_errors.first().map(|error| error.code.as_str()), finding, "{etag}");
        assert_eq!(verifying.warning().is_some(), warned, "{etag}");
    }
}
