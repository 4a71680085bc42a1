use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The length of an RSA-2048 signature, in bytes.
const SIGNATURE: usize = 256;

/// A JWT of these claims (RFC 7519), in the form of Amazon Cognito's, which are the platform's.
///
/// Its signature is random: there is no key a client could check it with, and the sandbox knows its tokens by heart.
pub(super) fn token(claims: &Value) -> String {
    let header = json!({ "alg": "RS256", "kid": "sandbox", "typ": "JWT" });
    let signature: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(SIGNATURE).collect();
    let segments = [header.to_string().into_bytes(), claims.to_string().into_bytes(), signature];
    segments.map(|segment| URL_SAFE_NO_PAD.encode(segment)).join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_stand_in_the_middle_of_three_segments() {
        let token = token(&json!({ "cognito:groups": ["fd1"] }));
        let segments: Vec<_> = token.split('.').map(|s| URL_SAFE_NO_PAD.decode(s).unwrap()).collect();
        assert_eq!(segments[1], br#"{"cognito:groups":["fd1"]}"#);
        assert_eq!((segments.len(), segments[2].len()), (3, SIGNATURE));
    }
}
