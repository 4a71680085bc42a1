//! What an `.xlsx` unpacks to, measured before a reader that holds parts of it in memory may see it.

use std::io::{Read, Seek};

use zip::{ZipArchive, result::ZipError};

use super::Trouble;

/// The most that everything in it may unpack to, in bytes: well above what 50 MB of real rows come to.
const MOST: u64 = 1 << 30;
/// The most that what is no sheet may unpack to, in bytes: the reader holds the shared strings in memory.
const MOST_HELD: u64 = 256 << 20;
/// How much is unpacked between two questions whether to go on, in bytes.
const CHUNK: usize = 64 * 1024;
/// Where the number of shared strings is declared, in bytes from their start.
const DECLARATION: usize = 4 * 1024;
/// The least that a shared string takes (`<si/>`), in bytes.
const LEAST_STRING: u64 = 5;

/// Unpacks every part and throws it away. That all of it is whole is found on the way, by the archive's checksums.
pub(super) fn measure(file: impl Read + Seek, proceed: &mut dyn FnMut(u64) -> bool) -> Result<(), Trouble> {
    let mut archive = ZipArchive::new(file).map_err(from_zip)?;
    let mut chunk = vec![0; CHUNK];
    let (mut all, mut held) = (0, 0);
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(from_zip)?;
        let name = part.name().map_err(from_zip)?.to_ascii_lowercase();
        let (is_sheet, is_strings) = (name.contains("worksheets/"), name.ends_with("sharedstrings.xml"));
        let (mut size, mut start) = (0, Vec::new());
        loop {
            let count =
                part.read(&mut chunk).map_err(|error| Trouble::from_io(error, |e| Trouble::damaged(e)))?;
            if count == 0 {
                break;
            }
            if is_strings && start.len() < DECLARATION {
                start.extend_from_slice(&chunk[..count.min(DECLARATION - start.len())]);
            }
            size += count as u64;
            all += count as u64;
            held += if is_sheet { 0 } else { count as u64 };
            if all > MOST || held > MOST_HELD {
                return Err(too_large(if all > MOST { MOST } else { MOST_HELD }));
            }
            if !proceed(count as u64) {
                return Err(Trouble::Stopped);
            }
        }
        // The reader makes room for as many as are declared, before it has seen one.
        if declared_strings(&start).is_some_and(|count| count > size / LEAST_STRING + 1) {
            return Err(Trouble::damaged(&"it declares more texts than it holds"));
        }
    }
    Ok(())
}

fn declared_strings(start: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(start);
    let (_, value) = text.split_once("uniqueCount")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let value = value.strip_prefix(['"', '\''])?;
    let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
    // More digits than fit are more than anything holds.
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(u64::MAX))
}

fn too_large(most: u64) -> Trouble {
    let message = format!("it unpacks to more than {} MiB", most >> 20);
    Trouble::Bad(
        "TOO_LARGE",
        message,
        "split it into several workbooks, or send its rows as a CSV with `upload put`",
    )
}

fn from_zip(error: ZipError) -> Trouble {
    match error {
        ZipError::Io(error) => Trouble::from_io(error, |error| Trouble::damaged(error)),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Trouble::encrypted(),
        error => Trouble::damaged(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_number_of_texts_is_found_however_it_is_written() {
        let count = |text: &str| declared_strings(text.as_bytes());
        assert_eq!(count(r#"<sst xmlns="x" count="9" uniqueCount="7">"#), Some(7));
        assert_eq!(count("<sst uniqueCount = '12'>"), Some(12));
        assert_eq!(count(r#"<sst uniqueCount="99999999999999999999999">"#), Some(u64::MAX));
        assert_eq!(count(r#"<sst count="9">"#), None);
    }
}
