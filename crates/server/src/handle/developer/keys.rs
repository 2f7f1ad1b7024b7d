//! Keys for the server HTTP API.

use base::{KeyId, UnixMs};
use domain::developer::{ApiKey, Change, name};
use store::Command;
use subtle::ConstantTimeEq;

use super::{change, may_keep};
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::handle::{Login, admin, submit};
use crate::problem::{Answer, Problem};
use crate::view::developer::{Key, Keys, NewKey};

/// The id that stands for every key of the configuration file.
pub const CONFIGURED: KeyId = KeyId(0);

const TOO_MANY: &str = "There are too many keys. Revoke some first.";

/// The keys of the configuration file as they are compared.
#[must_use]
pub fn configured(keys: &[String]) -> Vec<[u8; 32]> {
    keys.iter().map(|key| secret::hash(key)).collect()
}

/// Whether a key is good, and which one it is ([`CONFIGURED`] for one of the file). Cheap: looks
/// into memory, and notes at most once an hour that the key was used.
///
/// # Errors
/// `unauthenticated`.
pub fn verify(app: &App, key: &str) -> Answer<KeyId> {
    let hash = secret::hash(key);
    let same = |other: &[u8; 32]| bool::from(other.ct_eq(&hash));
    if app.configured_keys.iter().any(same) {
        return Ok(CONFIGURED);
    }
    let now = clock::now();
    let found = app
        .known
        .developer
        .read(|board| board.key(&hash).map(|key| (key.id, key.is_note_due(now))));
    let Some((id, is_note_due)) = found else {
        return Err(Problem::unauthenticated());
    };
    if is_note_due {
        note_use(app, id, now);
    }
    Ok(id)
}

fn note_use(app: &App, id: KeyId, now: UnixMs) {
    let used = Change::UseKey(id, now);
    // In memory at once, so that one use is noted once; nobody waits for the disk.
    app.known.developer.apply(&used);
    let _ = submit(app, Command::Developer(used.into()));
}

/// Every key, the newest first.
///
/// # Errors
/// `forbidden`.
pub fn list(app: &App, login: &Login) -> Answer<Keys> {
    may_keep(login)?;
    let mut keys = app
        .known
        .developer
        .read(|board| board.keys().map(Key::from).collect::<Vec<_>>());
    keys.sort_unstable_by_key(|key| std::cmp::Reverse(key.id));
    Ok(Keys { keys })
}

/// Makes a key. It is shown this once.
///
/// # Errors
/// `forbidden`, `bad_request` without a name, `conflict` when there are too many.
pub async fn create(app: &App, login: &Login, wanted: &str) -> Answer<NewKey> {
    may_keep(login)?;
    let name = name(wanted)?;
    let secret = secret::api_key();
    let key = ApiKey {
        id: KeyId(clock::mint()),
        secret_hash: secret::hash(&secret),
        name,
        created_at: clock::now(),
        created_by: login.person.id,
        last_used_at: None,
    };
    let entry = admin::entry(login, "key.create", key.id, &key.name);
    change(app, Change::MakeKey(key.clone()), entry, TOO_MANY).await?;
    Ok(NewKey {
        key: secret,
        id: key.id,
        name: key.name,
        created_at: key.created_at,
    })
}

/// Revokes a key, at once.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn revoke(app: &App, login: &Login, id: KeyId) -> Answer<()> {
    may_keep(login)?;
    let entry = admin::entry(login, "key.revoke", id, "");
    change(app, Change::RevokeKey(id), entry, TOO_MANY).await?;
    Ok(())
}
