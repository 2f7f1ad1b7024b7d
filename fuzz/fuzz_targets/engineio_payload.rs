//! Bodies of Engine.IO polling and frames turned into them: never a panic, and what is written is
//! read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::engineio::payload;

fuzz_target!(|body: &[u8]| {
    let mut turned = Vec::new();
    payload::from_frames(body, &mut turned);
    let Ok(packets) = payload::packets(body) else {
        return;
    };
    let mut again = Vec::new();
    for packet in &packets {
        payload::append(packet, &mut again);
    }
    let again = payload::packets(&again).expect("what was written");
    assert_eq!(again, packets);
});
