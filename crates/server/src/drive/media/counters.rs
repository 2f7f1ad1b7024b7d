//! What the media threads count, for `/metrics`.

use media::{Census, Heard, Outgoing};
use metrics::{Counter, Gauge, counter, gauge};

/// Counters of all threads together.
pub(super) struct Counters {
    pub(super) received: Counter,
    pub(super) received_bytes: Counter,
    /// Of nobody, or malformed.
    pub(super) refused: Counter,
    /// Read by one thread for another.
    pub(super) handed: Counter,
    pub(super) sent: Counter,
    pub(super) sent_bytes: Counter,
    /// The kernel, or a slow TCP connection, did not take them.
    pub(super) unsent: Counter,
    /// Events that nobody listened to.
    pub(super) untold: Counter,
    rooms: Gauge,
    peers: Gauge,
    tracks: Gauge,
    lost: Counter,
    /// What this thread added to the gauges.
    census: Census,
}

impl Counters {
    pub(super) fn new() -> Self {
        Self {
            received: counter!("plaza_media_datagrams_received_total"),
            received_bytes: counter!("plaza_media_bytes_received_total"),
            refused: counter!("plaza_media_datagrams_refused_total"),
            handed: counter!("plaza_media_datagrams_handed_over_total"),
            sent: counter!("plaza_media_datagrams_sent_total"),
            sent_bytes: counter!("plaza_media_bytes_sent_total"),
            unsent: counter!("plaza_media_datagrams_unsent_total"),
            untold: counter!("plaza_media_events_dropped_total"),
            rooms: gauge!("plaza_media_rooms"),
            peers: gauge!("plaza_media_peers"),
            tracks: gauge!("plaza_media_tracks"),
            lost: counter!("plaza_media_peers_lost_total"),
            census: Census::default(),
        }
    }

    /// Brings the gauges, which all threads share, to what this one has now.
    pub(super) fn count(&mut self, census: Census) {
        let before = std::mem::replace(&mut self.census, census);
        let gauges = [
            (&self.rooms, before.rooms, census.rooms),
            (&self.peers, before.peers, census.peers),
            (&self.tracks, before.tracks, census.tracks),
        ];
        for (gauge, before, now) in gauges {
            if now > before {
                gauge.increment((now - before) as f64);
            } else if now < before {
                gauge.decrement((before - now) as f64);
            }
        }
        self.lost.increment(census.lost.saturating_sub(before.lost));
    }

    pub(super) fn heard(&self, heard: Heard, bytes: usize) {
        match heard {
            Heard::Known | Heard::Learned => {
                self.received.increment(1);
                self.received_bytes.increment(bytes as u64);
            }
            Heard::Dropped => self.refused.increment(1),
        }
    }

    pub(super) fn sent(&self, datagrams: &[Outgoing], is_sent: bool) {
        if is_sent {
            let bytes: usize = datagrams.iter().map(|it| it.bytes.len()).sum();
            self.sent.increment(datagrams.len() as u64);
            self.sent_bytes.increment(bytes as u64);
        } else {
            self.unsent.increment(datagrams.len() as u64);
        }
    }
}
