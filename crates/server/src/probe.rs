//! What machines ask: `/healthz`, `/readyz`, `/metrics`.
//!
//! They look at this process only, never at a network: an orchestrator that restarts a server
//! because something else is down makes things worse.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::Shared;
use crate::drive::writer::WriterState;

async fn alive() -> &'static str {
    "ok\n"
}

async fn ready(State(app): State<Shared>) -> Response {
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
    (status, format!("{word}\nwriter {writer}\n")).into_response()
}

async fn metrics(State(app): State<Shared>) -> impl IntoResponse {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.scrape.render(&app))
}

/// The probes.
pub fn router() -> Router<Shared> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}
