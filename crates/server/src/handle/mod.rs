//! Load, decide, commit: what the house does, one file per noun, the same for every door.
//!
//! A handler reads facts from the store, asks `domain`, hands the decision to the writer and turns
//! the outcome into a view. Publishing follows the commit by itself (`drive/publisher`). Handlers
//! know no HTTP and no wire format; `rest` and `live` call them and nobody else does.

pub mod account;
pub mod admin;
pub mod auth;
pub mod budget;
pub mod calls;
pub mod channels;
pub mod developer;
pub mod files;
pub mod filter;
pub mod invites;
pub mod live;
pub mod members;
pub mod messages;
pub mod namespaces;
pub mod people;
pub mod post_list;
pub mod proxy;
pub mod rates;
pub mod reads;
mod room_log;
pub mod rooms;
pub mod search;
pub mod sessions;
pub mod texts;
pub mod tokens;
pub mod visitor;

use std::sync::Arc;

use base::{Code, PersonId, RoomId, SessionId};
use domain::auth::Person;
use domain::auth::permit::{Actor, Object, Verb, may};
use domain::chat::{Room, Standing};
use store::{AuditEntry, Command, Done, Fault, Outcome};

use crate::app::App;
use crate::drive::roster::{Members, Roster};
use crate::drive::writer::{Busy, Ticket};
use crate::problem::{Answer, Problem};

/// When to try again what is refused for the moment, in milliseconds.
const RETRY_AFTER_MS: u64 = 2_000;

/// Who asks, as far as a handler needs to know.
#[derive(Debug, Clone)]
pub struct Login {
    /// The person.
    pub person: Arc<Person>,
    /// The session they came with; none for an API token.
    pub session: Option<SessionId>,
}

impl Login {
    /// That they came with a session and not with an API token. A token that got into wrong hands
    /// must not make itself more tokens, lock its owner out, or outlive its own end.
    ///
    /// # Errors
    /// `forbidden` for an API token.
    pub fn in_person(&self) -> Answer<()> {
        if self.session.is_some() {
            return Ok(());
        }
        let detail = "An API token cannot do this. Log in with your password instead.";
        Err(Problem::new(Code::Forbidden, detail))
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::from(&*self.person)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::fault(fault)
    }
}

impl From<Busy> for Problem {
    fn from(busy: Busy) -> Self {
        match busy {
            Busy::Full { retry_after_ms } => Self::wait(
                Code::Busy,
                retry_after_ms,
                "The server is busy. Try again shortly.",
            ),
            Busy::ReadOnly | Busy::ShuttingDown => refused(busy.code()),
        }
    }
}

/// What a person is told when the store, looking again inside the transaction, says no.
fn refused(code: Code) -> Problem {
    let detail = match code {
        Code::NotFound => return Problem::not_found(),
        Code::Forbidden => "This is not allowed (any more).",
        Code::Conflict => "Somebody changed this meanwhile. Look at it again.",
        Code::NameTaken => "Somebody has this name already. Choose another one.",
        Code::SetUpAlready => "This place was set up already. Log in instead.",
        Code::InviteInvalid => "This invitation is unknown, over or used up. Ask for a new one.",
        Code::RoomArchived => "This room is archived: it can be read, but not changed.",
        Code::LastOwner => "This is the only owner. Make somebody else an owner first.",
        Code::ReadOnly => "The server's disk is full. Reading works; tell whoever runs it.",
        Code::ShuttingDown => "The server is restarting. Try again in a moment.",
        Code::Busy => "The server is busy. Try again shortly.",
        Code::MethodNotAllowed | Code::MethodNotFound => "This can not be done here.",
        Code::BadRequest
        | Code::Unauthenticated
        | Code::WrongPassword
        | Code::ForeignOrigin
        | Code::TooLarge
        | Code::UnsupportedMedia
        | Code::Empty
        | Code::TooLong
        | Code::WeakPassword
        | Code::BlockedWords
        | Code::HeadersTooLarge
        | Code::RateLimited
        | Code::Fault => "This could not be done.",
    };
    if code.is_temporary() {
        Problem::wait(code, RETRY_AFTER_MS, detail)
    } else {
        Problem::new(code, detail)
    }
}

/// Hands a command to the writer; it has its place in the order when this returns.
fn submit(app: &App, command: Command) -> Answer<Ticket> {
    Ok(app.writer.submit(command)?)
}

/// Waits until a command is durable; also says whether it was done before.
async fn settle(ticket: Ticket) -> Answer<(Done, bool)> {
    match ticket.await {
        Outcome::Done(done) => Ok((done, false)),
        Outcome::Duplicate(done) => Ok((done, true)),
        Outcome::Refused(code) => Err(refused(code)),
        Outcome::Fault(fault) => Err(fault.into()),
    }
}

/// Submits and waits.
async fn commit(app: &App, command: Command) -> Answer<Done> {
    Ok(settle(submit(app, command)?).await?.0)
}

/// Commits a change together with the lines that note it: both stand, or none. Answers what became
/// of the change.
async fn commit_noted(
    app: &App,
    command: Command,
    entries: impl IntoIterator<Item = AuditEntry>,
) -> Answer<Done> {
    let entries = entries
        .into_iter()
        .map(|entry| Command::Audit(Box::new(entry)));
    let commands = std::iter::once(command).chain(entries).collect();
    let Done::Together(done) = commit(app, Command::Together(commands)).await? else {
        return Err(unexpected());
    };
    done.into_iter().next().ok_or_else(unexpected)
}

/// The outcome of a command was of another shape than the command asks for: a bug of ours.
fn unexpected() -> Problem {
    Problem::fault("the store answered a command with an outcome of another kind")
}

/// The facts about one person in one room.
struct Facts {
    actor: Actor,
    room: Room,
    members: Members,
}

impl Facts {
    fn standing(&self) -> Standing<'_> {
        Standing {
            actor: self.actor,
            room: &self.room,
            member: self.members.contains(&self.actor.id),
        }
    }
}

/// How the actor stands in a room, mostly without a read. A room that they may not see is answered
/// like none.
async fn facts(app: &App, actor: Actor, room: RoomId) -> Answer<Facts> {
    let found = app.known.rosters.roster(&app.store, room).await?;
    let Roster { room, members } = found.ok_or_else(Problem::not_found)?;
    let facts = Facts {
        actor,
        room,
        members,
    };
    if facts.standing().may(Verb::SeeRoom).is_err() {
        return Err(Problem::not_found());
    }
    Ok(facts)
}

/// Whether the actor may do this in the whole place.
fn may_in_place(actor: Actor, verb: Verb) -> Answer<()> {
    Ok(may(actor, verb, Object::Place)?)
}

/// Those of the named people who exist.
fn named_people(app: &App, named: &[PersonId]) -> Vec<Person> {
    named
        .iter()
        .filter_map(|id| app.known.directory.person(*id))
        .map(|person| (*person).clone())
        .collect()
}
