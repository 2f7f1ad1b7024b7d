//! The connections of a shard: how they arrive, what they bring and what is written to them.

use std::cmp::Reverse;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use domain::hub::{ConnectionId, Format};
use tokio::net::TcpStream;
use tokio::task::spawn_local;
use wire::centrifugo::Disconnect;
use wire::websocket::{Decoder, Flow, Incoming, Opcode, Terms, write_frame};

use super::Counted;
use super::broadcast::Broadcast;
use super::framing::{Kind, Message, framed, packed};
use super::link::{
    Arrived, Arriving, Carrier, Closing, Delivered, Greeting, Link, LinkId, Outcome,
};
use super::outbox::Written;
use super::pipe::{Address, Attached, Pipe, PipeReader};
use super::shard::{Parcel, Shard, Taken};
use super::socket::{self, Onward, Socket};
use crate::door::{self, Dialect};

impl Shard {
    pub(super) fn arrive(&mut self, arrived: Arrived) {
        match arrived.carrier {
            Arriving::Socket {
                stream,
                mut leftover,
                deflate,
            } => {
                let Ok(stream) = TcpStream::from_std(stream) else {
                    return;
                };
                let stream = Rc::new(stream);
                let terms = Terms {
                    message_bytes_max: arrived.opening.message_bytes_max(),
                    deflate,
                };
                let carrier = Carrier::Socket(Socket::new(Rc::clone(&stream), terms));
                let id = self.insert(carrier, (arrived.opening, arrived.greeting, arrived.seat));
                if let Some(me) = self.me.upgrade() {
                    spawn_local(socket::read(me, id, stream));
                }
                self.begin(id);
                if !leftover.is_empty() {
                    self.received(id, &mut leftover);
                }
            }
            Arriving::Pipe(framing, first) => {
                let carrier = Carrier::Pipe(Pipe::new(framing));
                let id = self.insert(carrier, (arrived.opening, arrived.greeting, arrived.seat));
                if let Some(reader) = self.read_pipe(id) {
                    // Who asked may be gone: the reader says so when it is dropped.
                    let _ = first.send(reader);
                }
                self.begin(id);
            }
        }
    }

    fn insert(
        &mut self,
        carrier: Carrier,
        (opening, greeting, seat): (door::Opening, Greeting, super::crowd::Seat),
    ) -> LinkId {
        let dialect = Dialect::open(opening, self.now_ms(), self.hub.command_rate());
        let serial = self.next_serial;
        self.next_serial = serial.wrapping_add(1);
        let deadline_ms = dialect.deadline_ms();
        let slot = self.links.insert(Link {
            serial,
            carrier,
            dialect,
            dirty: false,
            closing: false,
            scheduled_ms: deadline_ms,
            drops_ms: u64::MAX,
            address: greeting.address,
            since_ms: self.now_ms(),
            token: None,
            greeting: Some(Box::new(greeting)),
            _seat: seat,
            counted: None,
        }) as u32;
        self.deadlines.push(Reverse((deadline_ms, slot, serial)));
        self.hub
            .gauges(self.index)
            .connections
            .fetch_add(1, Ordering::Relaxed);
        LinkId { slot, serial }
    }

    fn begin(&mut self, id: LinkId) {
        if self.draining {
            self.close(id, Disconnect::Shutdown);
        } else {
            door::begin(self, id);
        }
        self.flush_dirty();
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
            link.counted = link.dialect.keep(counted);
        }
        let at = connection_slot as usize;
        if self.link_of.len() <= at {
            self.link_of.resize(at + 1, u32::MAX);
        }
        self.link_of[at] = id.slot;
    }

    /// What an open connection speaks; `None` once it is closing.
    pub(crate) fn dialect(&mut self, id: LinkId) -> Option<&mut Dialect> {
        self.link(id)
            .filter(|link| !link.closing)
            .map(|link| &mut link.dialect)
    }

    /// In which bytes the connection hears.
    pub(crate) fn format(&mut self, id: LinkId) -> Option<Format> {
        self.link(id).map(|link| link.format())
    }

    /// Where the client comes from and what it calls itself; told once to who connects once.
    pub(crate) fn take_greeting(&mut self, id: LinkId) -> Option<Greeting> {
        let link = self.link(id)?;
        if link.dialect.is_several() {
            let greeting = link.greeting.as_mut()?;
            let turn = greeting.turn.take();
            let greeting = Greeting::clone(greeting);
            return Some(Greeting { turn, ..greeting });
        }
        link.greeting.take().map(|greeting| *greeting)
    }

    /// Whether somebody reads the pipe of this connection now.
    pub(crate) fn is_read(&mut self, id: LinkId) -> bool {
        match self.link(id).map(|link| &link.carrier) {
            Some(Carrier::Pipe(pipe)) => pipe.is_read(),
            Some(Carrier::Socket(_)) | None => false,
        }
    }

    /// Bytes that wait to be written to this connection.
    pub(crate) fn unsent_bytes(&mut self, id: LinkId) -> usize {
        self.link(id).map_or(0, |link| link.carrier.bytes())
    }

    // What comes in.

    /// Takes what a socket brought.
    pub(super) fn received(&mut self, id: LinkId, bytes: &mut [u8]) -> Onward {
        let mut at = id;
        let Some(link) = self.link(at) else {
            return Onward::Stop;
        };
        let Carrier::Socket(socket) = &mut link.carrier else {
            return Onward::Stop;
        };
        if link.closing {
            return Onward::Read(at);
        }
        let mut decoder = std::mem::take(&mut socket.decoder);
        let mut inflater = std::mem::take(&mut self.inflater);
        let outcome = decoder.feed(bytes, &mut inflater, |incoming| {
            self.incoming(at, incoming);
            // The socket may have become another connection's with this very message.
            at = self.moved.take().unwrap_or(at);
            let open = self.link(at).is_some_and(|link| !link.closing);
            if open { Flow::Continue } else { Flow::Stop }
        });
        self.inflater = inflater;
        if let Err(violation) = outcome {
            let reason = violation.to_string().into();
            let code = violation.close_code();
            self.close(at, Closing { code, reason });
        }
        if let Some(Link {
            carrier: Carrier::Socket(socket),
            ..
        }) = self.link(at)
        {
            socket.decoder = decoder;
        }
        self.flush_dirty();
        match self.link(at) {
            Some(_) => Onward::Read(at),
            None => Onward::Stop,
        }
    }

    fn incoming(&mut self, id: LinkId, incoming: Incoming<'_>) {
        match incoming {
            Incoming::Text(text) => door::received(self, id, Message::Text(text)),
            Incoming::Binary(bytes) => door::received(self, id, Message::Binary(bytes)),
            Incoming::Ping(payload) => {
                let mut pong = Vec::new();
                write_frame(Opcode::Pong, payload, &mut pong);
                self.enqueue(id, &pong.into());
            }
            Incoming::Pong(_) => door::received(self, id, Message::Pong),
            Incoming::Close(code) => {
                let code = code.unwrap_or(Closing::DONE.code);
                self.close(
                    id,
                    Closing {
                        code,
                        ..Closing::DONE
                    },
                );
            }
        }
    }

    /// Takes what a client without a socket sent.
    pub(super) fn parcel(&mut self, address: &Address, parcel: &Parcel) -> Taken {
        let Some(id) = self.find(address) else {
            return Taken::Unknown;
        };
        let message = match parcel {
            Parcel::Text(text) => Message::Text(text),
            Parcel::Binary(bytes) => Message::Binary(bytes),
        };
        door::received(self, id, message);
        self.flush_dirty();
        if self.dialect(id).is_some() {
            Taken::Open
        } else {
            Taken::Ended
        }
    }

    /// The open connection behind an address.
    pub(crate) fn find(&self, address: &Address) -> Option<LinkId> {
        let links = self.links.get(address.link.slot as usize);
        let link = links.filter(|link| link.serial == address.link.serial)?;
        let at = match &link.carrier {
            Carrier::Pipe(pipe) => pipe.is_at(address),
            Carrier::Socket(_) => false,
        };
        (at && !link.closing).then_some(address.link)
    }

    // Pipes.

    /// A reader for the pipe of this connection, and its address; `None` when somebody reads it.
    pub(super) fn read_pipe(&mut self, id: LinkId) -> Option<(PipeReader, Address)> {
        let (hub, shard) = (self.hub.clone(), self.index);
        let node = hub.node();
        let link = self.link(id)?;
        let Carrier::Pipe(pipe) = &mut link.carrier else {
            return None;
        };
        let reader = pipe.attach(hub, shard, id)?;
        link.drops_ms = u64::MAX;
        Some((reader, pipe.address(node, shard as u16, id)))
    }

    /// A reader for whoever knows the address.
    pub(super) fn attach(&mut self, address: &Address) -> Attached {
        let Some(id) = self.find(address) else {
            return Attached::Unknown;
        };
        match self.read_pipe(id) {
            Some((reader, _)) => Attached::Reader(reader),
            None => Attached::Taken,
        }
    }

    /// A reader is gone: without another one the connection ends after its grace.
    pub(super) fn unread(&mut self, id: LinkId, number: u32) {
        let now_ms = self.now_ms();
        let Some(link) = self.link(id) else {
            return;
        };
        if let Carrier::Pipe(pipe) = &mut link.carrier
            && pipe.detach(number)
        {
            let grace_ms = link.dialect.unread_ms_max();
            if grace_ms == 0 {
                return self.drop_link(id);
            }
            link.drops_ms = now_ms.saturating_add(grace_ms);
            self.reschedule(id);
        }
    }

    /// The address of a connection without a socket, for its own client.
    pub(crate) fn address(&mut self, id: LinkId) -> Option<Address> {
        let (node, shard) = (self.hub.node(), self.index as u16);
        match &self.link(id)?.carrier {
            Carrier::Pipe(pipe) => Some(pipe.address(node, shard, id)),
            Carrier::Socket(_) => None,
        }
    }

    /// Gives the socket of `from` to `to`, which had a pipe, and ends `from` without a word. Only
    /// while a message of `from` is being received. Gives what was waiting in the pipe, framed as
    /// it was. `None` when one of them is not what it should be; then nothing has changed.
    pub(crate) fn take_over(&mut self, from: LinkId, to: LinkId) -> Option<Vec<Bytes>> {
        let pipe_is_there = self
            .link(to)
            .is_some_and(|link| !link.closing && matches!(link.carrier, Carrier::Pipe(_)));
        if !pipe_is_there || from == to {
            return None;
        }
        let link = self.link(from)?;
        let Carrier::Socket(socket) = &mut link.carrier else {
            return None;
        };
        let stream = Rc::clone(&socket.stream);
        // The decoder is at work, and comes behind.
        let moved = Socket {
            stream,
            decoder: Decoder::default(),
            outbox: std::mem::take(&mut socket.outbox),
            blocked: false,
            packed: socket.packed,
        };
        let link = self.link(to)?;
        let before = std::mem::replace(&mut link.carrier, Carrier::Socket(moved));
        let waiting = match before {
            Carrier::Pipe(pipe) => pipe.cut(),
            Carrier::Socket(_) => Vec::new(),
        };
        link.drops_ms = u64::MAX;
        let connection = link.dialect.entered().map(|(connection, _)| connection);
        self.reformat(connection, to);
        self.leave(from, None);
        self.forget(from);
        self.dirty.push(to);
        self.moved = Some(to);
        Some(waiting)
    }

    fn reformat(&mut self, connection: Option<ConnectionId>, id: LinkId) {
        if let (Some(connection), Some(format)) = (connection, self.format(id)) {
            self.send_pending();
            self.channels.reformat(connection, format);
        }
    }

    // What goes out.

    /// Sends one encoded message, framed as the connection's carrier wants it.
    pub(crate) fn tell(&mut self, id: LinkId, kind: Kind, payload: &[u8]) {
        if let Some(format) = self.format(id) {
            self.enqueue(id, &framed(format.framing, kind, payload));
        }
    }

    /// Sends a ping of the WebSocket protocol itself, where there is a WebSocket.
    pub(crate) fn ping_socket(&mut self, id: LinkId) {
        if self.format(id).map(|format| format.framing) == Some(domain::hub::Framing::Frames) {
            let mut ping = Vec::new();
            write_frame(Opcode::Ping, b"", &mut ping);
            self.enqueue(id, &ping.into());
        }
    }

    /// Sends an event of a channel to one connection, unless it is the one left out.
    pub(crate) fn write_event(&mut self, id: LinkId, event: &Broadcast) {
        if let Some(except) = event.except()
            && let Some((_, actor)) = self.link(id).and_then(|link| link.dialect.entered())
            && actor.client == except
        {
            return;
        }
        if let Some(format) = self.format(id) {
            let entered = self.link(id).and_then(|link| link.dialect.entered());
            let slot = entered.map_or(u32::MAX, |(connection, _)| connection.slot);
            let delta = self.whole(slot, event);
            self.hand(id, event.bytes(Format { delta, ..format }));
        }
    }

    /// Sends what is framed already, at the end of this pass.
    pub(crate) fn enqueue(&mut self, id: LinkId, framed: &Bytes) {
        if self.link(id).is_some_and(|link| link.carrier.is_packed()) {
            return self.hand(id, &packed(framed));
        }
        self.hand(id, framed);
    }

    /// Sends what is framed and packed already.
    pub(super) fn hand(&mut self, id: LinkId, framed: &Bytes) {
        if framed.is_empty() {
            return;
        }
        self.messages.sent += 1;
        let Some(link) = self.link(id) else {
            return;
        };
        match link.deliver(framed, false) {
            Delivered::Sent => {}
            Delivered::Queued => self.dirty.push(id),
            Delivered::Trouble(written) => self.settle(id, written),
        }
    }

    /// Writes to every connection that was touched since the last time; when a pass is about to
    /// begin, that does it.
    pub(crate) fn flush_dirty(&mut self) {
        if self.gathers {
            return;
        }
        self.tell_happened(None);
        while let Some(id) = self.dirty.pop() {
            if let Some(link) = self.link(id) {
                let written = link.flush();
                self.settle(id, Outcome::Written(written));
            }
        }
        self.gauge();
    }

    /// What follows from a write.
    pub(super) fn settle(&mut self, id: LinkId, outcome: Outcome) {
        match outcome {
            Outcome::Full => {
                let Some(link) = self.link(id).filter(|link| !link.closing) else {
                    return;
                };
                link.carrier.cut();
                self.hub
                    .gauges(self.index)
                    .cut_off
                    .fetch_add(1, Ordering::Relaxed);
                self.close(id, Disconnect::Slow);
            }
            Outcome::Written(Written::All) => self.finish_closing(id),
            Outcome::Written(Written::Broken) => self.drop_link(id),
            Outcome::Written(Written::Blocked) => self.block(id),
        }
    }

    /// Lets a task wait until the socket takes more.
    fn block(&mut self, id: LinkId) {
        let Some(Link {
            carrier: Carrier::Socket(socket),
            ..
        }) = self.link(id)
        else {
            return;
        };
        if !std::mem::replace(&mut socket.blocked, true) {
            let stream = Rc::clone(&socket.stream);
            if let Some(me) = self.me.upgrade() {
                spawn_local(socket::drain(me, id, stream));
            }
        }
    }

    /// The socket takes more; whether something is left to wait for.
    pub(super) fn unblock(&mut self, id: LinkId) -> bool {
        let Some(Link {
            carrier: Carrier::Socket(socket),
            ..
        }) = self.link(id)
        else {
            return false;
        };
        match socket.flush() {
            Written::Blocked => true,
            Written::All => {
                socket.blocked = false;
                self.finish_closing(id);
                false
            }
            Written::Broken => {
                self.drop_link(id);
                false
            }
        }
    }
}
