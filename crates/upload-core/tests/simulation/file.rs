//! The file that is uploaded, which people may write to at any moment, and the source that reads it as the CLI's does: a
//! range's first and last bytes are handed out only while the file is the one that was opened.

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use upload_core::{ByteRange, FileIdentity, Plan, Source, SourceError, proto::ETag};

use crate::{
    content::{self, Content},
    dice::Dice,
    world::World,
};

/// What the file system says of a file. Every change has a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    size: u64,
    modified: i64,
    changed: i64,
    inode: u64,
}

pub(crate) struct File {
    content: Content,
    stat: Stat,
    device: u64,
    /// Everything it ever was.
    versions: Vec<Content>,
}

/// What people do to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The time of its last change is set, and nothing else.
    Touch,
    /// Some bytes are written over.
    Overwrite,
    /// Some bytes are written over, and the time of its last change is set back.
    Hidden,
    /// It gets longer.
    Append,
    /// It gets shorter.
    Truncate,
    /// Another file takes its name.
    Replace,
}

impl File {
    pub(crate) fn draw(size: u64, dice: &mut Dice) -> Self {
        let content = Content::draw(size, dice);
        let stat = Stat { size, modified: 1, changed: 1, inode: 11 };
        Self { versions: vec![content.clone()], content, stat, device: 1 }
    }

    pub(crate) fn edit(&mut self, edit: Edit, dice: &mut Dice) {
        self.stat.changed += 1;
        self.stat.modified += i64::from(edit != Edit::Hidden);
        let size = self.stat.size;
        match edit {
            Edit::Touch => return,
            Edit::Overwrite | Edit::Hidden => self.content.edit(dice),
            Edit::Append => self.content = self.grown(dice.between(1, 2 * content::CELL), dice),
            Edit::Truncate => self.content = self.shrunk(dice.between(1, size)),
            Edit::Replace => {
                self.content = Content::draw(size, dice);
                self.stat.inode += 1;
            }
        }
        self.stat.size = self.content.len();
        self.versions.push(self.content.clone());
    }

    fn grown(&self, more: u64, dice: &mut Dice) -> Content {
        Content::of([self.content.all(), &[content::draw_cell(more, dice)]].concat())
    }

    fn shrunk(&self, size: u64) -> Content {
        Content::of(self.content.range(ByteRange { offset: 0, len: size }))
    }

    /// The machine was started anew: its devices may have other numbers.
    pub(crate) fn reboot(&mut self, dice: &mut Dice) {
        self.device = dice.between(1, 2);
    }

    pub(crate) fn is_now(&self, bytes: &[Bytes]) -> bool {
        content::equal(self.content.all(), bytes)
    }

    pub(crate) fn ever_was(&self, bytes: &[Bytes]) -> bool {
        self.versions.iter().any(|version| content::equal(version.all(), bytes))
    }

    fn check(&self, then: &Stat) -> Result<(), SourceError> {
        if self.stat == *then {
            Ok(())
        } else {
            Err(SourceError::Changed(format!("{then:?} is {:?}", self.stat)))
        }
    }
}

/// The file as a process has opened it.
#[derive(Clone)]
pub(crate) struct OpenFile {
    world: World,
    stat: Stat,
}

impl OpenFile {
    pub(crate) fn open(world: &World) -> Self {
        Self { world: world.clone(), stat: world.state().file.stat }
    }

    pub(crate) fn identity(&self) -> FileIdentity {
        let state = self.world.state();
        FileIdentity {
            path: "/home/user/a.csv".into(),
            size: self.stat.size,
            modified: Some(self.stat.modified),
            changed: Some(self.stat.changed),
            device: Some(state.file.device),
            inode: Some(self.stat.inode),
            sampled_sha256: state.file.content.sample(),
        }
    }

    /// Whether every stored part has the bytes that stand in the file now.
    pub(crate) fn holds_parts(&self, plan: Plan, etags: &[Option<ETag>]) -> bool {
        let state = self.world.state();
        plan.part_numbers().zip(etags).all(|(part, etag)| {
            let Some(etag) = etag else { return true };
            etag.as_md5() == Some(content::digest(&state.file.content.range(plan.range(part))))
        })
    }
}

impl Source for OpenFile {
    fn len(&self) -> u64 {
        self.stat.size
    }

    fn open(&self, range: ByteRange) -> BoxStream<'static, Result<Bytes, SourceError>> {
        let this = self.clone();
        let chunks = stream::unfold(Some(range.offset), move |next| {
            let chunk = next
                .filter(|offset| *offset < range.end())
                .map(|offset| this.read(range.offset, offset, range.end()));
            std::future::ready(chunk)
        });
        chunks.boxed()
    }
}

impl OpenFile {
    /// One chunk of a range, and where the next one begins.
    fn read(&self, begins: u64, offset: u64, end: u64) -> (Result<Bytes, SourceError>, Option<u64>) {
        let state = self.world.state();
        let Some(chunk) = state.file.content.chunk(offset, end) else {
            return (Err(SourceError::Changed("it has become shorter".into())), None);
        };
        let next = offset + chunk.len() as u64;
        if (next == end || offset == begins)
            && let Err(changed) = state.file.check(&self.stat)
        {
            return (Err(changed), None);
        }
        (Ok(chunk), Some(next))
    }
}
