//! The media server against clients and a bad network, over a virtual clock.

mod sfu;
