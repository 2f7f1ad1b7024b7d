//! Writes events into the outbox, in the order they came: what waits goes into one command.

use std::sync::atomic::Ordering;
use std::time::Duration;

use base::Code;
use base::limits::WEBHOOK_RECORD_EVENTS_MAX;
use store::{Command, OutboxCommand, OutboxEvent, Outcome};
use tokio::sync::mpsc;

use super::Webhooks;
use crate::clock;
use crate::drive::writer::{Busy, WriterHandle};

/// How soon a busy writer is asked again.
const RETRY: Duration = Duration::from_millis(100);

/// What became of a command.
enum Written {
    Yes,
    /// The disk takes nothing at the moment.
    No,
    /// The writer has ended.
    Over,
}

/// Ends what other starts left open, then writes until the handle is gone or the writer has ended.
pub(super) async fn run(
    webhooks: Webhooks,
    writer: WriterHandle,
    mut events: mpsc::UnboundedReceiver<OutboxEvent>,
) {
    let options = webhooks.0.options;
    let names = webhooks
        .0
        .configured
        .iter()
        .map(|target| target.name.clone());
    let configure = OutboxCommand::Configure {
        webhooks: names.collect(),
    };
    let expire = OutboxCommand::Expire {
        start_id: options.start_id,
        at: clock::now(),
        events_max: options.events_max,
    };
    for command in [configure, expire] {
        if matches!(write(&writer, command).await, Written::Over) {
            return;
        }
    }
    let mut batch = Vec::new();
    while events
        .recv_many(&mut batch, WEBHOOK_RECORD_EVENTS_MAX)
        .await
        > 0
    {
        let count = batch.len();
        tell_missed(&webhooks, &writer).await;
        let record = OutboxCommand::Record {
            start_id: options.start_id,
            events: std::mem::take(&mut batch),
            events_max: options.events_max,
        };
        match write(&writer, record).await {
            Written::Yes => {}
            Written::No => {
                webhooks.0.missed.fetch_add(count as u64, Ordering::Relaxed);
            }
            Written::Over => return,
        }
        webhooks.0.waiting.fetch_sub(count, Ordering::Relaxed);
        webhooks.0.news.send_modify(|count| *count += 1);
    }
}

/// Writes down how many events were missed, so that every webhook is told.
async fn tell_missed(webhooks: &Webhooks, writer: &WriterHandle) {
    let count = webhooks.0.missed.swap(0, Ordering::Relaxed);
    if count == 0 {
        return;
    }
    tracing::error!(
        count,
        "events for webhooks were lost before they could be written"
    );
    let lose = OutboxCommand::Lose { count };
    if !matches!(write(writer, lose).await, Written::Yes) {
        webhooks.0.missed.fetch_add(count, Ordering::Relaxed);
    }
}

async fn write(writer: &WriterHandle, command: OutboxCommand) -> Written {
    loop {
        let ticket = match writer.submit(Command::Outbox(Box::new(command.clone()))) {
            Ok(ticket) => ticket,
            Err(Busy::Full { .. }) => {
                tokio::time::sleep(RETRY).await;
                continue;
            }
            Err(Busy::ReadOnly) => return Written::No,
            Err(Busy::ShuttingDown) => return Written::Over,
        };
        match ticket.await {
            Outcome::Done(_) | Outcome::Duplicate(_) => return Written::Yes,
            Outcome::Refused(Code::Busy) => tokio::time::sleep(RETRY).await,
            Outcome::Refused(_) => return Written::No,
            Outcome::Fault(fault) => {
                tracing::error!(%fault, "events for webhooks could not be written");
                return Written::No;
            }
        }
    }
}
