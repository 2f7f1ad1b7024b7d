//! The reading page of the REST description: `/api/docs`. It brings everything along, so it works
//! without internet, and runs no inline script, so the content policy holds.

use axum::http::header;
use axum::response::IntoResponse;

const PAGE: &str = include_str!("docs/page.html");
const SCRIPT: &str = include_str!("docs/app.js");
const STYLE: &str = include_str!("docs/app.css");

fn send(kind: &'static str, text: &'static str) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        text,
    )
}

/// The page.
pub async fn page() -> impl IntoResponse {
    send("text/html; charset=utf-8", PAGE)
}

/// Its script.
pub async fn script() -> impl IntoResponse {
    send("text/javascript; charset=utf-8", SCRIPT)
}

/// Its style.
pub async fn style() -> impl IntoResponse {
    send("text/css; charset=utf-8", STYLE)
}
