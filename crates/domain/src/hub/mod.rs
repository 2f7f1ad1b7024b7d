//! Channels, subscriptions, offsets and the fan-out plan: the pure half of the hub.
