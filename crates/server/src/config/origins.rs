//! Which web pages may use the server with a person's session.

use super::section::section;

section! {
    /// Web pages of other hosts that may write with a person's session or open a socket. The web
    /// app itself needs no entry.
    Origins as "origins" {
        /// Origins in full: scheme, host and port.
        #[example = "[\"https://intranet.example.org\"]"]
        allowed: Vec<String> = Vec::new(),
    }
}
