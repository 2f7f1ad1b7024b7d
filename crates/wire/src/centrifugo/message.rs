//! The messages, with the field numbers of the protocol's schema; JSON keys are the field names.
//!
//! `data`, `info` and their like are embedded JSON when the encoding is JSON, plain bytes when it
//! is protobuf; empty means absent. Unknown fields are ignored. Left out are shared poll, channel
//! compaction and dictionary compression.
#![expect(
    missing_docs,
    reason = "the fields are the schema's, and the schema says what they are"
)]

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use serde::Deserialize;

use super::json::{bytes_from_raw, bytes_from_text, entries_from_map};

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Message, Deserialize)]
            #[serde(default)]
            pub struct $name {
                $($(#[$attribute])* pub $field: $type,)*
            }
        )*
    };
}

messages! {
    /// What a client sends: an id of its own choice and one request. Nothing set is a pong.
    Command {
        #[prost(uint32, tag = "1")]
        id: u32,
        #[prost(message, optional, tag = "4")]
        connect: Option<ConnectRequest>,
        #[prost(message, optional, tag = "5")]
        subscribe: Option<SubscribeRequest>,
        #[prost(message, optional, tag = "6")]
        unsubscribe: Option<UnsubscribeRequest>,
        #[prost(message, optional, tag = "7")]
        publish: Option<PublishRequest>,
        #[prost(message, optional, tag = "8")]
        presence: Option<PresenceRequest>,
        #[prost(message, optional, tag = "9")]
        presence_stats: Option<PresenceStatsRequest>,
        #[prost(message, optional, tag = "10")]
        history: Option<HistoryRequest>,
        #[prost(message, optional, tag = "11")]
        ping: Option<PingRequest>,
        #[prost(message, optional, tag = "12")]
        send: Option<SendRequest>,
        #[prost(message, optional, tag = "13")]
        rpc: Option<RpcRequest>,
        #[prost(message, optional, tag = "14")]
        refresh: Option<RefreshRequest>,
        #[prost(message, optional, tag = "15")]
        sub_refresh: Option<SubRefreshRequest>,
    }

    /// What the server sends: the result or error of the command with this id, or, without an id,
    /// a push. Nothing set is a ping.
    Reply {
        #[prost(uint32, tag = "1")]
        id: u32,
        #[prost(message, optional, tag = "2")]
        error: Option<Error>,
        #[prost(message, optional, tag = "4")]
        push: Option<Push>,
        #[prost(message, optional, tag = "5")]
        connect: Option<ConnectResult>,
        #[prost(message, optional, tag = "6")]
        subscribe: Option<SubscribeResult>,
        #[prost(message, optional, tag = "7")]
        unsubscribe: Option<UnsubscribeResult>,
        #[prost(message, optional, tag = "8")]
        publish: Option<PublishResult>,
        #[prost(message, optional, tag = "9")]
        presence: Option<PresenceResult>,
        #[prost(message, optional, tag = "10")]
        presence_stats: Option<PresenceStatsResult>,
        #[prost(message, optional, tag = "11")]
        history: Option<HistoryResult>,
        #[prost(message, optional, tag = "12")]
        ping: Option<PingResult>,
        #[prost(message, optional, tag = "13")]
        rpc: Option<RpcResult>,
        #[prost(message, optional, tag = "14")]
        refresh: Option<RefreshResult>,
        #[prost(message, optional, tag = "15")]
        sub_refresh: Option<SubRefreshResult>,
    }

    /// Commands of a client whose connection can only be written to: a frame of them.
    EmulationRequest {
        #[prost(string, tag = "1")]
        node: String,
        #[prost(string, tag = "2")]
        session: String,
        #[prost(bytes = "bytes", tag = "3")]
        #[serde(deserialize_with = "bytes_from_text")]
        data: Bytes,
    }

    /// What nobody asked for: one event of a channel or of the connection.
    Push {
        #[prost(string, tag = "2")]
        channel: String,
        #[prost(message, optional, tag = "4")]
        #[serde(rename = "pub")]
        publication: Option<Publication>,
        #[prost(message, optional, tag = "5")]
        join: Option<Join>,
        #[prost(message, optional, tag = "6")]
        leave: Option<Leave>,
        #[prost(message, optional, tag = "7")]
        unsubscribe: Option<UnsubscribePush>,
        #[prost(message, optional, tag = "8")]
        message: Option<MessagePush>,
        #[prost(message, optional, tag = "9")]
        subscribe: Option<SubscribePush>,
        #[prost(message, optional, tag = "10")]
        connect: Option<ConnectPush>,
        #[prost(message, optional, tag = "11")]
        disconnect: Option<DisconnectPush>,
        #[prost(message, optional, tag = "12")]
        refresh: Option<RefreshPush>,
    }

    /// Why a command failed.
    Error {
        #[prost(uint32, tag = "1")]
        code: u32,
        #[prost(string, tag = "2")]
        message: String,
        #[prost(bool, tag = "3")]
        temporary: bool,
    }

    /// Who: a person and one of their connections.
    ClientInfo {
        #[prost(string, tag = "1")]
        user: String,
        #[prost(string, tag = "2")]
        client: String,
        #[prost(bytes = "bytes", tag = "3")]
        #[serde(deserialize_with = "bytes_from_raw")]
        conn_info: Bytes,
        #[prost(bytes = "bytes", tag = "4")]
        #[serde(deserialize_with = "bytes_from_raw")]
        chan_info: Bytes,
    }

    /// One publication of a channel, in a map of one key; `time` in milliseconds since 1970.
    Publication {
        #[prost(bytes = "bytes", tag = "4")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
        #[prost(message, optional, tag = "5")]
        info: Option<ClientInfo>,
        #[prost(uint64, tag = "6")]
        offset: u64,
        #[prost(btree_map = "string, string", tag = "7")]
        tags: BTreeMap<String, String>,
        #[prost(bool, tag = "8")]
        delta: bool,
        #[prost(int64, tag = "9")]
        time: i64,
        #[prost(string, tag = "10")]
        channel: String,
        #[prost(string, tag = "11")]
        key: String,
        #[prost(bool, tag = "12")]
        removed: bool,
        #[prost(sint64, tag = "13")]
        score: i64,
    }

    /// Somebody subscribed.
    Join {
        #[prost(message, optional, tag = "1")]
        info: Option<ClientInfo>,
    }

    /// Somebody left.
    Leave {
        #[prost(message, optional, tag = "1")]
        info: Option<ClientInfo>,
    }

    /// The server ended a subscription.
    UnsubscribePush {
        #[prost(uint32, tag = "2")]
        code: u32,
        #[prost(string, tag = "3")]
        reason: String,
    }

    /// A message for this connection alone.
    MessagePush {
        #[prost(bytes = "bytes", tag = "1")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
    }

    /// The server subscribed this connection.
    SubscribePush {
        #[prost(bool, tag = "1")]
        recoverable: bool,
        #[prost(string, tag = "4")]
        epoch: String,
        #[prost(uint64, tag = "5")]
        offset: u64,
        #[prost(bool, tag = "6")]
        positioned: bool,
        #[prost(bytes = "bytes", tag = "7")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
    }

    /// The connection is ready; only on one-way transports.
    ConnectPush {
        #[prost(string, tag = "1")]
        client: String,
        #[prost(string, tag = "2")]
        version: String,
        #[prost(bytes = "bytes", tag = "3")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
        #[prost(message, repeated, tag = "4")]
        #[serde(deserialize_with = "entries_from_map")]
        subs: Vec<SubscribeEntry>,
        #[prost(bool, tag = "5")]
        expires: bool,
        #[prost(uint32, tag = "6")]
        ttl: u32,
        #[prost(uint32, tag = "7")]
        ping: u32,
        #[prost(bool, tag = "8")]
        pong: bool,
        #[prost(string, tag = "9")]
        session: String,
        #[prost(string, tag = "10")]
        node: String,
        #[prost(int64, tag = "11")]
        time: i64,
    }

    /// The connection ends; only where no close frame can say so.
    DisconnectPush {
        #[prost(uint32, tag = "1")]
        code: u32,
        #[prost(string, tag = "2")]
        reason: String,
        #[prost(bool, tag = "3")]
        reconnect: bool,
    }

    /// The connection's credentials were changed by the server.
    RefreshPush {
        #[prost(bool, tag = "1")]
        expires: bool,
        #[prost(uint32, tag = "2")]
        ttl: u32,
    }

    /// The first command of every connection.
    ConnectRequest {
        #[prost(string, tag = "1")]
        token: String,
        #[prost(bytes = "bytes", tag = "2")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
        #[prost(btree_map = "string, message", tag = "3")]
        subs: BTreeMap<String, SubscribeRequest>,
        #[prost(string, tag = "4")]
        name: String,
        #[prost(string, tag = "5")]
        version: String,
        #[prost(btree_map = "string, string", tag = "6")]
        headers: BTreeMap<String, String>,
        #[prost(int64, tag = "7")]
        flag: i64,
    }

    /// The connection is accepted. `ttl` and `ping` in seconds, `time` in ms since 1970.
    ConnectResult {
        #[prost(string, tag = "1")]
        client: String,
        #[prost(string, tag = "2")]
        version: String,
        #[prost(bool, tag = "3")]
        expires: bool,
        #[prost(uint32, tag = "4")]
        ttl: u32,
        #[prost(bytes = "bytes", tag = "5")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
        #[prost(message, repeated, tag = "6")]
        #[serde(deserialize_with = "entries_from_map")]
        subs: Vec<SubscribeEntry>,
        #[prost(uint32, tag = "7")]
        ping: u32,
        #[prost(bool, tag = "8")]
        pong: bool,
        #[prost(string, tag = "9")]
        session: String,
        #[prost(string, tag = "10")]
        node: String,
        #[prost(int64, tag = "11")]
        time: i64,
    }

    /// A newer token for the connection.
    RefreshRequest {
        #[prost(string, tag = "1")]
        token: String,
    }

    /// How long the newer token lasts, in seconds.
    RefreshResult {
        #[prost(string, tag = "1")]
        client: String,
        #[prost(string, tag = "2")]
        version: String,
        #[prost(bool, tag = "3")]
        expires: bool,
        #[prost(uint32, tag = "4")]
        ttl: u32,
    }

    /// Listen to a channel, perhaps from a position on; of a map the next part.
    SubscribeRequest {
        #[prost(string, tag = "1")]
        channel: String,
        #[prost(string, tag = "2")]
        token: String,
        #[prost(bool, tag = "3")]
        recover: bool,
        #[prost(string, tag = "6")]
        epoch: String,
        #[prost(uint64, tag = "7")]
        offset: u64,
        #[prost(bytes = "bytes", tag = "8")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
        #[prost(bool, tag = "9")]
        positioned: bool,
        #[prost(bool, tag = "10")]
        recoverable: bool,
        #[prost(bool, tag = "11")]
        join_leave: bool,
        #[prost(string, tag = "12")]
        delta: String,
        #[prost(message, optional, tag = "13")]
        tf: Option<FilterNode>,
        #[prost(int64, tag = "14")]
        flag: i64,
        #[prost(int32, tag = "15")]
        r#type: i32,
        #[prost(int32, tag = "16")]
        phase: i32,
        #[prost(string, tag = "17")]
        cursor: String,
        #[prost(int32, tag = "18")]
        limit: i32,
        #[prost(bool, tag = "19")]
        asc: bool,
    }

    /// The subscription stands, unless `phase` says that there is more. `ttl` in seconds.
    SubscribeResult {
        #[prost(bool, tag = "1")]
        expires: bool,
        #[prost(uint32, tag = "2")]
        ttl: u32,
        #[prost(bool, tag = "3")]
        recoverable: bool,
        #[prost(string, tag = "6")]
        epoch: String,
        #[prost(message, repeated, tag = "7")]
        publications: Vec<Publication>,
        #[prost(bool, tag = "8")]
        recovered: bool,
        #[prost(uint64, tag = "9")]
        offset: u64,
        #[prost(bool, tag = "10")]
        positioned: bool,
        #[prost(bytes = "bytes", tag = "11")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
        #[prost(bool, tag = "12")]
        was_recovering: bool,
        #[prost(bool, tag = "13")]
        delta: bool,
        #[prost(int32, tag = "15")]
        r#type: i32,
        #[prost(int32, tag = "16")]
        phase: i32,
        #[prost(string, tag = "17")]
        cursor: String,
        #[prost(message, repeated, tag = "18")]
        state: Vec<Publication>,
    }

    /// An entry of a map of the schema, written out: to some clients one without a value is null.
    SubscribeEntry {
        #[prost(string, tag = "1")]
        key: String,
        #[prost(message, optional, tag = "2")]
        value: Option<SubscribeResult>,
    }

    /// A newer token for one subscription.
    SubRefreshRequest {
        #[prost(string, tag = "1")]
        channel: String,
        #[prost(string, tag = "2")]
        token: String,
        #[prost(int32, tag = "3")]
        r#type: i32,
    }

    /// How long it lasts, in seconds.
    SubRefreshResult {
        #[prost(bool, tag = "1")]
        expires: bool,
        #[prost(uint32, tag = "2")]
        ttl: u32,
    }

    /// Stop listening.
    UnsubscribeRequest {
        #[prost(string, tag = "1")]
        channel: String,
    }

    /// Done.
    UnsubscribeResult {}

    /// Publish into a channel; in a map set the value of a key, or remove it.
    PublishRequest {
        #[prost(string, tag = "1")]
        channel: String,
        #[prost(bytes = "bytes", tag = "2")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
        #[prost(int32, tag = "3")]
        r#type: i32,
        #[prost(string, tag = "4")]
        key: String,
        #[prost(bool, tag = "5")]
        removed: bool,
    }

    /// Done.
    PublishResult {}

    /// Who is in a channel?
    PresenceRequest {
        #[prost(string, tag = "1")]
        channel: String,
    }

    /// Who is in a channel, by connection.
    PresenceResult {
        #[prost(btree_map = "string, message", tag = "1")]
        presence: BTreeMap<String, ClientInfo>,
    }

    /// How many are in a channel?
    PresenceStatsRequest {
        #[prost(string, tag = "1")]
        channel: String,
    }

    /// How many are in a channel.
    PresenceStatsResult {
        #[prost(uint32, tag = "1")]
        num_clients: u32,
        #[prost(uint32, tag = "2")]
        num_users: u32,
    }

    /// A position in a stream.
    StreamPosition {
        #[prost(uint64, tag = "1")]
        offset: u64,
        #[prost(string, tag = "2")]
        epoch: String,
    }

    /// A page of a channel's past. `limit` 0 asks for the position alone, -1 for all there is.
    HistoryRequest {
        #[prost(string, tag = "1")]
        channel: String,
        #[prost(int32, tag = "7")]
        limit: i32,
        #[prost(message, optional, tag = "8")]
        since: Option<StreamPosition>,
        #[prost(bool, tag = "9")]
        reverse: bool,
    }

    /// A page of a channel's past and where its stream stands.
    HistoryResult {
        #[prost(message, repeated, tag = "1")]
        publications: Vec<Publication>,
        #[prost(string, tag = "2")]
        epoch: String,
        #[prost(uint64, tag = "3")]
        offset: u64,
    }

    /// Are you there?
    PingRequest {}

    /// Yes.
    PingResult {}

    /// Call a method.
    RpcRequest {
        #[prost(bytes = "bytes", tag = "1")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
        #[prost(string, tag = "2")]
        method: String,
    }

    /// What the method answers.
    RpcResult {
        #[prost(bytes = "bytes", tag = "1")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
    }

    /// A message without an answer.
    SendRequest {
        #[prost(bytes = "bytes", tag = "1")]
        #[serde(deserialize_with = "bytes_from_raw")]
        data: Bytes,
    }

    /// A node of a filter over tags.
    FilterNode {
        #[prost(string, tag = "1")]
        op: String,
        #[prost(string, tag = "2")]
        key: String,
        #[prost(string, tag = "3")]
        cmp: String,
        #[prost(string, tag = "4")]
        val: String,
        #[prost(string, repeated, tag = "5")]
        vals: Vec<String>,
        #[prost(message, repeated, tag = "6")]
        nodes: Vec<FilterNode>,
    }
}

impl Command {
    /// Whether this is the answer to a ping: nothing is set.
    #[must_use]
    pub fn is_pong(&self) -> bool {
        *self == Self::default()
    }
}

impl Reply {
    /// A push: no id.
    #[must_use]
    pub fn push(push: Push) -> Self {
        Self {
            push: Some(push),
            ..Self::default()
        }
    }

    /// The failure of the command with this id.
    #[must_use]
    pub fn error(id: u32, error: Error) -> Self {
        Self {
            id,
            error: Some(error),
            ..Self::default()
        }
    }
}

impl From<super::ErrorCode> for Error {
    fn from(code: super::ErrorCode) -> Self {
        Self {
            code: code.code(),
            message: code.text().to_owned(),
            temporary: code.is_temporary(),
        }
    }
}
