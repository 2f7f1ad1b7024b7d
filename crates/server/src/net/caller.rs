//! Who calls, as far as the connection tells: address, scheme, host, and the request's id.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::{HeaderMap, header, request::Parts};

use crate::config::Network;

/// What is known of a request before anybody looks at a session.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the operator finds this request by in the log.
    pub request_id: Arc<str>,
    /// The client's address; behind a trusted proxy the one that it tells.
    pub address: IpAddr,
    /// Whether the client speaks HTTPS (to a trusted proxy in front of us).
    pub secure: bool,
    /// The host and port that the client asked for.
    pub host: Option<String>,
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The last address in `X-Forwarded-For` that is not itself a trusted proxy: everything before it
/// was written by somebody we have no reason to believe.
fn forwarded_for(headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let listed: Vec<IpAddr> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|address| address.trim().parse().ok())
        .collect();
    let outside = |address: &&IpAddr| !trusted.iter().any(|network| network.contains(**address));
    listed
        .iter()
        .rev()
        .find(outside)
        .or(listed.first())
        .copied()
}

/// Whether a proxy stands in front of us that the configuration does not name: then all its clients
/// share one address for the throttles, and cookies are not marked `Secure`.
#[must_use]
pub fn is_unnamed_proxy(headers: &HeaderMap, peer: SocketAddr, trusted: &[Network]) -> bool {
    let peer = peer.ip().to_canonical();
    headers.contains_key("x-forwarded-for") && !trusted.iter().any(|network| network.contains(peer))
}

impl Caller {
    /// Reads what the connection and, from trusted proxies, the headers tell.
    #[must_use]
    pub fn of(parts: &Parts, peer: SocketAddr, trusted: &[Network]) -> Self {
        let headers = &parts.headers;
        let peer = peer.ip().to_canonical();
        let from_proxy = trusted.iter().any(|network| network.contains(peer));
        let asked = text(headers, header::HOST.as_str())
            .or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
        let told = |name: &str| from_proxy.then(|| text(headers, name)).flatten();
        let address = from_proxy
            .then(|| forwarded_for(headers, trusted))
            .flatten();
        Self {
            request_id: format!("{:016x}", rand::random::<u64>()).into(),
            address: address.unwrap_or(peer).to_canonical(),
            secure: told("x-forwarded-proto").is_some_and(|scheme| scheme == "https"),
            host: told("x-forwarded-host")
                .or(asked)
                .map(str::to_ascii_lowercase),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn caller(peer: &str, headers: &[(&str, &str)]) -> Caller {
        let mut request = Request::builder()
            .uri("/")
            .header("host", "Plaza.example:8000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        Caller::of(&parts, SocketAddr::new(peer.parse().unwrap(), 1), &trusted)
    }

    #[test]
    fn a_stranger_may_claim_what_it_likes() {
        let claims = [
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-proto", "https"),
        ];
        let caller = caller("192.0.2.9", &claims);
        assert_eq!(caller.address, IpAddr::from([192, 0, 2, 9]));
        assert!(!caller.secure);
        assert_eq!(caller.host.as_deref(), Some("plaza.example:8000"));
    }

    #[test]
    fn a_proxy_that_is_not_named_is_noticed() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 1);
        assert!(!is_unnamed_proxy(&headers, at("127.0.0.1"), &trusted));
        headers.insert("x-forwarded-for", "192.0.2.7".parse().unwrap());
        assert!(is_unnamed_proxy(&headers, at("127.0.0.1"), &trusted));
        assert!(!is_unnamed_proxy(&headers, at("10.0.0.2"), &trusted));
    }

    #[test]
    fn a_trusted_proxy_tells_the_client_and_the_scheme() {
        let claims = [
            ("x-forwarded-for", "6.6.6.6, 192.0.2.7, 10.0.0.3"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "talk.example"),
        ];
        let caller = caller("10.0.0.2", &claims);
        assert_eq!(caller.address, IpAddr::from([192, 0, 2, 7]));
        assert!(caller.secure);
        assert_eq!(caller.host.as_deref(), Some("talk.example"));
    }
}
