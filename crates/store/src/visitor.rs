//! The visitor: the one account that the server makes for itself. Its id is a setting.

use base::PersonId;
use domain::auth::Person;

use crate::fault::Stop;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store, person, setting};

const VISITOR: &str = "visitor";

/// Makes the account, or answers with the one that is there.
pub(crate) async fn add(tx: &Transaction, new: &Person) -> Result<Outcome, Stop> {
    if let Some(id) = setting::value(tx, VISITOR).await?
        && let Some(there) = person::by_id(tx, read(&id)?).await?
    {
        return Ok(Outcome::Duplicate(Done::Person(there)));
    }
    person::insert(tx, new).await?;
    setting::put(tx, VISITOR, &new.id.to_string()).await?;
    Ok(Outcome::Done(Done::Person(new.clone())))
}

fn read(id: &str) -> Result<PersonId, Fault> {
    id.parse()
        .map_err(|_| Fault::data("the visitor is no person"))
}

impl Store {
    /// The visitor's account, none before it was needed.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn visitor(&self) -> Result<Option<PersonId>, Fault> {
        let id = self.setting(VISITOR).await?;
        id.as_deref().map(read).transpose()
    }
}
