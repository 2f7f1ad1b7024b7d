//! What happened, as the clients saw it: one line of JSON per entry, in the order of its clock.
//!
//! Written while the server is being killed, read by [`crate::checker`]. Times are microseconds of
//! one monotonic clock.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::event::Event;

/// Where a subscriber stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Which history of the room.
    pub epoch: String,
    /// The last event seen.
    pub seq: u64,
}

/// What a client wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Intent {
    /// A message.
    Post {
        /// The client's own id.
        client_id: String,
        /// The text.
        text: String,
    },
    /// Another text.
    Edit {
        /// Of which message.
        target: u64,
        /// The text.
        text: String,
    },
    /// A message gone.
    Delete {
        /// Which.
        target: u64,
    },
    /// A reaction.
    React {
        /// On which message.
        target: u64,
        /// The emoji.
        emoji: String,
    },
    /// A read mark.
    Read {
        /// Up to where.
        seq: u64,
    },
    /// Somebody out of the room.
    Remove {
        /// Whom.
        user: String,
    },
}

/// How a member stands to a room, read back at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Who.
    pub person: String,
    /// Their read mark.
    pub read_seq: u64,
    /// Unread messages as the server counts them.
    pub unread: u64,
    /// Unread mentions as the server counts them.
    pub mentions: u64,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Entry {
    /// A client sends a command.
    Invoke {
        /// When.
        at_us: u64,
        /// Its number.
        op: u64,
        /// Who.
        person: String,
        /// Where.
        room: String,
        /// What.
        intent: Intent,
    },
    /// The server says it is done.
    Ok {
        /// When.
        at_us: u64,
        /// Which command.
        op: u64,
        /// The event's number, where the answer tells one.
        seq: Option<u64>,
        /// The room's epoch, where the answer tells it.
        epoch: Option<String>,
    },
    /// The server says no.
    Refused {
        /// When.
        at_us: u64,
        /// Which command.
        op: u64,
        /// Why.
        code: String,
    },
    /// The connection broke before an answer.
    Unknown {
        /// When.
        at_us: u64,
        /// Which command.
        op: u64,
    },
    /// A subscription begins.
    Subscribed {
        /// When the answer came.
        at_us: u64,
        /// When the client asked.
        sent_us: u64,
        /// The number of this subscription; its deliveries name it.
        stream: u64,
        /// Who.
        person: String,
        /// Where.
        room: String,
        /// From where it asked to recover, if it did.
        asked: Option<Cursor>,
        /// Whether the server says that nothing is missing.
        recovered: bool,
        /// The epoch and offset in the answer: with `recovered` the cursor it asked with (what was
        /// missed follows it), otherwise the head of the room.
        head: Cursor,
        /// How many publications came with the answer; they are the first deliveries.
        replayed: u64,
    },
    /// A publication arrives.
    Delivered {
        /// When.
        at_us: u64,
        /// In which subscription.
        stream: u64,
        /// The publication's offset.
        offset: u64,
        /// The event in it.
        event: Event,
    },
    /// A page of history was read.
    Page {
        /// When.
        at_us: u64,
        /// Of which room.
        room: String,
        /// Its epoch and head.
        head: Cursor,
        /// The events.
        events: Vec<Event>,
    },
    /// The server was killed.
    Killed {
        /// When.
        at_us: u64,
        /// The round.
        round: u64,
    },
    /// All of a room, read back after everything.
    Final {
        /// When.
        at_us: u64,
        /// Which room.
        room: String,
        /// Its epoch and head.
        head: Cursor,
        /// Every event that history shows.
        events: Vec<Event>,
        /// Its members.
        members: Vec<Standing>,
        /// Subscriptions that were open until now: they must have reached the head.
        open_streams: Vec<u64>,
    },
}

/// A history being written.
#[derive(Debug)]
pub struct Recorder {
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: BufWriter<File>,
    entries: Vec<Entry>,
    next: u64,
    error: Option<std::io::Error>,
}

impl Recorder {
    /// Begins a history in a file.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> std::io::Result<Self> {
        let file = BufWriter::new(File::create(path)?);
        let state = State {
            file,
            entries: Vec::new(),
            next: 0,
            error: None,
        };
        Ok(Self {
            began: Instant::now(),
            state: Mutex::new(state),
        })
    }

    /// A number that nothing else in this history has.
    pub fn number(&self) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.next += 1;
        state.next
    }

    /// The time on the clock of this history, in microseconds.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Writes an entry. `entry` is handed the time, so that the order of the file is the order of
    /// the clock.
    pub fn record(&self, entry: impl FnOnce(u64) -> Entry) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entry(self.now_us());
        let written = serde_json::to_writer(&mut state.file, &entry)
            .map_err(std::io::Error::from)
            .and_then(|()| state.file.write_all(b"\n"));
        if let Err(error) = written {
            state.error.get_or_insert(error);
        }
        state.entries.push(entry);
    }

    /// Everything that was recorded.
    ///
    /// # Errors
    /// Something could not be written to the file.
    pub fn finish(&self) -> std::io::Result<Vec<Entry>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        state.file.flush()?;
        Ok(std::mem::take(&mut state.entries))
    }
}

/// Reads a history back from its file.
///
/// # Errors
/// The file cannot be read or is not a history.
pub fn read(path: &Path) -> std::io::Result<Vec<Entry>> {
    BufReader::new(File::open(path)?)
        .lines()
        .map(|line| serde_json::from_str(&line?).map_err(std::io::Error::from))
        .collect()
}
