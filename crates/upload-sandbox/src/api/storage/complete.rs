use std::sync::Arc;

use axum::{Json, extract::State as Extract, http::StatusCode};
use serde_json::{Value, json};
use upload_proto::{CompleteRequest, CompletedPart};

use super::{detached::detached, key::check_known};
use crate::{
    Mistake,
    api::{
        error::ApiError,
        json::{JsonBody, only_fields, read},
    },
    state::State,
};

pub(in crate::api) async fn complete(
    Extract(state): Extract<Arc<State>>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    check_raw_parts(&body)?;
    let request: CompleteRequest = read(body, &["upload_id", "object_key", "parts"])?;
    let (key, id) = (request.object_key.as_str(), request.upload_id.as_str());
    check_known(key, "NoSuchUpload")?;
    check_nothing_is_left_out(&state, key, id, &request.parts).await?;
    let etag = detached({
        let (store, request) = (Arc::clone(&state.store), request.clone());
        let CompleteRequest { object_key, upload_id, parts } = request;
        async move { store.complete(object_key.as_str(), upload_id.as_str(), &parts).await }
    })
    .await?;
    Ok(Json(json!({ "object_key": key, "etag": etag, "location": state.store.location(key) })))
}

/// Looks at the list as it was sent: the typed ETag has no quotes any more.
fn check_raw_parts(body: &Value) -> Result<(), ApiError> {
    let parts = body.get("parts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for part in parts {
        only_fields(part, &["part_number", "etag"])?;
        let etag = part.get("etag").and_then(Value::as_str).unwrap_or_default();
        if etag.contains('"') {
            let number = part.get("part_number").cloned().unwrap_or_default();
            let error = ApiError::new(
                StatusCode::BAD_REQUEST,
                "InvalidPart",
                format!("the ETag of part {number} stands in quotes"),
            );
            return Err(error.mistake(Mistake::QuotedEtag));
        }
    }
    Ok(())
}

/// S3 drops stored parts that are not listed, without a word, and the object lacks their bytes.
async fn check_nothing_is_left_out(
    state: &State,
    key: &str,
    id: &str,
    listed: &[CompletedPart],
) -> Result<(), ApiError> {
    let numbers: Vec<u32> = listed.iter().map(|part| part.part_number.get()).collect();
    if !numbers.is_sorted_by(|a, b| a < b) {
        // S3 has its own answer to this.
        return Ok(());
    }
    let stored = state.store.stored_parts(&state.uploads, key, id).await?;
    let left_out = stored.into_iter().find(|number| numbers.binary_search(number).is_err());
    let gap = (1..).zip(&numbers).find(|(place, number)| place != *number);
    let message = match (left_out, gap) {
        (Some(number), _) => format!("part {number} was uploaded and is not listed: its bytes would be lost"),
        (None, Some((place, _))) => format!("part {place} is not listed: its bytes would be missing"),
        (None, None) => return Ok(()),
    };
    Err(ApiError::new(StatusCode::BAD_REQUEST, "InvalidPart", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_seen_before_they_are_stripped() {
        let body =
            json!({ "parts": [{ "part_number": 1, "etag": "e" }, { "part_number": 2, "etag": "\"e\"" }] });
        let error = check_raw_parts(&body).unwrap_err();
        assert_eq!((error.status.as_u16(), error.mistake), (400, Some(Mistake::QuotedEtag)));
        assert!(error.message.contains("part 2"));
        assert_eq!(check_raw_parts(&json!({ "parts": [{ "part_number": 1, "etag": "e" }] })), Ok(()));
    }
}
