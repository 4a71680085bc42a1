//! The bytes of files and objects. They are cut out of one stretch of noise, so that a story may move gigabytes without
//! copying any, and compares them by where they lie.

use std::{
    hash::{DefaultHasher, Hasher},
    sync::OnceLock,
};

use bytes::Bytes;
use upload_core::{ByteRange, proto::ETag};

use crate::dice::Dice;

/// Files are made of cells of this size, in bytes: what is read at once, and the least that an edit changes.
pub(crate) const CELL: u64 = 1024 * 1024;
const NOISE: usize = 4 * CELL as usize;

fn noise() -> &'static Bytes {
    static NOISE_BYTES: OnceLock<Bytes> = OnceLock::new();
    NOISE_BYTES.get_or_init(|| {
        let (mut rng, mut bytes) = (fastrand::Rng::with_seed(7), vec![0; NOISE]);
        rng.fill(&mut bytes);
        bytes.into()
    })
}

/// What a file holds at one moment.
#[derive(Clone)]
pub(crate) struct Content(Vec<Bytes>);

impl Content {
    pub(crate) fn draw(size: u64, dice: &mut Dice) -> Self {
        let cells = (0..size.div_ceil(CELL)).map(|cell| draw_cell(CELL.min(size - cell * CELL), dice));
        Self(cells.collect())
    }

    /// The same bytes in cells of the usual size, where they are not yet.
    pub(crate) fn of(bytes: Vec<Bytes>) -> Self {
        let mut cells: Vec<Bytes> = Vec::new();
        for mut rest in bytes {
            while !rest.is_empty() {
                let begun = cells.pop_if(|cell| (cell.len() as u64) < CELL);
                let room = CELL as usize - begun.as_ref().map_or(0, Bytes::len);
                let piece = rest.split_to(rest.len().min(room));
                cells.push(begun.map_or(piece.clone(), |begun| [begun, piece].concat().into()));
            }
        }
        Self(cells)
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(|cell| cell.len() as u64).sum()
    }

    /// Writes over one cell.
    pub(crate) fn edit(&mut self, dice: &mut Dice) {
        let place = dice.index(self.0.len());
        self.0[place] = draw_cell(self.0[place].len() as u64, dice);
    }

    /// The bytes of a range as far as there are any, cut where cells end.
    pub(crate) fn range(&self, range: ByteRange) -> Vec<Bytes> {
        let mut chunks = Vec::new();
        let mut offset = range.offset;
        while offset < range.end() {
            let Some(chunk) = self.chunk(offset, range.end()) else { break };
            offset += chunk.len() as u64;
            chunks.push(chunk);
        }
        chunks
    }

    /// What one read at `offset` gives, up to `end` or the end of the cell; `None` behind the last byte.
    pub(crate) fn chunk(&self, offset: u64, end: u64) -> Option<Bytes> {
        let (cell, from) = ((offset / CELL) as usize, (offset % CELL) as usize);
        let cell = self.0.get(cell).filter(|cell| from < cell.len())?;
        let to = cell.len().min(from + (end - offset) as usize);
        Some(cell.slice(from..to))
    }

    pub(crate) fn all(&self) -> &[Bytes] {
        &self.0
    }

    /// Some of it, as the CLI samples blocks: two files that differ elsewhere have the same sample.
    pub(crate) fn sample(&self) -> String {
        let last = self.0.len() - 1;
        let sampled = self.0.iter().enumerate().filter(|(place, _)| place % 3 == 0 || *place == last);
        etag(sampled.map(|(_, cell)| cell)).to_string()
    }
}

pub(crate) fn draw_cell(len: u64, dice: &mut Dice) -> Bytes {
    let from = dice.index(NOISE - len as usize);
    noise().slice(from..from + len as usize)
}

/// Stands for the MD5 of these bytes. It looks at a few of each chunk, which tells pieces of noise apart; the chunks must be
/// cut the same way.
pub(crate) fn digest<'a>(chunks: impl IntoIterator<Item = &'a Bytes>) -> [u8; 16] {
    let (mut first, mut second) = (DefaultHasher::new(), DefaultHasher::new());
    second.write_u8(1);
    for chunk in chunks {
        for hasher in [&mut first, &mut second] {
            hasher.write_usize(chunk.len());
            hasher.write(&chunk[..chunk.len().min(8)]);
            hasher.write(&chunk[chunk.len().saturating_sub(8)..]);
        }
    }
    let digest = u128::from(first.finish()) << 64 | u128::from(second.finish());
    digest.to_be_bytes()
}

pub(crate) fn etag<'a>(chunks: impl IntoIterator<Item = &'a Bytes>) -> ETag {
    format!("{:032x}", u128::from_be_bytes(digest(chunks))).parse().unwrap()
}

/// An object's ETag, where its parts' are MD5s.
pub(crate) fn composite<'a>(parts: impl IntoIterator<Item = &'a ETag>) -> Option<ETag> {
    let digests: Option<Vec<[u8; 16]>> = parts.into_iter().map(ETag::as_md5).collect();
    let digests = digests?;
    let whole = u128::from_be_bytes(digest([&digests.concat().into()]));
    Some(format!("{whole:032x}-{}", digests.len()).parse().unwrap())
}

/// Whether two runs of bytes are equal, however they are cut.
pub(crate) fn equal(left: &[Bytes], right: &[Bytes]) -> bool {
    let (mut left, mut right) = (pieces(left), pieces(right));
    let (mut a, mut b) = (left.next(), right.next());
    while let (Some(x), Some(y)) = (&mut a, &mut b) {
        let len = x.len().min(y.len());
        let (head_x, head_y) = (x.split_to(len), y.split_to(len));
        if head_x.as_ptr() != head_y.as_ptr() && head_x != head_y {
            return false;
        }
        if x.is_empty() {
            a = left.next();
        }
        if y.is_empty() {
            b = right.next();
        }
    }
    a.is_none() && b.is_none()
}

fn pieces(chunks: &[Bytes]) -> impl Iterator<Item = Bytes> + '_ {
    chunks.iter().filter(|chunk| !chunk.is_empty()).cloned()
}

#[test]
fn bytes_are_equal_however_they_are_cut() {
    let mut dice = Dice::new(3);
    let content = Content::draw(3 * CELL + 5, &mut dice);
    let whole = content.range(ByteRange { offset: 0, len: content.len() });
    let (left, right) = (ByteRange { offset: 0, len: 7 }, ByteRange { offset: 7, len: content.len() - 7 });
    assert!(equal(&whole, &[content.range(left), content.range(right)].concat()));
    assert!(!equal(&whole, &content.range(right)) && !equal(&whole, &[]));
    let mut edited = content.clone();
    edited.edit(&mut dice);
    assert!(!equal(&whole, edited.all()) && etag(edited.all()) != etag(content.all()));
}
