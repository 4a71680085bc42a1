//! The platform's answers, and the texts that its types are read from.

use std::fmt::{Debug, Display};

use serde::{Serialize, de::DeserializeOwned};
use upload_proto::{
    AccessToken, ApiRoot, BulkUploadOutcome, CompleteResponse, ETag, ErrorBody, EventType, IngestKind,
    InitiateResponse, MediaAsset, ObjectKey, Package, PartnerId, PresignResponse, PresignedUrl,
    RefreshResponse, SignInResponse, TransactionSummary, UploadId, UploadType, ValidateResponse,
    ValidationError,
};

use crate::{Target, documents};

pub(crate) const ANSWERS: Target = Target { name: "answers", seeds: answers, check: check_answers };
pub(crate) const PRESIGNED_URL: Target =
    Target { name: "presigned-url", seeds: presigned_urls, check: check_presigned_url };
pub(crate) const TEXTS: Target = Target { name: "texts", seeds: texts, check: check_texts };

fn answers() -> Vec<Vec<u8>> {
    documents(&[
        r#"{"upload_id":"u","object_key":"k","part_size":5242880,"parts":[{"part_number":1,"url":"https://s/1?X-Amz-Signature=abcdef0123456789"},{"part_number":2,"url":"https://s/2"}]}"#,
        r#"{"uploadId":"u","key":"k","urls":["https://s/1","https://s/2"],"presigned_urls":null}"#,
        r#"{"url":"https://s/k?X-Amz-Date=20260601T120000Z&X-Amz-Expires=3600","object_key":"k"}"#,
        r#"{"object_key":"k","etag":"\"9b2cf5350f04a0fcbd9a2fd7d2b7c3a5-2\"","validation_errors":[{"code":"ROW_2","row":2,"column":"a"}]}"#,
        r#"{"is_valid":true,"errors":[{"name":"ROW_7_x","msg":"odd"},"TEXT",7]}"#,
        r#"{"message":"m","error_code":"VALIDATION_ERROR","error_subcode":"s","validation_errors":null,"detail":[{"loc":["body",0,"eid"],"msg":"missing"}]}"#,
        r#"[207,[{"code":"ROW_1","message":"no"}]]"#,
        r"[200]",
        r#"{"status":"INPROGRESS"}"#,
        r#"[{"type":"image","url":"https://m/1","filename":"a.png"}]"#,
        r#"{"AccessToken":"abcdefghijklmnopqrstuvwxyz","IdToken":"e30.e30.c2ln","RefreshToken":"zyxwvutsrqponmlkjihgfedcba","ExpiresIn":3600}"#,
        r#"{"Challenge":{"Name":"SMS_MFA"}}"#,
        r#"{"eid":"e","from":"2026-06-01","to":"2026-06-02","tickets":[{"type":"standard","sold":3,"revenue":12.5}]}"#,
    ])
}

fn check_answers(bytes: &[u8]) {
    if let Some(initiated) = reads::<InitiateResponse>(bytes) {
        assert!(!initiated.upload_id.as_str().is_empty());
        let numbers: Vec<_> = initiated.parts.urls().iter().map(|part| part.part_number).collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
        assert!(initiated.parts.problem().is_some() || numbers.windows(2).all(|pair| pair[0] != pair[1]));
        initiated.parts.urls().iter().for_each(|part| hides_its_query(&part.url));
        if initiated.parts.problem().is_none() {
            comes_back(&initiated);
        }
    }
    if let Some(presigned) = reads::<PresignResponse>(bytes) {
        comes_back(&presigned);
    }
    if let Some(verdict) = reads::<ValidateResponse>(bytes) {
        comes_back(&verdict);
        assert!(!verdict.accepted() || verdict.validation_errors.is_empty());
    }
    if let Some(completed) = reads::<CompleteResponse>(bytes) {
        comes_back(&completed);
    }
    if let Some(summary) = reads::<TransactionSummary>(bytes) {
        comes_back(&summary);
    }
    if let Some(media) = reads::<Vec<MediaAsset>>(bytes) {
        comes_back(&media);
    }
    if let Some(package) = reads::<Package>(bytes) {
        comes_back(&package);
    }
    if let Some(error) = reads::<ErrorBody>(bytes) {
        error.validation_errors.iter().for_each(finding_holds);
        assert!(error.validation_errors.is_empty() || error.summary().is_some());
    }
    if let Some(BulkUploadOutcome::RowErrors(findings)) = reads::<BulkUploadOutcome>(bytes) {
        findings.iter().for_each(finding_holds);
    }
    if let Some(SignInResponse::SignedIn(signed_in)) = reads::<SignInResponse>(bytes) {
        hides(&signed_in, signed_in.access_token.expose());
        hides(&signed_in, signed_in.refresh_token.as_ref().map_or("", |token| token.expose()));
        hides(&signed_in, signed_in.id_token.as_ref().map_or("", |token| token.expose()));
    }
    if let Some(refreshed) = reads::<RefreshResponse>(bytes) {
        hides(&refreshed, refreshed.access_token.expose());
    }
}

fn finding_holds(finding: &ValidationError) {
    comes_back(finding);
    assert!(finding.row.is_none() || finding.row_number() == finding.row);
}

fn presigned_urls() -> Vec<Vec<u8>> {
    documents(&[
        "https://bucket.s3.eu-central-1.amazonaws.com/in/a.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260601T120000Z&X-Amz-Expires=3600&X-Amz-Signature=deadbeefdeadbeef",
        "HTTP://127.0.0.1:9000/k?AWSAccessKeyId=x&Expires=1780318800&Signature=abcdefghijklmnop",
        "https://[::1]:9000?partNumber=1",
    ])
}

fn check_presigned_url(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match text.parse::<PresignedUrl>() {
        Ok(url) => {
            assert_eq!(url.expose(), text);
            let other: PresignedUrl = "https://h/k?X-Amz-Signature=0".parse().expect("a URL");
            assert_eq!(other.alike(text).as_ref(), Ok(&url));
            assert_eq!(url.alike(&other.expose()), Ok(other));
            hides_its_query(&url);
            comes_back(&url);
            goes_where_it_says(
                text,
                url.host()
                    .rsplit_once(':')
                    .map_or(url.host(), |(host, port)| if port.ends_with(']') { url.host() } else { host }),
            );
        }
        Err(error) => hides(&error, text),
    }
}

fn texts() -> Vec<Vec<u8>> {
    documents(&[
        "https://client-api.stg.example.com:8443/api/v3",
        "http://[::1]:9000/v3/",
        "W/\"9b2cf5350f04a0fcbd9a2fd7d2b7c3a5-2\"",
        "Bearer abcdefghijklmnopqrstuvwxyz",
        "partner-id-acme",
        "fd42",
        "audience_csv",
        "transaction-summary",
        "prisma",
    ])
}

fn check_texts(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    prints_as_it_reads::<ETag>(text);
    prints_as_it_reads::<UploadId>(text);
    prints_as_it_reads::<ObjectKey>(text);
    prints_as_it_reads::<PartnerId>(text);
    prints_as_it_reads::<UploadType>(text);
    prints_as_it_reads::<ApiRoot>(text);
    if let Ok(root) = text.parse::<ApiRoot>() {
        goes_where_it_says(root.as_str(), root.host());
    }
    if let Ok(token) = text.parse::<AccessToken>() {
        hides(&token, token.expose());
        assert_eq!(token.expose().parse(), Ok(token));
    }
    if let Ok(kind) = text.parse::<IngestKind>() {
        assert_eq!(kind.name(), text);
    }
    if let Ok(kind) = text.parse::<EventType>() {
        assert_eq!(kind.as_str(), text);
    }
}

fn reads<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let json = serde_json::to_vec(value).expect("what was read can be written");
    let back: T = serde_json::from_slice(&json).expect("what was written can be read");
    assert_eq!(*value, back);
}

fn prints_as_it_reads<T: std::str::FromStr + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let printed = value.to_string();
        assert_eq!(printed.parse().ok(), Some(value), "{printed}");
    }
}

/// A shorter secret may stand in the words around it by chance.
fn hides(shown: &impl Debug, secret: &str) {
    assert!(secret.len() < 24 || !format!("{shown:?}").contains(secret), "{shown:?}");
}

fn hides_its_query(url: &PresignedUrl) {
    let shown = format!("{url:?}");
    assert_eq!(shown, format!("PresignedUrl({}{}, query redacted)", url.host(), url.path()));
    assert!(!shown.contains('?'), "{shown}");
}

/// What connects reads the URL by the rules of the `url` crate: it must not find another host there than we name.
fn goes_where_it_says(text: &str, host: &str) {
    let Ok(url) = url::Url::parse(text) else { return };
    let found = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // Addresses have several spellings.
    let is_address = !matches!(url.host(), Some(url::Host::Domain(_)));
    assert!(is_address || found.eq_ignore_ascii_case(host), "{text}: {host} or {found}?");
}
