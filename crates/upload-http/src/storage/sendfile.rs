//! Bodies that the operating system sends from their file, past this process.
//!
//! HTTP is given [stand-ins](super::stand_in) of the bytes. The socket knows them, and in their place has the operating
//! system send that part of the file (`sendfile(2)`). Should a stand-in ever get past the socket, the file has not sent as
//! many bytes as the body has, and the part does not count as stored.

use std::{
    fs::File,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
};

use tokio::net::TcpStream;
use upload_core::{ByteRange, Origin, PartBody, SourceError};

use super::stand_in::{SLICE, StandIns};
use crate::{
    file_source::Opened,
    range_reader::{Ranged, read_exact_at, shorter},
};

/// What is read at once where the operating system cannot send from this file, or has not got it in memory, in bytes.
pub(super) const COPIED: usize = 64 * 1024;

/// One body's way from its file to the socket.
#[derive(Debug)]
pub(super) struct Lane {
    file: Arc<Opened>,
    range: ByteRange,
    /// Told of what is sent.
    origin: Origin,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The end of what the connection was given stand-ins for.
    handed: u64,
    /// The end of what was sent.
    sent: u64,
    trouble: Option<SourceError>,
}

impl Lane {
    /// The way of this body, where it can go past this process: it is of a file, and nobody wants to see its bytes. What the
    /// connection is given instead is the second of the two.
    pub(super) fn of(body: &mut PartBody) -> Option<(Arc<Self>, PartBody)> {
        let is_worth_it = cfg!(target_os = "linux") && body.len() >= SLICE as u64;
        let origin = body.take_origin().filter(|_| is_worth_it)?;
        let file = origin.handle::<Opened>()?;
        if !file.sends_itself().load(Relaxed) || !file.reads_now().load(Relaxed) {
            return None;
        }
        let range = origin.range();
        let state = State { handed: range.offset, sent: range.offset, trouble: None };
        let lane = Arc::new(Self { file, range, origin, state: Mutex::new(state) });
        let stand_ins = StandIns::new(lane.clone());
        Some((lane, PartBody::new(range.len, Box::pin(stand_ins))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends some of the next `most` bytes.
    ///
    /// # Errors
    /// The socket's; or the file's, which [`trouble`](Self::trouble) then tells.
    pub(super) fn send(&self, socket: &TcpStream, most: usize) -> io::Result<usize> {
        let mut state = self.state();
        let handed = usize::try_from(state.handed - state.sent).unwrap_or(usize::MAX);
        let most = most.min(handed);
        if most == 0 {
            return Err(io::Error::other("more is to be sent than was handed over"));
        }
        let sent = match self.file.sends_itself().load(Relaxed) {
            true => send_file(socket, self.file.file(), state.sent, most),
            false => self.copy(socket, &mut state, most),
        };
        let sent = match sent {
            // Not from this file or file system, or not now. That costs nothing but a copy, which finds out what is wrong where
            // something is.
            Err(error) if !is_the_sockets(&error) => {
                self.file.sends_itself().store(false, Relaxed);
                self.copy(socket, &mut state, most)
            }
            other => other,
        };
        match sent {
            Ok(0) => {
                state.trouble = Some(shorter());
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Ok(bytes) => {
                state.sent += bytes as u64;
                drop(state);
                self.origin.count(bytes as u64);
                Ok(bytes)
            }
            Err(error) => Err(error),
        }
    }

    fn copy(&self, socket: &TcpStream, state: &mut State, most: usize) -> io::Result<usize> {
        let mut bytes = vec![0; most.min(COPIED)];
        match read_exact_at(self.file.file(), &mut bytes, state.sent) {
            Ok(()) => socket.try_write(&bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            Err(error) => {
                state.trouble = Some(SourceError::Io(error));
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        }
    }

    /// Which bytes the connection is given stand-ins for next: where they are, and how many. None are left of the last.
    pub(super) fn next_slice(&self) -> (u64, usize) {
        let handed = self.state().handed;
        (handed, usize::try_from(self.range.end() - handed).unwrap_or(usize::MAX).min(SLICE))
    }

    /// The connection is given stand-ins for the next bytes. As for bytes that are copied: a part of a file that has changed is
    /// not worth its way, and not to be completed.
    ///
    /// # Errors
    /// When the file has changed since it was opened.
    pub(super) fn hand_over(&self, bytes: usize) -> Result<(), SourceError> {
        let begin = self.state().handed;
        let end = begin + bytes as u64;
        if begin == self.range.offset || end == self.range.end() {
            self.file.check()?;
        }
        self.state().handed = end;
        Ok(())
    }

    pub(super) fn file(&self) -> &Arc<Opened> {
        &self.file
    }

    /// What is wrong with the file, if anything.
    pub(super) fn trouble(&self) -> Option<SourceError> {
        self.state().trouble.take()
    }

    /// Whether a part that the storage says it has is the one that the file holds. What is sent from a file is not copied: its
    /// bytes can change until the storage has them.
    ///
    /// # Errors
    /// When the file has changed since it was opened.
    pub(super) fn has_sent_all(&self) -> Result<bool, SourceError> {
        self.file.check()?;
        Ok(self.state().sent == self.range.end())
    }
}

#[cfg(target_os = "linux")]
fn send_file(socket: &TcpStream, file: &File, mut offset: u64, most: usize) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| rustix::fs::sendfile(socket, file, Some(&mut offset), most))?)
}

#[cfg(not(target_os = "linux"))]
fn send_file(_: &TcpStream, _: &File, _: u64, _: usize) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether this is about the connection, which a copy would be told, too. Anything else is about the file, or about `sendfile(2)`
/// itself: file systems and filters of system calls have their own words for "not here".
fn is_the_sockets(error: &io::Error) -> bool {
    use io::ErrorKind as Is;
    matches!(
        error.kind(),
        Is::WouldBlock
            | Is::BrokenPipe
            | Is::ConnectionReset
            | Is::ConnectionAborted
            | Is::NotConnected
            | Is::TimedOut
            | Is::HostUnreachable
            | Is::NetworkUnreachable
            | Is::NetworkDown
    )
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::Write as _;

    use tokio::{io::AsyncReadExt, net::TcpListener};
    use upload_core::Source as _;

    use super::*;
    use crate::FileSource;

    fn lane() -> (tempfile::NamedTempFile, Vec<u8>, Arc<Lane>, PartBody) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut content = vec![0; SLICE + COPIED + 5];
        fastrand::Rng::with_seed(1).fill(&mut content);
        file.write_all(&content).unwrap();
        let source = FileSource::open(file.path()).unwrap();
        let mut body = PartBody::of(&source, ByteRange { offset: 0, len: source.len() });
        let (lane, stand_ins) = Lane::of(&mut body).unwrap();
        (file, content, lane, stand_ins)
    }

    #[tokio::test]
    async fn where_the_system_cannot_send_from_a_file_it_is_copied() {
        let (_file, content, lane, mut stand_ins) = lane();
        lane.file.sends_itself().store(false, Relaxed);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sender = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut receiver, _) = listener.accept().await.unwrap();
        let sending = async {
            while let Some(stand_in) = futures::StreamExt::next(&mut stand_ins).await {
                let mut left = stand_in.unwrap().len();
                while left > 0 {
                    sender.writable().await.unwrap();
                    left -= match lane.send(&sender, left) {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                        sent => sent.unwrap(),
                    };
                }
            }
            assert!(lane.has_sent_all().unwrap());
            drop(sender);
        };
        let mut received = Vec::new();
        let (read, ()) = tokio::join!(receiver.read_to_end(&mut received), sending);
        assert_eq!(read.unwrap(), content.len());
        assert!(received == content);
    }

    #[tokio::test]
    async fn no_more_is_sent_than_was_handed_over() {
        let (_file, _, lane, _stand_ins) = lane();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sender = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        assert_eq!(lane.send(&sender, 1).unwrap_err().kind(), io::ErrorKind::Other);
        assert!(!lane.has_sent_all().unwrap());
    }

    #[test]
    fn only_what_is_said_of_the_connection_is_not_tried_again_by_copying() {
        use rustix::io::Errno;
        for errno in [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::PERM, Errno::NOMEM, Errno::IO] {
            assert!(!is_the_sockets(&errno.into()), "{errno:?}");
        }
        for errno in [Errno::PIPE, Errno::CONNRESET, Errno::AGAIN, Errno::TIMEDOUT, Errno::HOSTUNREACH] {
            assert!(is_the_sockets(&errno.into()), "{errno:?}");
        }
    }

    #[tokio::test]
    async fn bytes_count_when_they_are_sent() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![7; SLICE]).unwrap();
        let source = FileSource::open(file.path()).unwrap();
        let counted = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let counter = counted.clone();
        let body = PartBody::of(&source, ByteRange { offset: 0, len: source.len() });
        let mut body = body.counted(move |bytes| {
            counter.fetch_add(bytes, Relaxed);
        });
        let (lane, mut stand_ins) = Lane::of(&mut body).unwrap();
        let len = futures::StreamExt::next(&mut stand_ins).await.unwrap().unwrap().len();
        assert_eq!((len, counted.load(Relaxed)), (SLICE, 0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sender = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        sender.writable().await.unwrap();
        let sent = lane.send(&sender, 1000).unwrap();
        assert_eq!(counted.load(Relaxed), sent as u64);
    }
}
