//! What runs behind a server: what follows the log and the calls, and what is done now and then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use store::{Store, search};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::app::Shared;
use crate::auth::throttle::Throttle;
use crate::drive::attendance::Keeper;
use crate::drive::hub::Hub;
use crate::drive::publisher::{Known, Publisher};
use crate::drive::{webhooks, writer};
use crate::handle::developer::inspector::Pulse;
use crate::handle::namespaces::Namespaces;
use crate::{clock, handle};

/// How often what was uploaded and never posted is cleared away.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// How long the search index waits for more when there is something new: what was posted is found
/// after this long.
const INDEX_AFTER: Duration = Duration::from_millis(200);

/// After each step of the index it rests this many times as long as the step took.
const INDEX_RESTS: u32 = 9;

/// When what was deleted is tried again to be cut from the search index's log, because somebody was
/// reading.
const CUT_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// What is done behind each commit.
pub(super) fn publish(
    (hub, known, store): (Hub, Known, Store),
    namespaces: &Arc<Namespaces>,
    something_new: &Arc<Notify>,
) -> impl FnMut(Vec<writer::Committed>) + Send + 'static {
    let listener = namespaces.listener(hub.clone());
    let publisher = Publisher::new(hub, known, store, Arc::clone(something_new));
    let mut publisher = publisher.telling(listener);
    move |all| publisher.committed(all)
}

/// What follows the log and the calls.
pub(super) fn follow(
    app: &Shared,
    telling: webhooks::Beginning,
    (indexer, something_new): (search::Indexer, Arc<Notify>),
) -> Vec<JoinHandle<()>> {
    let mut chores = telling.start(app.store.clone(), app.writer.clone());
    chores.push(tokio::spawn(follow_for_search(indexer, something_new)));
    chores.extend(follow_calls(app));
    chores
}

/// What follows the calls, where there are any.
fn follow_calls(app: &Shared) -> Vec<JoinHandle<()>> {
    let Some(calls) = app.calls.clone() else {
        return Vec::new();
    };
    let telling = app.known.webhooks.clone().follow(calls.follow());
    let events = calls.follow();
    let keeper = Keeper {
        known: app.known.clone(),
        hub: app.hub.clone(),
        store: app.store.clone(),
        writer: app.writer.clone(),
        calls,
    };
    vec![tokio::spawn(keeper.run(events)), tokio::spawn(telling)]
}

/// Keeps the search index up with the log: everything at the start, then whatever is new. It waits
/// for more to come, and while posts come it rests between its steps: they are first, and it stays
/// a little behind. Goes on by itself while deleted text may still lie beside the index.
async fn follow_for_search(mut indexer: search::Indexer, something_new: Arc<Notify>) {
    loop {
        let began = Instant::now();
        match indexer.step().await {
            Ok(0) => tokio::select! {
                () = something_new.notified() => tokio::time::sleep(INDEX_AFTER).await,
                () = tokio::time::sleep(CUT_AGAIN_AFTER), if indexer.holds_old_text() => {}
            },
            Ok(_) if something_new.notified().now_or_never().is_some() => {
                tokio::time::sleep(began.elapsed() * INDEX_RESTS).await;
            }
            Ok(_) => {}
            Err(fault) => {
                tracing::error!(%fault, "the search index could not follow");
                something_new.notified().await;
            }
        }
    }
}

/// What is done every now and then.
pub(super) async fn tidy(app: Shared) {
    let mut forget = tokio::time::interval(Throttle::FORGET_EVERY);
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    let mut pulse = tokio::time::interval(Pulse::EVERY);
    loop {
        tokio::select! {
            _ = forget.tick() => {
                app.throttle.forget_quiet();
                app.budget.forget_quiet();
                app.rates.forget_quiet();
                app.known.developer.forget_ended(clock::now());
            }
            _ = pulse.tick() => app.pulse.beat(Instant::now(), &app.hub.stats()),
            _ = sweep.tick() => match handle::files::sweep(&app).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "files that nobody posted are gone"),
                Err(problem) => problem.log("sweep"),
            },
        }
    }
}
