use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// How many bytes tell what a file is.
const HEAD: u64 = 8 * 1024;
/// What nothing is known of.
const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file: by its content where that is unmistakable, else by its name.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn media_type(path: &Path) -> io::Result<String> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    let found = infer::get(&head);
    // That something is XML says little: an SVG is XML, too.
    if let Some(kind) = found.filter(|kind| kind.matcher_type() != infer::MatcherType::Text) {
        return Ok(kind.mime_type().to_owned());
    }
    let text = found.map_or(UNKNOWN, |kind| kind.mime_type());
    Ok(mime_guess::from_path(path).first_raw().unwrap_or(text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_goes_before_the_name() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content, expected) in [
            ("a.png", &b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"[..], "image/jpeg"),
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
            ("b.svg", b"<?xml version=\"1.0\"?><svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
            ("c", b"<?xml version=\"1.0\"?><svg xmlns='http://www.w3.org/2000/svg'/>", "text/xml"),
            ("a", b"words", UNKNOWN),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            assert_eq!(media_type(&path).unwrap(), expected, "{name}");
        }
    }
}
