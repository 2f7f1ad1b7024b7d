//! The cases: how many listen to how many channels, how much is published and how fast.

use crate::load::{Crowd, Pace};

/// One case. All targets run it in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Case {
    /// As on the command line.
    pub(crate) name: String,
    /// Who listens.
    pub(crate) crowd: Crowd,
    /// What is published each time, in bytes.
    pub(crate) payload_bytes: usize,
    /// How fast.
    pub(crate) pace: Pace,
    /// Whether it is about packing: run plain and packed side by side.
    pub(crate) deflate: bool,
}

/// The sizes that the command line may change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Subscribers of the one hot channel.
    pub(crate) subscribers: usize,
    /// Subscribers of the one hot channel, in the cases with very many.
    pub(crate) subscribers_many: usize,
    /// Subscribers of the open loop.
    pub(crate) subscribers_open: usize,
    /// Channels of the case with many of them.
    pub(crate) channels: usize,
    /// Subscribers of each of those.
    pub(crate) subscribers_per_channel: usize,
    /// Idle connections.
    pub(crate) idle: usize,
    /// Subscribers that never read, in the case that has them.
    pub(crate) stalled: usize,
    /// Connections that publish, in turn.
    pub(crate) publishers: usize,
}

/// The names of the cases, in the order of the report.
pub(crate) const NAMES: [&str; 18] = [
    "hot-1",
    "hot-16",
    "hot-1-1k",
    "hot-16-1k",
    "hot10k-1",
    "hot10k-16",
    "hot10k-1-1k",
    "hot10k-16-1k",
    "channels-1",
    "channels-16",
    "channels-16-1k",
    "deflate-1",
    "deflate-16",
    "half",
    "open-200",
    "open-1000",
    "stall-16",
    "idle",
];

/// Above so many packets at once the kernel's queue to another core overflows and drops them.
const STEERED_SUBSCRIBERS_MAX: usize = 1_000;

impl Case {
    /// The case of that name.
    pub(crate) fn named(name: &str, sizes: Sizes) -> Option<Self> {
        let crowd = |channels, subscribers, stalled| Crowd {
            channels,
            subscribers,
            stalled,
            publishers: sizes.publishers,
        };
        let hot = crowd(1, sizes.subscribers, 0);
        let hot10k = crowd(1, sizes.subscribers_many, 0);
        let many = crowd(
            sizes.channels,
            sizes.channels * sizes.subscribers_per_channel,
            0,
        );
        let open = crowd(1, sizes.subscribers_open, 0);
        let stalled = crowd(1, sizes.subscribers + sizes.stalled, sizes.stalled);
        let idle = crowd(1, sizes.idle, 0);
        let (crowd, payload_bytes, pace) = match name {
            "hot-1" => (hot, 128, Pace::InFlight(1)),
            "hot-16" => (hot, 128, Pace::InFlight(16)),
            "hot-1-1k" | "deflate-1" => (hot, 1024, Pace::InFlight(1)),
            "hot-16-1k" | "deflate-16" => (hot, 1024, Pace::InFlight(16)),
            "hot10k-1" => (hot10k, 128, Pace::InFlight(1)),
            "hot10k-16" => (hot10k, 128, Pace::InFlight(16)),
            "hot10k-1-1k" => (hot10k, 1024, Pace::InFlight(1)),
            "hot10k-16-1k" => (hot10k, 1024, Pace::InFlight(16)),
            "channels-1" => (many, 128, Pace::InFlight(1)),
            "channels-16" => (many, 128, Pace::InFlight(16)),
            "channels-16-1k" => (many, 1024, Pace::InFlight(16)),
            "half" => (hot, 128, Pace::HalfOfSaturation),
            "open-200" => (open, 128, Pace::Rate(200)),
            "open-1000" => (open, 128, Pace::Rate(1000)),
            "stall-16" => (stalled, 1024, Pace::InFlight(16)),
            "idle" => (idle, 128, Pace::Idle),
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            crowd,
            payload_bytes,
            pace,
            deflate: name.starts_with("deflate"),
        })
    }

    /// Whether the loopback's receive work can be done on the load's core without losing packets.
    pub(crate) fn can_be_steered(&self) -> bool {
        let per_message = self.crowd.subscribers / self.crowd.channels.max(1);
        per_message <= STEERED_SUBSCRIBERS_MAX + self.crowd.stalled
    }

    /// What the case is, for the report.
    pub(crate) fn title(&self) -> String {
        let Crowd {
            channels,
            subscribers,
            stalled,
            ..
        } = self.crowd;
        let who = match (channels, stalled) {
            (1, 0) => format!("{subscribers} subscribers of one channel"),
            (1, _) => {
                let reading = subscribers - stalled;
                format!("{reading} subscribers of one channel and {stalled} that never read")
            }
            _ => format!(
                "{channels} channels of {} subscribers",
                subscribers / channels.max(1)
            ),
        };
        let how = match self.pace {
            Pace::InFlight(window) => format!("{window} in flight, {} B", self.payload_bytes),
            Pace::Rate(rate) => format!("{rate} messages a second, {} B", self.payload_bytes),
            Pace::HalfOfSaturation => format!(
                "each server at half of what it delivers with 16 in flight, {} B",
                self.payload_bytes
            ),
            Pace::Idle => "idle".to_owned(),
        };
        let not_steered = match self.can_be_steered() || self.pace == Pace::Idle {
            true => "",
            false => "; receive work on the server's core, since so many packets overflow the way",
        };
        format!("`{}`: {who}, {how}{not_steered}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_for_a_case() {
        let sizes = Sizes {
            subscribers: 1000,
            subscribers_many: 10_000,
            subscribers_open: 100,
            channels: 1000,
            subscribers_per_channel: 10,
            idle: 10_000,
            stalled: 100,
            publishers: 1,
        };
        for name in NAMES {
            assert!(Case::named(name, sizes).is_some_and(|case| case.title().contains(name)));
        }
        assert_eq!(Case::named("hot", sizes), None);
    }
}
