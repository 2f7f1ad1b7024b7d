//! Looking something up: the newest first, in the rooms that may be read.

use base::limits::SEARCH_HITS_MAX;
use base::{PersonId, RoomId, Seq, UnixMs};
use sqlx::Row as _;

use super::Index;
use super::token::room_token;
use crate::Fault;
use crate::sql::{int, uint};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The words.
    pub text: String,
    /// The rooms that may be searched; nothing outside of them is found.
    pub rooms: Vec<RoomId>,
    /// Only what this person wrote.
    pub from: Option<PersonId>,
    /// Only what was written before.
    pub before: Option<UnixMs>,
    /// Where the page before this one ended.
    pub cursor: Option<u64>,
    /// How many hits at most; never more than [`SEARCH_HITS_MAX`].
    pub limit: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// The messages, the newest first.
    pub hits: Vec<(RoomId, Seq)>,
    /// Where the next page begins, none when this was the last.
    pub next: Option<u64>,
}

const FIND: &str = "SELECT d.id, d.room_id, d.seq FROM word JOIN doc d ON d.id = word.rowid \
     WHERE word MATCH ?1 AND word.rowid < ?2 \
     AND d.room_id IN (SELECT value FROM json_each(?3)) \
     AND (?4 IS NULL OR d.author = ?4) AND (?5 IS NULL OR d.at < ?5) \
     ORDER BY word.rowid DESC LIMIT ?6";

/// So many rooms are asked for inside the index; with more, most of what it finds may be read
/// anyway, and the rooms are compared afterwards only.
const ROOMS_IN_INDEX_MAX: usize = 32;

/// Narrows an expression to rooms. Whether a hit may be read never hangs on this alone: the rooms
/// are compared again with what the hit belongs to.
fn in_rooms(words: &str, rooms: &[RoomId]) -> String {
    if rooms.is_empty() || rooms.len() > ROOMS_IN_INDEX_MAX {
        return format!("tokens : ({words})");
    }
    let rooms: Vec<String> = rooms
        .iter()
        .map(|room| format!("\"{}\"", room_token(*room)))
        .collect();
    format!("(tokens : ({words})) AND (room : ({}))", rooms.join(" OR "))
}

impl Index {
    /// Finds messages that hold every word of a query.
    ///
    /// # Errors
    /// [`Fault`] when the index can not be read.
    pub async fn find(&self, query: &Query) -> Result<Hits, Fault> {
        let Some(words) = self.tokeniser.expression(&query.text) else {
            return Ok(Hits::default());
        };
        let expression = in_rooms(&words, &query.rooms);
        let limit = query.limit.min(SEARCH_HITS_MAX);
        let rooms: Vec<u64> = query.rooms.iter().map(|room| room.0).collect();
        let rows = sqlx::query(FIND)
            .bind(expression)
            .bind(query.cursor.map_or(i64::MAX, int))
            .bind(serde_json::to_string(&rooms)?)
            .bind(query.from.map(|person| int(person.0)))
            .bind(query.before.map(|at| int(at.0)))
            .bind(int(limit as u64 + 1))
            .fetch_all(&self.pool)
            .await?;
        let mut hits = Vec::with_capacity(limit);
        let mut last = None;
        for row in rows.iter().take(limit) {
            last = Some(uint(row.try_get(0)?));
            hits.push((RoomId(uint(row.try_get(1)?)), Seq(uint(row.try_get(2)?))));
        }
        let next = last.filter(|_| rows.len() > limit);
        Ok(Hits { hits, next })
    }
}
