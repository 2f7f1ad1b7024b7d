//! The way into a room, and of texts into its log.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use base::RoomId;
use domain::hub::{Arrival, ConnectionId, Grant, Side, Unjoined};

use super::session::{Opening, Texts, Way, Welcome, Work};
use super::{INTERNAL, POLICY, closing};
use crate::door::backend::{Actor, Refused, Speaker};
use crate::door::entry::{self, Asked, NotEntered};
use crate::drive::hub::framing::Kind;
use crate::drive::hub::link::{Closing, LinkId};
use crate::drive::hub::shard::Shard;
use crate::drive::publisher::room_channel;

/// Posts of one connection that may be under way at once.
const UNDER_WAY_MAX: usize = 128;
/// How often the room is read anew when its log went on too fast meanwhile.
const READS_MAX: usize = 3;

/// A place in the hub.
type Place = (ConnectionId, Actor);

/// A connection on its way into a room.
pub(super) struct Newcomer {
    pub(super) opening: Opening,
    pub(super) texts: Rc<RefCell<Texts>>,
    /// Where it stands already, when there is nobody to ask who it is.
    pub(super) place: Option<Place>,
}

/// Decides who a connection is, lets it hear its room, and greets it. What it said meanwhile is
/// posted then, even if it has gone: who says something and goes has said it.
pub(super) async fn open(shard: Rc<RefCell<Shard>>, id: LinkId, newcomer: Newcomer) {
    let Newcomer {
        opening,
        texts,
        place,
    } = newcomer;
    let place = match place {
        Some(place) => Ok(place),
        None => enter(&shard, id, &opening).await,
    };
    let opened = match (place, &opening.way) {
        (Ok(_), Way::Answers(_)) => Ok(None),
        (Ok(place), Way::Room(name)) => listen(&shard, id, &place, (name, &opening))
            .await
            .map(|room| Some((room, place.1))),
        (Err(last), _) => Err(last),
    };
    let heard = match opened {
        Ok(heard) => heard,
        Err(last) => {
            let mut shard = shard.borrow_mut();
            shard.close(id, last);
            return shard.flush_dirty();
        }
    };
    let room = heard.as_ref().map(|(room, _)| *room);
    if room.is_none() {
        greet(&mut shard.borrow_mut(), id, &opening);
    }
    if let Some(session) = super::session(&mut shard.borrow_mut(), id) {
        session.open(room);
    }
    shard.borrow_mut().flush_dirty();
    let Some((room, actor)) = heard else {
        return;
    };
    let begun = texts.borrow_mut().begin();
    if begun {
        let address = opening.address;
        let said = Work {
            texts,
            room,
            actor,
            address,
        };
        work(shard, id, said).await;
    }
}

/// Takes the connection into the hub, as whoever its token says.
async fn enter(
    shard: &Rc<RefCell<Shard>>,
    id: LinkId,
    opening: &Opening,
) -> Result<Place, Closing> {
    let asked = Asked {
        token: opening.token.clone(),
        name: "plain".to_owned(),
        ..Asked::default()
    };
    let entered = entry::enter(shard, id, asked).await;
    let entered = entered.map_err(|error| match error {
        NotEntered::Refused(refused) => last_words(refused),
        NotEntered::Closed(reason) => reason,
        NotEntered::Gone => Closing::DONE,
    })?;
    if entered.actor.person.is_none() && opening.who == Welcome::People {
        return Err(closing(POLICY, "forbidden"));
    }
    // A person's socket ends with their login, however old the token is by then.
    let expires_at = entered.connected.expires_at;
    let expires_at = expires_at.filter(|_| entered.actor.session.is_none());
    let mut shard = shard.borrow_mut();
    let now_ms = shard.now_ms();
    if let Some(left_ms) = entry::left_ms(expires_at)
        && let Some(session) = super::session(&mut shard, id)
    {
        session.expires_ms = now_ms.saturating_add(left_ms);
        shard.reschedule(id);
    }
    Ok((entered.connection, entered.actor))
}

/// What somebody who is not wanted is told.
fn last_words(refused: Refused) -> Closing {
    match refused {
        Refused::Error {
            message, temporary, ..
        } => Closing {
            code: if temporary { INTERNAL } else { POLICY },
            reason: message,
        },
        Refused::Disconnect { reason, .. } => Closing {
            code: POLICY,
            reason,
        },
    }
}

fn greet(shard: &mut Shard, id: LinkId, opening: &Opening) {
    if !opening.greeting.is_empty() {
        shard.tell(id, Kind::Text, opening.greeting.as_bytes());
    }
}

/// Registers the subscription, then reads the room, then tells both: so nothing is missed and
/// nothing comes twice.
async fn listen(
    shard: &Rc<RefCell<Shard>>,
    id: LinkId,
    (connection, actor): &Place,
    (name, opening): (&str, &Opening),
) -> Result<RoomId, Closing> {
    let backend = shard.borrow().backend();
    let room = backend.find_room(actor.person, name).await;
    let room = room.map_err(last_words)?;
    let channel = room_channel(room);
    for _ in 0..READS_MAX {
        let begun = {
            let channels = &mut shard.borrow_mut().channels;
            channels.begin(*connection, &channel, Side::Server)
        };
        if begun.is_err() {
            // It has gone meanwhile.
            return Ok(room);
        }
        let read = backend
            .text_room(actor.person, room, opening.history)
            .await
            .map_err(last_words)?;
        let mut shard = shard.borrow_mut();
        let now = Arrival::Now {
            epoch: &read.epoch,
            top: read.top,
        };
        let grant = Grant::default();
        let joined = shard.channels.finish(*connection, &channel, grant, &now);
        match joined {
            Ok(joined) => {
                greet(&mut shard, id, opening);
                for text in &read.texts {
                    shard.tell(id, Kind::Text, text.as_bytes());
                }
                for event in joined.meanwhile {
                    shard.write_event(id, &event);
                }
                return Ok(room);
            }
            // It has gone meanwhile; what it said on its way is said all the same.
            Err(Unjoined::Revoked) if shard.channels.info(*connection).is_none() => {
                return Ok(room);
            }
            Err(Unjoined::Revoked) => return Err(closing(POLICY, "forbidden")),
            Err(Unjoined::Torn) => {}
        }
    }
    Err(closing(INTERNAL, "busy"))
}

/// Posts what waits, in order.
pub(super) async fn work(shard: Rc<RefCell<Shard>>, id: LinkId, work: Work) {
    let backend = shard.borrow().backend();
    let mut under_way = VecDeque::new();
    loop {
        let next = work.texts.borrow_mut().next();
        let Some(text) = next else {
            break;
        };
        if under_way.len() >= UNDER_WAY_MAX
            && let Some(first) = under_way.pop_front()
        {
            tell(&shard, id, first.await);
        }
        let speaker = Speaker {
            client: work.actor.client,
            address: work.address,
            person: work.actor.person,
        };
        under_way.push_back(backend.say(speaker, work.room, text).await);
    }
    for first in under_way {
        tell(&shard, id, first.await);
    }
}

/// Tells the sender of a text that was not taken. An empty one is nothing to speak of.
fn tell(shard: &Rc<RefCell<Shard>>, id: LinkId, outcome: Result<(), Refused>) {
    let Err(refused) = outcome else {
        return;
    };
    let mut shard = shard.borrow_mut();
    match refused {
        Refused::Error { message, .. } if message == base::Code::Empty.name() => {}
        Refused::Error { message, .. } => {
            shard.tell(id, Kind::Text, format!("Not sent: {message}").as_bytes());
        }
        Refused::Disconnect { .. } => shard.close(id, last_words(refused)),
    }
    shard.flush_dirty();
}
