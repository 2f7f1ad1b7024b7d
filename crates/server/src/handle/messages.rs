//! Posting, editing, deleting, reacting, and reading a room's log.

use std::future::Future;

use base::{FileId, RoomId, Seq, limits};
use domain::auth::permit::{Actor, Verb};
use domain::chat::edit::{self, Edit};
use domain::chat::filter::{Scope, Verdict};
use domain::chat::post::{self, Post};
use domain::chat::react::{self, React};
use domain::chat::{Append, EventKind, delete, text};
use domain::hub::ClientId;
use store::{Appended, Command, Done, Window};

use super::budget::Payer;
use super::{Facts, facts, files, filter, settle, submit, unexpected};
use crate::app::App;
use crate::clock;
use crate::drive::writer::Origin;
use crate::problem::{Answer, Problem};
use crate::view;
use crate::view::event::{Event, EventPage, Posted};

/// A post as it comes in.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// The client's own id of the post; a second one with the same returns the first result.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The message it answers.
    #[serde(default)]
    #[schema(value_type = Option<u64>)]
    pub reply_to: Option<Seq>,
    /// Files uploaded before.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub files: Vec<FileId>,
}

/// From where a post comes, besides its author.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// Whose budget it is spent from.
    pub payer: Payer,
    /// The connection that is not told of it, because it relays what it is told.
    pub client: Option<ClientId>,
}

/// Which part of a log is wanted.
#[derive(Debug, Clone, Copy)]
pub struct PageQuery {
    /// Where.
    pub window: Window,
    /// At most so many events.
    pub limit: usize,
}

/// Decides a post and puts it into the writer's queue. The inner future resolves when it is
/// durable, so that posts of one connection keep their order and still share a transaction.
///
/// A post that was taken before under the same client id is answered with its first result, even
/// if the rules would refuse it by now: its author never heard that it stands.
///
/// # Errors
/// Those of [`post::post`], `rate_limited`, `busy`, `read_only`, `shutting_down`.
pub async fn post(
    app: &App,
    actor: Actor,
    room: RoomId,
    draft: Draft,
) -> Answer<impl Future<Output = Answer<Posted>> + Send + 'static> {
    let payer = Payer::Person(actor.id);
    let client = None;
    post_from(app, actor, Sender { payer, client }, (room, draft)).await
}

/// The same, with more said about where it comes from.
///
/// # Errors
/// See [`post`].
pub async fn post_from(
    app: &App,
    actor: Actor,
    sender: Sender,
    (room, draft): (RoomId, Draft),
) -> Answer<impl Future<Output = Answer<Posted>> + Send + use<>> {
    let facts = facts(app, actor, room).await?;
    text::bounded(&draft.text)?;
    app.budget.spend(sender.payer, &draft.text)?;
    let verdict = filter::check(app, &draft.text, Scope::Message);
    let decided = decide(app, &facts, &verdict, &draft).await;
    let taken = match &decided {
        Ok(_) => None,
        Err(_) => posted_before(app, &facts, &draft).await?,
    };
    let first = match taken {
        Some(posted) => Err(posted),
        None => {
            let append = filter::noted(app, actor, room, &verdict, decided)?;
            let origin = sender.client.map(|client| origin(client, &verdict));
            let command = Command::Append(append);
            let ticket = app.writer.submit_from(origin, command)?;
            metrics::counter!("plaza_chat_posts_total").increment(1);
            Ok(ticket)
        }
    };
    Ok(async move {
        let ticket = match first {
            Ok(ticket) => ticket,
            Err(posted) => return Ok(posted),
        };
        let (done, duplicate) = settle(ticket).await?;
        let Done::Appended(appended) = done else {
            return Err(unexpected());
        };
        let event = view::event::event(&appended.event);
        Ok(Posted {
            epoch: appended.epoch,
            event,
            duplicate,
        })
    })
}

/// A relay of texts as they are gives the text that came, unless the word filter changed it.
fn origin(client: ClientId, verdict: &Verdict) -> Origin {
    let kept = verdict.masked() == verdict.original();
    Origin {
        client,
        verbatim: kept.then(|| verdict.original().into()),
    }
}

/// What was stored under the client id of a post that is refused now.
async fn posted_before(app: &App, facts: &Facts, draft: &Draft) -> Answer<Option<Posted>> {
    let Some(client_id) = &draft.client_id else {
        return Ok(None);
    };
    let author = (facts.room.id, facts.actor.id);
    let found = app.store.posted(author, client_id).await?;
    Ok(found.map(|(epoch, event)| Posted {
        epoch,
        event: view::event::event(&event),
        duplicate: true,
    }))
}

async fn decide(app: &App, facts: &Facts, verdict: &Verdict, draft: &Draft) -> Answer<Append> {
    let room = facts.room.id;
    let answered = match draft.reply_to {
        Some(seq) => app.store.message(room, seq).await?,
        None => None,
    };
    let mut files = Vec::new();
    for id in draft.files.iter().take(limits::FILES_PER_MESSAGE_MAX + 1) {
        files.extend(app.store.file(*id).await?);
    }
    with_roster(app, facts, |roster| {
        let known = post::Facts {
            standing: facts.standing(),
            answered: answered.as_ref(),
            files: &files,
            roster,
        };
        let command = Post {
            text: verdict,
            client_id: draft.client_id.as_deref(),
            reply_to: draft.reply_to,
            files: &draft.files,
        };
        post::post(clock::now(), known, command).map_err(Problem::from)
    })
}

/// Runs a decision that looks up mentioned members.
fn with_roster<T>(
    app: &App,
    facts: &Facts,
    decide: impl FnOnce(domain::chat::Roster<'_>) -> Answer<T>,
) -> Answer<T> {
    let lookup = |handle: &str| {
        let person = app.known.directory.by_handle(handle);
        person.filter(|person| facts.members.contains(person))
    };
    decide(&lookup)
}

/// The message an append was about, in its newest state.
async fn newest(app: &App, room: RoomId, target: Seq) -> Answer<Event> {
    let record = app
        .store
        .message(room, target)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(view::event::event(&record))
}

async fn append(app: &App, append: Append) -> Answer<Option<Appended>> {
    let (done, _) = settle(submit(app, Command::Append(append))?).await?;
    match done {
        Done::Appended(appended) => Ok(Some(appended)),
        Done::Nothing => Ok(None),
        Done::RoomCreated(_)
        | Done::Entered(_)
        | Done::Read(_)
        | Done::Preferences(_)
        | Done::Person(_)
        | Done::Developer(_)
        | Done::Outbox { .. }
        | Done::Ended(_)
        | Done::PlaceRenamed(_)
        | Done::Together(_) => Err(unexpected()),
    }
}

/// Gives a message a new text.
///
/// # Errors
/// Those of [`edit::edit`], `rate_limited`.
pub async fn edit(
    app: &App,
    actor: Actor,
    (room, target): (RoomId, Seq),
    new_text: &str,
) -> Answer<Event> {
    let facts = facts(app, actor, room).await?;
    text::bounded(new_text)?;
    app.budget.spend(Payer::Person(actor.id), new_text)?;
    let verdict: Verdict = filter::check(app, new_text, Scope::Message);
    let found = app.store.message(room, target).await?;
    let decided = with_roster(app, &facts, |roster| {
        let known = edit::Facts {
            standing: facts.standing(),
            target: found.as_ref(),
            roster,
        };
        let command = Edit {
            target,
            text: &verdict,
        };
        edit::edit(clock::now(), known, command).map_err(Problem::from)
    });
    let decided = filter::noted(app, actor, room, &verdict, decided)?;
    let Some(change) = decided else {
        return newest(app, room, target).await;
    };
    match append(app, change)
        .await?
        .and_then(|appended| appended.target)
    {
        Some(event) => Ok(view::event::event(&event)),
        None => newest(app, room, target).await,
    }
}

/// Takes a message away; its place stays. The bytes of its files that nothing else names go, too.
///
/// # Errors
/// Those of [`delete::delete`].
pub async fn delete(app: &App, actor: Actor, room: RoomId, target: Seq) -> Answer<()> {
    let facts = facts(app, actor, room).await?;
    let found = app.store.message(room, target).await?;
    let decided = delete::delete(clock::now(), facts.standing(), target, found.as_ref())?;
    if let Some(change) = decided {
        append(app, change).await?;
        files::clear_soon(app, found.iter().flat_map(blobs)).await;
    }
    Ok(())
}

/// The blobs that a message names: its files and their thumbnails.
fn blobs(event: &domain::chat::Event) -> Vec<String> {
    let EventKind::Message(message) = &event.kind else {
        return Vec::new();
    };
    let files = message.files.iter();
    files
        .flat_map(|file| [Some(&file.hash), file.thumb_hash.as_ref()])
        .flatten()
        .cloned()
        .collect()
}

/// Puts a reaction on a message or takes it off.
///
/// # Errors
/// Those of [`react::react`].
pub async fn react(app: &App, actor: Actor, room: RoomId, reaction: React<'_>) -> Answer<()> {
    let facts = facts(app, actor, room).await?;
    let found = app.store.message(room, reaction.target).await?;
    let decided = react::react(clock::now(), facts.standing(), found.as_ref(), reaction)?;
    if let Some(change) = decided {
        append(app, change).await?;
    }
    Ok(())
}

/// Reads a page of a room's log.
///
/// # Errors
/// `not_found` for a room that one may not see.
pub async fn page(app: &App, actor: Actor, room: RoomId, query: PageQuery) -> Answer<EventPage> {
    facts(app, actor, room)
        .await?
        .standing()
        .may(Verb::SeeRoom)?;
    let limit = query.limit.clamp(1, limits::PAGE_EVENTS_MAX);
    let page = app
        .store
        .page(room, query.window, limit)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(EventPage {
        epoch: page.epoch,
        seq: page.seq,
        events: page.events.iter().map(view::event::event).collect(),
        has_before: page.has_before,
        has_after: page.has_after,
    })
}
