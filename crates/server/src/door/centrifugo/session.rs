//! One connection's side of the protocol, without any input or output: what may come when, how
//! often, and until when.
//!
//! Times are milliseconds of a clock that does not go back.

use std::collections::{BTreeMap, VecDeque};

use base::limits::{
    COMMANDS_CONNECTING_BYTES_MAX, COMMANDS_CONNECTING_MAX, COMMANDS_REFUSED_BURST,
    COMMANDS_REFUSED_PER_SECOND, COMMANDS_WAITING_BYTES_MAX, COMMANDS_WAITING_MAX,
    EXPIRED_GRACE_MS, PING_INTERVAL_MS, PONG_TIMEOUT_MS, STALE_CONNECTION_MS_MAX,
};
use bytes::Bytes;
use domain::hub::{Budget, ConnectionId, Language, Rate};
use wire::centrifugo::{Command, Disconnect, Encoding, ErrorCode, Request};

use crate::door::backend::{Actor, Ending, Granted};

/// The first pings of many connections are spread over this time.
const PING_SPREAD_MS: u64 = 5_000;
/// How many commands above the rate are answered with an error before the connection is closed.
const REFUSALS: Rate = Rate {
    per_second: COMMANDS_REFUSED_PER_SECOND,
    burst: COMMANDS_REFUSED_BURST,
};

/// How far a connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Has not said who it is; its first message, if that came with the request that opened it.
    Fresh(Option<Bytes>),
    /// Its connect is being decided.
    Connecting,
    /// In the hub, its server-side subscriptions on their way; not answered yet.
    Entering(ConnectionId, Actor),
    /// Who it is, and its place in the hub.
    Open(ConnectionId, Actor),
    /// Its connect was answered with an error.
    Rejected,
}

/// What a command leads to.
#[derive(Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives from the return to the match"
)]
pub(crate) enum Step {
    /// It waits for its turn.
    Queue(u32, Request),
    /// It was a pong, or nothing that needs an answer.
    Done,
    /// It is answered at once.
    Refuse(u32, ErrorCode),
    /// The connection ends.
    Close(Disconnect),
}

/// What is to be done when a time is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing yet.
    Nothing,
    /// Send a ping.
    Ping,
    /// Ask whether the connection goes on.
    Renew,
    /// The connection ends.
    Close(Disconnect),
}

/// How a client and the server talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Commands and replies; pings are empty replies.
    Both,
    /// The same, but pings are those of the WebSocket protocol.
    BothWithSocketPings,
    /// The client connects and listens: bare pushes, and no pongs.
    Listening,
}

/// What the request that opened a connection decided.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) encoding: Encoding,
    pub(crate) manner: Manner,
    /// The first message, if the request brought it.
    pub(crate) first: Option<Bytes>,
}

/// One connection's side of the protocol.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) encoding: Encoding,
    pub(crate) manner: Manner,
    pub(crate) phase: Phase,
    /// Commands that wait for their turn, and whether a task works on them.
    pub(super) commands: VecDeque<(u32, Request)>,
    pub(super) working: bool,
    /// Commands that are queued or being worked on.
    pub(crate) waiting: usize,
    /// Bytes of the commands whose turn has not come, the connect left out: it is worked on at
    /// once, and only one message long.
    waiting_bytes: usize,
    /// The maps that the client is being given page by page, and what it may do in each.
    #[expect(
        clippy::box_collection,
        reason = "every connection has one, hardly any uses it"
    )]
    pub(super) pagings: Option<Box<BTreeMap<String, Granted>>>,
    rate: Rate,
    budget: Budget,
    refusals: Budget,
    /// When the next ping goes out; while `pong_due`, when the pong is late.
    next_ms: u64,
    pong_due: bool,
    /// When the credentials are over, grace included.
    expires_ms: u64,
    /// What comes then.
    ending: Ending,
    /// When it is asked whether the connection goes on.
    renews_ms: u64,
}

impl Session {
    pub(crate) fn new(opening: Opening, now_ms: u64, rate: Rate) -> Self {
        Self {
            encoding: opening.encoding,
            manner: opening.manner,
            phase: Phase::Fresh(opening.first),
            commands: VecDeque::new(),
            working: false,
            waiting: 0,
            waiting_bytes: 0,
            pagings: None,
            rate,
            budget: Budget::default(),
            refusals: Budget::default(),
            next_ms: now_ms.saturating_add(STALE_CONNECTION_MS_MAX),
            pong_due: false,
            expires_ms: u64::MAX,
            ending: Ending::Told,
            renews_ms: u64::MAX,
        }
    }

    /// Judges the next command.
    pub(crate) fn take(&mut self, now_ms: u64, command: Command) -> Step {
        if command.is_pong() {
            return self.pong(now_ms);
        }
        let id = command.id;
        let Some(request) = command.into_request() else {
            return Step::Close(Disconnect::BadRequest);
        };
        let connects = matches!(request, Request::Connect(_));
        let answered = !matches!(request, Request::Send(_));
        let expected = match self.phase {
            Phase::Fresh(_) => connects,
            Phase::Connecting | Phase::Entering(..) | Phase::Open(..) => !connects,
            Phase::Rejected => false,
        };
        if !expected || (id == 0 && answered) {
            return Step::Close(Disconnect::BadRequest);
        }
        if !self.budget.spend(now_ms, self.rate) {
            return match (self.refusals.spend(now_ms, REFUSALS), answered) {
                (false, _) => Step::Close(Disconnect::TooManyRequests),
                (true, true) => Step::Refuse(id, ErrorCode::TooManyRequests),
                (true, false) => Step::Done,
            };
        }
        let (waiting_max, bytes_max) = match self.phase {
            Phase::Open(..) => (COMMANDS_WAITING_MAX, COMMANDS_WAITING_BYTES_MAX),
            Phase::Fresh(_) | Phase::Connecting | Phase::Entering(..) | Phase::Rejected => {
                (COMMANDS_CONNECTING_MAX, COMMANDS_CONNECTING_BYTES_MAX)
            }
        };
        let bytes = self.waiting_bytes.saturating_add(queued_bytes(&request));
        if self.waiting >= waiting_max || bytes > bytes_max {
            return Step::Close(Disconnect::TooManyRequests);
        }
        if connects {
            self.phase = Phase::Connecting;
        }
        self.waiting += 1;
        self.waiting_bytes = bytes;
        Step::Queue(id, request)
    }

    /// The command whose turn has come; without one, nobody works on this connection any more.
    pub(super) fn next_command(&mut self) -> Option<(u32, Request)> {
        let next = self.commands.pop_front();
        match &next {
            Some((_, request)) => self.begun(request),
            None => {
                self.working = false;
                self.commands = VecDeque::new();
            }
        }
        next
    }

    /// The turn of a command has come.
    fn begun(&mut self, request: &Request) {
        self.waiting_bytes = self.waiting_bytes.saturating_sub(queued_bytes(request));
    }

    /// What publications are written in.
    pub(crate) const fn language(&self) -> Language {
        match (self.manner, self.encoding) {
            (Manner::Listening, _) => Language::CentrifugoPushes,
            (_, Encoding::Json) => Language::CentrifugoJson,
            (_, Encoding::Protobuf) => Language::CentrifugoProtobuf,
        }
    }

    /// The message that came with the request that opened the connection; told once.
    pub(super) fn first(&mut self) -> Option<Bytes> {
        match &mut self.phase {
            Phase::Fresh(first) => first.take(),
            Phase::Connecting | Phase::Entering(..) | Phase::Open(..) | Phase::Rejected => None,
        }
    }

    /// It is in the hub; its server-side subscriptions are on their way.
    pub(crate) fn enter(&mut self, connection: ConnectionId, actor: Actor) {
        self.phase = Phase::Entering(connection, actor);
    }

    /// Gives its place in the hub away. Nothing is taken or answered from here on.
    pub(crate) fn leave(&mut self) -> Option<(ConnectionId, Actor)> {
        self.commands = VecDeque::new();
        match std::mem::replace(&mut self.phase, Phase::Rejected) {
            Phase::Entering(connection, actor) | Phase::Open(connection, actor) => {
                Some((connection, actor))
            }
            Phase::Fresh(_) | Phase::Connecting | Phase::Rejected => None,
        }
    }

    fn pong(&mut self, now_ms: u64) -> Step {
        if self.manner == Manner::BothWithSocketPings || !self.pong_due {
            return Step::Close(Disconnect::BadRequest);
        }
        self.ponged(now_ms);
        Step::Done
    }

    /// A pong of the WebSocket protocol. One that nobody asked for means nothing (RFC 6455, 5.5.3).
    pub(super) fn socket_pong(&mut self, now_ms: u64) {
        if self.manner == Manner::BothWithSocketPings && self.pong_due {
            self.ponged(now_ms);
        }
    }

    fn ponged(&mut self, now_ms: u64) {
        self.pong_due = false;
        let late_ms = PING_INTERVAL_MS - PONG_TIMEOUT_MS;
        self.next_ms = self.next_ms.saturating_add(late_ms).max(now_ms);
    }

    /// Its place in the hub, whether answered or not.
    pub(crate) fn connection(&self) -> Option<(ConnectionId, Actor)> {
        match &self.phase {
            Phase::Entering(connection, actor) | Phase::Open(connection, actor) => {
                Some((*connection, actor.clone()))
            }
            Phase::Fresh(_) | Phase::Connecting | Phase::Rejected => None,
        }
    }

    /// The connect is answered; pings begin.
    pub(crate) fn open(&mut self, now_ms: u64, connection: ConnectionId, actor: Actor) {
        let spread_ms = (actor.client.0 % u128::from(PING_SPREAD_MS)) as u64;
        self.phase = Phase::Open(connection, actor);
        self.next_ms = now_ms + PING_INTERVAL_MS - spread_ms;
    }

    /// What comes when the credentials are over.
    pub(crate) const fn set_ending(&mut self, ending: Ending) {
        self.ending = ending;
    }

    /// How long the credentials last, as far as the client is told; `None` for ever.
    pub(crate) fn told(&self, left_ms: Option<u64>) -> Option<u64> {
        left_ms.filter(|_| self.ending == Ending::Told)
    }

    /// The credentials last for so long, `None` for ever.
    pub(crate) fn expire_in(&mut self, now_ms: u64, left_ms: Option<u64>) {
        self.renews_ms = match (self.ending, left_ms) {
            (Ending::Asked, Some(left_ms)) => now_ms.saturating_add(left_ms),
            (Ending::Asked, None) | (Ending::Told | Ending::Silent, _) => u64::MAX,
        };
        self.expires_ms = left_ms.map_or(u64::MAX, |left_ms| {
            now_ms
                .saturating_add(left_ms)
                .saturating_add(EXPIRED_GRACE_MS)
        });
    }

    /// When [`Session::due`] has something to say.
    pub(crate) fn deadline_ms(&self) -> u64 {
        self.next_ms.min(self.expires_ms).min(self.renews_ms)
    }

    /// What the time asks for.
    pub(crate) fn due(&mut self, now_ms: u64) -> Due {
        if now_ms >= self.expires_ms {
            return Due::Close(Disconnect::Expired);
        }
        if now_ms >= self.renews_ms {
            // The grace is the time that the answer may take.
            self.renews_ms = u64::MAX;
            return Due::Renew;
        }
        if now_ms < self.next_ms {
            return Due::Nothing;
        }
        match self.phase {
            Phase::Fresh(_) | Phase::Connecting | Phase::Entering(..) | Phase::Rejected => {
                Due::Close(Disconnect::Stale)
            }
            Phase::Open(..) if self.pong_due => Due::Close(Disconnect::NoPong),
            Phase::Open(..) if self.manner == Manner::Listening => {
                self.next_ms = now_ms + PING_INTERVAL_MS;
                Due::Ping
            }
            Phase::Open(..) => {
                self.pong_due = true;
                self.next_ms = now_ms + PONG_TIMEOUT_MS;
                Due::Ping
            }
        }
    }
}

/// What a command counts for while it waits for its turn.
fn queued_bytes(request: &Request) -> usize {
    if matches!(request, Request::Connect(_)) {
        0
    } else {
        request.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::backend::ClientId;
    use base::PersonId;
    use wire::centrifugo::message::{ConnectRequest, PingRequest, SendRequest};

    fn json() -> Opening {
        Opening {
            encoding: Encoding::Json,
            manner: Manner::Both,
            first: None,
        }
    }

    const RATE: Rate = Rate {
        per_second: 100,
        burst: 400,
    };

    fn connect() -> Command {
        Command {
            id: 1,
            connect: Some(ConnectRequest::default()),
            ..Command::default()
        }
    }

    fn ping(id: u32) -> Command {
        Command {
            id,
            ping: Some(PingRequest {}),
            ..Command::default()
        }
    }

    fn opened() -> Session {
        let mut session = Session::new(json(), 0, RATE);
        assert!(matches!(
            session.take(0, connect()),
            Step::Queue(1, Request::Connect(_))
        ));
        session.waiting = 0;
        let actor = Actor {
            user: PersonId(1).into(),
            person: Some(PersonId(1)),
            session: None,
            client: ClientId(0),
            format: crate::door::backend::Format {
                language: domain::hub::Language::Plain,
                framing: domain::hub::Framing::Frames,
                packed: false,
                delta: domain::hub::Delta::None,
            },
        };
        session.open(0, ConnectionId { slot: 0, serial: 0 }, actor);
        session
    }

    const BAD: Step = Step::Close(Disconnect::BadRequest);

    #[test]
    fn the_first_command_is_connect_and_there_is_only_one() {
        assert_eq!(Session::new(json(), 0, RATE).take(0, ping(1)), BAD);
        assert_eq!(opened().take(0, connect()), BAD);
        let mut rejected = opened();
        rejected.phase = Phase::Rejected;
        assert_eq!(rejected.take(0, ping(2)), BAD);
    }

    #[test]
    fn only_send_comes_without_an_id() {
        assert_eq!(opened().take(0, ping(0)), BAD);
        assert_eq!(
            opened().take(
                0,
                Command {
                    id: 9,
                    ..Command::default()
                }
            ),
            BAD
        );
        let send = Command {
            send: Some(SendRequest::default()),
            ..Command::default()
        };
        assert!(matches!(
            opened().take(0, send),
            Step::Queue(0, Request::Send(_))
        ));
    }

    #[test]
    fn a_ping_wants_exactly_one_pong() {
        let mut session = opened();
        assert_eq!(session.take(1, Command::default()), BAD);
        let mut session = opened();
        assert_eq!(session.deadline_ms(), PING_INTERVAL_MS);
        assert_eq!(session.due(PING_INTERVAL_MS - 1), Due::Nothing);
        assert_eq!(session.due(PING_INTERVAL_MS), Due::Ping);
        assert_eq!(
            session.take(PING_INTERVAL_MS + 5, Command::default()),
            Step::Done
        );
        assert_eq!(session.deadline_ms(), 2 * PING_INTERVAL_MS);
        assert_eq!(session.due(2 * PING_INTERVAL_MS), Due::Ping);
        let late = 2 * PING_INTERVAL_MS + PONG_TIMEOUT_MS;
        assert_eq!(session.due(late), Due::Close(Disconnect::NoPong));
    }

    #[test]
    fn who_does_not_connect_in_time_is_stale_and_who_does_not_refresh_expires() {
        let mut session = Session::new(json(), 5, RATE);
        assert_eq!(session.deadline_ms(), 5 + STALE_CONNECTION_MS_MAX);
        assert_eq!(
            session.due(session.deadline_ms()),
            Due::Close(Disconnect::Stale)
        );
        let mut session = opened();
        session.expire_in(0, Some(1_000));
        let over = 1_000 + EXPIRED_GRACE_MS;
        assert_eq!(session.due(PING_INTERVAL_MS), Due::Ping);
        assert_eq!(session.due(over), Due::Close(Disconnect::Expired));
    }

    #[test]
    fn credentials_that_the_application_renews_are_asked_about_once_when_they_are_over() {
        let mut session = opened();
        session.set_ending(Ending::Asked);
        session.expire_in(0, Some(1_000));
        assert_eq!(
            (session.told(Some(1)), session.deadline_ms()),
            (None, 1_000)
        );
        assert_eq!(session.due(999), Due::Nothing);
        assert_eq!(session.due(1_000), Due::Renew);
        assert_eq!(session.due(1_001), Due::Nothing);
        session.expire_in(1_500, Some(1_000));
        assert_eq!(session.due(2_500), Due::Renew);
        let over = 2_500 + EXPIRED_GRACE_MS;
        session.next_ms = u64::MAX;
        assert_eq!(session.due(over), Due::Close(Disconnect::Expired));
        session.expire_in(0, None);
        assert_eq!(session.deadline_ms(), u64::MAX);
    }

    #[test]
    fn too_many_commands_are_refused_first_and_then_end_the_connection() {
        let mut session = opened();
        let mut seen = (0, 0);
        for id in 1..=10_000 {
            match session.take(7, ping(id)) {
                Step::Queue(..) => {
                    seen.0 += 1;
                    session.waiting = 0;
                }
                Step::Refuse(_, code) => {
                    assert_eq!(code, ErrorCode::TooManyRequests);
                    seen.1 += 1;
                }
                Step::Close(reason) => {
                    assert_eq!(reason, Disconnect::TooManyRequests);
                    break;
                }
                Step::Done => panic!("a ping is not done"),
            }
        }
        assert_eq!(seen, (RATE.burst - 1, COMMANDS_REFUSED_BURST));
    }

    #[test]
    fn too_many_waiting_commands_end_the_connection() {
        let mut session = opened();
        session.waiting = COMMANDS_WAITING_MAX;
        assert_eq!(
            session.take(0, ping(1)),
            Step::Close(Disconnect::TooManyRequests)
        );
    }

    fn send(bytes: usize) -> Command {
        let data = vec![b'1'; bytes].into();
        Command {
            send: Some(SendRequest { data }),
            ..Command::default()
        }
    }

    #[test]
    fn waiting_commands_are_bounded_in_bytes_until_their_turn_comes() {
        const PART: usize = 64 << 10;
        let mut session = opened();
        for _ in 0..100 {
            let Step::Queue(_, request) = session.take(0, send(PART)) else {
                panic!("one at a time fits");
            };
            session.begun(&request);
        }
        for _ in 0..COMMANDS_WAITING_BYTES_MAX / PART {
            assert!(matches!(session.take(0, send(PART)), Step::Queue(..)));
        }
        let over = Step::Close(Disconnect::TooManyRequests);
        assert_eq!(session.take(0, send(1)), over);
    }

    #[test]
    fn who_is_not_accepted_yet_may_leave_little_behind() {
        let over = Step::Close(Disconnect::TooManyRequests);
        let connecting = || {
            let mut session = Session::new(json(), 0, RATE);
            assert!(matches!(session.take(0, connect()), Step::Queue(..)));
            session
        };
        let mut session = connecting();
        for id in 2..=COMMANDS_CONNECTING_MAX as u32 {
            assert!(matches!(session.take(0, ping(id)), Step::Queue(..)));
        }
        assert_eq!(session.take(0, ping(9_999)), over);
        let mut session = connecting();
        assert_eq!(
            session.take(0, send(COMMANDS_CONNECTING_BYTES_MAX + 1)),
            over
        );
    }
}
