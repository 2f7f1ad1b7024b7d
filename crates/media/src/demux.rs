//! Whose an incoming datagram is: all peers share one port, so the sender's address decides.
//!
//! An address gets an entry only after somebody proved with a peer's password that it is that
//! peer's; each peer has a few entries, so the table can not be grown from outside.

use core::net::SocketAddr;
use std::collections::{HashMap, VecDeque};

use base::limits::CALL_PEER_ADDRESSES_MAX;

use crate::worker::Carrier;

/// One end of a path: how, and from where.
pub(crate) type Remote = (Carrier, SocketAddr);

/// What an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    /// The place of the peer.
    pub(crate) peer: usize,
    /// Our own address on that path: answers go out from there.
    pub(crate) local: SocketAddr,
}

/// The addresses of all peers of a worker.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    paths: HashMap<Remote, Path>,
    /// The addresses of each peer, the oldest first.
    of: HashMap<usize, VecDeque<Remote>>,
}

impl Demux {
    /// Whose an address is.
    pub(crate) fn find(&self, remote: Remote) -> Option<Path> {
        self.paths.get(&remote).copied()
    }

    /// An address was proved to be a peer's. Returns whether that is new.
    pub(crate) fn learn(&mut self, remote: Remote, path: Path) -> bool {
        let before = self.paths.insert(remote, path);
        if before.is_some_and(|it| it.peer == path.peer) {
            return false;
        }
        if let Some(before) = before {
            self.of
                .entry(before.peer)
                .or_default()
                .retain(|it| *it != remote);
        }
        let own = self.of.entry(path.peer).or_default();
        own.push_back(remote);
        if own.len() > CALL_PEER_ADDRESSES_MAX
            && let Some(oldest) = own.pop_front()
        {
            self.paths.remove(&oldest);
        }
        true
    }

    /// A peer has gone.
    pub(crate) fn forget(&mut self, peer: usize) {
        for remote in self.of.remove(&peer).unwrap_or_default() {
            self.paths.remove(&remote);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(port: u16) -> Remote {
        (Carrier::Udp, SocketAddr::from(([127, 0, 0, 1], port)))
    }

    fn path(peer: usize) -> Path {
        Path {
            peer,
            local: SocketAddr::from(([127, 0, 0, 1], 1)),
        }
    }

    #[test]
    fn a_peer_keeps_its_latest_addresses_only() {
        let mut demux = Demux::default();
        for port in 0..100 {
            assert!(demux.learn(remote(port), path(1)));
        }
        assert_eq!(demux.paths.len(), CALL_PEER_ADDRESSES_MAX);
        assert_eq!(demux.find(remote(0)), None);
        assert_eq!(demux.find(remote(99)), Some(path(1)));
    }

    #[test]
    fn an_address_that_changes_hands_is_the_new_owners() {
        let mut demux = Demux::default();
        demux.learn(remote(1), path(1));
        assert!(demux.learn(remote(1), path(2)));
        assert!(!demux.learn(remote(1), path(2)));
        demux.forget(1);
        assert_eq!(demux.find(remote(1)), Some(path(2)));
        demux.forget(2);
        assert_eq!(demux.find(remote(1)), None);
    }
}
