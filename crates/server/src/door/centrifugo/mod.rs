//! The Centrifugo client protocol over the hub.
//!
//! Bytes of a message come in at [`received`]; what may come when is judged by [`Session`]; each
//! command then waits for its turn and is carried out by [`work`], one after the other for each
//! connection. Nothing here knows the transport: a link of the shard takes whole messages and
//! gives them.

mod command;
mod connect;
mod session;
mod subscribe;

use domain::hub::User;
use wire::centrifugo::message::{Push, UnsubscribePush};
use wire::centrifugo::{Disconnect, Reply, Unsubscribe};

pub(crate) use command::work;
pub(crate) use session::{Due, Phase, Session, Step};

use crate::drive::hub::broadcast::Broadcast;
use crate::drive::hub::link::LinkId;
use crate::drive::hub::shard::{Change, Shard};

/// Takes one message of the transport: one command or several.
pub(crate) fn received(shard: &mut Shard, id: LinkId, payload: &[u8]) {
    let now_ms = shard.now_ms();
    let Some(encoding) = shard.session(id).map(|session| session.encoding) else {
        return;
    };
    for command in encoding.decode(payload) {
        let Some(session) = shard.session(id) else {
            return;
        };
        let step = match command {
            Ok(command) => session.take(now_ms, command),
            Err(_) => Step::Close(Disconnect::BadRequest),
        };
        match step {
            Step::Queue(command, request) => shard.queue(id, command, request),
            Step::Done => {}
            Step::Refuse(command, code) => {
                shard.write(id, &Reply::error(command, code.into()));
            }
            Step::Close(reason) => return shard.close(id, reason),
        }
    }
}

/// The push that ends a subscription.
pub(crate) fn unsubscribe_push(channel: &str, code: u32) -> Reply {
    let text = Unsubscribe::from_code(code).map_or("unsubscribed", Unsubscribe::text);
    let unsubscribe = Some(UnsubscribePush {
        code,
        reason: text.to_owned(),
    });
    Reply::push(Push {
        channel: channel.to_owned(),
        unsubscribe,
        ..Push::default()
    })
}

/// Applies what changed about users to their connections on this shard.
pub(crate) fn change(shard: &mut Shard, change: Change) {
    match change {
        Change::Subscribe(user, channel, grant) => {
            for link in links_of(shard, &user) {
                subscribe::by_server(shard, link, &channel, grant);
            }
        }
        Change::Unsubscribe(user, channel, code) => {
            for link in links_of(shard, &user) {
                end_subscription(shard, link, &channel, code);
            }
        }
        Change::DisconnectUser(user, code) => {
            for link in links_of(shard, &user) {
                shard.close(link, reason(code));
            }
        }
        Change::DisconnectSession(session, code) => {
            for connection in shard.channels.connections_of_session(session) {
                if let Some(link) = shard.link_of(connection.slot) {
                    shard.close(link, reason(code));
                }
            }
        }
    }
}

/// The table's entry; a number that is not in it ends the connection for good.
fn reason(code: u32) -> Disconnect {
    Disconnect::from_code(code).unwrap_or(Disconnect::ForceDisconnect)
}

fn links_of(shard: &Shard, user: &User) -> Vec<LinkId> {
    let connections = shard.channels.connections_of(user);
    connections
        .iter()
        .filter_map(|connection| shard.link_of(connection.slot))
        .collect()
}

fn end_subscription(shard: &mut Shard, link: LinkId, channel: &str, code: u32) {
    let entered = shard.session(link).and_then(|session| session.connection());
    let Some((connection, _)) = entered else {
        return;
    };
    let info = shard.channels.info(connection);
    let Some(ended) = shard.channels.unsubscribe(connection, channel) else {
        return;
    };
    // Who was not answered yet is answered without it, or with an error.
    if ended.answered {
        shard.write(link, &unsubscribe_push(channel, code));
    }
    if let Some(info) = info.filter(|_| ended.answered && ended.grant.join_leave) {
        shard.hub.announce(Broadcast::leave(channel, &info));
    }
}
