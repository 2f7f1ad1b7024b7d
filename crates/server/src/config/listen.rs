//! Where the server listens and whom it believes about addresses.

use std::net::SocketAddr;

pub use base::Network;

use super::section::section;

section! {
    /// Where the server listens. Every address serves everything: the web app, REST and live
    /// sockets.
    Listen as "listen" {
        /// Address and port. `0.0.0.0` means every network of this machine, port 0 any free port.
        /// Also `--listen` on the command line and `PLAZA_LISTEN` in the environment.
        address: String = "0.0.0.0:8000".to_owned(),
        /// Further addresses and ports. Browsers and Node look for `localhost` at `[::1]` first:
        /// name both. An IPv6 address is passed over, with a warning, on a machine without IPv6.
        #[example = "[\"127.0.0.1:5000\", \"[::1]:5000\"]"]
        more: Vec<SocketAddr> = Vec::new(),
        /// Addresses or networks of reverse proxies in front of Plaza. Only their
        /// `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` are believed. Behind a
        /// proxy that speaks HTTPS this makes the session cookie `Secure`.
        #[example = "[\"127.0.0.1\", \"10.0.0.0/8\"]"]
        trusted_proxies: Vec<Network> = Vec::new(),
        /// Addresses or networks that may read `/metrics` and the state behind `/readyz`, besides
        /// this machine itself.
        #[example = "[\"10.0.0.7\"]"]
        monitors: Vec<Network> = Vec::new(),
        /// Whether WebSockets may agree on permessage-deflate: less traffic for chat, more memory
        /// and time for what clients send. Each message is packed once for all who get it.
        deflate: bool = false,
    }
}

impl Listen {
    /// All addresses, the first one first.
    ///
    /// # Errors
    /// One is no address, or stands there twice: a sentence about it.
    pub fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        let first = self.address.parse().map_err(|_| {
            let address = &self.address;
            format!(
                "[listen] address {address:?} is not an address and port such as \"0.0.0.0:8000\""
            )
        })?;
        let mut all = vec![first];
        for address in &self.more {
            if address.port() != 0 && all.contains(address) {
                return Err(format!("[listen] {address} stands there twice"));
            }
            all.push(*address);
        }
        Ok(all)
    }
}

/// At which addresses a route is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Entrance {
    /// At all of them.
    #[default]
    Every,
    /// At those with this port.
    Port(u16),
    /// At this one, as `[listen]` writes it.
    Address(SocketAddr),
}

impl Entrance {
    /// Whether it is one of these: `address` as `[listen]` writes it.
    #[must_use]
    pub fn is_at(self, address: SocketAddr) -> bool {
        match self {
            Self::Every => true,
            Self::Port(port) => port == address.port(),
            Self::Address(named) => named == address,
        }
    }

    /// Whether two may be the same address.
    pub(super) fn overlaps(self, other: Self) -> bool {
        match (self, other) {
            (Self::Every, Self::Every) => true,
            (Self::Port(port), Self::Port(other)) => port == other,
            (Self::Address(address), Self::Address(other)) => address == other,
            // The narrower one wins where both are there.
            (Self::Every | Self::Port(_) | Self::Address(_), _) => false,
        }
    }
}

/// A route of the configuration: a path, and where it is there.
pub trait Placed {
    /// The path.
    fn path(&self) -> &str;

    /// At which addresses.
    fn listener(&self) -> Entrance;
}

impl std::str::FromStr for Entrance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an address of [listen] nor a \":port\"");
        match text.strip_prefix(':') {
            _ if text.is_empty() => Ok(Self::Every),
            Some(port) => port.parse().map(Self::Port).map_err(|_| wrong()),
            None => text.parse().map(Self::Address).map_err(|_| wrong()),
        }
    }
}

impl std::fmt::Display for Entrance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Every => Ok(()),
            Self::Port(port) => write!(f, ":{port}"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

impl serde::Serialize for Entrance {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Entrance {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_once() {
        let listen = |more: &[&str]| Listen {
            address: "127.0.0.1:8000".to_owned(),
            more: more.iter().map(|text| text.parse().unwrap()).collect(),
            ..Listen::default()
        };
        let all = listen(&["[::1]:8000", "127.0.0.1:0", "127.0.0.1:0"]);
        assert_eq!(all.addresses().unwrap().len(), 4);
        let twice = listen(&["127.0.0.1:8000"]).addresses().unwrap_err();
        assert!(twice.contains("127.0.0.1:8000"), "{twice}");
    }
}
