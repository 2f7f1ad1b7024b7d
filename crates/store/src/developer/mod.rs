//! What operators keep for developers, in the database: keys, token secrets, bans, revocations,
//! webhooks, and the outbox of events on their way to webhooks.
//!
//! Checks again inside the transaction how many there are; decides nothing else.

mod ban;
mod key;
pub(crate) mod outbox;
mod revocation;
mod row;
mod secret;
mod webhook;

use std::sync::Arc;

use domain::developer::Change;

use crate::fault::Stop;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store};

/// Carries out a change. `Conflict`: the id is taken, or there are too many. `NotFound`: there is
/// nothing to take away.
pub(crate) async fn apply(tx: &Transaction, change: &Arc<Change>) -> Result<Outcome, Stop> {
    match &**change {
        Change::MakeKey(new) => key::make(tx, new).await?,
        Change::RevokeKey(id) => key::revoke(tx, *id).await?,
        Change::UseKey(id, at) => key::touch(tx, *id, *at).await?,
        Change::MakeSecret(new) => secret::make(tx, new).await?,
        Change::RotateSecret {
            old,
            old_ends_at,
            new,
        } => secret::rotate(tx, (*old, *old_ends_at), new).await?,
        Change::RevokeSecret(id) => secret::revoke(tx, *id).await?,
        Change::Ban(new) => ban::put(tx, new).await?,
        Change::Lift(id) => ban::lift(tx, *id).await?,
        Change::Revoke(new) => revocation::put(tx, new).await?,
        Change::Unrevoke(id) => revocation::delete(tx, *id).await?,
        Change::PutWebhook(hook) => webhook::put(tx, hook).await?,
        Change::DeleteWebhook(id) => webhook::delete(tx, *id).await?,
    }
    Ok(Outcome::Done(Done::Developer(change.clone())))
}

impl Store {
    /// Everything that operators keep for developers, as the changes that make it: what a board in
    /// memory begins with.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn developer(&self) -> Result<Vec<Change>, Fault> {
        let mut all = Vec::new();
        let readers = &self.readers;
        all.extend(key::all(readers).await?.into_iter().map(Change::MakeKey));
        let secrets = secret::all(readers).await?;
        all.extend(secrets.into_iter().map(Change::MakeSecret));
        all.extend(ban::all(readers).await?.into_iter().map(Change::Ban));
        let revocations = revocation::all(readers).await?;
        all.extend(revocations.into_iter().map(Change::Revoke));
        let webhooks = webhook::all(readers).await?;
        all.extend(webhooks.into_iter().map(Change::PutWebhook));
        Ok(all)
    }
}
