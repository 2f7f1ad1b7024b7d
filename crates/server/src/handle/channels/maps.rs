//! Channels that hold values by key: what clients and developers' backends do there.

use base::limits::{MAP_KEY_BYTES_MAX, MAP_PAGE_MAX, RECOVERY_BYTES_MAX};
use bytes::Bytes;
use domain::channel::{Act, ChannelOptions, ClientKey, SubscriptionType, may};
use domain::hub::map::{Entry, Full, KeyMode, StateQuery, Suppressed, Version, Write, Written};
use domain::hub::{ClientId, ClientInfo, KeptQuery, Lane, MapChange, Position, Publication};
use wire::centrifugo::ErrorCode;

use super::name;
use super::serve::HistoryQuery;
use crate::app::App;
use crate::door::backend::{Actor, Keyed, Publish, Refused};
use crate::drive::hub::maps::{Change, Value};
use crate::handle::proxy::shape::MapResult;
use crate::handle::proxy::{About, value};

/// A new value of a key, beside the channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// The key.
    pub key: String,
    /// One JSON value on one line.
    pub data: Bytes,
    /// What those who listen are told instead of `data`.
    pub stream_data: Option<Bytes>,
    /// Labels that subscribers can filter by.
    pub tags: Vec<(String, String)>,
    /// Who set it, when subscribers are to know.
    pub info: Option<ClientInfo>,
    /// The one connection that does not hear it.
    pub except: Option<ClientId>,
    /// It may be told as the difference to the value before, where the namespace allows it.
    pub delta: bool,
    /// When it is wanted, and where it stands.
    pub write: Write,
}

/// Where a map stands after a change, and why it was not made if it was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Where it stands.
    pub position: Position,
    /// Why nothing was changed.
    pub suppressed: Option<Suppressed>,
}

impl From<Full> for Refused {
    fn from(_: Full) -> Self {
        ErrorCode::LimitExceeded.into()
    }
}

/// What the word of a request means.
///
/// # Errors
/// It is none (107).
pub fn key_mode(word: &str) -> Result<KeyMode, Refused> {
    match word {
        "" => Ok(KeyMode::Any),
        "if_new" => Ok(KeyMode::IfNew),
        "if_exists" => Ok(KeyMode::IfExists),
        _ => Err(ErrorCode::BadRequest.into()),
    }
}

/// A client sets or removes a key.
///
/// # Errors
/// 103, 106, 107, 108; what the operator's backend tells instead.
pub async fn by_client(
    app: &App,
    actor: &Actor,
    (options, asked, keyed): (&ChannelOptions, Publish<'_>, Keyed<'_>),
) -> Result<(), Refused> {
    if options.subscription_type != SubscriptionType::Map {
        return Err(ErrorCode::NotAvailable.into());
    }
    let (act, asks) = if keyed.removed {
        (Act::RemoveKey, options.map.remove_proxy_enabled)
    } else {
        (Act::SetKey, options.map.publish_proxy_enabled)
    };
    let mut answer = MapResult::default();
    if asks {
        let question = (asked.channel, keyed.key, &asked.data);
        let about = if keyed.removed {
            About::MapRemove
        } else {
            About::MapPublish
        };
        answer = app.proxy.map_change(about, actor, question).await?;
    } else {
        may(options, app.channels.asker(actor, asked.subscribed), act)?;
    }
    let own = std::mem::take(&mut answer.key);
    let key = if own.is_empty() {
        client_key(options, actor, keyed.key)?
    } else {
        own
    };
    let except = (!options.echo).then_some(actor.client);
    if keyed.removed {
        let told = Removing {
            key,
            tags: answer.tags.into_iter().collect(),
            info: Some(asked.info),
            except,
        };
        return remove(app, asked.channel, told).map(drop);
    }
    let setting = Setting {
        key,
        data: value(answer.data, answer.b64data)?.unwrap_or(asked.data),
        stream_data: value(answer.stream_data, answer.b64stream_data)?,
        tags: answer.tags.into_iter().collect(),
        info: Some(asked.info),
        except,
        delta: answer.delta,
        write: Write {
            mode: key_mode(&answer.key_mode)?,
            version: Version {
                number: answer.version,
                epoch: answer.version_epoch.into(),
            },
            score: answer.score,
        },
    };
    set(app, asked.channel, setting).map(drop)
}

/// The key that a client writes.
fn client_key(options: &ChannelOptions, actor: &Actor, key: &str) -> Result<String, Refused> {
    match options.map.client_key {
        ClientKey::Own => Ok(key.to_owned()),
        ClientKey::Client => Ok(actor.client.to_string()),
        ClientKey::User if actor.user.is_anonymous() => Err(ErrorCode::PermissionDenied.into()),
        ClientKey::User => Ok(actor.user.to_string()),
    }
}

/// The options of a map.
fn options<'a>(app: &'a App, channel: &str) -> Result<&'a ChannelOptions, Refused> {
    let options = app.channels.options(name(channel)?)?;
    if options.is_map() {
        Ok(options)
    } else {
        Err(ErrorCode::NotAvailable.into())
    }
}

/// The options of a map that somebody else than the server writes.
fn written<'a>(app: &'a App, channel: &str, key: &str) -> Result<&'a ChannelOptions, Refused> {
    let options = options(app, channel)?;
    if options.subscription_type != SubscriptionType::Map {
        return Err(ErrorCode::NotAvailable.into());
    }
    if key.is_empty() || key.len() > MAP_KEY_BYTES_MAX {
        return Err(ErrorCode::BadRequest.into());
    }
    Ok(options)
}

/// Sets the value of a key.
///
/// # Errors
/// 102, 106, 107, 108.
pub fn set(app: &App, channel: &str, setting: Setting) -> Result<Outcome, Refused> {
    let options = written(app, channel, &setting.key)?;
    let stream_data = setting.stream_data.as_ref();
    let format = options.publication_data_format;
    if !format.admits(&setting.data) || stream_data.is_some_and(|data| !format.admits(data)) {
        return Err(ErrorCode::BadRequest.into());
    }
    let score = if options.map.ordered {
        setting.write.score
    } else {
        0
    };
    let entry = Publication {
        info: setting.info,
        tags: setting.tags,
        except: setting.except,
        delta: options.fossil && options.echo && (setting.delta || options.delta_publish),
        change: Some(MapChange {
            key: setting.key.as_str().into(),
            removed: false,
            score,
        }),
        ..Publication::new(Lane::Ephemeral, setting.data)
    };
    let value = match setting.stream_data {
        None => Value {
            told: entry,
            entry: None,
            write: Write {
                score,
                ..setting.write
            },
        },
        Some(data) => Value {
            told: Publication {
                data,
                delta: false,
                ..entry.clone()
            },
            entry: Some(entry),
            write: Write {
                score,
                ..setting.write
            },
        },
    };
    let place = (channel, setting.key.as_str());
    Ok(app.hub.map_publish(place, options.map.rules, value)?.into())
}

/// A key that is to be removed, beside the channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removing {
    /// The key.
    pub key: String,
    /// Labels, beside those that its value had.
    pub tags: Vec<(String, String)>,
    /// Who removed it, when subscribers are to know.
    pub info: Option<ClientInfo>,
    /// The one connection that does not hear it.
    pub except: Option<ClientId>,
}

/// Removes a key.
///
/// # Errors
/// 102, 106, 107, 108.
pub fn remove(app: &App, channel: &str, removing: Removing) -> Result<Outcome, Refused> {
    written(app, channel, &removing.key)?;
    let told = Publication {
        info: removing.info,
        tags: removing.tags,
        except: removing.except,
        ..crate::drive::hub::maps::removal(&removing.key)
    };
    Ok(app.hub.map_remove((channel, &removing.key), told)?.into())
}

impl From<Written<Change>> for Outcome {
    fn from(written: Written<Change>) -> Self {
        match written {
            Written::Done(_, position) => Self {
                position,
                suppressed: None,
            },
            Written::Suppressed(reason, position) => Self {
                position,
                suppressed: Some(reason),
            },
        }
    }
}

/// One entry or change, as it is told to developers' backends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number in the stream.
    pub offset: u64,
    /// What was published.
    pub publication: Publication,
}

/// A part of what a map holds, or of what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where it stands.
    pub position: Position,
    /// The entries or changes.
    pub told: Vec<Told>,
    /// Where the next page begins, if there is one.
    pub cursor: Option<String>,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// This one alone, when not empty.
    pub key: String,
    /// Behind where an earlier page ended.
    pub cursor: String,
    /// At most so many; 0 and less for a whole page.
    pub limit: i32,
    /// The lowest score first.
    pub ascending: bool,
    /// The position of the first page, for the next ones: what changed behind it is left out.
    pub since: Option<Position>,
}

fn limit(limit: i32) -> usize {
    match usize::try_from(limit) {
        Ok(0) | Err(_) => MAP_PAGE_MAX,
        Ok(limit) => limit.min(MAP_PAGE_MAX),
    }
}

fn told(entry: &Entry<Change>) -> Option<Told> {
    let publication = entry.payload.published()?.clone();
    let offset = entry.offset;
    Some(Told {
        offset,
        publication,
    })
}

/// A page of the entries.
///
/// # Errors
/// 102, 106, 107, 108; 112 when the epoch is another one.
pub fn read_state(app: &App, channel: &str, reading: &Reading) -> Result<Part, Refused> {
    options(app, channel)?;
    if !reading.key.is_empty() {
        let (entry, position) = app.hub.map_entry(channel, &reading.key)?;
        return Ok(Part {
            position,
            told: entry.as_ref().and_then(told).into_iter().collect(),
            cursor: None,
        });
    }
    let query = StateQuery {
        cursor: &reading.cursor,
        limit: limit(reading.limit),
        ascending: reading.ascending,
        not_above: reading.since.as_ref().map(|since| since.top),
        bytes_max: 16 * RECOVERY_BYTES_MAX,
    };
    let page = app.hub.map_state(channel, query)?;
    check(reading.since.as_ref(), &page.position)?;
    Ok(Part {
        position: page.position,
        told: page.entries.iter().filter_map(told).collect(),
        cursor: page.cursor,
    })
}

fn check(known: Option<&Position>, there: &Position) -> Result<(), Refused> {
    let other = known.is_some_and(|it| !it.epoch.is_empty() && it.epoch != there.epoch);
    if other {
        return Err(ErrorCode::UnrecoverablePosition.into());
    }
    Ok(())
}

/// A page of the changes; `limit` 0 tells the position alone.
///
/// # Errors
/// 102, 106, 107; 108 where no changes are kept; 112 when the epoch is another one.
pub fn read_stream(app: &App, channel: &str, query: &HistoryQuery) -> Result<Part, Refused> {
    if !options(app, channel)?.map.recoverable {
        return Err(ErrorCode::NotAvailable.into());
    }
    let kept = KeptQuery {
        since: query.since.as_ref().map(|since| since.top),
        limit: if query.limit == 0 {
            0
        } else {
            limit(query.limit)
        },
        reverse: query.reverse,
    };
    let page = app.hub.map_changes(channel, kept)?;
    check(query.since.as_ref(), &page.position)?;
    let told = page.changes.iter().filter_map(|(offset, change)| {
        let publication = change.published()?.clone();
        let offset = *offset;
        Some(Told {
            offset,
            publication,
        })
    });
    Ok(Part {
        told: told.collect(),
        position: page.position,
        cursor: None,
    })
}

/// How many keys a map has.
///
/// # Errors
/// 102, 107, 108.
pub fn stats(app: &App, channel: &str) -> Result<usize, Refused> {
    options(app, channel)?;
    Ok(app.hub.map_keys_count(channel))
}

/// Forgets everything that a map holds, and what happened to it. Those who listen begin anew.
///
/// # Errors
/// 102, 107, 108.
pub fn clear(app: &App, channel: &str) -> Result<(), Refused> {
    if options(app, channel)?.subscription_type != SubscriptionType::Map {
        return Err(ErrorCode::NotAvailable.into());
    }
    app.hub.map_clear(channel);
    Ok(())
}
