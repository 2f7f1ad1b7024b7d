//! The word filter: every text that others will read passes [`check`]; moderators keep the rules.
//!
//! One change of the rules at a time, from reading them to putting them in force: of two changes
//! at once the older set could otherwise be the one that stays. One dry run at a time, because
//! each holds thousands of messages in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use base::{Code, RoomId, RuleId, limits};
use domain::auth::permit::{Actor, Verb};
use domain::chat::filter::draft::{self, Existing};
use domain::chat::filter::{self as rules, Action, Filter, Rule, RuleKind, Scope, Verdict};
use domain::chat::{Event, EventKind};
use store::{AuditEntry, Command};
use tokio::sync::Mutex;

use super::{Login, admin, commit_noted, may_in_place, submit};
use crate::app::App;
use crate::clock;
use crate::problem::{Answer, Problem};
use crate::view::event::event as event_view;
use crate::view::filter::{self as view, DryRun, Rules, Sample, Tried};

/// Samples that a dry run shows.
const SAMPLES_MAX: usize = 50;

/// A rule as a moderator writes it.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// What it looks for.
    pub pattern: String,
    /// keyword or regex.
    #[serde(default = "keyword")]
    #[schema(value_type = String)]
    pub kind: RuleKind,
    /// mask, block or log.
    #[serde(default = "mask")]
    #[schema(value_type = String)]
    pub action: Action,
    /// Whether signs between the characters are passed over.
    #[serde(default)]
    pub ignore_separators: bool,
    /// Whether a Latin word must match as a whole.
    #[serde(default)]
    pub whole_word: bool,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// A note.
    #[serde(default)]
    pub note: String,
}

/// A change of a rule; what is left out stays.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What it looks for.
    #[serde(default)]
    pub pattern: Option<String>,
    /// keyword or regex.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub kind: Option<RuleKind>,
    /// mask, block or log.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub action: Option<Action>,
    /// Whether signs between the characters are passed over.
    #[serde(default)]
    pub ignore_separators: Option<bool>,
    /// Whether a Latin word must match as a whole.
    #[serde(default)]
    pub whole_word: Option<bool>,
    /// Whether it is in force.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// A note.
    #[serde(default)]
    pub note: Option<String>,
}

fn keyword() -> RuleKind {
    RuleKind::Keyword
}

fn mask() -> Action {
    Action::Mask
}

fn yes() -> bool {
    true
}

/// What the filter in force says of a text.
#[must_use]
pub fn check(app: &App, text: &str, scope: Scope) -> Verdict {
    app.filter.in_force.load().check(text, scope)
}

/// Passes a decision on, and notes what the filter found when it mattered: the text was taken, or
/// refused for its words.
pub(super) fn noted<T>(
    app: &App,
    actor: Actor,
    room: RoomId,
    verdict: &Verdict,
    decided: Answer<T>,
) -> Answer<T> {
    let mattered = match &decided {
        Ok(_) => true,
        Err(problem) => problem.code == Code::BlockedWords,
    };
    if !mattered || verdict.hits().is_empty() {
        return decided;
    }
    let mut counts: HashMap<RuleId, u64> = HashMap::new();
    for hit in verdict.hits() {
        *counts.entry(hit.rule).or_default() += 1;
    }
    let mut rules: Vec<RuleId> = counts.keys().copied().collect();
    rules.sort_unstable();
    let rules: Vec<String> = rules.iter().map(RuleId::to_string).collect();
    let entry = AuditEntry {
        id: 0,
        at: clock::now(),
        actor: Some(actor.id),
        action: format!("filter.{}", view::action(verdict.action())),
        object: room.to_string(),
        detail: rules.join(" "),
    };
    let _ = submit(app, Command::CountHits(counts.into_iter().collect()));
    // Both stand before what is appended after them; nobody waits for them here.
    let _ = submit(app, Command::Audit(Box::new(entry)));
    decided
}

/// The filter in force, and whose turn it is to change or to try it.
#[derive(Debug)]
pub struct Desk {
    in_force: ArcSwap<Filter>,
    changes: Mutex<()>,
    dry_runs: Arc<Mutex<()>>,
}

impl Desk {
    /// With a filter that is in force until the first [`reload`].
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self {
            in_force: ArcSwap::from_pointee(filter),
            changes: Mutex::default(),
            dry_runs: Arc::default(),
        }
    }
}

/// Compiles the rules that are in force anew. Heavy, so on a blocking thread. Once the server
/// runs, only for who holds `changes`.
///
/// # Errors
/// A fault.
pub async fn reload(app: &App) -> Answer<()> {
    let filter = compile(app, app.store.rules().await?).await?;
    app.filter.in_force.store(Arc::new(filter));
    Ok(())
}

async fn compile(app: &App, rules: Vec<Rule>) -> Answer<Filter> {
    let normaliser = Arc::clone(&app.normaliser);
    tokio::task::spawn_blocking(move || Filter::compile(normaliser, &rules))
        .await
        .map_err(Problem::fault)?
        .map_err(Problem::from)
}

/// The rules, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn list(app: &App, login: &Login) -> Answer<Rules> {
    may_in_place(login.actor(), Verb::KeepFilter)?;
    let mut rules = app.store.rules().await?;
    rules.sort_unstable_by_key(|rule| std::cmp::Reverse(rule.id));
    Ok(Rules {
        rules: rules.iter().map(view::rule).collect(),
    })
}

impl From<Draft> for rules::Draft {
    fn from(draft: Draft) -> Self {
        Self {
            pattern: draft.pattern,
            kind: draft.kind,
            action: draft.action,
            ignore_separators: draft.ignore_separators,
            whole_word: draft.whole_word,
            enabled: draft.enabled,
            note: draft.note,
        }
    }
}

/// Stores a rule once the whole filter compiles with it, and puts that in force.
async fn put(
    app: &App,
    (login, action): (&Login, &str),
    rule: Rule,
    mut rules: Vec<Rule>,
) -> Answer<view::Rule> {
    rules.retain(|other| other.id != rule.id);
    rules.push(rule.clone());
    compile(app, rules).await?;
    let entry = admin::entry(login, action, rule.id, &rule.pattern);
    commit_noted(app, Command::PutRule(Box::new(rule.clone())), [entry]).await?;
    reload(app).await?;
    Ok(view::rule(&rule))
}

/// Makes a rule.
///
/// # Errors
/// `forbidden`, `bad_request` for a pattern that can not be used.
pub async fn create(app: &App, login: &Login, draft: Draft) -> Answer<view::Rule> {
    may_in_place(login.actor(), Verb::KeepFilter)?;
    let turn = app.filter.changes.lock().await;
    let existing = app.store.rules().await?;
    let new = (RuleId(clock::mint()), draft.into());
    let count = Existing::count(&existing);
    let rule = draft::write(clock::now(), login.actor(), new, count, &app.normaliser)?;
    let made = put(app, (login, "filter.rule.create"), rule, existing).await?;
    drop(turn);
    Ok(made)
}

/// Changes a rule.
///
/// # Errors
/// `forbidden`, `not_found`, `bad_request` for a pattern that can not be used.
pub async fn change(app: &App, login: &Login, id: RuleId, change: Change) -> Answer<view::Rule> {
    may_in_place(login.actor(), Verb::KeepFilter)?;
    let turn = app.filter.changes.lock().await;
    let existing = app.store.rules().await?;
    let found = existing.iter().find(|rule| rule.id == id).cloned();
    let rule = found.ok_or_else(Problem::not_found)?;
    let wanted = rules::Draft {
        pattern: change.pattern.unwrap_or_else(|| rule.pattern.clone()),
        kind: change.kind.unwrap_or(rule.kind),
        action: change.action.unwrap_or(rule.action),
        ignore_separators: change.ignore_separators.unwrap_or(rule.ignore_separators),
        whole_word: change.whole_word.unwrap_or(rule.whole_word),
        enabled: change.enabled.unwrap_or(rule.enabled),
        note: change.note.unwrap_or_else(|| rule.note.clone()),
    };
    let mut others = existing.clone();
    others.retain(|other| other.id != id);
    let count = Existing::count(&others);
    let rule = draft::rewrite(login.actor(), &rule, wanted, count, &app.normaliser)?;
    let changed = put(app, (login, "filter.rule.change"), rule, existing).await?;
    drop(turn);
    Ok(changed)
}

/// Deletes a rule.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn delete(app: &App, login: &Login, id: RuleId) -> Answer<()> {
    may_in_place(login.actor(), Verb::KeepFilter)?;
    let turn = app.filter.changes.lock().await;
    if !app.store.rules().await?.iter().any(|rule| rule.id == id) {
        return Err(Problem::not_found());
    }
    let entry = admin::entry(login, "filter.rule.delete", id, "");
    commit_noted(app, Command::DeleteRule { rule: id }, [entry]).await?;
    reload(app).await?;
    drop(turn);
    Ok(())
}

/// The id under which a draft is compiled; never stored.
const DRAFT: RuleId = RuleId(0);

fn hit(found: &rules::Hit) -> view::Hit {
    let rule = Some(found.rule).filter(|rule| *rule != DRAFT);
    view::Hit {
        rule,
        start: found.start,
        end: found.end,
    }
}

async fn drafted(app: &App, login: &Login, draft: Draft) -> Answer<Filter> {
    let wanted = rules::Draft {
        enabled: true,
        ..draft.into()
    };
    let alone = Existing::default();
    let wanted = (DRAFT, wanted);
    let rule = draft::write(clock::now(), login.actor(), wanted, alone, &app.normaliser)?;
    compile(app, vec![rule]).await
}

/// Says what a draft, or the filter in force, would do to a text.
///
/// # Errors
/// `forbidden`, `bad_request`, `too_long`.
pub async fn try_text(app: &App, login: &Login, text: &str, draft: Option<Draft>) -> Answer<Tried> {
    may_in_place(login.actor(), Verb::KeepFilter)?;
    domain::chat::text::bounded(text)?;
    let verdict = match draft {
        Some(draft) => drafted(app, login, draft)
            .await?
            .check(text, Scope::Message),
        None => check(app, text, Scope::Message),
    };
    Ok(Tried {
        action: view::action(verdict.action()),
        masked: verdict.masked().to_owned(),
        hits: verdict.hits().iter().map(hit).collect(),
    })
}

fn text_of(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Message(message) if !message.deleted => Some(&message.text),
        EventKind::Message(_)
        | EventKind::Edited { .. }
        | EventKind::Deleted { .. }
        | EventKind::Reacted { .. }
        | EventKind::Created
        | EventKind::Joined
        | EventKind::Left
        | EventKind::Added { .. }
        | EventKind::Removed { .. }
        | EventKind::Renamed { .. }
        | EventKind::Topic { .. }
        | EventKind::Archived
        | EventKind::Unarchived
        | EventKind::Speakers { .. }
        | EventKind::CallStarted { .. }
        | EventKind::CallEnded(_) => None,
    }
}

/// Says which of the newest messages a draft would have met. Only messages of rooms that the
/// moderator may see are looked at: a count over the others would tell what is said in them.
/// Nobody is told.
///
/// # Errors
/// `forbidden`, `bad_request`.
pub async fn dry_run(
    app: &App,
    login: &Login,
    draft: Draft,
    limit: Option<usize>,
) -> Answer<DryRun> {
    may_in_place(login.actor(), Verb::KeepFilter)?;
    let filter = drafted(app, login, draft).await?;
    let turn = Arc::clone(&app.filter.dry_runs).lock_owned().await;
    let visible = visible_rooms(app, login.actor()).await?;
    let most = limits::FILTER_DRY_RUN_MESSAGES_MAX;
    let mut messages = app
        .store
        .newest_messages(limit.unwrap_or(most).clamp(1, most))
        .await?;
    messages.retain(|(room, _)| visible.contains(room));
    tokio::task::spawn_blocking(move || {
        // Held until the messages are gone, even when nobody waits for the answer any more.
        let _turn = turn;
        let texts = messages
            .iter()
            .filter_map(|message| text_of(&message.1).map(|text| (message, text)));
        let found = filter.dry_run(texts, SAMPLES_MAX);
        let samples = found
            .samples
            .into_iter()
            .map(|((room, record), found)| Sample {
                room: *room,
                event: event_view(record),
                hits: found.iter().map(hit).collect(),
            });
        DryRun {
            examined: found.examined,
            matched: found.matched,
            samples: samples.collect(),
        }
    })
    .await
    .map_err(Problem::fault)
}

async fn visible_rooms(app: &App, actor: Actor) -> Answer<HashSet<RoomId>> {
    let mine = app.store.rooms_of(actor.id).await?;
    let open = app.store.open_rooms(actor.id).await?;
    Ok(mine.iter().chain(&open).map(|view| view.room.id).collect())
}
