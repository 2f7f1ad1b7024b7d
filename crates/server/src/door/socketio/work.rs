//! Carries out the packets of one client, one after the other.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use domain::Refusal;
use domain::hub::{Arrival, ConnectionId, Grant, Side};
use domain::relay::{Place, Plan, To};
use futures_util::FutureExt as _;
use serde_json::json;
use tokio::task::spawn_local;
use wire::centrifugo::Disconnect;
use wire::socketio::{Arguments, Event, Packet, Step};

use super::{VIOLATION, connect, event};
use crate::door::backend::{Refused, Speaker};
use crate::drive::hub::link::LinkId;
use crate::drive::hub::shard::Shard;
use crate::handle::namespaces::Emission;

/// Takes a packet: what needs no waiting and has nothing before it is done at once, so that a
/// relayed event costs no task.
pub(super) fn take(shard: &mut Shard, id: LinkId, packet: Packet) {
    let now_ms = shard.now_ms();
    let Some(main) = shard.main(id) else {
        return;
    };
    match main.names.received(&packet) {
        Step::Take => {}
        Step::Drop => return,
        Step::Close => return shard.close(id, VIOLATION),
    }
    if main.is_idle() && !waits(main, &packet) && main.spend(now_ms, &packet) {
        return carry_out(shard, id, packet);
    }
    if !main.put(packet) {
        return shard.close(id, Disconnect::TooManyRequests);
    }
    if !std::mem::replace(&mut main.working, true)
        && let Some(me) = shard.me()
    {
        spawn_local(work(me, id));
    }
}

/// Whether carrying out this packet asks the application.
fn waits(main: &mut super::Main, packet: &Packet) -> bool {
    match packet {
        Packet::Connect { .. } => true,
        Packet::Disconnect { .. } | Packet::Ack { .. } => false,
        Packet::Event {
            namespace, event, ..
        } => {
            let socket = main.socket(namespace);
            socket.is_some_and(|socket| socket.namespace.post(event).is_some())
        }
    }
}

/// Works through the queue of a client; ends when it is empty. A bug ends this connection and no
/// other.
async fn work(shard: Rc<RefCell<Shard>>, id: LinkId) {
    contain(&shard, id, packets(&shard, id)).await;
}

async fn contain(shard: &Rc<RefCell<Shard>>, id: LinkId, work: impl Future<Output = ()>) {
    if AssertUnwindSafe(work).catch_unwind().await.is_err() {
        tracing::error!("a packet caused a panic; its connection is closed");
        let mut shard = shard.borrow_mut();
        shard.close(id, Disconnect::InternalServerError);
        shard.flush_dirty();
    }
}

async fn packets(shard: &Rc<RefCell<Shard>>, id: LinkId) {
    loop {
        let next = shard.borrow_mut().main(id).and_then(super::Main::next);
        let Some(packet) = next else {
            shard.borrow_mut().flush_dirty();
            return;
        };
        afford(shard, id, &packet).await;
        match packet {
            Packet::Connect { namespace, auth } => {
                connect::connect(shard, id, (namespace, auth)).await;
            }
            Packet::Event {
                namespace,
                id: ack,
                event,
            } => {
                let post = shard.borrow_mut().main(id).and_then(|main| {
                    let socket = main.socket(&namespace)?;
                    socket.namespace.post(&event)
                });
                match post {
                    Some(text) => post_text(shard, id, (&namespace, ack), text).await,
                    None => relay(&mut shard.borrow_mut(), id, (&namespace, ack), event),
                }
            }
            Packet::Disconnect { .. } | Packet::Ack { .. } => {
                carry_out(&mut shard.borrow_mut(), id, packet);
            }
        }
    }
}

/// Waits until a client may send this much: a burst is slowed down and not torn, and what waits
/// behind it is bounded.
async fn afford(shard: &Rc<RefCell<Shard>>, id: LinkId, packet: &Packet) {
    loop {
        let pause_ms = {
            let mut shard = shard.borrow_mut();
            let now_ms = shard.now_ms();
            let Some(main) = shard.main(id) else {
                return;
            };
            if main.spend(now_ms, packet) {
                return;
            }
            main.pause_ms()
        };
        shard.borrow_mut().flush_dirty();
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
}

fn carry_out(shard: &mut Shard, id: LinkId, packet: Packet) {
    match packet {
        Packet::Event {
            namespace,
            id: ack,
            event,
        } => relay(shard, id, (&namespace, ack), event),
        Packet::Disconnect { namespace } => part(shard, id, &namespace),
        // The server asks no client for an acknowledgement.
        Packet::Ack { .. } => {}
        // Waits, so it never comes here.
        Packet::Connect { .. } => shard.close(id, VIOLATION),
    }
}

/// Answers an event, if its client wants that.
fn answer(
    shard: &mut Shard,
    id: LinkId,
    (namespace, ack): (&str, Option<u64>),
    outcome: Result<Arguments, Refused>,
) {
    let (Some(ack), Some(main)) = (ack, shard.main(id)) else {
        return;
    };
    let arguments = outcome.unwrap_or_else(|refused| refusal(&refused));
    let frames = main.parser().ack(namespace, ack, &arguments);
    shard.enqueue(id, &frames.into());
}

fn refusal(refused: &Refused) -> Arguments {
    let (code, temporary) = match refused {
        Refused::Error {
            message, temporary, ..
        } => (message, *temporary),
        Refused::Disconnect { reason, .. } => (reason, false),
    };
    let told = json!({"status": "error", "code": code, "temporary": temporary});
    Arguments::one(&told.to_string()).unwrap_or_default()
}

// Events.

/// Gives an event to those who are to have it.
fn relay(shard: &mut Shard, id: LinkId, to: (&str, Option<u64>), mut event: Event) {
    let (namespace, ack) = to;
    let Some(socket) = shard.main(id).and_then(|main| main.socket(namespace)) else {
        return;
    };
    let (sender, connection) = (socket.id, socket.connection);
    let (namespace, actor) = (socket.namespace.clone(), socket.actor.clone());
    let plan = match namespace.plan(&event, &mut socket.rooms) {
        Ok(plan) => plan,
        Err(Refusal { code, .. }) => {
            return answer(shard, id, (&namespace.name, ack), Err(Refused::code(code)));
        }
    };
    let acknowledged = namespace.ack(&event);
    let Plan {
        join,
        leave,
        to,
        echo,
        name,
        volatile,
    } = plan;
    event.name = name;
    if let Some(room) = join {
        listen(shard, connection, &namespace.channel(Some(&room)));
    }
    let place = match &to {
        To::Namespace => Some(Place::Everywhere),
        To::Room(room) => Some(Place::Room(room)),
        To::Sender => {
            let data = namespace.only(sender, &event);
            if let Some(main) = shard.main(id) {
                let frames = event::write(main.parser(), &namespace.name, &data);
                shard.enqueue(id, &frames);
            }
            None
        }
        To::Nobody => None,
    };
    if let Some(place) = place {
        let except = (!echo).then_some((actor.client, sender));
        let info = Some(shard.hub.info(&actor));
        namespace.emit(
            &shard.hub,
            Emission {
                place,
                event: &event,
                except,
                info,
                volatile,
            },
        );
    }
    if let Some(room) = leave {
        shard.send_pending();
        let channel = namespace.channel(Some(&room));
        shard.channels.unsubscribe(connection, &channel);
    }
    answer(shard, id, (&namespace.name, ack), Ok(acknowledged));
}

/// Lets a connection hear a channel from now on.
pub(super) fn listen(shard: &mut Shard, connection: ConnectionId, channel: &str) {
    // What waits to be sent is for those who listened before.
    shard.send_pending();
    let begun = shard.channels.begin(connection, channel, Side::Server);
    if begun.is_ok() {
        let grant = Grant::default();
        // Nothing can have come in between.
        let _ = shard
            .channels
            .finish(connection, channel, grant, &Arrival::Fresh);
    }
}

/// Posts a text in the room that belongs to the namespace.
async fn post_text(
    shard: &Rc<RefCell<Shard>>,
    id: LinkId,
    (namespace, ack): (&str, Option<u64>),
    text: String,
) {
    let found = shard.borrow_mut().main(id).and_then(|main| {
        let address = main.address;
        let all = main.namespaces.clone();
        let socket = main.socket(namespace)?;
        let (space, actor) = (socket.namespace.clone(), socket.actor.clone());
        Some((all, space, actor, address))
    });
    let Some((all, space, actor, address)) = found else {
        return;
    };
    let backend = shard.borrow().backend();
    let speaker = Speaker {
        client: actor.client,
        address,
        person: actor.person,
    };
    let alias = space.room.clone().unwrap_or_default();
    let room = match backend.find_room(actor.person, &alias).await {
        Ok(room) => room,
        Err(refused) => {
            return answer(&mut shard.borrow_mut(), id, (namespace, ack), Err(refused));
        }
    };
    all.bind(room, &space);
    let posted = backend.say(speaker, room, text).await;
    if let Some(main) = shard.borrow_mut().main(id) {
        main.posting += 1;
    }
    let (shard, namespace) = (Rc::clone(shard), namespace.to_owned());
    spawn_local(async move {
        let told = async {
            let outcome = posted.await;
            let ok = || Arguments::one(r#"{"status":"ok"}"#).unwrap_or_default();
            let mut shard = shard.borrow_mut();
            if let Some(main) = shard.main(id) {
                main.posting = main.posting.saturating_sub(1);
            }
            answer(&mut shard, id, (&namespace, ack), outcome.map(|()| ok()));
            shard.flush_dirty();
        };
        contain(&shard, id, told).await;
    });
}

// Ends.

/// The client leaves a namespace.
fn part(shard: &mut Shard, id: LinkId, namespace: &str) {
    let now_ms = shard.now_ms();
    let Some(main) = shard.main(id) else {
        return;
    };
    main.names.ended(namespace, now_ms);
    if let Some((connection, actor)) = main.part(namespace) {
        shard.depart((connection, actor), None);
    }
    shard.reschedule(id);
}

/// The server puts a client out of a namespace.
pub(super) fn put_out(shard: &mut Shard, id: LinkId, namespace: &str) {
    let Some(main) = shard.main(id) else {
        return;
    };
    if main.socket(namespace).is_none() {
        return;
    }
    let last: Bytes = main.parser().disconnected(namespace).into();
    shard.enqueue(id, &last);
    part(shard, id, namespace);
}
