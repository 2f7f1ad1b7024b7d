//! What goes wrong below the store: a disk, a file, a database. Never a refusal of the rules.
//!
//! Every read answers with [`Fault`]; the writer keeps [`Stop`] to itself and turns it into an
//! [`crate::Outcome`]. Nobody outside classifies database errors a second time.

use base::Code;
use sea_orm::{DbErr, RuntimeErr};
use thiserror::Error;

/// The disk or the database failed. Log it once, answer `Code::Fault`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind}: {detail}")]
pub struct Fault {
    /// What to do about it.
    pub kind: FaultKind,
    /// What the database said, for the log; never for a client.
    pub detail: String,
}

/// What kind of fault it is: the writer behaves differently after each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FaultKind {
    /// No room on the disk. Reading works; what erases may still be written.
    #[error("the disk is full")]
    DiskFull,
    /// A read, write or sync failed, or the file is damaged: what is on disk is unknown.
    #[error("the disk failed")]
    DiskFailed,
    /// The database refused a statement for another reason; nothing of it was written.
    #[error("the database failed")]
    Database,
    /// Data that this version can not read.
    #[error("the stored data can not be read")]
    Data,
}

impl Fault {
    pub(crate) fn data(detail: impl Into<String>) -> Self {
        Self {
            kind: FaultKind::Data,
            detail: detail.into(),
        }
    }
}

/// The primary result codes of SQLite that are told apart (<https://sqlite.org/rescode.html>).
const SQLITE_IOERR: u32 = 10;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_NOTADB: u32 = 26;

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    if let DbErr::Conn(RuntimeErr::SqlxError(inner))
    | DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner)) = error
    {
        Some(inner)
    } else {
        None
    }
}

pub(crate) fn kind_of(error: &sqlx::Error) -> FaultKind {
    let code = error
        .as_database_error()
        .and_then(|e| e.code())
        .and_then(|code| code.parse::<u32>().ok())
        .map(|extended| extended & 0xff);
    match code {
        Some(SQLITE_FULL) => FaultKind::DiskFull,
        Some(SQLITE_IOERR | SQLITE_CORRUPT | SQLITE_NOTADB) => FaultKind::DiskFailed,
        _ => FaultKind::Database,
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        let kind = sqlx_error(&error).map_or(FaultKind::Database, kind_of);
        Self {
            kind,
            detail: error.to_string(),
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self {
            kind: kind_of(&error),
            detail: error.to_string(),
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        let kind = if error.kind() == std::io::ErrorKind::StorageFull {
            FaultKind::DiskFull
        } else {
            FaultKind::DiskFailed
        };
        Self {
            kind,
            detail: error.to_string(),
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::data(error.to_string())
    }
}

/// Why a command was not carried out. A refusal always comes before the command's first write, so
/// that the transaction it shares with others can go on.
#[derive(Debug)]
pub(crate) enum Stop {
    Refused(Code),
    Fault(Fault),
}

impl From<Code> for Stop {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

impl<E: Into<Fault>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}
