//! Whatever the order of things: who builds a copy of a map has exactly the map, or is told that it
//! can not. One rule at a time stands in `rules`.

mod rules;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use base::limits::{MAP_KEYS_MAX, MAP_PAGE_MAX};
use proptest::prelude::*;

use super::*;
use crate::hub::{
    Arrival, ClientId, ConnectionId, Delta, Format, Framing, Grant, Hub, KeptQuery, Language,
    Moment, Newcomer, Past, Position, Side, User, Verdict, Weigh,
};

const CHANNEL: &str = "board";
const RULES: MapRules = MapRules {
    stream_size: 6,
    stream_ttl_ms: 50,
    key_ttl_ms: Some(40),
    meta_ttl_ms: 1_000,
};

/// A change as it is told: which map, its place, the key, and the value unless it was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    epoch: Arc<str>,
    offset: u64,
    key: String,
    value: Option<u8>,
}

impl Weigh for Told {
    fn bytes(&self) -> usize {
        10
    }
}

type Copy = BTreeMap<String, u8>;

fn apply(copy: &mut Copy, told: &Told) {
    match told.value {
        Some(value) => copy.insert(told.key.clone(), value),
        None => copy.remove(&told.key),
    };
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Publish(u8, u8),
    Remove(u8),
    Wait(u64),
    Clear,
    Deliver,
    LoseHint,
    Ask(usize),
    Drop(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (who, key) = (0..3_usize, 0..6_u8);
    let step = prop_oneof![
        10 => (key.clone(), 0..100_u8).prop_map(|(key, value)| Step::Publish(key, value)),
        3 => key.prop_map(Step::Remove),
        2 => (0..30_u64).prop_map(Step::Wait),
        1 => Just(Step::Clear),
        12 => Just(Step::Deliver),
        1 => Just(Step::LoseHint),
        14 => who.clone().prop_map(Step::Ask),
        2 => who.prop_map(Step::Drop),
    ];
    prop::collection::vec(step, 0..200)
}

/// How far a client is, as the JavaScript library walks through it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Walk {
    /// Begins with the entries, or from its position with the changes.
    #[default]
    Begin,
    /// Has some of the entries.
    State(String),
    /// Has all entries, or was there before.
    Stream,
    /// Is told what comes.
    Live,
}

#[derive(Debug, Default)]
struct Client {
    connection: Option<ConnectionId>,
    walk: Walk,
    /// What it shows, and up to where that is.
    copy: Copy,
    position: Option<(Arc<str>, u64)>,
    /// What it has collected and not shown yet, from where on.
    collected: Option<(Copy, Arc<str>, u64)>,
}

#[derive(Debug)]
enum Hint {
    Change(Told),
    /// The map was forgotten: everybody who listens is told to come back.
    Restart,
}

#[derive(Debug, Default)]
struct World {
    maps: Maps<Told>,
    hub: Hub<Told>,
    now_ms: u64,
    random: u32,
    hints: VecDeque<Hint>,
    clients: [Client; 3],
    /// What each map was at each of its offsets.
    was: HashMap<(Arc<str>, u64), Copy>,
    now: Copy,
}

const FORMAT: Format = Format {
    language: Language::CentrifugoJson,
    framing: Framing::Frames,
    packed: false,
    delta: Delta::None,
};

impl World {
    fn moment(&mut self) -> Moment {
        self.random += 1;
        Moment {
            now_ms: self.now_ms,
            random: self.random,
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Publish(key, value) => self.publish(&key.to_string(), value),
            Step::Remove(key) => self.remove(&key.to_string()),
            Step::Wait(ms) => {
                self.now_ms += ms;
                self.sweep();
            }
            Step::Clear => {
                if self.maps.clear(CHANNEL) {
                    self.now.clear();
                    self.hints.push_back(Hint::Restart);
                }
            }
            Step::Deliver => self.deliver(),
            Step::LoseHint => {
                // A restart is told by the same thread that makes it; a change may get lost.
                if matches!(self.hints.front(), Some(Hint::Change(_))) {
                    self.hints.pop_front();
                }
            }
            Step::Ask(who) => self.ask(who),
            Step::Drop(who) => {
                if let Some(id) = self.clients[who].connection.take() {
                    self.hub.disconnect(id);
                }
                self.clients[who].walk = Walk::Begin;
                self.clients[who].collected = None;
            }
        }
    }

    fn told(&mut self, told: Told) {
        apply(&mut self.now, &told);
        let place = (Arc::clone(&told.epoch), told.offset);
        self.was.insert(place, self.now.clone());
        self.hints.push_back(Hint::Change(told));
    }

    fn publish(&mut self, key: &str, value: u8) {
        self.sweep();
        let moment = self.moment();
        let written =
            self.maps
                .publish(moment, (CHANNEL, key), (RULES, Write::default()), |fresh| {
                    Made {
                        change: Told {
                            epoch: Arc::clone(fresh.epoch),
                            offset: fresh.offset,
                            key: key.to_owned(),
                            value: Some(value),
                        },
                        entry: None,
                    }
                });
        let Ok(Written::Done(told, _)) = written else {
            panic!("there is room");
        };
        self.told(told);
    }

    fn remove(&mut self, key: &str) {
        let moment = self.moment();
        let written = self.maps.remove(moment, (CHANNEL, key), |fresh| Told {
            epoch: Arc::clone(fresh.epoch),
            offset: fresh.offset,
            key: key.to_owned(),
            value: None,
        });
        if let Ok(Written::Done(told, _)) = written {
            self.told(told);
        }
    }

    /// Entries whose time is over are removed before anything else is done with the maps.
    fn sweep(&mut self) {
        while let Some((_, key)) = self.maps.overdue(self.now_ms) {
            self.remove(&key);
        }
    }

    fn deliver(&mut self) {
        let told = match self.hints.pop_front() {
            Some(Hint::Change(told)) => told,
            Some(Hint::Restart) => {
                for client in &mut self.clients {
                    client.lose(&mut self.hub);
                }
                return;
            }
            None => return,
        };
        let place = Some((told.offset, &*told.epoch));
        let slots = match self.hub.accept(CHANNEL, place, &told) {
            Verdict::Nobody => return,
            Verdict::Everybody(key) => {
                let lists = self.hub.live(key);
                lists.flat_map(|(_, slots)| slots.to_vec()).collect()
            }
            Verdict::These(_, slots) => slots,
            Verdict::Broken(key) => {
                for lost in self.hub.lost(key) {
                    let mut all = self.clients.iter_mut();
                    let client = all.find(|it| it.connection == Some(lost.connection));
                    client.unwrap().lose(&mut self.hub);
                }
                return;
            }
        };
        for slot in slots {
            let id = self.hub.id(slot);
            let mut all = self.clients.iter_mut();
            let client = all.find(|it| it.connection == id).unwrap();
            assert_eq!(client.walk, Walk::Live);
            client.hear(&told);
        }
    }

    /// The client's next question and its answer, as the door gives it.
    fn ask(&mut self, who: usize) {
        self.sweep();
        let moment = self.moment();
        let client = &mut self.clients[who];
        if client.walk == Walk::Live {
            return;
        }
        let hub = &mut self.hub;
        let id = *client
            .connection
            .get_or_insert_with(|| hub.connect(newcomer(who)));
        hub.begin(id, CHANNEL, Side::Client).unwrap();
        let recovers = client.walk == Walk::Begin && client.position.is_some();
        if recovers {
            let (epoch, offset) = client.position.clone().unwrap();
            client.collected = Some((client.copy.clone(), epoch, offset));
            client.walk = Walk::Stream;
        }
        let (cursor, phase) = match &client.walk {
            Walk::State(cursor) => (cursor.clone(), Phase::State),
            Walk::Begin => (String::new(), Phase::State),
            Walk::Stream | Walk::Live => (String::new(), Phase::Stream),
        };
        let known = client.collected.as_ref();
        let ask = Ask {
            phase,
            cursor: &cursor,
            limit: 2,
            ascending: false,
            offset: known.map_or(0, |(_, _, offset)| *offset),
            epoch: known.map_or("", |(_, epoch, _)| epoch),
            bytes_max: 1_000,
        };
        match answer(&mut self.maps, moment, (CHANNEL, ask), |_| true) {
            Err(_) => {
                hub.unsubscribe(id, CHANNEL);
                // Told that it can not: it begins anew.
                *client = Client {
                    connection: Some(id),
                    ..Client::default()
                };
            }
            Ok(Answered::State {
                position,
                entries,
                cursor,
            }) => {
                hub.unsubscribe(id, CHANNEL);
                let (copy, ..) = client.collected.get_or_insert_with(|| {
                    (Copy::new(), Arc::clone(&position.epoch), position.top)
                });
                copy.extend(entries.into_iter().map(|it| shown(&it)));
                client.walk = cursor.map_or(Walk::Stream, Walk::State);
            }
            Ok(Answered::Stream { position, changes }) => {
                hub.unsubscribe(id, CHANNEL);
                let (copy, _, reached) = client.collected.as_mut().unwrap();
                changes.iter().for_each(|(_, told)| apply(copy, told));
                *reached = position.top;
            }
            Ok(Answered::Live {
                position,
                entries,
                changes,
            }) => self.stand(who, position, (entries, changes)),
        }
    }

    /// The subscription stands with the last page.
    fn stand(&mut self, who: usize, at: Position, last: (Vec<Entry<Told>>, Vec<(u64, Told)>)) {
        let client = &mut self.clients[who];
        let now = Arrival::Now {
            epoch: &at.epoch,
            top: at.top,
        };
        let grant = Grant {
            past: Past::Map,
            ..Grant::default()
        };
        let id = client.connection.unwrap();
        let Ok(joined) = self.hub.finish(id, CHANNEL, grant, &now) else {
            // A temporary error: it begins where it was.
            client.walk = Walk::Begin;
            client.collected = None;
            return;
        };
        let collected = client.collected.take();
        let mut copy = collected.map(|(copy, ..)| copy).unwrap_or_default();
        let (entries, changes) = last;
        copy.extend(entries.into_iter().map(|it| shown(&it)));
        changes.iter().for_each(|(_, told)| apply(&mut copy, told));
        client.copy = copy;
        client.position = Some((at.epoch, at.top));
        client.walk = Walk::Live;
        joined.meanwhile.iter().for_each(|told| client.hear(told));
        self.check(who);
    }

    /// A client that is live shows what the map was at its position.
    fn check(&self, who: usize) {
        let client = &self.clients[who];
        let (epoch, offset) = client.position.clone().unwrap();
        let empty = Copy::new();
        let was = self.was.get(&(epoch, offset));
        assert_eq!(&client.copy, was.unwrap_or(&empty), "at {offset}");
    }
}

fn shown(entry: &Entry<Told>) -> (String, u8) {
    (entry.key.to_string(), entry.payload.value.unwrap())
}

fn newcomer(who: usize) -> Newcomer {
    Newcomer {
        user: User::new("somebody"),
        session: None,
        client: ClientId(who as u128),
        info: None,
        format: FORMAT,
    }
}

impl Client {
    fn hear(&mut self, told: &Told) {
        let (epoch, offset) = self.position.as_mut().unwrap();
        assert_eq!((&told.epoch, told.offset), (&*epoch, *offset + 1), "no gap");
        *offset = told.offset;
        apply(&mut self.copy, told);
    }

    /// Told that it missed something: it comes back from where it was.
    fn lose(&mut self, hub: &mut Hub<Told>) {
        if self.walk != Walk::Live {
            return;
        }
        hub.unsubscribe(self.connection.unwrap(), CHANNEL);
        self.walk = Walk::Begin;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn who_comes_back_to_a_map_has_exactly_the_map_or_is_told(steps in steps()) {
        let mut world = World::default();
        for step in steps {
            world.step(step);
            for who in 0..3 {
                if world.clients[who].walk == Walk::Live {
                    world.check(who);
                }
            }
        }
        while !world.hints.is_empty() {
            world.deliver();
        }
        // Whoever stands elsewhere than the map is found by comparing.
        let stands: HashMap<_, _> = world
            .maps
            .positions()
            .map(|(name, at)| (name.to_string(), at))
            .collect();
        let lost = world.hub.astray(|name| {
            stands.get(name).map(|at| (&*at.epoch, at.top))
        });
        for (_, lost) in lost {
            for lost in lost {
                let mut all = world.clients.iter_mut();
                let client = all.find(|it| it.connection == Some(lost.connection));
                client.unwrap().lose(&mut world.hub);
            }
        }
        // With nobody writing, everybody gets there, and has the map as it is.
        for who in 0..3 {
            for _ in 0..40 {
                world.ask(who);
            }
            prop_assert_eq!(&world.clients[who].walk, &Walk::Live);
            while !world.hints.is_empty() {
                world.deliver();
            }
            prop_assert_eq!(&world.clients[who].copy, &world.now);
        }
    }
}
