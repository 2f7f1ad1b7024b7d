//! What operators keep for developers, as the admin page sees it. Secrets are never in a list.

use base::{BanId, KeyId, PersonId, RevocationId, SecretId, UnixMs};
use domain::developer::{
    ApiKey, Ban as BanRecord, EventKind, Revocation as RevocationRecord, Revoked, Subject,
    TokenSecret,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::drive::hub::inspect::OpenConnection;
use crate::drive::webhooks::{State, Target};

/// What the configuration file holds beside the lists.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Configured {
    /// Keys for the server HTTP API.
    pub keys: usize,
    /// Keys for developers' tokens.
    pub token_secrets: usize,
    /// Webhooks.
    pub webhooks: usize,
}

/// The developer pages at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Overview {
    /// What the configuration file holds.
    pub configured: Configured,
    /// Insecure switches that are on.
    pub insecure: Vec<&'static str>,
    /// Whether webhooks of the page may lead to private addresses.
    pub allow_private: bool,
}

/// A key for the server HTTP API.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Key {
    /// Its id.
    #[schema(value_type = String)]
    pub id: KeyId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
    /// Who made it.
    #[schema(value_type = String)]
    pub created_by: PersonId,
    /// When it was last used, to the hour; null for never.
    #[schema(value_type = Option<u64>)]
    pub last_used_at: Option<UnixMs>,
}

impl From<&ApiKey> for Key {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            created_at: key.created_at,
            created_by: key.created_by,
            last_used_at: key.last_used_at,
        }
    }
}

/// Every key.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Keys {
    /// Newest first.
    pub keys: Vec<Key>,
}

/// A new key.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NewKey {
    /// The key itself: shown once.
    pub key: String,
    /// Its id.
    #[schema(value_type = String)]
    pub id: KeyId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
}

/// A secret that developers sign tokens with.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Secret {
    /// Its id.
    #[schema(value_type = String)]
    pub id: SecretId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
    /// Who made it.
    #[schema(value_type = String)]
    pub created_by: PersonId,
    /// Until when it holds, once it was rotated.
    #[schema(value_type = Option<u64>)]
    pub ends_at: Option<UnixMs>,
}

impl From<&TokenSecret> for Secret {
    fn from(secret: &TokenSecret) -> Self {
        Self {
            id: secret.id,
            name: secret.name.clone(),
            created_at: secret.created_at,
            created_by: secret.created_by,
            ends_at: secret.ends_at,
        }
    }
}

/// Every secret that still holds.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Secrets {
    /// Newest first.
    pub secrets: Vec<Secret>,
}

/// A new secret.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NewSecret {
    /// The secret itself, an HMAC key as text: shown once.
    pub secret: String,
    /// Its id.
    #[schema(value_type = String)]
    pub id: SecretId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
}

impl From<&TokenSecret> for NewSecret {
    fn from(secret: &TokenSecret) -> Self {
        Self {
            secret: secret.secret.to_string(),
            id: secret.id,
            name: secret.name.clone(),
            created_at: secret.created_at,
        }
    }
}

/// A ban from the live doors.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Ban {
    /// Its id.
    #[schema(value_type = String)]
    pub id: BanId,
    /// Who, or null.
    pub user: Option<String>,
    /// Which addresses, or null.
    pub address: Option<String>,
    /// Why.
    pub reason: String,
    /// Since when.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
    /// By whom.
    #[schema(value_type = String)]
    pub created_by: PersonId,
    /// Until when; null: until it is lifted.
    #[schema(value_type = Option<u64>)]
    pub ends_at: Option<UnixMs>,
}

impl From<&BanRecord> for Ban {
    fn from(ban: &BanRecord) -> Self {
        let (user, address) = match &ban.subject {
            Subject::User(user) => (Some(user.clone()), None),
            Subject::Address(network) => (None, Some(network.to_string())),
        };
        Self {
            id: ban.id,
            user,
            address,
            reason: ban.reason.clone(),
            created_at: ban.created_at,
            created_by: ban.created_by,
            ends_at: ban.ends_at,
        }
    }
}

/// Every ban in force.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Bans {
    /// Newest first.
    pub bans: Vec<Ban>,
}

/// Tokens that are not taken any more.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Revocation {
    /// Its id.
    #[schema(value_type = String)]
    pub id: RevocationId,
    /// All tokens of this user, or null.
    pub user: Option<String>,
    /// Those issued before this time.
    #[schema(value_type = Option<u64>)]
    pub before: Option<UnixMs>,
    /// The one token with this id, or null.
    pub jti: Option<String>,
    /// When it was revoked.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
    /// By whom.
    #[schema(value_type = String)]
    pub created_by: PersonId,
    /// When this is forgotten; null: never by itself.
    #[schema(value_type = Option<u64>)]
    pub ends_at: Option<UnixMs>,
}

impl From<&RevocationRecord> for Revocation {
    fn from(revocation: &RevocationRecord) -> Self {
        let (user, before, jti) = match &revocation.revoked {
            Revoked::User { user, before } => (Some(user.clone()), Some(*before), None),
            Revoked::Token { jti, .. } => (None, None, Some(jti.clone())),
        };
        Self {
            id: revocation.id,
            user,
            before,
            jti,
            created_at: revocation.created_at,
            created_by: revocation.created_by,
            ends_at: revocation.ends_at(),
        }
    }
}

/// Every revocation that still means something.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Revocations {
    /// Newest first.
    pub revocations: Vec<Revocation>,
}

/// How a webhook is doing.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WebhookState {
    /// Events that it has not taken, at most.
    pub waiting: u64,
    /// Events that it took since the start.
    pub delivered: u64,
    /// Events that were given up, since the start.
    pub lost: u64,
    /// Since when it takes nothing.
    #[schema(value_type = Option<u64>)]
    pub failing_since: Option<UnixMs>,
    /// Why.
    pub last_error: Option<String>,
    /// The status of its last answer.
    pub last_status: Option<u16>,
    /// When it is tried again.
    #[schema(value_type = Option<u64>)]
    pub next_try_at: Option<UnixMs>,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// Which events.
    pub events: Vec<&'static str>,
    /// For join and leave: which channels.
    pub channels: Vec<String>,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Whether it stands in the configuration file.
    pub configured: bool,
    /// When it was made; null for one of the configuration file.
    #[schema(value_type = Option<u64>)]
    pub created_at: Option<UnixMs>,
    /// Who made it.
    #[schema(value_type = Option<String>)]
    pub created_by: Option<PersonId>,
    /// How it is doing.
    pub state: WebhookState,
}

/// A webhook as the page sees it.
#[must_use]
pub fn webhook(target: &Target, configured: bool, waiting: u64, state: State) -> Webhook {
    let webhook = &target.webhook;
    let kinds = webhook.events.kinds();
    Webhook {
        id: target.name.clone(),
        name: webhook.name.clone(),
        url: webhook.url.clone(),
        events: kinds.map(EventKind::name).collect(),
        channels: webhook.channels.clone(),
        enabled: webhook.enabled,
        configured,
        created_at: (!configured).then_some(webhook.created_at),
        created_by: webhook.created_by,
        state: WebhookState {
            waiting,
            delivered: state.delivered,
            lost: state.lost,
            failing_since: state.failing_since,
            last_error: state.last_error,
            last_status: state.last_status,
            next_try_at: state.next_try_at,
        },
    }
}

/// A webhook with its secret.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NewWebhook {
    /// What its events are signed with: shown once.
    pub secret: String,
    /// The webhook.
    pub webhook: Webhook,
}

/// What waits for all webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Outbox {
    /// Events in it.
    pub events: u64,
    /// Events that fit.
    pub events_max: u64,
    /// Events given up since the start.
    pub dropped: u64,
}

/// Every webhook.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Webhooks {
    /// Those of the configuration file first.
    pub webhooks: Vec<Webhook>,
    /// What waits for them.
    pub outbox: Outbox,
}

/// What became of a test.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Tested {
    /// The status of the answer, or null.
    pub status: Option<u16>,
    /// Why the event would not count as taken, or null.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
}

/// An open live connection.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Connection {
    /// Its id, as its client knows it.
    pub client: String,
    /// Whose it is; empty for nobody in particular.
    pub user: String,
    /// What it speaks.
    pub dialect: &'static str,
    /// What carries it.
    pub transport: &'static str,
    /// From where.
    #[schema(value_type = String)]
    pub address: std::net::IpAddr,
    /// Since when.
    #[schema(value_type = u64)]
    pub connected_at: UnixMs,
    /// The first of the channels it hears.
    pub subscriptions: Vec<String>,
    /// How many there are.
    pub subscription_count: usize,
    /// Bytes that wait for it.
    pub unsent_bytes: usize,
}

impl From<&OpenConnection> for Connection {
    fn from(open: &OpenConnection) -> Self {
        Self {
            client: open.client.to_string(),
            user: open.user.to_string(),
            dialect: open.way.dialect,
            transport: open.way.transport,
            address: open.way.address,
            connected_at: open.connected_at,
            subscriptions: open.channels.iter().map(ToString::to_string).collect(),
            subscription_count: open.channels_count,
            unsent_bytes: open.unsent_bytes,
        }
    }
}

/// Open live connections.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Connections {
    /// Oldest first.
    pub connections: Vec<Connection>,
    /// Whether there are others.
    pub more: bool,
}

/// A channel that somebody listens to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Channel {
    /// Its name.
    pub channel: String,
    /// How many listen.
    pub subscribers: usize,
    /// Publications kept in memory; null when it keeps none.
    pub history: Option<usize>,
}

/// Channels that somebody listens to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Channels {
    /// Those with most listeners first.
    pub channels: Vec<Channel>,
    /// Whether there are others.
    pub more: bool,
}

/// Subscriptions that wanted to go on where they were.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Recoveries {
    /// How many.
    pub asked: u64,
    /// How many of them could.
    pub succeeded: u64,
}

/// How many there are of everything in the live doors.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Stats {
    /// Open connections.
    pub connections: usize,
    /// Users with at least one.
    pub users: usize,
    /// Channels that somebody listens to, counted once for each shard.
    pub channels: usize,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Connections cut off since the start because they read too slowly.
    pub cut_off: usize,
    /// Publications dropped since the start because a shard was behind.
    pub dropped: usize,
    /// Subscriptions since the start that wanted to go on where they were.
    pub recoveries: Recoveries,
    /// Messages of clients per second.
    pub messages_in_per_s: f64,
    /// Messages to clients per second.
    pub messages_out_per_s: f64,
    /// Operations refused since the start by limits per user.
    pub limited: u64,
}
