//! What a namespace keeps for sockets that come back after a cut: its newest events, and who was
//! there.
//!
//! All events of a namespace have one order, whatever room they went to, so that one position says
//! what a socket has missed. Bounded in events, bytes, sockets and time; what falls out is not
//! recovered, and the client is told so.

use std::collections::{HashMap, VecDeque};

use super::Rooms;
use crate::hub::User;

/// The public name of one socket, which it keeps when it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketId(pub u128);

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecallLimits {
    /// For how long, in milliseconds.
    pub life_ms: u64,
    /// At most so many events.
    pub events_max: usize,
    /// At most so many bytes of them.
    pub bytes_max: usize,
    /// At most so many sockets.
    pub sockets_max: usize,
}

/// A socket that was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// Who it is.
    pub id: SocketId,
    /// Whose.
    pub user: User,
    /// Where it was.
    pub rooms: Rooms,
    /// The position when it connected: what it had seen if it never got an event.
    pub since: u64,
}

/// Where an event went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// To everybody in the namespace.
    Everywhere,
    /// To those in this room.
    Room(&'a str),
    /// To one socket.
    Only(SocketId),
}

#[derive(Debug)]
enum Audience {
    Everybody,
    Room(String),
    Only(SocketId),
}

#[derive(Debug)]
struct Kept<P> {
    at_ms: u64,
    audience: Audience,
    except: Option<SocketId>,
    bytes: usize,
    payload: P,
}

/// The memory of one namespace. `P` is an event, cheap to clone.
#[derive(Debug)]
pub struct Recall<P> {
    limits: RecallLimits,
    /// Tells this memory from one before a restart.
    epoch: String,
    /// The position of the newest event; they count from 1.
    top: u64,
    events: VecDeque<Kept<P>>,
    bytes: usize,
    /// By the secret that only the client knows; when it is forgotten.
    away: HashMap<u128, (u64, Away)>,
    /// The same secrets, the oldest first; some may be gone.
    order: VecDeque<(u64, u128)>,
}

impl<P: Clone> Recall<P> {
    /// An empty memory. `random` tells it from others.
    #[must_use]
    pub fn new(limits: RecallLimits, random: u64) -> Self {
        Self {
            limits,
            epoch: format!("{random:016x}"),
            top: 0,
            events: VecDeque::new(),
            bytes: 0,
            away: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// The position now.
    #[must_use]
    pub const fn top(&self) -> u64 {
        self.top
    }

    /// What a client names to say that it has the event at a position.
    #[must_use]
    pub fn offset(&self, position: u64) -> String {
        format!("{}-{position}", self.epoch)
    }

    /// The position that such an offset names, if it is one of this memory.
    #[must_use]
    pub fn position(&self, offset: &str) -> Option<u64> {
        let (epoch, position) = offset.rsplit_once('-')?;
        (epoch == self.epoch).then(|| position.parse().ok())?
    }

    /// Takes an event in and gives it back. `make` is told the offset that goes with it and says
    /// how many bytes it keeps.
    pub fn append(
        &mut self,
        now_ms: u64,
        (place, except): (Place<'_>, Option<SocketId>),
        make: impl FnOnce(&str) -> (P, usize),
    ) -> P {
        self.top += 1;
        let (payload, bytes) = make(&self.offset(self.top));
        self.bytes += bytes;
        self.events.push_back(Kept {
            at_ms: now_ms,
            audience: match place {
                Place::Everywhere => Audience::Everybody,
                Place::Room(room) => Audience::Room(room.to_owned()),
                Place::Only(id) => Audience::Only(id),
            },
            except,
            bytes,
            payload: payload.clone(),
        });
        self.forget(now_ms);
        payload
    }

    /// Keeps a socket that was cut off under its secret.
    pub fn leave(&mut self, now_ms: u64, secret: u128, away: Away) {
        let until_ms = now_ms.saturating_add(self.limits.life_ms);
        self.away.insert(secret, (until_ms, away));
        self.order.push_back((until_ms, secret));
        self.forget(now_ms);
    }

    /// Gives a socket back with what it missed, in order. `None` when it is not known, is somebody
    /// else's, or something that it missed is gone; then the client begins anew.
    pub fn come_back(
        &mut self,
        now_ms: u64,
        (secret, user): (u128, &User),
        offset: Option<&str>,
    ) -> Option<(Away, Vec<P>)> {
        self.forget(now_ms);
        let (_, away) = self.away.get(&secret)?;
        if away.user != *user {
            return None;
        }
        let (_, away) = self.away.remove(&secret)?;
        let seen = match offset {
            Some(offset) => self.position(offset)?,
            None => away.since,
        };
        let missing = self.top.checked_sub(seen)?;
        let missing = usize::try_from(missing).ok()?;
        let first = self.events.len().checked_sub(missing)?;
        let missed = self.events.iter().skip(first);
        let for_it = missed.filter(|kept| {
            let hears = match &kept.audience {
                Audience::Everybody => true,
                Audience::Room(room) => away.rooms.contains(room),
                Audience::Only(id) => *id == away.id,
            };
            hears && kept.except != Some(away.id)
        });
        let payloads = for_it.map(|kept| kept.payload.clone()).collect();
        Some((away, payloads))
    }

    /// Lets go of what is too old or too much.
    fn forget(&mut self, now_ms: u64) {
        let RecallLimits {
            life_ms,
            events_max,
            bytes_max,
            sockets_max,
        } = self.limits;
        while let Some(oldest) = self.events.front() {
            let full = self.events.len() > events_max || self.bytes > bytes_max;
            if !full && oldest.at_ms.saturating_add(life_ms) > now_ms {
                break;
            }
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
            self.events.pop_front();
        }
        while let Some((until_ms, secret)) = self.order.front().copied() {
            let full = self.order.len() > sockets_max;
            if !full && until_ms > now_ms {
                break;
            }
            self.order.pop_front();
            let same = self.away.get(&secret).is_some_and(|it| it.0 == until_ms);
            if same {
                self.away.remove(&secret);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: RecallLimits = RecallLimits {
        life_ms: 1_000,
        events_max: 4,
        bytes_max: 100,
        sockets_max: 2,
    };

    fn recall() -> Recall<u32> {
        Recall::new(LIMITS, 7)
    }

    fn away(id: u128, rooms: &[&str]) -> Away {
        let mut all = Rooms::default();
        for room in rooms {
            all.join(room).unwrap();
        }
        Away {
            id: SocketId(id),
            user: User::ANONYMOUS,
            rooms: all,
            since: 0,
        }
    }

    fn append(recall: &mut Recall<u32>, now_ms: u64, room: Option<&str>, number: u32) -> String {
        let mut told = String::new();
        let place = room.map_or(Place::Everywhere, Place::Room);
        recall.append(now_ms, (place, None), |offset| {
            told = offset.to_owned();
            (number, 10)
        });
        told
    }

    fn back(recall: &mut Recall<u32>, now_ms: u64, offset: Option<&str>) -> Option<Vec<u32>> {
        let found = recall.come_back(now_ms, (1, &User::ANONYMOUS), offset)?;
        Some(found.1)
    }

    #[test]
    fn a_socket_that_comes_back_gets_what_it_missed_in_order() {
        let mut recall = recall();
        let seen = append(&mut recall, 0, None, 1);
        recall.leave(1, 1, away(9, &["a"]));
        append(&mut recall, 2, None, 2);
        append(&mut recall, 3, Some("b"), 3);
        append(&mut recall, 4, Some("a"), 4);
        assert_eq!(back(&mut recall, 5, Some(&seen)), Some(vec![2, 4]));
        assert_eq!(back(&mut recall, 5, Some(&seen)), None, "only once");
    }

    #[test]
    fn what_a_socket_sent_itself_it_has_not_missed() {
        let mut recall = recall();
        recall.append(0, (Place::Everywhere, Some(SocketId(9))), |_| (1, 1));
        recall.append(0, (Place::Only(SocketId(8)), None), |_| (2, 1));
        recall.leave(1, 1, away(9, &[]));
        assert_eq!(back(&mut recall, 2, None), Some(vec![]));
    }

    #[test]
    fn who_got_nothing_yet_missed_everything_since_it_connected() {
        let mut recall = recall();
        append(&mut recall, 0, None, 1);
        let mut gone = away(9, &[]);
        gone.since = recall.top();
        recall.leave(0, 1, gone);
        append(&mut recall, 0, None, 2);
        assert_eq!(back(&mut recall, 1, None), Some(vec![2]));
    }

    #[test]
    fn what_fell_out_is_not_recovered() {
        let mut recall = recall();
        let seen = append(&mut recall, 0, None, 0);
        recall.leave(0, 1, away(9, &[]));
        for number in 1..=5 {
            append(&mut recall, 0, None, number);
        }
        assert_eq!(back(&mut recall, 0, Some(&seen)), None);
        recall.leave(0, 1, away(9, &[]));
        let (foreign, made_up) = ("ffffffffffffffff-5", "0000000000000007-99");
        assert_eq!(back(&mut recall, 0, Some(foreign)), None);
        recall.leave(0, 1, away(9, &[]));
        assert_eq!(back(&mut recall, 0, Some(made_up)), None);
        recall.leave(0, 1, away(9, &[]));
        assert_eq!(back(&mut recall, 1_000, None), None, "too late");
    }

    #[test]
    fn a_stolen_secret_of_somebody_else_gives_nothing_away() {
        let mut recall = recall();
        let mut gone = away(9, &[]);
        gone.user = User::new("alice");
        recall.leave(0, 1, gone);
        assert_eq!(back(&mut recall, 1, None), None);
        let alice = User::new("alice");
        assert!(recall.come_back(1, (1, &alice), None).is_some());
    }

    #[test]
    fn memory_is_bounded() {
        let mut recall = recall();
        for number in 0..100 {
            append(&mut recall, number, None, 1);
            recall.leave(number, u128::from(number), away(1, &[]));
        }
        assert_eq!(recall.events.len(), 4);
        assert_eq!(recall.bytes, 40);
        assert_eq!((recall.away.len(), recall.order.len()), (2, 2));
        recall.append(100, (Place::Everywhere, None), |_| (2, 1_000));
        assert_eq!((recall.events.len(), recall.bytes), (0, 0));
    }
}
