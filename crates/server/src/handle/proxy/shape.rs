//! What the operator's backend is sent, and what it answers: the shapes of Centrifugo's proxy, so
//! that a backend written for it works as it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Which connection asks. Part of every question.
#[derive(Debug, Clone, Serialize)]
pub struct Asker {
    /// The connection's id.
    pub client: String,
    /// What carries it: `websocket`, `http_stream`, `sse`, …
    pub transport: &'static str,
    /// Always `json` or `protobuf`.
    pub protocol: &'static str,
    /// How `data` is written: always `json`.
    pub encoding: &'static str,
    /// The user; empty for nobody in particular. Left out of the question who somebody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What an earlier answer said is to be remembered of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Box<RawValue>>,
}

/// Who is this?
#[derive(Debug, Serialize)]
pub struct ConnectQuestion<'a> {
    #[serde(flatten)]
    pub asker: Asker,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

/// May they listen to, or publish in, this channel? May they stay?
#[derive(Debug, Serialize)]
pub struct ChannelQuestion<'a> {
    #[serde(flatten)]
    pub asker: Asker,
    pub channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

/// May they stay connected?
#[derive(Debug, Serialize)]
pub struct RefreshQuestion {
    #[serde(flatten)]
    pub asker: Asker,
}

/// What does this method answer?
#[derive(Debug, Serialize)]
pub struct RpcQuestion<'a> {
    #[serde(flatten)]
    pub asker: Asker,
    pub method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

/// An answer: exactly one of its parts counts, the first that is there.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub struct Answered<T> {
    #[serde(default)]
    pub disconnect: Option<Closing>,
    #[serde(default)]
    pub error: Option<Told>,
    #[serde(default = "none")]
    pub result: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

/// The connection ends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Closing {
    pub code: u32,
    pub reason: String,
}

/// The client is told an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Told {
    pub code: u32,
    pub message: String,
    pub temporary: bool,
}

/// Who somebody is, and what the server lets them hear at once.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConnectResult {
    pub user: String,
    /// Seconds since 1970; 0 for never.
    pub expire_at: i64,
    pub info: Option<Box<RawValue>>,
    pub b64info: String,
    pub data: Option<Box<RawValue>>,
    pub b64data: String,
    pub channels: Vec<String>,
    pub subs: BTreeMap<String, SubscribeResult>,
    pub meta: Option<Box<RawValue>>,
}

/// A subscription that is allowed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SubscribeResult {
    pub info: Option<Box<RawValue>>,
    pub b64info: String,
    pub data: Option<Box<RawValue>>,
    pub b64data: String,
    /// Seconds since 1970; 0 for never.
    pub expire_at: i64,
    #[serde(rename = "override")]
    pub options: Option<Override>,
}

/// What the namespace says otherwise for one subscription.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Override {
    pub presence: Option<Flag>,
    pub join_leave: Option<Flag>,
    pub force_push_join_leave: Option<Flag>,
    pub force_recovery: Option<Flag>,
    pub force_positioning: Option<Flag>,
}

/// A flag that can also be absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Flag {
    pub value: bool,
}

/// A publication that is allowed, perhaps changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PublishResult {
    pub data: Option<Box<RawValue>>,
    pub b64data: String,
    pub skip_history: bool,
    pub tags: BTreeMap<String, String>,
    pub idempotency_key: String,
}

/// Whether somebody may stay.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RefreshResult {
    pub expired: bool,
    /// Seconds since 1970; 0 for never.
    pub expire_at: i64,
    pub info: Option<Box<RawValue>>,
    pub b64info: String,
    pub meta: Option<Box<RawValue>>,
}

/// What a method answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RpcResult {
    pub data: Option<Box<RawValue>>,
    pub b64data: String,
}
