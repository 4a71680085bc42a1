//! A client that makes no mistake unless it is told to.

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use upload_sandbox::{Sandbox, SandboxConfig, SandboxHandle};

pub(crate) const MIB: usize = 1024 * 1024;

pub(crate) struct Client {
    pub(crate) sandbox: SandboxHandle,
    pub(crate) http: reqwest::Client,
}

/// A multipart upload as initiate answered it.
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) urls: Vec<String>,
}

/// Status and JSON body of an API answer.
pub(crate) type Answer = (StatusCode, Value);

impl Client {
    pub(crate) async fn start() -> Self {
        Self::with(SandboxConfig::default()).await
    }

    pub(crate) async fn with(config: SandboxConfig) -> Self {
        let sandbox = Sandbox::start(config).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, http }
    }

    /// Stops the sandbox and removes what it stored.
    pub(crate) async fn stop(self) -> Vec<upload_sandbox::OpenUpload> {
        let dir = self.sandbox.storage_dir().to_owned();
        let open = self.sandbox.shutdown().await;
        std::fs::remove_dir_all(dir).unwrap();
        open
    }

    /// A request to the main API with credentials and type.
    pub(crate) fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.sandbox.api_url()))
            .bearer_auth(self.sandbox.access_token())
            .header("X-Preferred-Partner-Id", self.sandbox.partner_id())
            .header("X-Upload-Type", "audience_csv")
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> Answer {
        read(self.api(method, path).json(&body).send().await.unwrap()).await
    }

    pub(crate) async fn initiate(&self, size: usize, part_size: usize) -> Upload {
        let (status, answer) = self.initiate_raw(size, part_size).await;
        assert_eq!(status, 200, "{answer}");
        let urls = answer["parts"].as_array().unwrap().iter();
        Upload {
            id: answer["upload_id"].as_str().unwrap().to_owned(),
            key: answer["object_key"].as_str().unwrap().to_owned(),
            urls: urls.map(|part| part["url"].as_str().unwrap().to_owned()).collect(),
        }
    }

    pub(crate) async fn initiate_raw(&self, size: usize, part_size: usize) -> Answer {
        let body = json!({
            "filename": "audience.csv",
            "file_size": size,
            "part_size": part_size,
            "part_count": size.div_ceil(part_size),
        });
        self.call(Method::POST, "/v3/storage/multipart-upload", body).await
    }

    /// A PUT as it should be.
    pub(crate) fn put(&self, url: &str, body: Vec<u8>) -> RequestBuilder {
        self.http.put(url).header("Content-Type", "application/octet-stream").body(body)
    }

    /// PUTs a part and answers its bare ETag.
    pub(crate) async fn part(&self, url: &str, body: Vec<u8>) -> String {
        let response = self.put(url, body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let etag = response.headers()["etag"].to_str().unwrap().to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "S3 answers ETags in quotes");
        etag.trim_matches('"').to_owned()
    }

    pub(crate) async fn complete(&self, upload: &Upload, parts: &[(u32, &str)]) -> Answer {
        let parts: Vec<_> = parts.iter().map(|(n, e)| json!({ "part_number": n, "etag": e })).collect();
        let body = json!({ "upload_id": upload.id, "object_key": upload.key, "parts": parts });
        self.call(Method::PUT, "/v3/storage/multipart-upload", body).await
    }

    pub(crate) async fn validate(&self, key: &str) -> Answer {
        let body = json!({ "object_key": key });
        self.call(Method::POST, "/v3/storage/multipart-upload/validate", body).await
    }

    pub(crate) async fn abort(&self, upload: &Upload) -> Answer {
        let body = json!({ "upload_id": upload.id, "object_key": upload.key });
        self.call(Method::DELETE, "/v3/storage/multipart-upload", body).await
    }

    pub(crate) async fn presign(&self) -> (String, String) {
        let body = json!({ "filename": "audience.csv" });
        let (status, answer) = self.call(Method::POST, "/v3/storage/presigned-url", body).await;
        assert_eq!(status, 200, "{answer}");
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (text("url"), text("object_key"))
    }

    /// Stores an object in one PUT.
    pub(crate) async fn store(&self, bytes: &[u8]) -> String {
        let (url, key) = self.presign().await;
        assert_eq!(self.put(&url, bytes.to_vec()).send().await.unwrap().status(), 200);
        key
    }
}

pub(crate) async fn read(response: Response) -> Answer {
    let status = response.status();
    assert!(response.headers().contains_key("x-request-id"));
    let text = response.text().await.unwrap();
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
}

/// Status, S3 code, mistake header and message of a storage answer.
pub(crate) async fn refusal(response: Response) -> (u16, String, Option<String>, String) {
    let status = response.status().as_u16();
    let mistake = response.headers().get("x-sandbox-mistake").map(|v| v.to_str().unwrap().to_owned());
    let xml = response.text().await.unwrap();
    let element = |name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_default();
        rest.split_once(&format!("</{name}>")).unwrap_or_default().0.to_owned()
    };
    (status, element("Code"), mistake, element("Message"))
}

/// Bytes that differ from place to place.
pub(crate) fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|i| u8::try_from(i * 31 % 251).unwrap()).collect()
}
