//! One Engine.IO session: what may come when, the heartbeat, and the upgrade from polling to a
//! WebSocket. It holds no bytes and knows no time but the one it is told.
//!
//! A session that polls goes on polling, untouched, until its WebSocket has answered the probe: a
//! proxy that lets the handshake through and drops the frames costs nothing but the attempt. Times
//! are milliseconds of a clock that does not go back.

use super::packet::Packet;
use super::request::Transport;

/// What of the probe an upgrade carries.
const PROBE: &str = "probe";
/// A poll is let go of no more often than this while an upgrade is under way.
const RELEASE_EVERY_MS: u64 = 100;

/// The heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From one ping to the next, in milliseconds.
    pub ping_interval_ms: u64,
    /// How long the answer may take, in milliseconds.
    pub ping_timeout_ms: u64,
    /// How long an upgrade may take, in milliseconds.
    pub upgrade_ms_max: u64,
}

/// The first packet of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening<'a> {
    /// The session's id: a secret between both ends.
    pub sid: &'a str,
    /// What carries it; only polling can be upgraded.
    pub transport: Transport,
    /// The heartbeat.
    pub timing: Timing,
    /// What the server takes at once, in bytes.
    pub payload_bytes_max: usize,
}

impl Opening<'_> {
    /// The JSON of the handshake. `sid` is of letters, digits and hyphens.
    #[must_use]
    pub fn json(&self) -> String {
        let upgrades = match self.transport {
            Transport::Polling => "\"websocket\"",
            Transport::WebSocket => "",
        };
        format!(
            "{{\"sid\":\"{}\",\"upgrades\":[{upgrades}],\"pingInterval\":{},\
             \"pingTimeout\":{},\"maxPayload\":{}}}",
            self.sid,
            self.timing.ping_interval_ms,
            self.timing.ping_timeout_ms,
            self.payload_bytes_max
        )
    }
}

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The client said so.
    ByClient,
    /// A ping was not answered in time.
    PingTimeout,
    /// A packet that a client does not send.
    Violation,
}

/// What a packet leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'a> {
    /// Nothing.
    Nothing,
    /// The layer above reads this text.
    Text(&'a str),
    /// The layer above reads these bytes.
    Binary(Vec<u8>),
    /// The session ends.
    End(Ended),
}

/// What a packet on the WebSocket of an upgrade leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// It is answered with [`Session::PROBED`].
    Answer,
    /// The session goes on over this WebSocket.
    Upgraded,
    /// The WebSocket is closed, the session goes on polling.
    Failed,
}

/// What the time asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// A ping is sent.
    Ping,
    /// The poll that waits is ended with a noop, so that the client can pause polling.
    Release,
    /// The WebSocket of the upgrade is closed, the session goes on polling.
    UpgradeFailed,
    /// The session ends.
    End(Ended),
}

#[derive(Debug, Clone, Copy)]
struct Upgrade {
    until_ms: u64,
    /// The probe came; from when on the next poll is let go of.
    probed_release_ms: Option<u64>,
}

/// One session.
#[derive(Debug)]
pub struct Session {
    timing: Timing,
    transport: Transport,
    /// When the next ping goes out; while `pong_due`, when the pong is late.
    next_ms: u64,
    pong_due: bool,
    upgrade: Option<Upgrade>,
}

impl Session {
    /// The answer to a probe.
    pub const PROBED: Packet<'static> = Packet::Pong(PROBE);

    /// A session that opens. Its first ping comes `early_ms` before its time, so that those of many
    /// sessions do not come at once.
    #[must_use]
    pub const fn open(now_ms: u64, timing: Timing, transport: Transport, early_ms: u64) -> Self {
        let first_ms = timing.ping_interval_ms.saturating_sub(early_ms);
        Self {
            timing,
            transport,
            next_ms: now_ms.saturating_add(first_ms),
            pong_due: false,
            upgrade: None,
        }
    }

    /// What carries it.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// Takes a packet that came over what carries the session.
    pub fn received<'a>(&mut self, now_ms: u64, packet: Packet<'a>) -> Step<'a> {
        match packet {
            Packet::Message(text) => Step::Text(text),
            Packet::Binary(bytes) => Step::Binary(bytes),
            Packet::Pong(_) => {
                if std::mem::take(&mut self.pong_due) {
                    self.next_ms = now_ms.saturating_add(self.timing.ping_interval_ms);
                }
                Step::Nothing
            }
            Packet::Noop => Step::Nothing,
            Packet::Close => Step::End(Ended::ByClient),
            // The server pings, the server opens, and an upgrade has a socket of its own.
            Packet::Ping(_) | Packet::Open(_) | Packet::Upgrade => Step::End(Ended::Violation),
        }
    }

    /// A WebSocket came with this session's id; whether it may try to take over.
    pub fn begin_upgrade(&mut self, now_ms: u64) -> bool {
        let may = self.transport == Transport::Polling && self.upgrade.is_none();
        if may {
            self.upgrade = Some(Upgrade {
                until_ms: now_ms.saturating_add(self.timing.upgrade_ms_max),
                probed_release_ms: None,
            });
        }
        may
    }

    /// Takes a packet that came over the WebSocket of the upgrade.
    pub fn probe(&mut self, now_ms: u64, packet: &Packet<'_>) -> Probe {
        let Some(upgrade) = &mut self.upgrade else {
            return Probe::Failed;
        };
        match (packet, upgrade.probed_release_ms) {
            (Packet::Ping(PROBE), None) => {
                upgrade.probed_release_ms = Some(now_ms);
                Probe::Answer
            }
            (Packet::Upgrade, Some(_)) => {
                self.upgrade = None;
                self.transport = Transport::WebSocket;
                Probe::Upgraded
            }
            _ => {
                self.upgrade = None;
                Probe::Failed
            }
        }
    }

    /// The WebSocket of the upgrade is gone.
    pub const fn upgrade_failed(&mut self) {
        self.upgrade = None;
    }

    /// When [`Session::due`] may have something to say.
    #[must_use]
    pub fn deadline_ms(&self) -> u64 {
        let upgrade_ms = self.upgrade.map_or(u64::MAX, |upgrade| {
            let release_ms = upgrade.probed_release_ms;
            upgrade.until_ms.min(release_ms.unwrap_or(u64::MAX))
        });
        self.next_ms.min(upgrade_ms)
    }

    /// What the time asks for, `polled` while a poll waits; to be asked again until it is nothing.
    pub fn due(&mut self, now_ms: u64, polled: bool) -> Due {
        if now_ms >= self.next_ms {
            if self.pong_due {
                return Due::End(Ended::PingTimeout);
            }
            self.pong_due = true;
            self.next_ms = now_ms.saturating_add(self.timing.ping_timeout_ms);
            return Due::Ping;
        }
        let Some(upgrade) = &mut self.upgrade else {
            return Due::Nothing;
        };
        if now_ms >= upgrade.until_ms {
            self.upgrade = None;
            return Due::UpgradeFailed;
        }
        match &mut upgrade.probed_release_ms {
            Some(release_ms) if now_ms >= *release_ms => {
                *release_ms = now_ms.saturating_add(RELEASE_EVERY_MS);
                if polled { Due::Release } else { Due::Nothing }
            }
            Some(_) | None => Due::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMING: Timing = Timing {
        ping_interval_ms: 25_000,
        ping_timeout_ms: 20_000,
        upgrade_ms_max: 10_000,
    };

    fn polling() -> Session {
        Session::open(0, TIMING, Transport::Polling, 0)
    }

    #[test]
    fn the_handshake_tells_what_the_client_has_to_know() {
        let mut opening = Opening {
            sid: "n1-ab",
            transport: Transport::Polling,
            timing: TIMING,
            payload_bytes_max: 1_000_000,
        };
        let expected = concat!(
            r#"{"sid":"n1-ab","upgrades":["websocket"],"pingInterval":25000,"#,
            r#""pingTimeout":20000,"maxPayload":1000000}"#
        );
        assert_eq!(opening.json(), expected);
        opening.transport = Transport::WebSocket;
        assert!(opening.json().contains(r#""upgrades":[]"#));
    }

    #[test]
    fn the_server_pings_and_a_pong_in_time_keeps_the_session() {
        let mut session = polling();
        assert_eq!(session.due(24_999, true), Due::Nothing);
        assert_eq!(session.due(25_000, true), Due::Ping);
        assert_eq!(session.due(25_001, true), Due::Nothing);
        assert_eq!(session.received(30_000, Packet::Pong("")), Step::Nothing);
        assert_eq!(session.deadline_ms(), 55_000);
        assert_eq!(session.due(55_000, false), Due::Ping);
        assert_eq!(session.due(75_000, false), Due::End(Ended::PingTimeout));
    }

    #[test]
    fn a_pong_that_nobody_asked_for_does_not_put_the_ping_off() {
        let mut session = polling();
        session.received(24_000, Packet::Pong(""));
        assert_eq!(session.deadline_ms(), 25_000);
    }

    #[test]
    fn packets_that_only_a_server_sends_end_the_session() {
        for packet in [Packet::Ping(""), Packet::Open("{}"), Packet::Upgrade] {
            assert_eq!(polling().received(0, packet), Step::End(Ended::Violation));
        }
        assert_eq!(
            polling().received(0, Packet::Close),
            Step::End(Ended::ByClient)
        );
    }

    #[test]
    fn an_upgrade_is_a_probe_its_answer_and_the_word_of_the_client() {
        let mut session = polling();
        assert!(session.begin_upgrade(100));
        assert_eq!(session.due(150, true), Due::Nothing, "not before the probe");
        assert_eq!(session.probe(200, &Packet::Ping("probe")), Probe::Answer);
        assert_eq!(session.due(200, true), Due::Release);
        assert_eq!(session.due(201, true), Due::Nothing, "not in a hot loop");
        assert_eq!(session.due(300, true), Due::Release);
        assert_eq!(session.due(400, false), Due::Nothing, "nobody polls");
        assert_eq!(session.deadline_ms(), 500, "and that is no reason to spin");
        assert_eq!(session.probe(500, &Packet::Upgrade), Probe::Upgraded);
        assert_eq!(session.transport(), Transport::WebSocket);
        assert!(!session.begin_upgrade(600), "there is nothing to upgrade");
    }

    #[test]
    fn a_probe_that_never_comes_leaves_the_session_polling() {
        let mut session = polling();
        assert!(session.begin_upgrade(0));
        assert!(!session.begin_upgrade(1), "one at a time");
        assert_eq!(session.due(9_999, true), Due::Nothing);
        assert_eq!(session.due(10_000, true), Due::UpgradeFailed);
        assert_eq!(session.transport(), Transport::Polling);
        assert!(session.begin_upgrade(10_001), "and it may be tried again");
    }

    #[test]
    fn anything_but_the_probe_fails_the_upgrade_and_nothing_else() {
        let wrong = [
            Packet::Ping(""),
            Packet::Upgrade,
            Packet::Message("x"),
            Packet::Pong("probe"),
        ];
        for packet in wrong {
            let mut session = polling();
            assert!(session.begin_upgrade(0));
            assert_eq!(session.probe(1, &packet), Probe::Failed, "{packet:?}");
            assert_eq!(session.transport(), Transport::Polling);
            assert_eq!(
                session.received(2, Packet::Message("still here")),
                Step::Text("still here")
            );
        }
        let mut session = polling();
        assert!(session.begin_upgrade(0));
        session.probe(1, &Packet::Ping("probe"));
        assert_eq!(session.probe(2, &Packet::Ping("probe")), Probe::Failed);
    }
}
