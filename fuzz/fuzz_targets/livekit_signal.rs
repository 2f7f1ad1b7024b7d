//! What a client of LiveKit's signalling sends, and what it asks for in its first request.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::livekit::{Encoding, request, unwrap_join};

fuzz_target!(|bytes: &[u8]| {
    for encoding in [Encoding::Protobuf, Encoding::Json] {
        let _ = request(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = unwrap_join(text);
    }
});
