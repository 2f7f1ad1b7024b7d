//! The way of any connection into the hub: who it is, and what happened while that was decided.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use base::UnixMs;
use bytes::Bytes;
use domain::hub::{ClientId, ConnectionId, Newcomer, User};
use wire::centrifugo::{Disconnect, ErrorCode};

use super::backend::{Actor, Connect, Connected, Ending, Granted, Refused};
use crate::drive::hub::link::{Closing, LinkId};
use crate::drive::hub::shard::{Change, Shard, Whom};

/// What a client says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// A token, or nothing.
    pub(crate) token: String,
    /// The client's own name, as `js`.
    pub(crate) name: String,
    /// The client's own version.
    pub(crate) version: String,
    /// JSON that it sends along, or nothing.
    pub(crate) data: Bytes,
    /// What it brings in place of headers.
    pub(crate) headers: BTreeMap<String, String>,
}

/// A connection that is in the hub.
#[derive(Debug)]
pub(crate) struct Entered {
    pub(crate) connection: ConnectionId,
    pub(crate) actor: Actor,
    /// What it was accepted with.
    pub(crate) connected: Connected,
}

/// Why a connection is not in the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotEntered {
    /// The application does not want it.
    Refused(Refused),
    /// It was sent away while it was being decided.
    Closed(Closing),
    /// The client has gone, or has asked before.
    Gone,
}

/// Decides who a client is and takes its connection into the hub; its dialect is told with
/// `Dialect::enter`. From then on changes find it.
///
/// # Errors
/// [`NotEntered`]; the caller tells the client.
pub(crate) async fn enter(
    shard: &Rc<RefCell<Shard>>,
    link: LinkId,
    asked: Asked,
) -> Result<Entered, NotEntered> {
    let greeting = shard.borrow_mut().take_greeting(link);
    let greeting = greeting.ok_or(NotEntered::Gone)?;
    let address = greeting.address;
    // Held until it is decided.
    let _turn = greeting.turn;
    let client = ClientId(rand::random());
    let format = shard.borrow_mut().format(link).ok_or(NotEntered::Gone)?;
    let since = shard.borrow_mut().changes.open();
    let asked = Connect {
        client,
        format,
        token: asked.token,
        name: asked.name,
        version: asked.version,
        data: asked.data,
        address: greeting.address,
        user_agent: greeting.user_agent,
        headers: greeting.headers,
        emulated: asked.headers,
    };
    let backend = shard.borrow().backend();
    let decided = backend.connect(asked).await;
    let changes = shard.borrow_mut().changes.close(since);
    let mut connected = decided.map_err(NotEntered::Refused)?;
    let changes = changes.ok_or(NotEntered::Closed(Disconnect::ForceReconnect.into()))?;
    for change in changes {
        catch_up(&mut connected, address, change).map_err(NotEntered::Closed)?;
    }
    if left_ms(connected.expires_at) == Some(0) {
        return Err(NotEntered::Refused(ErrorCode::Expired.into()));
    }
    let (connection, actor) =
        take_in(&mut shard.borrow_mut(), link, (client, &connected)).ok_or(NotEntered::Gone)?;
    Ok(Entered {
        connection,
        actor,
        connected,
    })
}

/// Whether a change is about a connection that nobody could name yet.
fn is_all_of(whom: &Whom, connected: &Connected) -> bool {
    whom.user == connected.user && whom.client.is_none() && whom.session.is_none()
}

/// Takes in a connection of somebody who has not said who they are, where the door lets them. One
/// from a banned address is closed.
pub(crate) fn enter_anonymous(shard: &mut Shard, link: LinkId) -> Option<(ConnectionId, Actor)> {
    let greeting = shard.take_greeting(link)?;
    if shard.backend().keeps_out(greeting.address) {
        shard.close(link, Disconnect::PermissionDenied);
        return None;
    }
    let nobody = Connected {
        user: User::ANONYMOUS,
        person: None,
        session: None,
        info: None,
        data: None,
        expires_at: None,
        ending: Ending::Told,
        channels: Vec::new(),
        token: None,
    };
    take_in(shard, link, (ClientId(rand::random()), &nobody))
}

/// Applies a change that came while the connect was being decided.
fn catch_up(connected: &mut Connected, address: IpAddr, change: Change) -> Result<(), Closing> {
    match change {
        Change::Subscribe(whom, channel, granted) if is_all_of(&whom, connected) => {
            connected.channels.retain(|(name, _)| **name != *channel);
            let granted = Granted::clone(&granted);
            connected.channels.push((channel.to_string(), granted));
        }
        Change::Unsubscribe(whom, channel, _) if is_all_of(&whom, connected) => {
            connected.channels.retain(|(name, _)| **name != *channel);
        }
        Change::Disconnect(whom, closing) if is_all_of(&whom, connected) => {
            return Err(closing);
        }
        Change::Refresh(whom, expires_at, info) if is_all_of(&whom, connected) => {
            connected.expires_at = expires_at;
            connected.info = info.or(connected.info.take());
        }
        Change::DisconnectSession(session, code) if Some(session) == connected.session => {
            return Err(super::reason(code).into());
        }
        Change::Expel(expelled, code)
            if expelled.fits(&connected.user, address, connected.token.as_ref()) =>
        {
            return Err(super::reason(code).into());
        }
        Change::Subscribe(..)
        | Change::Unsubscribe(..)
        | Change::Disconnect(..)
        | Change::Refresh(..)
        | Change::Expel(..)
        | Change::DisconnectSession(..) => {}
    }
    Ok(())
}

fn take_in(
    shard: &mut Shard,
    link: LinkId,
    (client, connected): (ClientId, &Connected),
) -> Option<(ConnectionId, Actor)> {
    shard.dialect(link)?;
    let format = shard.format(link)?;
    let counted = shard.hub.count_online(&connected.user, connected.person);
    let user = counted.user();
    let connection = shard.channels.connect(Newcomer {
        user: user.clone(),
        session: connected.session,
        client,
        info: connected.info.clone(),
        format,
    });
    shard.bind(connection.slot, link, counted);
    shard.mark(link, connected.token.clone());
    let actor = Actor {
        user,
        person: connected.person,
        session: connected.session,
        client,
        format,
    };
    shard.dialect(link)?.enter(connection, actor.clone());
    Some((connection, actor))
}

/// How long credentials last from now on, in milliseconds; `None` for ever.
pub(crate) fn left_ms(expires_at: Option<UnixMs>) -> Option<u64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = UnixMs(now.map_or(0, |since| since.as_millis() as u64));
    expires_at.map(|expires_at| expires_at.since_ms(now))
}
