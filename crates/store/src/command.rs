//! What the writer carries out, and what becomes of it: one variant per durable verb.

use std::sync::Arc;

use base::{Code, Epoch, FileId, PersonId, RoomId, RuleId, Seq, SessionId, TokenId, UnixMs};
use domain::auth::{Invite, Person, Token};
use domain::chat::filter::Rule;
use domain::chat::{Append, Change, Event, File, Member};
use domain::developer;

use crate::audit::AuditEntry;
use crate::call::NoteCall;
use crate::developer::outbox::OutboxCommand;
use crate::fault::Fault;
use crate::invite::AcceptInvite;
use crate::member::{LetSpeak, MarkRead, ReadMark, SetPreferences};
use crate::person::UpdatePerson;
use crate::remembered::Remembered;
use crate::room::{CreateRoom, RoomCreated};
use crate::session::StartSession;
use crate::setting::SetUp;

/// A durable verb. Every one says when it was decided; the store has no clock.
#[derive(Debug, Clone)]
pub enum Command {
    /// Appends to a room's log. Refused with `NotFound` (no such room, no message that stands),
    /// `Forbidden` (not a member), `RoomArchived`, `Conflict` (a file that is not the author's or
    /// was posted before, too many different reactions, a call that goes on already).
    Append(Append),
    /// Makes a room. For direct and group rooms the same set of people gives `Duplicate` with the
    /// room they have. `Conflict`: the id is taken, mint another.
    CreateRoom(Box<CreateRoom>),
    /// Moves a read mark. `Forbidden`: not a member.
    MarkRead(MarkRead),
    /// Changes what a member wants of a room. `Forbidden`: not a member.
    SetPreferences(SetPreferences),
    /// Chooses who speaks on a stage. `NotFound`: not a member.
    LetSpeak(LetSpeak),
    /// Notes that calls go on and who was there. Those that are over are passed over.
    NoteCalls(Vec<NoteCall>),
    /// Opens the place, once: then `SetUpAlready`.
    SetUp(Box<SetUp>),
    /// Lets somebody in. `InviteInvalid`, `NameTaken` (somebody is called so), `Conflict` (the id
    /// or the handle is taken, make another).
    AcceptInvite(Box<AcceptInvite>),
    /// Makes the account that people without one post under. `Duplicate` with the one that is
    /// there; `NameTaken`, `Conflict` (the id is taken, mint another).
    AddVisitor(Box<Person>),
    /// Changes a person. `NotFound`, `NameTaken`, `LastOwner`, `WrongPassword` (for their own new
    /// password: the old one was replaced meanwhile).
    UpdatePerson(Box<UpdatePerson>),
    /// Keeps a new session. `Conflict`: the id is taken, mint another. `WrongPassword`: the
    /// password was replaced since it was verified, or the account locked.
    StartSession(Box<StartSession>),
    /// Ends a session. `NotFound`: the person has no such session.
    EndSession {
        /// Whose.
        person: PersonId,
        /// Which.
        session: SessionId,
    },
    /// Notes that a session was used.
    TouchSession {
        /// Which.
        session: SessionId,
        /// When.
        at: UnixMs,
        /// Until when it now lasts.
        expires_at: UnixMs,
    },
    /// Keeps a new API token. `Conflict`: the id is taken, or the person has too many.
    CreateToken(Box<Token>),
    /// Revokes an API token. `NotFound`: the person has no such token.
    RevokeToken {
        /// Whose.
        person: PersonId,
        /// Which.
        token: TokenId,
    },
    /// Notes that an API token was used.
    TouchToken {
        /// Which.
        token: TokenId,
        /// When.
        at: UnixMs,
    },
    /// Keeps a new invitation. `NotFound` or `RoomArchived` (its room), `Conflict` (the code is
    /// taken), `TooLarge` (the maker has too many open ones).
    CreateInvite(Box<Invite>),
    /// Takes an invitation back. `NotFound`: there is none.
    RevokeInvite {
        /// Which.
        code: String,
    },
    /// Keeps a new file. `Forbidden`: the uploader is no member of the room. `Conflict`: the id is
    /// taken, mint another.
    AddFile(Box<File>),
    /// Forgets a file that was never posted. `NotFound`; `Conflict`: it was posted.
    ForgetFile {
        /// Which.
        file: FileId,
    },
    /// Writes a rule of the word filter, new or changed; what it counted stays. `TooLarge`: there
    /// are too many.
    PutRule(Box<Rule>),
    /// Takes a rule out. `NotFound`: there is none.
    DeleteRule {
        /// Which.
        rule: RuleId,
    },
    /// Adds to what rules have counted.
    CountHits(Vec<(RuleId, u64)>),
    /// Writes a setting, new or changed.
    PutSetting {
        /// Under which key.
        key: String,
        /// Its value.
        value: String,
    },
    /// Calls the place by another name.
    RenamePlace {
        /// The name.
        name: String,
    },
    /// Carries out all of these, in order, or none: a change and the line that notes it. Refused as
    /// the first of them that is.
    Together(Vec<Command>),
    /// Writes to the log of changes; the entry's id is given by the store.
    Audit(Box<AuditEntry>),
    /// Remembers the answer to a request.
    Remember(Box<Remembered>),
    /// Changes what operators keep for developers. `Conflict`: the id is taken, or there are too
    /// many. `NotFound`: there is nothing to take away.
    Developer(Arc<developer::Change>),
    /// Writes to the outbox of webhooks, or takes from it.
    Outbox(Box<OutboxCommand>),
}

/// What a command weighs besides its texts, for the bounds of queues.
const COMMAND_BYTES: usize = 256;

impl Command {
    /// About how many bytes it holds.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let texts = match self {
            Self::Append(append) => change_bytes(&append.change),
            Self::CreateRoom(create) => create.room.topic.len() + create.members.len() * 8,
            Self::PutSetting { key, value } => key.len() + value.len(),
            Self::Audit(entry) => entry.object.len() + entry.detail.len(),
            Self::Remember(remembered) => remembered.body.len(),
            Self::PutRule(rule) => rule.pattern.len() + rule.note.len(),
            Self::CountHits(hits) => hits.len() * 16,
            Self::NoteCalls(notes) => notes
                .iter()
                .map(|note| 32 + note.participants.len() * 8)
                .sum(),
            Self::RenamePlace { name } => name.len(),
            Self::Together(commands) => commands.iter().map(Self::size_bytes).sum(),
            Self::Outbox(command) => command.size_bytes(),
            Self::MarkRead(_)
            | Self::SetPreferences(_)
            | Self::LetSpeak(_)
            | Self::SetUp(_)
            | Self::AcceptInvite(_)
            | Self::AddVisitor(_)
            | Self::UpdatePerson(_)
            | Self::StartSession(_)
            | Self::EndSession { .. }
            | Self::TouchSession { .. }
            | Self::CreateToken(_)
            | Self::RevokeToken { .. }
            | Self::TouchToken { .. }
            | Self::CreateInvite(_)
            | Self::RevokeInvite { .. }
            | Self::AddFile(_)
            | Self::ForgetFile { .. }
            | Self::DeleteRule { .. }
            | Self::Developer(_) => 0,
        };
        COMMAND_BYTES + texts
    }

    /// Whether it takes data away rather than adding any: these go on when the disk is full.
    #[must_use]
    pub fn erases(&self) -> bool {
        match self {
            Self::Append(append) => matches!(append.change, Change::Delete { .. }),
            // What stands beside it only tells of it.
            Self::Together(commands) => commands.first().is_some_and(Self::erases),
            Self::Developer(change) => takes_away(change),
            Self::Outbox(command) => command.erases(),
            Self::EndSession { .. }
            | Self::RevokeToken { .. }
            | Self::RevokeInvite { .. }
            | Self::ForgetFile { .. }
            | Self::DeleteRule { .. } => true,
            Self::CreateRoom(_)
            | Self::MarkRead(_)
            | Self::SetPreferences(_)
            | Self::LetSpeak(_)
            | Self::NoteCalls(_)
            | Self::SetUp(_)
            | Self::AcceptInvite(_)
            | Self::AddVisitor(_)
            | Self::UpdatePerson(_)
            | Self::StartSession(_)
            | Self::TouchSession { .. }
            | Self::CreateToken(_)
            | Self::TouchToken { .. }
            | Self::CreateInvite(_)
            | Self::AddFile(_)
            | Self::PutRule(_)
            | Self::CountHits(_)
            | Self::PutSetting { .. }
            | Self::RenamePlace { .. }
            | Self::Audit(_)
            | Self::Remember(_) => false,
        }
    }

    /// Whether it leaves an older text behind in the write-ahead log.
    pub(crate) fn replaces_text(&self) -> bool {
        if let Self::Together(commands) = self {
            return commands.iter().any(Self::replaces_text);
        }
        let Self::Append(append) = self else {
            return false;
        };
        matches!(append.change, Change::Delete { .. } | Change::Edit { .. })
    }
}

/// Whether a change for developers takes something away.
fn takes_away(change: &developer::Change) -> bool {
    match change {
        developer::Change::RevokeKey(_)
        | developer::Change::RevokeSecret(_)
        | developer::Change::Lift(_)
        | developer::Change::Unrevoke(_)
        | developer::Change::DeleteWebhook(_) => true,
        developer::Change::MakeKey(_)
        | developer::Change::UseKey(..)
        | developer::Change::MakeSecret(_)
        | developer::Change::RotateSecret { .. }
        | developer::Change::Ban(_)
        | developer::Change::Revoke(_)
        | developer::Change::PutWebhook(_) => false,
    }
}

fn change_bytes(change: &Change) -> usize {
    match change {
        Change::Post {
            client_id,
            text,
            files,
            mentions,
            ..
        } => {
            let client_id = client_id.as_ref().map_or(0, String::len);
            client_id + text.len() + (files.len() + mentions.len()) * 8
        }
        Change::Edit { text, mentions, .. } => text.len() + mentions.len() * 8,
        Change::React { emoji, .. } => emoji.len(),
        Change::Add { users } | Change::Remove { users } => users.len() * 8,
        Change::EndCall(ended) => ended.participants.len() * 8,
        Change::Rename { name } => name.len(),
        Change::SetTopic { topic } => topic.len(),
        Change::Delete { .. }
        | Change::Join
        | Change::Leave
        | Change::Archive
        | Change::Unarchive
        | Change::SetSpeakers { .. }
        | Change::StartCall { .. } => 0,
    }
}

/// What became of a command. Durable when it is given out.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was carried out.
    Done(Done),
    /// It had been carried out before: the first result.
    Duplicate(Done),
    /// The rules say no; nothing was written. `ReadOnly`: the disk is full.
    Refused(Code),
    /// The disk or the database failed; whether it was written is unknown.
    Fault(Fault),
}

/// The result of a command.
#[derive(Debug, Clone)]
pub enum Done {
    /// Of an `Append` that had an effect.
    Appended(Appended),
    /// Of a `CreateRoom`.
    RoomCreated(Arc<RoomCreated>),
    /// Of a `SetUp` or an `AcceptInvite`.
    Entered(Arc<Entered>),
    /// Of a `MarkRead`.
    Read(ReadMark),
    /// Of a `SetPreferences`: the membership after it.
    Preferences(Member),
    /// Of an `UpdatePerson` or an `AddVisitor`: the person after it.
    Person(Person),
    /// Of an `EndSession`: which ended.
    Ended(Vec<SessionId>),
    /// Of a `RenamePlace`: the name.
    PlaceRenamed(String),
    /// Of a `Together`: that of each.
    Together(Vec<Done>),
    /// Of a `Developer`: the change that was made.
    Developer(Arc<developer::Change>),
    /// Of an `Outbox`.
    Outbox {
        /// Events that had to be given up for it.
        dropped: u64,
    },
    /// Of the others, and of an `Append` without an effect.
    Nothing,
}

/// An event that was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The room.
    pub room: RoomId,
    /// The history its seq belongs to.
    pub epoch: Epoch,
    /// The room's head after it. For a duplicate, the head at that time.
    pub seq: Seq,
    /// How many messages the room had counted then.
    pub msg_seq: u64,
    /// What stands in the log.
    pub event: Arc<Event>,
    /// For edits, deletions and reactions: their message in its newest state.
    pub target: Option<Arc<Event>>,
    /// For edits that change whom the message mentions: whose mentions now count otherwise.
    pub recounted: Recounted,
}

/// Whose mentions count otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recounted {
    /// Those of these people; mostly nobody's.
    People(Vec<PersonId>),
    /// Those of everybody in the room.
    All,
}

/// Somebody who came into the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// Who.
    pub person: Person,
    /// The room they stand in first.
    pub room: RoomId,
    /// Their coming into rooms, as it stands in the logs.
    pub joined: Vec<Appended>,
    /// Rooms that were made on the way: the lobby.
    pub created: Vec<RoomCreated>,
}
