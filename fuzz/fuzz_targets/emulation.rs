//! What comes over plain HTTP: requests that stand alone, in either encoding, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::centrifugo::Encoding;

fuzz_target!(|body: &[u8]| {
    for encoding in [Encoding::Json, Encoding::Protobuf] {
        let _ = encoding.decode_connect(body);
        if let Ok(request) = encoding.decode_emulation(body) {
            assert!(request.data.len() <= body.len());
        }
    }
});
