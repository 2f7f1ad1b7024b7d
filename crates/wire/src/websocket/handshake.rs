//! The answer to `Sec-WebSocket-Key` (RFC 6455, 4.2.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use thiserror::Error;

const SALT: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY_BYTES: usize = 16;
const KEY_CHARS: usize = 24;

/// The key is not 16 bytes in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("Sec-WebSocket-Key is not 16 bytes in base64")]
pub struct BadKey;

/// The value of `Sec-WebSocket-Accept` for this `Sec-WebSocket-Key`.
///
/// # Errors
/// [`BadKey`] unless the key is 16 bytes in base64.
pub fn accept_key(key: &str) -> Result<String, BadKey> {
    if key.len() != KEY_CHARS || STANDARD.decode(key).map_err(|_| BadKey)?.len() != KEY_BYTES {
        return Err(BadKey);
    }
    let digest = Sha1::new()
        .chain_update(key.as_bytes())
        .chain_update(SALT)
        .finalize();
    Ok(STANDARD.encode(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let accept = accept_key("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept.as_deref(), Ok("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for key in [
            "",
            "AAAA",
            "dGhlIHNhbXBsZSBub25jZTE=",
            "dGhlIHNhbXBsZSBub25jZ!==",
        ] {
            assert_eq!(accept_key(key), Err(BadKey), "{key}");
        }
    }
}
