//! How a client builds its copy of a map: the entries page by page, the changes since the first
//! page, and from there on whatever comes.
//!
//! The first page fixes a position. Later pages leave out what changed behind it, since every such
//! change comes with the stream. When the last page is told and few enough changes are left, they
//! come along and the client is live; else it asks for them page by page first. Who comes back
//! with a position begins with the stream. Where a change is no longer kept, the client is told
//! and begins anew.

use base::limits::MAP_PAGE_MAX;
use thiserror::Error;

use super::entry::Entry;
use super::read::StateQuery;
use super::store::{Full, Maps};
use crate::hub::{KeptQuery, Moment, Position, Weigh};

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Entries.
    State,
    /// Changes.
    Stream,
}

/// One question of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask<'a> {
    /// What it asks for.
    pub phase: Phase,
    /// Where its last page ended; empty at the beginning.
    pub cursor: &'a str,
    /// At most so many; 0 for as many as one answer holds.
    pub limit: usize,
    /// The lowest score first.
    pub ascending: bool,
    /// The position of its first page, or the last one that it has. Without an epoch it has none.
    pub offset: u64,
    /// See `offset`.
    pub epoch: &'a str,
    /// How many bytes of payload the answer may hold.
    pub bytes_max: usize,
}

/// The client has to begin anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unrecoverable {
    /// Something between its position and the present is no longer kept.
    #[error("the changes since that position are not there any more")]
    Lost,
    /// There is no room for another map.
    #[error("no room for another map")]
    Full,
}

impl From<Full> for Unrecoverable {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered<P> {
    /// Entries, and the position of the first page. Without a cursor the stream is next.
    State {
        /// The position that holds for all pages.
        position: Position,
        /// The entries.
        entries: Vec<Entry<P>>,
        /// Where the next page begins.
        cursor: Option<String>,
    },
    /// Changes; there are more behind the offset of the last one.
    Stream {
        /// The epoch, and the offset to go on from.
        position: Position,
        /// The changes.
        changes: Vec<(u64, P)>,
    },
    /// The rest: the client has everything up to this position.
    Live {
        /// Where the map stands.
        position: Position,
        /// The last entries.
        entries: Vec<Entry<P>>,
        /// The last changes.
        changes: Vec<(u64, P)>,
    },
}

/// Decides what a client is told next. `admits` leaves out what it does not want to hear of.
///
/// # Errors
/// It has to begin anew.
pub fn answer<P: Clone + Weigh>(
    maps: &mut Maps<P>,
    moment: Moment,
    (channel, ask): (&str, Ask<'_>),
    admits: impl Fn(&P) -> bool,
) -> Result<Answered<P>, Unrecoverable> {
    let limit = match ask.limit {
        0 => MAP_PAGE_MAX,
        limit => limit.min(MAP_PAGE_MAX),
    };
    match ask.phase {
        Phase::State => state(maps, moment, (channel, ask, limit), admits),
        Phase::Stream => {
            let rest = rest(maps, moment, (channel, ask, limit))?;
            Ok(match rest {
                Rest::All(position, changes) => Answered::Live {
                    position,
                    entries: Vec::new(),
                    changes: passing(changes, admits),
                },
                Rest::Part(position, changes) => Answered::Stream {
                    position,
                    changes: passing(changes, admits),
                },
            })
        }
    }
}

fn passing<P>(mut changes: Vec<(u64, P)>, admits: impl Fn(&P) -> bool) -> Vec<(u64, P)> {
    changes.retain(|(_, payload)| admits(payload));
    changes
}

fn state<P: Clone + Weigh>(
    maps: &mut Maps<P>,
    moment: Moment,
    (channel, ask, limit): (&str, Ask<'_>, usize),
    admits: impl Fn(&P) -> bool,
) -> Result<Answered<P>, Unrecoverable> {
    let first = ask.epoch.is_empty();
    let query = StateQuery {
        cursor: ask.cursor,
        limit,
        ascending: ask.ascending,
        not_above: (!first).then_some(ask.offset),
        bytes_max: ask.bytes_max,
    };
    let page = maps.state(moment, (channel, query), &admits)?;
    let from = if first {
        page.position.clone()
    } else {
        Position {
            epoch: ask.epoch.into(),
            top: ask.offset,
        }
    };
    if from.epoch != page.position.epoch {
        return Err(Unrecoverable::Lost);
    }
    let told: usize = page.entries.iter().map(|it| it.payload.bytes()).sum();
    if page.cursor.is_none() {
        let ask = Ask {
            offset: from.top,
            epoch: &from.epoch,
            bytes_max: ask.bytes_max.saturating_sub(told),
            ..ask
        };
        if let Rest::All(position, changes) = rest(maps, moment, (channel, ask, limit))? {
            return Ok(Answered::Live {
                position,
                entries: page.entries,
                changes: passing(changes, admits),
            });
        }
    }
    Ok(Answered::State {
        position: from,
        entries: page.entries,
        cursor: page.cursor,
    })
}

/// The changes behind a position.
enum Rest<P> {
    /// All of them, and where the map stands.
    All(Position, Vec<(u64, P)>),
    /// The first of them, and the position to go on from.
    Part(Position, Vec<(u64, P)>),
}

fn rest<P: Clone + Weigh>(
    maps: &mut Maps<P>,
    moment: Moment,
    (channel, ask, limit): (&str, Ask<'_>, usize),
) -> Result<Rest<P>, Unrecoverable> {
    let query = KeptQuery {
        since: Some(ask.offset),
        limit,
        reverse: false,
    };
    let page = maps.changes(moment, channel, query)?;
    let same = ask.epoch.is_empty() || *ask.epoch == *page.position.epoch;
    if !same || !page.whole {
        return Err(Unrecoverable::Lost);
    }
    let mut changes = page.changes;
    let mut bytes = 0_usize;
    let fitting = changes.iter().take_while(|(_, payload)| {
        bytes = bytes.saturating_add(payload.bytes());
        bytes <= ask.bytes_max
    });
    let fitting = fitting.count();
    changes.truncate(fitting.max(1));
    let reached = changes.last().map_or(ask.offset, |(offset, _)| *offset);
    if reached == page.position.top {
        return Ok(Rest::All(page.position, changes));
    }
    let position = Position {
        epoch: page.position.epoch,
        top: reached,
    };
    Ok(Rest::Part(position, changes))
}
