//! The hub: who is connected, who listens to what, and the threads that write to them.
//!
//! [`Hub`] is the handle that everybody else uses; it never waits. Calls of one caller keep their
//! order: an unsubscribe behind one publication and before the next is applied exactly there. The
//! connections live on shards, each a thread with a runtime of its own; nothing is shared between
//! them but this handle. The streams of channels with [`Lane::Kept`] live in the handle, since all
//! shards publish into them.

pub(crate) mod broadcast;
pub(crate) mod crowd;
mod ends;
mod fan_out;
pub(crate) mod framing;
mod inbox;
pub mod inspect;
mod life;
pub(crate) mod link;
pub(crate) mod maps;
mod options;
mod outbox;
pub(crate) mod pipe;
pub(crate) mod shard;
mod socket;
mod stats;
mod traffic;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use base::limits::SHARD_INBOX_ITEMS_MAX;
use base::{PersonId, SessionId, UnixMs};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use domain::hub::map::Maps;
use domain::hub::{
    ClientId, ClientInfo, KeptPage, KeptQuery, Lane, Moment, Position, Publication, Rate, Streams,
    User,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use self::broadcast::Broadcast;
use self::crowd::{Crowd, Seat};
use self::inbox::Inbox;
use self::inspect::Expelled;
use self::life::Life;
use self::link::{Arrived, Closing};
pub use self::options::HubOptions;
use self::pipe::Address;
pub use self::shard::Whom;
use self::shard::{Change, Item, Present};
pub(crate) use self::stats::Gauges;
pub use self::stats::HubStats;
use crate::door;
use crate::door::backend::{Actor, Backend, Granted};

struct Inner {
    options: HubOptions,
    node: u64,
    /// What sessions are made with.
    secret: [u8; 32],
    started: Instant,
    inboxes: Vec<Inbox>,
    next_shard: AtomicUsize,
    dropped: AtomicUsize,
    draining: AtomicBool,
    crowd: Arc<Crowd>,
    streams: Mutex<Streams<Arc<Broadcast>>>,
    maps: Mutex<Maps<Arc<Broadcast>>>,
    /// Who is connected; what is told of people goes in order under this lock.
    online: Mutex<Online>,
    appearances: mpsc::UnboundedSender<(PersonId, bool)>,
    ended: Mutex<Vec<oneshot::Receiver<()>>>,
}

/// The handle of the hub.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
    /// Whether what is put into an inbox wakes its shard at once.
    wakes: bool,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("stats", &self.stats()).finish()
    }
}

/// Who is connected, how often. Each name is held once and shared by all its connections.
#[derive(Debug, Default)]
struct Online {
    people: HashMap<PersonId, (User, u32)>,
    /// Users who are no people; never the anonymous one.
    others: HashMap<User, u32>,
}

/// One connection among those of a user: it stops counting when this is dropped, however that
/// comes about.
#[derive(Debug)]
pub(crate) struct Counted {
    hub: Hub,
    user: User,
    person: Option<PersonId>,
}

impl Counted {
    /// The user, under the name that all their connections share.
    pub(crate) fn user(&self) -> User {
        self.user.clone()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        match self.person {
            Some(person) => self.hub.count_person_offline(person),
            None => self.hub.count_other_offline(&self.user),
        }
    }
}

/// The shards before they run; see [`Shards::start`].
#[derive(Debug)]
pub struct Shards {
    hub: Hub,
    appearances: mpsc::UnboundedReceiver<(PersonId, bool)>,
}

impl Hub {
    /// A hub, and the shards that do its work once they are started. What is published before
    /// waits.
    #[must_use]
    pub fn new(options: HubOptions) -> (Self, Shards) {
        let inboxes = (0..options.shards.max(1)).map(|_| Inbox::default());
        let inboxes = inboxes.collect();
        let (appearances, appeared) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            options,
            node: rand::random(),
            secret: rand::random(),
            started: Instant::now(),
            inboxes,
            next_shard: AtomicUsize::new(0),
            dropped: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
            crowd: Arc::default(),
            streams: Mutex::default(),
            maps: Mutex::default(),
            online: Mutex::default(),
            appearances,
            ended: Mutex::default(),
        });
        let hub = Self { inner, wakes: true };
        (
            hub.clone(),
            Shards {
                hub,
                appearances: appeared,
            },
        )
    }

    /// A handle whose calls wake nobody: who uses it calls [`Hub::wake`] when that was all.
    #[must_use]
    pub fn quiet(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            wakes: false,
        }
    }

    /// Wakes every shard for which something waits.
    pub fn wake(&self) {
        for inbox in &self.inner.inboxes {
            inbox.wake();
        }
    }

    /// Tells a channel; gives its place in the stream, if it has one. Never waits; a publication
    /// without an offset is dropped when a shard is far behind.
    pub fn publish(&self, channel: &str, publication: Publication) -> Option<Position> {
        match publication.lane.clone() {
            Lane::Durable { offset, epoch } => {
                let position = Position { epoch, top: offset };
                let place = Some((offset, Arc::clone(&position.epoch)));
                self.announce(Broadcast::publication(channel, place, publication));
                Some(position)
            }
            Lane::Ephemeral => {
                if self.is_behind() {
                    self.inner.dropped.fetch_add(1, Ordering::Relaxed);
                } else {
                    self.announce(Broadcast::publication(channel, None, publication));
                }
                None
            }
            Lane::Kept(keep) => {
                // Under the lock until it stands in every inbox, so that offsets arrive in order.
                let mut streams = self.streams();
                let event = streams.append(self.moment(), channel, keep, |next| {
                    Arc::new(Broadcast::following(channel, next, publication))
                });
                self.to_all(&event);
                let (top, epoch) = event.position.clone()?;
                Some(Position { epoch, top })
            }
        }
    }

    /// Lets a user hear a channel on their connections: a server-side subscription.
    pub fn subscribe_user(
        &self,
        whom: impl Into<Whom>,
        channel: &str,
        granted: impl Into<Granted>,
    ) {
        let granted = Arc::new(granted.into());
        self.change(&Change::Subscribe(whom.into(), channel.into(), granted));
    }

    /// Ends a user's subscriptions to a channel, whoever wanted them. Nothing published later
    /// reaches them. Code 2000 is for good, from 2500 on clients subscribe again.
    pub fn unsubscribe_user(&self, whom: impl Into<Whom>, channel: &str, code: u32) {
        self.change(&Change::Unsubscribe(whom.into(), channel.into(), code));
    }

    /// Closes connections of a user, with a code of `wire::centrifugo::Disconnect`.
    pub fn disconnect_user(&self, whom: impl Into<Whom>, code: u32) {
        self.close_user(whom, door::reason(code).into());
    }

    /// Closes connections of a user for a reason of somebody's own.
    pub(crate) fn close_user(&self, whom: impl Into<Whom>, closing: Closing) {
        self.change(&Change::Disconnect(whom.into(), closing));
    }

    /// Lets the credentials of a user's connections last until then, `None` for ever. A time that
    /// has passed ends them, grace and all. What others see of them changes where it is named.
    pub fn refresh_user(
        &self,
        whom: impl Into<Whom>,
        (expires_at, info): (Option<UnixMs>, Option<Bytes>),
    ) {
        self.change(&Change::Refresh(whom.into(), expires_at, info));
    }

    /// Closes the connections that may not be here any more, with a code of
    /// `wire::centrifugo::Disconnect`.
    pub fn expel(&self, expelled: Expelled, code: u32) {
        self.change(&Change::Expel(expelled, code));
    }

    /// Closes all connections of a login, with a code of `wire::centrifugo::Disconnect`.
    pub fn disconnect_session(&self, session: SessionId, code: u32) {
        self.change(&Change::DisconnectSession(session, code));
    }

    /// Whether the person has a connection.
    #[must_use]
    pub fn is_online(&self, person: PersonId) -> bool {
        self.online().people.contains_key(&person)
    }

    /// Those of these people who have a connection.
    #[must_use]
    pub fn online_of<'a>(&self, people: impl Iterator<Item = &'a PersonId>) -> Vec<PersonId> {
        let online = self.online();
        let is_online = |person: &&PersonId| online.people.contains_key(person);
        people.filter(is_online).copied().collect()
    }

    /// What publications on behalf of a connection say about it.
    #[must_use]
    pub fn info(&self, actor: &Actor) -> ClientInfo {
        ClientInfo {
            user: actor.user.clone(),
            client: Some(actor.client),
            conn_info: None,
            chan_info: None,
        }
    }

    /// Closes every connection with 3001, lets what waits go out, and ends the threads. Returns
    /// when they have ended or the deadline has passed, whichever comes first.
    pub async fn drain(&self, deadline: Duration) {
        self.inner.draining.store(true, Ordering::Release);
        self.each_inbox(|| Item::Drain);
        let ended = std::mem::take(
            &mut *self
                .inner
                .ended
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let all = async {
            for shard in ended {
                // An error is a thread that is gone already.
                let _ = shard.await;
            }
        };
        if timeout(deadline, all).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }

    // For the doors, the shards and the sockets.

    pub(crate) fn command_rate(&self) -> Rate {
        let options = &self.inner.options;
        Rate {
            per_second: options.commands_per_second,
            burst: options.commands_burst,
        }
    }

    pub(crate) fn deflates(&self) -> bool {
        self.inner.options.deflate
    }

    pub(crate) fn subscriptions_max(&self) -> usize {
        self.inner.options.subscriptions_max
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.inner.draining.load(Ordering::Acquire)
    }

    pub(crate) fn enter(&self, address: std::net::IpAddr) -> Option<Seat> {
        self.inner
            .crowd
            .enter(address, self.inner.options.connections_per_prefix_max)
    }

    /// The session of a connection, by which its own client and backend name it and nobody else
    /// can: unlike its id, it is told to no other client.
    pub(crate) fn session(&self, client: ClientId) -> String {
        let Ok(mut hash) = Hmac::<Sha256>::new_from_slice(&self.inner.secret) else {
            return String::new();
        };
        hash.update(&client.0.to_be_bytes());
        URL_SAFE_NO_PAD.encode(hash.finalize().into_bytes())
    }

    /// This process among several: random at each start.
    pub(crate) fn node(&self) -> u64 {
        self.inner.node
    }

    /// Gives a connection to a shard; to that of `beside`, if it is to take over from there.
    pub(crate) fn arrive(&self, arrived: Arrived, beside: Option<&Address>) {
        let next = || self.inner.next_shard.fetch_add(1, Ordering::Relaxed);
        let shard = beside.map_or_else(next, |address| usize::from(address.shard));
        self.send(shard % self.inner.inboxes.len(), Item::Arrived(arrived));
    }

    /// Gives a shard something to do.
    pub(crate) fn send(&self, shard: usize, item: Item) {
        if let Some(inbox) = self.inner.inboxes.get(shard) {
            self.give(inbox, item);
        }
    }

    /// Tells an event to every shard.
    pub(crate) fn announce(&self, event: Broadcast) {
        self.to_all(&Arc::new(event));
    }

    /// Who is in a channel, on all shards; at most `limit` of them by name.
    pub(crate) async fn present(&self, channel: &str, limit: usize) -> Present {
        let channel: Arc<str> = channel.into();
        let mut answers = Vec::new();
        self.each_inbox(|| {
            let (sender, receiver) = oneshot::channel();
            answers.push(receiver);
            Item::Present(Arc::clone(&channel), limit, sender)
        });
        let mut all = Present::default();
        for answer in answers {
            if let Ok(part) = answer.await {
                all.infos.extend(part.infos);
                all.users.extend(part.users);
            }
        }
        all.infos.truncate(limit);
        all
    }

    /// Which channels somebody listens to, and how many.
    pub(crate) async fn listeners(&self) -> HashMap<Arc<str>, usize> {
        let mut answers = Vec::new();
        self.each_inbox(|| {
            let (sender, receiver) = oneshot::channel();
            answers.push(receiver);
            Item::Listeners(sender)
        });
        let mut all = HashMap::new();
        for answer in answers {
            for (channel, count) in answer.await.unwrap_or_default() {
                *all.entry(channel).or_insert(0) += count;
            }
        }
        all
    }

    /// Forgets what is kept of a stream in memory; its position stays.
    pub(crate) fn clear(&self, channel: &str) {
        self.streams().clear(channel);
    }

    /// Has every shard compare what its listeners have with where the streams in memory stand.
    fn check_positions(&self) {
        // Under the lock, so that it stands in the inboxes behind what was published before.
        let (streams, maps) = (self.streams(), self.maps());
        let positions: HashMap<_, _> = streams
            .positions()
            .chain(maps.positions())
            .map(|(name, position)| (Arc::clone(name), position))
            .collect();
        let positions = Arc::new(positions);
        self.each_inbox(|| Item::Positions(Arc::clone(&positions)));
    }

    /// A part of a stream in memory.
    pub(crate) fn page(&self, channel: &str, query: KeptQuery) -> KeptPage<Arc<Broadcast>> {
        self.streams().page(self.moment(), channel, query)
    }

    /// One more connection of this user, until what is returned is dropped. Of people the backend
    /// is told when the first one comes.
    pub(crate) fn count_online(&self, user: &User, person: Option<PersonId>) -> Counted {
        let mut online = self.online();
        let user = match person {
            Some(person) => {
                let (name, count) = online.people.entry(person).or_insert((user.clone(), 0));
                *count += 1;
                let (name, first) = (name.clone(), *count == 1);
                if first {
                    self.appear(person, true);
                }
                name
            }
            None if user.is_anonymous() => User::ANONYMOUS,
            None => {
                let known = online.others.get_key_value(user);
                let name = known.map_or(user, |(name, _)| name).clone();
                *online.others.entry(name.clone()).or_insert(0) += 1;
                name
            }
        };
        Counted {
            hub: self.clone(),
            user,
            person,
        }
    }

    /// One connection less of this person.
    fn count_person_offline(&self, person: PersonId) {
        let mut online = self.online();
        if let Some((_, count)) = online.people.get_mut(&person) {
            *count -= 1;
            if *count == 0 {
                online.people.remove(&person);
                self.appear(person, false);
            }
        }
    }

    /// One connection less of somebody who is no person.
    fn count_other_offline(&self, user: &User) {
        let mut online = self.online();
        if let Some(count) = online.others.get_mut(user) {
            *count -= 1;
            if *count == 0 {
                online.others.remove(user);
            }
        }
    }

    pub(crate) fn gauges(&self, shard: usize) -> &Gauges {
        &self.inner.inboxes[shard].gauges
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.inner.started.elapsed().as_millis() as u64
    }

    /// Under the lock of `online`, so that coming and going is told in order.
    fn appear(&self, person: PersonId, online: bool) {
        // Nobody listens only after the end.
        let _ = self.inner.appearances.send((person, online));
    }

    fn change(&self, change: &Change) {
        self.each_inbox(|| Item::Change(change.clone()));
    }

    fn to_all(&self, event: &Arc<Broadcast>) {
        self.each_inbox(|| Item::Broadcast(Arc::clone(event)));
    }

    fn each_inbox(&self, mut item: impl FnMut() -> Item) {
        for inbox in &self.inner.inboxes {
            self.give(inbox, item());
        }
    }

    fn give(&self, inbox: &Inbox, item: Item) {
        inbox.put(item);
        if self.wakes {
            inbox.wake();
        }
    }

    fn is_behind(&self) -> bool {
        let mut inboxes = self.inner.inboxes.iter();
        inboxes.any(|inbox| inbox.waiting() > SHARD_INBOX_ITEMS_MAX)
    }

    fn moment(&self) -> Moment {
        Moment {
            now_ms: self.now_ms(),
            random: rand::random(),
        }
    }

    fn streams(&self) -> std::sync::MutexGuard<'_, Streams<Arc<Broadcast>>> {
        self.inner
            .streams
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn online(&self) -> std::sync::MutexGuard<'_, Online> {
        self.inner
            .online
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shards {
    /// Starts the threads. The first one also tells the backend who comes online and goes.
    ///
    /// # Errors
    /// The system gives no thread or no event queue.
    pub fn start(self, backend: Arc<dyn Backend>) -> io::Result<()> {
        let Self { hub, appearances } = self;
        let mut appearances = Some(appearances);
        for index in 0..hub.inner.inboxes.len() {
            let (ended, wait) = oneshot::channel();
            let life = Life {
                index,
                hub: hub.clone(),
                backend: Arc::clone(&backend),
                appearances: appearances.take(),
            };
            thread::Builder::new()
                .name(format!("hub-{index}"))
                .spawn(move || {
                    life.live();
                    // Nobody waits unless the hub is drained.
                    let _ = ended.send(());
                })?;
            hub.inner
                .ended
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(wait);
        }
        Ok(())
    }
}
