//! Session descriptions of clients: whatever is read, the answer can be read as well, keeps every
//! section in its place and promises only what was offered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::{
    Assignment, Candidate, Codec, Local, MediaKind, Negotiation, PeerId, Published, Role, TrackId,
};

fn local() -> Local {
    let candidate = Candidate {
        address: ([192, 0, 2, 7], 7881).into(),
        tcp: false,
    };
    Local::new((1, PeerId(2)), [3; 32], vec![candidate], [4; 36])
}

fn assign(negotiation: &mut Negotiation, track: u64, kind: MediaKind, codec: Codec) {
    let assignment = Assignment {
        stream: format!("PA_x|TR_{track}"),
        id: format!("TR_{track}"),
        kind,
        codec,
    };
    negotiation.assign(TrackId(track), assignment);
}

fn sections(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("m=")).count()
}

/// The client offers, twice.
fn offered(first: &str, second: &str) {
    let mut negotiation = Negotiation::new(local(), Role::Single);
    assign(&mut negotiation, 1, MediaKind::Audio, Codec::Opus);
    assign(&mut negotiation, 2, MediaKind::Video, Codec::Vp8);
    for offer in [first, second] {
        let Ok(offered) = negotiation.offered(offer) else {
            continue;
        };
        for (section, track) in offered.sections.iter().zip(10..) {
            let published = Published {
                track: TrackId(track),
                dtx: true,
            };
            assert!(negotiation.publish(&section.mid, published).is_empty());
        }
        let answer = negotiation.answer().expect("an offer waits");
        assert_eq!(sections(&answer.text), sections(offer));
        // What we say has to be something that we would read ourselves, lite or not.
        let reread = answer.text.replace("a=ice-lite\r\n", "");
        let alive = answer.text.contains("a=ice-ufrag:");
        let mut other = Negotiation::new(local(), Role::Single);
        assert_eq!(other.offered(&reread).is_ok(), alive);
        negotiation.unassign(TrackId(1));
        assign(&mut negotiation, 3, MediaKind::Video, Codec::H264);
    }
}

/// We offer, the client answers.
fn answered(answer: &str) {
    let mut negotiation = Negotiation::new(local(), Role::Subscriber);
    assign(&mut negotiation, 1, MediaKind::Audio, Codec::Opus);
    assign(&mut negotiation, 2, MediaKind::Video, Codec::Av1);
    negotiation.offer().expect("nothing waits");
    let taken = negotiation.answered(answer).is_ok();
    assert_eq!(taken, !negotiation.is_waiting());
    assign(&mut negotiation, 3, MediaKind::Video, Codec::Vp9);
    assert_eq!(negotiation.offer().is_ok(), taken);
}

fuzz_target!(|input: (&str, &str)| {
    offered(input.0, input.1);
    answered(input.0);
});
