//! Whether the database holds together: asked by operators, never on the way of a request.

use sea_orm::{DbBackend, Statement};

use crate::sql::Database as _;
use crate::{Fault, Store};

impl Store {
    /// Reads the whole database and checks it; `None` when it is whole, else the first damage.
    ///
    /// # Errors
    /// [`Fault`] when it can not even be read.
    pub async fn integrity(&self) -> Result<Option<String>, Fault> {
        let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check(1)");
        let row = self.readers.query_one_raw(check).await?;
        let verdict = row.map(|row| row.at::<String>(0)).transpose()?;
        Ok(verdict.filter(|verdict| verdict != "ok"))
    }
}
