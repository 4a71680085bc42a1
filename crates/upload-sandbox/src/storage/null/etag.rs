use std::{
    fmt::Write as _,
    hash::{DefaultHasher, Hash, Hasher},
};

use md5::{Digest, Md5};

/// What the null storage answers as an ETag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NullEtag {
    /// A text made of key, part number and size, such as `null-9f86d081884c7d65`: it costs nothing, is the same each time, and
    /// nobody can take it for the MD5 of anything.
    #[default]
    MadeUp,
    /// The MD5 of the bytes, as S3 answers it, at the price of reading and hashing every byte.
    Md5,
}

/// The ETag of a part, or of an object sent whole, without quotes: its MD5 where there is one.
pub(super) fn of_bytes(md5: Option<String>, key: &str, part: Option<i32>, size: u64) -> String {
    md5.unwrap_or_else(|| {
        let mut hasher = DefaultHasher::new();
        (key, part, size).hash(&mut hasher);
        format!("null-{:016x}", hasher.finish())
    })
}

/// The ETag of an object that was put together of parts: S3's, where theirs are MD5s.
pub(super) fn of_parts<'a>(parts: impl Iterator<Item = &'a str> + Clone) -> String {
    let count = parts.clone().count();
    let mut digests = Md5::new();
    let mut names = DefaultHasher::new();
    let mut are_md5 = true;
    for part in parts {
        part.hash(&mut names);
        match md5_bytes(part) {
            Some(digest) => digests.update(digest),
            None => are_md5 = false,
        }
    }
    if are_md5 {
        return format!("{}-{count}", hex(&digests.finalize()));
    }
    format!("null-{:016x}-{count}", names.finish())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

fn md5_bytes(etag: &str) -> Option<[u8; 16]> {
    etag.parse::<upload_proto::ETag>().ok()?.as_md5()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_etag_is_stable_tells_parts_apart_and_is_no_md5() {
        let one = of_bytes(None, "k", Some(1), 7);
        assert_eq!(one, of_bytes(None, "k", Some(1), 7));
        for other in
            [of_bytes(None, "l", Some(1), 7), of_bytes(None, "k", Some(2), 7), of_bytes(None, "k", None, 7)]
        {
            assert_ne!(one, other);
        }
        assert_eq!(md5_bytes(&one), None);
        let both = of_parts([&*one, &*one].into_iter());
        assert!(both.starts_with("null-") && both.ends_with("-2"), "{both}");
    }

    #[test]
    fn md5s_of_parts_make_s3s_etag_of_the_whole() {
        let nothing = "d41d8cd98f00b204e9800998ecf8427e";
        assert_eq!(of_bytes(Some(nothing.into()), "k", None, 0), nothing);
        // printf %s d41d…427e | xxd -r -p | md5sum
        assert_eq!(of_parts([nothing].into_iter()), "59adb24ef3cdbe0297f05b395827453f-1");
    }
}
