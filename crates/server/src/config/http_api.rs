//! Keys for the server HTTP API that stand in the file.

use super::section::section;

section! {
    /// The server HTTP API under `/api`, through which an app's backend publishes, subscribes and
    /// disconnects.
    HttpApi as "http_api" {
        /// Keys that are accepted, beside those made on the admin page. At least 16 characters.
        #[example = "[\"a long random text\"]"]
        keys: Vec<String> = Vec::new(),
        /// Accept every request without a key. For tests: only when every address that the server
        /// listens at is a loopback one.
        insecure: bool = false,
    }
}
