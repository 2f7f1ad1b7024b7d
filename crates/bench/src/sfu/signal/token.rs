//! Access tokens as LiveKit takes them: JWT, HS256, with the grants of a participant.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::error::BenchError;

/// The key that `livekit-server --dev` and `examples/livekit.toml` know.
pub(crate) const KEY: &str = "devkey";
/// Its secret.
pub(crate) const SECRET: &str = "secretsecretsecretsecretsecretsecret";
/// The year 2100, in seconds.
const EXPIRES_AT: u64 = 4_102_444_800;

/// A token for one participant of one room.
pub(super) fn mint(room: &str, identity: &str) -> Result<String, BenchError> {
    let head = json!({ "alg": "HS256", "typ": "JWT" });
    let claims = json!({
        "iss": KEY,
        "sub": identity,
        "name": identity,
        "nbf": 0,
        "exp": EXPIRES_AT,
        "video": { "room": room, "roomJoin": true, "canPublish": true, "canSubscribe": true },
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&head), part(&claims));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes());
    let mut mac = mac.map_err(|error| BenchError::Missing(error.to_string()))?;
    mac.update(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Ok(format!("{signed}.{signature}"))
}
