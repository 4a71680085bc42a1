use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::{AccessToken, PartnerId, Password, RefreshToken};

use crate::SetupError;

/// What one request proves its right with. Only the first kind stands in headers.
#[derive(Clone)]
pub(crate) enum Credentials {
    /// A token and the partner it is used for.
    Bearer {
        token: AccessToken,
        partner: PartnerId,
    },
    /// What stands in the body of a sign-in.
    Password(Password),
    /// What stands in the body of a refresh.
    Refresh(RefreshToken),
    None,
}

impl Credentials {
    /// The headers they travel in.
    pub(super) fn headers(&self) -> Result<HeaderMap, TransportError> {
        let mut headers = HeaderMap::new();
        if let Self::Bearer { token, partner } = self {
            let refused = |error: SetupError| TransportError::new(Kind::Other, error.to_string());
            let token = sensitive("access token", &token.authorization()).map_err(refused)?;
            headers.insert(AUTHORIZATION, token);
            let partner = sensitive("partner id", partner.as_str()).map_err(refused)?;
            headers.insert(HeaderName::from_static(upload_proto::headers::PARTNER_ID), partner);
        }
        Ok(headers)
    }

    /// What must not be quoted; empty where there is nothing.
    pub(super) fn secret(&self) -> &str {
        match self {
            Self::Bearer { token, .. } => token.expose(),
            Self::Password(password) => password.expose(),
            Self::Refresh(token) => token.expose(),
            Self::None => "",
        }
    }
}

/// Refuses a partner id that cannot stand in a header before anything is sent.
pub(super) fn check_partner(partner: &PartnerId) -> Result<(), SetupError> {
    sensitive("partner id", partner.as_str()).map(drop)
}

fn sensitive(name: &'static str, text: &str) -> Result<HeaderValue, SetupError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| SetupError::Header(name))?;
    value.set_sensitive(true);
    Ok(value)
}
