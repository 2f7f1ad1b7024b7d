//! One shard: its connections, its half of the hub, and the pass that takes what came in and writes
//! to each connection at most once.
//!
//! Everything in here runs on one thread. Methods do not wait; tasks of `socket` and of the doors
//! call them and never hold the shard across a wait.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::SessionId;
use base::UnixMs;
use bytes::Bytes;
use domain::hub::{Changes, ClientId, ClientInfo, Hub as Channels, Position, User};
use slab::Slab;
use tokio::sync::{Notify, oneshot};
use wire::centrifugo::Disconnect;
use wire::websocket::Inflater;

use super::Hub;
use super::broadcast::Broadcast;
use super::fan_out::Pending;
use super::inspect::{Expelled, Messages, Question};
use super::link::{Arrived, Closing, Link, LinkId};
use super::pipe::{Address, Attached};
use crate::door;
use crate::door::backend::{Backend, Granted};

/// Whose connections something is about: all of a user, or some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whom {
    /// The user.
    pub user: User,
    /// Only this connection.
    pub client: Option<ClientId>,
    /// Only the connection that was given this session when it began.
    pub session: Option<String>,
    /// Not these connections.
    pub except: Vec<ClientId>,
}

impl<U: Into<User>> From<U> for Whom {
    fn from(user: U) -> Self {
        Self {
            user: user.into(),
            ..Self::default()
        }
    }
}

/// Something that changes what users may hear.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// The user hears the channel from now on.
    Subscribe(Whom, Arc<str>, Arc<Granted>),
    /// The user hears the channel no longer.
    Unsubscribe(Whom, Arc<str>, u32),
    /// The connections end.
    Disconnect(Whom, Closing),
    /// The credentials of the connections last until then; `None` for ever. What others see of them
    /// from here on, where that changes.
    Refresh(Whom, Option<UnixMs>, Option<Bytes>),
    /// The connections that may not be here any more end.
    Expel(Expelled, u32),
    /// All connections of the login end.
    DisconnectSession(SessionId, u32),
}

/// Who is in a channel, as one shard knows it.
#[derive(Debug, Default)]
pub(crate) struct Present {
    pub(crate) infos: Vec<ClientInfo>,
    pub(crate) users: Vec<User>,
}

impl Present {
    /// How many different users there are.
    pub(crate) fn users_count(&self) -> usize {
        let users: std::collections::HashSet<_> = self.users.iter().collect();
        users.len()
    }
}

/// One whole message of a client that has no socket.
#[derive(Debug)]
pub(crate) enum Parcel {
    /// UTF-8.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

/// What became of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// There is no such connection.
    Unknown,
    /// It was taken in, and its connection goes on.
    Open,
    /// Its connection ended with it.
    Ended,
}

/// What comes into a shard, in order.
#[derive(Debug)]
pub(crate) enum Item {
    /// A new connection.
    Arrived(Arrived),
    /// A message of a client that has no socket.
    Parcel(Address, Parcel, oneshot::Sender<Taken>),
    /// Somebody wants to read a pipe.
    Read(Address, oneshot::Sender<Attached>),
    /// The client behind a pipe broke its protocol or is gone.
    GiveUp(Address),
    /// End this connection, whose client has another one; tell when that is done.
    Supersede(LinkId, oneshot::Sender<()>),
    /// A reader of a pipe is gone.
    Unread {
        /// Whose pipe.
        link: LinkId,
        /// Which reader.
        number: u32,
    },
    /// An event of a channel.
    Broadcast(Arc<Broadcast>),
    /// Something about users.
    Change(Change),
    /// Who is in this channel, at most so many of them by name?
    Present(Arc<str>, usize, oneshot::Sender<Present>),
    /// Where the streams in memory stand, behind everything that was published before.
    Positions(Arc<HashMap<Arc<str>, Position>>),
    /// A map was forgotten with everything in it.
    Restart(Arc<str>),
    /// How many listen to each channel?
    Listeners(oneshot::Sender<Vec<(Arc<str>, usize)>>),
    /// Somebody looks at what there is.
    Question(Question),
    /// Close everything and end.
    Drain,
}

/// One shard.
pub(crate) struct Shard {
    pub(super) me: Weak<RefCell<Self>>,
    pub(crate) index: usize,
    pub(crate) hub: Hub,
    pub(super) backend: Arc<dyn Backend>,
    pub(crate) channels: Channels<Arc<Broadcast>>,
    pub(crate) changes: Changes<Change>,
    pub(super) links: Slab<Link>,
    /// The link of each connection, by the connection's slot.
    pub(super) link_of: Vec<u32>,
    pub(super) next_serial: u32,
    pub(super) deadlines: BinaryHeap<Reverse<(u64, u32, u32)>>,
    pub(super) pending: Pending,
    pub(super) dirty: Vec<LinkId>,
    /// A pass is about to begin: what waits to be written waits for it.
    pub(super) gathers: bool,
    /// Serves all connections, since none keeps anything from one message to the next.
    pub(super) inflater: Inflater,
    /// Whom the socket that is being read belongs to from now on; see [`Shard::take_over`].
    pub(super) moved: Option<LinkId>,
    pub(super) draining: bool,
    /// Messages that came from clients, and those that went to them.
    pub(super) messages: Messages,
    /// Told whenever a connect was answered.
    opened: Rc<Notify>,
    /// Until when the thread sleeps if nothing comes in.
    pub(super) sleeps_until_ms: u64,
    /// Told to look again before: a time came nearer, or the last connection went while draining.
    pub(super) look: Rc<Notify>,
}

impl Shard {
    pub(super) fn new(index: usize, hub: Hub, backend: Arc<dyn Backend>) -> Rc<RefCell<Self>> {
        // A shard that begins anew may have missed its end.
        let draining = hub.is_draining();
        let subscriptions_max = hub.subscriptions_max();
        Rc::new_cyclic(|me| {
            RefCell::new(Self {
                me: Weak::clone(me),
                index,
                hub,
                backend,
                channels: Channels::with_subscriptions_max(subscriptions_max),
                changes: Changes::default(),
                links: Slab::new(),
                link_of: Vec::new(),
                next_serial: 0,
                deadlines: BinaryHeap::new(),
                pending: Pending::default(),
                dirty: Vec::new(),
                gathers: false,
                inflater: Inflater::default(),
                moved: None,
                draining,
                messages: Messages::default(),
                opened: Rc::default(),
                sleeps_until_ms: u64::MAX,
                look: Rc::default(),
            })
        })
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.hub.now_ms()
    }

    /// The application.
    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        Arc::clone(&self.backend)
    }

    /// For tasks that come back later.
    pub(crate) fn me(&self) -> Option<Rc<RefCell<Self>>> {
        self.me.upgrade()
    }

    /// Wakes those who wait for a connect to be answered.
    pub(crate) fn opened(&self) -> Rc<Notify> {
        Rc::clone(&self.opened)
    }

    pub(super) fn look(&self) -> Rc<Notify> {
        Rc::clone(&self.look)
    }

    /// Something is to be done at this time, which may be nearer than all that was known.
    pub(crate) fn wake_at(&self, at_ms: u64) {
        if at_ms < self.sleeps_until_ms {
            self.look.notify_one();
        }
    }

    /// Whether it was told to end and nobody is left.
    pub(super) fn is_done(&self) -> bool {
        self.draining && self.links.is_empty()
    }

    /// A pass is about to begin, in this turn of the loop.
    pub(super) fn gather(&mut self) {
        self.gathers = true;
    }

    /// Takes everything that came in, in order, and writes to each touched socket once.
    pub(super) fn pass(&mut self, items: &mut Vec<Item>) {
        self.gathers = false;
        self.channels.watch(self.backend.is_watching());
        for item in items.drain(..) {
            match item {
                Item::Broadcast(event) => self.broadcast(event),
                Item::Arrived(arrived) => self.arrive(arrived),
                Item::Parcel(address, parcel, answer) => {
                    // Who asked may be gone, here and below.
                    let _ = answer.send(self.parcel(&address, &parcel));
                }
                Item::Read(address, answer) => {
                    let _ = answer.send(self.attach(&address));
                }
                Item::GiveUp(address) => {
                    if let Some(link) = self.find(&address) {
                        self.close(link, Closing::DONE);
                    }
                }
                Item::Supersede(link, ended) => {
                    self.close(link, Closing::DONE);
                    // Who asked may be gone.
                    let _ = ended.send(());
                }
                Item::Unread { link, number } => self.unread(link, number),
                Item::Change(change) => {
                    self.send_pending();
                    self.changes.note(change.clone());
                    door::change(self, change);
                }
                Item::Present(channel, limit, answer) => {
                    let infos = self.channels.present(&channel, limit);
                    let users = self.channels.present_users(&channel).cloned().collect();
                    let _ = answer.send(Present { infos, users });
                }
                Item::Positions(positions) => {
                    self.send_pending();
                    self.check_positions(&positions);
                }
                Item::Restart(channel) => {
                    self.send_pending();
                    self.restart(&channel);
                }
                Item::Listeners(answer) => {
                    let listeners = self.channels.listeners();
                    let all = listeners.map(|(name, count)| (Arc::clone(name), count));
                    let _ = answer.send(all.collect());
                }
                Item::Question(question) => self.answer(question),
                Item::Drain => self.drain(),
            }
        }
        self.send_pending();
        self.flush_dirty();
    }

    /// Tells how much there is, for whoever looks.
    pub(super) fn gauge(&self) {
        let gauges = self.hub.gauges(self.index);
        gauges.store_counts(self.messages, self.channels.recoveries());
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
}
