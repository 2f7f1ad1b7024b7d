//! The sockets of a shard: what they bring, what is written to them, and how they end.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use domain::hub::Format;
use tokio::net::TcpStream;
use tokio::task::spawn_local;
use wire::centrifugo::{Disconnect, Encoding, Message, Reply, Request};
use wire::websocket::{CloseCode, Decoder, Flow, Incoming, Opcode, close_frame, write_frame};

use super::Counted;
use super::broadcast::{self, Broadcast, frame};
use super::link::{self, Arrived, Delivered, Link, LinkId, Outcome};
use super::outbox::{Outbox, Written};
use super::shard::Shard;
use crate::door::centrifugo::{self, Due, Phase, Session};

/// How long a closed connection may take to read its close frame.
const CLOSE_MS_MAX: u64 = 2_000;

impl Shard {
    pub(super) fn arrive(&mut self, arrived: Arrived) {
        let Ok(socket) = TcpStream::from_std(arrived.socket) else {
            return;
        };
        let socket = Rc::new(socket);
        let now_ms = self.now_ms();
        let session = Session::new(arrived.encoding, now_ms, self.hub.command_rate());
        let serial = self.next_serial;
        self.next_serial = serial.wrapping_add(1);
        let deadline_ms = session.deadline_ms();
        let slot = self.links.insert(Link {
            serial,
            socket: Rc::clone(&socket),
            decoder: Decoder::default(),
            outbox: Outbox::default(),
            session,
            commands: VecDeque::new(),
            working: false,
            dirty: false,
            blocked: false,
            closing: false,
            scheduled_ms: deadline_ms,
            closes_ms: u64::MAX,
            greeting: Some(Box::new((arrived.address, arrived.user_agent))),
            _seat: arrived.seat,
            counted: None,
        }) as u32;
        let id = LinkId { slot, serial };
        self.deadlines.push(Reverse((deadline_ms, slot, serial)));
        self.hub
            .gauges(self.index)
            .connections
            .fetch_add(1, Ordering::Relaxed);
        if let Some(me) = self.me.upgrade() {
            spawn_local(link::read(me, id, socket));
        }
        if self.draining {
            self.close(id, Disconnect::Shutdown);
        }
        let mut leftover = arrived.leftover;
        if !leftover.is_empty() {
            self.received(id, &mut leftover);
        }
    }

    pub(super) fn link(&mut self, id: LinkId) -> Option<&mut Link> {
        self.links
            .get_mut(id.slot as usize)
            .filter(|link| link.serial == id.serial)
    }

    /// The link behind a connection's slot.
    pub(crate) fn link_of(&self, slot: u32) -> Option<LinkId> {
        let slot = *self.link_of.get(slot as usize)?;
        self.links.get(slot as usize).map(|link| LinkId {
            slot,
            serial: link.serial,
        })
    }

    /// Takes note of a connection that entered the hub: whose it is, and on which link.
    pub(crate) fn bind(&mut self, connection_slot: u32, id: LinkId, counted: Counted) {
        if let Some(link) = self.link(id) {
            link.counted = Some(counted);
        }
        let at = connection_slot as usize;
        if self.link_of.len() <= at {
            self.link_of.resize(at + 1, u32::MAX);
        }
        self.link_of[at] = id.slot;
    }

    pub(crate) fn session(&mut self, id: LinkId) -> Option<&mut Session> {
        self.link(id)
            .filter(|link| !link.closing)
            .map(|link| &mut link.session)
    }

    pub(super) fn format(&mut self, id: LinkId) -> Format {
        let encoding = self
            .link(id)
            .map_or(Encoding::Json, |link| link.session.encoding);
        broadcast::format(encoding)
    }

    /// Takes what the socket brought; `false` when the connection is over.
    pub(super) fn received(&mut self, id: LinkId, bytes: &mut [u8]) -> bool {
        let Some(link) = self.link(id) else {
            return false;
        };
        if link.closing {
            return true;
        }
        let mut decoder = std::mem::take(&mut link.decoder);
        let outcome = decoder.feed(bytes, |incoming| self.incoming(id, incoming));
        if let Err(violation) = outcome {
            self.close_with(id, violation.close_code(), &violation.to_string());
        }
        if let Some(link) = self.link(id) {
            link.decoder = decoder;
        }
        self.flush_dirty();
        self.link(id).is_some()
    }

    fn incoming(&mut self, id: LinkId, incoming: Incoming<'_>) -> Flow {
        match incoming {
            Incoming::Text(text) => centrifugo::received(self, id, text.as_bytes()),
            Incoming::Binary(bytes) => centrifugo::received(self, id, bytes),
            Incoming::Ping(payload) => {
                let mut pong = Vec::new();
                write_frame(Opcode::Pong, payload, &mut pong);
                self.enqueue(id, pong.into());
            }
            Incoming::Pong(_) => {}
            Incoming::Close(code) => self.close_with(id, code.unwrap_or(CloseCode::NORMAL), ""),
        }
        let open = self.link(id).is_some_and(|link| !link.closing);
        if open { Flow::Continue } else { Flow::Stop }
    }

    /// Puts a command into the connection's queue and makes sure that somebody works on it.
    pub(crate) fn queue(&mut self, id: LinkId, command: u32, request: Request) {
        let Some(link) = self.link(id) else {
            return;
        };
        link.commands.push_back((command, request));
        if !std::mem::replace(&mut link.working, true)
            && let Some(me) = self.me.upgrade()
        {
            spawn_local(centrifugo::work(me, id));
        }
    }

    /// The next command whose turn it is; without one, the work on this connection ends.
    pub(crate) fn next_command(&mut self, id: LinkId) -> Option<(u32, Request)> {
        let link = self.link(id)?;
        let next = if link.closing {
            None
        } else {
            link.commands.pop_front()
        };
        if next.is_none() {
            link.working = false;
            link.commands = VecDeque::new();
        }
        if let Some((_, request)) = &next {
            link.session.begun(request);
        }
        next
    }

    /// Where the client comes from and what it calls itself; told once.
    pub(crate) fn take_greeting(&mut self, id: LinkId) -> Option<(IpAddr, Option<String>)> {
        self.link(id)?.greeting.take().map(|greeting| *greeting)
    }

    /// Bytes that wait to be written to this connection.
    pub(crate) fn unsent_bytes(&mut self, id: LinkId) -> usize {
        self.link(id).map_or(0, |link| link.outbox.bytes())
    }

    /// Sends a message.
    pub(crate) fn write(&mut self, id: LinkId, message: &impl Message) {
        if let Some(link) = self.link(id) {
            let frame = frame(link.session.encoding, message);
            self.enqueue(id, frame);
        }
    }

    /// Sends an event of a channel to one connection, unless it is the one left out.
    pub(crate) fn write_event(&mut self, id: LinkId, event: &Broadcast) {
        let connection = self.link(id).and_then(|link| link.session.connection());
        if connection.is_some_and(|(_, actor)| event.except == Some(actor.client)) {
            return;
        }
        let format = self.format(id);
        self.enqueue(id, event.frame(format).clone());
    }

    pub(super) fn enqueue(&mut self, id: LinkId, frame: Bytes) {
        let Some(link) = self.link(id) else {
            return;
        };
        match link.deliver(&frame, false) {
            Delivered::Sent => {}
            Delivered::Queued => self.dirty.push(id),
            Delivered::Trouble(written) => self.settle(id, written),
        }
    }

    /// Writes to every socket that was touched since the last time.
    pub(crate) fn flush_dirty(&mut self) {
        while let Some(id) = self.dirty.pop() {
            if let Some(link) = self.link(id) {
                link.dirty = false;
                let written = link.outbox.flush(&link.socket);
                self.settle(id, Outcome::Written(written));
            }
        }
    }

    /// What follows from a write.
    pub(super) fn settle(&mut self, id: LinkId, outcome: Outcome) {
        match outcome {
            Outcome::Full => {
                self.hub
                    .gauges(self.index)
                    .cut_off
                    .fetch_add(1, Ordering::Relaxed);
                if let Some(link) = self.link(id) {
                    link.outbox.cut();
                }
                self.close(id, Disconnect::Slow);
            }
            Outcome::Written(Written::All) => self.finish_closing(id),
            Outcome::Written(Written::Broken) => self.drop_link(id),
            Outcome::Written(Written::Blocked) => {
                let Some(link) = self.link(id) else {
                    return;
                };
                if !std::mem::replace(&mut link.blocked, true) {
                    let socket = Rc::clone(&link.socket);
                    if let Some(me) = self.me.upgrade() {
                        spawn_local(link::drain(me, id, socket));
                    }
                }
            }
        }
    }

    /// The socket takes more; whether something is left to wait for.
    pub(super) fn unblock(&mut self, id: LinkId) -> bool {
        let Some(link) = self.link(id) else {
            return false;
        };
        match link.flush() {
            Written::Blocked => true,
            Written::All => {
                link.blocked = false;
                self.finish_closing(id);
                false
            }
            Written::Broken => {
                self.drop_link(id);
                false
            }
        }
    }

    // Ends.

    /// Ends a connection: says why, and takes it out of every channel at once.
    pub(crate) fn close(&mut self, id: LinkId, reason: Disconnect) {
        self.close_with(id, CloseCode(reason.code() as u16), reason.text());
    }

    pub(crate) fn close_with(&mut self, id: LinkId, code: CloseCode, reason: &str) {
        let now_ms = self.now_ms();
        let Some(link) = self.link(id) else {
            return;
        };
        if std::mem::replace(&mut link.closing, true) {
            return;
        }
        link.commands = VecDeque::new();
        // The frame goes out even past the limit: it is the last one.
        link.outbox.append(close_frame(code, reason).into());
        link.closes_ms = now_ms + CLOSE_MS_MAX;
        let blocked = link.blocked;
        self.reschedule(id);
        self.leave(id);
        if !blocked {
            self.dirty.push(id);
        }
    }

    /// After the close frame: no more is written; the client's end of it is awaited.
    fn finish_closing(&mut self, id: LinkId) {
        if let Some(link) = self.link(id).filter(|link| link.closing) {
            let _ = rustix::net::shutdown(&*link.socket, rustix::net::Shutdown::Write);
        }
    }

    /// Takes the connection out of the hub and tells who wants to know.
    fn leave(&mut self, id: LinkId) {
        let Some(link) = self.link(id) else {
            return;
        };
        let Some((connection, actor)) = link.session.connection() else {
            return;
        };
        link.session.phase = Phase::Rejected;
        let counted = link.counted.take();
        if let Some(gone) = self.channels.disconnect(connection) {
            for channel in gone.left {
                self.hub.announce(Broadcast::leave(&channel, &gone.info));
            }
            self.backend.closed(actor);
        }
        // Behind what is told about the connection itself.
        drop(counted);
    }

    /// Forgets a socket. Both of its tasks end, since the socket is shut down.
    pub(super) fn drop_link(&mut self, id: LinkId) {
        self.leave(id);
        if self.link(id).is_some() {
            let link = self.links.remove(id.slot as usize);
            let _ = rustix::net::shutdown(&*link.socket, rustix::net::Shutdown::Both);
            drop(link);
            self.hub
                .gauges(self.index)
                .connections
                .fetch_sub(1, Ordering::Relaxed);
        }
        if self.is_done() {
            self.idle.notify_one();
        }
    }

    /// After a bug: lets go of all sockets at once, without a word, and of what they counted.
    /// Whoever watches their channels from another shard is not told that they left.
    pub(super) fn abandon(&mut self) {
        for (_, link) in std::mem::take(&mut self.links) {
            let _ = rustix::net::shutdown(&*link.socket, rustix::net::Shutdown::Both);
            let told = link
                .session
                .connection()
                .map(|(_, actor)| catch_unwind(AssertUnwindSafe(|| self.backend.closed(actor))));
            if let Some(Err(_)) = told {
                tracing::error!("the end of a connection could not be told");
            }
        }
        let gauges = self.hub.gauges(self.index);
        gauges.connections.store(0, Ordering::Relaxed);
        gauges.channels.store(0, Ordering::Relaxed);
        gauges.subscriptions.store(0, Ordering::Relaxed);
    }

    // Time.

    /// When [`Shard::tick`] is to be called next.
    pub(super) fn next_deadline_ms(&self) -> Option<u64> {
        self.deadlines
            .peek()
            .map(|Reverse((deadline_ms, _, _))| *deadline_ms)
    }

    /// The link's deadline may have come nearer. When it went further away, its entry comes up
    /// early and is put back.
    pub(crate) fn reschedule(&mut self, id: LinkId) {
        let Some(link) = self.link(id) else {
            return;
        };
        let deadline_ms = link.deadline_ms();
        if deadline_ms < link.scheduled_ms {
            link.scheduled_ms = deadline_ms;
            self.deadlines
                .push(Reverse((deadline_ms, id.slot, id.serial)));
        }
    }

    /// Does what the time asks for.
    pub(super) fn tick(&mut self) {
        let now_ms = self.now_ms();
        while let Some(Reverse((at_ms, slot, serial))) = self.deadlines.peek().copied() {
            if at_ms > now_ms {
                break;
            }
            self.deadlines.pop();
            let id = LinkId { slot, serial };
            // Any other entry was replaced by a nearer one.
            if self.link(id).is_some_and(|link| link.scheduled_ms == at_ms) {
                self.due(id, now_ms);
            }
        }
        self.flush_dirty();
    }

    fn due(&mut self, id: LinkId, now_ms: u64) {
        let Some(link) = self.link(id) else {
            return;
        };
        if now_ms >= link.closes_ms {
            return self.drop_link(id);
        }
        if !link.closing {
            match link.session.due(now_ms) {
                Due::Nothing => {}
                Due::Ping => self.write(id, &Reply::default()),
                Due::Close(reason) => self.close(id, reason),
            }
        }
        if let Some(link) = self.link(id) {
            link.scheduled_ms = link.deadline_ms();
            let entry = (link.scheduled_ms, id.slot, id.serial);
            self.deadlines.push(Reverse(entry));
        }
    }
}
