//! The line to a participant's socket: a bounded queue, read by a task beside the socket.
//!
//! What many are told is one [`Word`], written once for each encoding, by whoever needs it first.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use domain::call::{LeaveAction, LeaveReason, Refused, Told, Welcome};
use tokio::sync::mpsc;

use base::limits::LIVEKIT_ANSWERS_WAITING_MAX;

/// How many encodings there are.
const ENCODINGS: usize = 2;

/// Something that participants are told.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) told: Told,
    written: [OnceLock<Bytes>; ENCODINGS],
}

impl Word {
    pub(super) fn new(told: Told) -> Arc<Self> {
        let written = Default::default();
        Arc::new(Self { told, written })
    }

    /// As it goes out in an encoding (0 or 1); written by `write` the first time.
    pub(crate) fn written(&self, encoding: usize, write: impl FnOnce(&Told) -> Bytes) -> Bytes {
        match self.written.get(encoding) {
            Some(written) => written.get_or_init(|| write(&self.told)).clone(),
            None => write(&self.told),
        }
    }
}

/// An offer or an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) sdp: String,
    /// The number that belongs to it: an answer has that of its offer.
    pub(crate) id: u32,
    /// What each section carries.
    pub(crate) tracks: Vec<(String, String)>,
}

/// What goes to a participant's socket.
#[derive(Debug)]
pub(crate) enum Sent {
    /// They are in the call.
    Joined(Box<Welcome>),
    /// They are back. Of their reliable packets this was the last one that came.
    Resumed(Box<Welcome>, u32),
    /// They are not in the call.
    Refused(Refused),
    /// They were in no such call, or not any more: they do this.
    Unknown(LeaveReason, LeaveAction),
    /// What others are told as well.
    Word(Arc<Word>),
    /// The answer to their offer.
    Answer(Description),
    /// An offer to them.
    Offer(Description),
    /// They are to offer so many more sections, or the same ones again.
    Sections { audios: u32, videos: u32 },
}

/// The end of the line where things are told. The socket closes when it is dropped, after what was
/// told.
pub(crate) type Line = mpsc::Sender<Sent>;

/// A new line.
pub(crate) fn line() -> (Line, mpsc::Receiver<Sent>) {
    mpsc::channel(LIVEKIT_ANSWERS_WAITING_MAX)
}
