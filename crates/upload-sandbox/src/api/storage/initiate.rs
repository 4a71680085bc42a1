use std::sync::Arc;

use axum::{Json, extract::State as Extract, http::HeaderMap};
use serde_json::{Map, Value, json};
use upload_proto::{
    InitiateRequest, PartNumber, PresignedUrl,
    s3_limits::{MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE},
};

use super::{detached::detached, key::new_key, upload_type::required_upload_type};
use crate::{
    AnswerShape, AnsweredPartSize, Dialect,
    api::{
        error::ApiError,
        json::{JsonBody, read},
    },
    state::State,
};

pub(in crate::api) async fn initiate(
    Extract(state): Extract<Arc<State>>,
    head: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    required_upload_type(&head)?;
    let request: InitiateRequest = read(body, &["filename", "file_size", "part_size", "part_count"])?;
    check_plan(&request)?;
    let key = new_key(&request.filename)?;
    let id = detached({
        let (store, key) = (Arc::clone(&state.store), key.clone());
        async move { store.create(&key).await }
    })
    .await?;
    let urls = (1..=url_count(&state.answer, &request))
        .map(|number| {
            let part =
                PartNumber::try_from(u64::from(number)).map_err(|e| ApiError::invalid(e.to_string()))?;
            Ok(state.store.presign_part(&key, &id, part)?)
        })
        .collect::<Result<Vec<_>, ApiError>>()?;
    Ok(Json(spelled(&state.answer, &id, &key, answered_part_size(&state.answer, &request), &urls)))
}

/// Whether the numbers fit each other and S3's limits.
fn check_plan(request: &InitiateRequest) -> Result<(), ApiError> {
    let InitiateRequest { file_size, part_size, part_count, .. } = *request;
    if file_size == 0 {
        return Err(ApiError::invalid("file_size is 0: an empty file cannot be uploaded"));
    }
    if part_size == 0 || part_size > MAX_PART_SIZE {
        return Err(ApiError::invalid(format!("part_size {part_size} is not between 1 and {MAX_PART_SIZE}")));
    }
    let needed = file_size.div_ceil(part_size);
    if needed > u64::from(MAX_PARTS) {
        return Err(ApiError::invalid(format!(
            "part_size {part_size} makes {needed} parts of {file_size} bytes, and S3 takes {MAX_PARTS}"
        )));
    }
    if needed != u64::from(part_count) {
        return Err(ApiError::invalid(format!(
            "part_count {part_count} does not fit: {file_size} bytes in parts of {part_size} are {needed}"
        )));
    }
    if part_size < MIN_PART_SIZE && part_count > 1 {
        return Err(ApiError::invalid(format!(
            "part_size {part_size} is below {MIN_PART_SIZE}, which every part but the last must have"
        )));
    }
    Ok(())
}

fn answered_part_size(shape: &AnswerShape, request: &InitiateRequest) -> Option<u64> {
    match shape.part_size {
        AnsweredPartSize::AsAsked => Some(request.part_size),
        AnsweredPartSize::Fixed(size) => Some(size),
        AnsweredPartSize::Omitted => None,
    }
}

fn url_count(shape: &AnswerShape, request: &InitiateRequest) -> u32 {
    let size = answered_part_size(shape, request).unwrap_or(request.part_size).max(1);
    let needed = u32::try_from(request.file_size.div_ceil(size)).unwrap_or(MAX_PARTS);
    shape.url_count.unwrap_or(needed).clamp(1, MAX_PARTS)
}

fn spelled(shape: &AnswerShape, id: &str, key: &str, part_size: Option<u64>, urls: &[PresignedUrl]) -> Value {
    let (id_field, key_field, size_field, list_field) = match shape.dialect {
        Dialect::Canonical => ("upload_id", "object_key", "part_size", "parts"),
        Dialect::CamelCase => ("uploadId", "objectKey", "partSize", "parts"),
        Dialect::BareUrls => ("upload_id", "object_key", "part_size", "urls"),
        Dialect::PresignedUrls => ("UploadId", "key", "part_size", "presigned_urls"),
    };
    let mut list: Vec<Value> = (1_u32..)
        .zip(urls)
        .map(|(number, url)| match shape.dialect {
            Dialect::Canonical => json!({ "part_number": number, "url": url.expose() }),
            Dialect::CamelCase => json!({ "partNumber": number, "url": url.expose() }),
            Dialect::BareUrls => json!(url.expose()),
            Dialect::PresignedUrls => json!({ "PartNumber": number, "presigned_url": url.expose() }),
        })
        .collect();
    if shape.dialect == Dialect::PresignedUrls {
        list.reverse();
    }
    let mut answer = Map::new();
    answer.insert(id_field.into(), id.into());
    answer.insert(key_field.into(), key.into());
    if let Some(size) = part_size {
        answer.insert(size_field.into(), size.into());
    }
    answer.insert(list_field.into(), list.into());
    answer.into()
}

#[cfg(test)]
mod tests {
    use upload_proto::{InitiateResponse, s3_limits::MIB};

    use super::*;

    fn request(file_size: u64, part_size: u64, part_count: u32) -> InitiateRequest {
        InitiateRequest { filename: "a.csv".into(), file_size, part_size, part_count }
    }

    #[test]
    fn plans_that_do_not_add_up_are_refused() {
        for (size, part, count, words) in [
            (0, 5 * MIB, 0, "empty"),
            (1, 0, 1, "part_size 0"),
            (1, MAX_PART_SIZE + 1, 1, "part_size"),
            (10 * MIB, 5 * MIB, 3, "part_count 3"),
            (10 * MIB, 4 * MIB, 3, "below"),
            (10_001 * 5 * MIB, 5 * MIB, 10_001, "10001 parts"),
        ] {
            let error = check_plan(&request(size, part, count)).unwrap_err();
            assert!(error.message.contains(words), "{}", error.message);
        }
        for (size, part, count) in [(1, 1, 1), (1, 5 * MIB, 1), (10 * MIB + 1, 5 * MIB, 3)] {
            assert_eq!(check_plan(&request(size, part, count)), Ok(()));
        }
    }

    #[test]
    fn the_number_of_urls_follows_the_answered_part_size_unless_it_is_forced() {
        let asked = request(20 * MIB, 5 * MIB, 4);
        let count = |part_size, url_count| {
            url_count_of(AnswerShape { part_size, url_count, ..AnswerShape::default() }, &asked)
        };
        assert_eq!(count(AnsweredPartSize::AsAsked, None), 4);
        assert_eq!(count(AnsweredPartSize::Fixed(10 * MIB), None), 2);
        assert_eq!(count(AnsweredPartSize::Omitted, None), 4);
        assert_eq!(count(AnsweredPartSize::Omitted, Some(7)), 7);
    }

    fn url_count_of(shape: AnswerShape, asked: &InitiateRequest) -> u32 {
        url_count(&shape, asked)
    }

    #[test]
    fn a_tolerant_reader_finds_the_same_in_every_dialect() {
        let urls = ["http://s/1".parse().unwrap(), "http://s/2".parse().unwrap()];
        let read = |dialect| -> InitiateResponse {
            let shape = AnswerShape { dialect, ..AnswerShape::default() };
            serde_json::from_value(spelled(&shape, "u", "k", Some(7), &urls)).unwrap()
        };
        let canonical = read(Dialect::Canonical);
        for dialect in [Dialect::CamelCase, Dialect::BareUrls, Dialect::PresignedUrls] {
            assert_eq!(read(dialect), canonical, "{dialect:?}");
        }
    }
}
