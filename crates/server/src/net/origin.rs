//! Which web pages may act with a person's session: this server's own, and those the operator
//! lists.
//!
//! Browsers send the session cookie along with requests that other pages start. `Origin` and
//! `Sec-Fetch-Site` tell them apart, and a page can forge neither. Programs send none of the two
//! and hold no cookie that somebody else could use.

use std::net::IpAddr;

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

/// Whether a place that nobody has set up may be set up under the name by which the client asked:
/// an address, a name that no stranger can own, or one that the operator lists. Any other name may
/// be a stranger's that leads here since a moment ago (DNS rebinding), and the page behind it then
/// counts as this server's own.
///
/// # Errors
/// `foreign_origin`, with what to do.
pub fn check_unclaimed(caller: &Caller, settings: &Origins) -> Answer<()> {
    let host = caller.host.as_deref().unwrap_or_default();
    // Only a proxy that the operator trusts makes a caller secure.
    if caller.secure || is_unclaimable(bare_host(host)) {
        return Ok(());
    }
    let listed = ["http", "https"].map(|scheme| format!("{scheme}://{host}"));
    let is_listed = |origin: &String| settings.allowed.iter().any(|it| is(origin, it));
    if listed.iter().any(is_listed) {
        return Ok(());
    }
    let detail = format!(
        "Nobody has set this place up yet, and {host:?} could be anybody's name for it. Open it by \
         its address, such as http://localhost:8000, or list https://{host} under [origins] \
         allowed in the configuration."
    );
    Err(Problem::new(Code::ForeignOrigin, detail))
}

/// A host without its port.
fn bare_host(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Addresses, this machine, and names of the local network, which nobody registers.
fn is_unclaimable(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
        || (!name.is_empty() && !name.contains('.'))
        || [".localhost", ".local"]
            .iter()
            .any(|end| name.ends_with(end))
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

    #[test]
    fn an_unclaimed_place_is_set_up_by_its_address_or_a_name_nobody_can_own() {
        let settings = Origins {
            allowed: vec!["https://talk.example".to_owned()],
        };
        let claims = |host: &str, secure| {
            let caller = Caller {
                request_id: "q".into(),
                address: IpAddr::from([127, 0, 0, 1]),
                secure,
                host: Some(host.to_owned()),
            };
            check_unclaimed(&caller, &settings).is_ok()
        };
        for own in [
            "localhost:8000",
            "127.0.0.1",
            "192.168.1.7:8000",
            "[::1]:8000",
            "nas:8000",
            "nas.local",
            "talk.example",
        ] {
            assert!(claims(own, false), "{own}");
        }
        for foreign in [
            "evil.example",
            "evil.example:8000",
            "127.0.0.1.evil.example",
            "",
        ] {
            assert!(!claims(foreign, false), "{foreign}");
        }
        assert!(
            claims("anything.example", true),
            "behind the operator's own proxy"
        );
    }
}
