//! The JSON of each message: keys are field names, zero values are left out, payloads are embedded
//! as they are.
//!
//! Written by hand, since payloads were checked when they came in and must not be parsed again for
//! every frame.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::encoding::without_newlines;
use super::message::*;

/// Takes an embedded JSON value as the bytes it is written in.
pub(super) fn bytes_from_raw<'de, D: Deserializer<'de>>(json: D) -> Result<Bytes, D::Error> {
    let raw = Box::<RawValue>::deserialize(json)?;
    Ok(Bytes::from(Box::<str>::from(raw).into_string()))
}

/// Takes a JSON string as the bytes of its text.
pub(super) fn bytes_from_text<'de, D: Deserializer<'de>>(json: D) -> Result<Bytes, D::Error> {
    String::deserialize(json).map(Bytes::from)
}

/// Takes an object as the entries of a map.
pub(super) fn entries_from_map<'de, D: Deserializer<'de>>(
    json: D,
) -> Result<Vec<SubscribeEntry>, D::Error> {
    let map = BTreeMap::<String, SubscribeResult>::deserialize(json)?;
    Ok(map
        .into_iter()
        .map(|(key, value)| SubscribeEntry {
            key,
            value: Some(value),
        })
        .collect())
}

/// A message that knows its fields.
pub trait WriteJson {
    /// Writes the fields that are not zero.
    fn fields(&self, object: &mut Object<'_>);
}

/// An object that is being written.
#[derive(Debug)]
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl Object<'_> {
    pub(super) fn write(message: &impl WriteJson, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut object = Object { out, empty: true };
        message.fields(&mut object);
        out.push(b'}');
    }

    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        string(key, self.out);
        self.out.push(b':');
        self.out
    }

    fn number(&mut self, key: &str, value: impl Into<i128>) {
        let value = value.into();
        if value != 0 {
            self.number_always(key, value);
        }
    }

    fn number_always(&mut self, key: &str, value: impl Into<i128>) {
        let text = value.into().to_string();
        self.key(key).extend_from_slice(text.as_bytes());
    }

    fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.key(key).extend_from_slice(b"true");
        }
    }

    fn string(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.string_always(key, value);
        }
    }

    fn string_always(&mut self, key: &str, value: &str) {
        string(value, self.key(key));
    }

    fn raw(&mut self, key: &str, value: &Bytes) {
        if !value.is_empty() {
            self.key(key).extend_from_slice(&without_newlines(value));
        }
    }

    fn message(&mut self, key: &str, value: Option<&impl WriteJson>) {
        if let Some(value) = value {
            Object::write(value, self.key(key));
        }
    }

    fn list(&mut self, key: &str, values: &[impl WriteJson]) {
        if !values.is_empty() {
            self.list_always(key, values);
        }
    }

    fn list_always(&mut self, key: &str, values: &[impl WriteJson]) {
        let out = self.key(key);
        out.push(b'[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            Object::write(value, out);
        }
        out.push(b']');
    }

    fn strings(&mut self, key: &str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        let out = self.key(key);
        out.push(b'[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            string(value, out);
        }
        out.push(b']');
    }

    fn map<V>(
        &mut self,
        key: &str,
        values: &BTreeMap<String, V>,
        mut write: impl FnMut(&mut Object<'_>, &str, &V),
    ) {
        let out = self.key(key);
        out.push(b'{');
        let mut object = Object { out, empty: true };
        for (name, value) in values {
            write(&mut object, name, value);
        }
        out.push(b'}');
    }

    fn messages<V: WriteJson>(&mut self, key: &str, values: &BTreeMap<String, V>) {
        if !values.is_empty() {
            self.map(key, values, |object, name, value| {
                object.message(name, Some(value))
            });
        }
    }

    fn entries(&mut self, key: &str, entries: &[SubscribeEntry]) {
        if entries.is_empty() {
            return;
        }
        let out = self.key(key);
        out.push(b'{');
        let mut object = Object { out, empty: true };
        for entry in entries {
            object.message(&entry.key, entry.value.as_ref());
        }
        out.push(b'}');
    }

    fn texts(&mut self, key: &str, values: &BTreeMap<String, String>) {
        if !values.is_empty() {
            self.map(key, values, |object, name, value| {
                object.string_always(name, value)
            });
        }
    }
}

/// A JSON string. Writing into a Vec does not fail, and text always has a JSON form.
fn string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).unwrap_or_default();
}

macro_rules! write_json {
    ($($name:ty: $this:ident, $object:ident { $($write:tt)* })*) => {
        $(impl WriteJson for $name {
            fn fields(&self, $object: &mut Object<'_>) {
                let $this = self;
                $($write)*
            }
        })*
    };
}

write_json! {
    Command: this, object {
        object.number("id", this.id);
        object.message("connect", this.connect.as_ref());
        object.message("subscribe", this.subscribe.as_ref());
        object.message("unsubscribe", this.unsubscribe.as_ref());
        object.message("publish", this.publish.as_ref());
        object.message("presence", this.presence.as_ref());
        object.message("presence_stats", this.presence_stats.as_ref());
        object.message("history", this.history.as_ref());
        object.message("ping", this.ping.as_ref());
        object.message("send", this.send.as_ref());
        object.message("rpc", this.rpc.as_ref());
        object.message("refresh", this.refresh.as_ref());
        object.message("sub_refresh", this.sub_refresh.as_ref());
    }
    Reply: this, object {
        object.number("id", this.id);
        object.message("error", this.error.as_ref());
        object.message("push", this.push.as_ref());
        object.message("connect", this.connect.as_ref());
        object.message("subscribe", this.subscribe.as_ref());
        object.message("unsubscribe", this.unsubscribe.as_ref());
        object.message("publish", this.publish.as_ref());
        object.message("presence", this.presence.as_ref());
        object.message("presence_stats", this.presence_stats.as_ref());
        object.message("history", this.history.as_ref());
        object.message("ping", this.ping.as_ref());
        object.message("rpc", this.rpc.as_ref());
        object.message("refresh", this.refresh.as_ref());
        object.message("sub_refresh", this.sub_refresh.as_ref());
    }
    Push: this, object {
        object.string("channel", &this.channel);
        object.message("pub", this.publication.as_ref());
        object.message("join", this.join.as_ref());
        object.message("leave", this.leave.as_ref());
        object.message("unsubscribe", this.unsubscribe.as_ref());
        object.message("message", this.message.as_ref());
        object.message("subscribe", this.subscribe.as_ref());
        object.message("connect", this.connect.as_ref());
        object.message("disconnect", this.disconnect.as_ref());
        object.message("refresh", this.refresh.as_ref());
    }
    Error: this, object {
        object.number("code", this.code);
        object.string("message", &this.message);
        object.flag("temporary", this.temporary);
    }
    ClientInfo: this, object {
        object.string_always("user", &this.user);
        object.string_always("client", &this.client);
        object.raw("conn_info", &this.conn_info);
        object.raw("chan_info", &this.chan_info);
    }
    Publication: this, object {
        object.raw("data", &this.data);
        object.message("info", this.info.as_ref());
        object.number("offset", this.offset);
        object.texts("tags", &this.tags);
        object.flag("delta", this.delta);
        object.number("time", this.time);
        object.string("channel", &this.channel);
        object.string("key", &this.key);
        object.flag("removed", this.removed);
        object.number("score", this.score);
    }
    Join: this, object { object.message("info", this.info.as_ref()); }
    Leave: this, object { object.message("info", this.info.as_ref()); }
    UnsubscribePush: this, object {
        object.number("code", this.code);
        object.string("reason", &this.reason);
    }
    MessagePush: this, object { object.raw("data", &this.data); }
    SubscribePush: this, object {
        object.flag("recoverable", this.recoverable);
        object.string("epoch", &this.epoch);
        object.number("offset", this.offset);
        object.flag("positioned", this.positioned);
        object.raw("data", &this.data);
    }
    ConnectPush: this, object {
        object.string("client", &this.client);
        object.string("version", &this.version);
        object.raw("data", &this.data);
        object.entries("subs", &this.subs);
        object.flag("expires", this.expires);
        object.number("ttl", this.ttl);
        object.number("ping", this.ping);
        object.flag("pong", this.pong);
        object.string("session", &this.session);
        object.string("node", &this.node);
        object.number("time", this.time);
    }
    DisconnectPush: this, object {
        object.number("code", this.code);
        object.string("reason", &this.reason);
        object.flag("reconnect", this.reconnect);
    }
    RefreshPush: this, object {
        object.flag("expires", this.expires);
        object.number("ttl", this.ttl);
    }
    ConnectRequest: this, object {
        object.string("token", &this.token);
        object.raw("data", &this.data);
        object.messages("subs", &this.subs);
        object.string("name", &this.name);
        object.string("version", &this.version);
        object.texts("headers", &this.headers);
        object.number("flag", this.flag);
    }
    ConnectResult: this, object {
        object.string("client", &this.client);
        object.string("version", &this.version);
        object.flag("expires", this.expires);
        object.number("ttl", this.ttl);
        object.raw("data", &this.data);
        object.entries("subs", &this.subs);
        object.number("ping", this.ping);
        object.flag("pong", this.pong);
        object.string("session", &this.session);
        object.string("node", &this.node);
        object.number("time", this.time);
    }
    RefreshRequest: this, object { object.string("token", &this.token); }
    RefreshResult: this, object {
        object.string("client", &this.client);
        object.string("version", &this.version);
        object.flag("expires", this.expires);
        object.number("ttl", this.ttl);
    }
    SubscribeRequest: this, object {
        object.string("channel", &this.channel);
        object.string("token", &this.token);
        object.flag("recover", this.recover);
        object.string("epoch", &this.epoch);
        object.number("offset", this.offset);
        object.raw("data", &this.data);
        object.flag("positioned", this.positioned);
        object.flag("recoverable", this.recoverable);
        object.flag("join_leave", this.join_leave);
        object.string("delta", &this.delta);
        object.message("tf", this.tf.as_ref());
        object.number("flag", this.flag);
        object.number("type", this.r#type);
        object.number("phase", this.phase);
        object.string("cursor", &this.cursor);
        object.number("limit", this.limit);
        object.flag("asc", this.asc);
    }
    SubscribeResult: this, object {
        object.flag("expires", this.expires);
        object.number("ttl", this.ttl);
        object.flag("recoverable", this.recoverable);
        object.string("epoch", &this.epoch);
        object.list("publications", &this.publications);
        object.flag("recovered", this.recovered);
        object.number("offset", this.offset);
        object.flag("positioned", this.positioned);
        object.raw("data", &this.data);
        object.flag("was_recovering", this.was_recovering);
        object.flag("delta", this.delta);
        object.number("type", this.r#type);
        object.number("phase", this.phase);
        object.string("cursor", &this.cursor);
        object.list("state", &this.state);
    }
    SubRefreshRequest: this, object {
        object.string("channel", &this.channel);
        object.string("token", &this.token);
        object.number("type", this.r#type);
    }
    SubRefreshResult: this, object {
        object.flag("expires", this.expires);
        object.number("ttl", this.ttl);
    }
    UnsubscribeRequest: this, object { object.string("channel", &this.channel); }
    UnsubscribeResult: _this, _object {}
    PublishRequest: this, object {
        object.string("channel", &this.channel);
        object.raw("data", &this.data);
        object.number("type", this.r#type);
        object.string("key", &this.key);
        object.flag("removed", this.removed);
    }
    PublishResult: _this, _object {}
    PresenceRequest: this, object { object.string("channel", &this.channel); }
    PresenceResult: this, object {
        object.map("presence", &this.presence, |object, client, info| {
            object.message(client, Some(info));
        });
    }
    PresenceStatsRequest: this, object { object.string("channel", &this.channel); }
    PresenceStatsResult: this, object {
        object.number_always("num_clients", this.num_clients);
        object.number_always("num_users", this.num_users);
    }
    StreamPosition: this, object {
        object.number("offset", this.offset);
        object.string("epoch", &this.epoch);
    }
    HistoryRequest: this, object {
        object.string("channel", &this.channel);
        object.number("limit", this.limit);
        object.message("since", this.since.as_ref());
        object.flag("reverse", this.reverse);
    }
    HistoryResult: this, object {
        object.list_always("publications", &this.publications);
        object.string_always("epoch", &this.epoch);
        object.number_always("offset", this.offset);
    }
    PingRequest: _this, _object {}
    PingResult: _this, _object {}
    RpcRequest: this, object {
        object.raw("data", &this.data);
        object.string("method", &this.method);
    }
    RpcResult: this, object { object.raw("data", &this.data); }
    SendRequest: this, object { object.raw("data", &this.data); }
    FilterNode: this, object {
        object.string("op", &this.op);
        object.string("key", &this.key);
        object.string("cmp", &this.cmp);
        object.string("val", &this.val);
        object.strings("vals", &this.vals);
        object.list("nodes", &this.nodes);
    }
}
