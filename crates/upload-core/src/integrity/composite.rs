use std::fmt::Write as _;

use upload_proto::ETag;

/// The MD5 of so many bytes in one call, for the few that a composite ETag takes.
pub(super) fn composite(parts: &[ETag], md5: impl FnOnce(&[u8]) -> [u8; 16]) -> Option<String> {
    let digests: Option<Vec<[u8; 16]>> = parts.iter().map(ETag::as_md5).collect();
    let mut text = hex(&md5(&digests?.concat()));
    let _cannot_fail = write!(text, "-{}", parts.len());
    Some(text)
}

/// Whether a tag has the form of a composite one: 32 hexadecimal digits, a hyphen and the number of parts.
pub(super) fn is_composite(etag: &ETag) -> bool {
    let Some((digest, count)) = etag.as_str().split_once('-') else { return false };
    digest.len() == 32 && digest.bytes().all(|b| b.is_ascii_hexdigit()) && count.parse::<u32>().is_ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _cannot_fail = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composite_etag_is_the_digest_of_the_parts_digests_and_their_number() {
        let part = |digit: &str| digit.repeat(32).parse::<ETag>().unwrap();
        let mut seen = Vec::new();
        let tag = composite(&[part("a"), part("1")], |bytes| {
            seen = bytes.to_vec();
            [0xab; 16]
        });
        assert_eq!(tag, Some(format!("{}-2", "ab".repeat(16))));
        assert_eq!(seen, [[0xaa; 16], [0x11; 16]].concat());
        assert!(is_composite(&tag.unwrap().parse().unwrap()));
        assert_eq!(composite(&["kms".parse().unwrap()], |_| [0; 16]), None);
        for other in [&"a".repeat(32), "x-1", &format!("{}-", "a".repeat(32))] {
            assert!(!is_composite(&other.parse().unwrap()), "{other}");
        }
    }
}
