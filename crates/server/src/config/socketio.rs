//! The Socket.IO door: heartbeat, limits, and what becomes of events in each namespace.

use base::limits;
use serde::{Deserialize, Serialize};

use super::section::section;

section! {
    /// The door for Socket.IO clients at `/socket.io/` (docs/doors/socketio.md).
    SocketIo as "socketio" {
        /// Whether it is open.
        enabled: bool = true,
        /// Whether clients need no token, where a namespace does not say otherwise. Whoever reaches
        /// the server then hears and emits every event there.
        anonymous: bool = false,
        /// Web pages of other hosts that may connect, besides those of `[origins]`; `*` for all.
        #[example = "[\"https://www.example.org\"]"]
        origins: Vec<String> = Vec::new(),
        /// From one ping to the next, in milliseconds.
        ping_interval_ms: u64 = limits::PING_INTERVAL_MS,
        /// How long a client may take to answer one, in milliseconds.
        ping_timeout_ms: u64 = 20_000,
        /// The longest message, and the longest body of a POST, in bytes.
        max_payload_bytes: usize = limits::SOCKETIO_PAYLOAD_BYTES_MAX,
        /// How long a client that was cut off gets its events and rooms back, in milliseconds,
        /// where a namespace does not say otherwise; 0 for never. Every event then carries its
        /// offset as one more argument, which handlers with rest arguments see.
        recovery_ms: u64 = 0,
        /// Events a second that one client may send, over a longer time; 0 for `[limits]
        /// commands_per_second`.
        events_per_second: u32 = 0,
        /// Events that may come at once before that; 0 for `[limits] commands_burst`.
        events_burst: u32 = 0,
        /// The namespaces. Without any there is `/`, with the defaults.
        namespaces: Vec<Namespace> = Vec::new(),
    }
}

section! {
    /// A namespace. An event `message` goes to everybody in it, the sender too; events of any other
    /// name go to the others. Rules change that.
    Namespace as "socketio.namespaces" {
        /// Its name, with the slash.
        #[example = "\"/\""]
        name: String = "/".to_owned(),
        /// The open room of this name belongs to it: an event `message` with one text is a post of
        /// that room, and what anybody posts there comes out as such an event. The room is made at
        /// the start when there is none. Empty for none.
        #[example = "\"chat\""]
        room: String = String::new(),
        /// Whether clients need no token. Unset: as `[socketio]` says.
        #[example = "true"]
        anonymous: Option<bool> = None,
        /// Web pages that may speak here, instead of those that may connect; `*` for all. Empty:
        /// all that may connect.
        #[example = "[\"https://www.example.org\"]"]
        origins: Vec<String> = Vec::new(),
        /// How long a client that was cut off gets its events and rooms back, in milliseconds.
        /// Unset: as `[socketio]` says.
        #[example = "120000"]
        recovery_ms: Option<u64> = None,
        /// What an acknowledgement of a relayed event holds: `status` for `{"status":"ok"}`,
        /// `nothing`, or `arguments` for those of the event.
        acks: Acks = Acks::Status,
        /// Rules for events by name.
        events: Vec<EventRule> = Vec::new(),
    }
}

section! {
    /// What becomes of the events of one name, inside the namespace that stands before it.
    EventRule as "socketio.namespaces.events" {
        /// The name of the event.
        #[example = "\"join\""]
        name: String = String::new(),
        /// Who gets it: `all`, `others` (all but the sender), `room` (the others in the sender's
        /// room: the one that the first argument names, else the one joined last, without any the
        /// namespace), `room_all` (the same and the sender), `sender` or `nobody`.
        to: To = To::Room,
        /// `join` brings the sender into the room that the first argument names (a text, or an
        /// object with `room`), `leave` takes it out, `nothing` leaves it where it is.
        rooms: Moves = Moves::Nothing,
        /// The name under which others get it; empty for its own.
        #[example = "\"joined\""]
        emit: String = String::new(),
        /// It is worth something only now, as where a pointer is: who comes back is not told later,
        /// and a client that has not read what came before goes without.
        volatile: bool = false,
    }
}

/// What an acknowledgement holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acks {
    /// `{"status":"ok"}`
    Status,
    /// No argument.
    Nothing,
    /// The arguments of the event.
    Arguments,
}

/// Who gets an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// Everybody in the namespace.
    All,
    /// Everybody but the sender.
    Others,
    /// The others in the sender's room.
    Room,
    /// The same and the sender.
    RoomAll,
    /// The sender.
    Sender,
    /// Nobody.
    Nobody,
}

/// What an event does with the sender's rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moves {
    /// Nothing.
    Nothing,
    /// It joins one.
    Join,
    /// It leaves one.
    Leave,
}

impl SocketIo {
    /// The namespaces that there are: those of the file, or the main one.
    #[must_use]
    pub fn namespaces(&self) -> Vec<Namespace> {
        if self.namespaces.is_empty() {
            vec![Namespace::default()]
        } else {
            self.namespaces.clone()
        }
    }

    /// Says what makes no sense, if something does.
    pub(super) fn check(&self) -> Result<(), String> {
        let above_zero = [
            ("ping_interval_ms", self.ping_interval_ms),
            ("ping_timeout_ms", self.ping_timeout_ms),
            ("max_payload_bytes", self.max_payload_bytes as u64),
        ];
        if let Some((key, _)) = above_zero.iter().find(|(_, value)| *value == 0) {
            return Err(format!("[socketio] {key} must be above 0"));
        }
        for (at, namespace) in self.namespaces.iter().enumerate() {
            namespace.check()?;
            let name = &namespace.name;
            if self.namespaces.iter().take(at).any(|it| it.name == *name) {
                return Err(format!("[[socketio.namespaces]] {name} stands there twice"));
            }
        }
        Ok(())
    }
}

impl Namespace {
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        let fits = name.starts_with('/') && name.len() <= limits::SOCKETIO_NAMESPACE_BYTES_MAX;
        if !fits || name.contains([',', '#', '?']) {
            return Err(format!(
                "[[socketio.namespaces]] name {name:?} is no name such as \"/\" or \"/chat\""
            ));
        }
        for (at, rule) in self.events.iter().enumerate() {
            for event in [&rule.name, &rule.emit] {
                if wire::socketio::Event::check_name(event).is_err() {
                    return Err(format!(
                        "[[socketio.namespaces]] {name}: no event {event:?}"
                    ));
                }
            }
            let same = |other: &EventRule| other.name == rule.name;
            if rule.name.is_empty() || self.events.iter().take(at).any(same) {
                return Err(format!(
                    "[[socketio.namespaces]] {name}: each rule has the name of one event"
                ));
            }
        }
        Ok(())
    }
}
