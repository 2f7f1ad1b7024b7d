//! What machines ask: `/healthz`, `/readyz`, `/metrics`.
//!
//! They look at this process only, never at a network: an orchestrator that restarts a server
//! because something else is down makes things worse. Whether it is alive and takes work may be
//! asked by anybody; how it fares only by this machine and the operator's monitors.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use crate::app::{App, Shared};
use crate::drive::writer::WriterState;
use crate::net::caller::Caller;
use crate::problem::Problem;

async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the caller may see figures. What came through a proxy is not from this machine, even
/// when the proxy is and nobody listed it.
fn is_monitor(app: &App, caller: &Caller, headers: &HeaderMap) -> bool {
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    let direct = !forwarded.iter().any(|name| headers.contains_key(*name));
    let listed = app.monitors.iter();
    (direct && caller.address.is_loopback())
        || listed.into_iter().any(|net| net.contains(caller.address))
}

async fn ready(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    let writer = match app.writer.state() {
        WriterState::Open => "open",
        WriterState::ReadOnly => "read-only",
        WriterState::Stopped => "stopped",
    };
    let takes_work = app.is_ready() && writer != "stopped";
    let status = if takes_work {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let word = if takes_work { "ready" } else { "not ready" };
    if is_monitor(&app, &caller, &headers) {
        (status, format!("{word}\nwriter {writer}\n")).into_response()
    } else {
        (status, format!("{word}\n")).into_response()
    }
}

async fn metrics(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    if !is_monitor(&app, &caller, &headers) {
        return Problem::not_found().into_response();
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.scrape.render(&app)).into_response()
}

/// The probes.
pub fn router() -> Router<Shared> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}
