//! The session cookie.
//!
//! Over HTTPS it is `__Host-plaza_session` with `Secure`, so that no other host of the domain and
//! no plain connection can set or read it; over plain HTTP (a LAN, localhost) `plaza_session`.

use axum::http::{HeaderMap, HeaderValue, header};
use base::limits;

const PLAIN_NAME: &str = "plaza_session";
const SECURE_NAME: &str = "__Host-plaza_session";

fn name(secure: bool) -> &'static str {
    if secure { SECURE_NAME } else { PLAIN_NAME }
}

/// The session secret that the browser sent, if it did.
#[must_use]
pub fn read(headers: &HeaderMap, secure: bool) -> Option<&str> {
    let wanted = name(secure);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, secret)| secret)
        .filter(|secret| !secret.is_empty())
}

fn set_cookie(secret: &str, secure: bool, age_s: u64) -> HeaderValue {
    let flag = if secure { "; Secure" } else { "" };
    let text = format!(
        "{}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age_s}{flag}",
        name(secure)
    );
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The `Set-Cookie` that starts a session. The browser may keep it as long as the session can live.
#[must_use]
pub fn start(secret: &str, secure: bool) -> HeaderValue {
    set_cookie(secret, secure, limits::SESSION_LIFE_MS / 1000)
}

/// The `Set-Cookie` that makes the browser forget.
#[must_use]
pub fn end(secure: bool) -> HeaderValue {
    set_cookie("", secure, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_of_a_plain_connection_is_not_taken_over_https() {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_static("a=b; plaza_session=abc; c=d");
        headers.insert(header::COOKIE, value);
        assert_eq!(read(&headers, false), Some("abc"));
        assert_eq!(read(&headers, true), None);
    }

    #[test]
    fn over_https_it_is_secure_and_bound_to_the_host() {
        let value = start("abc", true);
        let text = value.to_str().unwrap();
        assert!(text.starts_with("__Host-plaza_session=abc; Path=/; HttpOnly; SameSite=Lax"));
        assert!(text.ends_with("; Secure"));
    }
}
