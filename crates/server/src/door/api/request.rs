//! What the methods of the API take, as JSON writes it. Unknown fields are ignored, as the API's
//! clients expect of each other's versions.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::auth::developer_token::Overrides;

/// Which position a subscription goes on from, or a page begins behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StreamPosition {
    /// The offset that is known.
    pub offset: u64,
    /// The epoch it belongs to.
    pub epoch: String,
}

/// One publication to one channel, or (with `channels`) to many.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Publish<'a> {
    /// To which channel; unused by `broadcast`.
    pub channel: String,
    /// To which channels; unused by `publish`.
    pub channels: Vec<String>,
    /// Any JSON.
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
    /// Bytes in base64, instead of `data`.
    pub b64data: String,
    /// Tell it, and do not keep it.
    pub skip_history: bool,
    /// Labels that subscribers can filter by.
    pub tags: BTreeMap<String, String>,
    /// The same key within five minutes publishes once.
    pub idempotency_key: String,
}

/// Subscribes a user's connections to a channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Subscribe<'a> {
    /// Whose connections.
    pub user: String,
    /// To what.
    pub channel: String,
    /// Only this connection, when not empty.
    pub client: String,
    /// Only the connection of this session, when not empty.
    pub session: String,
    /// JSON that presence shows with the subscription.
    #[serde(borrow)]
    pub info: Option<&'a RawValue>,
    /// The same as base64.
    pub b64info: String,
    /// JSON for the client.
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
    /// The same as base64.
    pub b64data: String,
    /// When it ends, in seconds since 1970; 0 for never.
    pub expire_at: i64,
    /// What the namespace says otherwise.
    #[serde(rename = "override")]
    pub overrides: Overrides,
}

/// Ends a user's subscriptions to a channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Unsubscribe {
    /// Whose.
    pub user: String,
    /// To what.
    pub channel: String,
    /// Only this connection, when not empty.
    pub client: String,
    /// Only the connection of this session, when not empty.
    pub session: String,
}

/// A close code and its reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Closing {
    /// 3000 to 4999; below 3500 and from 4000 to 4499 clients come back.
    pub code: u32,
    /// At most 32 bytes.
    pub reason: String,
}

/// Closes a user's connections.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Disconnect {
    /// Whose.
    pub user: String,
    /// Only this connection, when not empty.
    pub client: String,
    /// Only the connection of this session, when not empty.
    pub session: String,
    /// Connections that stay.
    pub whitelist: Vec<String>,
    /// With which code; 3503 when not told.
    pub disconnect: Option<Closing>,
}

/// Sets anew how long a user's connections last.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Refresh {
    /// Whose.
    pub user: String,
    /// Only this connection, when not empty.
    pub client: String,
    /// Only the connection of this session, when not empty.
    pub session: String,
    /// They are over now.
    pub expired: bool,
    /// When they are over, in seconds since 1970; 0 for never.
    pub expire_at: i64,
}

/// One channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OneChannel {
    /// Its name.
    pub channel: String,
}

/// A page of a channel's history.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct History {
    /// Its name.
    pub channel: String,
    /// At most so many; 0 tells the position alone, below 0 as many as a page holds.
    pub limit: i32,
    /// Only what lies behind this position.
    pub since: Option<StreamPosition>,
    /// Newest first.
    pub reverse: bool,
}

/// Which channels somebody listens to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Channels {
    /// Names, with `*` and `?` as in file names; empty for all.
    pub pattern: String,
}

/// Several calls in one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Batch<'a> {
    /// Each an object with one key, the method.
    #[serde(borrow)]
    pub commands: Vec<BTreeMap<String, &'a RawValue>>,
}
