//! The files that are uploaded.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// What is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One file.
    Large { size: u64 },
    /// One file that is all hole.
    Sparse { size: u64 },
    /// One file, which the client reads from its standard input.
    Stdin { size: u64 },
    /// Eight files of this size.
    Eight { size: u64 },
    /// So many files of this size.
    Many { count: u64, size: u64 },
    /// One file of one byte.
    Byte,
}

/// The files of a kind, as they lie on the disk.
#[derive(Clone, Debug)]
pub(super) struct Data {
    pub(super) kind: Kind,
    /// The file, or the folder of all.
    pub(super) path: PathBuf,
    /// The folder of all, and nothing else.
    pub(super) folder: PathBuf,
    /// Every file on a line of its own.
    pub(super) manifest: PathBuf,
    /// Their names, as curl's URL globs and nothing else write several.
    pub(super) glob: String,
}

impl Kind {
    pub(super) const SMALL: Self = Self::Many { count: 1000, size: 64 * 1024 };

    pub(super) fn files(self) -> u64 {
        match self {
            Self::Eight { .. } => 8,
            Self::Many { count, .. } => count,
            _ => 1,
        }
    }

    pub(super) fn file_size(self) -> u64 {
        match self {
            Self::Large { size } | Self::Sparse { size } | Self::Stdin { size } => size,
            Self::Eight { size } | Self::Many { size, .. } => size,
            Self::Byte => 1,
        }
    }

    pub(super) fn bytes(self) -> u64 {
        self.files() * self.file_size()
    }

    /// Makes the files, unless they are there.
    pub(super) fn prepare(self, below: &Path) -> Result<Data> {
        let (count, size) = (self.files(), self.file_size());
        let is_sparse = matches!(self, Self::Sparse { .. });
        let name = format!("{}{count}x{size}", if is_sparse { "sparse-" } else { "" });
        let (folder, manifest) = (below.join(&name), below.join(format!("{name}.txt")));
        fs::create_dir_all(&folder)?;
        let mut list = String::new();
        for index in 0..count {
            let path = folder.join(format!("{}.bin", 1000 + index));
            make(&path, size, is_sparse).with_context(|| format!("cannot write {}", path.display()))?;
            list += &format!("{}\n", path.display());
        }
        fs::write(&manifest, list)?;
        let (path, glob) = match count {
            1 => (folder.join("1000.bin"), "1000.bin".to_owned()),
            _ => (folder.clone(), format!("[1000-{}].bin", 999 + count)),
        };
        Ok(Data { kind: self, path, folder, manifest, glob })
    }
}

impl Data {
    /// Empties a file that is all hole and makes it as large again: which of its pages the machine still has in memory would
    /// otherwise depend on its size, and pages of holes that it does not have cost more than sending them.
    pub(super) fn forget_pages(&self) -> io::Result<()> {
        match self.kind {
            Kind::Sparse { size } => File::create(&self.path)?.set_len(size),
            _ => Ok(()),
        }
    }
}

/// A file that is there in the right size is taken as it is.
fn make(path: &Path, size: u64, is_sparse: bool) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| found.len() == size) {
        return Ok(());
    }
    let mut file = File::create(path)?;
    if is_sparse {
        return file.set_len(size);
    }
    // Of content that no layer below can make smaller.
    io::copy(&mut File::open("/dev/urandom")?.take(size), &mut file)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_made_once() {
        let below = tempfile::tempdir().unwrap();
        let kind = Kind::Many { count: 3, size: 10 };
        let data = kind.prepare(below.path()).unwrap();
        assert_eq!(data.glob, "[1000-1002].bin");
        let read = || fs::read(data.folder.join("1002.bin")).unwrap();
        let first = read();
        assert_eq!(first.len(), 10);
        kind.prepare(below.path()).unwrap();
        assert_eq!(read(), first);
        assert_eq!(fs::read_to_string(&data.manifest).unwrap().lines().count(), 3);
    }

    #[test]
    fn a_sparse_file_has_its_size_and_takes_no_room() {
        let below = tempfile::tempdir().unwrap();
        let data = Kind::Sparse { size: 1 << 40 }.prepare(below.path()).unwrap();
        assert_eq!(fs::metadata(&data.path).unwrap().len(), 1 << 40);
    }
}
