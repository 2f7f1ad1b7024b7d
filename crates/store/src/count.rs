//! How much there is: for the health page and for checking backups.

use sea_orm::TransactionTrait as _;

use crate::sql::{Database, count, statement};
use crate::{Fault, Store};

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// People, deactivated ones too.
    pub people: u64,
    /// Rooms, archived ones too.
    pub rooms: u64,
    /// Messages, deleted ones too.
    pub messages: u64,
    /// The size of the database and its write-ahead log.
    pub data_bytes: u64,
}

/// Counts without reading every message: each room knows how many it counted.
pub(crate) async fn counts(connection: &impl Database) -> Result<Counts, Fault> {
    let one = |sql: &str| statement(sql, Vec::new());
    Ok(Counts {
        people: count(connection, one("SELECT count(*) FROM person")).await?,
        rooms: count(connection, one("SELECT count(*) FROM room")).await?,
        messages: count(
            connection,
            one("SELECT coalesce(sum(msg_seq), 0) FROM head"),
        )
        .await?,
        data_bytes: 0,
    })
}

impl Store {
    /// How much there is.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn counts(&self) -> Result<Counts, Fault> {
        let tx = self.readers.begin().await?;
        let counts = counts(&tx).await?;
        let size = |name: &str| std::fs::metadata(self.dir().join(name)).map_or(0, |f| f.len());
        let wal = format!("{}-wal", crate::open::DATABASE_FILE);
        Ok(Counts {
            data_bytes: size(crate::open::DATABASE_FILE) + size(&wal),
            ..counts
        })
    }
}
