use super::error::ApiError;

/// Refuses a name that could lead elsewhere.
pub(super) fn check(filename: &str) -> Result<(), ApiError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_lead_elsewhere_are_refused() {
        for name in ["", ".", "..", "a/b", "a\\b", "a\nb", &"x".repeat(256)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
