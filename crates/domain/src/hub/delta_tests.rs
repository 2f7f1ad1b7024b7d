//! Whatever the order of things: who takes differences can build on what they have, who has a
//! filter gets what passes it, and who comes back to a stream in memory has all of it or is told.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tags::{Filter, Node};
use super::*;

const GAME: &str = "game:1";
const KEEP: Keep = Keep {
    size: 4,
    ttl_ms: 50,
    meta_ttl_ms: 100_000,
};

#[derive(Debug, Clone, Copy)]
enum Step {
    /// A publication of the stream, even or odd, left out for one client or for none.
    Publish(Option<usize>),
    /// One that the stream does not keep.
    Tell,
    Clear,
    Wait,
    Begin(usize),
    Read(usize),
    Finish(usize),
    Drop(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..5_usize;
    let step = prop_oneof![
        8 => Just(Step::Publish(None)),
        2 => who.clone().prop_map(|who| Step::Publish(Some(who))),
        2 => Just(Step::Tell),
        1 => Just(Step::Clear),
        1 => Just(Step::Wait),
        4 => who.clone().prop_map(Step::Begin),
        5 => who.clone().prop_map(Step::Read),
        5 => who.clone().prop_map(Step::Finish),
        1 => who.prop_map(Step::Drop),
    ];
    prop::collection::vec(step, 0..150)
}

/// A publication: its own number, its offset, and the number of the one it builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    number: u64,
    offset: Option<u64>,
    previous: Option<u64>,
    except: Option<ClientId>,
}

impl Weigh for Told {
    fn bytes(&self) -> usize {
        1
    }
}

impl Told {
    fn parity(self) -> &'static str {
        if self.number.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        }
    }
}

#[derive(Debug, Default)]
struct Client {
    connection: Option<ConnectionId>,
    page: Option<(Option<u64>, KeptPage<Told>)>,
    live: bool,
    /// The offset it has, and how often it said so by recovering.
    offset: Option<u64>,
    /// The publication it has last, as the base of a difference.
    base: Option<u64>,
    /// Offsets of the stream that it has, since it was told to begin anew.
    has: Vec<u64>,
    since: u64,
}

#[derive(Debug, Default)]
struct World {
    hub: Hub<Told>,
    streams: Streams<Told>,
    now_ms: u64,
    number: u64,
    /// Number by offset.
    stream: BTreeMap<u64, Told>,
    clients: [Client; 5],
}

/// Clients 0 to 2 take differences, 3 gets the even ones, 4 gets all as they are.
fn terms(who: usize) -> Terms {
    let even = Node {
        key: "parity".to_owned(),
        cmp: "eq".to_owned(),
        val: "even".to_owned(),
        ..Node::default()
    };
    Terms {
        grant: Grant {
            past: Past::Memory,
            recoverable: true,
            ..Grant::default()
        },
        delta: who < 3,
        filter: (who == 3).then(|| Filter::new(even).unwrap()),
        ..Terms::default()
    }
}

impl World {
    fn step(&mut self, step: Step) {
        match step {
            Step::Publish(except) => {
                let except = except.map(|who| ClientId(who as u128));
                self.number += 1;
                let number = self.number;
                let moment = self.moment();
                let told = self.streams.append(moment, GAME, KEEP, |next| Told {
                    number,
                    offset: Some(next.offset),
                    previous: next.previous.map(|previous| previous.number),
                    except,
                });
                self.stream.insert(told.offset.unwrap_or_default(), told);
                self.tell(told);
            }
            Step::Tell => {
                self.number += 1;
                self.tell(Told {
                    number: self.number,
                    offset: None,
                    previous: None,
                    except: None,
                });
            }
            Step::Clear => self.streams.clear(GAME),
            Step::Wait => self.now_ms += 30,
            Step::Begin(who) => self.begin(who),
            Step::Read(who) => self.read(who),
            Step::Finish(who) => self.finish(who),
            Step::Drop(who) => {
                let client = &mut self.clients[who];
                client.live = false;
                client.page = None;
                if let Some(id) = client.connection.take() {
                    assert!(self.hub.disconnect(id).is_some());
                }
            }
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            now_ms: self.now_ms,
            random: 7,
        }
    }

    fn begin(&mut self, who: usize) {
        let hub = &mut self.hub;
        let id = *self.clients[who].connection.get_or_insert_with(|| {
            hub.connect(Newcomer {
                user: User::new("ann"),
                session: None,
                client: ClientId(who as u128),
                info: None,
                format: super::tests::FORMATS[who % 2],
            })
        });
        if hub.begin(id, GAME, Side::Client).is_ok() {
            self.clients[who].page = None;
        }
    }

    fn read(&mut self, who: usize) {
        let since = self.clients[who].offset;
        let query = KeptQuery {
            since,
            limit: if since.is_some() { 100 } else { 0 },
            reverse: false,
        };
        let page = self.streams.page(self.moment(), GAME, query);
        self.clients[who].page = Some((since, page));
    }

    fn finish(&mut self, who: usize) {
        let client = &mut self.clients[who];
        let (Some(id), Some((since, page))) = (client.connection, client.page.take()) else {
            return;
        };
        if client.live || self.hub.subscribed(id, GAME).is_none() {
            return;
        }
        let read: Vec<u64> = page
            .publications
            .iter()
            .map(|(offset, _)| *offset)
            .collect();
        let arrival = match since {
            None => Arrival::Now {
                epoch: &page.epoch,
                top: page.top,
            },
            Some(offset) => Arrival::Since {
                known_epoch: &page.epoch,
                offset,
                epoch: &page.epoch,
                top: page.top,
                read: &read,
            },
        };
        let terms = terms(who);
        let filter = terms.filter.clone();
        let Ok(joined) = self.hub.finish(id, GAME, terms, &arrival) else {
            assert_eq!(self.hub.subscribed(id, GAME), None);
            return;
        };
        let client = &mut self.clients[who];
        client.live = true;
        client.base = None;
        if joined.recovered {
            for (_, told) in &page.publications {
                if passes(filter.as_ref(), *told) {
                    client.whole(*told);
                }
            }
        } else {
            client.has.clear();
            client.since = page.top;
        }
        client.offset = Some(page.top);
        for told in joined.meanwhile {
            if passes(filter.as_ref(), told) && told.except != Some(ClientId(who as u128)) {
                client.whole(told);
            }
            client.offset = told.offset.or(client.offset);
        }
    }

    fn tell(&mut self, told: Told) {
        let position = told.offset.map(|offset| (offset, "00000007"));
        let mut verdict = self.hub.accept(GAME, position, &told);
        if let Some(client) = told.except {
            verdict = self.hub.leave_out(verdict, client);
        }
        let parity = told.parity();
        let mut passing = self.hub.passing(GAME, |_| Some(parity));
        if let Some(client) = told.except {
            passing.retain(|slot| !self.hub.is_of(*slot, client));
        }
        for slot in passing {
            self.client(slot).whole(told);
        }
        match verdict {
            Verdict::Nobody => {}
            Verdict::Everybody(key) => {
                let lists = self.hub.live(key);
                let lists: Vec<_> = lists
                    .map(|(format, slots)| (format, slots.to_vec()))
                    .collect();
                for (format, slots) in lists {
                    for slot in slots {
                        match format.delta {
                            Delta::None | Delta::First => self.client(slot).whole(told),
                            Delta::Next => self.client(slot).difference(told),
                        }
                    }
                }
                let kept = told.offset.is_some();
                self.hub
                    .set_delta(key, if kept { Delta::Next } else { Delta::First });
            }
            Verdict::These(key, slots) => {
                for slot in slots {
                    self.client(slot).whole(told);
                }
                if told.offset.is_none() {
                    self.hub.set_delta(key, Delta::First);
                }
                if let Some(client) = told.except {
                    self.hub.restart_delta(key, client);
                }
            }
            Verdict::Broken(_) => panic!("nothing is lost on the way here"),
        }
        for client in self.clients.iter_mut().filter(|client| client.live) {
            client.offset = told.offset.or(client.offset);
        }
    }

    fn client(&mut self, slot: u32) -> &mut Client {
        let id = self.hub.id(slot);
        let mut clients = self.clients.iter_mut();
        let client = clients.find(|client| client.connection == id).unwrap();
        assert!(
            client.live,
            "nothing comes before the answer or after the end"
        );
        client
    }
}

fn passes(filter: Option<&Filter>, told: Told) -> bool {
    filter.is_none_or(|filter| filter.admits(&|_: &str| Some(told.parity())))
}

impl Client {
    fn whole(&mut self, told: Told) {
        self.base = Some(told.number);
        self.has.extend(told.offset);
    }

    fn difference(&mut self, told: Told) {
        if told.previous.is_some() {
            assert_eq!(
                told.previous, self.base,
                "it has what the difference builds on"
            );
        }
        self.whole(told);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn everybody_has_what_they_are_to_have(steps in steps()) {
        let mut world = World::default();
        for step in steps {
            world.step(step);
        }
        let top = world.stream.keys().last().copied().unwrap_or(0);
        for (who, client) in world.clients.iter().enumerate().filter(|(_, it)| it.live) {
            let wanted = world.stream.values().filter(|told| {
                let above = told.offset.unwrap_or_default() > client.since;
                let own = told.except == Some(ClientId(who as u128));
                let has = || client.has.contains(&told.offset.unwrap_or_default());
                above && (who != 3 || told.parity() == "even") && (!own || has())
            });
            let wanted: Vec<u64> = wanted.filter_map(|told| told.offset).collect();
            prop_assert_eq!(&client.has, &wanted, "client {}", who);
            prop_assert_eq!(client.offset.unwrap_or(0), top);
        }
        for who in 0..5 {
            world.step(Step::Drop(who));
        }
        prop_assert_eq!(world.hub.channels_count(), 0);
    }
}
