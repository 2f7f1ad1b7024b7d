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
}

/// The sizes that the command line may change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Subscribers of the one hot channel.
    pub(crate) subscribers: usize,
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
pub(crate) const NAMES: [&str; 10] = [
    "hot-1",
    "hot-16",
    "hot-1-1k",
    "hot-16-1k",
    "channels-1",
    "channels-16",
    "open-200",
    "open-1000",
    "stall-1",
    "idle",
];

impl Case {
    /// The case of that name.
    pub(crate) fn named(name: &str, sizes: Sizes) -> Option<Self> {
        let hot = Crowd {
            channels: 1,
            subscribers: sizes.subscribers,
            stalled: 0,
            publishers: sizes.publishers,
        };
        let many = Crowd {
            channels: sizes.channels,
            subscribers: sizes.channels * sizes.subscribers_per_channel,
            stalled: 0,
            publishers: sizes.publishers,
        };
        let open = Crowd {
            subscribers: sizes.subscribers_open,
            ..hot
        };
        let stalled = Crowd {
            subscribers: sizes.subscribers + sizes.stalled,
            stalled: sizes.stalled,
            ..hot
        };
        let idle = Crowd {
            subscribers: sizes.idle,
            ..hot
        };
        let (crowd, payload_bytes, pace) = match name {
            "hot-1" => (hot, 128, Pace::InFlight(1)),
            "hot-16" => (hot, 128, Pace::InFlight(16)),
            "hot-1-1k" => (hot, 1024, Pace::InFlight(1)),
            "hot-16-1k" => (hot, 1024, Pace::InFlight(16)),
            "channels-1" => (many, 128, Pace::InFlight(1)),
            "channels-16" => (many, 128, Pace::InFlight(16)),
            "open-200" => (open, 128, Pace::Rate(200)),
            "open-1000" => (open, 128, Pace::Rate(1000)),
            "stall-1" => (stalled, 128, Pace::InFlight(1)),
            "idle" => (idle, 128, Pace::Idle),
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            crowd,
            payload_bytes,
            pace,
        })
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
            Pace::Idle => "idle".to_owned(),
        };
        format!("`{}`: {who}, {how}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_for_a_case() {
        let sizes = Sizes {
            subscribers: 1000,
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
