//! The word filter.

use axum::extract::State;
use base::RuleId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::extract::{Input, Segments, Signed};
use super::{Done, Reply, done, reply};
use crate::app::Shared;
use crate::handle::filter::{self, Change, Draft};
use crate::problem::ProblemBody;
use crate::view::filter::{DryRun, Rule, Rules, Tried};

/// A text to try.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Try {
    /// The text.
    text: String,
    /// A draft; without one, all enabled rules.
    #[serde(default)]
    rule: Option<Draft>,
}

/// A draft to run over what was said.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The draft.
    rule: Draft,
    /// At most so many messages, the newest first.
    #[serde(default)]
    limit: Option<usize>,
}

/// The rules of the word filter.
#[utoipa::path(get, path = "/filter/rules", tag = "filter",
    responses((status = 200, body = Rules), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Shared>, Signed(login): Signed) -> Reply<Rules> {
    reply(filter::list(&app, &login).await?)
}

/// Make a rule.
#[utoipa::path(post, path = "/filter/rules", tag = "filter", request_body = Draft,
    responses((status = 200, body = Rule), (status = "default", body = ProblemBody)))]
pub async fn create(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(draft): Input<Draft>,
) -> Reply<Rule> {
    reply(filter::create(&app, &login, draft).await?)
}

/// Change a rule.
#[utoipa::path(patch, path = "/filter/rules/{id}", tag = "filter", request_body = Change,
    params(("id" = String, Path, description = "the rule")),
    responses((status = 200, body = Rule), (status = "default", body = ProblemBody)))]
pub async fn change(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RuleId>,
    Input(change): Input<Change>,
) -> Reply<Rule> {
    reply(filter::change(&app, &login, id, change).await?)
}

/// Delete a rule.
#[utoipa::path(delete, path = "/filter/rules/{id}", tag = "filter",
    params(("id" = String, Path, description = "the rule")),
    responses((status = 200, body = Done), (status = "default", body = ProblemBody)))]
pub async fn delete(
    State(app): State<Shared>,
    Signed(login): Signed,
    Segments(id): Segments<RuleId>,
) -> Reply<Done> {
    filter::delete(&app, &login, id).await?;
    done()
}

/// What a draft, or the filter in force, would do to a text.
#[utoipa::path(post, path = "/filter/try", tag = "filter", request_body = Try,
    responses((status = 200, body = Tried), (status = "default", body = ProblemBody)))]
pub async fn try_text(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<Try>,
) -> Reply<Tried> {
    reply(filter::try_text(&app, &login, &wanted.text, wanted.rule).await?)
}

/// Which of the newest messages a draft would have met. Nobody is told.
#[utoipa::path(post, path = "/filter/dry-run", tag = "filter", request_body = Run,
    responses((status = 200, body = DryRun), (status = "default", body = ProblemBody)))]
pub async fn dry_run(
    State(app): State<Shared>,
    Signed(login): Signed,
    Input(wanted): Input<Run>,
) -> Reply<DryRun> {
    reply(filter::dry_run(&app, &login, wanted.rule, wanted.limit).await?)
}
