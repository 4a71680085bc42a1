use axum::http::StatusCode;

use crate::{
    api::{error::ApiError, filename},
    sandbox::random_text,
};

/// The longest file name kept whole inside an object key, in bytes: s3s-fs builds the name of a metadata file out of
/// the key in Base64, and file systems end at 255 bytes.
const MAX_NAME: usize = 80;
/// The folder every key starts with.
const FOLDER: &str = "files";

/// A key nobody has yet, ending with the file's name.
pub(super) fn new_key(filename: &str) -> Result<String, ApiError> {
    filename::check(filename)?;
    Ok(format!("{FOLDER}/{}/{}", random_text(12), shortened(filename)))
}

/// Whether this could be the key of an object the sandbox named: anything else is not in its storage.
pub(super) fn check_known(key: &str, absent: &'static str) -> Result<(), ApiError> {
    let mut steps = key.split('/');
    let is_ours = steps.next() == Some(FOLDER) && steps.all(|step| !matches!(step, "" | "." | ".."));
    if is_ours {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::NOT_FOUND,
        absent,
        format!("the sandbox never answered an object key '{key}'"),
    ))
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
    fn keys_that_lead_elsewhere_are_not_known() {
        assert_eq!(check_known("files/a/b.csv", "NoSuchKey"), Ok(()));
        for key in ["x/a", "files/../../etc/passwd", "files//a", "/files/a", "files/a/.."] {
            assert_eq!(check_known(key, "NoSuchKey").unwrap_err().status, StatusCode::NOT_FOUND, "{key}");
        }
    }

    #[test]
    fn long_names_keep_their_extension_and_fit() {
        let key = new_key(&format!("{}.csv", "é".repeat(120))).unwrap();
        assert!(key.len() <= 100 && key.ends_with("é.csv"), "{key}");
    }
}
