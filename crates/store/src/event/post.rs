//! Posting: what runs ten thousand times a second. A run of posts is looked up together, decided
//! in memory, and written together; one post is a run of one.

use std::collections::{HashMap, HashSet};

use base::{Code, Epoch, FileId, PersonId, RoomId, Seq, UnixMs};
use domain::chat::{Append, Change, Event, EventKind, File, Message, Quote};
use sea_orm::{Statement, TransactionTrait as _};

use super::hydrate::{self, Key};
use super::row::{Kind, Row, client_key};
use crate::head::{self, Head};
use crate::sql::{Bind as _, Database as _, Record, column};
use crate::transaction::Transaction;
use crate::{Appended, Done, Fault, Outcome, Store, file, hot, member};

/// A post taken out of its `Append`.
#[derive(Clone, Copy)]
pub(crate) struct Post<'a> {
    room: RoomId,
    author: PersonId,
    at: UnixMs,
    client_id: Option<&'a str>,
    text: &'a str,
    reply_to: Option<Seq>,
    files: &'a [FileId],
    mentions: &'a [PersonId],
    mention_all: bool,
}

impl<'a> Post<'a> {
    pub(crate) fn of(append: &'a Append) -> Option<Self> {
        let Change::Post {
            client_id,
            text,
            reply_to,
            files,
            mentions,
            mention_all,
        } = &append.change
        else {
            return None;
        };
        Some(Self {
            room: append.room,
            author: append.author,
            at: append.at,
            client_id: client_id.as_deref(),
            text,
            reply_to: *reply_to,
            files,
            mentions,
            mention_all: *mention_all,
        })
    }

    fn client_key(&self) -> Option<i64> {
        self.client_id
            .map(|client_id| client_key(self.room, self.author, client_id))
    }

    fn is(&self, row: &Row) -> bool {
        row.room == self.room
            && row.author == self.author
            && row.client_id.as_deref() == self.client_id
    }
}

/// What the database knows about a run of posts.
struct Facts {
    heads: HashMap<RoomId, Head>,
    members: HashSet<(RoomId, PersonId)>,
    earlier: HashMap<i64, Row>,
    quoted: HashMap<Key, Row>,
    quoted_files: HashMap<Key, Vec<File>>,
    files: HashMap<FileId, File>,
}

fn distinct<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

fn read_earlier(rows: impl IntoIterator<Item = Record>) -> Result<HashMap<i64, Row>, Fault> {
    let read = |row| Ok((column::<i64>(&row, "client_key")?, Row::read(&row)?));
    rows.into_iter().map(read).collect()
}

/// A statement for each piece of the keys that one holds.
fn in_pieces<K>(keys: &[K], statement: impl Fn(&[K]) -> Statement) -> Vec<Statement> {
    keys.chunks(hot::KEYS_PER_STATEMENT)
        .map(statement)
        .collect()
}

impl Facts {
    async fn load(tx: &Transaction, posts: &[Post<'_>]) -> Result<Self, Fault> {
        let quotes = distinct(
            posts
                .iter()
                .filter_map(|post| post.reply_to.map(|seq| (post.room, seq))),
        );
        let quoted = if quotes.is_empty() {
            HashMap::new()
        } else {
            hydrate::rows_at(tx, &quotes).await?
        };
        let quoted_files = if quotes.is_empty() {
            HashMap::new()
        } else {
            hydrate::files_of(tx, &quotes).await?
        };
        let mut files = HashMap::new();
        for id in posts.iter().flat_map(|post| post.files) {
            if let Some((file, None)) = file::with_seq(tx, *id).await? {
                files.insert(*id, file);
            }
        }
        let rooms = distinct(posts.iter().map(|post| post.room));
        let pairs = distinct(posts.iter().map(|post| (post.room, post.author)));
        let keys = distinct(posts.iter().filter_map(Post::client_key));
        let heads: Vec<_> = in_pieces(&rooms, hot::heads);
        let members: Vec<_> = in_pieces(&pairs, hot::memberships);
        let earlier: Vec<_> = in_pieces(&keys, hot::client_keys);
        let pieces = [heads.len(), members.len()];
        let asked = [heads, members, earlier].concat();
        let mut found = tx.together(asked)?.into_iter();
        Ok(Self {
            heads: head::read_all(found.by_ref().take(pieces[0]).flatten())?,
            members: member::read_pairs(found.by_ref().take(pieces[1]).flatten())?,
            earlier: read_earlier(found.flatten())?,
            quoted,
            quoted_files,
            files,
        })
    }

    fn quote(&self, post: &Post<'_>) -> Result<Option<Quote>, Code> {
        let Some(seq) = post.reply_to else {
            return Ok(None);
        };
        let key = (post.room, seq);
        let row = self
            .quoted
            .get(&key)
            .filter(|row| row.kind == Kind::Message);
        let row = row.ok_or(Code::NotFound)?;
        Ok(Some(Quote {
            seq,
            author: row.author,
            excerpt: hydrate::excerpt_of(row, &self.quoted_files),
            deleted: row.deleted,
        }))
    }

    /// The files of a post, each once and taken out so that the next post can not have it too.
    fn take_files(&mut self, post: &Post<'_>) -> Result<Vec<File>, Code> {
        let fits = |file: &File| file.room == post.room && file.uploaded_by == post.author;
        let all_fit = post
            .files
            .iter()
            .all(|id| self.files.get(id).is_some_and(fits));
        if !all_fit || distinct(post.files.iter()).len() != post.files.len() {
            return Err(Code::Conflict);
        }
        Ok(post
            .files
            .iter()
            .filter_map(|id| self.files.remove(id))
            .collect())
    }
}

/// What a run of posts writes.
#[derive(Default)]
struct Written {
    events: Vec<[sea_orm::Value; 16]>,
    mentions: Vec<[sea_orm::Value; 4]>,
    files: Vec<(Vec<FileId>, Seq)>,
    keys: HashMap<i64, usize>,
    rooms: HashSet<RoomId>,
}

/// What became of one post, before duplicates are read back.
enum Decided {
    Outcome(Outcome),
    /// The same as a row of an earlier transaction.
    Stored(Box<Row>),
    /// The same as a post of this run.
    SameAs(usize),
}

impl Written {
    /// Decides about one post and, when it stands, notes what it writes.
    fn decide(&mut self, index: usize, post: &Post<'_>, facts: &mut Facts) -> Decided {
        let key = post.client_key();
        let row = key.and_then(|key| facts.earlier.get(&key));
        if let Some(row) = row.filter(|row| post.is(row)) {
            return Decided::Stored(Box::new(row.clone()));
        }
        let clash = row.is_some();
        let first = key.and_then(|key| self.keys.get(&key)).copied();
        match self.post(post, key.filter(|_| !clash && first.is_none()), facts) {
            Ok(appended) => {
                if let (Some(key), None) = (key, first) {
                    self.keys.insert(key, index);
                }
                Decided::Outcome(Outcome::Done(Done::Appended(appended)))
            }
            Err(code) => Decided::Outcome(Outcome::Refused(code)),
        }
    }

    fn post(
        &mut self,
        post: &Post<'_>,
        client_key: Option<i64>,
        facts: &mut Facts,
    ) -> Result<Appended, Code> {
        let head = *facts.heads.get(&post.room).ok_or(Code::NotFound)?;
        if !facts.members.contains(&(post.room, post.author)) {
            return Err(Code::Forbidden);
        }
        if head.archived {
            return Err(Code::RoomArchived);
        }
        let reply_to = facts.quote(post)?;
        let files = facts.take_files(post)?;
        let head = facts.heads.entry(post.room).or_insert(head);
        let seq = head.append_message();
        self.rooms.insert(post.room);
        self.note(post, seq, client_key, head.msg_seq);
        let message = Message {
            msg_seq: head.msg_seq,
            client_id: post.client_id.map(str::to_owned),
            text: post.text.to_owned(),
            reply_to,
            files,
            mentions: distinct(post.mentions.iter().copied()),
            mention_all: post.mention_all,
            ..Message::default()
        };
        let kind = EventKind::Message(Box::new(message));
        let event = Event {
            seq,
            at: post.at,
            author: post.author,
            kind,
        };
        Ok(head.appended(event, None))
    }

    fn note(&mut self, post: &Post<'_>, seq: Seq, client_key: Option<i64>, msg_seq: u64) {
        let mut row = Row::new(post.room, seq, Kind::Message, post.author, post.at);
        row.msg_seq = msg_seq;
        row.client_id = post.client_id.map(str::to_owned);
        row.text = Some(post.text.to_owned());
        row.reply_to = post.reply_to;
        row.mention_all = post.mention_all;
        self.events.push(row.values(client_key));
        self.mentions.extend(mention_rows(
            (post.room, seq),
            post.author,
            post.mentions,
            post.mention_all,
        ));
        if !post.files.is_empty() {
            self.files.push((post.files.to_vec(), seq));
        }
    }

    async fn write(self, tx: &Transaction, facts: &Facts) -> Result<(), Fault> {
        for (files, seq) in &self.files {
            file::attach(tx, files, *seq).await?;
        }
        let moved = self
            .rooms
            .iter()
            .filter_map(|room| facts.heads.get(room))
            .copied();
        let mut written = hot::insert_events(self.events);
        written.extend(hot::insert_mentions(self.mentions));
        written.extend(head::put(moved));
        tx.together(written)?;
        Ok(())
    }
}

/// The rows that remember whom a message mentions; person 0 stands for everybody.
pub(crate) fn mention_rows(
    (room, seq): Key,
    author: PersonId,
    mentions: &[PersonId],
    mention_all: bool,
) -> Vec<[sea_orm::Value; 4]> {
    let all = mention_all.then_some(PersonId(0));
    let row = |person: PersonId| [room.bind(), seq.bind(), person.bind(), author.bind()];
    mentions.iter().copied().chain(all).map(row).collect()
}

/// Carries out a run of posts, in order. The answer has as many outcomes as there are posts.
pub(crate) async fn many(tx: &Transaction, posts: &[Post<'_>]) -> Result<Vec<Outcome>, Fault> {
    let mut facts = Facts::load(tx, posts).await?;
    let mut written = Written::default();
    let mut decided = Vec::with_capacity(posts.len());
    for (index, post) in posts.iter().enumerate() {
        let same = post
            .client_key()
            .and_then(|key| written.keys.get(&key))
            .copied();
        let same = same.filter(|&first| posts.get(first).is_some_and(|other| other.same_as(post)));
        decided.push(match same {
            Some(first) => Decided::SameAs(first),
            None => written.decide(index, post, &mut facts),
        });
    }
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(decided.len());
    for decision in decided {
        let outcome = match decision {
            Decided::Outcome(outcome) => outcome,
            Decided::SameAs(first) => as_duplicate(outcomes.get(first))?,
            Decided::Stored(row) => {
                let head = facts.heads.get(&row.room).copied();
                let head = head.ok_or_else(|| Fault::data("a message without a room"))?;
                duplicate(tx, head, *row).await?
            }
        };
        outcomes.push(outcome);
    }
    if !written.events.is_empty() {
        written.write(tx, &facts).await?;
    }
    Ok(outcomes)
}

impl Post<'_> {
    fn same_as(&self, other: &Self) -> bool {
        self.room == other.room && self.author == other.author && self.client_id == other.client_id
    }
}

fn as_duplicate(first: Option<&Outcome>) -> Result<Outcome, Fault> {
    match first {
        Some(Outcome::Done(done) | Outcome::Duplicate(done)) => {
            Ok(Outcome::Duplicate(done.clone()))
        }
        Some(other @ (Outcome::Refused(_) | Outcome::Fault(_))) => Ok(other.clone()),
        None => Err(Fault::data("a duplicate before its first")),
    }
}

/// The first result of a post that comes again: the message in its newest state.
async fn duplicate(tx: &Transaction, head: Head, row: Row) -> Result<Outcome, Fault> {
    let event = hydrate::events(tx, vec![row])
        .await?
        .pop()
        .map(|(_, event)| event);
    let event = event.ok_or_else(|| Fault::data("a message that can not be read"))?;
    Ok(Outcome::Duplicate(Done::Appended(
        head.appended(event, None),
    )))
}

impl Store {
    /// The message that a client posted under this id, in its newest state; none when there is
    /// none. For a post that comes again after the rules changed: what was acknowledged, or would
    /// have been, stays acknowledged.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn posted(
        &self,
        (room, author): (RoomId, PersonId),
        client_id: &str,
    ) -> Result<Option<(Epoch, Event)>, Fault> {
        let tx = self.readers.begin().await?;
        let key = client_key(room, author, client_id);
        let found = tx.query_one_raw(hot::client_keys(&[key])).await?;
        let row = found.as_ref().map(Row::read).transpose()?;
        let same = |row: &Row| {
            (row.room, row.author, row.client_id.as_deref()) == (room, author, Some(client_id))
        };
        let (Some(row), Some(head)) = (row.filter(same), head::one(&tx, room).await?) else {
            return Ok(None);
        };
        let event = hydrate::events(&tx, vec![row]).await?.pop();
        Ok(event.map(|(_, event)| (head.epoch, event)))
    }
}
