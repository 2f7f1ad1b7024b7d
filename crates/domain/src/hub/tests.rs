//! Whatever the order of things: a subscriber has the stream without a gap or a double, or is told.

use std::collections::VecDeque;

use base::limits::SUBSCRIPTIONS_PER_CONNECTION_MAX;
use base::{PersonId, SessionId};
use proptest::prelude::*;

use super::*;

const ROOM: &str = "room:1";
const EPOCHS: [&str; 3] = ["aaaa", "bbbb", "cccc"];
const PAGE_MAX: usize = 4;

#[derive(Debug, Clone, Copy)]
enum Step {
    Commit,
    Deliver,
    LoseHint,
    Restore,
    Begin(usize),
    Read(usize),
    Finish(usize),
    Drop(usize),
    Revoke(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..4usize;
    let step = prop_oneof![
        6 => Just(Step::Commit),
        6 => Just(Step::Deliver),
        1 => Just(Step::LoseHint),
        1 => Just(Step::Restore),
        4 => who.clone().prop_map(Step::Begin),
        4 => who.clone().prop_map(Step::Read),
        4 => who.clone().prop_map(Step::Finish),
        1 => who.clone().prop_map(Step::Drop),
        1 => who.prop_map(Step::Revoke),
    ];
    prop::collection::vec(step, 0..120)
}

#[derive(Debug, Clone)]
struct Page {
    epoch: usize,
    top: u64,
    read: Vec<u64>,
    since: Option<(usize, u64)>,
}

/// A client: where it stands, and how far its subscription is.
#[derive(Debug, Default)]
struct Client {
    cursor: Option<(usize, u64)>,
    connection: Option<ConnectionId>,
    page: Option<Page>,
    live: bool,
}

#[derive(Debug, Default)]
struct World {
    hub: Hub<(usize, u64)>,
    epoch: usize,
    top: u64,
    hints: VecDeque<(usize, u64)>,
    clients: [Client; 4],
}

impl World {
    fn step(&mut self, step: Step) {
        match step {
            Step::Commit => {
                self.top += 1;
                self.hints.push_back((self.epoch, self.top));
            }
            Step::Deliver => self.deliver(),
            Step::LoseHint => drop(self.hints.pop_front()),
            Step::Restore if self.epoch + 1 == EPOCHS.len() => {}
            Step::Restore => {
                self.epoch += 1;
                self.top = self.top.saturating_sub(1);
            }
            Step::Begin(who) => self.begin(who),
            Step::Read(who) => self.read(who),
            Step::Finish(who) => self.finish(who),
            Step::Drop(who) => {
                if let Some(id) = self.clients[who].connection.take() {
                    assert!(self.hub.disconnect(id).is_some());
                }
                self.clients[who].live = false;
                self.clients[who].page = None;
            }
            Step::Revoke(who) => {
                if let Some(id) = self.clients[who].connection {
                    self.hub.unsubscribe(id, ROOM);
                    self.clients[who].live = false;
                }
            }
        }
    }

    fn begin(&mut self, who: usize) {
        let client = &mut self.clients[who];
        let hub = &mut self.hub;
        let id = *client.connection.get_or_insert_with(|| {
            hub.connect(Newcomer {
                user: PersonId(who as u64 / 2).into(),
                session: Some(SessionId(who as u64)),
                client: ClientId(who as u128),
                info: None,
                format: FORMATS[who % 2],
            })
        });
        if hub.begin(id, ROOM, Side::Client).is_ok() {
            client.page = None;
        }
    }

    fn read(&mut self, who: usize) {
        let client = &mut self.clients[who];
        let since = client.cursor;
        let from = since.map_or(self.top, |(_, offset)| offset);
        let read = (from + 1..=self.top).take(PAGE_MAX).collect();
        client.page = Some(Page {
            epoch: self.epoch,
            top: self.top,
            read,
            since,
        });
    }

    fn finish(&mut self, who: usize) {
        let client = &mut self.clients[who];
        let (Some(id), Some(page)) = (client.connection, client.page.take()) else {
            return;
        };
        if client.live || self.hub.subscribed(id, ROOM).is_none() {
            return;
        }
        let epoch = EPOCHS[page.epoch];
        let arrival = match page.since {
            None => Arrival::Now {
                epoch,
                top: page.top,
            },
            Some((known, offset)) => Arrival::Since {
                known_epoch: EPOCHS[known],
                offset,
                epoch,
                top: page.top,
                read: &page.read,
            },
        };
        let grant = Grant {
            past: Past::Log,
            ..Grant::default()
        };
        let Ok(joined) = self.hub.finish(id, ROOM, grant, &arrival) else {
            assert_eq!(
                self.hub.subscribed(id, ROOM),
                None,
                "a torn subscription is gone"
            );
            return;
        };
        let client = &mut self.clients[who];
        client.live = true;
        if joined.recovered {
            for offset in page.read {
                client.receive((page.epoch, offset));
            }
        } else {
            client.cursor = Some((page.epoch, page.top));
        }
        for payload in joined.meanwhile {
            self.clients[who].receive(payload);
        }
    }

    fn deliver(&mut self) {
        let Some(hint) = self.hints.pop_front() else {
            return;
        };
        let verdict = self.hub.accept(ROOM, Some((hint.1, EPOCHS[hint.0])), &hint);
        let slots = match verdict {
            Verdict::Nobody => return,
            Verdict::These(_, slots) => slots,
            Verdict::Everybody(key) => live(&self.hub, key),
            Verdict::Broken(key) => {
                for lost in self.hub.lost(key) {
                    self.hub.unsubscribe(lost.connection, ROOM);
                    let told = |client: &&mut Client| client.connection == Some(lost.connection);
                    let client = self.clients.iter_mut().find(told);
                    client.expect("a lost one is a client").live = false;
                }
                return;
            }
        };
        for slot in slots {
            let id = self.hub.id(slot);
            let receiver = self.clients.iter_mut().find(|it| it.connection == id);
            let receiver = receiver.expect("only connected ones receive");
            assert!(
                receiver.live,
                "nothing is delivered before the answer or after the end"
            );
            receiver.receive(hint);
        }
    }
}

impl Client {
    fn receive(&mut self, (epoch, offset): (usize, u64)) {
        let cursor = self.cursor.expect("an answer comes before publications");
        assert_eq!(
            (epoch, offset),
            (cursor.0, cursor.1 + 1),
            "no gap, no double, one history"
        );
        self.cursor = Some((epoch, offset));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_subscriber_has_exactly_the_stream_or_is_told(steps in steps()) {
        let mut world = World::default();
        for step in steps {
            world.step(step);
        }
        // One more event reveals whatever hint was lost last.
        world.step(Step::Commit);
        while !world.hints.is_empty() {
            world.step(Step::Deliver);
        }
        for client in world.clients.iter().filter(|client| client.live) {
            prop_assert_eq!(client.cursor, Some((world.epoch, world.top)));
        }
        for who in 0..4 {
            world.step(Step::Drop(who));
        }
        prop_assert_eq!(world.hub.connections_count(), 0);
        prop_assert_eq!(world.hub.channels_count(), 0);
    }
}

pub(super) const FORMATS: [Format; 2] = [
    Format {
        language: Language::CentrifugoJson,
        framing: Framing::Frames,
        packed: false,
        delta: Delta::None,
    },
    Format {
        language: Language::CentrifugoProtobuf,
        framing: Framing::Bare,
        packed: false,
        delta: Delta::None,
    },
];

/// Everybody who gets whatever comes, sorted.
fn live<P: Clone>(hub: &Hub<P>, key: ChannelKey) -> Vec<u32> {
    let lists = hub.live(key);
    let mut slots: Vec<u32> = lists.flat_map(|(_, slots)| slots).copied().collect();
    slots.sort_unstable();
    slots
}

fn newcomer(user: u64) -> Newcomer {
    Newcomer {
        user: PersonId(user).into(),
        session: Some(SessionId(user)),
        client: ClientId(u128::from(user)),
        info: None,
        format: FORMATS[0],
    }
}

fn join(hub: &mut Hub<u32>, user: u64, channels: &[&str], grant: Grant) -> ConnectionId {
    let id = hub.connect(newcomer(user));
    for channel in channels {
        hub.begin(id, channel, Side::Client).unwrap();
        hub.finish(id, channel, grant, &Arrival::Fresh).unwrap();
    }
    id
}

#[test]
fn places_in_the_lists_stay_right_when_others_leave() {
    let mut hub = Hub::<u32>::default();
    let all: Vec<_> = (0..50)
        .map(|user| join(&mut hub, user, &["a", "b"], Grant::default()))
        .collect();
    for (at, id) in all.iter().enumerate().filter(|(at, _)| at % 3 == 0) {
        let channel = if at % 2 == 0 { "a" } else { "b" };
        assert!(hub.unsubscribe(*id, channel).is_some());
        assert!(hub.unsubscribe(*id, channel).is_none());
    }
    for (channel, parity) in [("a", 0), ("b", 1)] {
        let Verdict::Everybody(key) = hub.accept(channel, None, &1) else {
            panic!("everybody is live");
        };
        let live = live(&hub, key);
        let expected = all
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 3 != 0 || at % 2 != parity);
        assert_eq!(live, expected.map(|(_, id)| id.slot).collect::<Vec<_>>());
    }
}

#[test]
fn a_connection_that_is_written_to_in_another_way_keeps_its_subscriptions() {
    let mut hub = Hub::<u32>::default();
    let [one, two, three] =
        [1, 2, 3].map(|user| join(&mut hub, user, &["a", "b"], Grant::default()));
    hub.reformat(one, FORMATS[1]);
    hub.reformat(two, FORMATS[1]);
    hub.reformat(one, FORMATS[0]);
    for channel in ["a", "b"] {
        let Verdict::Everybody(key) = hub.accept(channel, None, &1) else {
            panic!("everybody is live");
        };
        let in_format = |format: Format| {
            let lists = hub.live(key).filter(|(it, _)| *it == format);
            let mut slots: Vec<u32> = lists.flat_map(|(_, slots)| slots).copied().collect();
            slots.sort_unstable();
            slots
        };
        assert_eq!(in_format(FORMATS[0]), [one.slot, three.slot]);
        assert_eq!(in_format(FORMATS[1]), [two.slot]);
    }
    for id in [one, two, three] {
        assert!(hub.unsubscribe(id, "a").is_some());
        assert!(hub.disconnect(id).is_some());
    }
    assert_eq!((hub.channels_count(), hub.subscriptions_count()), (0, 0));
}

#[test]
fn a_publication_can_leave_out_the_one_connection_it_came_from() {
    let mut hub = Hub::<u32>::default();
    let all = [1, 2, 3].map(|user| join(&mut hub, user, &["a"], Grant::default()));
    let verdict = hub.accept("a", None, &1);
    let Verdict::These(_, mut slots) = hub.leave_out(verdict, ClientId(2)) else {
        panic!("one is left out")
    };
    slots.sort_unstable();
    assert_eq!(slots, [all[0].slot, all[2].slot]);
    let verdict = hub.accept("a", None, &2);
    let elsewhere = hub.leave_out(verdict, ClientId(9));
    assert!(matches!(elsewhere, Verdict::Everybody(_)), "{elsewhere:?}");
    let late = hub.connect(newcomer(4));
    hub.begin(late, "a", Side::Client).unwrap();
    let verdict = hub.accept("a", None, &3);
    let Verdict::These(_, slots) = hub.leave_out(verdict, ClientId(3)) else {
        panic!("those who wait make it a list")
    };
    assert_eq!(slots.len(), 2);
}

#[test]
fn a_slot_that_is_used_again_is_another_connection() {
    let mut hub = Hub::<u32>::default();
    let first = join(&mut hub, 1, &["a"], Grant::default());
    hub.disconnect(first);
    let second = join(&mut hub, 2, &["a"], Grant::default());
    assert_eq!(first.slot, second.slot);
    assert_eq!(hub.subscribed(first, "a"), None);
    assert!(hub.unsubscribe(first, "a").is_none());
    assert!(hub.disconnect(first).is_none());
    assert_eq!(hub.connections_of(&PersonId(2).into()), [second]);
    assert_eq!(hub.connections_of_session(SessionId(2)), [second]);
}

#[test]
fn presence_shows_those_who_were_granted_it() {
    let mut hub = Hub::<u32>::default();
    let shown = Grant {
        presence: true,
        announced: true,
        watching: true,
        ..Grant::default()
    };
    let id = join(&mut hub, 1, &["a"], shown);
    join(&mut hub, 2, &["a"], Grant::default());
    join(&mut hub, 1, &["a"], shown);
    assert_eq!(hub.present("a", 10).len(), 2);
    assert_eq!(hub.present("a", 1).len(), 1);
    assert_eq!(hub.present_users("a").count(), 2);
    assert_eq!(hub.watching("a").len(), 2);
    assert_eq!(hub.disconnect(id).unwrap().left.len(), 1);
    assert_eq!(hub.present("a", 10).len(), 1);
    assert!(hub.present("nowhere", 10).is_empty());
}

#[test]
fn a_connection_has_a_bounded_number_of_subscriptions() {
    let mut hub = Hub::<u32>::default();
    let id = join(&mut hub, 1, &["a"], Grant::default());
    assert_eq!(hub.begin(id, "a", Side::Client), Err(Refused::Already));
    assert_eq!(
        hub.begin(id, &"x".repeat(256), Side::Client),
        Err(Refused::NameTooLong)
    );
    for at in 1..SUBSCRIPTIONS_PER_CONNECTION_MAX {
        assert_eq!(hub.begin(id, &format!("c{at}"), Side::Client), Ok(()));
    }
    assert_eq!(hub.begin(id, "more", Side::Client), Err(Refused::TooMany));
}

#[test]
fn a_subscription_is_over_when_its_credentials_are_and_not_before() {
    let mut hub = Hub::<u32>::default();
    let at = |at_ms, asked| Expiry { at_ms, asked };
    let terms = |expiry| Terms {
        expiry,
        ..Terms::default()
    };
    let id = hub.connect(newcomer(1));
    for (channel, expiry) in [
        ("a", Some(at(10, false))),
        ("b", Some(at(20, true))),
        ("c", None),
    ] {
        hub.begin(id, channel, Side::Client).unwrap();
        hub.finish(id, channel, terms(expiry), &Arrival::Fresh)
            .unwrap();
    }
    let over = |hub: &Hub<u32>, now_ms| -> Vec<String> {
        let expired = hub.expired(now_ms).into_iter();
        expired.map(|it| it.channel.to_string()).collect()
    };
    let asked: Vec<_> = hub.expired(20).into_iter().map(|it| it.asked).collect();
    assert_eq!(asked, [false, true]);
    assert_eq!(hub.next_expiry_ms(), Some(10));
    assert_eq!(over(&hub, 9), [""; 0]);
    assert_eq!(over(&hub, 20), ["a", "b"]);
    assert!(hub.set_expiry(id, "a", at(30, false)));
    assert!(hub.set_expiry(id, "b", None));
    assert!(hub.set_expiry(id, "c", at(25, false)));
    assert!(!hub.set_expiry(id, "d", at(1, false)));
    assert_eq!(over(&hub, 30), ["c", "a"]);
    hub.unsubscribe(id, "c");
    hub.disconnect(id);
    assert_eq!(hub.next_expiry_ms(), None);
}

#[test]
fn who_stands_elsewhere_than_the_stream_is_found() {
    let mut hub = Hub::<u32>::default();
    let kept = Grant {
        past: Past::Memory,
        ..Grant::default()
    };
    let at = |top| Arrival::Now { epoch: "aaaa", top };
    for (user, channel, grant) in [(1, "a", kept), (2, "b", kept), (3, "c", Grant::default())] {
        let id = hub.connect(newcomer(user));
        hub.begin(id, channel, Side::Client).unwrap();
        hub.finish(id, channel, grant, &at(7)).unwrap();
    }
    let astray = |top| {
        let found = hub.astray(|channel| (channel != "b").then_some(("aaaa", top)));
        let mut names: Vec<_> = found.iter().map(|(name, _)| name.to_string()).collect();
        names.sort();
        names
    };
    assert_eq!(astray(7), ["b"]);
    assert_eq!(astray(8), ["a", "b"]);
}
