//! One shard: its sockets, its half of the hub, and the pass that takes what came in and writes to
//! each socket at most once.
//!
//! Everything in here runs on one thread. Methods do not wait; tasks of `link` and of the door call
//! them and never hold the shard across a wait.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::{PersonId, SessionId};
use bytes::{Bytes, BytesMut};
use domain::hub::{Changes, ChannelKey, ClientInfo, Format, Grant, Hub as Channels, Side, Verdict};
use slab::Slab;
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::spawn_local;
use wire::centrifugo::{Disconnect, Encoding, Message, Reply, Unsubscribe};
use wire::websocket::{CloseCode, Decoder, Flow, Incoming, Opcode, close_frame, write_frame};

use super::Hub;
use super::broadcast::{Audience, Broadcast, frame};
use super::link::{self, Arrived, Link, LinkId};
use super::outbox::{Outbox, Written};
use crate::door::backend::Backend;
use crate::door::centrifugo::{self, Due, Phase, Session};

/// How long a closed connection may take to read its close frame.
const CLOSE_MS_MAX: u64 = 2_000;
/// Frames of one channel are joined up to this size.
const JOINED_BYTES_MAX: usize = 64 << 10;

/// Something that changes what people may hear.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// The person hears the channel from now on.
    Subscribe(PersonId, Arc<str>, Grant),
    /// The person hears the channel no longer.
    Unsubscribe(PersonId, Arc<str>, u32),
    /// All connections of the person end.
    DisconnectUser(PersonId, u32),
    /// All connections of the login end.
    DisconnectSession(SessionId, u32),
}

/// Who is in a channel, as one shard knows it.
#[derive(Debug, Default)]
pub(crate) struct Present {
    pub(crate) infos: Vec<ClientInfo>,
    pub(crate) users: Vec<PersonId>,
}

/// What comes into a shard, in order.
#[derive(Debug)]
pub(crate) enum Item {
    /// A new socket.
    Arrived(Arrived),
    /// An event of a channel.
    Broadcast(Arc<Broadcast>),
    /// Something about people.
    Change(Change),
    /// Who is in this channel, at most so many of them by name?
    Present(Arc<str>, usize, oneshot::Sender<Present>),
    /// Close everything and end.
    Drain,
}

/// Publications of this pass that wait to be joined, by channel.
#[derive(Debug, Default)]
struct Pending {
    places: HashMap<ChannelKey, usize>,
    lists: Vec<(ChannelKey, Vec<Arc<Broadcast>>)>,
}

/// One shard.
pub(crate) struct Shard {
    me: Weak<RefCell<Self>>,
    pub(crate) index: usize,
    pub(crate) hub: Hub,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) channels: Channels<Arc<Broadcast>>,
    pub(crate) changes: Changes<Change>,
    links: Slab<Link>,
    /// The link of each connection, by the connection's slot.
    link_of: Vec<u32>,
    next_serial: u32,
    deadlines: BinaryHeap<Reverse<(u64, u32, u32)>>,
    pending: Pending,
    dirty: Vec<LinkId>,
    draining: bool,
    /// Told when the last socket went while draining.
    idle: Rc<Notify>,
}

impl Shard {
    pub(super) fn new(index: usize, hub: Hub, backend: Arc<dyn Backend>) -> Rc<RefCell<Self>> {
        Rc::new_cyclic(|me| {
            RefCell::new(Self {
                me: Weak::clone(me),
                index,
                hub,
                backend,
                channels: Channels::default(),
                changes: Changes::default(),
                links: Slab::new(),
                link_of: Vec::new(),
                next_serial: 0,
                deadlines: BinaryHeap::new(),
                pending: Pending::default(),
                dirty: Vec::new(),
                draining: false,
                idle: Rc::default(),
            })
        })
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.hub.now_ms()
    }

    /// For tasks that come back later.
    pub(crate) fn me(&self) -> Option<Rc<RefCell<Self>>> {
        self.me.upgrade()
    }

    pub(super) fn idle(&self) -> Rc<Notify> {
        Rc::clone(&self.idle)
    }

    /// Whether it was told to end and nobody is left.
    pub(super) fn is_done(&self) -> bool {
        self.draining && self.links.is_empty()
    }

    /// Takes everything that came in, in order, and writes to each touched socket once.
    pub(super) fn pass(&mut self, items: &mut Vec<Item>) {
        for item in items.drain(..) {
            match item {
                Item::Broadcast(event) => self.broadcast(event),
                Item::Arrived(arrived) => self.arrive(arrived),
                Item::Change(change) => {
                    self.send_pending();
                    self.changes.note(change.clone());
                    centrifugo::change(self, change);
                }
                Item::Present(channel, limit, answer) => {
                    let infos = self.channels.present(&channel, limit);
                    let users = self.channels.present_users(&channel).collect();
                    // Who asked may be gone.
                    let _ = answer.send(Present { infos, users });
                }
                Item::Drain => self.drain(),
            }
        }
        self.send_pending();
        self.flush_dirty();
        let gauges = self.hub.gauges(self.index);
        gauges
            .channels
            .store(self.channels.channels_count(), Ordering::Relaxed);
        gauges
            .subscriptions
            .store(self.channels.subscriptions_count(), Ordering::Relaxed);
    }

    fn drain(&mut self) {
        self.draining = true;
        let all: Vec<_> = self
            .links
            .iter()
            .map(|(slot, link)| (slot, link.serial))
            .collect();
        for (slot, serial) in all {
            self.close(
                LinkId {
                    slot: slot as u32,
                    serial,
                },
                Disconnect::Shutdown,
            );
        }
    }

    // Fan-out.

    fn broadcast(&mut self, event: Arc<Broadcast>) {
        if event.audience == Audience::Watchers {
            self.send_pending();
            let slots = self.channels.watching(event.channel());
            return self.send_to(&slots, &event);
        }
        let position = event
            .position
            .as_ref()
            .map(|(offset, epoch)| (*offset, &**epoch));
        match self.channels.accept(event.channel(), position, &event) {
            Verdict::Nobody => {}
            Verdict::Everybody(key) => self.pending.push(key, event),
            Verdict::These(_, slots) => self.send_to(&slots, &event),
            Verdict::Broken(key) => {
                self.send_pending();
                for lost in self.channels.lost(key) {
                    self.lose(lost, event.channel());
                }
                let left = Format::ALL.map(|format| self.channels.live(key, format).to_vec());
                self.send_to(&left.concat(), &event);
            }
        }
    }

    /// The client missed something: it recovers the channel, or connects anew.
    fn lose(&mut self, lost: domain::hub::Lost, channel: &str) {
        let Some(link) = self.link_of(lost.connection.slot) else {
            return;
        };
        match lost.side {
            Side::Client => {
                self.channels.unsubscribe(lost.connection, channel);
                let code = Unsubscribe::InsufficientState;
                self.write(link, &centrifugo::unsubscribe_push(channel, code.code()));
            }
            Side::Server => self.close(link, Disconnect::InsufficientState),
        }
    }

    fn send_to(&mut self, slots: &[u32], event: &Broadcast) {
        for slot in slots {
            if let Some(link) = self.link_of(*slot) {
                let format = self.format(link);
                self.enqueue(link, event.frame(format).clone());
            }
        }
    }

    /// Sends what waits to be joined.
    fn send_pending(&mut self) {
        if self.pending.lists.is_empty() {
            return;
        }
        self.pending.places.clear();
        let lists = std::mem::take(&mut self.pending.lists);
        let alone = lists.len() == 1;
        let mut trouble = Vec::new();
        for (key, events) in &lists {
            for format in Format::ALL {
                let slots = self.channels.live(*key, format);
                if slots.is_empty() {
                    continue;
                }
                for joined in joined(events, format) {
                    for slot in slots {
                        let Some(link_slot) = self.link_of.get(*slot as usize) else {
                            continue;
                        };
                        let Some(link) = self.links.get_mut(*link_slot as usize) else {
                            continue;
                        };
                        let id = LinkId {
                            slot: *link_slot,
                            serial: link.serial,
                        };
                        match link.deliver(&joined, alone) {
                            Delivered::Sent => {}
                            Delivered::Queued => self.dirty.push(id),
                            Delivered::Trouble(written) => trouble.push((id, written)),
                        }
                    }
                }
            }
        }
        for (id, written) in trouble {
            self.settle(id, written);
        }
    }

    // Sockets.

    fn arrive(&mut self, arrived: Arrived) {
        let Ok(socket) = TcpStream::from_std(arrived.socket) else {
            return;
        };
        let socket = Rc::new(socket);
        let now_ms = self.now_ms();
        let session = Session::new(arrived.encoding, now_ms);
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

    pub(crate) fn bind(&mut self, connection_slot: u32, id: LinkId) {
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

    fn format(&mut self, id: LinkId) -> Format {
        let encoding = self
            .link(id)
            .map_or(Encoding::Json, |link| link.session.encoding);
        super::broadcast::format(encoding)
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
    pub(crate) fn queue(&mut self, id: LinkId, command: u32, request: wire::centrifugo::Request) {
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
    pub(crate) fn next_command(&mut self, id: LinkId) -> Option<(u32, wire::centrifugo::Request)> {
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
        next
    }

    /// Where the client comes from and what it calls itself; told once.
    pub(crate) fn take_greeting(
        &mut self,
        id: LinkId,
    ) -> Option<(std::net::IpAddr, Option<String>)> {
        self.link(id)?.greeting.take().map(|greeting| *greeting)
    }

    /// Sends a message.
    pub(crate) fn write(&mut self, id: LinkId, message: &impl Message) {
        if let Some(link) = self.link(id) {
            let frame = frame(link.session.encoding, message);
            self.enqueue(id, frame);
        }
    }

    /// Sends an event of a channel to one connection.
    pub(crate) fn write_event(&mut self, id: LinkId, event: &Broadcast) {
        let format = self.format(id);
        self.enqueue(id, event.frame(format).clone());
    }

    fn enqueue(&mut self, id: LinkId, frame: Bytes) {
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
    fn settle(&mut self, id: LinkId, outcome: Outcome) {
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
        let _ = link.outbox.push(close_frame(code, reason).into());
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
        let Phase::Open(connection, actor) = link.session.phase else {
            return;
        };
        link.session.phase = Phase::Rejected;
        if let Some(gone) = self.channels.disconnect(connection) {
            for channel in gone.left {
                self.hub.announce(Broadcast::leave(&channel, &gone.info));
            }
            self.hub.count_offline(actor.user);
        }
    }

    /// Forgets a socket. Both of its tasks end, since the socket is shut down.
    pub(super) fn drop_link(&mut self, id: LinkId) {
        self.leave(id);
        if self.link(id).is_some() {
            let link = self.links.remove(id.slot as usize);
            let _ = rustix::net::shutdown(&*link.socket, rustix::net::Shutdown::Both);
            self.hub
                .gauges(self.index)
                .connections
                .fetch_sub(1, Ordering::Relaxed);
        }
        if self.is_done() {
            self.idle.notify_one();
        }
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

impl Pending {
    fn push(&mut self, key: ChannelKey, event: Arc<Broadcast>) {
        let place = *self.places.entry(key).or_insert_with(|| {
            self.lists.push((key, Vec::new()));
            self.lists.len() - 1
        });
        if let Some((_, list)) = self.lists.get_mut(place) {
            list.push(event);
        }
    }
}

/// The frames of several events, joined into few pieces.
fn joined(events: &[Arc<Broadcast>], format: Format) -> Vec<Bytes> {
    if let [event] = events {
        return vec![event.frame(format).clone()];
    }
    let mut pieces = Vec::new();
    let mut piece = BytesMut::new();
    for event in events {
        let frame = event.frame(format);
        if !piece.is_empty() && piece.len() + frame.len() > JOINED_BYTES_MAX {
            pieces.push(piece.split().freeze());
        }
        piece.extend_from_slice(frame);
    }
    pieces.push(piece.freeze());
    pieces
}

/// What became of a frame.
enum Delivered {
    Sent,
    /// It waits for [`Shard::flush_dirty`].
    Queued,
    Trouble(Outcome),
}

/// What became of a write.
#[derive(Clone, Copy)]
enum Outcome {
    Written(Written),
    /// More waits than may.
    Full,
}

impl Link {
    /// When the time asks for something.
    fn deadline_ms(&self) -> u64 {
        if self.closing {
            self.closes_ms
        } else {
            self.session.deadline_ms()
        }
    }

    /// Gives a frame to the socket; at once if nothing else of this pass can come (`alone`) and
    /// nothing waits.
    fn deliver(&mut self, frame: &Bytes, alone: bool) -> Delivered {
        if self.closing {
            return Delivered::Sent;
        }
        if alone && self.outbox.is_empty() {
            return match self.outbox.send(&self.socket, frame) {
                Written::All => Delivered::Sent,
                written @ (Written::Blocked | Written::Broken) => {
                    Delivered::Trouble(Outcome::Written(written))
                }
            };
        }
        if !self.outbox.push(frame.clone()) {
            return Delivered::Trouble(Outcome::Full);
        }
        if self.blocked || std::mem::replace(&mut self.dirty, true) {
            return Delivered::Sent;
        }
        Delivered::Queued
    }
}
