//! Searching what was said.

use base::Code;
use base::{PersonId, RoomId, UnixMs, limits};
use domain::auth::permit::{Actor, Verb};
use store::search::Query;

use super::facts;
use crate::app::App;
use crate::problem::{Answer, Problem};
use crate::view::event::{Hit, Hits, event};

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The words.
    pub text: String,
    /// Only in this room.
    pub room: Option<RoomId>,
    /// Only by this person.
    pub from: Option<PersonId>,
    /// Only before this time.
    pub before: Option<UnixMs>,
    /// Where the page before ended.
    pub cursor: Option<u64>,
    /// At most so many hits.
    pub limit: Option<usize>,
}

/// Finds messages in the rooms the actor is in, or in one room that they may see, newest first.
///
/// # Errors
/// `not_found` for a room they may not see, `too_long`.
pub async fn search(app: &App, actor: Actor, wanted: Wanted) -> Answer<Hits> {
    if wanted.text.chars().count() > limits::SEARCH_QUERY_CHARS_MAX {
        return Err(Problem::of(Code::TooLong, "q", "Search for fewer words."));
    }
    let rooms = match wanted.room {
        Some(room) => {
            facts(app, actor, room)
                .await?
                .standing()
                .may(Verb::SeeRoom)?;
            vec![room]
        }
        None => app
            .store
            .rooms_of(actor.id)
            .await?
            .iter()
            .map(|view| view.room.id)
            .collect(),
    };
    if wanted.text.trim().is_empty() {
        return Ok(Hits {
            hits: Vec::new(),
            next: None,
        });
    }
    let query = Query {
        text: wanted.text,
        rooms,
        from: wanted.from,
        before: wanted.before,
        cursor: wanted.cursor,
        limit: wanted.limit.unwrap_or(20).clamp(1, limits::SEARCH_HITS_MAX),
    };
    let found = app.search.find(&query).await?;
    let messages = app.store.messages_at(&found.hits).await?;
    let hits = messages.iter().map(|(room, record)| Hit {
        room: *room,
        event: event(record),
    });
    Ok(Hits {
        hits: hits.collect(),
        next: found.next.map(|next| next.to_string()),
    })
}
