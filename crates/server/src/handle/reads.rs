//! How far somebody has read, and what they want to be told of.

use base::{RoomId, Seq};
use domain::auth::permit::{Actor, Verb};
use domain::chat::Notify;
use domain::chat::read;
use store::{Command, Done, MarkRead, SetPreferences};

use super::{commit, facts, rooms, unexpected};
use crate::app::App;
use crate::problem::{Answer, Problem};
use crate::view::room::{ReadMark, Room, read_mark};

/// Moves the read mark. Marks of several devices merge by the larger one, unless `rewind` says that
/// it goes back on purpose.
///
/// # Errors
/// Those of [`read::read`].
pub async fn mark(
    app: &App,
    actor: Actor,
    room: RoomId,
    (seq, rewind): (Seq, bool),
) -> Answer<ReadMark> {
    let facts = facts(app, actor, room).await?;
    let Some((found, member)) = app.store.standing(room, actor.id).await? else {
        return Err(Problem::not_found());
    };
    let stands = member.map_or(Seq(0), |member| member.read_seq);
    match read::read(facts.standing(), (found.seq, stands), (seq, rewind))? {
        Some(mark) => {
            let command = MarkRead {
                room,
                person: actor.id,
                seq: mark.seq,
                rewind: mark.rewind,
            };
            let Done::Read(mark) = commit(app, Command::MarkRead(command)).await? else {
                return Err(unexpected());
            };
            Ok(read_mark(&mark))
        }
        None => {
            let mark = app.store.read_mark(room, actor.id).await?;
            mark.as_ref().map(read_mark).ok_or_else(Problem::not_found)
        }
    }
}

/// Pins a room, or says what to be told of.
///
/// # Errors
/// `not_found`, `forbidden` for who is not in the room.
pub async fn prefer(
    app: &App,
    actor: Actor,
    room: RoomId,
    (pinned, notify): (Option<bool>, Option<Notify>),
) -> Answer<Room> {
    facts(app, actor, room)
        .await?
        .standing()
        .may(Verb::MarkRead)?;
    if pinned.is_some() || notify.is_some() {
        let command = SetPreferences {
            room,
            person: actor.id,
            pinned,
            notify,
        };
        commit(app, Command::SetPreferences(command)).await?;
    }
    rooms::room(app, actor, room).await
}
