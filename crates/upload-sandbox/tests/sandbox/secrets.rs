use std::{
    io,
    sync::{Arc, Mutex},
};

use crate::client::Client;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_signature_and_no_token_is_logged_at_any_level() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // The test's runtime has this thread alone, so the sandbox's tasks log here too.
    let _guard = tracing::subscriber::set_default(subscriber);
    let client = Client::start().await;
    let token = client.sandbox.access_token().to_owned();
    let upload = client.initiate(1, 1).await;
    let etag = client.part(&upload.urls[0], b"x".to_vec()).await;
    client.put(&upload.urls[0].replace("Signature=", "Signature=0"), b"x".to_vec()).send().await.unwrap();
    client.http.put(&upload.urls[0]).body("x").send().await.unwrap();
    client.complete(&upload, &[(1, &etag)]).await;
    client.validate(&upload.key).await;
    let sign_in = serde_json::json!({ "username": "sandbox", "password": "pl4nted" });
    let account_url = format!("{}/v3/auth", client.sandbox.api_url());
    client.http.post(&account_url).json(&sign_in).send().await.unwrap();
    let sign_in = serde_json::json!({ "username": "sandbox", "password": client.sandbox.password() });
    let session = client.http.post(&account_url).json(&sign_in).send().await.unwrap();
    let session: serde_json::Value = session.json().await.unwrap();
    client.stop().await;
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("missing_content_type"), "the sandbox's own lines are there");
    assert!(!log.contains("X-Amz-Signature") && !log.contains(&token), "{log}");
    assert!(!log.contains("pl4nted"), "{log}");
    for token in ["AccessToken", "IdToken", "RefreshToken"] {
        assert!(!log.contains(session[token].as_str().unwrap()), "{token} stands in {log}");
    }
}
