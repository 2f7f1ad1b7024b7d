//! The statements that run for every post, every page of history and every start of a client,
//! written by hand. Everything else is built by sea-query beside the noun it reads.
//!
//! Lists are padded to powers of two by repeating their last entry, so that few texts of SQL exist
//! and every one stays prepared. Another database brings its own dialect of this one file.

use base::limits::UNREAD_COUNT_MAX;
use base::{FileId, PersonId, RoomId, Seq};
use sea_orm::{Statement, Value};

use crate::sql::{Bind as _, statement};

/// Rows of one insert at most.
const INSERT_ROWS_MAX: usize = 128;
/// Keys of one look-up; more are asked for in several statements.
pub(crate) const KEYS_PER_STATEMENT: usize = 256;
/// Events looked at to count the unread of one room: whoever is further behind than this through
/// nothing but edits, reactions and their own posts is told what was found so far.
const UNREAD_SCAN_ROWS_MAX: u64 = 10_000;

pub(crate) const EVENT_COLUMNS: &str = "id, room_id, seq, kind, author, at, msg_seq, client_id, \
     text, rev, edited_at, deleted, reply_to, mention_all, target, data";
const EVENT_INSERT: &str = "INSERT INTO event (room_id, seq, kind, author, at, msg_seq, client_id, \
     client_key, text, rev, edited_at, deleted, reply_to, mention_all, target, data)";
const EVENT_INSERT_WIDTH: usize = 16;
/// Edits, deletions and reactions change what stands; they are no lines of their own in a history.
const TIMELINE: &str = "kind NOT IN (1, 2, 3, 4)";

/// `(?,?),(?,?)` for `rows` rows of `width` values.
fn marks(rows: usize, width: usize) -> String {
    let mut row = String::with_capacity(2 * width + 2);
    row.push('(');
    for at in 0..width {
        row.push_str(if at == 0 { "?" } else { ",?" });
    }
    row.push(')');
    let mut all = String::with_capacity(rows * (row.len() + 1));
    for at in 0..rows {
        if at > 0 {
            all.push(',');
        }
        all.push_str(&row);
    }
    all
}

/// `(?,?,?)` for a list.
fn list(length: usize) -> String {
    marks(1, length)
}

/// The values, flat, the last row repeated until their number is a power of two.
fn padded<const N: usize>(rows: &[[Value; N]]) -> (usize, Vec<Value>) {
    let count = rows.len().next_power_of_two();
    let mut values = Vec::with_capacity(count * N);
    for row in rows {
        values.extend(row.iter().cloned());
    }
    if let Some(last) = rows.last() {
        for _ in rows.len()..count {
            values.extend(last.iter().cloned());
        }
    }
    (count, values)
}

/// Statements that together insert all rows. Numbers of rows between powers of two are filled up
/// with rows of nothing, which the statement passes over.
fn inserts<const N: usize>(head: &str, tail: &str, rows: Vec<[Value; N]>) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut values: Vec<Value> = rows.by_ref().take(INSERT_ROWS_MAX).flatten().collect();
        let length = values.len() / N;
        let count = length.next_power_of_two();
        let sql = if count == length {
            format!("{head} VALUES {}{tail}", marks(count, N))
        } else {
            values.resize(count * N, Value::BigInt(None));
            let filled = marks(count, N);
            format!("{head} SELECT * FROM (VALUES {filled}) WHERE column1 IS NOT NULL{tail}")
        };
        statements.push(statement(sql, values));
    }
    statements
}

/// The heads of rooms and whether they take events.
pub(crate) fn heads(rooms: &[RoomId]) -> Statement {
    let rows: Vec<_> = rooms.iter().map(|room| [room.bind()]).collect();
    let (count, values) = padded(&rows);
    let sql = format!(
        "SELECT h.room_id, h.epoch, h.seq, h.msg_seq, h.last_message, \
         r.archived_at IS NOT NULL AS archived, r.kind FROM head h JOIN room r ON r.id = h.room_id \
         WHERE h.room_id IN {}",
        list(count)
    );
    statement(sql, values)
}

/// Which of these pairs are memberships.
pub(crate) fn memberships(pairs: &[(RoomId, PersonId)]) -> Statement {
    let rows: Vec<_> = pairs
        .iter()
        .map(|(room, person)| [room.bind(), person.bind()])
        .collect();
    let (count, values) = padded(&rows);
    let sql = format!(
        "SELECT room_id, person_id FROM member WHERE (room_id, person_id) IN (VALUES {})",
        marks(count, 2)
    );
    statement(sql, values)
}

/// The messages with these client keys.
pub(crate) fn client_keys(keys: &[i64]) -> Statement {
    let rows: Vec<_> = keys.iter().map(|key| [Value::from(*key)]).collect();
    let (count, values) = padded(&rows);
    let sql = format!(
        "SELECT client_key, {EVENT_COLUMNS} FROM event WHERE client_key IN {}",
        list(count)
    );
    statement(sql, values)
}

/// Appends events.
pub(crate) fn insert_events(rows: Vec<[Value; EVENT_INSERT_WIDTH]>) -> Vec<Statement> {
    inserts(EVENT_INSERT, "", rows)
}

/// Writes mentions: room, seq, person, author.
pub(crate) fn insert_mentions(rows: Vec<[Value; 4]>) -> Vec<Statement> {
    const HEAD: &str = "INSERT INTO mention (room_id, seq, person_id, author)";
    inserts(HEAD, " ON CONFLICT DO NOTHING", rows)
}

/// Moves the heads of rooms: room, epoch, seq, msg_seq, last message.
pub(crate) fn put_heads(rows: Vec<[Value; 5]>) -> Vec<Statement> {
    const HEAD: &str = "INSERT INTO head (room_id, epoch, seq, msg_seq, last_message)";
    const TAIL: &str = " ON CONFLICT (room_id) DO UPDATE SET seq = excluded.seq, \
         msg_seq = excluded.msg_seq, last_message = excluded.last_message";
    inserts(HEAD, TAIL, rows)
}

fn keys_of(keys: &[(RoomId, Seq)]) -> (usize, Vec<Value>) {
    let rows: Vec<_> = keys
        .iter()
        .map(|(room, seq)| [room.bind(), seq.bind()])
        .collect();
    padded(&rows)
}

/// The events with these numbers.
pub(crate) fn events_at(keys: &[(RoomId, Seq)]) -> Statement {
    let (count, values) = keys_of(keys);
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM event WHERE (room_id, seq) IN (VALUES {})",
        marks(count, 2)
    );
    statement(sql, values)
}

/// The reactions on these messages, in the order they came.
pub(crate) fn reactions_on(keys: &[(RoomId, Seq)]) -> Statement {
    let (count, values) = keys_of(keys);
    let sql = format!(
        "SELECT room_id, seq, emoji, person_id FROM reaction WHERE (room_id, seq) IN (VALUES {}) \
         ORDER BY at_seq",
        marks(count, 2)
    );
    statement(sql, values)
}

/// Whom these messages mention by name.
pub(crate) fn mentions_in(keys: &[(RoomId, Seq)]) -> Statement {
    let (count, values) = keys_of(keys);
    let sql = format!(
        "SELECT room_id, seq, person_id FROM mention WHERE (room_id, seq) IN (VALUES {}) \
         AND person_id <> 0 ORDER BY person_id",
        marks(count, 2)
    );
    statement(sql, values)
}

/// The files of these messages, in order.
pub(crate) fn files_of(keys: &[(RoomId, Seq)]) -> Statement {
    let (count, values) = keys_of(keys);
    let sql = format!(
        "SELECT id, room_id, uploaded_by, uploaded_at, hash, name, media_type, size_bytes, \
         width_px, height_px, thumb_hash, seq FROM file WHERE (room_id, seq) IN (VALUES {}) \
         ORDER BY position",
        marks(count, 2)
    );
    statement(sql, values)
}

/// Lines of a room's history below a seq, the newest first.
pub(crate) fn timeline_before(room: RoomId, before: Seq, limit: usize) -> Statement {
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM event WHERE room_id = ? AND seq < ? AND {TIMELINE} \
         ORDER BY seq DESC LIMIT ?"
    );
    statement(sql, vec![room.bind(), before.bind(), (limit as u64).bind()])
}

/// Lines of a room's history above a seq, the oldest first.
pub(crate) fn timeline_after(room: RoomId, after: Seq, limit: usize) -> Statement {
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM event WHERE room_id = ? AND seq > ? AND {TIMELINE} \
         ORDER BY seq LIMIT ?"
    );
    statement(sql, vec![room.bind(), after.bind(), (limit as u64).bind()])
}

/// Everything in a room's log above a seq.
pub(crate) fn log_after(room: RoomId, after: Seq, limit: usize) -> Statement {
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM event WHERE room_id = ? AND seq > ? ORDER BY seq LIMIT ?"
    );
    statement(sql, vec![room.bind(), after.bind(), (limit as u64).bind()])
}

/// The newest messages of all rooms.
pub(crate) fn newest_messages(limit: usize) -> Statement {
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM event WHERE kind = 0 AND deleted = 0 ORDER BY id DESC LIMIT ?"
    );
    statement(sql, vec![(limit as u64).bind()])
}

/// Everything committed after a place in the order of all commits.
pub(crate) fn committed_after(id: i64, limit: usize) -> Statement {
    let sql = format!("SELECT {EVENT_COLUMNS} FROM event WHERE id > ? ORDER BY id LIMIT ?");
    statement(sql, vec![id.into(), (limit as u64).bind()])
}

/// How many events of `m`'s room after `m.read_seq` are messages of others that stand.
fn unread() -> String {
    format!(
        "CASE WHEN h.msg_seq <= m.read_msg_seq THEN 0 ELSE (SELECT count(*) FROM (SELECT 1 FROM \
         (SELECT kind, deleted, author FROM event WHERE room_id = m.room_id AND seq > m.read_seq \
         ORDER BY seq LIMIT {UNREAD_SCAN_ROWS_MAX}) \
         WHERE kind = 0 AND deleted = 0 AND author <> m.person_id LIMIT {UNREAD_COUNT_MAX})) END"
    )
}

/// How many messages after `m.read_seq` mention `m`'s person, by name or as one of all.
fn mentions() -> String {
    format!(
        "CASE WHEN h.msg_seq <= m.read_msg_seq THEN 0 ELSE (SELECT count(*) FROM (SELECT DISTINCT \
         seq FROM mention WHERE person_id IN (m.person_id, 0) AND room_id = m.room_id \
         AND seq > m.read_seq AND author <> m.person_id LIMIT {UNREAD_COUNT_MAX})) END"
    )
}

fn room_views(from: &str) -> String {
    format!(
        "SELECT r.id, r.kind, r.name, r.topic, r.created_by, r.created_at, r.archived_at, \
         r.speakers, r.member_count, h.epoch, h.seq, h.msg_seq, h.last_message, \
         m.person_id, m.read_seq, m.pinned, m.notify, \
         CASE WHEN m.person_id IS NULL THEN 0 ELSE {} END AS unread, \
         CASE WHEN m.person_id IS NULL THEN 0 ELSE {} END AS mentions FROM {from}",
        unread(),
        mentions()
    )
}

/// The rooms of a person with what they have not read.
pub(crate) fn rooms_of(person: PersonId) -> Statement {
    let sql = room_views(
        "member m CROSS JOIN room r ON r.id = m.room_id CROSS JOIN head h ON h.room_id = r.id \
         WHERE m.person_id = ? ORDER BY r.id",
    );
    statement(sql, vec![person.bind()])
}

/// Every open room as a person sees it.
pub(crate) fn open_rooms(person: PersonId) -> Statement {
    let sql = room_views(
        "room r JOIN head h ON h.room_id = r.id \
         LEFT JOIN member m ON m.room_id = r.id AND m.person_id = ? \
         WHERE r.kind = 0 ORDER BY r.id",
    );
    statement(sql, vec![person.bind()])
}

/// One room as a person sees it.
pub(crate) fn room_of(room: RoomId, person: PersonId) -> Statement {
    let sql = room_views(
        "room r JOIN head h ON h.room_id = r.id \
         LEFT JOIN member m ON m.room_id = r.id AND m.person_id = ? WHERE r.id = ?",
    );
    statement(sql, vec![person.bind(), room.bind()])
}

/// One room as each of these members sees it.
pub(crate) fn room_of_members(room: RoomId, people: &[PersonId]) -> Statement {
    let rows: Vec<_> = people.iter().map(|person| [person.bind()]).collect();
    let (count, mut values) = padded(&rows);
    let sql = room_views(&format!(
        "room r JOIN head h ON h.room_id = r.id JOIN member m ON m.room_id = r.id \
         AND m.person_id IN {} WHERE r.id = ?",
        list(count)
    ));
    values.push(room.bind());
    statement(sql, values)
}

/// Who is in these rooms.
pub(crate) fn people_in(rooms: &[RoomId]) -> Statement {
    let rows: Vec<_> = rooms.iter().map(|room| [room.bind()]).collect();
    let (count, values) = padded(&rows);
    let sql = format!(
        "SELECT room_id, person_id FROM member WHERE room_id IN {} ORDER BY room_id, person_id",
        list(count)
    );
    statement(sql, values)
}

/// How many files, and of how many bytes, a person uploaded after the file id `after` was made and
/// has not posted. No index knows who uploaded: the time in the id keeps the rows few.
pub(crate) fn unposted(person: PersonId, after: FileId) -> Statement {
    const SQL: &str = "SELECT COUNT(*) AS files, COALESCE(SUM(size_bytes), 0) AS bytes \
         FROM file WHERE id >= ? AND uploaded_by = ? AND seq IS NULL";
    statement(SQL, vec![after.bind(), person.bind()])
}

/// A room and a person's membership in it: the facts for a decision.
pub(crate) fn standing(room: RoomId, person: PersonId) -> Statement {
    const SQL: &str = "SELECT r.id, r.kind, r.name, r.topic, r.created_by, r.created_at, \
         r.archived_at, r.speakers, h.epoch, h.seq, h.msg_seq, m.room_id, m.person_id, \
         m.joined_at, m.read_seq, m.read_msg_seq, m.pinned, m.notify, m.may_speak \
         FROM room r JOIN head h ON h.room_id = r.id \
         LEFT JOIN member m ON m.room_id = r.id AND m.person_id = ? WHERE r.id = ?";
    statement(SQL, vec![person.bind(), room.bind()])
}

#[cfg(test)]
mod tests;
