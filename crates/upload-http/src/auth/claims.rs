use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use upload_proto::{AccessToken, IdToken};

/// What a JWT says of itself (RFC 7519; the platform's are Amazon Cognito's).
///
/// **Not verified.** The signature is the platform's to check, and it does so with every request; what is read here
/// only chooses what to show and what to ask for next, so a forged token would fool nobody but its owner.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Claims {
    #[serde(rename = "cognito:groups")]
    groups: Option<Vec<String>>,
    #[serde(rename = "cognito:username")]
    cognito_username: Option<String>,
    username: Option<String>,
    email: Option<String>,
    exp: Option<f64>,
    iat: Option<f64>,
}

impl Claims {
    /// What an ID token says; `None` for a text that is no JWT.
    #[must_use]
    pub fn of_id_token(token: &IdToken) -> Option<Self> {
        Self::decode(token.expose())
    }

    /// What an access token says; `None` for one that is no JWT.
    #[must_use]
    pub fn of_access_token(token: &AccessToken) -> Option<Self> {
        Self::decode(token.expose())
    }

    /// The partners the user may act for.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        self.groups.as_deref().unwrap_or_default()
    }

    /// Who the user is: the name, which ID tokens and access tokens spell differently, else the mail address.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        let names = [&self.cognito_username, &self.username, &self.email];
        names.into_iter().flatten().find(|name| !name.is_empty()).map(String::as_str)
    }

    /// The user's mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// When the token ends, by the clock of whoever issued it.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        moment(self.exp)
    }

    /// When the token was issued, by the same clock.
    #[must_use]
    pub fn issued_at(&self) -> Option<SystemTime> {
        moment(self.iat)
    }

    fn decode(jwt: &str) -> Option<Self> {
        let mut segments = jwt.split('.');
        let (_header, payload, _signature) = (segments.next()?, segments.next()?, segments.next()?);
        // Some issuers pad, though RFC 7515 says not to.
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&payload).ok()
    }
}

/// A NumericDate (RFC 7519, section 2).
fn moment(seconds: Option<f64>) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn an_id_token_tells_user_partners_and_end() {
        let token = jwt(r#"{"cognito:username":"ada","email":"ada@example.com","exp":1000,"iat":400,
            "cognito:groups":["partner-id-acme","fd42"],"aud":"x"}"#);
        let claims = Claims::of_id_token(&token.try_into().unwrap()).unwrap();
        assert_eq!(claims.groups(), ["partner-id-acme", "fd42"]);
        assert_eq!((claims.user(), claims.email()), (Some("ada"), Some("ada@example.com")));
        assert_eq!(claims.expires_at().unwrap(), SystemTime::UNIX_EPOCH + Duration::from_secs(1000));
        assert_eq!(claims.issued_at().unwrap(), SystemTime::UNIX_EPOCH + Duration::from_secs(400));
    }

    #[test]
    fn an_access_token_spells_the_name_its_own_way() {
        let token = jwt(r#"{"username":"ada"}"#) + "=";
        let claims = Claims::of_access_token(&token.parse().unwrap()).unwrap();
        assert_eq!((claims.user(), claims.expires_at()), (Some("ada"), None));
        assert!(claims.groups().is_empty());
    }

    #[test]
    fn what_is_no_jwt_says_nothing() {
        for opaque in ["x", "a.b", "a.b.c", "e30.!!.c2ln", &jwt("7"), &jwt(r#"{"exp":"soon"}"#)] {
            assert_eq!(Claims::of_access_token(&opaque.parse().unwrap()), None, "{opaque}");
        }
        let far = Claims::of_access_token(&jwt(r#"{"exp":18446744073709551615}"#).parse().unwrap()).unwrap();
        assert_eq!(far.expires_at(), None);
    }
}
