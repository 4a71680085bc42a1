//! S3's limits on multipart uploads.
//!
//! Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits".

/// One mebibyte in bytes.
pub const MIB: u64 = 1024 * 1024;
/// The smallest part in bytes, except for the last part, which may be of any size.
pub const MIN_PART_SIZE: u64 = 5 * MIB;
/// The largest part, and the largest single PUT, in bytes (5 GiB).
pub const MAX_PART_SIZE: u64 = 5 * 1024 * MIB;
/// The highest part number, and so the most parts of one upload.
pub const MAX_PARTS: u32 = 10_000;
/// The largest object a multipart upload within these limits can make, in bytes (48.8 TiB).
pub const MAX_OBJECT_SIZE: u64 = MAX_PART_SIZE * MAX_PARTS as u64;
