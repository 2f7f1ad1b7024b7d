//! A client comes into a namespace: who it is, where it was, and what it missed.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use domain::hub::{Arrival, ConnectionId, Grant, Side};
use domain::relay::{Rooms, SocketId};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;
use wire::centrifugo::Disconnect;

use super::event::{data_of, offset_of, write};
use super::session::{Socket, id_text, read_secret, secret_text};
use super::work::listen;
use crate::door::backend::{Actor, Refused};
use crate::door::entry::{self, Asked, NotEntered, left_ms};
use crate::drive::hub::broadcast::Broadcast;
use crate::drive::hub::link::LinkId;
use crate::drive::hub::shard::{Item, Shard};
use crate::handle::namespaces::{Here, Namespace};
use crate::net::origin;

/// What a client shows. Other parts are its own affair.
#[derive(Debug, Default, Deserialize)]
struct Auth {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    pid: Option<String>,
    #[serde(default)]
    offset: Option<String>,
}

/// Why somebody does not come in: the text of the error, and its data.
struct No {
    message: &'static str,
    code: String,
    temporary: bool,
}

impl No {
    fn new(message: &'static str, code: &str) -> Self {
        Self {
            message,
            code: code.to_owned(),
            temporary: false,
        }
    }
}

impl From<Refused> for No {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Error {
                message, temporary, ..
            } => Self {
                message: if temporary {
                    "try again"
                } else {
                    "unauthorized"
                },
                code: message.into_owned(),
                temporary,
            },
            Refused::Disconnect { reason, .. } => Self::new("unauthorized", &reason),
        }
    }
}

/// Who came in.
struct Guest {
    connection: ConnectionId,
    actor: Actor,
    expires_ms: u64,
}

/// Carries out a connect.
pub(super) async fn connect(shard: &Rc<RefCell<Shard>>, id: LinkId, (name, auth): (String, Bytes)) {
    let auth: Auth = serde_json::from_slice(&auth).unwrap_or_default();
    let namespace = match door(shard, id, &name) {
        Ok(namespace) => namespace,
        Err(no) => return refuse(shard, id, &name, &no),
    };
    let token = auth.token.clone().unwrap_or_default();
    let guest = match enter(shard, id, &namespace, token).await {
        Ok(guest) => guest,
        Err(NotEntered::Refused(refused)) => {
            return refuse(shard, id, &name, &refused.into());
        }
        Err(NotEntered::Closed(reason)) => return shard.borrow_mut().close(id, reason),
        Err(NotEntered::Gone) => return,
    };
    if let Some(alias) = &namespace.room {
        let backend = shard.borrow().backend();
        // Found at the next post otherwise.
        if let Ok(room) = backend.find_room(guest.actor.person, alias).await
            && let Some(main) = shard.borrow_mut().main(id)
        {
            main.namespaces.bind(room, &namespace);
        }
    }
    let secret = auth.pid.as_deref().and_then(read_secret);
    let came_back = match secret.filter(|_| namespace.recovers()) {
        Some(secret) => {
            supersede(shard, (id, &guest), &namespace, secret).await;
            let position = (secret, auth.offset.as_deref());
            come_back(shard, (id, &guest), &namespace, position).await
        }
        None => None,
    };
    let mut shard = shard.borrow_mut();
    match came_back {
        Some(back) => open(&mut shard, id, (namespace, guest), back),
        None => {
            let since = namespace.top();
            let connection = guest.connection;
            listen(&mut shard, connection, &namespace.channel(None));
            let recovers = namespace.recovers();
            let back = Back {
                id: SocketId(rand::random()),
                secret: recovers.then(rand::random),
                rooms: Rooms::default(),
                since,
                missed: Vec::new(),
            };
            open(&mut shard, id, (namespace, guest), back);
        }
    }
}

/// Whether a client of this page may ask at all.
fn door(shard: &Rc<RefCell<Shard>>, id: LinkId, name: &str) -> Result<Arc<Namespace>, No> {
    let unknown = || No::new("Invalid namespace", "not_found");
    let mut shard = shard.borrow_mut();
    let main = shard.main(id).ok_or_else(unknown)?;
    let namespace = main.namespaces.find(name).ok_or_else(unknown)?;
    let foreign = main.page.as_deref().is_some_and(|page| {
        !namespace.origins.is_empty() && !origin::is_listed(page, &namespace.origins)
    });
    if foreign {
        return Err(No::new("forbidden", "foreign_origin"));
    }
    Ok(namespace)
}

fn refuse(shard: &Rc<RefCell<Shard>>, id: LinkId, name: &str, no: &No) {
    let mut shard = shard.borrow_mut();
    let now_ms = shard.now_ms();
    let Some(main) = shard.main(id) else {
        return;
    };
    main.names.ended(name, now_ms);
    // Clients of every language know this answer by its text and nothing more.
    let data = if no.code == "not_found" {
        String::new()
    } else {
        json!({"code": no.code, "temporary": no.temporary}).to_string()
    };
    let frames = main.parser().refused(name, no.message, &data);
    shard.enqueue(id, &frames.into());
    shard.reschedule(id);
}

async fn enter(
    shard: &Rc<RefCell<Shard>>,
    id: LinkId,
    namespace: &Namespace,
    token: String,
) -> Result<Guest, NotEntered> {
    if token.is_empty() && namespace.anonymous {
        let entered = entry::enter_anonymous(&mut shard.borrow_mut(), id);
        let (connection, actor) = entered.ok_or(NotEntered::Gone)?;
        return Ok(Guest {
            connection,
            actor,
            expires_ms: u64::MAX,
        });
    }
    let asked = Asked {
        token,
        name: "socket.io".to_owned(),
        ..Asked::default()
    };
    let entered = entry::enter(shard, id, asked).await?;
    let now_ms = shard.borrow().now_ms();
    let left_ms = left_ms(entered.connected.expires_at);
    Ok(Guest {
        connection: entered.connection,
        actor: entered.actor,
        expires_ms: left_ms.map_or(u64::MAX, |left_ms| now_ms.saturating_add(left_ms)),
    })
}

/// What a client begins with.
struct Back {
    id: SocketId,
    secret: Option<u128>,
    rooms: Rooms,
    since: u64,
    /// What it missed, as it was published.
    missed: Vec<Bytes>,
}

/// Ends the connection that a client had before, where that still counts as alive: the client has
/// changed networks, and only the server does not know. What it knows of the socket is kept then.
async fn supersede(
    shard: &Rc<RefCell<Shard>>,
    (id, guest): (LinkId, &Guest),
    namespace: &Namespace,
    secret: u128,
) {
    let Some(before) = namespace.whereabouts(secret, &guest.actor.user) else {
        return;
    };
    if before.link == id && before.shard == shard.borrow().index {
        return;
    }
    let hub = shard.borrow().hub.clone();
    let (ended, over) = oneshot::channel();
    hub.send(before.shard, Item::Supersede(before.link, ended));
    // An error is a shard that ends.
    let _ = over.await;
}

/// Gives a client its socket back. What is published from the look at the past on reaches this
/// shard behind the mark; what reaches it before is part of that past and not told twice.
async fn come_back(
    shard: &Rc<RefCell<Shard>>,
    (id, guest): (LinkId, &Guest),
    namespace: &Arc<Namespace>,
    (secret, offset): (u128, Option<&str>),
) -> Option<Back> {
    let (hub, index) = {
        let shard = shard.borrow();
        (shard.hub.clone(), shard.index)
    };
    let connection = guest.connection;
    let (mark, reached) = oneshot::channel();
    let found = namespace.come_back((secret, &guest.actor.user), offset, || {
        hub.send(index, Item::Present("".into(), 0, mark));
    });
    let (away, mut missed, top) = found?;
    let rooms = away.rooms.iter();
    let rooms = rooms.map(|room| namespace.channel(Some(room)));
    let channels: Vec<_> = std::iter::once(namespace.channel(None))
        .chain(rooms)
        .collect();
    for channel in &channels {
        // Before this shard looks at anything else: there was no wait since the past was taken.
        begin(&mut shard.borrow_mut(), connection, channel);
    }
    // An error is a shard that ends.
    reached.await.ok()?;
    let mut shard = shard.borrow_mut();
    shard.main(id)?;
    let mut later = Vec::new();
    for channel in &channels {
        for event in finish(&mut shard, connection, channel) {
            let position = offset_of(&event).and_then(|offset| namespace.position(&offset));
            if position.is_none_or(|position| position > top) {
                later.push((position.unwrap_or(u64::MAX), event));
            }
        }
    }
    later.sort_by_key(|(position, _)| *position);
    missed.extend(later.iter().filter_map(|(_, event)| data_of(event)));
    Some(Back {
        id: away.id,
        secret: Some(secret),
        rooms: away.rooms,
        since: away.since,
        missed,
    })
}

fn begin(shard: &mut Shard, connection: ConnectionId, channel: &str) {
    shard.send_pending();
    // An error is a connection that is gone.
    let _ = shard.channels.begin(connection, channel, Side::Server);
}

fn finish(shard: &mut Shard, connection: ConnectionId, channel: &str) -> Vec<Arc<Broadcast>> {
    let grant = Grant::default();
    let joined = shard
        .channels
        .finish(connection, channel, grant, &Arrival::Fresh);
    joined.map(|joined| joined.meanwhile).unwrap_or_default()
}

/// Answers, and lets the client speak.
fn open(shard: &mut Shard, id: LinkId, (namespace, guest): (Arc<Namespace>, Guest), back: Back) {
    let (name, index) = (namespace.name.clone(), shard.index);
    let Some(main) = shard.main(id) else {
        return;
    };
    let parser = main.parser();
    let secret = back.secret.map(secret_text);
    let answer = parser.connected(&name, &id_text(back.id), secret.as_deref());
    if let Some(secret) = back.secret {
        let here = Here {
            user: guest.actor.user.clone(),
            shard: index,
            link: id,
        };
        namespace.came(secret, here);
    }
    main.entering = None;
    main.names.opened(&name);
    main.sockets.push(Socket {
        namespace,
        id: back.id,
        secret: back.secret,
        since: back.since,
        connection: guest.connection,
        actor: guest.actor,
        rooms: back.rooms,
        expires_ms: guest.expires_ms,
    });
    shard.enqueue(id, &answer.into());
    for data in back.missed {
        let frames = write(parser, &name, &data);
        shard.enqueue(id, &frames);
    }
    shard.opened().notify_waiters();
    shard.reschedule(id);
    shard.flush_dirty();
    if shard.hub.is_draining() {
        shard.close(id, Disconnect::Shutdown);
    }
}
