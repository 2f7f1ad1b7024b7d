//! The policy of the media server against a bad network: a publisher, a forwarding path and a
//! receiver over a virtual clock. Everything random comes from a seed that a failure prints.

mod call;
mod forwarding;
mod network;
mod publisher;
mod receiver;
