//! The shapes of a call: how many send, how many only receive, and whether there is video.

/// One shape. All servers carry it in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// As on the command line.
    pub(crate) name: &'static str,
    /// Participants who send, numbered from 0; each also receives all the others who send.
    pub(crate) publishers: usize,
    /// Participants who only receive, numbered after those.
    pub(crate) viewers: usize,
    /// Whether those who send send video beside sound.
    pub(crate) video: bool,
}

/// The shapes, in the order of the report: the small ones are there for servers that cannot carry
/// the large ones on one core.
pub(crate) const SHAPES: [Shape; 5] = [
    Shape {
        name: "live-30",
        publishers: 1,
        viewers: 30,
        video: true,
    },
    Shape {
        name: "live-100",
        publishers: 1,
        viewers: 100,
        video: true,
    },
    Shape {
        name: "meeting-10",
        publishers: 10,
        viewers: 0,
        video: true,
    },
    Shape {
        name: "talkers-12",
        publishers: 12,
        viewers: 0,
        video: false,
    },
    Shape {
        name: "talkers-30",
        publishers: 30,
        viewers: 0,
        video: false,
    },
];

impl Shape {
    /// The shape of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        SHAPES.into_iter().find(|shape| shape.name == name)
    }

    /// Everybody.
    pub(crate) fn participants(&self) -> usize {
        self.publishers + self.viewers
    }

    /// Whether that participant sends.
    pub(crate) fn publishes(&self, participant: usize) -> bool {
        participant < self.publishers
    }

    /// How many others that participant receives.
    pub(crate) fn heard_by(&self, participant: usize) -> usize {
        self.publishers - usize::from(self.publishes(participant))
    }

    /// What it is, for the report.
    pub(crate) fn title(&self) -> String {
        let Self {
            name,
            publishers,
            viewers,
            video,
        } = self;
        let what = if *video { "video and sound" } else { "sound" };
        match viewers {
            0 => {
                format!("`{name}`: {publishers} participants, each sends {what} to all the others")
            }
            _ => format!("`{name}`: {publishers} sends {what} to {viewers} viewers"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_hears_himself() {
        let meeting = Shape::named("meeting-10").unwrap_or(SHAPES[0]);
        assert_eq!(meeting.heard_by(0), 9);
        let live = Shape::named("live-100").unwrap_or(SHAPES[1]);
        assert_eq!((live.heard_by(0), live.heard_by(1)), (0, 1));
        assert_eq!(live.participants(), 101);
    }
}
