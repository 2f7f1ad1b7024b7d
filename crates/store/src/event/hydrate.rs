//! From rows of the log to events: quotes, files, reactions and mentions joined in a bounded
//! number of statements, however many rows there are.

use std::collections::HashMap;

use base::{PersonId, RoomId, Seq};
use domain::chat::{Event, EventKind, File, Message, Quote, Reaction, Speakers, excerpt};
use sea_orm::Statement;

use super::row::{Kind, Row};
use crate::sql::{Database, Record, column, number};
use crate::{Fault, call, file, hot};

pub(crate) type Key = (RoomId, Seq);

/// Rows found by key, in pieces that a statement holds.
async fn by_keys(
    connection: &impl Database,
    keys: &[Key],
    statement: fn(&[Key]) -> Statement,
) -> Result<Vec<Record>, Fault> {
    let mut rows = Vec::new();
    for keys in keys.chunks(hot::KEYS_PER_STATEMENT) {
        rows.extend(connection.query_all_raw(statement(keys)).await?);
    }
    Ok(rows)
}

fn key_of(row: &Record) -> Result<Key, Fault> {
    Ok((RoomId(number(row, "room_id")?), Seq(number(row, "seq")?)))
}

/// The rows with these keys; gone ones are left out.
pub(crate) async fn rows_at(
    connection: &impl Database,
    keys: &[Key],
) -> Result<HashMap<Key, Row>, Fault> {
    let mut found = HashMap::with_capacity(keys.len());
    for row in by_keys(connection, keys, hot::events_at).await? {
        let row = Row::read(&row)?;
        found.insert((row.room, row.seq), row);
    }
    Ok(found)
}

/// The files of messages, in order.
pub(crate) async fn files_of(
    connection: &impl Database,
    keys: &[Key],
) -> Result<HashMap<Key, Vec<File>>, Fault> {
    let mut found: HashMap<Key, Vec<File>> = HashMap::new();
    for row in by_keys(connection, keys, hot::files_of).await? {
        found
            .entry(key_of(&row)?)
            .or_default()
            .push(file::from_row(&row)?);
    }
    Ok(found)
}

async fn reactions_on(
    connection: &impl Database,
    keys: &[Key],
) -> Result<HashMap<Key, Vec<Reaction>>, Fault> {
    let mut found: HashMap<Key, Vec<Reaction>> = HashMap::new();
    for row in by_keys(connection, keys, hot::reactions_on).await? {
        let emoji: String = column(&row, "emoji")?;
        let user = PersonId(number(&row, "person_id")?);
        let reactions = found.entry(key_of(&row)?).or_default();
        match reactions
            .iter_mut()
            .find(|reaction| reaction.emoji == emoji)
        {
            Some(reaction) => reaction.users.push(user),
            None => reactions.push(Reaction {
                emoji,
                users: vec![user],
            }),
        }
    }
    Ok(found)
}

async fn mentions_in(
    connection: &impl Database,
    keys: &[Key],
) -> Result<HashMap<Key, Vec<PersonId>>, Fault> {
    let mut found: HashMap<Key, Vec<PersonId>> = HashMap::new();
    for row in by_keys(connection, keys, hot::mentions_in).await? {
        found
            .entry(key_of(&row)?)
            .or_default()
            .push(PersonId(number(&row, "person_id")?));
    }
    Ok(found)
}

/// A message in one line: its text, or the name of its first file. A call in one line: how long
/// it was.
pub(crate) fn excerpt_of(row: &Row, files: &HashMap<Key, Vec<File>>) -> String {
    if row.kind == Kind::CallEnded {
        let ended = call::ended(row);
        return ended.map_or_else(
            |_| String::new(),
            |ended| domain::chat::call::excerpt(&ended),
        );
    }
    let text = row.text.as_deref().unwrap_or_default();
    if !text.is_empty() || row.deleted {
        return excerpt::excerpt(text);
    }
    let first = files
        .get(&(row.room, row.seq))
        .and_then(|files| files.first());
    first.map_or_else(String::new, |file| excerpt::excerpt(&file.name))
}

/// What is joined to rows.
#[derive(Default)]
struct Details {
    others: HashMap<Key, Row>,
    files: HashMap<Key, Vec<File>>,
    reactions: HashMap<Key, Vec<Reaction>>,
    mentions: HashMap<Key, Vec<PersonId>>,
}

impl Details {
    async fn load(connection: &impl Database, rows: &[Row]) -> Result<Self, Fault> {
        let mut messages = Vec::new();
        let mut others = Vec::new();
        let mut mentioning = Vec::new();
        for row in rows {
            if row.kind == Kind::Message && !row.deleted {
                messages.push((row.room, row.seq));
                mentioning.push((row.room, row.seq));
            }
            if let (Kind::Edited, Some(target)) = (row.kind, row.target) {
                others.push((row.room, target));
                mentioning.push((row.room, target));
            }
            others.extend(row.reply_to.map(|seq| (row.room, seq)));
        }
        others.sort_unstable();
        others.dedup();
        let mut details = Self::default();
        if !others.is_empty() {
            details.others = rows_at(connection, &others).await?;
        }
        let with_files: Vec<Key> = messages
            .iter()
            .copied()
            .chain(
                details
                    .others
                    .values()
                    .filter(|row| names_a_file(row))
                    .map(|r| (r.room, r.seq)),
            )
            .collect();
        if !with_files.is_empty() {
            details.files = files_of(connection, &with_files).await?;
        }
        if !messages.is_empty() {
            details.reactions = reactions_on(connection, &messages).await?;
        }
        if !mentioning.is_empty() {
            details.mentions = mentions_in(connection, &mentioning).await?;
        }
        Ok(details)
    }

    fn quote(&self, room: RoomId, seq: Seq) -> Option<Quote> {
        let row = self.others.get(&(room, seq))?;
        Some(Quote {
            seq,
            author: row.author,
            excerpt: excerpt_of(row, &self.files),
            deleted: row.deleted,
        })
    }

    fn message(&mut self, row: Row) -> Message {
        let key = (row.room, row.seq);
        Message {
            msg_seq: row.msg_seq,
            client_id: row.client_id,
            text: row.text.unwrap_or_default(),
            rev: row.rev,
            edited_at: row.edited_at,
            deleted: row.deleted,
            reply_to: row.reply_to.and_then(|seq| self.quote(row.room, seq)),
            files: if row.deleted {
                Vec::new()
            } else {
                self.files_for(key)
            },
            reactions: self.reactions.remove(&key).unwrap_or_default(),
            mentions: self.mentions.get(&key).cloned().unwrap_or_default(),
            mention_all: row.mention_all,
        }
    }

    fn files_for(&self, key: Key) -> Vec<File> {
        self.files.get(&key).cloned().unwrap_or_default()
    }

    fn edited(&self, row: &Row, target: Seq) -> EventKind {
        let key = (row.room, target);
        let newest = self.others.get(&key);
        EventKind::Edited {
            target,
            text: newest
                .and_then(|newest| newest.text.clone())
                .unwrap_or_default(),
            rev: newest.map_or(0, |newest| newest.rev),
            edited_at: newest.and_then(|newest| newest.edited_at).unwrap_or(row.at),
            mentions: self.mentions.get(&key).cloned().unwrap_or_default(),
            mention_all: newest.is_some_and(|newest| newest.mention_all),
        }
    }
}

fn names_a_file(row: &Row) -> bool {
    row.kind == Kind::Message && !row.deleted && row.text.as_deref().unwrap_or("").is_empty()
}

fn target_of(row: &Row) -> Result<Seq, Fault> {
    row.target
        .ok_or_else(|| Fault::data(format!("event {} points at nothing", row.seq)))
}

fn users_of(row: &Row) -> Result<Vec<PersonId>, Fault> {
    Ok(serde_json::from_str(row.data.as_deref().unwrap_or("[]"))?)
}

fn data_of(row: &mut Row) -> String {
    row.data.take().unwrap_or_default()
}

/// The events of these rows, each message in its newest state.
pub(crate) async fn events(
    connection: &impl Database,
    rows: Vec<Row>,
) -> Result<Vec<(RoomId, Event)>, Fault> {
    let mut details = Details::load(connection, &rows).await?;
    let mut events = Vec::with_capacity(rows.len());
    for mut row in rows {
        let (room, seq, at, author) = (row.room, row.seq, row.at, row.author);
        let kind = match row.kind {
            Kind::Message => EventKind::Message(Box::new(details.message(row))),
            Kind::Edited => details.edited(&row, target_of(&row)?),
            Kind::Deleted => EventKind::Deleted {
                target: target_of(&row)?,
            },
            Kind::ReactedOn | Kind::ReactedOff => EventKind::Reacted {
                target: target_of(&row)?,
                on: row.kind == Kind::ReactedOn,
                emoji: data_of(&mut row),
            },
            Kind::Created => EventKind::Created,
            Kind::Joined => EventKind::Joined,
            Kind::Left => EventKind::Left,
            Kind::Added => EventKind::Added {
                users: users_of(&row)?,
            },
            Kind::Removed => EventKind::Removed {
                users: users_of(&row)?,
            },
            Kind::Renamed => EventKind::Renamed {
                name: data_of(&mut row),
            },
            Kind::Topic => EventKind::Topic {
                topic: data_of(&mut row),
            },
            Kind::Archived => EventKind::Archived,
            Kind::Unarchived => EventKind::Unarchived,
            Kind::SpeakersEveryone => EventKind::Speakers {
                speakers: Speakers::Everyone,
            },
            Kind::SpeakersChosen => EventKind::Speakers {
                speakers: Speakers::Chosen,
            },
            Kind::CallStarted => EventKind::CallStarted {
                call: call::started(&row)?,
            },
            Kind::CallEnded => EventKind::CallEnded(call::ended(&row)?),
        };
        events.push((
            room,
            Event {
                seq,
                at,
                author,
                kind,
            },
        ));
    }
    Ok(events)
}
