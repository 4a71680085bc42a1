//! Signing in and refreshing (authentication page and token refresh page).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{AccessToken, IdToken, Password, RefreshToken};

/// The body of `POST R/v3/auth`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignInRequest {
    /// Who signs in.
    pub username: String,
    /// By which password.
    #[serde(serialize_with = "password")]
    pub password: Password,
}

/// The answer to it: a session, or a challenge instead of one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawSignIn")]
pub enum SignInResponse {
    /// A session has begun.
    SignedIn(SignedIn),
    /// The account wants something more first, such as a second factor or a new password. Service accounts have
    /// neither (authentication page), so there is nothing to go on with.
    Challenge {
        /// The challenge's name, such as `NEW_PASSWORD_REQUIRED`; `unnamed` where the answer gives none.
        name: String,
    },
}

/// A session as sign-in answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Authorises every other request.
    pub access_token: AccessToken,
    /// Says who signed in.
    pub id_token: Option<IdToken>,
    /// Asks for the next access token.
    pub refresh_token: Option<RefreshToken>,
    /// For how long the access token lives, in seconds; the documentation's own example has 3600.
    pub expires_in: u64,
}

/// The body of `POST R/v3/auth/refresh_token`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefreshRequest {
    /// What sign-in answered as `RefreshToken`.
    #[serde(serialize_with = "refresh_token")]
    pub token: RefreshToken,
}

/// The answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RefreshResponse {
    /// The new access token.
    #[serde(rename = "AccessToken", alias = "access_token", deserialize_with = "access_token")]
    pub access_token: AccessToken,
    /// For how long it lives, in seconds.
    #[serde(rename = "ExpiresIn", alias = "expires_in", default = "default_life")]
    pub expires_in: u64,
}

#[derive(Deserialize)]
struct RawSignIn {
    #[serde(rename = "AccessToken", alias = "access_token", default)]
    access_token: Option<String>,
    #[serde(rename = "IdToken", alias = "id_token", default)]
    id_token: Option<String>,
    #[serde(rename = "RefreshToken", alias = "refresh_token", default)]
    refresh_token: Option<String>,
    #[serde(rename = "ExpiresIn", alias = "expires_in", default = "default_life")]
    expires_in: u64,
    #[serde(rename = "Challenge", alias = "ChallengeName", alias = "challenge", default)]
    challenge: Option<RawChallenge>,
}

/// The documentation names the field and not its shape (assumed): a name, or an object that holds one.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawChallenge {
    Name(String),
    Object {
        #[serde(alias = "Name", alias = "ChallengeName", alias = "type")]
        name: String,
    },
    Other(serde::de::IgnoredAny),
}

impl TryFrom<RawSignIn> for SignInResponse {
    type Error = &'static str;

    fn try_from(raw: RawSignIn) -> Result<Self, Self::Error> {
        let Some(access_token) = raw.access_token.filter(|token| !token.is_empty()) else {
            return match raw.challenge {
                Some(RawChallenge::Name(name) | RawChallenge::Object { name }) => {
                    Ok(Self::Challenge { name })
                }
                Some(RawChallenge::Other(_)) => Ok(Self::Challenge { name: "unnamed".into() }),
                None => Err("neither an access token nor a challenge"),
            };
        };
        Ok(Self::SignedIn(SignedIn {
            access_token: access_token
                .parse()
                .map_err(|_| "an access token that cannot stand in a header")?,
            id_token: raw.id_token.and_then(|text| text.try_into().ok()),
            refresh_token: raw.refresh_token.and_then(|text| text.try_into().ok()),
            expires_in: raw.expires_in,
        }))
    }
}

/// The documented life of an access token, in seconds.
fn default_life() -> u64 {
    3600
}

fn access_token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccessToken, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn password<S: Serializer>(password: &Password, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(password.expose())
}

fn refresh_token<S: Serializer>(token: &RefreshToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<SignInResponse, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn the_documented_answer_is_a_session() {
        let json = r#"{"AccessToken":"a","IdToken":"i","RefreshToken":"r","ExpiresIn":3600,"TokenType":"Bearer","x":1}"#;
        let SignInResponse::SignedIn(session) = read(json).unwrap() else { panic!("{json}") };
        assert_eq!((session.access_token.expose(), session.expires_in), ("a", 3600));
        assert_eq!(session.refresh_token.unwrap().expose(), "r");
        assert!(session.id_token.is_some());
    }

    #[test]
    fn a_challenge_is_told_from_a_session() {
        for (json, name) in [
            (r#"{"Challenge":"NEW_PASSWORD_REQUIRED"}"#, "NEW_PASSWORD_REQUIRED"),
            (r#"{"Challenge":{"Name":"SMS_MFA","Session":"s"}}"#, "SMS_MFA"),
            (r#"{"Challenge":[1]}"#, "unnamed"),
        ] {
            assert_eq!(read(json).unwrap(), SignInResponse::Challenge { name: name.into() });
        }
        assert!(read("{}").is_err());
    }

    #[test]
    fn requests_are_written_as_documented() {
        let sign_in = SignInRequest { username: "u".into(), password: String::from("p").try_into().unwrap() };
        assert_eq!(serde_json::to_string(&sign_in).unwrap(), r#"{"username":"u","password":"p"}"#);
        let refresh = RefreshRequest { token: String::from("r").try_into().unwrap() };
        assert_eq!(serde_json::to_string(&refresh).unwrap(), r#"{"token":"r"}"#);
        let answer: RefreshResponse = serde_json::from_str(r#"{"AccessToken":"b","ExpiresIn":60}"#).unwrap();
        assert_eq!((answer.access_token.expose(), answer.expires_in), ("b", 60));
    }
}
