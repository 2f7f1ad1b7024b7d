//! How well a participant is connected, as a score.
//!
//! Never measures. One [`Meter`] per participant, fed every few seconds. Sound and delay count as
//! in the E-model (ITU-T G.107, in the short form that is common for voice over IP), video by how
//! much of what should come does. Worse is told at once, better when it lasts, and lost only when
//! nothing at all has been heard for long: clients take that for a reason to begin anew.

use std::time::{Duration, Instant};

use crate::event::Quality;

/// Nothing must be heard for so long before a peer counts as lost.
pub const LOST_AFTER: Duration = Duration::from_secs(8);
/// The least scores that are still excellent and good.
const EXCELLENT: f32 = 4.1;
const GOOD: f32 = 3.2;
/// Samples that must be better before that is told.
const BETTER_SAMPLES: u32 = 2;
/// Fewer packets than this say nothing about loss.
const PACKETS_MIN: u64 = 20;

/// What was seen of a peer's connection since the last sample.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    /// Packets that should have come, both ways.
    pub packets: u64,
    /// Those of them that were lost.
    pub lost: u64,
    /// The round trip, where known.
    pub round_trip: Option<Duration>,
    /// The largest jitter of its streams.
    pub jitter: Duration,
    /// What came of video, in bit/s.
    pub bitrate: u64,
    /// What should have come for the layers aimed at, in bit/s; 0 when nothing should.
    pub expected_bitrate: u64,
    /// Anything at all was heard of the peer (STUN, RTCP, RTP).
    pub heard: bool,
}

/// One participant's score.
#[derive(Debug)]
pub struct Meter {
    quality: Quality,
    better: u32,
    heard: Option<Instant>,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            quality: Quality::Excellent,
            better: 0,
            heard: None,
        }
    }
}

impl Meter {
    /// The next sample; gives the quality and the score: 1 to 5, or 0 when lost.
    pub fn sample(&mut self, now: Instant, sample: &Sample) -> (Quality, f32) {
        let heard = *self.heard.get_or_insert(now);
        if sample.heard {
            self.heard = Some(now);
        } else if now.saturating_duration_since(heard) >= LOST_AFTER {
            (self.quality, self.better) = (Quality::Lost, 0);
            return (Quality::Lost, 0.0);
        } else {
            // Too little to say anything: as it was.
            return (self.quality, middle(self.quality));
        }
        let score = sound(sample).min(video(sample));
        let quality = rated(score);
        if quality > self.quality && self.quality != Quality::Lost {
            self.better += 1;
            if self.better < BETTER_SAMPLES {
                return (self.quality, score.min(most(self.quality)));
            }
        }
        (self.quality, self.better) = (quality, 0);
        (quality, score)
    }
}

fn rated(score: f32) -> Quality {
    if score >= EXCELLENT {
        Quality::Excellent
    } else if score >= GOOD {
        Quality::Good
    } else {
        Quality::Poor
    }
}

/// The highest score that still has a quality.
fn most(quality: Quality) -> f32 {
    match quality {
        Quality::Lost => 0.0,
        Quality::Poor => GOOD - 0.1,
        Quality::Good => EXCELLENT - 0.1,
        Quality::Excellent => 5.0,
    }
}

fn middle(quality: Quality) -> f32 {
    match quality {
        Quality::Lost => 0.0,
        Quality::Poor => 2.0,
        Quality::Good => 3.6,
        Quality::Excellent => 4.4,
    }
}

/// The opinion score of what one hears.
fn sound(sample: &Sample) -> f32 {
    let round_trip_ms = sample.round_trip.unwrap_or_default().as_secs_f32() * 1000.0;
    let delay_ms = round_trip_ms / 2.0 + 2.0 * sample.jitter.as_secs_f32() * 1000.0 + 20.0;
    let delay_effect = if delay_ms < 160.0 {
        delay_ms / 40.0
    } else {
        (delay_ms - 120.0) / 10.0
    };
    let lost = if sample.packets < PACKETS_MIN {
        0.0
    } else {
        100.0 * (sample.lost.min(sample.packets) as f32) / (sample.packets as f32)
    };
    let rating = (93.2 - delay_effect - 2.5 * lost).clamp(0.0, 100.0);
    let score = 1.0 + 0.035 * rating + 0.000_007 * rating * (rating - 60.0) * (100.0 - rating);
    score.clamp(1.0, 5.0)
}

/// The score of video: how many times more should have come, on a logarithmic scale.
fn video(sample: &Sample) -> f32 {
    if sample.expected_bitrate == 0 || sample.bitrate >= sample.expected_bitrate {
        return 5.0;
    }
    let times = sample.expected_bitrate as f32 / sample.bitrate.max(1) as f32;
    (5.0 - times.ln()).clamp(1.0, 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Sample = Sample {
        packets: 1000,
        lost: 0,
        round_trip: Some(Duration::from_millis(40)),
        jitter: Duration::from_millis(5),
        bitrate: 0,
        expected_bitrate: 0,
        heard: true,
    };

    /// The qualities of samples taken every two seconds.
    fn run(samples: &[Sample]) -> Vec<Quality> {
        let (mut meter, mut now) = (Meter::default(), Instant::now());
        let mut one = |sample| {
            now += Duration::from_secs(2);
            meter.sample(now, sample).0
        };
        samples.iter().map(&mut one).collect()
    }

    #[test]
    fn a_clean_connection_is_excellent_also_from_far_away() {
        let far = Sample {
            round_trip: Some(Duration::from_millis(250)),
            ..FINE
        };
        assert_eq!(run(&[FINE, far]), [Quality::Excellent; 2]);
    }

    #[test]
    fn loss_makes_it_good_and_then_poor() {
        let lossy = |lost| Sample { lost, ..FINE };
        assert_eq!(
            run(&[lossy(50), lossy(200)]),
            [Quality::Good, Quality::Poor]
        );
    }

    #[test]
    fn better_is_told_only_when_it_lasts() {
        let bad = Sample { lost: 200, ..FINE };
        let told = [Quality::Poor, Quality::Poor, Quality::Excellent];
        assert_eq!(run(&[bad, FINE, FINE]), told);
    }

    #[test]
    fn a_picture_that_does_not_come_is_poor() {
        let starved = Sample {
            bitrate: 150_000,
            expected_bitrate: 1_500_000,
            ..FINE
        };
        let half = Sample {
            bitrate: 600_000,
            ..starved
        };
        assert_eq!(run(&[half, starved]), [Quality::Good, Quality::Poor]);
    }

    #[test]
    fn lost_needs_a_long_silence_and_ends_with_the_first_sign() {
        let silent = Sample {
            heard: false,
            packets: 0,
            ..FINE
        };
        let told = run(&[FINE, silent, silent, silent, silent, FINE]);
        let excellent = Quality::Excellent;
        assert_eq!(
            told,
            [
                excellent,
                excellent,
                excellent,
                excellent,
                Quality::Lost,
                excellent
            ]
        );
    }

    #[test]
    fn a_handful_of_packets_says_nothing_about_loss() {
        assert_eq!(
            run(&[Sample {
                packets: 4,
                lost: 3,
                ..FINE
            }]),
            [Quality::Excellent]
        );
    }

    #[test]
    fn scores_stay_on_the_scale() {
        let mut meter = Meter::default();
        let now = Instant::now();
        for lost in [0, 10, 999, 5000] {
            for round_trip in [0, 100, 5000, 600_000] {
                let round_trip = Some(Duration::from_millis(round_trip));
                let sample = Sample {
                    lost,
                    round_trip,
                    expected_bitrate: lost,
                    ..FINE
                };
                let (_, score) = meter.sample(now, &sample);
                assert!((1.0..=5.0).contains(&score), "{score}");
            }
        }
    }
}
