//! Reading what is left, over REST.

use serde_json::Value;

use super::{Cast, World};
use crate::client::Failure;
use crate::event::Event;
use crate::history::{Cursor, Entry, Standing};
use crate::people::Person;

const PAGE_EVENTS: u64 = 200;

struct Page {
    head: Cursor,
    events: Vec<Event>,
    has_after: bool,
}

async fn page(person: &Person, room: &str, query: &str) -> Result<Page, Failure> {
    let path = format!("/rooms/{room}/events?limit={PAGE_EVENTS}{query}");
    let answer = person.rest.read(&path).await?;
    let events = answer.get("events").cloned().unwrap_or_default();
    Ok(Page {
        head: Cursor {
            epoch: answer
                .get("epoch")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            seq: answer.get("seq").and_then(Value::as_u64).unwrap_or(0),
        },
        events: serde_json::from_value(events).map_err(Failure::unknown)?,
        has_after: answer
            .get("has_after")
            .and_then(Value::as_bool)
            .unwrap_or(false),
    })
}

/// The head of a room.
pub(super) async fn head(person: &Person, room: &str) -> Result<Cursor, Failure> {
    Ok(page(person, room, "").await?.head)
}

/// Reads the newest page of each room and writes it down, if there is time.
pub(super) async fn pages(world: &World, person: &Person) {
    for room in world.rooms.all() {
        let Ok(Page { head, events, .. }) = page(person, room, "").await else {
            return;
        };
        let room = room.clone();
        world.recorder.record(|at_us| Entry::Page {
            at_us,
            room,
            head,
            events,
        });
    }
}

/// Reads everything back and writes it down.
pub(super) async fn finish(world: &World, cast: &Cast) -> Result<(), Failure> {
    let open = world.open();
    for room in world.rooms.all() {
        let mut events: Vec<Event> = Vec::new();
        let head = loop {
            let after = events.last().map_or(0, |event| event.seq);
            let next = page(&cast.owner, room, &format!("&after={after}")).await?;
            let has_more = next.has_after && !next.events.is_empty();
            events.extend(next.events);
            if !has_more {
                break next.head;
            }
        };
        let mut members = Vec::new();
        for person in cast.everybody() {
            members.extend(standing(person, room).await?);
        }
        let open_streams = open
            .iter()
            .filter(|((_, of), _)| of == room)
            .map(|(_, (stream, _))| *stream)
            .collect();
        let room = room.clone();
        world.recorder.record(|at_us| Entry::Final {
            at_us,
            room,
            head,
            events,
            members,
            open_streams,
        });
    }
    Ok(())
}

/// How somebody stands to a room, none when they are not in it.
async fn standing(person: &Person, room: &str) -> Result<Option<Standing>, Failure> {
    let answer = match person.rest.read(&format!("/rooms/{room}")).await {
        Ok(answer) => answer,
        Err(Failure::Refused { .. }) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let number = |name: &str| {
        answer
            .pointer(&format!("/me/{name}"))
            .and_then(Value::as_u64)
    };
    Ok(number("read_seq").map(|read_seq| Standing {
        person: person.id.clone(),
        read_seq,
        unread: number("unread").unwrap_or(0),
        mentions: number("mentions").unwrap_or(0),
    }))
}
