//! The short pasts of channels that live in memory only.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use base::limits::{STREAM_IDLE_MS_MAX, STREAM_PUBLICATIONS_MAX, STREAMS_BYTES_MAX, STREAMS_MAX};

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
    /// How long the stream's position is remembered when nobody uses it, in milliseconds.
    pub meta_ttl_ms: u64,
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

/// What a stream is about to take in.
#[derive(Debug)]
pub struct Next<'a, P> {
    /// Its number in the stream.
    pub offset: u64,
    /// The stream's epoch.
    pub epoch: &'a Arc<str>,
    /// The publication right before it, as long as it is kept.
    pub previous: Option<&'a P>,
}

/// A payload whose size counts.
pub trait Weigh {
    /// About how many bytes of memory it takes.
    fn bytes(&self) -> usize;
}

impl<P: Weigh> Weigh for Arc<P> {
    fn bytes(&self) -> usize {
        (**self).bytes()
    }
}

/// Where a stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Its epoch.
    pub epoch: Arc<str>,
    /// Its newest offset.
    pub top: u64,
}

#[derive(Debug)]
struct Stream<P> {
    epoch: Arc<str>,
    top: u64,
    kept: VecDeque<Kept<P>>,
    bytes: usize,
    touched_ms: u64,
    idle_ms_max: u64,
}

/// All streams in memory. Times are milliseconds of a clock that does not go back.
#[derive(Debug)]
pub struct Streams<P> {
    streams: HashMap<Arc<str>, Stream<P>>,
    bytes: usize,
    bytes_max: usize,
}

impl<P> Default for Streams<P> {
    fn default() -> Self {
        Self {
            streams: HashMap::new(),
            bytes: 0,
            bytes_max: STREAMS_BYTES_MAX,
        }
    }
}

impl<P: Clone + Weigh> Streams<P> {
    /// Appends a publication; gives what `payload` made of its place.
    pub fn append(
        &mut self,
        moment: Moment,
        channel: &str,
        keep: Keep,
        payload: impl FnOnce(Next<'_, P>) -> P,
    ) -> P {
        let stream = self.open(moment, channel);
        let before = stream.bytes;
        stream.expire(moment.now_ms);
        stream.idle_ms_max = keep.meta_ttl_ms;
        stream.top += 1;
        let payload = payload(Next {
            offset: stream.top,
            epoch: &stream.epoch,
            previous: stream.kept.back().map(|kept| &kept.payload),
        });
        stream.bytes += payload.bytes();
        stream.kept.push_back(Kept {
            offset: stream.top,
            payload: payload.clone(),
            until_ms: moment.now_ms.saturating_add(keep.ttl_ms),
        });
        let size = (keep.size as usize).min(STREAM_PUBLICATIONS_MAX);
        while stream.kept.len() > size {
            stream.drop_oldest();
        }
        let after = stream.bytes;
        self.bytes = (self.bytes + after).saturating_sub(before);
        if self.bytes > self.bytes_max {
            self.make_room(channel);
        }
        payload
    }

    /// How many publications a stream holds; none without a stream.
    #[must_use]
    pub fn kept_count(&self, channel: &str) -> Option<usize> {
        self.streams.get(channel).map(|stream| stream.kept.len())
    }

    /// Reads a part of a stream; begins the stream when there is none, so that the position that
    /// is handed out holds.
    pub fn page(&mut self, moment: Moment, channel: &str, query: KeptQuery) -> KeptPage<P> {
        let stream = self.open(moment, channel);
        let before = stream.bytes;
        stream.expire(moment.now_ms);
        let freed = before - stream.bytes;
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
        let page = KeptPage {
            epoch: Arc::clone(&stream.epoch),
            top: stream.top,
            publications,
        };
        self.bytes = self.bytes.saturating_sub(freed);
        page
    }

    /// Forgets what a stream has kept; its position stays.
    pub fn clear(&mut self, channel: &str) {
        if let Some(stream) = self.streams.get_mut(channel) {
            self.bytes = self.bytes.saturating_sub(stream.bytes);
            stream.bytes = 0;
            stream.kept = VecDeque::new();
        }
    }

    /// Where each stream stands.
    pub fn positions(&self) -> impl Iterator<Item = (&Arc<str>, Position)> {
        self.streams.iter().map(|(name, stream)| {
            let position = Position {
                epoch: Arc::clone(&stream.epoch),
                top: stream.top,
            };
            (name, position)
        })
    }

    fn open(&mut self, moment: Moment, channel: &str) -> &mut Stream<P> {
        if self.streams.len() >= STREAMS_MAX && !self.streams.contains_key(channel) {
            self.forget_idle(self.streams.len() / 16 + 1);
        }
        let stream = self
            .streams
            .entry(Arc::from(channel))
            .or_insert_with(|| Stream {
                epoch: format!("{:08x}", moment.random).into(),
                top: 0,
                kept: VecDeque::new(),
                bytes: 0,
                touched_ms: moment.now_ms,
                idle_ms_max: STREAM_IDLE_MS_MAX,
            });
        stream.touched_ms = moment.now_ms;
        stream
    }

    /// Forgets streams until there is room again; the one in use goes last.
    fn make_room(&mut self, in_use: &str) {
        while self.bytes > self.bytes_max && self.streams.len() > 1 {
            self.forget_idle(self.streams.len() / 16 + 1);
        }
        let stream = self.streams.get_mut(in_use);
        let Some(stream) = stream.filter(|_| self.bytes > self.bytes_max) else {
            return;
        };
        while self.bytes > self.bytes_max && stream.kept.len() > 1 {
            let before = stream.bytes;
            stream.drop_oldest();
            self.bytes = self.bytes.saturating_sub(before - stream.bytes);
        }
    }

    /// Forgets the `count` streams that nobody used for the longest time. Many at once, so that
    /// looking at all of them costs each newcomer little.
    fn forget_idle(&mut self, count: usize) {
        let mut idle: Vec<_> = self
            .streams
            .iter()
            .map(|(name, stream)| (stream.touched_ms, Arc::clone(name)))
            .collect();
        let count = count.min(idle.len().saturating_sub(1));
        idle.select_nth_unstable(count);
        for (_, name) in idle.into_iter().take(count) {
            self.forget(&name);
        }
    }

    fn forget(&mut self, channel: &str) {
        if let Some(stream) = self.streams.remove(channel) {
            self.bytes = self.bytes.saturating_sub(stream.bytes);
        }
    }

    /// Lets go of what is over; to be called now and then.
    pub fn tidy(&mut self, now_ms: u64) {
        let mut bytes = 0;
        self.streams.retain(|_, stream| {
            stream.expire(now_ms);
            bytes += stream.bytes;
            let idle_ms = now_ms.saturating_sub(stream.touched_ms);
            !stream.kept.is_empty() || idle_ms < stream.idle_ms_max
        });
        self.bytes = bytes;
    }
}

impl<P: Weigh> Stream<P> {
    fn expire(&mut self, now_ms: u64) {
        let over = |kept: &Kept<P>| kept.until_ms <= now_ms;
        while self.kept.front().is_some_and(over) {
            self.drop_oldest();
        }
        if self.kept.is_empty() {
            self.kept = VecDeque::new();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(gone) = self.kept.pop_front() {
            self.bytes = self.bytes.saturating_sub(gone.payload.bytes());
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
        meta_ttl_ms: STREAM_IDLE_MS_MAX,
    };

    impl Weigh for u64 {
        fn bytes(&self) -> usize {
            1
        }
    }

    fn at(now_ms: u64, random: u32) -> Moment {
        Moment { now_ms, random }
    }

    fn fill(streams: &mut Streams<u64>, moment: Moment, keep: Keep) {
        for _ in 0..4 {
            streams.append(moment, "game:1", keep, |next| next.offset * 10);
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
            streams.append(at(2_000, 9), "game:1", KEEP, |next| next.offset),
            5
        );
    }

    #[test]
    fn pages_go_either_way() {
        let mut streams = Streams::default();
        fill(&mut streams, at(0, 1), Keep { size: 10, ..KEEP });
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

    #[test]
    fn when_there_is_no_room_the_longest_idle_streams_go() {
        let mut streams = Streams {
            bytes_max: 10,
            ..Streams::default()
        };
        let big = Keep { size: 100, ..KEEP };
        for (now_ms, channel) in [(1, "old"), (2, "older"), (3, "busy")] {
            for _ in 0..3 {
                streams.append(at(now_ms, 1), channel, big, |next| next.offset);
            }
        }
        for _ in 0..20 {
            streams.append(at(4, 2), "busy", big, |next| next.offset);
        }
        assert_eq!(streams.bytes, 10);
        let kept = streams.page(at(4, 3), "busy", ALL);
        assert_eq!((kept.top, kept.publications.len()), (23, 10));
        assert_eq!(streams.positions().count(), 1);
        streams.clear("busy");
        let page = streams.page(at(4, 3), "busy", ALL);
        assert_eq!(
            (page.top, page.publications.len(), streams.bytes),
            (23, 0, 0)
        );
    }

    #[test]
    fn the_publication_before_is_at_hand_as_long_as_it_is_kept() {
        let mut streams = Streams::<u64>::default();
        let mut before = |now_ms| {
            let mut before = None;
            streams.append(at(now_ms, 1), "a", KEEP, |next| {
                before = next.previous.copied();
                next.offset
            });
            before
        };
        assert_eq!([before(0), before(1), before(5_000)], [None, Some(1), None]);
    }
}
