//! Data packets of calls: what can be read of one can be read of it again, stamped.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::livekit::Envelope;

fuzz_target!(|packet: &[u8]| {
    let Ok(envelope) = Envelope::read(packet) else {
        return;
    };
    let stamped = Envelope::stamp(packet, "alice", "PA_alice", true);
    assert_eq!(Envelope::read(&stamped), Ok(envelope));
});
