use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tempfile::NamedTempFile;
use upload_core::{
    Driver, Ended, Machine, MultipartConfig, MultipartUpload, Outcome, Progress, Remains, SingleConfig,
    SingleUpload, Validation,
};
use upload_http::{FileSource, HttpTransport, TokioClock};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{body_json_string, method, path, path_regex},
};

use crate::{SIGNATURE, api, api::audience, storage};

const MULTIPART: &str = "/api/v3/storage/multipart-upload";
const PART: usize = 5 * 1024 * 1024;
const LEN: usize = 2 * PART + 4711;

/// What the storage was sent, by path.
type Stored = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Answers every PUT below `/s3` with the part's name as its ETag.
async fn mount_storage(server: &MockServer) -> Stored {
    let stored = Stored::default();
    let keep = stored.clone();
    Mock::given(method("PUT"))
        .and(path_regex("^/s3/"))
        .respond_with(move |request: &Request| {
            let name = request.url.path().to_owned();
            let etag = format!("\"{}\"", name.replace('/', "-"));
            keep.lock().unwrap().insert(name, request.body.clone());
            ResponseTemplate::new(200).insert_header("etag", etag)
        })
        .mount(server)
        .await;
    stored
}

async fn mount(server: &MockServer, verb: &str, at: &str, status: u16, body: String) {
    let template = ResponseTemplate::new(status).set_body_raw(body, "application/json");
    Mock::given(method(verb)).and(path(at)).respond_with(template).expect(1).mount(server).await;
}

fn initiated(server: &MockServer) -> String {
    let urls: Vec<String> =
        (1..=3).map(|part| format!("\"{}/s3/{part}?{SIGNATURE}\"", server.uri())).collect();
    format!(r#"{{"upload_id":"u","object_key":"in/a.csv","part_size":{PART},"parts":[{}]}}"#, urls.join(","))
}

fn random_file() -> (NamedTempFile, Vec<u8>) {
    let mut bytes = vec![0; LEN];
    fastrand::Rng::with_seed(3).fill(&mut bytes);
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes).unwrap();
    (file, bytes)
}

async fn drive(server: &MockServer, file: &NamedTempFile, machine: &mut (dyn Machine + Send)) -> Ended {
    let driver = Driver {
        transport: &HttpTransport::new(api(server), storage()),
        source: &FileSource::open(file.path()).unwrap(),
        clock: &TokioClock,
        progress: &Progress::default(),
    };
    driver.run(machine, |_| {}, futures::future::pending()).await
}

fn multipart() -> MultipartUpload {
    MultipartUpload::new("a.csv", audience(), LEN as u64, MultipartConfig::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_up_in_parts_whole_and_validated() {
    let server = MockServer::start().await;
    let (file, bytes) = random_file();
    mount(&server, "POST", MULTIPART, 200, initiated(&server)).await;
    let stored = mount_storage(&server).await;
    Mock::given(method("PUT"))
        .and(path(MULTIPART))
        .and(body_json_string(
            r#"{"upload_id":"u","object_key":"in/a.csv","parts":[{"part_number":1,"etag":"-s3-1"},
               {"part_number":2,"etag":"-s3-2"},{"part_number":3,"etag":"-s3-3"}]}"#,
        ))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    mount(&server, "POST", &format!("{MULTIPART}/validate"), 200, r#"{"valid":true}"#.into()).await;

    let ended = drive(&server, &file, &mut multipart()).await;

    let Outcome::Completed(completed) = ended.outcome else { panic!("{:?}", ended.outcome) };
    assert_eq!(completed.object_key.as_str(), "in/a.csv");
    assert!(matches!(completed.validation, Validation::Valid));
    assert_eq!((ended.totals.attempts, ended.totals.retries), (6, 0));
    let stored: Vec<u8> = stored.lock().unwrap().values().flatten().copied().collect();
    assert!(stored == bytes, "the bytes differ");
    for request in server.received_requests().await.unwrap() {
        let to_storage = request.url.path().starts_with("/s3/");
        assert_ne!(request.headers.contains_key("authorization"), to_storage, "{}", request.url.path());
        assert_ne!(request.headers.contains_key("x-preferred-partner-id"), to_storage);
    }
}

#[tokio::test]
async fn an_expired_url_ends_the_upload_and_aborts_it() {
    let server = MockServer::start().await;
    let (file, _) = random_file();
    mount(&server, "POST", MULTIPART, 200, initiated(&server)).await;
    mount(&server, "DELETE", MULTIPART, 204, String::new()).await;
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let template = ResponseTemplate::new(403).set_body_raw(expired, "application/xml");
    Mock::given(method("PUT")).and(path_regex("^/s3/")).respond_with(template).mount(&server).await;

    let ended = drive(&server, &file, &mut multipart()).await;

    let Outcome::Failed { failure, remains: Remains::Aborted { .. } } = ended.outcome else {
        panic!("{:?}", ended.outcome)
    };
    assert!(failure.to_string().contains("AccessDenied: Request has expired"), "{failure}");
    let last = server.received_requests().await.unwrap().pop().unwrap();
    assert_eq!(last.method.as_str(), "DELETE", "something was sent after the abort");
}

#[tokio::test]
async fn a_file_goes_up_in_one_put() {
    let server = MockServer::start().await;
    let (file, bytes) = random_file();
    let presigned = format!(r#"{{"url":"{}/s3/all?{SIGNATURE}","object_key":"in/a.csv"}}"#, server.uri());
    mount(&server, "POST", "/api/v3/storage/presigned-url", 200, presigned).await;
    let stored = mount_storage(&server).await;

    let mut machine = SingleUpload::new("a.csv", None, LEN as u64, SingleConfig::default()).unwrap();
    let ended = drive(&server, &file, &mut machine).await;

    let Outcome::Completed(completed) = ended.outcome else { panic!("{:?}", ended.outcome) };
    assert_eq!(completed.etag.unwrap().as_str(), "-s3-all");
    assert!(stored.lock().unwrap()["/s3/all"] == bytes, "the bytes differ");
}
