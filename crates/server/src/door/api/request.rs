//! What the methods of the API take, as JSON writes it. Unknown fields are ignored, as the API's
//! clients expect of each other's versions.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::auth::developer_token::Overrides;

/// Which position a subscription goes on from, or a page begins behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct StreamPosition {
    /// The offset that is known.
    pub(super) offset: u64,
    /// The epoch it belongs to.
    pub(super) epoch: String,
}

/// One publication to one channel, or (with `channels`) to many.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Publish<'a> {
    /// To which channel; unused by `broadcast`.
    pub(super) channel: String,
    /// To which channels; unused by `publish`.
    pub(super) channels: Vec<String>,
    /// Any JSON.
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    /// Bytes in base64, instead of `data`.
    pub(super) b64data: String,
    /// Tell it, and do not keep it.
    pub(super) skip_history: bool,
    /// Labels that subscribers can filter by.
    pub(super) tags: BTreeMap<String, String>,
    /// Told as the difference to the one before, to those who asked for that.
    pub(super) delta: bool,
    /// The same key within five minutes publishes once.
    pub(super) idempotency_key: String,
}

/// Subscribes a user's connections to a channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Subscribe<'a> {
    /// Whose connections.
    pub(super) user: String,
    /// To what.
    pub(super) channel: String,
    /// Only this connection, when not empty.
    pub(super) client: String,
    /// Only the connection of this session, when not empty.
    pub(super) session: String,
    /// JSON that presence shows with the subscription.
    #[serde(borrow)]
    pub(super) info: Option<&'a RawValue>,
    /// The same as base64.
    pub(super) b64info: String,
    /// JSON for the client.
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    /// The same as base64.
    pub(super) b64data: String,
    /// When it ends, in seconds since 1970; 0 for never.
    pub(super) expire_at: i64,
    /// From where it goes on; from now on without it.
    pub(super) recover_since: Option<StreamPosition>,
    /// What the namespace says otherwise.
    #[serde(rename = "override")]
    pub(super) overrides: Overrides,
}

/// Ends a user's subscriptions to a channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Unsubscribe {
    /// Whose.
    pub(super) user: String,
    /// To what.
    pub(super) channel: String,
    /// Only this connection, when not empty.
    pub(super) client: String,
    /// Only the connection of this session, when not empty.
    pub(super) session: String,
}

/// A close code and its reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Closing {
    /// 3000 to 4999; below 3500 and from 4000 to 4499 clients come back.
    pub(super) code: u32,
    /// At most 32 bytes.
    pub(super) reason: String,
}

/// Closes a user's connections.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Disconnect {
    /// Whose.
    pub(super) user: String,
    /// Only this connection, when not empty.
    pub(super) client: String,
    /// Only the connection of this session, when not empty.
    pub(super) session: String,
    /// Connections that stay.
    pub(super) whitelist: Vec<String>,
    /// With which code; 3503 when not told.
    pub(super) disconnect: Option<Closing>,
}

/// Sets anew how long a user's connections last.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Refresh<'a> {
    /// Whose.
    pub(super) user: String,
    /// Only this connection, when not empty.
    pub(super) client: String,
    /// Only the connection of this session, when not empty.
    pub(super) session: String,
    /// They are over now.
    pub(super) expired: bool,
    /// When they are over, in seconds since 1970; 0 for never.
    pub(super) expire_at: i64,
    /// JSON that others see of them from here on.
    #[serde(borrow)]
    pub(super) info: Option<&'a RawValue>,
    /// The same as base64.
    pub(super) b64info: String,
}

/// One channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OneChannel {
    /// Its name.
    pub(super) channel: String,
}

/// A page of a channel's history.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct History {
    /// Its name.
    pub(super) channel: String,
    /// At most so many; 0 tells the position alone, below 0 as many as a page holds.
    pub(super) limit: i32,
    /// Only what lies behind this position.
    pub(super) since: Option<StreamPosition>,
    /// Newest first.
    pub(super) reverse: bool,
}

/// A value of a key of a map.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MapPublish<'a> {
    /// The channel.
    pub(super) channel: String,
    /// The key.
    pub(super) key: String,
    /// Any JSON.
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    /// The same as base64.
    pub(super) b64data: String,
    /// What those who listen are told instead.
    #[serde(borrow)]
    pub(super) stream_data: Option<&'a RawValue>,
    /// The same as base64.
    pub(super) b64stream_data: String,
    /// Labels that subscribers can filter by.
    pub(super) tags: BTreeMap<String, String>,
    /// The same key of this kind within five minutes sets once.
    pub(super) idempotency_key: String,
    /// Told as the difference to the value before, to those who asked for that.
    pub(super) delta: bool,
    /// The value's own number: never replaced by a lower or equal one.
    pub(super) version: u64,
    /// Numbers of different epochs are not compared.
    pub(super) version_epoch: String,
    /// Where it stands among the entries.
    pub(super) score: i64,
    /// `if_new`, `if_exists` or nothing.
    pub(super) key_mode: String,
}

/// A key of a map that goes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MapRemove {
    /// The channel.
    pub(super) channel: String,
    /// The key.
    pub(super) key: String,
    /// Labels, when there is no value that had some.
    pub(super) tags: BTreeMap<String, String>,
    /// The same key of this kind within five minutes removes once.
    pub(super) idempotency_key: String,
}

/// A page of the entries of a map.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MapReadState {
    /// The channel.
    pub(super) channel: String,
    /// Behind where an earlier page ended.
    pub(super) cursor: String,
    /// At most so many; 0 for a whole page.
    pub(super) limit: i32,
    /// This entry alone.
    pub(super) key: String,
    /// The lowest score first.
    pub(super) asc: bool,
    /// The position of the first page, for the next ones.
    pub(super) revision_offset: u64,
    /// See `revision_offset`.
    pub(super) revision_epoch: String,
}

/// A page of the changes of a map.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MapReadStream {
    /// The channel.
    pub(super) channel: String,
    /// Only what lies behind this offset, 0 for all there is.
    pub(super) since_offset: u64,
    /// The epoch it belongs to.
    pub(super) since_epoch: String,
    /// At most so many; 0 tells the position alone, below 0 a whole page.
    pub(super) limit: i32,
    /// Newest first.
    pub(super) reverse: bool,
}

/// Which channels somebody listens to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Channels {
    /// Names, with `*` and `?` as in file names; empty for all.
    pub(super) pattern: String,
}

/// Several calls in one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Batch<'a> {
    /// Each an object with one key, the method.
    #[serde(borrow)]
    pub(super) commands: Vec<BTreeMap<String, &'a RawValue>>,
}
