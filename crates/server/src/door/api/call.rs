//! The methods of the API, one function for each.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::UnixMs;
use base::limits::{API_BATCH_MAX, API_CHANNELS_MAX};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::hub::{ClientId, Position};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use wire::centrifugo::{ErrorCode, compact_json};

use super::answer::{Answered, Done, Page, present, published};
use super::map;
use super::request::{
    Batch, Channels, Disconnect, History, OneChannel, Publish, Refresh, StreamPosition, Subscribe,
    Unsubscribe,
};
use crate::app::{App, VERSION};
use crate::auth::developer_token::ChannelClaim;
use crate::clock;
use crate::door::backend::Refused;
use crate::drive::hub::Whom;
use crate::handle::channels::publish::Publishing;
use crate::handle::channels::serve::{self, HistoryQuery, Span};

/// Every method there is.
pub(super) const METHODS: &[&str] = &[
    "publish",
    "broadcast",
    "subscribe",
    "unsubscribe",
    "disconnect",
    "refresh",
    "presence",
    "presence_stats",
    "history",
    "history_remove",
    "channels",
    "info",
    "batch",
    "map_publish",
    "map_remove",
    "map_read_state",
    "map_read_stream",
    "map_stats",
    "map_clear",
];

/// Carries out one call.
pub(super) async fn call(app: &App, method: &str, body: &[u8]) -> Answered {
    if method == "batch" {
        return batch(app, body).await;
    }
    single(app, method, body).await
}

async fn single(app: &App, method: &str, body: &[u8]) -> Answered {
    match method {
        "publish" => Answered::of(read(body).and_then(|request| publish(app, &request))),
        "broadcast" => Answered::of(read(body).and_then(|request| broadcast(app, &request))),
        "subscribe" => Answered::of(read(body).and_then(|request| subscribe(app, request))),
        "unsubscribe" => Answered::of(read(body).and_then(|request| unsubscribe(app, request))),
        "disconnect" => Answered::of(read(body).and_then(|request| disconnect(app, request))),
        "refresh" => Answered::of(read(body).and_then(|request| refresh(app, request))),
        "presence" => Answered::of(presence(app, body).await),
        "presence_stats" => Answered::of(presence_stats(app, body).await),
        "history" => Answered::of(read(body).and_then(|request| history(app, request))),
        "history_remove" => {
            Answered::of(read(body).and_then(|request| history_remove(app, &request)))
        }
        "channels" => Answered::of(channels(app, body).await),
        "info" => Answered::result(&info(app)),
        "map_publish" => Answered::of(read(body).and_then(|it| map::publish(app, it))),
        "map_remove" => Answered::of(read(body).and_then(|it| map::remove(app, it))),
        "map_read_state" => Answered::of(read(body).and_then(|it| map::read_state(app, it))),
        "map_read_stream" => Answered::of(read(body).and_then(|it| map::read_stream(app, &it))),
        "map_stats" => Answered::of(read(body).and_then(|it| map::stats(app, &it))),
        "map_clear" => Answered::of(read(body).and_then(|it| map::clear(app, &it))),
        _ => Refused::from(ErrorCode::MethodNotFound).into(),
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|_| ErrorCode::BadRequest.into())
}

/// JSON as it was sent, or decoded from base64: one value on one line.
pub(super) fn json_of(data: Option<&RawValue>, base64: &str) -> Result<Option<Bytes>, Refused> {
    let bytes = match (data, base64.is_empty()) {
        (Some(data), _) => Bytes::copy_from_slice(data.get().as_bytes()),
        (None, true) => return Ok(None),
        (None, false) => {
            let decoded = STANDARD.decode(base64);
            decoded
                .map_err(|_| Refused::from(ErrorCode::BadRequest))?
                .into()
        }
    };
    let one_line = compact_json(bytes).map_err(|_| Refused::from(ErrorCode::BadRequest))?;
    Ok(Some(one_line))
}

fn publish(app: &App, request: &Publish<'_>) -> Result<Value, Refused> {
    let position = publish_to(app, &request.channel, request)?;
    Ok(published(position.as_ref()))
}

fn publish_to(
    app: &App,
    channel: &str,
    request: &Publish<'_>,
) -> Result<Option<Position>, Refused> {
    let data = json_of(request.data, &request.b64data)?.ok_or(ErrorCode::BadRequest)?;
    let publishing = Publishing {
        data,
        tags: request.tags.clone().into_iter().collect(),
        skip_history: request.skip_history,
        delta: request.delta,
        ..Publishing::default()
    };
    let key = (channel, request.idempotency_key.as_str());
    app.published.once(clock::now(), key, || {
        serve::publish(app, channel, publishing)
    })
}

/// Every channel has an answer of its own: `{"result": …}` or `{"error": …}`.
fn broadcast(app: &App, request: &Publish<'_>) -> Result<Value, Refused> {
    if request.channels.is_empty() {
        return Err(ErrorCode::BadRequest.into());
    }
    if request.channels.len() > API_CHANNELS_MAX {
        return Err(ErrorCode::LimitExceeded.into());
    }
    let responses =
        request
            .channels
            .iter()
            .map(|channel| match publish_to(app, channel, request) {
                Ok(position) => json!({"result": published(position.as_ref())}),
                Err(refused) => {
                    let (code, message) = super::refusal(refused);
                    json!({"error": {"code": code, "message": message}})
                }
            });
    Ok(json!({"responses": responses.collect::<Vec<_>>()}))
}

/// The connections that a call is about.
fn whom(user: String, client: &str, session: String) -> Result<Whom, Refused> {
    let client = match client {
        "" => None,
        client => Some(client_id(client)?),
    };
    Ok(Whom {
        user: user.as_str().into(),
        client,
        session: Some(session).filter(|session| !session.is_empty()),
        except: Vec::new(),
    })
}

fn client_id(text: &str) -> Result<ClientId, Refused> {
    text.parse().map_err(|_| ErrorCode::BadRequest.into())
}

/// Seconds since 1970, 0 for never.
fn time(seconds: i64) -> Option<UnixMs> {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    (seconds > 0).then(|| UnixMs(seconds.saturating_mul(1_000)))
}

fn subscribe(app: &App, request: Subscribe<'_>) -> Result<Done, Refused> {
    let claim = ChannelClaim {
        info: json_of(request.info, &request.b64info)?,
        data: json_of(request.data, &request.b64data)?,
        overrides: request.overrides,
    };
    let whom = whom(request.user, &request.client, request.session)?;
    let span = Span {
        since: request.recover_since.map(position),
        expires_at: time(request.expire_at),
    };
    serve::subscribe(app, whom, &request.channel, (claim, span))?;
    Ok(Done {})
}

fn unsubscribe(app: &App, request: Unsubscribe) -> Result<Done, Refused> {
    let whom = whom(request.user, &request.client, request.session)?;
    serve::unsubscribe(app, whom, &request.channel)?;
    Ok(Done {})
}

fn disconnect(app: &App, request: Disconnect) -> Result<Done, Refused> {
    let mut whom = whom(request.user, &request.client, request.session)?;
    let stay = request.whitelist.iter().map(|client| client_id(client));
    whom.except = stay.collect::<Result<_, _>>()?;
    let own = request
        .disconnect
        .map(|closing| (closing.code, closing.reason));
    serve::disconnect(app, whom, own)?;
    Ok(Done {})
}

fn refresh(app: &App, request: Refresh<'_>) -> Result<Done, Refused> {
    let whom = whom(request.user, &request.client, request.session)?;
    let expires_at = if request.expired {
        Some(UnixMs(0))
    } else {
        time(request.expire_at)
    };
    let info = json_of(request.info, &request.b64info)?;
    serve::refresh(app, whom, (expires_at, info));
    Ok(Done {})
}

async fn presence(app: &App, body: &[u8]) -> Result<Value, Refused> {
    let OneChannel { channel } = read(body)?;
    Ok(present(&serve::presence(app, &channel).await?))
}

async fn presence_stats(app: &App, body: &[u8]) -> Result<Value, Refused> {
    let OneChannel { channel } = read(body)?;
    let counts = serve::presence_stats(app, &channel).await?;
    Ok(json!({"num_clients": counts.clients, "num_users": counts.users}))
}

fn position(since: StreamPosition) -> Position {
    Position {
        epoch: Arc::from(since.epoch),
        top: since.offset,
    }
}

fn history(app: &App, request: History) -> Result<Page, Refused> {
    let query = HistoryQuery {
        since: request.since.map(position),
        limit: request.limit,
        reverse: request.reverse,
    };
    let history = serve::history(app, &request.channel, &query)?;
    Ok(Page::new(&history.position, history.publications))
}

fn history_remove(app: &App, request: &OneChannel) -> Result<Done, Refused> {
    serve::history_remove(app, &request.channel)?;
    Ok(Done {})
}

async fn channels(app: &App, body: &[u8]) -> Result<Value, Refused> {
    let Channels { pattern } = read(body)?;
    let listed = serve::channels(app, |channel| {
        pattern.is_empty() || matches(pattern.as_bytes(), channel.as_bytes())
    });
    let listed = listed.await.into_iter();
    let entries = listed.map(|(channel, count)| (channel, json!({"num_clients": count})));
    Ok(json!({"channels": Map::from_iter(entries)}))
}

/// Whether a name fits a pattern in which `*` stands for any text and `?` for one byte.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stood, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[from] => {
                at += 1;
                from += 1;
            }
            Some(_) | None => {
                let Some((stood, taken)) = star else {
                    return false;
                };
                star = Some((stood, taken + 1));
                at = stood + 1;
                from = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// This node, in a list of all.
fn info(app: &App) -> impl Serialize {
    let stats = app.hub.stats();
    json!({"nodes": [{
        "uid": format!("{:016x}", app.hub.node()),
        "name": "plaza",
        "version": VERSION,
        "num_clients": stats.connections,
        "num_users": stats.users,
        "num_subs": stats.subscriptions,
        "num_channels": stats.channels,
        "uptime": app.started.elapsed().as_secs(),
    }]})
}

/// Several calls, carried out one after the other.
async fn batch(app: &App, body: &[u8]) -> Answered {
    let commands = match read::<Batch<'_>>(body) {
        Ok(batch) if batch.commands.len() <= API_BATCH_MAX => batch.commands,
        Ok(_) => return Refused::from(ErrorCode::LimitExceeded).into(),
        Err(refused) => return refused.into(),
    };
    let mut replies: Vec<BTreeMap<String, Box<RawValue>>> = Vec::new();
    for command in &commands {
        let mut entries = command.iter();
        let (Some((method, parameters)), None) = (entries.next(), entries.next()) else {
            return Refused::from(ErrorCode::BadRequest).into();
        };
        let answered = single(app, method, parameters.get().as_bytes()).await;
        replies.push(answered.into_reply(method));
    }
    match serde_json::value::to_raw_value(&replies) {
        Ok(replies) => Answered::Replies(replies),
        Err(_) => Refused::from(ErrorCode::Internal).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_file_names() {
        let fits = |pattern: &str, name: &str| matches(pattern.as_bytes(), name.as_bytes());
        assert!(fits("chat:*", "chat:42") && fits("*", "") && fits("a?c*", "abcdef"));
        assert!(fits("*:1", "x:y:1") && fits("a*b*c", "a-b-b-c"));
        assert!(!fits("chat:*", "news:1") && !fits("", "a") && !fits("a?", "a"));
        let hostile = "*a".repeat(64);
        assert!(!fits(&hostile, &"a".repeat(63)));
    }

    #[test]
    fn json_and_base64_are_read_and_anything_else_is_refused() {
        let raw: Box<RawValue> = serde_json::from_str("{\"a\":\n1}").unwrap();
        let read = json_of(Some(&raw), "").unwrap().unwrap();
        assert_eq!(&read[..], b"{\"a\":1}");
        assert_eq!(json_of(None, "").unwrap(), None);
        assert_eq!(json_of(None, "eyJhIjoxfQ==").unwrap().unwrap(), "{\"a\":1}");
        assert!(json_of(None, "%").is_err() && json_of(None, "QQ==").is_err());
    }

    #[test]
    fn zero_and_the_past_before_it_mean_never() {
        assert_eq!((time(0), time(-5)), (None, None));
        assert_eq!(time(2), Some(UnixMs(2_000)));
    }
}
