//! Names and fixed values of the HTTP headers the API and the storage use, in lower case as on the wire of HTTP/2.

/// `Authorization: Bearer <access token>`: every API request, never a storage request.
pub const AUTHORIZATION: &str = "authorization";
/// The partner the caller acts for: every API request, never a storage request.
pub const PARTNER_ID: &str = "x-preferred-partner-id";
/// The type of an upload, such as `audience_csv`: initiate, validate and presign.
pub const UPLOAD_TYPE: &str = "x-upload-type";
/// The platform's id of one request, worth quoting to its support for any 5xx answer.
pub const REQUEST_ID: &str = "x-request-id";
/// S3's id of one request.
pub const S3_REQUEST_ID: &str = "x-amz-request-id";
/// How S3 encrypts what it stores, in its answers: `AES256`, or `aws:kms` and `aws:kms:dsse`, with which ETags are no MD5s.
pub const S3_ENCRYPTION: &str = "x-amz-server-side-encryption";
/// In S3's answers where a key of the customer encrypts what it stores: ETags are no MD5s then.
pub const S3_CUSTOMER_ENCRYPTION: &str = "x-amz-server-side-encryption-customer-algorithm";
/// The only content type a presigned PUT may carry: it is among the signed headers, so another one (or none)
/// is answered with `SignatureDoesNotMatch`.
pub const OCTET_STREAM: &str = "application/octet-stream";
