//! One connection's side, without any input or output: what it may do when, and until when.
//!
//! Times are milliseconds of a clock that does not go back.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use base::RoomId;
use base::limits::{
    PING_INTERVAL_MS, PLAIN_TEXTS_WAITING_BYTES_MAX, PLAIN_TEXTS_WAITING_MAX, PONG_TIMEOUT_MS,
};
use domain::hub::{Budget, ConnectionId, Rate};

use crate::door::backend::Actor;

/// The first pings of many connections are spread over this time.
const PING_SPREAD_MS: u64 = 5_000;
/// What a text that waits weighs besides its letters.
const TEXT_BYTES: usize = 32;

/// What a route answers by itself.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(super) echo: String,
    pub(super) replies: BTreeMap<String, String>,
}

impl Answers {
    /// The answer to a text, if there is one.
    pub(super) fn to(&self, text: &str) -> Option<String> {
        if let Some(reply) = self.replies.get(text) {
            return Some(reply.clone());
        }
        (!self.echo.is_empty()).then(|| self.echo.replace("{text}", text))
    }
}

/// Where a connection leads.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// To the room of this name or id.
    Room(Arc<str>),
    /// Nowhere: each text is answered.
    Answers(Arc<Answers>),
}

/// Who may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Welcome {
    /// Everybody.
    Anybody,
    /// Whoever brings a token of the operator's.
    Token,
    /// People of this place.
    People,
}

/// What the request that opened a connection decided.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) way: Way,
    pub(crate) who: Welcome,
    /// The first text to the newcomer; empty for none.
    pub(crate) greeting: Arc<str>,
    pub(crate) token: String,
    /// How many texts of the past are wanted.
    pub(crate) history: usize,
    pub(crate) address: IpAddr,
}

/// Texts on their way into the room. They outlive the connection: who says something and goes has
/// said it.
#[derive(Debug, Default)]
pub(super) struct Texts {
    waiting: VecDeque<String>,
    bytes: usize,
    /// A task works on them.
    working: bool,
}

impl Texts {
    /// Whether somebody is to begin to work on what waits; from then on somebody does.
    pub(super) fn begin(&mut self) -> bool {
        !self.waiting.is_empty() && !std::mem::replace(&mut self.working, true)
    }

    /// The next one; without one, the work ends.
    pub(super) fn next(&mut self) -> Option<String> {
        let next = self.waiting.pop_front();
        match &next {
            Some(text) => self.bytes -= text.len() + TEXT_BYTES,
            None => {
                self.working = false;
                self.waiting = VecDeque::new();
            }
        }
        next
    }
}

/// What posting needs to know of a connection.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) texts: Rc<RefCell<Texts>>,
    pub(super) room: RoomId,
    pub(super) actor: Actor,
    pub(super) address: IpAddr,
}

/// What a text leads to.
#[derive(Debug)]
pub(super) enum Step {
    /// It waits, for the room or for whoever works.
    Wait,
    /// Somebody is to work.
    Work(Work),
    /// More wait than may.
    TooMany,
}

/// What is to be done when a time is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    /// The ping was not answered.
    Silent,
    /// The token is over.
    Expired,
}

/// One connection's side.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) way: Way,
    /// Until the connection is decided.
    opening: Option<Box<Opening>>,
    place: Option<Box<(ConnectionId, Actor)>>,
    /// The room, once it is heard.
    room: Option<RoomId>,
    open: bool,
    address: IpAddr,
    texts: Rc<RefCell<Texts>>,
    rate: Rate,
    budget: Budget,
    /// When the next ping goes out; while `pong_due`, when the pong is late.
    next_ms: u64,
    pong_due: bool,
    pub(super) expires_ms: u64,
}

impl Session {
    pub(crate) fn new(opening: Opening, now_ms: u64, rate: Rate) -> Self {
        let spread_ms = now_ms % PING_SPREAD_MS;
        Self {
            way: opening.way.clone(),
            address: opening.address,
            opening: Some(Box::new(opening)),
            place: None,
            room: None,
            open: false,
            texts: Rc::default(),
            rate,
            budget: Budget::default(),
            next_ms: now_ms.saturating_add(PING_INTERVAL_MS - spread_ms),
            pong_due: false,
            expires_ms: u64::MAX,
        }
    }

    /// What the request asked for; told once.
    pub(super) fn take_opening(&mut self) -> Option<Opening> {
        self.opening.take().map(|opening| *opening)
    }

    pub(super) fn texts(&self) -> Rc<RefCell<Texts>> {
        Rc::clone(&self.texts)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Everything is decided: from now on texts go somewhere.
    pub(super) fn open(&mut self, room: Option<RoomId>) {
        self.open = true;
        self.room = room;
    }

    pub(crate) fn enter(&mut self, connection: ConnectionId, actor: Actor) {
        self.place = Some(Box::new((connection, actor)));
    }

    pub(crate) fn entered(&self) -> Option<(ConnectionId, Actor)> {
        self.place.as_deref().cloned()
    }

    pub(crate) fn leave(&mut self) -> Option<(ConnectionId, Actor)> {
        self.open = false;
        self.place.take().map(|place| *place)
    }

    /// One text to be answered by the route itself; `false` when there are too many.
    pub(super) fn spend(&mut self, now_ms: u64) -> bool {
        self.budget.spend(now_ms, self.rate)
    }

    /// One text for the room.
    pub(super) fn take(&mut self, text: &str) -> Step {
        let mut texts = self.texts.borrow_mut();
        let bytes = texts.bytes + text.len() + TEXT_BYTES;
        let many = texts.waiting.len() >= PLAIN_TEXTS_WAITING_MAX;
        if many || bytes > PLAIN_TEXTS_WAITING_BYTES_MAX {
            return Step::TooMany;
        }
        texts.bytes = bytes;
        texts.waiting.push_back(text.to_owned());
        drop(texts);
        let (Some(room), Some((_, actor))) = (self.room, self.place.as_deref()) else {
            return Step::Wait;
        };
        if !self.texts.borrow_mut().begin() {
            return Step::Wait;
        }
        Step::Work(Work {
            texts: Rc::clone(&self.texts),
            room,
            actor: actor.clone(),
            address: self.address,
        })
    }

    /// The client lives.
    pub(super) fn heard(&mut self, now_ms: u64) {
        if std::mem::replace(&mut self.pong_due, false) {
            self.next_ms = now_ms.saturating_add(PING_INTERVAL_MS);
        }
    }

    pub(crate) fn deadline_ms(&self) -> u64 {
        self.next_ms.min(self.expires_ms)
    }

    pub(super) fn due(&mut self, now_ms: u64) -> Due {
        if now_ms >= self.expires_ms {
            return Due::Expired;
        }
        if now_ms < self.next_ms {
            return Due::Nothing;
        }
        if self.pong_due {
            return Due::Silent;
        }
        self.pong_due = true;
        self.next_ms = now_ms.saturating_add(PONG_TIMEOUT_MS);
        Due::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(way: Way) -> Session {
        let opening = Opening {
            way,
            who: Welcome::Anybody,
            greeting: "".into(),
            token: String::new(),
            history: 0,
            address: [127, 0, 0, 1].into(),
        };
        let rate = Rate {
            per_second: 1,
            burst: 2,
        };
        Session::new(opening, 0, rate)
    }

    #[test]
    fn a_table_answers_before_the_echo() {
        let mut answers = Answers::default();
        assert_eq!(answers.to("hi"), None);
        answers.echo = "you said {text}".to_owned();
        answers
            .replies
            .insert("Hello, Server!".to_owned(), "Hello, Client!".to_owned());
        assert_eq!(answers.to("hi").unwrap(), "you said hi");
        assert_eq!(answers.to("Hello, Server!").unwrap(), "Hello, Client!");
    }

    #[test]
    fn texts_wait_for_the_room_within_bounds() {
        let mut session = session(Way::Room("chat".into()));
        assert!(matches!(session.take("early"), Step::Wait));
        let actor = Actor {
            user: domain::hub::User::ANONYMOUS,
            person: None,
            session: None,
            client: domain::hub::ClientId(1),
            format: crate::door::backend::Format {
                language: domain::hub::Language::Plain,
                framing: domain::hub::Framing::Frames,
                packed: false,
                delta: domain::hub::Delta::None,
            },
        };
        let connection = ConnectionId { slot: 0, serial: 0 };
        session.enter(connection, actor);
        session.open(Some(RoomId(1)));
        let Step::Work(work) = session.take("next") else {
            panic!("somebody is to work");
        };
        assert!(matches!(session.take("last"), Step::Wait), "one works");
        for text in ["early", "next", "last"] {
            assert_eq!(work.texts.borrow_mut().next().as_deref(), Some(text));
        }
        assert_eq!(work.texts.borrow_mut().next(), None);
        assert!(matches!(session.take("again"), Step::Work(_)));
        let large = "x".repeat(60_000);
        let full = (0..8).find(|_| matches!(session.take(&large), Step::TooMany));
        assert!(full.is_some());
        assert!(matches!(session.take("small"), Step::Wait));
        let many = (0..=PLAIN_TEXTS_WAITING_MAX).map(|_| session.take(""));
        assert!(many.into_iter().any(|step| matches!(step, Step::TooMany)));
    }

    #[test]
    fn who_does_not_answer_a_ping_is_gone() {
        let mut session = session(Way::Answers(Arc::default()));
        let first = session.deadline_ms();
        assert!(first <= PING_INTERVAL_MS);
        assert_eq!(session.due(first - 1), Due::Nothing);
        assert_eq!(session.due(first), Due::Ping);
        session.heard(first + 5);
        let second = session.deadline_ms();
        assert_eq!(session.due(second), Due::Ping);
        assert_eq!(session.due(session.deadline_ms()), Due::Silent);
    }
}
