//! When to ask a publisher for a keyframe: the requests of many subscribers become few.
//!
//! Never sends. One [`Requests`] per track; `room` asks it after every change and on its timer. A
//! keyframe costs many times an ordinary frame, so an encoding is asked for one at most every 500
//! ms (the least) or second (the others), and again and again until one comes.

use std::time::{Duration, Instant};

use crate::packet::STREAMS_MAX;

/// Between two requests for the least encoding, and for the larger ones.
const INTERVALS: [Duration; STREAMS_MAX] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(1),
];

#[derive(Debug, Clone, Copy, Default)]
struct Request {
    open: bool,
    sent: Option<Instant>,
}

/// The open requests of one track.
#[derive(Debug, Default)]
pub struct Requests {
    streams: [Request; STREAMS_MAX],
}

impl Requests {
    /// A subscriber needs a keyframe of an encoding. Cheap to repeat.
    pub fn ask(&mut self, stream: u8) {
        self.set(stream, true);
    }

    /// A keyframe of an encoding began to arrive: whoever asked is served.
    pub fn came(&mut self, stream: u8) {
        self.set(stream, false);
    }

    /// Nobody needs it any more: the encoding died, or everybody left.
    pub fn forget(&mut self, stream: u8) {
        self.set(stream, false);
    }

    fn set(&mut self, stream: u8, open: bool) {
        if let Some(request) = self.streams.get_mut(usize::from(stream)) {
            request.open = open;
        }
    }

    /// An encoding to send a PLI (RFC 4585 section 6.3.1) for now; ask until `None`.
    pub fn due(&mut self, now: Instant) -> Option<u8> {
        for (stream, request) in self.streams.iter_mut().enumerate() {
            if due_at(stream, request).is_some_and(|at| at.is_none_or(|at| at <= now)) {
                request.sent = Some(now);
                return u8::try_from(stream).ok();
            }
        }
        None
    }

    /// When [`Requests::due`] has something, `None` when nothing is open.
    #[must_use]
    pub fn next(&self, now: Instant) -> Option<Instant> {
        let times = self
            .streams
            .iter()
            .enumerate()
            .filter_map(|(n, request)| due_at(n, request));
        times.map(|at| at.unwrap_or(now)).min()
    }
}

/// When an open request is to be sent: `Some(None)` is at once.
fn due_at(stream: usize, request: &Request) -> Option<Option<Instant>> {
    let interval = INTERVALS
        .get(stream)
        .copied()
        .unwrap_or(Duration::from_secs(1));
    request
        .open
        .then(|| request.sent.map(|sent| sent + interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn many_who_ask_make_one_request() {
        let (mut requests, now) = (Requests::default(), Instant::now());
        for _ in 0..50 {
            requests.ask(1);
        }
        assert_eq!(requests.due(now), Some(1));
        assert_eq!(requests.due(now), None);
    }

    #[test]
    fn it_asks_again_until_the_keyframe_comes() {
        let (mut requests, now) = (Requests::default(), Instant::now());
        requests.ask(2);
        assert_eq!(requests.due(now), Some(2));
        assert_eq!(requests.next(now), Some(ms(now, 1000)));
        assert_eq!(requests.due(ms(now, 999)), None);
        assert_eq!(requests.due(ms(now, 1000)), Some(2));
        requests.came(2);
        assert_eq!(requests.due(ms(now, 9000)), None);
        assert_eq!(requests.next(now), None);
    }

    #[test]
    fn the_least_encoding_may_be_asked_twice_as_often() {
        let (mut requests, now) = (Requests::default(), Instant::now());
        requests.ask(0);
        requests.ask(1);
        assert_eq!((requests.due(now), requests.due(now)), (Some(0), Some(1)));
        assert_eq!(requests.due(ms(now, 500)), Some(0));
        assert_eq!(requests.due(ms(now, 500)), None);
    }

    #[test]
    fn a_served_request_does_not_lift_the_throttle_of_the_next() {
        let (mut requests, now) = (Requests::default(), Instant::now());
        requests.ask(1);
        assert_eq!(requests.due(now), Some(1));
        requests.came(1);
        requests.ask(1);
        assert_eq!(requests.due(ms(now, 100)), None);
        assert_eq!(requests.due(ms(now, 1000)), Some(1));
    }

    #[test]
    fn encodings_that_do_not_exist_are_nobodys() {
        let mut requests = Requests::default();
        requests.ask(9);
        assert_eq!(requests.due(Instant::now()), None);
    }
}
