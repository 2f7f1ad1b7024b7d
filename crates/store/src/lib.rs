//! Plaza's data on disk: the room logs and what is materialised beside them, in one database.
//!
//! [`Store`] reads, [`Writer`] writes; nothing else touches the database. It checks again inside
//! its transactions what may have moved since a decision was made, and never decides anything
//! else. It has no clock and no randomness of its own. `server` alone calls it.

mod audit;
pub mod backup;
mod ballast;
mod call;
mod command;
mod connection;
#[cfg(feature = "contract")]
pub mod contract;
mod count;
mod developer;
mod event;
mod fault;
mod file;
mod head;
mod hot;
mod integrity;
mod invite;
mod member;
mod migrate;
mod open;
mod person;
mod remembered;
mod room;
mod rule;
pub mod search;
mod session;
mod setting;
mod sql;
mod table;
mod token;
mod transaction;
mod view;
mod visitor;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sea_orm::DatabaseConnection;

pub use audit::AuditEntry;
pub use call::NoteCall;
pub use command::{Appended, Command, Done, Entered, Outcome, Recounted};
pub use count::Counts;
pub use developer::outbox::{CONFIGURED, OutboxCommand, OutboxCursor, OutboxEvent, OutboxRow};
pub use event::{Log, Page, Window};
pub use fault::{Fault, FaultKind};
pub use invite::AcceptInvite;
pub use member::{LetSpeak, MarkRead, ReadMark, SetPreferences};
pub use open::{OpenError, Options};
pub use person::{PasswordBy, SetPassword, UpdatePerson};
pub use remembered::Remembered;
pub use room::{CreateRoom, RoomCreated};
pub use session::StartSession;
pub use setting::{Place, SetUp};
pub use view::{LastMessage, Mine, RoomView};
pub use writer::{Checkpoint, Writer, WriterState};

/// The readers of a data directory. Cheap to clone; every clone reads what was committed.
#[derive(Debug, Clone)]
pub struct Store {
    dir: Arc<Path>,
    readers: DatabaseConnection,
}

impl Store {
    fn new(dir: &Path, readers: DatabaseConnection) -> Self {
        Self {
            dir: Arc::from(dir),
            readers,
        }
    }

    /// The data directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where uploaded files lie, each under the hash of its bytes. Written by `server`.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.dir.join(open::BLOBS_FOLDER)
    }

    /// Closes the readers.
    pub async fn close(self) {
        if let Err(error) = self.readers.close().await {
            tracing::warn!(%error, "the reading connections did not close");
        }
    }
}
