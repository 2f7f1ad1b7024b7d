//! Connections by address, so that one machine can not take them all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Connections per address prefix: an IPv4 address or an IPv6 /64.
#[derive(Debug, Default)]
pub(crate) struct Crowd(Mutex<HashMap<u64, u32>>);

/// One connection's place in the crowd, given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    crowd: Arc<Crowd>,
    prefix: u64,
}

impl Crowd {
    /// A place for one more connection from this address; `None` when there are too many.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr, max: usize) -> Option<Seat> {
        let prefix = match address.to_canonical() {
            IpAddr::V4(address) => u64::from(address.to_bits()),
            IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(prefix).or_insert(0);
        if *count as usize >= max {
            return None;
        }
        *count += 1;
        Some(Seat {
            crowd: Arc::clone(self),
            prefix,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.prefix) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.prefix);
            }
        }
    }
}
