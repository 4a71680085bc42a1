use reqwest::{
    Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, TRANSFER_ENCODING},
};

use super::{ResumePoint, Validator};

/// What an answer's head says of the bytes that follow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) offset: u64,
    pub(crate) total: Option<u64>,
    pub(crate) validator: Option<Validator>,
}

impl Head {
    /// Reads the head of a success and holds it against what was asked for; otherwise says what is wrong with it.
    pub(crate) fn read(response: &Response, from: Option<&ResumePoint>) -> Result<Self, String> {
        let headers = response.headers();
        let kind = text(headers, CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        if kind.split(';').next().map(str::trim) != Some("text/csv") {
            return Err(match kind.as_str() {
                "" => "it does not say that it is text/csv".into(),
                kind => format!("it is {kind} instead of text/csv"),
            });
        }
        // None was asked for; what is encoded would end up in the file as it is.
        if let Some(encoding) = text(headers, CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
            return Err(format!("it is encoded ({encoding})"));
        }
        match (response.status(), from) {
            (StatusCode::OK, _) => Self::whole(response),
            (StatusCode::PARTIAL_CONTENT, Some(from)) => Self::rest(response, from),
            (StatusCode::PARTIAL_CONTENT, None) => {
                Err("it is a part of the list, all of which was asked for".into())
            }
            (status, _) => Err(format!("status {} has no list", status.as_u16())),
        }
    }

    /// Whether a refusal with 416 means that there is nothing left to send.
    pub(crate) fn is_complete(response: &Response, from: &ResumePoint) -> bool {
        let range = text(response.headers(), CONTENT_RANGE);
        let total =
            range.and_then(|range| range.strip_prefix("bytes */")).and_then(|total| total.parse().ok());
        total == Some(from.offset) && from.total.is_none_or(|known| known == from.offset)
    }

    fn whole(response: &Response) -> Result<Self, String> {
        let headers = response.headers();
        // reqwest's own `content_length` tells what is left; before the first byte that is all.
        let total = response.content_length();
        let is_chunked =
            text(headers, TRANSFER_ENCODING).is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        if total.is_none() && !is_chunked {
            return Err(
                "it does not say how long it is, so that a broken connection could not be told from its end"
                    .into(),
            );
        }
        Ok(Self { offset: 0, total, validator: Validator::of(headers) })
    }

    fn rest(response: &Response, from: &ResumePoint) -> Result<Self, String> {
        let headers = response.headers();
        let range = text(headers, CONTENT_RANGE).unwrap_or_default();
        let (first, last, total) =
            content_range(range).ok_or_else(|| format!("its range cannot be read ({range})"))?;
        let (offset, is_known) = (from.offset, from.total.is_none_or(|known| known == total));
        let left = total.checked_sub(offset);
        let is_long = response.content_length().is_none_or(|length| Some(length) == left);
        if first != offset || last.checked_add(1) != Some(total) || !is_known || !is_long {
            return Err(format!(
                "it is another range ({range}) than the one from byte {offset} that was asked for"
            ));
        }
        let validator = Validator::of(headers);
        let (then, now) = (from.validator.etag(), validator.as_ref().and_then(Validator::etag));
        if now.is_some() && then.is_some() && now != then {
            return Err("it is a part of another version of the list".into());
        }
        Ok(Self { offset, total: Some(total), validator: Some(from.validator.clone()) })
    }
}

/// `bytes 5-9/10` (RFC 9110, section 14.4).
fn content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}
