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
