//! Webhooks: what happens to connections, and in calls, goes to an app's backend, in order and at
//! least once.
//!
//! Three steps, each with a bound. [`Webhooks::note`] takes an event from a shard, never waits, and
//! costs one look at a flag while nobody wants any. [`record`] writes what came, in order, into the
//! outbox on disk. [`deliver`] tells each webhook by itself from there: a dead one holds up nobody.
//! What does not fit is counted, logged and told to the webhook; nothing is dropped in silence.

mod deliver;
mod livekit;
mod record;
mod request;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::limits::WEBHOOK_WAITING_EVENTS_MAX;
use base::{UnixMs, WebhookId};
use domain::call::CallEvent;
use domain::developer::{EventKind, EventKinds, Webhook};
use sha2::{Digest, Sha256};
use store::{CONFIGURED, OutboxEvent, Store};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use super::developer::DeveloperBoard;
use super::writer::WriterHandle;
use crate::auth::access_token::AccessKeys;
use crate::config;
use crate::net::outbound::{Outbound, Reach};

pub use request::Tried;

/// How webhooks are told.
#[derive(Debug, Clone, Copy)]
struct Options {
    /// Where those of the admin page may lead.
    reach: Reach,
    timeout: Duration,
    retry_ms_max: u64,
    events_max: u64,
    /// This start of the server.
    start_id: u64,
}

/// In which words a webhook is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manner {
    /// Ours: several events at once, signed by the webhook's own secret.
    Plaza,
    /// LiveKit's: one event at a time, signed by a token of this key.
    LiveKit(Arc<str>),
}

/// A webhook, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What its place in the outbox is called; its id for one of the admin page.
    pub name: String,
    /// The webhook.
    pub webhook: Arc<Webhook>,
    /// Where it may lead.
    pub reach: Reach,
    /// How it is told.
    pub manner: Manner,
}

/// How a webhook is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Events it took since the start.
    pub delivered: u64,
    /// Events that were given up and it was told of, since the start.
    pub lost: u64,
    /// Since when it takes nothing.
    pub failing_since: Option<UnixMs>,
    /// Why, the last time.
    pub last_error: Option<String>,
    /// The status of its last answer.
    pub last_status: Option<u16>,
    /// When it is tried again.
    pub next_try_at: Option<UnixMs>,
}

#[derive(Debug)]
struct Inner {
    board: DeveloperBoard,
    /// Those of the configuration file.
    configured: Vec<Target>,
    options: Options,
    outbound: Outbound,
    access_keys: Arc<AccessKeys>,
    events: mpsc::UnboundedSender<OutboxEvent>,
    /// Events on their way to the disk.
    waiting: AtomicUsize,
    /// Whether anybody wants to hear of anything.
    wanted: AtomicBool,
    /// Events that did not even come so far since the last that did.
    missed: AtomicU64,
    /// Events given up since the start, for all webhooks together.
    dropped: AtomicU64,
    /// Counts commits that may be news for a webhook.
    news: watch::Sender<u64>,
    /// Counts changes to the webhooks themselves.
    changed: watch::Sender<u64>,
    states: Mutex<HashMap<String, State>>,
}

/// The handle; clones share everything.
#[derive(Debug, Clone)]
pub struct Webhooks(Arc<Inner>);

/// What runs behind the handle, before it runs.
#[derive(Debug)]
pub struct Beginning {
    webhooks: Webhooks,
    events: mpsc::UnboundedReceiver<OutboxEvent>,
}

/// The webhooks of the configuration file. Their names follow their addresses, so that each keeps
/// its place in the outbox when others come and go.
fn configured(config: &config::Webhooks) -> Vec<Target> {
    let target = |endpoint: &config::webhooks::Endpoint| Target {
        name: format!("{CONFIGURED}{}", short_hash(&endpoint.url)),
        webhook: Arc::new(Webhook {
            id: WebhookId(0),
            name: endpoint.url.clone(),
            url: endpoint.url.clone(),
            secret: endpoint.secret.as_str().into(),
            events: EventKinds::of_names(&endpoint.events).unwrap_or_default(),
            channels: endpoint.channels.clone(),
            enabled: true,
            created_at: UnixMs(0),
            created_by: None,
        }),
        reach: Reach::Anywhere,
        manner: Manner::Plaza,
    };
    config.endpoints.iter().map(target).collect()
}

/// Those of the configuration file that are told of calls as LiveKit tells it.
fn configured_livekit(config: &config::LiveKit) -> Vec<Target> {
    let Some(key) = config.signing_key() else {
        return Vec::new();
    };
    let target = |url: &String| Target {
        name: format!("{CONFIGURED}livekit:{}", short_hash(url)),
        webhook: Arc::new(Webhook {
            id: WebhookId(0),
            name: url.clone(),
            url: url.clone(),
            secret: "".into(),
            events: EventKinds::CALLS,
            channels: Vec::new(),
            enabled: true,
            created_at: UnixMs(0),
            created_by: None,
        }),
        reach: Reach::Anywhere,
        manner: Manner::LiveKit(key.into()),
    };
    config.webhook_urls.iter().map(target).collect()
}

fn short_hash(url: &str) -> String {
    let hash = Sha256::digest(url.as_bytes());
    let bytes = hash.iter().take(8);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

impl Webhooks {
    /// The handle, and what is to be started behind it.
    #[must_use]
    pub fn new(
        (config, livekit): (&config::Webhooks, &config::LiveKit),
        access_keys: Arc<AccessKeys>,
        board: DeveloperBoard,
        outbound: Outbound,
    ) -> (Self, Beginning) {
        let (sender, events) = mpsc::unbounded_channel();
        let reach = if config.allow_private {
            Reach::Anywhere
        } else {
            Reach::Public
        };
        let mut configured = configured(config);
        configured.extend(configured_livekit(livekit));
        let inner = Inner {
            board,
            configured,
            access_keys,
            options: Options {
                reach,
                timeout: Duration::from_millis(config.timeout_ms),
                retry_ms_max: config.retry_ms_max,
                events_max: config.outbox_events_max,
                // Below 2^53, as every number in the database.
                start_id: rand::random::<u64>() >> 11,
            },
            outbound,
            events: sender,
            waiting: AtomicUsize::new(0),
            wanted: AtomicBool::new(false),
            missed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            news: watch::Sender::new(0),
            changed: watch::Sender::new(0),
            states: Mutex::default(),
        };
        let webhooks = Self(Arc::new(inner));
        webhooks.look_again();
        let beginning = Beginning {
            webhooks: webhooks.clone(),
            events,
        };
        (webhooks, beginning)
    }

    /// Every webhook there is, those of the file first.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let mut all = self.0.configured.clone();
        let reach = self.0.options.reach;
        self.0.board.read(|board| {
            all.extend(board.webhooks().map(|webhook| Target {
                name: webhook.id.to_string(),
                webhook: Arc::clone(webhook),
                reach,
                manner: Manner::Plaza,
            }));
        });
        all
    }

    /// Whether anybody wants to hear of anything.
    #[must_use]
    pub fn is_watching(&self) -> bool {
        self.0.wanted.load(Ordering::Relaxed)
    }

    /// Where webhooks of the admin page may lead.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.0.options.reach
    }

    /// How many events the outbox holds at most.
    #[must_use]
    pub fn events_max(&self) -> u64 {
        self.0.options.events_max
    }

    /// Events given up since the start.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// How a webhook is doing.
    #[must_use]
    pub fn state(&self, name: &str) -> State {
        self.states().get(name).cloned().unwrap_or_default()
    }

    /// Sends a word of our own now, past the outbox.
    pub async fn test(&self, target: &Target) -> Tried {
        request::test(self, target).await
    }

    /// Something happened to a connection. `event` is made only if somebody wants to hear of it, or
    /// of its counterpart. Never waits; called by the shards.
    pub fn note(
        &self,
        kind: EventKind,
        channel: Option<&str>,
        event: impl FnOnce() -> OutboxEvent,
    ) {
        if !self.is_watching() || !self.concerns(kind, channel) {
            return;
        }
        if self.0.waiting.fetch_add(1, Ordering::Relaxed) >= WEBHOOK_WAITING_EVENTS_MAX {
            self.0.waiting.fetch_sub(1, Ordering::Relaxed);
            self.0.missed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // Nobody listens only after the end.
        let _ = self.0.events.send(event());
    }

    /// Whether the event or its counterpart is wanted: whoever is told of an end only is told of it
    /// after a crash too, so beginnings are kept for them.
    fn concerns(&self, kind: EventKind, channel: Option<&str>) -> bool {
        let pair = match kind {
            EventKind::Connect | EventKind::Disconnect => {
                [EventKind::Connect, EventKind::Disconnect]
            }
            EventKind::Join | EventKind::Leave => [EventKind::Join, EventKind::Leave],
            EventKind::Call => [EventKind::Call, EventKind::Call],
        };
        pair.into_iter().any(|kind| {
            let wants = |target: &Target| target.webhook.wants(kind, channel);
            self.0.configured.iter().any(wants)
                || self.0.board.read(|board| board.is_wanted(kind, channel))
        })
    }

    /// Tells of what happens in developers' calls, until the calls are gone.
    pub async fn follow(self, events: broadcast::Receiver<CallEvent>) {
        livekit::follow(&self, events).await;
    }

    /// Waits until what happened is written down and every webhook has taken it, as far as the
    /// patience reaches.
    pub async fn settle(&self, store: &Store, patience: Duration) {
        if !self.is_watching() {
            return;
        }
        let mut news = self.0.news.subscribe();
        let settled = async {
            loop {
                news.mark_unchanged();
                let written = self.0.waiting.load(Ordering::Relaxed) == 0;
                if written && store.outbox_events().await.unwrap_or(0) == 0 {
                    return;
                }
                if news.changed().await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(patience, settled).await.is_err() {
            tracing::info!("webhooks hear of the last events after the next start");
        }
    }

    /// The webhooks changed; called in the order of the commits.
    pub fn look_again(&self) {
        let any = self.targets().iter().any(|target| target.webhook.enabled);
        self.0.wanted.store(any, Ordering::Relaxed);
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Something was written to the outbox; called in the order of the commits.
    pub fn written(&self, dropped: u64) {
        if dropped > 0 {
            let before = self.0.dropped.fetch_add(dropped, Ordering::Relaxed);
            // Each time there are twice as many, so that a dead webhook does not fill the log.
            if before.checked_ilog2() != (before + dropped).checked_ilog2() {
                let dropped = before + dropped;
                tracing::error!(
                    dropped,
                    "the outbox of webhooks is full; the oldest events go"
                );
            }
            metrics::counter!("plaza_webhooks_events_dropped_total").increment(dropped);
        }
        self.0.news.send_modify(|count| *count += 1);
    }

    fn states(&self) -> std::sync::MutexGuard<'_, HashMap<String, State>> {
        self.0.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beginning {
    /// Starts writing and telling.
    pub fn start(self, store: Store, writer: WriterHandle) -> Vec<JoinHandle<()>> {
        let webhooks = self.webhooks;
        let recording = record::run(webhooks.clone(), writer.clone(), self.events);
        vec![
            tokio::spawn(recording),
            tokio::spawn(deliver::run(webhooks, store, writer)),
        ]
    }
}
