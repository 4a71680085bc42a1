use std::fmt;

use sha2::{Digest as _, Sha256};
use upload_proto::UploadType;

use crate::platform::PlatformId;

/// How many digits an id has.
const DIGITS: usize = 16;

/// Names an upload on this machine: the same file under the same name and type, to the same platform for the same
/// partner, is the same session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(String);

impl SessionId {
    /// The id of a file's upload.
    pub(crate) fn of_file(path: &str, name: &str, kind: &UploadType, platform: &PlatformId) -> Self {
        let mut hash = Sha256::new();
        for field in [path, name, kind.as_str(), &platform.api, &platform.partner] {
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field);
        }
        let mut digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        digits.truncate(DIGITS);
        Self(digits)
    }

    /// An id that nobody else has, for bytes that cannot be found again and for uploads put aside.
    pub(crate) fn fresh() -> Self {
        Self(format!("{:016x}", fastrand::u64(..)))
    }

    /// The id that a file's name spells; `None` where it spells none.
    pub(crate) fn of_stem(stem: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (stem.len() == DIGITS && stem.bytes().all(is_digit)).then(|| Self(stem.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// As many of its digits as tell it from the others, and at least six.
    pub(crate) fn short<'a>(&self, others: impl IntoIterator<Item = &'a SessionId>) -> &str {
        let shared =
            |other: &SessionId| self.0.bytes().zip(other.0.bytes()).take_while(|(a, b)| a == b).count();
        let most = others.into_iter().filter(|other| *other != self).map(shared).max().unwrap_or(0);
        &self.0[..(most + 1).clamp(6, DIGITS)]
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(path: &str, name: &str, partner: &str) -> SessionId {
        let platform = PlatformId { api: "https://h/api".into(), partner: partner.into() };
        SessionId::of_file(path, name, &"t".parse().unwrap(), &platform)
    }

    #[test]
    fn the_same_upload_has_the_same_id_and_no_other_has() {
        assert_eq!(id("/a", "n", "fd1"), id("/a", "n", "fd1"));
        for other in [id("/b", "n", "fd1"), id("/a", "m", "fd1"), id("/a", "n", "fd2"), id("/an", "", "fd1")]
        {
            assert_ne!(id("/a", "n", "fd1"), other);
        }
        let id = id("/a", "n", "fd1");
        assert_eq!(SessionId::of_stem(id.as_str()), Some(id));
        assert_eq!(SessionId::of_stem("../../etc/passwd"), None);
    }

    #[test]
    fn short_ids_are_as_long_as_they_need_to_be() {
        let of = |text: &str| SessionId::of_stem(text).unwrap();
        let all = [of("0123456789abcdef"), of("0123456780000000"), of("ffffffffffffffff")];
        assert_eq!(all[0].short(&all), "0123456789");
        assert_eq!(all[2].short(&all), "ffffff");
    }
}
