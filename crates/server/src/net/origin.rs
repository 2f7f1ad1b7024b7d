//! Which web pages may act with a person's session: this server's own, and those the operator
//! lists.
//!
//! Browsers send the session cookie along with requests that other pages start. `Origin` and
//! `Sec-Fetch-Site` tell them apart, and a page can forge neither. Programs send none of the two
//! and hold no cookie that somebody else could use.

use axum::http::{HeaderMap, header};
use base::Code;

use crate::config::Origins;
use crate::net::caller::Caller;
use crate::problem::{Answer, Problem};

/// Looks at the page that asks.
///
/// # Errors
/// `foreign_origin` when it is not this server's and not listed.
pub fn check(headers: &HeaderMap, caller: &Caller, settings: &Origins) -> Answer<()> {
    check_at(headers, caller, (settings, &[]))
}

/// The same at a door of its own, which takes pages of `more` as well; `*` among them for all. A
/// door that does so must not look at cookies.
///
/// # Errors
/// See [`check`].
pub fn check_at(
    headers: &HeaderMap,
    caller: &Caller,
    (settings, more): (&Origins, &[String]),
) -> Answer<()> {
    let all = more.iter().any(|listed| listed == "*");
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or("null");
        let listed = || settings.allowed.iter().chain(more).any(|it| is(origin, it));
        return if all || is_own(origin, caller) || listed() {
            Ok(())
        } else {
            Err(foreign())
        };
    }
    if all {
        return Ok(());
    }
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(foreign()),
    }
}

/// Whether a page is this server's.
pub fn is_own(origin: &str, caller: &Caller) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let Some(host) = &caller.host else {
        return false;
    };
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |authority: &str| {
        let lower = authority.to_ascii_lowercase();
        lower
            .strip_suffix(default_port)
            .map_or(lower.clone(), str::to_owned)
    };
    bare(authority) == bare(host)
}

/// Whether a page is in a list; `*` in it stands for all.
#[must_use]
pub fn is_listed(origin: &str, list: &[String]) -> bool {
    list.iter()
        .any(|listed| listed == "*" || is(origin, listed))
}

/// Whether a page is the listed one, or one of its host where every port is listed.
fn is(origin: &str, listed: &str) -> bool {
    let Some(host) = listed.strip_suffix(":*") else {
        return listed.trim_end_matches('/').eq_ignore_ascii_case(origin);
    };
    let rest = origin
        .get(..host.len())
        .filter(|start| start.eq_ignore_ascii_case(host))
        .and_then(|start| origin.get(start.len()..));
    let is_port = |rest: &str| {
        let port = rest.strip_prefix(':');
        port.is_some_and(|port| port.parse::<u16>().is_ok())
    };
    rest.is_some_and(|rest| rest.is_empty() || is_port(rest))
}

fn foreign() -> Problem {
    let detail = "The page that asks is not this server's. Open Plaza itself and try again.";
    Problem::new(Code::ForeignOrigin, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn passes(host: &str, name: &'static str, value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        let caller = Caller {
            request_id: "q".into(),
            address: std::net::IpAddr::from([127, 0, 0, 1]),
            secure: false,
            host: Some(host.to_owned()),
        };
        let settings = Origins {
            allowed: vec![
                "https://intranet.example".to_owned(),
                "http://localhost:*".to_owned(),
            ],
        };
        check(&headers, &caller, &settings).is_ok()
    }

    #[test]
    fn only_this_server_and_listed_pages_may_act() {
        assert!(passes("plaza.example", "origin", "https://plaza.example"));
        assert!(passes(
            "plaza.example:443",
            "origin",
            "https://plaza.example"
        ));
        assert!(passes("localhost:8000", "origin", "http://localhost:8000"));
        assert!(passes(
            "plaza.example",
            "origin",
            "https://intranet.example"
        ));
        for foreign in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example:9000",
            "http://localhost:9000.evil.example",
            "https://localhost:9000",
            "file://",
        ] {
            assert!(!passes("localhost:8000", "origin", foreign), "{foreign}");
        }
    }

    #[test]
    fn a_host_can_be_listed_with_every_port() {
        for own in [
            "http://localhost:9000",
            "http://localhost",
            "HTTP://LocalHost:1",
        ] {
            assert!(passes("plaza.example", "origin", own), "{own}");
        }
    }

    #[test]
    fn without_an_origin_the_fetch_metadata_decides() {
        assert!(passes("a", "sec-fetch-site", "same-origin"));
        assert!(!passes("a", "sec-fetch-site", "cross-site"));
        assert!(!passes("a", "sec-fetch-site", "same-site"));
        assert!(passes("a", "user-agent", "curl"));
    }
}
