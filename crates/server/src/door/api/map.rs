//! The methods about maps.

use std::sync::Arc;

use domain::hub::Position;
use domain::hub::map::{Suppressed, Version, Write};
use serde_json::{Value, json};
use wire::centrifugo::ErrorCode;

use super::answer::{Done, Entries};
use super::call::json_of;
use super::request::{MapPublish, MapReadState, MapReadStream, MapRemove, OneChannel};
use crate::app::App;
use crate::clock;
use crate::door::backend::Refused;
use crate::handle::channels::maps::{self, Outcome, Reading, Removing, Setting};
use crate::handle::channels::serve::HistoryQuery;

/// Why nothing was changed, as the API's clients know it.
const fn reason(suppressed: Suppressed) -> &'static str {
    match suppressed {
        Suppressed::KeyExists => "key_exists",
        Suppressed::KeyNotFound => "key_not_found",
        Suppressed::Version => "version",
    }
}

/// The reason when the same call was carried out before.
const AGAIN: &str = "idempotency";

/// Carries a change out, or tells what came of the same one before.
fn once(
    app: &App,
    place: (&str, &str),
    change: impl FnOnce() -> Result<Outcome, Refused>,
) -> Result<Value, Refused> {
    let mut again = true;
    let outcome = app.map_changes.once(clock::now(), place, || {
        again = false;
        change()
    })?;
    let mut told = json!({"offset": outcome.position.top, "epoch": &*outcome.position.epoch});
    let why = outcome.suppressed.map(reason);
    if let Some(why) = why.or(again.then_some(AGAIN)) {
        told["suppressed"] = true.into();
        told["suppress_reason"] = why.into();
    }
    Ok(told)
}

/// Sets the value of a key.
pub(super) fn publish(app: &App, request: MapPublish<'_>) -> Result<Value, Refused> {
    let data = json_of(request.data, &request.b64data)?.ok_or(ErrorCode::BadRequest)?;
    let setting = Setting {
        key: request.key,
        data,
        stream_data: json_of(request.stream_data, &request.b64stream_data)?,
        tags: request.tags.into_iter().collect(),
        delta: request.delta,
        write: Write {
            mode: maps::key_mode(&request.key_mode)?,
            version: Version {
                number: request.version,
                epoch: request.version_epoch.into(),
            },
            score: request.score,
        },
        ..Setting::default()
    };
    let place = (&*request.channel, &*request.idempotency_key);
    once(app, place, || maps::set(app, &request.channel, setting))
}

/// Removes a key.
pub(super) fn remove(app: &App, request: MapRemove) -> Result<Value, Refused> {
    let removing = Removing {
        key: request.key,
        tags: request.tags.into_iter().collect(),
        ..Removing::default()
    };
    let place = (&*request.channel, &*request.idempotency_key);
    once(app, place, || maps::remove(app, &request.channel, removing))
}

/// A position, when one is named.
fn position(offset: u64, epoch: String) -> Option<Position> {
    let named = offset > 0 || !epoch.is_empty();
    named.then(|| Position {
        epoch: Arc::from(epoch),
        top: offset,
    })
}

/// A page of the entries.
pub(super) fn read_state(app: &App, request: MapReadState) -> Result<Entries, Refused> {
    let reading = Reading {
        key: request.key,
        cursor: request.cursor,
        limit: request.limit,
        ascending: request.asc,
        since: position(request.revision_offset, request.revision_epoch),
    };
    maps::read_state(app, &request.channel, &reading).map(Entries::new)
}

/// A page of the changes.
pub(super) fn read_stream(app: &App, request: &MapReadStream) -> Result<Entries, Refused> {
    let query = HistoryQuery {
        since: position(request.since_offset, request.since_epoch.clone()),
        limit: request.limit,
        reverse: request.reverse,
    };
    maps::read_stream(app, &request.channel, &query).map(Entries::new)
}

/// How many keys there are.
pub(super) fn stats(app: &App, request: &OneChannel) -> Result<Value, Refused> {
    let count = maps::stats(app, &request.channel)?;
    Ok(json!({"num_keys": count}))
}

/// Forgets everything.
pub(super) fn clear(app: &App, request: &OneChannel) -> Result<Done, Refused> {
    maps::clear(app, &request.channel)?;
    Ok(Done {})
}
