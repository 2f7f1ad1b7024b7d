//! Doors for people without an account: rooms found by their names, and posts under the one
//! account that the server makes for itself, the visitor.
//!
//! Whoever calls has looked at whether the configuration lets anybody in; that is the permission.
//! Everything else (the word filter, archived rooms, a full disk) is as for everybody, and budgets
//! are spent by address, so that one visitor does not silence the others.

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base::{Code, Epoch, PersonId, RoomId, Seq, limits};
use domain::auth::permit::{Actor, Verb};
use domain::auth::{Person, Role, name, session};
use domain::chat::create::NewRoom;
use domain::chat::{Append, Change, EventKind, RoomKind};
use domain::hub::ClientId;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use store::{Command, CreateRoom, Done, Outcome, UpdatePerson, Window};
use tokio::sync::OnceCell;

use super::budget::Payer;
use super::messages::{self, Draft, Sender};
use super::{account, commit, facts, members, refused, rooms, submit, unexpected};
use crate::app::App;
use crate::clock;
use crate::problem::{Answer, Problem};
use crate::view::event::Posted;

/// Names whose rooms are remembered; past that all are looked up anew.
const NAMES_MAX: usize = 10_000;
/// How often the account looks for another id or handle when somebody was faster.
const TRIES_MAX: usize = 8;
/// What the visitor is called, by the place's language.
const CALLED: [(&str, &str); 2] = [("en", "Visitor"), ("zh", "访客")];

/// How often a second all rooms are looked through for a name that is not remembered: strangers ask
/// for whatever they like.
const SEARCHES_PER_SECOND: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// What is known of the visitor, and which rooms names led to.
#[derive(Debug)]
pub struct Visitors {
    account: OnceCell<PersonId>,
    rooms: Mutex<HashMap<String, RoomId>>,
    searches: DefaultDirectRateLimiter,
}

impl Default for Visitors {
    fn default() -> Self {
        let searches = Quota::per_second(SEARCHES_PER_SECOND);
        Self {
            account: OnceCell::new(),
            rooms: Mutex::default(),
            searches: RateLimiter::direct(searches),
        }
    }
}

/// Who posts, as far as a door knows.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The connection, which is not told of its own post.
    pub client: Option<ClientId>,
    /// From where.
    pub address: IpAddr,
    /// The person whose token came; none for the visitor.
    pub person: Option<PersonId>,
}

/// The newest texts of a room, and where its log stood when they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// The log's epoch.
    pub epoch: Epoch,
    /// Its head.
    pub seq: Seq,
    /// Messages that stand, the newest last.
    pub texts: Vec<(Seq, String)>,
}

impl Visitors {
    fn rooms(&self) -> MutexGuard<'_, HashMap<String, RoomId>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the visitor's account.
    #[must_use]
    pub fn is(&self, person: PersonId) -> bool {
        self.account.get() == Some(&person)
    }
}

/// Knows the visitor again after a restart, and sees to it that the rooms of these names are there.
/// A room that can not be made now is made another time.
pub async fn begin(app: &App, names: impl Iterator<Item = &str>) -> Answer<()> {
    if let Some(id) = app.store.visitor().await? {
        // Set once, here or at the first need.
        let _ = app.visitors.account.set(id);
    }
    for name in names {
        if let Err(problem) = ensure_room(app, name).await {
            problem.log("visitor");
            tracing::warn!(room = name, %problem, "a room of the configuration is not there");
        }
    }
    Ok(())
}

async fn ensure_room(app: &App, wanted: &str) -> Answer<()> {
    if find(app, wanted).await?.is_some() {
        return Ok(());
    }
    let name = name::room_name(wanted)?;
    let visitor = account(app).await?;
    let new = NewRoom {
        kind: RoomKind::Open,
        name,
        topic: String::new(),
        created_by: visitor.id,
        created_at: clock::now(),
        members: vec![visitor.id],
        direct_key: None,
    };
    let room = rooms::record(&new);
    let members = Vec::new();
    let create = CreateRoom { room, members };
    commit(app, Command::CreateRoom(Box::new(create))).await?;
    tracing::info!(room = wanted, "made a room of the configuration");
    Ok(())
}

fn alias(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The open room of this name, those that take events before archived ones, older ones first.
async fn find(app: &App, name: &str) -> Answer<Option<RoomId>> {
    let alias = alias(name);
    let known = app.visitors.rooms().get(&alias).copied();
    if let Some(id) = known
        && let Some(room) = app.store.room(id).await?
    {
        let same = room.kind == RoomKind::Open && self::alias(&room.name) == alias;
        if same && room.archived_at.is_none() {
            return Ok(Some(id));
        }
    }
    if app.visitors.searches.check().is_err() {
        let detail = "Too many are looking for rooms just now. Try again shortly.";
        return Err(Problem::wait(Code::Busy, 1_000, detail));
    }
    let open = app.store.open_room_names().await?;
    let named = |(_, name, _): &&(RoomId, String, bool)| self::alias(name) == alias;
    let found = open.iter().filter(named).min_by_key(|(_, _, takes)| !takes);
    let found = found.map(|(id, _, _)| *id);
    let mut rooms = app.visitors.rooms();
    if rooms.len() >= NAMES_MAX {
        rooms.clear();
    }
    match found {
        Some(id) => rooms.insert(alias, id),
        None => rooms.remove(&alias),
    };
    Ok(found)
}

/// The open room of this name, in whatever case.
///
/// # Errors
/// `not_found`.
pub async fn room_by_alias(app: &App, name: &str) -> Answer<RoomId> {
    find(app, name).await?.ok_or_else(Problem::not_found)
}

/// The room that a door's address names, by name or by id, when this person may see it. Without a
/// person: when it is an open one.
///
/// # Errors
/// `not_found`, `unauthenticated` for a person who is locked.
pub async fn enter(app: &App, room: &str, person: Option<PersonId>) -> Answer<RoomId> {
    let room = match room.parse::<RoomId>() {
        Ok(id) => id,
        Err(_) => room_by_alias(app, room).await?,
    };
    may_hear(app, person, room).await?;
    Ok(room)
}

/// Whether this person may hear the room; without a person, whether it is an open one.
///
/// # Errors
/// `not_found`, `unauthenticated` for a person who is locked.
pub async fn may_hear(app: &App, person: Option<PersonId>, room: RoomId) -> Answer<()> {
    if let Some(person) = person {
        let facts = facts(app, actor(app, person)?, room).await?;
        return Ok(facts.standing().may(Verb::SeeRoom)?);
    }
    let found = app.store.room(room).await?;
    match found.filter(|room| room.kind == RoomKind::Open) {
        Some(_) => Ok(()),
        None => Err(Problem::not_found()),
    }
}

fn actor(app: &App, person: PersonId) -> Answer<Actor> {
    let person = app.known.directory.person(person);
    let person = person.ok_or_else(Problem::unauthenticated)?;
    Ok(session::actor(clock::now(), None, &person)?)
}

/// The visitor, made at the first need.
async fn account(app: &App) -> Answer<Actor> {
    let id = app.visitors.account.get_or_try_init(|| make(app)).await?;
    actor(app, *id).map_err(|_| {
        let detail = "Nobody may post here without an account at present.";
        Problem::new(Code::Forbidden, detail)
    })
}

fn called(locale: &str) -> &'static str {
    let named = CALLED
        .iter()
        .find(|(of, _)| name::locale(locale).ok() == Some(*of));
    named.map_or("Visitor", |(_, called)| called)
}

async fn make(app: &App) -> Answer<PersonId> {
    let locale = app.store.setting("locale").await?;
    let locale = name::locale(locale.as_deref().unwrap_or("en")).unwrap_or("en");
    for number in 1..=TRIES_MAX {
        // Somebody may be called so already.
        let display_name = match number {
            1 => called(locale).to_owned(),
            number => format!("{} {number}", called(locale)),
        };
        let is_taken = |handle: &str| app.known.directory.by_handle(handle).is_some();
        let person = Person {
            id: PersonId(clock::mint()),
            name: name::handle_for("visitor", &is_taken),
            display_name,
            role: Role::Guest,
            avatar: None,
            password_hash: None,
            locale: locale.to_owned(),
            created_at: clock::now(),
            deactivated_at: None,
        };
        match submit(app, Command::AddVisitor(Box::new(person)))?.await {
            Outcome::Done(Done::Person(person)) | Outcome::Duplicate(Done::Person(person)) => {
                return Ok(person.id);
            }
            Outcome::Refused(Code::Conflict | Code::NameTaken) => {}
            Outcome::Refused(code) => return Err(refused(code)),
            Outcome::Fault(fault) => return Err(fault.into()),
            Outcome::Done(_) | Outcome::Duplicate(_) => return Err(unexpected()),
        }
    }
    Err(refused(Code::Conflict))
}

/// Calls the visitor by a name of this language, unless an administrator gave it another one.
///
/// # Errors
/// Those of committing.
pub async fn speak(app: &App, locale: &str) -> Answer<()> {
    let id = app.visitors.account.get();
    let Some(person) = id.and_then(|id| app.known.directory.person(*id)) else {
        return Ok(());
    };
    let ours = CALLED
        .iter()
        .any(|(_, called)| *called == person.display_name);
    if !ours || person.display_name == called(locale) {
        return Ok(());
    }
    let mut update = UpdatePerson::of(person.id, clock::now());
    update.display_name = Some(called(locale).to_owned());
    match account::apply(app, update, None).await {
        Ok(_) => Ok(()),
        // Somebody is called so: the visitor keeps its name.
        Err(problem) if problem.code == Code::NameTaken => Ok(()),
        Err(problem) => Err(problem),
    }
}

/// Brings the author of a first post into the room.
async fn join(app: &App, actor: Actor, room: RoomId) -> Answer<()> {
    if !app.visitors.is(actor.id) {
        members::join(app, actor, room).await?;
        return Ok(());
    }
    // A guest joins nothing by themselves; this one was let in by the configuration.
    let append = Append {
        room,
        author: actor.id,
        at: clock::now(),
        change: Change::Join,
    };
    commit(app, Command::Append(append)).await?;
    Ok(())
}

/// Posts in a room that [`enter`] found, for a person or else for the visitor. The inner future
/// resolves when it is durable, the outer one when it has its place in the order.
///
/// # Errors
/// Those of [`messages::post`].
pub async fn visitor_post(
    app: &App,
    origin: Origin,
    room: RoomId,
    draft: Draft,
) -> Answer<impl Future<Output = Answer<Posted>> + Send + use<>> {
    let (actor, payer) = match origin.person {
        Some(person) => (actor(app, person)?, Payer::Person(person)),
        None => (account(app).await?, Payer::at(origin.address)),
    };
    let members = app.known.rosters.members(&app.store, room).await?;
    if !members.contains(&actor.id) {
        join(app, actor, room).await?;
    }
    let client = origin.client;
    messages::post_from(app, actor, Sender { payer, client }, (room, draft)).await
}

/// The newest texts of a room.
///
/// # Errors
/// `not_found`.
pub async fn recent_texts(app: &App, room: RoomId, limit: usize) -> Answer<Recent> {
    let lines = if limit == 0 {
        0
    } else {
        limits::PAGE_EVENTS_MAX
    };
    let page = app.store.page(room, Window::Newest, lines).await?;
    let page = page.ok_or_else(Problem::not_found)?;
    let texts = page.events.into_iter().rev().filter_map(|event| {
        let EventKind::Message(message) = event.kind else {
            return None;
        };
        let shown = !message.deleted && !message.text.is_empty();
        shown.then_some((event.seq, message.text))
    });
    let mut texts: Vec<_> = texts.take(limit).collect();
    texts.reverse();
    Ok(Recent {
        epoch: page.epoch,
        seq: page.seq,
        texts,
    })
}
