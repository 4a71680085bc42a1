use upload_core::TransportErrorKind as Kind;
use upload_http::AuthClient;
use upload_proto::{ApiHosts, RefreshToken, SignInRequest, SignInResponse};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json_string, method, path},
};

use crate::{logs::capture, network, session::REFRESH};

const PASSWORD: &str = "pa55word-that-must-stay-secret";

async fn answering(template: ResponseTemplate) -> (MockServer, AuthClient) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(template).mount(&server).await;
    let hosts = ApiHosts { api: format!("{}/api", server.uri()).parse().unwrap(), cr: None };
    (server, AuthClient::new(hosts, &network()).unwrap())
}

fn ada() -> SignInRequest {
    SignInRequest { username: "ada".into(), password: PASSWORD.to_owned().try_into().unwrap() }
}

fn refresh_token() -> RefreshToken {
    REFRESH.to_owned().try_into().unwrap()
}

#[tokio::test]
async fn a_sign_in_sends_name_and_password_and_no_credential_in_a_header() {
    let server = MockServer::start().await;
    let session = r#"{"AccessToken":"a","IdToken":"i","RefreshToken":"r","ExpiresIn":60}"#;
    Mock::given(method("POST"))
        .and(path("/api/v3/auth"))
        .and(body_json_string(format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#)))
        .respond_with(ResponseTemplate::new(200).set_body_string(session))
        .mount(&server)
        .await;
    let hosts = ApiHosts { api: format!("{}/api", server.uri()).parse().unwrap(), cr: None };
    let answer = AuthClient::new(hosts, &network()).unwrap().sign_in(1, &ada()).await.unwrap();
    let SignInResponse::SignedIn(signed_in) = answer else { panic!("{answer:?}") };
    assert_eq!((signed_in.access_token.expose(), signed_in.expires_in), ("a", 60));
    let headers = &server.received_requests().await.unwrap()[0].headers;
    assert!(!headers.contains_key("authorization") && !headers.contains_key("x-preferred-partner-id"));
}

#[tokio::test]
async fn a_challenge_is_an_answer() {
    let challenge = ResponseTemplate::new(200).set_body_string(r#"{"Challenge":"SMS_MFA"}"#);
    let (_server, auth) = answering(challenge).await;
    let expected = SignInResponse::Challenge { name: "SMS_MFA".into() };
    assert_eq!(auth.sign_in(1, &ada()).await.unwrap(), expected);
}

#[tokio::test]
async fn whichever_status_refuses_the_secret_it_is_unauthorized() {
    for status in [400, 401, 403, 422] {
        let body = r#"{"message":"error.auth.invalid_credentials","error_code":"INVALID_CREDENTIALS"}"#;
        let (_server, auth) = answering(ResponseTemplate::new(status).set_body_string(body)).await;
        for error in
            [auth.sign_in(1, &ada()).await.unwrap_err(), auth.refresh(1, &refresh_token()).await.unwrap_err()]
        {
            assert_eq!((error.kind, error.status), (Kind::Unauthorized, Some(status)));
            assert!(error.message.contains("INVALID_CREDENTIALS"), "{error}");
            assert!(!error.message.contains("access token"), "none was sent: {error}");
        }
    }
}

#[tokio::test]
async fn trouble_of_the_servers_is_no_refusal() {
    for (status, kind) in [(429, Kind::Throttled), (503, Kind::Server), (302, Kind::BadAnswer)] {
        let (_server, auth) = answering(ResponseTemplate::new(status)).await;
        assert_eq!(auth.sign_in(1, &ada()).await.unwrap_err().kind, kind);
    }
    let (_server, auth) = answering(ResponseTemplate::new(200).set_body_string("{}")).await;
    assert_eq!(auth.sign_in(1, &ada()).await.unwrap_err().kind, Kind::BadAnswer);
}

#[tokio::test]
async fn no_secret_is_logged_or_shown_even_when_the_server_echoes_it() {
    let (log, _guard) = capture();
    let mut shown = String::new();
    for status in [200, 400, 503] {
        let echo = format!(
            r#"{{"message":"{PASSWORD} {REFRESH}","error_code":"{PASSWORD}","AccessToken":7,"detail":"{REFRESH}"}}"#
        );
        let (_server, auth) = answering(ResponseTemplate::new(status).set_body_string(&echo)).await;
        let sign_in = auth.sign_in(1, &ada()).await.unwrap_err();
        let refresh = auth.refresh(1, &refresh_token()).await.unwrap_err();
        assert!(!format!("{sign_in:?} {sign_in}").contains(PASSWORD), "{sign_in}");
        assert!(!format!("{refresh:?} {refresh}").contains(REFRESH), "{refresh}");
        shown += &format!("{auth:?} {:?} {:?}", ada(), refresh_token());
    }
    // Each request's own secret is taken out; the other one was never sent with it, so only a liar could echo it.
    for secret in [PASSWORD, REFRESH] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let text = log.text();
    assert!(
        text.contains("path=/api/v3/auth ") && text.contains("path=/api/v3/auth/refresh_token"),
        "{text}"
    );
}
