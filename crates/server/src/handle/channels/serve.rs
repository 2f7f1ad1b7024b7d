//! What a developer's backend does in app channels, through the HTTP API and as proxies' answers.
//!
//! Nobody is asked for permission here: the caller has checked a key. Refusals carry the numbers of
//! the client protocol.

use base::UnixMs;
use base::limits::{PRESENCE_CLIENTS_MAX, RECOVERY_PUBLICATIONS_MAX};
use bytes::Bytes;
use domain::hub::{ClientInfo, KeptQuery, Position, Publication};
use wire::centrifugo::{Disconnect, ErrorCode, Unsubscribe};
use wire::websocket::CloseCode;

use super::connect::by_server;
use super::name;
use super::publish::{Publishing, tell};
use crate::app::App;
use crate::auth::developer_token::ChannelClaim;
use crate::door::backend::Refused;
use crate::drive::hub::Whom;
use crate::drive::hub::broadcast::Event;
use crate::drive::hub::link::Closing;

/// Which part of a channel's past is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Only what is above (in reverse: below) this position. Its epoch may be empty.
    pub since: Option<Position>,
    /// At most so many; 0 asks for the position alone, a negative number for all there is.
    pub limit: i32,
    /// Newest first.
    pub reverse: bool,
}

/// A part of a channel's past, and where its stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Where it stands.
    pub position: Position,
    /// Offset and publication, in the order asked for.
    pub publications: Vec<(u64, Publication)>,
}

/// How many are in a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections.
    pub clients: usize,
    /// Different users.
    pub users: usize,
}

/// Publishes; gives the place in the stream of channels that have one.
///
/// # Errors
/// 102, 107.
pub fn publish(
    app: &App,
    channel: &str,
    publishing: Publishing,
) -> Result<Option<Position>, Refused> {
    let name = name(channel)?;
    let options = app.channels.options(name)?;
    tell(app, (name, options), publishing)
}

/// Since when a subscription stands, and until when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// From where in the channel's stream it goes on; `None` for from now on.
    pub since: Option<Position>,
    /// When it ends; `None` for never.
    pub expires_at: Option<UnixMs>,
}

/// Subscribes a user's connections.
///
/// # Errors
/// 102, 107.
pub fn subscribe(
    app: &App,
    whom: Whom,
    channel: &str,
    (claim, span): (ChannelClaim, Span),
) -> Result<(), Refused> {
    let mut granted = by_server(app, &whom.user, channel, claim)?;
    granted.expires_at = span.expires_at;
    granted.since = span.since;
    app.hub.subscribe_user(whom, channel, granted);
    Ok(())
}

/// Ends a user's subscriptions to a channel, whoever wanted them.
///
/// # Errors
/// 102, 107.
pub fn unsubscribe(app: &App, whom: Whom, channel: &str) -> Result<(), Refused> {
    app.channels.options(name(channel)?)?;
    let code = Unsubscribe::Server.code();
    app.hub.unsubscribe_user(whom, channel, code);
    Ok(())
}

/// Closes a user's connections. Without a code of one's own they do not come back.
///
/// # Errors
/// The code or the reason is none that a connection can be closed with (107).
pub fn disconnect(app: &App, whom: Whom, own: Option<(u32, String)>) -> Result<(), Refused> {
    let closing = match own {
        None => Closing::from(Disconnect::ForceDisconnect),
        Some((code, reason)) => {
            let code = u16::try_from(code).ok().map(CloseCode);
            let code = code.filter(|code| (3_000..5_000).contains(&code.0));
            let (Some(code), true) = (code, reason.len() <= REASON_BYTES_MAX) else {
                return Err(ErrorCode::BadRequest.into());
            };
            let reason = reason.into();
            Closing { code, reason }
        }
    };
    app.hub.close_user(whom, closing);
    Ok(())
}

/// The reason of a close frame, in bytes: RFC 6455, section 5.5.
const REASON_BYTES_MAX: usize = 123;

/// Lets the credentials of a user's connections last until then, `None` for ever. A time that has
/// passed closes them with 3005. `info` is what others see of them from here on, where it is there.
pub fn refresh(app: &App, whom: Whom, (expires_at, info): (Option<UnixMs>, Option<Bytes>)) {
    app.hub.refresh_user(whom, (expires_at, info));
}

/// Who is in a channel, at most [`PRESENCE_CLIENTS_MAX`] of them.
///
/// # Errors
/// 102, 107, 108.
pub async fn presence(app: &App, channel: &str) -> Result<Vec<ClientInfo>, Refused> {
    has_presence(app, channel)?;
    let present = app.hub.present(channel, PRESENCE_CLIENTS_MAX).await;
    Ok(present.infos)
}

/// How many are in a channel.
///
/// # Errors
/// 102, 107, 108.
pub async fn presence_stats(app: &App, channel: &str) -> Result<Counts, Refused> {
    has_presence(app, channel)?;
    let present = app.hub.present(channel, 0).await;
    Ok(Counts {
        clients: present.users.len(),
        users: present.users_count(),
    })
}

fn has_presence(app: &App, channel: &str) -> Result<(), Refused> {
    let options = app.channels.options(name(channel)?)?;
    if options.presence {
        Ok(())
    } else {
        Err(ErrorCode::NotAvailable.into())
    }
}

fn has_history(app: &App, channel: &str) -> Result<(), Refused> {
    let options = app.channels.options(name(channel)?)?;
    if options.history.is_some() {
        Ok(())
    } else {
        Err(ErrorCode::NotAvailable.into())
    }
}

/// A part of a channel's past.
///
/// # Errors
/// 102, 107, 108; 112 when the epoch is another one.
pub fn history(app: &App, channel: &str, query: &HistoryQuery) -> Result<History, Refused> {
    has_history(app, channel)?;
    let limit = usize::try_from(query.limit).unwrap_or(RECOVERY_PUBLICATIONS_MAX);
    let kept = KeptQuery {
        since: query.since.as_ref().map(|since| since.top),
        limit: limit.min(RECOVERY_PUBLICATIONS_MAX),
        reverse: query.reverse,
    };
    let page = app.hub.page(channel, kept);
    let known = query.since.as_ref().map(|since| &*since.epoch);
    if known.is_some_and(|known| !known.is_empty() && *known != *page.epoch) {
        return Err(ErrorCode::UnrecoverablePosition.into());
    }
    let publications = page
        .publications
        .iter()
        .filter_map(|(offset, event)| match &event.event {
            Event::Publication(publication) => Some((*offset, publication.clone())),
            Event::Join(_) | Event::Leave(_) => None,
        });
    Ok(History {
        publications: publications.collect(),
        position: Position {
            epoch: page.epoch,
            top: page.top,
        },
    })
}

/// Forgets a channel's past; its position stays.
///
/// # Errors
/// 102, 107, 108.
pub fn history_remove(app: &App, channel: &str) -> Result<(), Refused> {
    has_history(app, channel)?;
    app.hub.clear(channel);
    Ok(())
}

/// The app channels that somebody listens to, and how many; `admits` chooses by name.
pub async fn channels(app: &App, admits: impl Fn(&str) -> bool) -> Vec<(String, usize)> {
    let listeners = app.hub.listeners().await;
    let is_app = |channel: &str| name(channel).is_ok_and(|name| !name.is_product());
    let listed = listeners.into_iter();
    listed
        .filter(|(channel, _)| is_app(channel) && admits(channel))
        .map(|(channel, count)| (channel.to_string(), count))
        .collect()
}
