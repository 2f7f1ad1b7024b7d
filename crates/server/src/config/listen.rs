//! Where the server listens and whom it believes about addresses.

pub use base::Network;

use super::section::section;

section! {
    /// Where the server listens. One port serves everything: the web app, REST and live sockets.
    Listen as "listen" {
        /// Address and port. `0.0.0.0` means every network of this machine, port 0 any free port.
        /// Also `--listen` on the command line and `PLAZA_LISTEN` in the environment.
        address: String = "0.0.0.0:8000".to_owned(),
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
