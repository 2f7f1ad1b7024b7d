//! App channels: the channels that developers name, and the rules of their namespaces.
//!
//! A channel's name says which namespace it belongs to, the namespace's [`ChannelOptions`] say what
//! happens there, and [`may`] and [`may_subscribe`] say who may do what. Pure; `server::handle` is
//! the only caller. The product's own channels (rooms, people) are named here so that no namespace
//! can take their names, and are ruled elsewhere.

mod name;
mod namespaces;
mod options;
mod permit;

pub use name::{ChannelName, Malformed, PRODUCT_CHANNELS, personal};
pub use namespaces::{Namespaces, Unusable};
pub use options::{
    Allowed, ChannelOptions, ClientKey, DataFormat, MapOptions, RecoveryMode, SubscriptionType,
};
pub use permit::{Act, Asker, No, Wish, fits, may, may_subscribe, standing};
