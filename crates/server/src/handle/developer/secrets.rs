//! Secrets that developers sign connection and subscription tokens with.

use std::sync::Arc;

use base::SecretId;
use domain::developer::{Change, TokenSecret, name, secret as rules};

use super::{change, may_keep};
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::handle::{Login, admin};
use crate::problem::{Answer, Problem};
use crate::view::developer::{NewSecret, Secret, Secrets};

const TOO_MANY: &str = "There are too many secrets, or this one was rotated already.";

/// The secrets that a developer's HMAC token may be signed with at this moment, the newest first,
/// beside those of the configuration file. Cheap: from memory.
#[must_use]
pub fn current(app: &App) -> Vec<Arc<str>> {
    let now = clock::now();
    let secret = |secret: &TokenSecret| Arc::clone(&secret.secret);
    app.known
        .developer
        .read(|board| board.secrets(now).map(secret).collect())
}

/// Every secret that still holds, the newest first, without the secrets themselves.
///
/// # Errors
/// `forbidden`.
pub fn list(app: &App, login: &Login) -> Answer<Secrets> {
    may_keep(login)?;
    let now = clock::now();
    let secrets = app
        .known
        .developer
        .read(|board| board.secrets(now).map(Secret::from).collect());
    Ok(Secrets { secrets })
}

fn fresh(login: &Login, name: String) -> TokenSecret {
    TokenSecret {
        id: SecretId(clock::mint()),
        secret: secret::signing().into(),
        name,
        created_at: clock::now(),
        created_by: login.person.id,
        ends_at: None,
    }
}

/// Makes a secret. It is shown this once.
///
/// # Errors
/// `forbidden`, `bad_request` without a name, `conflict` when there are too many.
pub async fn create(app: &App, login: &Login, wanted: &str) -> Answer<NewSecret> {
    may_keep(login)?;
    let new = fresh(login, name(wanted)?);
    let entry = admin::entry(login, "secret.create", new.id, &new.name);
    change(app, Change::MakeSecret(new.clone()), entry, TOO_MANY).await?;
    Ok(NewSecret::from(&new))
}

/// Puts another secret in the place of one that still holds for `keep_s` seconds.
///
/// # Errors
/// `forbidden`, `not_found`, `conflict` when it was rotated before, `bad_request`.
pub async fn rotate(
    app: &App,
    login: &Login,
    id: SecretId,
    keep_s: Option<u64>,
) -> Answer<NewSecret> {
    may_keep(login)?;
    let now = clock::now();
    let old = app
        .known
        .developer
        .read(|board| board.secret(id).filter(|it| it.holds(now)).cloned())
        .ok_or_else(Problem::not_found)?;
    let old_ends_at = rules::rotate(now, &old, keep_s)?;
    let new = fresh(login, old.name);
    let rotate = Change::RotateSecret {
        old: id,
        old_ends_at,
        new: new.clone(),
    };
    let detail = format!("{} holds in its place", new.id);
    let entry = admin::entry(login, "secret.rotate", id, &detail);
    change(app, rotate, entry, TOO_MANY).await?;
    Ok(NewSecret::from(&new))
}

/// Revokes a secret: no token under it is taken from now on. Connections that are open stay until
/// their token ends.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn revoke(app: &App, login: &Login, id: SecretId) -> Answer<()> {
    may_keep(login)?;
    let entry = admin::entry(login, "secret.revoke", id, "");
    change(app, Change::RevokeSecret(id), entry, TOO_MANY).await?;
    Ok(())
}
