//! The namespaces of the Socket.IO door: what becomes of their events, what they keep for clients
//! that come back, and the one way in which an event gets to their clients.
//!
//! An event is a publication of the channel `socketio:<namespace>`, or of one of its rooms,
//! `socketio:<namespace>#<room>`, so clients of other doors that may can listen and publish there.
//! Where a namespace keeps events, they get their place in the order and go to the hub under one
//! lock.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base::{RoomId, limits};
use bytes::Bytes;
use domain::chat::EventKind;
use domain::hub::{ClientId, ClientInfo, Lane, Publication, Rate, User};
use domain::relay::{
    Away, Moves, Place, Plan, Reach, Recall, RecallLimits, Rooms, Rule, Rules, SocketId,
};
use domain::{Refusal, chat};
use serde_json::{Value, json};
use wire::engineio::Timing;
use wire::socketio::{Arguments, Event, Relayed};

use super::visitor;
use crate::app::App;
use crate::config::SocketIo;
use crate::config::socketio::{self, Acks, EventRule};
use crate::drive::hub::Hub;
use crate::drive::hub::link::LinkId;
use crate::drive::publisher::Texts;
use crate::drive::writer::Origin;

/// The event that texts are told by.
const MESSAGE: &str = "message";
/// What client ids of posts begin with that came in by POST; the route tells those itself.
const POSTED: &str = "post-";

/// All namespaces.
pub struct Namespaces {
    settings: SocketIo,
    all: BTreeMap<String, Arc<Namespace>>,
    /// Those that belong to a room of Plaza.
    by_room: RwLock<HashMap<RoomId, Vec<Arc<Namespace>>>>,
}

/// One namespace.
pub struct Namespace {
    /// Its name, with the slash.
    pub name: String,
    /// The room of Plaza that belongs to it, by name.
    pub room: Option<String>,
    /// Whether clients need no token.
    pub anonymous: bool,
    /// Web pages that may speak here; empty for all that may connect.
    pub origins: Vec<String>,
    rules: Rules,
    acks: Acks,
    recall: Option<Mutex<Recall<Bytes>>>,
    /// The sockets that are here, by the secret with which they would come back.
    here: Mutex<HashMap<u128, Here>>,
    started: Instant,
}

/// Where a socket is that is here.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    /// Whose it is.
    pub(crate) user: User,
    /// On which shard.
    pub(crate) shard: usize,
    /// Its link there.
    pub(crate) link: LinkId,
}

/// An event on its way to clients.
#[derive(Debug)]
pub struct Emission<'a> {
    /// To whom.
    pub place: Place<'a>,
    /// What.
    pub event: &'a Event,
    /// The socket that does not get it, and its connection.
    pub except: Option<(ClientId, SocketId)>,
    /// Who emitted it, for clients of other doors.
    pub info: Option<ClientInfo>,
    /// It is worth something only now.
    pub volatile: bool,
}

impl fmt::Debug for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.keys()).finish()
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Namespace").field(&self.name).finish()
    }
}

impl Namespaces {
    /// Those of the configuration.
    #[must_use]
    pub fn new(settings: &SocketIo) -> Self {
        let all = settings.namespaces().into_iter();
        let all = all.map(|configured| {
            let name = configured.name.clone();
            (name, Arc::new(Namespace::new(settings, configured)))
        });
        Self {
            settings: settings.clone(),
            all: all.collect(),
            by_room: RwLock::default(),
        }
    }

    /// The section of the configuration.
    #[must_use]
    pub const fn settings(&self) -> &SocketIo {
        &self.settings
    }

    /// The heartbeat.
    #[must_use]
    pub const fn timing(&self) -> Timing {
        Timing {
            ping_interval_ms: self.settings.ping_interval_ms,
            ping_timeout_ms: self.settings.ping_timeout_ms,
            upgrade_ms_max: limits::SOCKETIO_UPGRADE_MS_MAX,
        }
    }

    /// How long a client may be silent.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        let timing = self.timing();
        Duration::from_millis(
            timing
                .ping_interval_ms
                .saturating_add(timing.ping_timeout_ms),
        )
    }

    /// How often one client may send, where `usual` holds for other doors.
    #[must_use]
    pub fn rate(&self, usual: Rate) -> Rate {
        let or = |own: u32, usual: u32| if own == 0 { usual } else { own };
        Rate {
            per_second: or(self.settings.events_per_second, usual.per_second),
            burst: or(self.settings.events_burst, usual.burst),
        }
    }

    /// Web pages that may connect, beside those of `[origins]`.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let narrower = self.all.values().flat_map(|namespace| &namespace.origins);
        self.settings
            .origins
            .iter()
            .chain(narrower)
            .cloned()
            .collect()
    }

    /// The namespace of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Arc<Namespace>> {
        self.all.get(name).map(Arc::clone)
    }

    /// Takes note of which room of Plaza belongs to a namespace.
    pub fn bind(&self, room: RoomId, namespace: &Arc<Namespace>) {
        let known = |bound: &Vec<Arc<Namespace>>| bound.iter().any(|it| it.name == namespace.name);
        let read = self.by_room.read().unwrap_or_else(PoisonError::into_inner);
        if read.get(&room).is_some_and(known) {
            return;
        }
        drop(read);
        let mut write = self.by_room.write().unwrap_or_else(PoisonError::into_inner);
        // Another room may have had the name before.
        for bound in write.values_mut() {
            bound.retain(|it| it.name != namespace.name);
        }
        write.entry(room).or_default().push(Arc::clone(namespace));
    }

    /// Emits an event of the server to everybody in a namespace; `false` when there is none of this
    /// name, or no event of that one.
    pub fn emit(&self, hub: &Hub, namespace: &str, event: &str, arguments: &[Value]) -> bool {
        let Some(namespace) = self.find(namespace) else {
            return false;
        };
        let array = json!(arguments).to_string();
        let Ok(arguments) = Arguments::from_array(&array, Vec::new()) else {
            return false;
        };
        if Event::check_name(event).is_err() {
            return false;
        }
        let event = Event {
            name: event.to_owned(),
            arguments,
        };
        namespace.emit(
            hub,
            Emission {
                place: Place::Everywhere,
                event: &event,
                except: None,
                info: None,
                volatile: false,
            },
        );
        true
    }

    /// Tells the namespaces what was posted in their rooms, when it is called with it.
    #[must_use]
    pub fn listener(self: &Arc<Self>, hub: Hub) -> Texts {
        let namespaces = Arc::clone(self);
        Texts::new(move |room, told, origin| namespaces.posted(&hub, room, (told, origin)))
    }

    /// A room of Plaza got an event: what was posted there is told to its namespaces.
    fn posted(&self, hub: &Hub, room: RoomId, (told, origin): (&chat::Event, Option<&Origin>)) {
        let by_room = self.by_room.read().unwrap_or_else(PoisonError::into_inner);
        let Some(namespaces) = by_room.get(&room) else {
            return;
        };
        let EventKind::Message(message) = &told.kind else {
            return;
        };
        let by_route = |id: &String| id.starts_with(POSTED);
        if message.text.is_empty() || message.client_id.as_ref().is_some_and(by_route) {
            return;
        }
        let verbatim = origin.and_then(|origin| origin.verbatim.as_deref());
        let text = verbatim.unwrap_or(&message.text);
        let Ok(arguments) = Arguments::one(&json!(text).to_string()) else {
            return;
        };
        let event = Event {
            name: MESSAGE.to_owned(),
            arguments,
        };
        for namespace in namespaces {
            namespace.tell_post(hub, &event, origin.map(|origin| origin.client));
        }
    }
}

/// Finds the rooms of Plaza that belong to namespaces. One that is not there yet is found when the
/// first client comes.
pub async fn begin(app: &App) {
    for namespace in app.namespaces.all.values() {
        let Some(alias) = &namespace.room else {
            continue;
        };
        if let Ok(room) = visitor::room_by_alias(app, alias).await {
            app.namespaces.bind(room, namespace);
        }
    }
}

impl Namespace {
    fn new(settings: &SocketIo, configured: socketio::Namespace) -> Self {
        let life_ms = configured.recovery_ms.unwrap_or(settings.recovery_ms);
        let limits = RecallLimits {
            life_ms,
            events_max: limits::SOCKETIO_RECALL_EVENTS_MAX,
            bytes_max: limits::SOCKETIO_RECALL_BYTES_MAX,
            sockets_max: limits::SOCKETIO_RECALL_SOCKETS_MAX,
        };
        let recall = (life_ms > 0).then(|| Mutex::new(Recall::new(limits, rand::random())));
        let rules = configured.events.into_iter();
        Self {
            name: configured.name,
            room: Some(configured.room).filter(|room| !room.is_empty()),
            anonymous: configured.anonymous.unwrap_or(settings.anonymous),
            origins: configured.origins,
            rules: Rules::new(rules.map(|rule| (rule.name.clone(), self::rule(&rule)))),
            acks: configured.acks,
            recall,
            here: Mutex::default(),
            started: Instant::now(),
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn recall(&self) -> Option<MutexGuard<'_, Recall<Bytes>>> {
        let recall = self.recall.as_ref()?;
        Some(recall.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether clients that were cut off get back what they missed.
    #[must_use]
    pub const fn recovers(&self) -> bool {
        self.recall.is_some()
    }

    /// What is to be done with an event of a client.
    ///
    /// # Errors
    /// See [`Rules::plan`].
    pub fn plan(&self, event: &Event, rooms: &mut Rooms) -> Result<Plan, Refusal> {
        let named = named(&event.arguments);
        self.rules.plan(&event.name, rooms, named.as_deref())
    }

    /// The text that is to be posted in the namespace's room, if this is one. An empty one is an
    /// event like any other: a room takes none.
    #[must_use]
    pub fn post(&self, event: &Event) -> Option<String> {
        self.room.as_ref()?;
        let text = (event.name == MESSAGE).then(|| event.arguments.only_text());
        text.flatten().filter(|text| !text.trim().is_empty())
    }

    /// What an event is acknowledged with.
    #[must_use]
    pub fn ack(&self, event: &Event) -> Arguments {
        match self.acks {
            Acks::Status => Arguments::one(r#"{"status":"ok"}"#).unwrap_or_default(),
            Acks::Nothing => Arguments::default(),
            Acks::Arguments => event.arguments.clone(),
        }
    }

    /// The channel of the namespace, or of one of its rooms.
    #[must_use]
    pub fn channel(&self, room: Option<&str>) -> String {
        let name = &self.name;
        match room {
            Some(room) => format!("socketio:{name}#{room}"),
            None => format!("socketio:{name}"),
        }
    }

    /// Sends an event on its way.
    pub fn emit(&self, hub: &Hub, emission: Emission<'_>) {
        let Emission {
            place,
            event,
            except,
            info,
            volatile,
        } = emission;
        let channel = match place {
            Place::Everywhere => self.channel(None),
            Place::Room(room) => self.channel(Some(room)),
            // Written by who holds the socket: see `Namespace::only`.
            Place::Only(_) => return,
        };
        let publish = |data: Bytes| {
            let publication = Publication {
                info,
                except: except.map(|(client, _)| client),
                volatile,
                ..Publication::new(Lane::Ephemeral, data)
            };
            hub.publish(&channel, publication);
        };
        match self.recall().filter(|_| !volatile) {
            None => publish(Relayed::json(event, None)),
            Some(mut recall) => {
                let except = except.map(|(_, socket)| socket);
                recall.append(self.now_ms(), (place, except), |offset| {
                    let data = Relayed::json(event, Some(offset));
                    publish(data.clone());
                    let bytes = data.len();
                    (data, bytes)
                });
            }
        }
    }

    /// An event for one socket alone, which the caller writes.
    #[must_use]
    pub fn only(&self, socket: SocketId, event: &Event) -> Bytes {
        match self.recall() {
            None => Relayed::json(event, None),
            Some(mut recall) => {
                recall.append(self.now_ms(), (Place::Only(socket), None), |offset| {
                    let data = Relayed::json(event, Some(offset));
                    let bytes = data.len();
                    (data, bytes)
                })
            }
        }
    }

    fn tell_post(&self, hub: &Hub, event: &Event, author: Option<ClientId>) {
        let Ok(plan) = self.plan(event, &mut Rooms::default()) else {
            return;
        };
        // A rule may have it that the sender does not hear it again.
        let except = author.filter(|_| !plan.echo);
        let event = Event {
            name: plan.name,
            arguments: event.arguments.clone(),
        };
        self.emit(
            hub,
            Emission {
                place: Place::Everywhere,
                event: &event,
                except: except.map(|client| (client, SocketId(0))),
                info: None,
                volatile: plan.volatile,
            },
        );
    }

    // Coming back.

    /// The position of the newest event, 0 where none are kept.
    #[must_use]
    pub fn top(&self) -> u64 {
        self.recall().map_or(0, |recall| recall.top())
    }

    /// The position of an event that was published here.
    #[must_use]
    pub fn position(&self, offset: &str) -> Option<u64> {
        self.recall()?.position(offset)
    }

    fn here(&self) -> MutexGuard<'_, HashMap<u128, Here>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A socket is here from now on.
    pub(crate) fn came(&self, secret: u128, here: Here) {
        self.here().insert(secret, here);
    }

    /// A socket is here no longer.
    pub(crate) fn went(&self, secret: u128) {
        self.here().remove(&secret);
    }

    /// Where this user's socket is, when it is here under this secret.
    pub(crate) fn whereabouts(&self, secret: u128, user: &User) -> Option<Here> {
        let here = self.here();
        here.get(&secret).filter(|it| it.user == *user).cloned()
    }

    /// Keeps a socket that was cut off.
    pub fn keep(&self, secret: u128, away: Away) {
        if let Some(mut recall) = self.recall() {
            recall.leave(self.now_ms(), secret, away);
        }
    }

    /// Gives a socket back with what it missed, and the position up to which that is; `None` when
    /// it begins anew. `and` is called before anything more can be published.
    pub fn come_back(
        &self,
        (secret, user): (u128, &User),
        offset: Option<&str>,
        and: impl FnOnce(),
    ) -> Option<(Away, Vec<Bytes>, u64)> {
        let mut recall = self.recall()?;
        let found = recall.come_back(self.now_ms(), (secret, user), offset);
        let (away, missed) = found?;
        and();
        Some((away, missed, recall.top()))
    }
}

/// The room that the first argument names: a text or a number, or such a one under `room`.
fn named(arguments: &Arguments) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let first = arguments.values().into_iter().next()?;
    text(&first).or_else(|| text(first.get("room")?))
}

fn rule(configured: &EventRule) -> Rule {
    let reach = match configured.to {
        socketio::To::All => Reach::All,
        socketio::To::Others => Reach::Others,
        socketio::To::Room => Reach::Room,
        socketio::To::RoomAll => Reach::RoomAll,
        socketio::To::Sender => Reach::Sender,
        socketio::To::Nobody => Reach::Nobody,
    };
    let moves = match configured.rooms {
        socketio::Moves::Nothing => Moves::No,
        socketio::Moves::Join => Moves::Join,
        socketio::Moves::Leave => Moves::Leave,
    };
    let emit = Some(configured.emit.clone()).filter(|emit| !emit.is_empty());
    Rule {
        moves,
        reach,
        emit,
        volatile: configured.volatile,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_argument_names_a_room_in_three_ways() {
        let named = |array| named(&Arguments::from_array(array, Vec::new()).unwrap());
        assert_eq!(named(r#"["a","b"]"#).as_deref(), Some("a"));
        assert_eq!(named("[7]").as_deref(), Some("7"));
        assert_eq!(named(r#"[{"room":"a","x":1}]"#).as_deref(), Some("a"));
        for nameless in ["[]", "[null]", "[[\"a\"]]", r#"[{"to":"a"}]"#] {
            assert_eq!(named(nameless), None, "{nameless}");
        }
    }

    #[test]
    fn without_a_configuration_there_is_the_main_namespace_for_people_with_a_token() {
        let namespaces = Namespaces::new(&SocketIo::default());
        let main = namespaces.find("/").unwrap();
        assert!(!main.anonymous && !main.recovers());
        assert!(namespaces.find("/other").is_none());
    }
}
