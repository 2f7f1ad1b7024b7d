//! What one receiver got: packets, gaps, layers, from whom, and how late.

use super::trace::{Layer, Mark};
use crate::histogram::Histogram;

/// A packet that arrived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    /// The stream, as the server names it.
    pub(crate) ssrc: u32,
    /// Place in the stream, without its roll-over.
    pub(crate) sequence: u64,
    /// Decrypted.
    pub(crate) payload: &'a [u8],
    /// When it was taken from the socket, in nanoseconds since the load began.
    pub(crate) at_ns: u64,
}

/// A stream that arrives.
#[derive(Debug, Clone, Copy)]
struct Stream {
    ssrc: u32,
    first: u64,
    last: u64,
    received: u64,
}

/// The tally of one receiver.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    streams: Vec<Stream>,
    /// Publishers whose sound and whose pictures came at least once.
    sources: [u128; 2],
    /// Packets by layer.
    layers: [u64; 4],
}

impl Heard {
    /// Takes one packet in; padding and probes carry no mark and count for nothing.
    pub(crate) fn take(&mut self, arrival: Arrival<'_>, delays: &mut Histogram) {
        let Some(mark) = Mark::read(arrival.payload) else {
            return;
        };
        let kind = usize::from(mark.layer != Layer::Sound);
        if let Some(sources) = self.sources.get_mut(kind) {
            *sources |= 1_u128 << (mark.publisher % 128);
        }
        if let Some(count) = self.layers.get_mut(mark.layer.number()) {
            *count += 1;
        }
        delays.record(arrival.at_ns.saturating_sub(mark.sent_ns));
        let Arrival { ssrc, sequence, .. } = arrival;
        match self.streams.iter_mut().find(|stream| stream.ssrc == ssrc) {
            // Repeated from before the count began.
            Some(stream) if sequence < stream.first => {}
            Some(stream) => {
                stream.last = stream.last.max(sequence);
                stream.received += 1;
            }
            None => self.streams.push(Stream {
                ssrc,
                first: sequence,
                last: sequence,
                received: 1,
            }),
        }
    }

    /// Forgets the counts, not from whom something came.
    pub(crate) fn restart(&mut self) {
        self.streams.clear();
        self.layers = [0; 4];
    }

    /// Packets by layer.
    pub(crate) fn layers(&self) -> [u64; 4] {
        self.layers
    }

    /// Packets that never came although later ones of their stream did.
    pub(crate) fn missing(&self) -> u64 {
        let missing =
            |stream: &Stream| (stream.last - stream.first + 1).saturating_sub(stream.received);
        self.streams.iter().map(missing).sum()
    }

    /// How many publishers were heard, and how many were seen.
    pub(crate) fn sources(&self) -> (usize, usize) {
        let [sound, video] = self.sources.map(|set| set.count_ones() as usize);
        (sound, video)
    }
}

/// The number without roll-over that is nearest to `near`.
pub(crate) fn unrolled(near: u64, sequence: u16) -> u64 {
    let ahead = sequence.wrapping_sub(near as u16) as i16;
    near.saturating_add_signed(i64::from(ahead))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sfu::trace::Trace;

    #[test]
    fn gaps_are_what_never_came_and_not_what_came_late() {
        let mark = Mark {
            layer: Layer::Sound,
            publisher: 2,
            sent_ns: 1_000,
        };
        let payload = Trace::new(1).sound(0, mark);
        let mut heard = Heard::default();
        let mut delays = Histogram::new();
        for sequence in [10, 12, 11, 15] {
            let arrival = Arrival {
                ssrc: 5,
                sequence,
                payload: &payload,
                at_ns: 3_000,
            };
            heard.take(arrival, &mut delays);
        }
        assert_eq!(heard.missing(), 2);
        assert_eq!(heard.sources(), (1, 0));
        assert_eq!(heard.layers(), [4, 0, 0, 0]);
        assert!((1_960..=2_000).contains(&delays.quantile(0.5)));
    }

    #[test]
    fn a_sequence_number_rolls_over_forwards_and_back() {
        assert_eq!(unrolled(65_535, 2), 65_538);
        assert_eq!(unrolled(65_538, 65_535), 65_535);
        assert_eq!(unrolled(7, 8), 8);
    }
}
