//! One request to a webhook: its body, its signature, and what its answer means.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderName, Method, Request, StatusCode, header};
use base::UnixMs;
use base::limits::WEBHOOK_ANSWER_BYTES_MAX;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use store::OutboxRow;
use wire::livekit::Claims;

use super::{Manner, Target, Webhooks};
use crate::app::VERSION;
use crate::auth::access_token::Signer;
use crate::clock;
use crate::net::outbound::Allowance;
use crate::problem::Answer;

/// What LiveKit's webhooks are sent as.
const LIVEKIT_JSON: &str = "application/webhook+json";
/// How long the token that signs one holds, in seconds.
const TOKEN_LIFE_S: u64 = 300;

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
    if let Manner::LiveKit(key) = &target.manner {
        // LiveKit has no word for what was lost; the server's log has.
        let Some(row) = rows.first() else {
            return Tried {
                status: None,
                error: None,
                duration: Duration::ZERO,
            };
        };
        let body = Bytes::from(row.event.detail.clone());
        return match token(webhooks, key, &body) {
            Ok(token) => {
                let heads = [
                    (header::CONTENT_TYPE, LIVEKIT_JSON.to_owned()),
                    (header::AUTHORIZATION, token),
                ];
                deliver(webhooks, target, heads, body).await
            }
            Err(problem) => Tried {
                status: None,
                error: Some(problem.to_string()),
                duration: Duration::ZERO,
            },
        };
    }
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
    let sent_at = clock::now();
    let body = json!({"webhook": target.name, "sent_at": sent_at.0, "events": events});
    let body = Bytes::from(body.to_string());
    let signed = signature(&target.webhook.secret, sent_at, &body);
    let heads = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (HeaderName::from_static("plaza-signature"), signed),
    ];
    deliver(webhooks, target, heads, body).await
}

/// The token that signs a body as LiveKit does: it says what the body's SHA-256 is.
fn token(webhooks: &Webhooks, key: &Arc<str>, body: &[u8]) -> Answer<String> {
    let now_s = clock::now().0 / 1_000;
    let claims = Claims {
        nbf: now_s,
        exp: now_s + TOKEN_LIFE_S,
        sha256: STANDARD.encode(Sha256::digest(body)),
        ..Claims::default()
    };
    let signer = Signer::Key(Arc::clone(key));
    webhooks.0.access_keys.sign(&signer, claims)
}

async fn deliver(
    webhooks: &Webhooks,
    target: &Target,
    heads: [(HeaderName, String); 2],
    body: Bytes,
) -> Tried {
    let began = Instant::now();
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&target.webhook.url)
        .header(header::USER_AGENT, format!("Plaza/{VERSION}"));
    for (name, value) in heads {
        request = request.header(name, value);
    }
    let (status, error) = match request.body(body) {
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
