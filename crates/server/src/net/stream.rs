//! Connections over plain HTTP: one response that does not end carries what the server says.
//!
//! It opens them and brings what clients send in other requests; it never looks inside.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::limits::{SOCKET_MESSAGE_BYTES_MAX, STALE_CONNECTION_MS_MAX};
use bytes::Bytes;
use domain::hub::Framing;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::ws::Door;
use crate::door::Opening;
use crate::drive::hub::link::{Arrived, Arriving};

/// Asks proxies (nginx first) to pass on what comes at once.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Reads a body whole: bounded in bytes, and in time, so that nobody holds a request open by
/// sending a byte now and then.
pub(crate) async fn whole(body: Body, bytes_max: usize) -> Result<Bytes, StatusCode> {
    let patience = Duration::from_millis(STALE_CONNECTION_MS_MAX);
    match timeout(patience, to_bytes(body, bytes_max)).await {
        Ok(Ok(body)) => Ok(body),
        // The limit, or a client that hung up and reads no answer.
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// A body that is one message.
pub(crate) async fn message(body: Body) -> Result<Bytes, StatusCode> {
    whole(body, SOCKET_MESSAGE_BYTES_MAX).await
}

/// Says that the answer is made of what happens, now.
pub(crate) fn unbuffered(headers: &mut HeaderMap, media_type: &'static str) {
    let fixed = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-store, no-transform"),
        (X_ACCEL_BUFFERING, "no"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

impl Door {
    /// Lets a connection arrive in the hub and answers with everything it will be told.
    pub(crate) async fn stream(
        &self,
        parts: &Parts,
        opening: Opening,
        (framing, media_type): (Framing, &'static str),
    ) -> Result<Response, Response> {
        let greeting = self.greet(parts)?;
        let seat = self.seat(&greeting)?;
        let (sender, reader) = oneshot::channel();
        let arrived = Arrived {
            carrier: Arriving::Pipe(framing, sender),
            opening,
            greeting,
            seat,
        };
        self.hub.arrive(arrived, None);
        // Without a shard the server goes down.
        let reader = reader.await;
        let (reader, _) = reader.map_err(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())?;
        let mut response = Response::new(Body::new(reader));
        unbuffered(response.headers_mut(), media_type);
        Ok(response)
    }
}
