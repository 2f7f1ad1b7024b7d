//! One connection's namespaces: what may come when.
//!
//! Times are milliseconds of a clock that does not go back.

use std::collections::BTreeMap;

use base::limits::{SOCKETIO_CONNECT_MS_MAX, SOCKETIO_NAMESPACES_PER_CONNECTION_MAX};

use super::packet::Packet;

/// How far a client is in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its connect is being decided.
    Connecting,
    /// It speaks there.
    Open,
    /// It was refused, left or was put out. What was under way when that happened is no fault.
    Over,
}

/// What a packet leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is carried out when its turn comes.
    Take,
    /// It came too late or once too often and is dropped.
    Drop,
    /// A client does not send that here: the connection ends.
    Close,
}

/// One connection's namespaces.
#[derive(Debug)]
pub struct Session {
    namespaces: BTreeMap<String, State>,
    /// When it has been in no namespace for too long.
    idle_ms: u64,
}

impl Session {
    /// A connection that has just opened.
    #[must_use]
    pub const fn new(now_ms: u64) -> Self {
        Self {
            namespaces: BTreeMap::new(),
            idle_ms: now_ms.saturating_add(SOCKETIO_CONNECT_MS_MAX),
        }
    }

    /// Judges the next packet.
    pub fn received(&mut self, packet: &Packet) -> Step {
        let state = self.namespaces.get(packet.namespace()).copied();
        match (packet, state) {
            (Packet::Connect { namespace, .. }, None | Some(State::Over)) => {
                let full = self.namespaces.len() >= SOCKETIO_NAMESPACES_PER_CONNECTION_MAX;
                if full && state.is_none() {
                    return Step::Close;
                }
                self.namespaces.insert(namespace.clone(), State::Connecting);
                Step::Take
            }
            // Programs that say connect twice are common; they wait for one answer.
            (Packet::Connect { .. }, Some(State::Connecting | State::Open)) => Step::Drop,
            // A client may leave before it was let in.
            (Packet::Disconnect { .. }, Some(State::Connecting | State::Open)) => Step::Take,
            (Packet::Event { .. } | Packet::Ack { .. }, Some(State::Open)) => Step::Take,
            (
                Packet::Event { .. } | Packet::Ack { .. } | Packet::Disconnect { .. },
                Some(State::Over),
            ) => Step::Drop,
            (Packet::Event { .. } | Packet::Ack { .. }, Some(State::Connecting) | None)
            | (Packet::Disconnect { .. }, None) => Step::Close,
        }
    }

    /// The client speaks in the namespace from now on.
    pub fn opened(&mut self, namespace: &str) {
        if let Some(state) = self.namespaces.get_mut(namespace) {
            *state = State::Open;
        }
    }

    /// The client speaks in the namespace no longer, or was refused.
    pub fn ended(&mut self, namespace: &str, now_ms: u64) {
        if let Some(state) = self.namespaces.get_mut(namespace) {
            *state = State::Over;
            self.idle_ms = now_ms.saturating_add(SOCKETIO_CONNECT_MS_MAX);
        }
    }

    /// When the connection ends because it is in no namespace.
    #[must_use]
    pub fn deadline_ms(&self) -> u64 {
        let mut states = self.namespaces.values();
        if states.any(|state| *state != State::Over) {
            u64::MAX
        } else {
            self.idle_ms
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socketio::{Arguments, Event};

    fn connect(namespace: &str) -> Packet {
        Packet::Connect {
            namespace: namespace.into(),
            auth: "".into(),
        }
    }

    fn event(namespace: &str) -> Packet {
        Packet::Event {
            namespace: namespace.into(),
            id: None,
            event: Event {
                name: "e".into(),
                arguments: Arguments::default(),
            },
        }
    }

    #[test]
    fn nobody_speaks_in_a_namespace_before_it_is_let_in() {
        let mut session = Session::new(0);
        assert_eq!(session.received(&event("/")), Step::Close);
        assert_eq!(session.received(&connect("/")), Step::Take);
        assert_eq!(session.received(&event("/")), Step::Close);
        session.opened("/");
        assert_eq!(session.received(&event("/")), Step::Take);
        assert_eq!(session.received(&event("/other")), Step::Close);
        assert_eq!(session.received(&connect("/")), Step::Drop);
    }

    #[test]
    fn what_was_under_way_when_a_namespace_ended_is_dropped() {
        let mut session = Session::new(0);
        session.received(&connect("/a"));
        session.opened("/a");
        session.ended("/a", 5);
        assert_eq!(session.received(&event("/a")), Step::Drop);
        assert_eq!(session.received(&connect("/a")), Step::Take);
    }

    #[test]
    fn a_connection_without_a_namespace_ends_after_a_while() {
        let mut session = Session::new(1);
        assert_eq!(session.deadline_ms(), 1 + SOCKETIO_CONNECT_MS_MAX);
        session.received(&connect("/"));
        assert_eq!(session.deadline_ms(), u64::MAX);
        session.ended("/", 100);
        assert_eq!(session.deadline_ms(), 100 + SOCKETIO_CONNECT_MS_MAX);
    }

    #[test]
    fn a_connection_can_not_collect_namespaces() {
        let mut session = Session::new(0);
        for number in 0..SOCKETIO_NAMESPACES_PER_CONNECTION_MAX {
            let namespace = format!("/{number}");
            assert_eq!(session.received(&connect(&namespace)), Step::Take);
            session.ended(&namespace, 0);
        }
        assert_eq!(session.received(&connect("/0")), Step::Take);
        assert_eq!(session.received(&connect("/more")), Step::Close);
    }
}
