//! The media server against clients and a bad network, over a virtual clock. Everything random
//! comes from a seed that a failure prints.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test says what it needs by failing, and looks at what it is about"
)]

mod call;
mod forwarding;
mod network;
mod numbers;
mod publisher;
mod receiver;
mod scalable;
mod sfu;
mod sharing;
