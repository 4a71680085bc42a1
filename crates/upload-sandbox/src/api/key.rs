use crate::{api::error::ApiError, sandbox::random_text};

/// The longest file name kept whole inside an object key, in bytes: s3s-fs builds the name of a metadata file out of
/// the key in Base64, and file systems end at 255 bytes.
const MAX_NAME: usize = 80;

/// A key nobody has yet, ending with the file's name.
pub(super) fn new_key(filename: &str) -> Result<String, ApiError> {
    check(filename)?;
    Ok(format!("files/{}/{}", random_text(12), shortened(filename)))
}

fn check(filename: &str) -> Result<(), ApiError> {
    let wrong = match filename {
        "" => "is empty",
        "." | ".." => "is a folder's",
        _ if filename.contains(['/', '\\']) => "has a folder in front: send the name alone",
        _ if filename.chars().any(char::is_control) => "has a control character",
        _ if filename.len() > 255 => "is longer than 255 bytes",
        _ => return Ok(()),
    };
    Err(ApiError::invalid(format!("the filename {wrong}")))
}

/// Cuts out the middle, so that the extension stays.
fn shortened(filename: &str) -> String {
    if filename.len() <= MAX_NAME {
        return filename.to_owned();
    }
    let head_end = filename.floor_char_boundary(MAX_NAME - 16);
    let tail_start = filename.ceil_char_boundary(filename.len() - 15);
    let (head, _) = filename.split_at(head_end);
    let (_, tail) = filename.split_at(tail_start);
    format!("{head}~{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_with_the_name_and_is_never_the_same() {
        let key = new_key("audience é.csv").unwrap();
        assert!(key.ends_with("/audience é.csv"));
        assert_ne!(key, new_key("audience é.csv").unwrap());
    }

    #[test]
    fn long_names_keep_their_extension_and_fit() {
        let key = new_key(&format!("{}.csv", "é".repeat(120))).unwrap();
        assert!(key.len() <= 100 && key.ends_with("é.csv"), "{key}");
    }

    #[test]
    fn names_that_could_lead_elsewhere_are_refused() {
        for name in ["", ".", "..", "a/b", "a\\b", "a\nb", &"x".repeat(256)] {
            assert!(new_key(name).is_err(), "{name}");
        }
    }
}
