//! What the operator's backend is sent, and what it answers: the shapes of Centrifugo's proxy, so
//! that a backend written for it works as it is.
//!
//! Parts of an answer that mean nothing here are passed over, and `null` is as good as nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::auth::developer_token::Overrides;

/// Which connection asks. Part of every question.
#[derive(Debug, Clone, Serialize)]
pub struct Asker {
    /// The connection's id.
    pub client: String,
    /// What carries it: `websocket`, `http_stream`, `sse`, …
    pub transport: &'static str,
    /// How the client's messages are written: `json` or `protobuf`.
    pub protocol: &'static str,
    /// How `data` is written: always `json`.
    pub encoding: &'static str,
    /// The user; empty for nobody in particular. Left out of the question who somebody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// Who is this?
#[derive(Debug, Serialize)]
pub struct ConnectQuestion<'a> {
    /// Which connection.
    #[serde(flatten)]
    pub asker: Asker,
    /// What the client calls itself.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'a str,
    /// Its own version.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub version: &'a str,
    /// What it sends along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

/// May they listen to, or publish in, this channel?
#[derive(Debug, Serialize)]
pub struct ChannelQuestion<'a> {
    /// Which connection.
    #[serde(flatten)]
    pub asker: Asker,
    /// The channel.
    pub channel: &'a str,
    /// What it sends along, or wants to publish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

/// May they set, or remove, this key?
#[derive(Debug, Serialize)]
pub struct MapQuestion<'a> {
    /// Which connection.
    #[serde(flatten)]
    pub asker: Asker,
    /// The channel.
    pub channel: &'a str,
    /// The key as the client names it; may be empty.
    pub key: &'a str,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

/// What does this method answer?
#[derive(Debug, Serialize)]
pub struct RpcQuestion<'a> {
    /// Which connection.
    #[serde(flatten)]
    pub asker: Asker,
    /// The method.
    pub method: &'a str,
    /// What it is called with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

/// An answer: exactly one of its parts counts, the first that is there.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub struct Answered<T> {
    /// The connection ends.
    #[serde(default)]
    pub disconnect: Option<Closing>,
    /// The client is told an error.
    #[serde(default)]
    pub error: Option<Told>,
    /// What was asked for.
    #[serde(default = "none")]
    pub result: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// The connection ends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Closing {
    /// With this code.
    pub code: u32,
    /// And these words.
    pub reason: String,
}

/// The client is told an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Told {
    /// Its number.
    pub code: u32,
    /// What it says.
    pub message: String,
    /// Whether the client may try again.
    pub temporary: bool,
}

/// Who somebody is, and what the server lets them hear at once.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConnectResult {
    /// The user; empty for the anonymous one.
    #[serde(deserialize_with = "nullable")]
    pub user: String,
    /// Seconds since 1970; 0 for never.
    #[serde(deserialize_with = "nullable")]
    pub expire_at: i64,
    /// What others see of the connection.
    pub info: Option<Box<RawValue>>,
    /// The same as base64.
    pub b64info: Option<String>,
    /// For the client.
    pub data: Option<Box<RawValue>>,
    /// The same as base64.
    pub b64data: Option<String>,
    /// Channels that the server subscribes it to.
    #[serde(deserialize_with = "nullable")]
    pub channels: Vec<String>,
    /// The same, each with what it comes with.
    #[serde(deserialize_with = "nullable")]
    pub subs: BTreeMap<String, SubscribeResult>,
}

/// A subscription that is allowed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SubscribeResult {
    /// What others see of the subscription.
    pub info: Option<Box<RawValue>>,
    /// The same as base64.
    pub b64info: Option<String>,
    /// For the client.
    pub data: Option<Box<RawValue>>,
    /// The same as base64.
    pub b64data: Option<String>,
    /// Seconds since 1970; 0 for never. Means nothing for the subscriptions of a connect.
    #[serde(deserialize_with = "nullable")]
    pub expire_at: i64,
    /// What it has different from the namespace.
    #[serde(rename = "override", deserialize_with = "nullable")]
    pub overrides: Overrides,
}

/// A publication that is allowed, perhaps changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PublishResult {
    /// What is published instead.
    pub data: Option<Box<RawValue>>,
    /// The same as base64.
    pub b64data: Option<String>,
    /// It is told to whoever is there and not kept.
    #[serde(deserialize_with = "nullable")]
    pub skip_history: bool,
    /// Labels that subscribers can filter by.
    #[serde(deserialize_with = "nullable")]
    pub tags: BTreeMap<String, String>,
    /// It may be told as the difference to the one before.
    #[serde(deserialize_with = "nullable")]
    pub delta: bool,
}

/// Something goes on, or ends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RefreshResult {
    /// It ends.
    #[serde(deserialize_with = "nullable")]
    pub expired: bool,
    /// Seconds since 1970; 0 for never.
    #[serde(deserialize_with = "nullable")]
    pub expire_at: i64,
    /// What others see of it from here on.
    pub info: Option<Box<RawValue>>,
    /// The same as base64.
    pub b64info: Option<String>,
}

/// A change of a map that is allowed, perhaps another one. Of a removal only `key` and `tags`
/// count.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MapResult {
    /// Which key it is instead.
    #[serde(deserialize_with = "nullable")]
    pub key: String,
    /// What is set instead.
    pub data: Option<Box<RawValue>>,
    /// The same as base64.
    pub b64data: Option<String>,
    /// What those who listen are told instead.
    pub stream_data: Option<Box<RawValue>>,
    /// The same as base64.
    pub b64stream_data: Option<String>,
    /// Labels that subscribers can filter by.
    #[serde(deserialize_with = "nullable")]
    pub tags: BTreeMap<String, String>,
    /// Where it stands among the entries.
    #[serde(deserialize_with = "nullable")]
    pub score: i64,
    /// `if_new`, `if_exists` or nothing.
    #[serde(deserialize_with = "nullable")]
    pub key_mode: String,
    /// It may be told as the difference to the value before.
    #[serde(deserialize_with = "nullable")]
    pub delta: bool,
    /// The value's own number: never replaced by a lower or equal one.
    #[serde(deserialize_with = "nullable")]
    pub version: u64,
    /// Numbers of different epochs are not compared.
    #[serde(deserialize_with = "nullable")]
    pub version_epoch: String,
}

/// What a method answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RpcResult {
    /// JSON.
    pub data: Option<Box<RawValue>>,
    /// The same as base64.
    pub b64data: Option<String>,
}
