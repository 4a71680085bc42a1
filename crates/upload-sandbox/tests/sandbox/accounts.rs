use reqwest::Method;
use serde_json::{Value, json};
use upload_proto::Endpoint;
use upload_sandbox::{Account, FaultAction, FaultRule, Operation, SandboxConfig};

use crate::client::{Answer, Client, read};

impl Client {
    /// A request without credentials.
    async fn ask(&self, path: &str, body: Value) -> Answer {
        let url = format!("{}{path}", self.sandbox.api_url());
        read(self.http.post(url).json(&body).send().await.unwrap()).await
    }

    async fn sign_in(&self, username: &str, password: &str) -> Answer {
        self.ask("/v3/auth", json!({ "username": username, "password": password })).await
    }

    /// What the API answers to this token and partner.
    async fn partners(&self, token: &str, partner: &str) -> Answer {
        let request = self.http.get(format!("{}/v3/partners/", self.sandbox.api_url()));
        let request = request.bearer_auth(token).header("X-Preferred-Partner-Id", partner);
        read(request.send().await.unwrap()).await
    }
}

fn text<'a>(answer: &'a Value, field: &str) -> &'a str {
    answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}"))
}

#[tokio::test]
async fn a_sign_in_gives_tokens_that_authorise_for_the_partners_in_the_id_token() {
    let partners: Vec<_> = ["fd7", "partner-id-b"].iter().map(|id| id.parse().unwrap()).collect();
    let account =
        Account { username: "ada".into(), password: "pässword".into(), partners, ..Account::default() };
    let client = Client::with(SandboxConfig { account, ..SandboxConfig::default() }).await;
    let (status, answer) = client.sign_in("ada", "pässword").await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((&answer["ExpiresIn"], &answer["TokenType"]), (&json!(3600), &json!("Bearer")));
    let claims = claims(text(&answer, "IdToken"));
    assert_eq!(claims["cognito:groups"], json!(["fd7", "partner-id-b"]));
    assert_eq!(claims["cognito:username"], "ada");
    assert!(claims["exp"].as_u64().unwrap() > claims["iat"].as_u64().unwrap());

    assert_eq!(client.sandbox.partner_id(), "fd7");
    for partner in ["fd7", "partner-id-b"] {
        let (status, listed) = client.partners(text(&answer, "AccessToken"), partner).await;
        assert_eq!((status.as_u16(), &listed[1]["id"]), (200, &json!("partner-id-b")));
    }
    let (status, refused) = client.partners(text(&answer, "AccessToken"), "fd8").await;
    assert_eq!((status.as_u16(), &refused["error_code"]), (403, &json!("WRONG_PARTNER")));
    assert_eq!(client.partners(text(&answer, "IdToken"), "fd7").await.0, 401);
    client.stop().await;
}

/// What a JWT says, read with nothing of the sandbox's own.
fn claims(token: &str) -> Value {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let payload = token.split('.').nth(1).unwrap();
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for character in payload.bytes() {
        let value = alphabet.iter().position(|known| *known == character).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn wrong_credentials_and_malformed_requests_are_refused() {
    let client = Client::start().await;
    for (username, password) in [("sandbox", "wrong"), ("nobody", "sandbox"), ("", "")] {
        let (status, answer) = client.sign_in(username, password).await;
        assert_eq!((status.as_u16(), &answer["error_code"]), (401, &json!("INVALID_CREDENTIALS")));
        assert_eq!(answer["message"], "error.auth.invalid_credentials");
    }
    for body in [
        json!({ "username": "sandbox" }),
        json!({ "username": "sandbox", "password": "sandbox", "remember": true }),
        json!({ "username": 1, "password": "sandbox" }),
    ] {
        assert_eq!(client.ask("/v3/auth", body).await.0, 422);
    }
    assert_eq!(client.ask("/v3/auth/refresh_token", json!({ "refresh_token": "x" })).await.0, 422);
    let (status, answer) = client.ask("/v3/auth/refresh_token", json!({ "token": "x" })).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (401, &json!("INVALID_REFRESH_TOKEN")));
    client.stop().await;
}

#[tokio::test]
async fn a_challenge_is_answered_where_one_is_set_up_and_only_to_the_right_password() {
    let account = Account { challenge: Some("SMS_MFA".into()), ..Account::default() };
    let client = Client::with(SandboxConfig { account, ..SandboxConfig::default() }).await;
    let (status, answer) = client.sign_in("sandbox", "sandbox").await;
    assert_eq!((status.as_u16(), &answer), (200, &json!({ "Challenge": "SMS_MFA" })));
    assert_eq!(client.sign_in("sandbox", "x").await.0, 401);
    client.stop().await;
}

#[tokio::test]
async fn an_expired_token_is_told_from_a_wrong_one_and_a_refresh_goes_on() {
    let client = Client::start().await;
    let (_, session) = client.sign_in("sandbox", "sandbox").await;
    let (token, refresh) = (text(&session, "AccessToken"), text(&session, "RefreshToken"));
    let partner = client.sandbox.partner_id().to_owned();
    assert_eq!(client.partners(token, &partner).await.0, 200);
    client.sandbox.expire_access_tokens();
    let (status, answer) = client.partners(token, &partner).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (401, &json!("TOKEN_EXPIRED")));
    let (status, fresh) = client.ask("/v3/auth/refresh_token", json!({ "token": refresh })).await;
    assert_eq!((status.as_u16(), &fresh["ExpiresIn"]), (200, &json!(3600)));
    assert_eq!(client.partners(text(&fresh, "AccessToken"), &partner).await.0, 200);

    client.sandbox.revoke_sessions();
    let (status, answer) = client.partners(text(&fresh, "AccessToken"), &partner).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (401, &json!("INVALID_TOKEN")));
    assert_eq!(client.ask("/v3/auth/refresh_token", json!({ "token": refresh })).await.0, 401);
    assert_eq!(client.partners(client.sandbox.access_token(), &partner).await.0, 200);
    let refreshes = client.sandbox.log().iter().filter(|e| e.operation.name() == "refresh_token").count();
    assert_eq!(refreshes, 2);
    client.stop().await;
}

#[tokio::test]
async fn sign_in_and_refresh_meet_faults_as_everything_does() {
    let client = Client::start().await;
    let rule = FaultRule::always(Operation::Api(Endpoint::SignIn), FaultAction::Status(503)).times(1);
    client.sandbox.add_fault(rule);
    assert_eq!(client.sign_in("sandbox", "sandbox").await.0, 503);
    assert_eq!(client.sign_in("sandbox", "sandbox").await.0, 200);
    client.stop().await;
}

#[tokio::test]
async fn status_wants_no_credentials_and_tells_the_time_of_the_sandbox() {
    for skew in [0, 86_400, -86_400] {
        let client = Client::with(SandboxConfig { clock_skew: skew, ..SandboxConfig::default() }).await;
        let url = format!("{}/v3/status/", client.sandbox.api_url());
        let response = client.http.get(url).send().await.unwrap();
        let date = response.headers()["date"].to_str().unwrap().to_owned();
        let told = httpdate::parse_http_date(&date).unwrap();
        let right = std::time::SystemTime::now();
        let off = match told.duration_since(right) {
            Ok(ahead) => i64::try_from(ahead.as_secs()).unwrap(),
            Err(behind) => -i64::try_from(behind.duration().as_secs()).unwrap(),
        };
        // An hour of doubt: it is the day that tells.
        assert!((off - skew).abs() < 3600, "{date} is {off} s off");
        assert_eq!(read(response).await.0, 200);
        client.stop().await;
    }
}

#[tokio::test]
async fn methods_other_than_the_documented_are_refused() {
    let client = Client::start().await;
    let (status, answer) = client.call(Method::PUT, "/v3/auth", json!({})).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (405, &json!("METHOD_NOT_ALLOWED")));
    client.stop().await;
}
