//! Rooms: list, look at, make, change.

use base::{Code, PersonId, RoomId};
use domain::auth::Role;
use domain::auth::permit::{Actor, Verb};
use domain::chat::create::{self, Create, NewRoom};
use domain::chat::filter::Scope;
use domain::chat::settings::{self, Settings};
use domain::chat::{Room as RoomRecord, RoomKind, Speakers};
use store::{Command, CreateRoom, Done, RoomView};

use super::{commit, facts, filter, named_people, settle, submit, unexpected};
use crate::app::App;
use crate::clock;
use crate::problem::{Answer, Problem};
use crate::view::room::{self, Room};

/// The room that somebody wants.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// open, closed, direct or group.
    #[schema(value_type = String)]
    pub kind: RoomKind,
    /// Its name; not looked at for direct and group rooms.
    #[serde(default)]
    pub name: String,
    /// What it is about.
    #[serde(default)]
    pub topic: String,
    /// Who else is in it from the start.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub members: Vec<PersonId>,
}

/// What somebody changes of a room; what is left out stays.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// The topic.
    #[serde(default)]
    pub topic: Option<String>,
    /// Whether it takes no more events.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Who may speak in its calls: everyone or chosen.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub speakers: Option<Speakers>,
}

fn view(app: &App, record: &RoomView) -> Room {
    room::room(record, app.known.attendance.seen(record.room.id))
}

/// The rooms of the actor, and every open one unless they are a guest.
///
/// # Errors
/// A fault.
pub async fn list(app: &App, actor: Actor) -> Answer<Vec<Room>> {
    let mut records = app.store.rooms_of(actor.id).await?;
    if actor.role > Role::Guest {
        let open = app.store.open_rooms(actor.id).await?;
        records.extend(open.into_iter().filter(|record| record.me.is_none()));
    }
    Ok(records.iter().map(|record| view(app, record)).collect())
}

/// The rooms the actor is in.
///
/// # Errors
/// A fault.
pub async fn mine(app: &App, actor: Actor) -> Answer<Vec<Room>> {
    Ok(app
        .store
        .rooms_of(actor.id)
        .await?
        .iter()
        .map(|record| view(app, record))
        .collect())
}

/// One room as the actor sees it.
///
/// # Errors
/// `not_found` for a room that they may not see.
pub async fn room(app: &App, actor: Actor, room: RoomId) -> Answer<Room> {
    facts(app, actor, room)
        .await?
        .standing()
        .may(Verb::SeeRoom)?;
    let record = app
        .store
        .room_of(room, actor.id)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(view(app, &record))
}

pub(super) fn record(room: &NewRoom) -> RoomRecord {
    RoomRecord {
        id: RoomId(clock::mint()),
        kind: room.kind,
        name: room.name.clone(),
        topic: room.topic.clone(),
        created_by: room.created_by,
        created_at: room.created_at,
        archived_at: None,
        speakers: Speakers::Everyone,
        epoch: base::Epoch(rand::random()),
        seq: base::Seq(0),
        msg_seq: 0,
    }
}

/// Makes a room. A direct or group room of the same people is found again instead.
///
/// # Errors
/// Those of [`create::create`].
pub async fn create(app: &App, actor: Actor, wanted: Wanted) -> Answer<Room> {
    let people = named_people(app, &wanted.members);
    let private = matches!(wanted.kind, RoomKind::Direct | RoomKind::Group);
    if private && wanted.members.iter().any(|id| app.visitors.is(*id)) {
        let detail = "Nobody in particular stands behind this account. Answer in the room instead.";
        return Err(Problem::of(Code::BadRequest, "members", detail));
    }
    let name = filter::check(app, &wanted.name, Scope::Name);
    let topic = filter::check(app, &wanted.topic, Scope::Name);
    let command = Create {
        kind: wanted.kind,
        name: &name,
        topic: &topic,
        members: &wanted.members,
    };
    let new = create::create(clock::now(), actor, &people, command)?;
    let others = new
        .members
        .iter()
        .copied()
        .filter(|id| *id != actor.id)
        .collect();
    let command = CreateRoom {
        room: record(&new),
        members: others,
    };
    let (done, _) = settle(submit(app, Command::CreateRoom(Box::new(command)))?).await?;
    let Done::RoomCreated(created) = done else {
        return Err(unexpected());
    };
    room(app, actor, created.room.id).await
}

/// Renames a room, says what it is about and who may speak in it, puts it into the archive or takes
/// it out.
///
/// # Errors
/// Those of [`settings::change`].
pub async fn change(app: &App, actor: Actor, id: RoomId, change: Change) -> Answer<Room> {
    let facts = facts(app, actor, id).await?;
    let name = change
        .name
        .as_deref()
        .map(|name| filter::check(app, name, Scope::Name));
    let topic = change
        .topic
        .as_deref()
        .map(|topic| filter::check(app, topic, Scope::Name));
    let command = Settings {
        name: name.as_ref(),
        topic: topic.as_ref(),
        archived: change.archived,
        speakers: change.speakers,
    };
    let appends = settings::change(clock::now(), facts.standing(), command)?;
    if !appends.is_empty() {
        let changes = appends.into_iter().map(Command::Append).collect();
        commit(app, Command::Together(changes)).await?;
    }
    room(app, actor, id).await
}
