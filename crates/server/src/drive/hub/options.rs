//! How the hub is set up. Made by the start from the configuration; the hub keeps it.

use std::thread;

use base::limits::{
    COMMANDS_BURST, COMMANDS_PER_SECOND, CONNECTIONS_PER_PREFIX_MAX,
    SUBSCRIPTIONS_PER_CONNECTION_MAX,
};

/// How the hub is set up.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// How many shard threads there are.
    pub shards: usize,
    /// Connections from one IPv4 address or IPv6 /64.
    pub connections_per_prefix_max: usize,
    /// Commands a second that one connection may send.
    pub commands_per_second: u32,
    /// Commands that it may send at once.
    pub commands_burst: u32,
    /// Whether WebSockets may agree on permessage-deflate.
    pub deflate: bool,
    /// Subscriptions that it may have.
    pub subscriptions_max: usize,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            shards: thread::available_parallelism().map_or(1, usize::from),
            connections_per_prefix_max: CONNECTIONS_PER_PREFIX_MAX,
            commands_per_second: COMMANDS_PER_SECOND,
            commands_burst: COMMANDS_BURST,
            deflate: false,
            subscriptions_max: SUBSCRIPTIONS_PER_CONNECTION_MAX,
        }
    }
}
