//! The operator's own backend, which decides about users and channels that are not Plaza's.

use std::collections::BTreeMap;

use super::section::section;
use crate::net::outbound::{Reach, address};

section! {
    /// The operator's own backend, asked over HTTP (POST, JSON) what app users may do
    /// (docs/doors/backends.md). An empty address asks nobody. Addresses may be private.
    Proxy as "proxy" {
        /// Who a client without a token is.
        #[example = "\"http://127.0.0.1:3000/plaza/connect\""]
        connect_url: String = String::new(),
        /// Whether a connection that `connect_url` let in may stay when its time is over.
        refresh_url: String = String::new(),
        /// Whether a user may subscribe, in namespaces with `subscribe_proxy_enabled`.
        subscribe_url: String = String::new(),
        /// Whether and what a user publishes, in namespaces with `publish_proxy_enabled`.
        publish_url: String = String::new(),
        /// Whether a subscription that `subscribe_url` allowed may stay when its time is over, in
        /// namespaces with `sub_refresh_proxy_enabled`.
        sub_refresh_url: String = String::new(),
        /// Calls of methods that Plaza does not know, of app users.
        rpc_url: String = String::new(),
        /// How long an answer may take, in milliseconds.
        timeout_ms: u64 = 1_000,
        /// Headers of a client's handshake that are sent along, in lower case.
        #[example = "[\"cookie\", \"authorization\", \"x-forwarded-for\"]"]
        http_headers: Vec<String> = Vec::new(),
        /// Headers that are always sent.
        #[example = "{ \"x-plaza-secret\" = \"…\" }"]
        static_headers: BTreeMap<String, String> = BTreeMap::new(),
    }
}

impl Proxy {
    /// Every address with its key.
    fn addresses(&self) -> [(&'static str, &str); 6] {
        [
            ("connect_url", &self.connect_url),
            ("refresh_url", &self.refresh_url),
            ("subscribe_url", &self.subscribe_url),
            ("publish_url", &self.publish_url),
            ("sub_refresh_url", &self.sub_refresh_url),
            ("rpc_url", &self.rpc_url),
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
        if !(1..=60_000).contains(&self.timeout_ms) {
            return Err("[proxy] timeout_ms is 1 to 60000".to_owned());
        }
        let named = self.http_headers.iter().chain(self.static_headers.keys());
        for name in named {
            let known = axum::http::HeaderName::from_bytes(name.as_bytes()).is_ok();
            if !known || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                return Err(format!("[proxy] {name:?} is no header name in lower case"));
            }
        }
        Ok(())
    }
}
