//! Everything but posting that appends to a room's log: edits, deletions, reactions, members
//! coming and going, calls, and changes of the room itself.
//!
//! Each verb looks first and writes then, so that a refusal leaves nothing behind.

use std::collections::BTreeSet;

use base::limits::REACTIONS_PER_MESSAGE_MAX;
use base::{CallId, Code, PersonId, Seq, UnixMs};
use domain::chat::{Append, CallEnded, Change, Event, EventKind, OpenCall, Speakers};
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::hydrate;
use super::post::mention_rows;
use super::row::{Kind, Row};
use crate::fault::Stop;
use crate::head::{self, Head};
use crate::sql::{Bind as _, Database as _, column, number};
use crate::table::{Event as T, Mention, Reaction};
use crate::transaction::Transaction;
use crate::{Appended, Done, Fault, Outcome, Recounted, call, file, hot, member, room};

/// What is common to the verbs: the transaction, the room, who and when.
pub(crate) struct Scene<'a> {
    pub(crate) tx: &'a Transaction,
    pub(crate) head: Head,
    pub(crate) author: PersonId,
    pub(crate) at: UnixMs,
}

impl Scene<'_> {
    /// Appends an event that is no message. `data` and `target` are what its kind carries.
    async fn log(
        &mut self,
        kind: Kind,
        target: Option<Seq>,
        data: Option<String>,
    ) -> Result<Seq, Fault> {
        let seq = self.head.append();
        self.write(seq, kind, target, data).await?;
        Ok(seq)
    }

    /// Writes an event that has its seq, and the head behind it.
    async fn write(
        &self,
        seq: Seq,
        kind: Kind,
        target: Option<Seq>,
        data: Option<String>,
    ) -> Result<(), Fault> {
        let mut row = Row::new(self.head.room, seq, kind, self.author, self.at);
        row.msg_seq = self.head.msg_seq;
        row.target = target;
        row.data = data;
        let mut written = hot::insert_events(vec![row.values(None)]);
        written.extend(head::put([self.head]));
        self.tx.together(written)?;
        Ok(())
    }

    fn appended(&self, seq: Seq, kind: EventKind, target: Option<Event>) -> Appended {
        let event = Event {
            seq,
            at: self.at,
            author: self.author,
            kind,
        };
        self.head.appended(event, target)
    }

    /// The message that is to be changed, if it still stands.
    async fn target(&self, seq: Seq) -> Result<Row, Stop> {
        let key = (self.head.room, seq);
        let row = hydrate::rows_at(self.tx, &[key]).await?.remove(&key);
        let row = row.filter(|row| row.kind == Kind::Message && !row.deleted);
        Ok(row.ok_or(Code::NotFound)?)
    }

    /// The message in its newest state, for the answer.
    async fn newest(&self, seq: Seq) -> Result<Event, Fault> {
        let key = (self.head.room, seq);
        let row = hydrate::rows_at(self.tx, &[key]).await?.remove(&key);
        let events = hydrate::events(self.tx, row.into_iter().collect()).await?;
        let event = events.into_iter().next().map(|(_, event)| event);
        event.ok_or_else(|| Fault::data("a message is gone inside its transaction"))
    }

    /// Whom a message mentions; person 0 stands for everybody.
    async fn mentioned(&self, seq: Seq) -> Result<BTreeSet<PersonId>, Fault> {
        let select = Query::select()
            .column(Mention::PersonId)
            .from(Mention::Table)
            .and_where(Expr::col(Mention::RoomId).eq(self.head.room.bind()))
            .and_where(Expr::col(Mention::Seq).eq(seq.bind()))
            .take();
        let rows = self.tx.query_all(&select).await?;
        rows.iter()
            .map(|row| Ok(PersonId(number(row, "person_id")?)))
            .collect()
    }

    async fn forget_mentions(&self, seq: Seq) -> Result<(), Fault> {
        let delete = Query::delete()
            .from_table(Mention::Table)
            .and_where(Expr::col(Mention::RoomId).eq(self.head.room.bind()))
            .and_where(Expr::col(Mention::Seq).eq(seq.bind()))
            .take();
        self.tx.execute(&delete).await?;
        Ok(())
    }

    fn this_event(&self, seq: Seq) -> Expr {
        Expr::col(T::RoomId)
            .eq(self.head.room.bind())
            .and(Expr::col(T::Seq).eq(seq.bind()))
    }

    async fn edit(
        &mut self,
        target: Seq,
        text: &str,
        mentions: &[PersonId],
        mention_all: bool,
    ) -> Result<Done, Stop> {
        let old = self.target(target).await?;
        let rev = old.rev.saturating_add(1);
        let update = Query::update()
            .table(T::Table)
            .value(T::Text, text)
            .value(T::Rev, u64::from(rev).bind())
            .value(T::EditedAt, self.at.bind())
            .value(T::MentionAll, i64::from(mention_all))
            .and_where(self.this_event(target))
            .take();
        self.tx.execute(&update).await?;
        let before = self.mentioned(target).await?;
        self.forget_mentions(target).await?;
        let key = (self.head.room, target);
        for statement in hot::insert_mentions(mention_rows(key, old.author, mentions, mention_all))
        {
            self.tx.execute_raw(statement).await?;
        }
        let seq = self.log(Kind::Edited, Some(target), None).await?;
        let recounted = recounted(&before, &self.mentioned(target).await?);
        let newest = self.newest(target).await?;
        let mentions = if let EventKind::Message(message) = &newest.kind {
            message.mentions.clone()
        } else {
            Vec::new()
        };
        let text = text.to_owned();
        let edited_at = self.at;
        let kind = EventKind::Edited {
            target,
            text,
            rev,
            edited_at,
            mentions,
            mention_all,
        };
        let appended = self.appended(seq, kind, Some(newest));
        Ok(Done::Appended(Appended {
            recounted,
            ..appended
        }))
    }

    async fn delete(&mut self, target: Seq) -> Result<Done, Stop> {
        self.target(target).await?;
        let room = self.head.room;
        let update = Query::update()
            .table(T::Table)
            .value(T::Text, None::<String>)
            .value(T::Deleted, 1i64)
            .value(T::MentionAll, 0i64)
            .and_where(self.this_event(target))
            .take();
        self.tx.execute(&update).await?;
        self.forget_mentions(target).await?;
        let reactions = Query::delete()
            .from_table(Reaction::Table)
            .and_where(Expr::col(Reaction::RoomId).eq(room.bind()))
            .and_where(Expr::col(Reaction::Seq).eq(target.bind()))
            .take();
        self.tx.execute(&reactions).await?;
        file::delete_of(self.tx, room, target).await?;
        if self.head.last_message == target {
            self.head.last_message = head::last_message_before(self.tx, room, target).await?;
        }
        let seq = self.log(Kind::Deleted, Some(target), None).await?;
        let newest = self.newest(target).await?;
        Ok(Done::Appended(self.appended(
            seq,
            EventKind::Deleted { target },
            Some(newest),
        )))
    }

    async fn react(&mut self, target: Seq, emoji: &str, on: bool) -> Result<Done, Stop> {
        self.target(target).await?;
        let room = self.head.room;
        let select = Query::select()
            .columns([Reaction::Emoji, Reaction::PersonId])
            .from(Reaction::Table)
            .and_where(Expr::col(Reaction::RoomId).eq(room.bind()))
            .and_where(Expr::col(Reaction::Seq).eq(target.bind()))
            .take();
        let mut emojis = std::collections::HashSet::new();
        let mut mine = false;
        for row in self.tx.query_all(&select).await? {
            let found: String = column(&row, "emoji")?;
            mine |= found == emoji
                && column::<i64>(&row, "person_id")?.cast_unsigned() == self.author.0;
            emojis.insert(found);
        }
        if mine == on {
            return Ok(Done::Nothing);
        }
        if on && !emojis.contains(emoji) && emojis.len() >= REACTIONS_PER_MESSAGE_MAX {
            return Err(Code::Conflict.into());
        }
        let kind = if on {
            Kind::ReactedOn
        } else {
            Kind::ReactedOff
        };
        let seq = self.log(kind, Some(target), Some(emoji.to_owned())).await?;
        if on {
            let insert = Query::insert()
                .into_table(Reaction::Table)
                .columns([
                    Reaction::RoomId,
                    Reaction::Seq,
                    Reaction::Emoji,
                    Reaction::PersonId,
                    Reaction::AtSeq,
                ])
                .values_panic([
                    room.bind().into(),
                    target.bind().into(),
                    emoji.into(),
                    self.author.bind().into(),
                    seq.bind().into(),
                ])
                .take();
            self.tx.execute(&insert).await?;
        } else {
            let delete = Query::delete()
                .from_table(Reaction::Table)
                .and_where(Expr::col(Reaction::RoomId).eq(room.bind()))
                .and_where(Expr::col(Reaction::Seq).eq(target.bind()))
                .and_where(Expr::col(Reaction::Emoji).eq(emoji))
                .and_where(Expr::col(Reaction::PersonId).eq(self.author.bind()))
                .take();
            self.tx.execute(&delete).await?;
        }
        let newest = self.newest(target).await?;
        let kind = EventKind::Reacted {
            target,
            emoji: emoji.to_owned(),
            on,
        };
        Ok(Done::Appended(self.appended(seq, kind, Some(newest))))
    }

    async fn join(&mut self) -> Result<Done, Stop> {
        let seq = self.log(Kind::Joined, None, None).await?;
        member::insert(self.tx, &self.head, &[self.author], self.at).await?;
        Ok(Done::Appended(self.appended(seq, EventKind::Joined, None)))
    }

    async fn leave(&mut self) -> Result<Done, Stop> {
        let seq = self.log(Kind::Left, None, None).await?;
        member::delete(self.tx, &self.head, &[self.author]).await?;
        Ok(Done::Appended(self.appended(seq, EventKind::Left, None)))
    }

    pub(crate) async fn add(&mut self, users: &[PersonId]) -> Result<Done, Stop> {
        let mut users = distinct(users);
        let there = member::of_room(self.tx, self.head.room, &users).await?;
        users.retain(|user| !there.contains(user));
        if users.is_empty() {
            return Ok(Done::Nothing);
        }
        let seq = self
            .log(Kind::Added, None, Some(serde_json::to_string(&users)?))
            .await?;
        member::insert(self.tx, &self.head, &users, self.at).await?;
        Ok(Done::Appended(self.appended(
            seq,
            EventKind::Added { users },
            None,
        )))
    }

    async fn remove(&mut self, users: &[PersonId]) -> Result<Done, Stop> {
        let mut users = distinct(users);
        let there = member::of_room(self.tx, self.head.room, &users).await?;
        users.retain(|user| there.contains(user));
        if users.is_empty() {
            return Ok(Done::Nothing);
        }
        let seq = self
            .log(Kind::Removed, None, Some(serde_json::to_string(&users)?))
            .await?;
        member::delete(self.tx, &self.head, &users).await?;
        Ok(Done::Appended(self.appended(
            seq,
            EventKind::Removed { users },
            None,
        )))
    }

    async fn rename(&mut self, name: &str) -> Result<Done, Stop> {
        let seq = self.log(Kind::Renamed, None, Some(name.to_owned())).await?;
        room::set_name(self.tx, self.head.room, name).await?;
        Ok(Done::Appended(self.appended(
            seq,
            EventKind::Renamed {
                name: name.to_owned(),
            },
            None,
        )))
    }

    async fn set_topic(&mut self, topic: &str) -> Result<Done, Stop> {
        let seq = self.log(Kind::Topic, None, Some(topic.to_owned())).await?;
        room::set_topic(self.tx, self.head.room, topic).await?;
        Ok(Done::Appended(self.appended(
            seq,
            EventKind::Topic {
                topic: topic.to_owned(),
            },
            None,
        )))
    }

    async fn archive(&mut self) -> Result<Done, Stop> {
        let seq = self.log(Kind::Archived, None, None).await?;
        room::set_archived(self.tx, self.head.room, Some(self.at)).await?;
        Ok(Done::Appended(self.appended(
            seq,
            EventKind::Archived,
            None,
        )))
    }

    async fn unarchive(&mut self) -> Result<Done, Stop> {
        if !self.head.archived {
            return Ok(Done::Nothing);
        }
        let seq = self.log(Kind::Unarchived, None, None).await?;
        room::set_archived(self.tx, self.head.room, None).await?;
        Ok(Done::Appended(self.appended(
            seq,
            EventKind::Unarchived,
            None,
        )))
    }

    async fn set_speakers(&mut self, speakers: Speakers) -> Result<Done, Stop> {
        let kind = match speakers {
            Speakers::Everyone => Kind::SpeakersEveryone,
            Speakers::Chosen => Kind::SpeakersChosen,
        };
        let seq = self.log(kind, None, None).await?;
        room::set_speakers(self.tx, self.head.room, speakers).await?;
        let kind = EventKind::Speakers { speakers };
        Ok(Done::Appended(self.appended(seq, kind, None)))
    }

    async fn start_call(&mut self, id: CallId) -> Result<Done, Stop> {
        if call::open_in(self.tx, self.head.room).await?.is_some() {
            return Err(Code::Conflict.into());
        }
        let data = Some(serde_json::to_string(&id)?);
        let seq = self.log(Kind::CallStarted, None, data).await?;
        let open = OpenCall {
            room: self.head.room,
            call: id,
            started_by: self.author,
            started_at: self.at,
            noted_at: self.at,
            participants: vec![self.author],
        };
        call::insert(self.tx, &open).await?;
        let kind = EventKind::CallStarted { call: id };
        Ok(Done::Appended(self.appended(seq, kind, None)))
    }

    async fn end_call(&mut self, ended: &CallEnded) -> Result<Done, Stop> {
        let open = call::open_in(self.tx, self.head.room).await?;
        if open.is_none_or(|open| open.call != ended.call) {
            return Ok(Done::Nothing);
        }
        call::delete(self.tx, self.head.room).await?;
        let seq = self.head.append_call();
        let data = Some(call::data(ended)?);
        self.write(seq, Kind::CallEnded, None, data).await?;
        let kind = EventKind::CallEnded(ended.clone());
        Ok(Done::Appended(self.appended(seq, kind, None)))
    }

    pub(crate) async fn create(&mut self) -> Result<Appended, Stop> {
        let seq = self.log(Kind::Created, None, None).await?;
        member::insert(self.tx, &self.head, &[self.author], self.at).await?;
        Ok(self.appended(seq, EventKind::Created, None))
    }
}

fn recounted(before: &BTreeSet<PersonId>, now: &BTreeSet<PersonId>) -> Recounted {
    let changed: Vec<PersonId> = before.symmetric_difference(now).copied().collect();
    if changed.contains(&PersonId(0)) {
        Recounted::All
    } else {
        Recounted::People(changed)
    }
}

fn distinct(users: &[PersonId]) -> Vec<PersonId> {
    let mut users = users.to_vec();
    users.sort_unstable();
    users.dedup();
    users
}

/// Carries out any append but a post.
pub(crate) async fn apply(tx: &Transaction, append: &Append) -> Result<Outcome, Stop> {
    let head = head::one(tx, append.room).await?.ok_or(Code::NotFound)?;
    let is_member = member::one(tx, append.room, append.author).await?.is_some();
    // A call ends, whoever left meanwhile and whatever became of the room.
    let ends = matches!(append.change, Change::EndCall(_));
    let joins = matches!(append.change, Change::Join);
    if !is_member && !joins && !ends {
        return Err(Code::Forbidden.into());
    }
    if head.archived && !ends && !matches!(append.change, Change::Unarchive) {
        return Err(Code::RoomArchived.into());
    }
    let mut scene = Scene {
        tx,
        head,
        author: append.author,
        at: append.at,
    };
    let done = match &append.change {
        Change::Post { .. } => return Err(Fault::data("a post is carried out with its run").into()),
        Change::Edit {
            target,
            text,
            mentions,
            mention_all,
        } => scene.edit(*target, text, mentions, *mention_all).await?,
        Change::Delete { target } => scene.delete(*target).await?,
        Change::React { target, emoji, on } => scene.react(*target, emoji, *on).await?,
        Change::Join if is_member => Done::Nothing,
        Change::Join => scene.join().await?,
        Change::Leave => scene.leave().await?,
        Change::Add { users } => scene.add(users).await?,
        Change::Remove { users } => scene.remove(users).await?,
        Change::Rename { name } => scene.rename(name).await?,
        Change::SetTopic { topic } => scene.set_topic(topic).await?,
        Change::Archive => scene.archive().await?,
        Change::Unarchive => scene.unarchive().await?,
        Change::SetSpeakers { speakers } => scene.set_speakers(*speakers).await?,
        Change::StartCall { call } => scene.start_call(*call).await?,
        Change::EndCall(ended) => scene.end_call(ended).await?,
    };
    Ok(Outcome::Done(done))
}

/// Somebody new joins a room as part of coming into the place.
pub(crate) async fn join(
    tx: &Transaction,
    head: Head,
    person: PersonId,
    at: UnixMs,
) -> Result<Appended, Stop> {
    let mut scene = Scene {
        tx,
        head,
        author: person,
        at,
    };
    let Done::Appended(appended) = scene.join().await? else {
        return Err(Fault::data("joining appended nothing").into());
    };
    Ok(appended)
}
