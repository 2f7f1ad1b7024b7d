//! The web app: embedded in the release binary, read from `web/dist` in a debug build.
//!
//! Files with a hash in their name are cached for ever, the page itself never. Where the build left
//! a `.br` or `.gz` beside a file, that is sent to browsers that take it. The app routes
//! itself: its own addresses show the page, and so does any other, with status 404.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base::Code;
use rust_embed::{Embed, EmbeddedFile};

use crate::problem::Problem;

#[derive(Embed)]
#[folder = "$PLAZA_WEB_DIST"]
#[allow_missing = true]
struct Dist;

const MISSING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Plaza</title>\
    <main><h1>Plaza is running.</h1><p>The web app has not been built into this server. In the \
    repository, run:</p><pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build</pre>\
    <p>then build the server again (a debug build finds it without that).</p>\
    <p>The interface for programs is described at <a href=\"/api/docs\">/api/docs</a>.</p></main>";

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("mp3") => "audio/mpeg",
        Some("ogg") => "audio/ogg",
        Some("txt") => "text/plain; charset=utf-8",
        Some(_) | None => "application/octet-stream",
    }
}

fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let offered = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    offered.is_some_and(|offered| {
        offered.split(',').any(|part| {
            let mut pieces = part.split(';').map(str::trim);
            pieces.next() == Some(coding) && !pieces.any(|piece| matches!(piece, "q=0" | "q=0.0"))
        })
    })
}

/// The best stored form of a file for this browser.
fn find(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    for (coding, ending) in [("br", "br"), ("gzip", "gz")] {
        if accepts(headers, coding)
            && let Some(file) = Dist::get(&format!("{path}.{ending}"))
        {
            return Some((file, Some(coding)));
        }
    }
    Dist::get(path).map(|file| (file, None))
}

fn send(path: &str, headers: &HeaderMap) -> Option<Response> {
    let (file, coding) = find(path, headers)?;
    let hashed = path.starts_with("assets/");
    let cache = if hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let etag: String = file
        .metadata
        .sha256_hash()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let etag = format!("\"{etag}\"");
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == etag));
    let body = if fresh {
        Body::empty()
    } else {
        Body::from(file.data.into_owned())
    };
    let mut response = Response::new(body);
    if fresh {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let told = response.headers_mut();
    told.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(path)),
    );
    told.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    told.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        told.insert(header::ETAG, etag);
    }
    if let Some(coding) = coding {
        told.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}

/// Answers what no other route knows.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let for_programs = ["api", "connection", "emulation"]
        .iter()
        .any(|door| path == *door || path.starts_with(&format!("{door}/")));
    if !reads || for_programs {
        return Problem::new(Code::NotFound, "There is no such address here.").into_response();
    }
    let path = if path.is_empty() { "index.html" } else { path };
    if let Some(response) = send(path, request.headers()) {
        return response;
    }
    // A missing script must not be answered with a page: it would fail in a confusing way.
    if path.starts_with("assets/") {
        return Problem::not_found().into_response();
    }
    let mut response = send("index.html", request.headers()).unwrap_or_else(|| {
        let cache = [(header::CACHE_CONTROL, "no-cache")];
        (cache, Html(MISSING)).into_response()
    });
    if !is_of_the_app(path) && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Whether the web app shows something at an address: the routes of `web/src/app`.
fn is_of_the_app(path: &str) -> bool {
    let mut parts = path.trim_end_matches('/').split('/');
    let (first, rest) = (parts.next().unwrap_or_default(), parts.count());
    match first {
        "" | "index.html" | "setup" | "login" => rest == 0,
        "settings" | "admin" => rest <= 1,
        "i" => rest == 1,
        "r" => rest == 1 || rest == 2,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_that_is_refused_is_not_sent() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("gzip;q=1, br;q=0"),
        );
        assert!(accepts(&headers, "gzip"));
        assert!(!accepts(&headers, "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn the_addresses_of_the_app_are_these() {
        for own in [
            "",
            "setup",
            "login",
            "i/7Q4M-XKTD",
            "r/r0123",
            "r/r0123/42",
            "settings",
            "settings/tokens",
            "admin/people/",
        ] {
            assert!(is_of_the_app(own), "{own}");
        }
        for other in ["nosuchpage", "i", "r", "login/x", "r/a/b/c", "wp-login.php"] {
            assert!(!is_of_the_app(other), "{other}");
        }
    }

    #[tokio::test]
    async fn an_unknown_address_shows_the_page_as_not_found() {
        let get = async |path: &str| {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            serve(request).await.status()
        };
        assert_eq!(get("/").await, 200);
        assert_eq!(get("/r/r0123").await, 200);
        assert_eq!(get("/nosuchpage").await, 404);
        assert_eq!(get("/api").await, 404);
    }
}
