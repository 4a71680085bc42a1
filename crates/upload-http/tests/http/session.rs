//! Sessions that renew their tokens.

use std::{
    io,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use futures::future::join_all;
use upload_core::TransportErrorKind as Kind;
use upload_http::{
    ApiClient, AuthClient, Budgets, Pace, SavedSession, Session, SessionStore, StoreLock, Tokens,
};
use upload_proto::ApiHosts;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json_string, header, method, path},
};

use crate::{TOKEN, api::abort_request, network};

const FRESH: &str = "fr3sh-t0ken-that-must-stay-secret";
pub(crate) const REFRESH: &str = "r3fresh-that-must-stay-secret";

/// What would be a file: shared by everyone who is given a clone.
#[derive(Clone, Debug, Default)]
struct Shelf {
    kept: Arc<Mutex<Option<SavedSession>>>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

#[async_trait]
impl SessionStore for Shelf {
    async fn lock(&self) -> io::Result<StoreLock> {
        Ok(StoreLock::new(Arc::clone(&self.lock).lock_owned().await))
    }

    async fn load(&self) -> io::Result<Option<SavedSession>> {
        Ok(self.kept.lock().unwrap().clone())
    }

    async fn save(&self, session: &SavedSession) -> io::Result<()> {
        *self.kept.lock().unwrap() = Some(session.clone());
        Ok(())
    }
}

/// A session whose token was to live an hour and has so many seconds left.
fn session_with(left: u64) -> SavedSession {
    SavedSession {
        access_token: TOKEN.parse().unwrap(),
        refresh_token: Some(REFRESH.to_owned().try_into().unwrap()),
        obtained_at: SystemTime::now() - Duration::from_secs(3600 - left),
        expires_in: Some(Duration::from_secs(3600)),
        over: false,
    }
}

fn auth_at(server: &MockServer) -> AuthClient {
    let hosts = ApiHosts { api: format!("{}/api", server.uri()).parse().unwrap(), cr: None };
    AuthClient::new(hosts, &network()).unwrap().paced(Pace::new(Budgets::UNLIMITED))
}

fn api_with(server: &MockServer, tokens: impl Into<Tokens>) -> ApiClient {
    let hosts = ApiHosts { api: format!("{}/api", server.uri()).parse().unwrap(), cr: None };
    let api = ApiClient::new(hosts, tokens, "fd42".parse().unwrap(), &network()).unwrap();
    api.paced(Pace::new(Budgets::UNLIMITED))
}

/// A platform that takes this token and no other, and answers refreshes like that.
async fn platform(accepted: &str, refresh: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/api/v3/partners/"))
        .and(header("authorization", format!("Bearer {accepted}")))
        .respond_with(ResponseTemplate::new(200).set_body_string("[]"))
        .mount(&server)
        .await;
    Mock::given(path("/api/v3/partners/")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    Mock::given(method("POST"))
        .and(path("/api/v3/auth/refresh_token"))
        .and(body_json_string(format!(r#"{{"token":"{REFRESH}"}}"#)))
        .respond_with(refresh)
        .mount(&server)
        .await;
    server
}

fn fresh() -> ResponseTemplate {
    let answer = format!(r#"{{"AccessToken":"{FRESH}","ExpiresIn":3600}}"#);
    ResponseTemplate::new(200).set_body_string(answer).set_delay(Duration::from_millis(50))
}

/// How many requests went to each of the two endpoints: refreshes and others.
async fn counts(server: &MockServer) -> (usize, usize) {
    let requests = server.received_requests().await.unwrap();
    let refreshes = requests.iter().filter(|request| request.url.path().contains("refresh")).count();
    (refreshes, requests.len() - refreshes)
}

async fn twenty(api: &ApiClient) -> Vec<Result<(), Kind>> {
    let calls = (0..20).map(|_| async { api.partners(1).await.map_err(|error| error.kind) });
    join_all(calls).await
}

#[tokio::test]
async fn twenty_calls_with_a_token_about_to_end_renew_it_once() {
    let server = platform(FRESH, fresh()).await;
    let api = api_with(&server, Session::new(auth_at(&server), session_with(200)));
    assert!(twenty(&api).await.iter().all(Result::is_ok));
    assert_eq!(counts(&server).await, (1, 20));
}

#[tokio::test]
async fn a_token_with_life_in_it_is_not_renewed() {
    let server = platform(TOKEN, fresh()).await;
    let session = Session::new(auth_at(&server), session_with(3000));
    assert!(twenty(&api_with(&server, session.clone())).await.iter().all(Result::is_ok));
    assert_eq!(counts(&server).await, (0, 20));
    assert!(session.expires_in().unwrap() > Duration::from_secs(2900));
}

#[tokio::test]
async fn twenty_calls_that_meet_a_401_renew_the_token_once_and_are_sent_again() {
    let server = platform(FRESH, fresh()).await;
    let shelf = Shelf { kept: Arc::new(Mutex::new(Some(session_with(3000)))), ..Shelf::default() };
    let session = Session::shared(auth_at(&server), session_with(3000), Arc::new(shelf.clone()));
    assert!(twenty(&api_with(&server, session)).await.iter().all(Result::is_ok));
    assert_eq!(counts(&server).await, (1, 40));
    let kept = shelf.kept.lock().unwrap().clone().unwrap();
    assert_eq!((kept.access_token.expose(), kept.over), (FRESH, false));
    assert_eq!(kept.refresh_token.unwrap().expose(), REFRESH);
}

#[tokio::test]
async fn what_is_sent_again_is_the_same_body() {
    let server = platform("nothing", fresh()).await;
    let body = r#"{"upload_id":"u","object_key":"k"}"#;
    for (token, status) in [(TOKEN, 401), (FRESH, 204)] {
        Mock::given(method("DELETE"))
            .and(header("authorization", format!("Bearer {token}")))
            .and(body_json_string(body))
            .respond_with(ResponseTemplate::new(status))
            .expect(1)
            .mount(&server)
            .await;
    }
    let api = api_with(&server, Session::new(auth_at(&server), session_with(3000)));
    api.abort(1, &abort_request()).await.unwrap();
}

#[tokio::test]
async fn a_refused_renewal_is_final_for_everyone_and_asked_for_once() {
    for status in [400, 401, 403, 422] {
        let refusal = ResponseTemplate::new(status).set_body_string(r#"{"message":"error.auth.expired"}"#);
        let server = platform(FRESH, refusal).await;
        let shelf = Shelf { kept: Arc::new(Mutex::new(Some(session_with(0)))), ..Shelf::default() };
        let session = Session::shared(auth_at(&server), session_with(0), Arc::new(shelf.clone()));
        let api = api_with(&server, session);
        assert!(twenty(&api).await.iter().all(|result| *result == Err(Kind::Unauthorized)));
        let error = api.partners(1).await.unwrap_err();
        assert!(error.message.contains("session is over") && error.message.contains("error.auth.expired"));
        assert_eq!(counts(&server).await, (1, 0), "after {status}");
        assert!(shelf.kept.lock().unwrap().as_ref().unwrap().over, "other processes need not ask");

        let other = Session::shared(auth_at(&server), session_with(0), Arc::new(shelf));
        assert_eq!(api_with(&server, other).partners(1).await.unwrap_err().kind, Kind::Unauthorized);
        assert_eq!(counts(&server).await, (1, 0), "after {status}");
    }
}

#[tokio::test]
async fn a_401_on_a_fresh_token_ends_the_session_without_a_loop() {
    let server = platform("neither", fresh()).await;
    let shelf = Shelf { kept: Arc::new(Mutex::new(Some(session_with(3000)))), ..Shelf::default() };
    let session = Session::shared(auth_at(&server), session_with(3000), Arc::new(shelf.clone()));
    let api = api_with(&server, session);
    assert_eq!(api.partners(1).await.unwrap_err().kind, Kind::Unauthorized);
    assert_eq!(counts(&server).await, (1, 2), "the old token, a renewal, the new token");
    let error = api.partners(1).await.unwrap_err();
    assert!(error.message.contains("refused a fresh access token"), "{error}");
    assert_eq!(counts(&server).await, (1, 2), "and nothing more");
    assert!(shelf.kept.lock().unwrap().as_ref().unwrap().over);
}

#[tokio::test]
async fn trouble_with_a_renewal_ends_nothing() {
    let trouble = || ResponseTemplate::new(503).insert_header("retry-after", "0");
    let living = platform(TOKEN, trouble()).await;
    let api = api_with(&living, Session::new(auth_at(&living), session_with(200)));
    assert!(twenty(&api).await.iter().all(Result::is_ok), "the old token still lives");
    assert_eq!(counts(&living).await, (1, 20), "and is not renewed again at once");

    let dead = platform(FRESH, trouble()).await;
    let api = api_with(&dead, Session::new(auth_at(&dead), session_with(0)));
    assert!(twenty(&api).await.iter().all(|result| *result == Err(Kind::Server)));
    assert_eq!(counts(&dead).await, (1, 0), "those who wait together fail together");
    assert_eq!(api.partners(2).await.unwrap_err().kind, Kind::Server);
    assert_eq!(counts(&dead).await, (2, 0), "who asks later asks anew");
}

#[tokio::test]
async fn a_renewal_whose_answer_is_lost_says_that_the_call_was_not_sent() {
    let server = platform(FRESH, ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let hosts = ApiHosts { api: format!("{}/api", server.uri()).parse().unwrap(), cr: None };
    let impatient = upload_http::NetworkConfig {
        idle_timeout: Duration::from_millis(50),
        connect_timeout: Duration::from_millis(50),
        ..network()
    };
    let session = Session::new(AuthClient::new(hosts, &impatient).unwrap(), session_with(0));
    let error = api_with(&server, session).partners(1).await.unwrap_err();
    assert!(error.kind.is_retryable() && !error.kind.leaves_outcome_unknown(), "{error:?}");
}

#[tokio::test]
async fn a_token_that_another_process_has_renewed_is_used() {
    let server = platform(FRESH, ResponseTemplate::new(500)).await;
    let kept = SavedSession { access_token: FRESH.parse().unwrap(), ..session_with(3600) };
    for left in [0, 3000] {
        let shelf = Shelf { kept: Arc::new(Mutex::new(Some(kept.clone()))), ..Shelf::default() };
        let session = Session::shared(auth_at(&server), session_with(left), Arc::new(shelf));
        api_with(&server, session).partners(1).await.unwrap();
    }
    assert_eq!(counts(&server).await.0, 0);
}

#[tokio::test]
async fn a_dead_token_that_another_process_kept_is_no_fresh_one() {
    let server = platform(FRESH, fresh()).await;
    let kept = SavedSession { access_token: "dead-too".parse().unwrap(), ..session_with(3000) };
    let shelf = Shelf { kept: Arc::new(Mutex::new(Some(kept))), ..Shelf::default() };
    let session = Session::shared(auth_at(&server), session_with(3000), Arc::new(shelf));
    api_with(&server, session).partners(1).await.unwrap();
    assert_eq!(counts(&server).await, (1, 3), "its own, the kept one, the renewed one");
}

#[tokio::test]
async fn two_sessions_on_one_store_renew_it_once() {
    let server = platform(FRESH, fresh()).await;
    let shelf = Shelf { kept: Arc::new(Mutex::new(Some(session_with(0)))), ..Shelf::default() };
    let session = || Session::shared(auth_at(&server), session_with(0), Arc::new(shelf.clone()));
    let (one, other) = (api_with(&server, session()), api_with(&server, session()));
    let (one, other) = tokio::join!(twenty(&one), twenty(&other));
    assert!(one.iter().chain(&other).all(Result::is_ok));
    assert_eq!(counts(&server).await, (1, 40));
}

#[tokio::test]
async fn a_session_that_was_signed_out_meanwhile_is_over() {
    let server = platform(FRESH, fresh()).await;
    let session = Session::shared(auth_at(&server), session_with(0), Arc::new(Shelf::default()));
    let error = api_with(&server, session).partners(1).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unauthorized);
    assert!(error.message.contains("signed out"), "{error}");
    assert_eq!(counts(&server).await, (0, 0));
}

#[tokio::test]
async fn a_renewal_ends_well_when_nobody_waits_for_it_any_more() {
    let server = platform(FRESH, fresh()).await;
    let api = api_with(&server, Session::new(auth_at(&server), session_with(0)));
    let mut given_up = Box::pin(api.partners(1));
    assert!(futures::poll!(&mut given_up).is_pending());
    drop(given_up);
    api.partners(1).await.unwrap();
    assert_eq!(counts(&server).await, (1, 1));
}

#[tokio::test]
async fn without_a_way_to_renew_it_a_dead_token_is_tried_once() {
    let server = platform(FRESH, fresh()).await;
    let fixed = api_with(&server, Tokens::fixed(TOKEN.parse().unwrap()));
    assert_eq!(fixed.partners(1).await.unwrap_err().kind, Kind::Unauthorized);
    let saved = SavedSession { refresh_token: None, ..session_with(0) };
    let bare = api_with(&server, Session::new(auth_at(&server), saved));
    assert_eq!(bare.partners(1).await.unwrap_err().kind, Kind::Unauthorized);
    assert_eq!(counts(&server).await, (0, 2));
}
