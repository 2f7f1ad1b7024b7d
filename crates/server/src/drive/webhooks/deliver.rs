//! Tells webhooks what lies in the outbox, each by a task of its own that keeps a place in it.
//!
//! A place moves only behind a 2xx, so everything is told at least once; the next events wait until
//! the last are taken, so everything is told in order. Who takes nothing is tried again after
//! growing pauses, for as long as it takes.

use std::collections::HashMap;
use std::time::Duration;

use base::limits::WEBHOOK_BATCH_EVENTS_MAX;
use store::{Command, OutboxCommand, OutboxCursor, OutboxRow, Store};
use tokio::task::JoinHandle;

use super::request::{self, Tried};
use super::{Manner, Target, Webhooks};
use crate::clock;
use crate::drive::writer::WriterHandle;

/// Events that are read at once; of these at most a batch is sent.
const READ_EVENTS_MAX: usize = 4 * WEBHOOK_BATCH_EVENTS_MAX;
/// The pause after the first failure, in milliseconds; it doubles from there.
const RETRY_MS: u64 = 500;
/// How soon the database is asked again after it failed.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

/// Keeps one task running for each webhook that is on; ends when the handle is gone.
pub(super) async fn run(webhooks: Webhooks, store: Store, writer: WriterHandle) {
    let mut changed = webhooks.0.changed.subscribe();
    let mut telling: HashMap<String, (Target, Task)> = HashMap::new();
    loop {
        changed.mark_unchanged();
        let wanted = webhooks.targets();
        let wanted: Vec<_> = wanted.into_iter().filter(|it| it.webhook.enabled).collect();
        telling.retain(|_, (target, _)| wanted.contains(target));
        for target in wanted {
            if !telling.contains_key(&target.name) {
                let deliverer = Deliverer {
                    webhooks: webhooks.clone(),
                    store: store.clone(),
                    writer: writer.clone(),
                    target: target.clone(),
                };
                let task = Task(tokio::spawn(deliverer.run()));
                telling.insert(target.name.clone(), (target, task));
            }
        }
        if changed.changed().await.is_err() {
            return;
        }
    }
}

/// A task that ends with its handle.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Deliverer {
    webhooks: Webhooks,
    store: Store,
    writer: WriterHandle,
    target: Target,
}

impl Deliverer {
    async fn run(self) {
        let mut news = self.webhooks.0.news.subscribe();
        let mut failures = 0;
        loop {
            news.mark_unchanged();
            match self.store.outbox(&self.target.name, READ_EVENTS_MAX).await {
                Ok(Some((cursor, rows))) if !rows.is_empty() || cursor.lost > 0 => {
                    self.round(cursor, &rows, &mut failures).await;
                }
                Ok(_) => {
                    if news.changed().await.is_err() {
                        return;
                    }
                }
                Err(fault) => {
                    tracing::error!(%fault, "the outbox of webhooks could not be read");
                    tokio::time::sleep(FAULT_PAUSE).await;
                }
            }
        }
    }

    /// Sends what comes next, and moves on or waits.
    async fn round(&self, cursor: OutboxCursor, rows: &[OutboxRow], failures: &mut u32) {
        let hook = &self.target.webhook;
        let wants = |row: &&OutboxRow| {
            let event = &row.event;
            let channel = (!event.channel.is_empty()).then_some(event.channel.as_str());
            hook.wants(event.kind, channel)
        };
        let most = match self.target.manner {
            Manner::Plaza => WEBHOOK_BATCH_EVENTS_MAX,
            Manner::LiveKit(_) => 1,
        };
        let next: Vec<_> = rows.iter().filter(wants).take(most).collect();
        // Behind the last one sent, and behind all that were read when none more is wanted.
        let last = if next.len() == most {
            next.last().copied()
        } else {
            rows.last()
        };
        let position = last.map_or(cursor.position, |row| row.id);
        if next.is_empty() && cursor.lost == 0 {
            return self.move_to(position, 0).await;
        }
        let tried = request::send(&self.webhooks, &self.target, &next, cursor.lost).await;
        if tried.error.is_none() {
            *failures = 0;
            self.took(next.len() as u64, cursor.lost, &tried);
            return self.move_to(position, cursor.lost).await;
        }
        *failures = failures.saturating_add(1);
        let pause_ms = self.pause_ms(*failures);
        self.failed(tried, pause_ms);
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }

    /// Doubles with every failure, up to the operator's limit; half of it is chance, so that many
    /// servers do not come back at once.
    fn pause_ms(&self, failures: u32) -> u64 {
        let doubled = RETRY_MS.saturating_mul(1 << (failures - 1).min(20));
        let pause_ms = doubled.min(self.webhooks.0.options.retry_ms_max).max(2);
        pause_ms / 2 + rand::random::<u64>() % (pause_ms / 2)
    }

    fn took(&self, count: u64, lost: u64, tried: &Tried) {
        metrics::counter!("plaza_webhooks_events_delivered_total").increment(count);
        let mut states = self.webhooks.states();
        let state = states.entry(self.target.name.clone()).or_default();
        if state.failing_since.is_some() {
            tracing::info!(
                url = self.target.webhook.url,
                "a webhook takes events again"
            );
        }
        state.delivered += count;
        state.lost += lost;
        state.failing_since = None;
        state.last_error = None;
        state.next_try_at = None;
        state.last_status = tried.status;
    }

    fn failed(&self, tried: Tried, pause_ms: u64) {
        metrics::counter!("plaza_webhooks_requests_failed_total").increment(1);
        let now = clock::now();
        let mut states = self.webhooks.states();
        let state = states.entry(self.target.name.clone()).or_default();
        if state.failing_since.is_none() {
            let (url, error) = (&self.target.webhook.url, &tried.error);
            tracing::warn!(
                url,
                error,
                "a webhook takes no events; it is tried again and again"
            );
            state.failing_since = Some(now);
        }
        state.last_status = tried.status;
        state.last_error = tried.error;
        state.next_try_at = Some(now.plus_ms(pause_ms));
    }

    /// Writes down how far it has been told. When that fails, it is told again.
    async fn move_to(&self, position: u64, lost: u64) {
        let take = OutboxCommand::Take {
            webhook: self.target.name.clone(),
            position,
            lost,
        };
        let written = match self.writer.submit(Command::Outbox(Box::new(take))) {
            Ok(ticket) => matches!(ticket.await, store::Outcome::Done(_)),
            Err(_) => false,
        };
        if !written {
            tokio::time::sleep(FAULT_PAUSE).await;
        }
    }
}
