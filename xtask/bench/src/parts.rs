use std::{
    collections::VecDeque,
    fs::File,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;

/// A range of a file that becomes an object of its own.
#[derive(Clone, Debug)]
pub struct Part {
    /// The file.
    pub file: Arc<File>,
    /// The key to send it to.
    pub key: String,
    /// Where it begins.
    pub offset: u64,
    /// Where it ends.
    pub end: u64,
}

/// What is left to be sent, for several connections to take from.
#[derive(Debug)]
pub struct Parts(Mutex<Left>);

#[derive(Debug)]
struct Left {
    files: VecDeque<PathBuf>,
    parts: VecDeque<Part>,
    size: u64,
}

impl Parts {
    /// All files, in parts of this size or less.
    pub fn new(files: Vec<PathBuf>, size: u64) -> Self {
        Self(Mutex::new(Left { files: files.into(), parts: VecDeque::new(), size }))
    }

    /// The next part, of the file that is opened when it is its turn.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn next(&self) -> Result<Option<Part>> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = left.parts.pop_front() {
            return Ok(Some(part));
        }
        let Some(path) = left.files.pop_front() else { return Ok(None) };
        let file = Arc::new(File::open(&path)?);
        let (len, name, size) = (file.metadata()?.len(), crate::key(&path)?, left.size);
        let mut offset = 0;
        while offset < len {
            let end = len.min(offset + size);
            left.parts.push_back(Part { file: file.clone(), key: format!("{name}.{offset}"), offset, end });
            offset = end;
        }
        Ok(left.parts.pop_front())
    }
}
