//! Which web pages may use the server with a person's session.

use super::section::section;

section! {
    /// Web pages of other hosts that may write with a person's session or open a socket. The web
    /// app itself needs no entry.
    Origins as "origins" {
        /// Origins in full: scheme, host and port. `*` as the port stands for every port, for a
        /// developer's own machine.
        #[example = "[\"https://intranet.example.org\", \"http://localhost:*\"]"]
        allowed: Vec<String> = Vec::new(),
    }
}

/// Says why this is no origin, if it is none.
pub(super) fn check(origin: &str) -> Result<(), String> {
    let host = origin
        .strip_prefix("https://")
        .or(origin.strip_prefix("http://"));
    let host = host.map(|host| host.strip_suffix(":*").unwrap_or(host));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '*']) => Ok(()),
        Some(_) | None => Err(format!(
            "{origin:?} is not an origin such as \"https://example.org\""
        )),
    }
}

/// The same at a door that knows no cookies: it may also let in all pages, and those that a browser
/// opened from a file.
pub(super) fn check_at_door(origin: &str) -> Result<(), String> {
    if matches!(origin, "*" | "null" | "file://") {
        return Ok(());
    }
    check(origin)
}
