//! Webhooks of the admin page, and how all of them are doing.

use base::{Code, WebhookId};
use domain::developer::{Change, EventKind, EventKinds, Webhook, name, webhook as rules};
use domain::hub::Happening;
use serde_json::json;
use store::{CONFIGURED, OutboxEvent};

use super::{change, may_keep};
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::door::backend::{Circumstances, Happened};
use crate::drive::webhooks::Target;
use crate::handle::{Login, admin};
use crate::net::outbound::{OutboundError, address};
use crate::problem::{Answer, Problem};
use crate::view::developer::{self as view, NewWebhook, Outbox, Tested, Webhooks};

const TOO_MANY: &str = "There are too many webhooks. Delete some first.";

/// A webhook that somebody wants.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// What to call it.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// Some of connect, disconnect, join, leave.
    pub events: Vec<String>,
    /// For join and leave: channels, by name or with `*` at the end; empty: all of apps.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Whether anything is sent; yes without it.
    #[serde(default)]
    pub enabled: Option<bool>,
}

/// What to change of a webhook; what is left out stays.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// What to call it.
    #[serde(default)]
    pub name: Option<String>,
    /// Where events are sent.
    #[serde(default)]
    pub url: Option<String>,
    /// Which events.
    #[serde(default)]
    pub events: Option<Vec<String>>,
    /// Which channels.
    #[serde(default)]
    pub channels: Option<Vec<String>>,
    /// Whether anything is sent.
    #[serde(default)]
    pub enabled: Option<bool>,
}

/// Something happened to a connection: for the webhooks that want to hear of it. Never waits.
pub fn happened(app: &App, happened: &Happened, circumstances: &Circumstances) {
    let (kind, channel) = match &happened.what {
        Happening::Opened => (EventKind::Connect, None),
        Happening::Closed => (EventKind::Disconnect, None),
        Happening::Joined(channel) => (EventKind::Join, Some(&**channel)),
        Happening::Left(channel) => (EventKind::Leave, Some(&**channel)),
    };
    app.known.webhooks.note(kind, channel, || OutboxEvent {
        at: clock::now(),
        kind,
        client: happened.client.to_string(),
        user: happened.user.to_string(),
        channel: channel.unwrap_or_default().to_owned(),
        detail: detail(kind, circumstances),
    });
}

/// What is told beside who, what and when, as JSON.
fn detail(kind: EventKind, circumstances: &Circumstances) -> String {
    let detail = match (kind, &circumstances.way, &circumstances.closed) {
        (EventKind::Connect, Some(way), _) => json!({
            "address": way.address, "dialect": way.dialect, "transport": way.transport
        }),
        (EventKind::Disconnect, _, Some((code, reason))) => {
            json!({"code": code, "reason": reason})
        }
        (EventKind::Connect | EventKind::Disconnect, _, _)
        | (EventKind::Join | EventKind::Leave | EventKind::Call, _, _) => json!({}),
    };
    detail.to_string()
}

/// Whether a webhook stands in the configuration file.
#[must_use]
pub(super) fn is_configured(target: &Target) -> bool {
    target.name.starts_with(CONFIGURED)
}

async fn shown(app: &App, target: &Target) -> Answer<view::Webhook> {
    let waiting = app.store.outbox_waiting(&target.name).await?;
    let state = app.known.webhooks.state(&target.name);
    Ok(view::webhook(target, is_configured(target), waiting, state))
}

fn target(app: &App, id: &str) -> Answer<Target> {
    let targets = app.known.webhooks.targets();
    let found = targets.into_iter().find(|target| target.name == id);
    found.ok_or_else(Problem::not_found)
}

/// A webhook that the admin page may change.
fn changeable(app: &App, id: &str) -> Answer<Webhook> {
    let target = target(app, id)?;
    if is_configured(&target) {
        let detail = "This webhook stands in the configuration file; change it there.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    Ok((*target.webhook).clone())
}

fn url(app: &App, wanted: &str) -> Answer<String> {
    let wanted = wanted.trim();
    if wanted.len() > base::limits::WEBHOOK_URL_BYTES_MAX {
        let detail = "This address is too long.";
        return Err(Problem::of(Code::TooLong, "url", detail));
    }
    match address(wanted, app.known.webhooks.reach()) {
        Ok(_) => Ok(wanted.to_owned()),
        Err(OutboundError::Private) => {
            let detail = "This address leads to this machine or its networks. Name it in the \
                configuration file, or set allow_private there.";
            Err(Problem::of(Code::BadRequest, "url", detail))
        }
        Err(_) => {
            let detail = "Give an address that begins with https:// or http://.";
            Err(Problem::of(Code::BadRequest, "url", detail))
        }
    }
}

/// Every webhook, those of the configuration file first.
///
/// # Errors
/// `forbidden`.
pub async fn list(app: &App, login: &Login) -> Answer<Webhooks> {
    may_keep(login)?;
    let mut webhooks = Vec::new();
    for target in app.known.webhooks.targets() {
        webhooks.push(shown(app, &target).await?);
    }
    Ok(Webhooks {
        webhooks,
        outbox: Outbox {
            events: app.store.outbox_events().await?,
            events_max: app.known.webhooks.events_max(),
            dropped: app.known.webhooks.dropped(),
        },
    })
}

/// Makes a webhook. Its secret is shown this once. It hears of what happens from now on.
///
/// # Errors
/// `forbidden`, `bad_request`, `conflict` when there are too many.
pub async fn create(app: &App, login: &Login, wanted: Wanted) -> Answer<NewWebhook> {
    may_keep(login)?;
    let webhook = Webhook {
        id: WebhookId(clock::mint()),
        name: name(&wanted.name)?,
        url: url(app, &wanted.url)?,
        secret: secret::signing().into(),
        events: EventKinds::of_names(&wanted.events)?,
        channels: rules::channels(wanted.channels)?,
        enabled: wanted.enabled.unwrap_or(true),
        created_at: clock::now(),
        created_by: Some(login.person.id),
    };
    put(app, login, webhook, "webhook.create").await
}

async fn put(
    app: &App,
    login: &Login,
    webhook: Webhook,
    action: &'static str,
) -> Answer<NewWebhook> {
    let (id, secret, url) = (webhook.id, webhook.secret.to_string(), webhook.url.clone());
    let entry = admin::entry(login, action, id, &url);
    change(app, Change::PutWebhook(webhook), entry, TOO_MANY).await?;
    let target = target(app, &id.to_string())?;
    Ok(NewWebhook {
        secret,
        webhook: shown(app, &target).await?,
    })
}

/// Changes a webhook.
///
/// # Errors
/// `forbidden` also for one of the configuration file, `not_found`, `bad_request`.
pub async fn update(app: &App, login: &Login, id: &str, changed: Changed) -> Answer<view::Webhook> {
    may_keep(login)?;
    let mut webhook = changeable(app, id)?;
    if let Some(wanted) = changed.name {
        webhook.name = name(&wanted)?;
    }
    if let Some(wanted) = changed.url {
        webhook.url = url(app, &wanted)?;
    }
    if let Some(wanted) = changed.events {
        webhook.events = EventKinds::of_names(&wanted)?;
    }
    if let Some(wanted) = changed.channels {
        webhook.channels = rules::channels(wanted)?;
    }
    if let Some(enabled) = changed.enabled {
        webhook.enabled = enabled;
    }
    Ok(put(app, login, webhook, "webhook.change").await?.webhook)
}

/// Gives a webhook another secret, at once. It is shown this once.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn renew_secret(app: &App, login: &Login, id: &str) -> Answer<NewWebhook> {
    may_keep(login)?;
    let webhook = Webhook {
        secret: secret::signing().into(),
        ..changeable(app, id)?
    };
    put(app, login, webhook, "webhook.secret").await
}

/// Deletes a webhook, and what waits for it.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn delete(app: &App, login: &Login, id: &str) -> Answer<()> {
    may_keep(login)?;
    let webhook = changeable(app, id)?;
    let entry = admin::entry(login, "webhook.delete", webhook.id, &webhook.url);
    change(app, Change::DeleteWebhook(webhook.id), entry, TOO_MANY).await?;
    Ok(())
}

/// Sends one event that means nothing, now, and says what came back.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn test(app: &App, login: &Login, id: &str) -> Answer<Tested> {
    may_keep(login)?;
    let target = target(app, id)?;
    let tried = app.known.webhooks.test(&target).await;
    Ok(Tested {
        status: tried.status,
        error: tried.error,
        duration_ms: u64::try_from(tried.duration.as_millis()).unwrap_or(u64::MAX),
    })
}
