//! Rooms for doors that know nothing but texts: begin to listen, and say something.
//!
//! Called by [`super::live`] alone. What may be said is decided where every post is.

use std::future::Future;
use std::time::Duration;

use base::{Code, PersonId, RoomId, limits};

use super::messages::Draft;
use super::visitor::{self, Origin};
use crate::app::App;
use crate::door::backend::{Speaker, TextRoom};
use crate::problem::{Answer, Problem};

/// The room as it stands, with its newest texts.
///
/// # Errors
/// `not_found` for one that this person (without one: anybody) may not hear.
pub async fn room(
    app: &App,
    person: Option<PersonId>,
    room: RoomId,
    history: usize,
) -> Answer<TextRoom> {
    visitor::may_hear(app, person, room).await?;
    let history = history.min(limits::PLAIN_HISTORY_MAX);
    let recent = visitor::recent_texts(app, room, history).await?;
    Ok(TextRoom {
        epoch: recent.epoch.to_string(),
        top: recent.seq.0,
        texts: recent.texts.into_iter().map(|(_, text)| text).collect(),
    })
}

/// How long to wait before a post that came too early is tried again.
fn wait(problem: &Problem) -> Option<Duration> {
    let crowded = matches!(problem.code, Code::RateLimited | Code::Busy);
    let wait_ms = problem.retry_after_ms.filter(|_| crowded);
    wait_ms.map(Duration::from_millis)
}

/// Posts. What the sender's budget or a full queue holds back is tried again, so that a burst of
/// texts is slowed down and not torn. The inner future resolves when the post is durable.
///
/// # Errors
/// Those of [`visitor::visitor_post`].
pub async fn say(
    app: &App,
    speaker: Speaker,
    room: RoomId,
    text: String,
) -> Answer<impl Future<Output = Answer<()>> + Send + use<>> {
    let origin = Origin {
        client: Some(speaker.client),
        address: speaker.address,
        person: speaker.person,
    };
    let mut waited = Duration::ZERO;
    loop {
        let draft = Draft {
            text: text.clone(),
            ..Draft::default()
        };
        match visitor::visitor_post(app, origin, room, draft).await {
            Ok(posted) => return Ok(async move { posted.await.map(|_| ()) }),
            Err(problem) => {
                let patient = waited.as_millis() < u128::from(limits::PLAIN_BUDGET_WAIT_MS_MAX);
                let Some(pause) = wait(&problem).filter(|_| patient) else {
                    return Err(problem);
                };
                waited += pause;
                tokio::time::sleep(pause).await;
            }
        }
    }
}
