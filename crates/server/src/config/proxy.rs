//! The operator's own backend, which decides about users and channels that are not Plaza's.

use std::collections::BTreeMap;

use axum::http::HeaderName;
use base::limits::STALE_CONNECTION_MS_MAX;

use super::Channels;
use super::section::section;
use crate::net::outbound::{Reach, address};

/// An answer that comes later finds a client that is gone.
const TIMEOUT_MS_MAX: u64 = STALE_CONNECTION_MS_MAX - 1_000;

/// Headers that belong to the question itself.
const OWN_HEADERS: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
];

section! {
    /// The operator's own backend, asked over HTTP (POST, JSON) what app users may do
    /// (docs/doors/backends.md). An empty address asks nobody. Addresses may be private.
    Proxy as "proxy" {
        /// Who a client without a token is.
        #[example = "\"http://127.0.0.1:3000/plaza/connect\""]
        connect_url: String = String::new(),
        /// Whether a user may subscribe, in namespaces with `subscribe_proxy_enabled`.
        subscribe_url: String = String::new(),
        /// Whether and what a user publishes, in namespaces with `publish_proxy_enabled`.
        publish_url: String = String::new(),
        /// What methods answer that app users call.
        rpc_url: String = String::new(),
        /// Whether the connection of an app user goes on whose credentials are over.
        refresh_url: String = String::new(),
        /// The same of a subscription, in namespaces with `sub_refresh_proxy_enabled`.
        sub_refresh_url: String = String::new(),
        /// Whether and how a user sets a key, in namespaces with `map_publish_proxy_enabled`.
        map_publish_url: String = String::new(),
        /// Whether and which key a user removes, in namespaces with `map_remove_proxy_enabled`.
        map_remove_url: String = String::new(),
        /// How long an answer may take, in milliseconds; 9000 at most.
        timeout_ms: u64 = 1_000,
        /// Headers of a client's handshake that `connect_url` is sent, in lower case.
        #[example = "[\"cookie\", \"authorization\"]"]
        http_headers: Vec<String> = Vec::new(),
        /// Headers that are always sent.
        #[example = "{ \"x-plaza-secret\" = \"…\" }"]
        static_headers: BTreeMap<String, String> = BTreeMap::new(),
    }
}

impl Proxy {
    /// Every address with its key.
    fn addresses(&self) -> [(&'static str, &str); 8] {
        [
            ("connect_url", &self.connect_url),
            ("subscribe_url", &self.subscribe_url),
            ("publish_url", &self.publish_url),
            ("rpc_url", &self.rpc_url),
            ("refresh_url", &self.refresh_url),
            ("sub_refresh_url", &self.sub_refresh_url),
            ("map_publish_url", &self.map_publish_url),
            ("map_remove_url", &self.map_remove_url),
        ]
    }

    /// Says what makes no sense, if something does.
    pub(super) fn check(&self) -> Result<(), String> {
        for (key, url) in self.addresses() {
            if !url.is_empty()
                && let Err(error) = address(url, Reach::Anywhere)
            {
                return Err(format!("[proxy] {key} {url:?}: {error}"));
            }
        }
        if !(1..=TIMEOUT_MS_MAX).contains(&self.timeout_ms) {
            return Err(format!("[proxy] timeout_ms is 1 to {TIMEOUT_MS_MAX}"));
        }
        let named = self.http_headers.iter().chain(self.static_headers.keys());
        for name in named {
            if OWN_HEADERS.contains(&name.as_str()) {
                return Err(format!("[proxy] {name:?} is Plaza's own to send"));
            }
            let known = HeaderName::from_bytes(name.as_bytes()).is_ok();
            if !known || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                return Err(format!("[proxy] {name:?} is no header name in lower case"));
            }
        }
        for (name, value) in &self.static_headers {
            if axum::http::HeaderValue::from_str(value).is_err() {
                return Err(format!(
                    "[proxy] {name:?} has no value that a header can have"
                ));
            }
        }
        Ok(())
    }

    /// Says which namespace asks a backend that is not there, if one does.
    pub(super) fn check_asked(&self, name: &str, channels: &Channels) -> Result<(), String> {
        let asks = [
            (
                channels.subscribe_proxy_enabled,
                &self.subscribe_url,
                "subscribe",
            ),
            (channels.publish_proxy_enabled, &self.publish_url, "publish"),
            (
                channels.sub_refresh_proxy_enabled,
                &self.sub_refresh_url,
                "sub_refresh",
            ),
            (
                channels.map_publish_proxy_enabled,
                &self.map_publish_url,
                "map_publish",
            ),
            (
                channels.map_remove_proxy_enabled,
                &self.map_remove_url,
                "map_remove",
            ),
        ];
        match asks.iter().find(|(on, url, _)| *on && url.is_empty()) {
            None => Ok(()),
            Some((_, _, about)) => Err(format!(
                "{name} {about}_proxy_enabled needs {about}_url in [proxy]"
            )),
        }
    }

    /// The headers of handshakes that the backend wants to see.
    #[must_use]
    pub fn wanted_headers(&self) -> Vec<HeaderName> {
        let names = self.http_headers.iter();
        names.filter_map(|name| name.parse().ok()).collect()
    }
}
