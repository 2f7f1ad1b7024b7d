//! The short pasts of channels that live in memory only.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use base::limits::{STREAM_IDLE_MS_MAX, STREAM_PUBLICATIONS_MAX, STREAMS_MAX};

/// One publication that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<P> {
    /// Its number in the stream.
    pub offset: u64,
    /// What was published.
    pub payload: P,
    until_ms: u64,
}

/// Which part of a stream is wanted; see the fields of the same name in the client protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptQuery {
    /// Only above (in reverse: below) this offset.
    pub since: Option<u64>,
    /// At most so many.
    pub limit: usize,
    /// Newest first.
    pub reverse: bool,
}

/// What is brought from outside: the time, and a random number in case a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds of a clock that does not go back.
    pub now_ms: u64,
    /// Becomes the epoch of a stream that begins.
    pub random: u32,
}

/// How much of a stream is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// At most so many publications.
    pub size: u32,
    /// At most so long, in milliseconds.
    pub ttl_ms: u64,
}

/// A part of a stream and where the stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPage<P> {
    /// The stream's epoch.
    pub epoch: Arc<str>,
    /// Its newest offset.
    pub top: u64,
    /// What was asked for, offset and payload.
    pub publications: Vec<(u64, P)>,
}

#[derive(Debug)]
struct Stream<P> {
    epoch: Arc<str>,
    top: u64,
    kept: VecDeque<Kept<P>>,
    touched_ms: u64,
}

/// All streams in memory. Times are milliseconds of a clock that does not go back.
#[derive(Debug)]
pub struct Streams<P> {
    streams: HashMap<Arc<str>, Stream<P>>,
}

impl<P> Default for Streams<P> {
    fn default() -> Self {
        Self {
            streams: HashMap::new(),
        }
    }
}

impl<P: Clone> Streams<P> {
    /// Appends a publication; gives its offset and epoch. `payload` is made of them.
    pub fn append(
        &mut self,
        moment: Moment,
        channel: &str,
        keep: Keep,
        payload: impl FnOnce(u64, &Arc<str>) -> P,
    ) -> P {
        let stream = self.open(moment, channel);
        stream.top += 1;
        let payload = payload(stream.top, &stream.epoch);
        let until_ms = moment.now_ms.saturating_add(keep.ttl_ms);
        stream.kept.push_back(Kept {
            offset: stream.top,
            payload: payload.clone(),
            until_ms,
        });
        let size = (keep.size as usize).min(STREAM_PUBLICATIONS_MAX);
        while stream.kept.len() > size {
            stream.kept.pop_front();
        }
        stream.expire(moment.now_ms);
        payload
    }

    /// Reads a part of a stream; begins the stream when there is none, so that the position that
    /// is handed out holds.
    pub fn page(&mut self, moment: Moment, channel: &str, query: KeptQuery) -> KeptPage<P> {
        let stream = self.open(moment, channel);
        stream.expire(moment.now_ms);
        let entry = |kept: &Kept<P>| (kept.offset, kept.payload.clone());
        let kept = stream.kept.iter();
        let publications = if query.reverse {
            let below = query.since.unwrap_or(u64::MAX);
            let wanted = kept.rev().filter(|kept| kept.offset < below);
            wanted.take(query.limit).map(entry).collect()
        } else {
            let above = query.since.unwrap_or(0);
            let wanted = kept.filter(|kept| kept.offset > above);
            wanted.take(query.limit).map(entry).collect()
        };
        KeptPage {
            epoch: Arc::clone(&stream.epoch),
            top: stream.top,
            publications,
        }
    }

    fn open(&mut self, moment: Moment, channel: &str) -> &mut Stream<P> {
        if self.streams.len() >= STREAMS_MAX && !self.streams.contains_key(channel) {
            self.forget_longest_idle();
        }
        let stream = self
            .streams
            .entry(Arc::from(channel))
            .or_insert_with(|| Stream {
                epoch: format!("{:08x}", moment.random).into(),
                top: 0,
                kept: VecDeque::new(),
                touched_ms: moment.now_ms,
            });
        stream.touched_ms = moment.now_ms;
        stream
    }

    fn forget_longest_idle(&mut self) {
        let oldest = self
            .streams
            .iter()
            .min_by_key(|(_, stream)| stream.touched_ms);
        if let Some(name) = oldest.map(|(name, _)| Arc::clone(name)) {
            self.streams.remove(&name);
        }
    }

    /// Lets go of what is over; to be called now and then.
    pub fn tidy(&mut self, now_ms: u64) {
        self.streams.retain(|_, stream| {
            stream.expire(now_ms);
            !stream.kept.is_empty() || now_ms - stream.touched_ms.min(now_ms) < STREAM_IDLE_MS_MAX
        });
    }
}

impl<P> Stream<P> {
    fn expire(&mut self, now_ms: u64) {
        while self
            .kept
            .front()
            .is_some_and(|kept| kept.until_ms <= now_ms)
        {
            self.kept.pop_front();
        }
        if self.kept.is_empty() {
            self.kept = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: KeptQuery = KeptQuery {
        since: None,
        limit: 100,
        reverse: false,
    };
    const KEEP: Keep = Keep {
        size: 3,
        ttl_ms: 1_000,
    };

    fn at(now_ms: u64, random: u32) -> Moment {
        Moment { now_ms, random }
    }

    fn fill(streams: &mut Streams<u64>, moment: Moment, keep: Keep) {
        for _ in 0..4 {
            streams.append(moment, "game:1", keep, |offset, _| offset * 10);
        }
    }

    fn offsets(page: &KeptPage<u64>) -> Vec<u64> {
        assert!(
            page.publications
                .iter()
                .all(|(offset, payload)| offset * 10 == *payload)
        );
        page.publications
            .iter()
            .map(|(offset, _)| *offset)
            .collect()
    }

    #[test]
    fn a_stream_keeps_the_newest_for_a_while_and_counts_on() {
        let mut streams = Streams::default();
        fill(&mut streams, at(10, 7), KEEP);
        let page = streams.page(at(11, 8), "game:1", ALL);
        assert_eq!(
            (&*page.epoch, page.top, offsets(&page)),
            ("00000007", 4, vec![2, 3, 4])
        );
        let page = streams.page(at(2_000, 8), "game:1", ALL);
        assert_eq!(
            (&*page.epoch, page.top, offsets(&page)),
            ("00000007", 4, vec![])
        );
        assert_eq!(
            streams.append(at(2_000, 9), "game:1", KEEP, |offset, _| offset),
            5
        );
    }

    #[test]
    fn pages_go_either_way() {
        let mut streams = Streams::default();
        fill(
            &mut streams,
            at(0, 1),
            Keep {
                size: 10,
                ttl_ms: 1_000,
            },
        );
        let ahead = KeptQuery {
            since: Some(1),
            limit: 2,
            reverse: false,
        };
        assert_eq!(offsets(&streams.page(at(0, 1), "game:1", ahead)), [2, 3]);
        let back = KeptQuery {
            since: Some(3),
            limit: 9,
            reverse: true,
        };
        assert_eq!(offsets(&streams.page(at(0, 1), "game:1", back)), [2, 1]);
        let none = KeptQuery {
            since: None,
            limit: 0,
            reverse: false,
        };
        assert_eq!(offsets(&streams.page(at(0, 1), "game:1", none)), [0u64; 0]);
    }

    #[test]
    fn a_stream_nobody_used_for_long_begins_anew_under_another_epoch() {
        let mut streams = Streams::default();
        fill(&mut streams, at(0, 1), KEEP);
        streams.tidy(STREAM_IDLE_MS_MAX);
        let page = streams.page(at(STREAM_IDLE_MS_MAX, 2), "game:1", ALL);
        assert_eq!((&*page.epoch, page.top), ("00000002", 0));
    }
}
