//! One request to a webhook: its body, its signature, and what its answer means.

use std::time::{Duration, Instant};

use axum::http::{Method, Request, StatusCode, header};
use base::UnixMs;
use base::limits::WEBHOOK_ANSWER_BYTES_MAX;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use store::OutboxRow;

use super::{Target, Webhooks};
use crate::app::VERSION;
use crate::clock;
use crate::net::outbound::Allowance;

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The status of the answer, when there was one.
    pub status: Option<u16>,
    /// Why it counts as not taken.
    pub error: Option<String>,
    /// How long it took.
    pub duration: Duration,
}

/// An event as it is sent.
fn event(row: &OutboxRow) -> Value {
    let event = &row.event;
    let mut out: Map<String, Value> = serde_json::from_str(&event.detail).unwrap_or_default();
    out.insert("id".to_owned(), row.id.to_string().into());
    out.insert("at".to_owned(), event.at.0.into());
    out.insert("event".to_owned(), event.kind.name().into());
    out.insert("client".to_owned(), event.client.as_str().into());
    out.insert("user".to_owned(), event.user.as_str().into());
    if !event.channel.is_empty() {
        out.insert("channel".to_owned(), event.channel.as_str().into());
    }
    out.into()
}

/// The signature over the time and the body: `t=<milliseconds>,v1=<hex of HMAC-SHA256>`.
pub(super) fn signature(secret: &str, sent_at: UnixMs, body: &[u8]) -> String {
    let signed = |mac: &mut Hmac<Sha256>| {
        mac.update(sent_at.0.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
    };
    // HMAC takes a key of any length.
    let hex = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            signed(&mut mac);
            let bytes = mac.finalize().into_bytes();
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        },
    );
    format!("t={},v1={hex}", sent_at.0)
}

/// Sends events, and before them a word about those that were lost.
pub(super) async fn send(
    webhooks: &Webhooks,
    target: &Target,
    rows: &[&OutboxRow],
    lost: u64,
) -> Tried {
    let mut events: Vec<Value> = Vec::with_capacity(rows.len() + 1);
    if lost > 0 {
        events.push(json!({"event": "lost", "count": lost}));
    }
    events.extend(rows.iter().map(|row| event(row)));
    post(webhooks, target, events).await
}

/// Sends one event that means nothing.
pub(super) async fn test(webhooks: &Webhooks, target: &Target) -> Tried {
    let event = json!({"event": "test", "at": clock::now().0});
    post(webhooks, target, vec![event]).await
}

async fn post(webhooks: &Webhooks, target: &Target, events: Vec<Value>) -> Tried {
    let began = Instant::now();
    let sent_at = clock::now();
    let body = json!({"webhook": target.name, "sent_at": sent_at.0, "events": events});
    let body = Bytes::from(body.to_string());
    let request = Request::builder()
        .method(Method::POST)
        .uri(&target.webhook.url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, format!("Plaza/{VERSION}"))
        .header(
            "plaza-signature",
            signature(&target.webhook.secret, sent_at, &body),
        )
        .body(body);
    let (status, error) = match request {
        Err(error) => (None, Some(error.to_string())),
        Ok(request) => {
            let allowance = Allowance {
                reach: target.reach,
                timeout: webhooks.0.options.timeout,
                answer_bytes_max: WEBHOOK_ANSWER_BYTES_MAX,
            };
            match webhooks.0.outbound.send(request, allowance).await {
                Ok(answer) => judge(answer.status()),
                Err(error) => (None, Some(error.to_string())),
            }
        }
    };
    Tried {
        status,
        error,
        duration: began.elapsed(),
    }
}

/// Only a 2xx says that the events were taken.
fn judge(status: StatusCode) -> (Option<u16>, Option<String>) {
    let error = (!status.is_success()).then(|| format!("it answered {status}"));
    (Some(status.as_u16()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_covers_time_and_body() {
        let sign = |secret, at, body: &str| signature(secret, UnixMs(at), body.as_bytes());
        // echo -n '1800000000000.{}' | openssl dgst -sha256 -hmac secret
        let expected = "t=1800000000000,v1=\
            33dfdea9c79231d62db093609e29ce2fa2056a0e73ebfe4d8acf88ccbbdf3fce";
        assert_eq!(sign("secret", 1_800_000_000_000, "{}"), expected);
        assert_ne!(sign("secret", 1_800_000_000_001, "{}"), expected);
        assert_ne!(sign("secret", 1_800_000_000_000, "{ }"), expected);
    }
}
