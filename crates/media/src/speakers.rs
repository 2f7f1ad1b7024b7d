//! Who speaks, from the audio levels of RFC 6464.
//!
//! Never hears anything. One [`Speakers`] per room; told the level of every packet, asked on a
//! timer. As LiveKit does: who was louder than -30 dBov for two fifths of half a second speaks, how
//! loud is the loudest moment weighed by that part, smoothed over the last windows and told in
//! eighths.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::event::Loudness;
use crate::id::TrackId;

/// How often it is told who speaks.
const WINDOW: Duration = Duration::from_millis(500);
/// Speech is louder than this, in -dBov.
const ACTIVE_LEVEL: u8 = 30;
/// For at least this part of the window.
const ACTIVE_PART: f32 = 0.4;
/// How much of a new window counts against those before.
const SMOOTHING: f32 = 2.0 / 3.0;
/// Steps of the scale.
const STEPS: f32 = 8.0;
/// How long a packet may last, and how long one does when that can not be told.
const PACKET_MAX: Duration = Duration::from_millis(120);
const PACKET: Duration = Duration::from_millis(20);

/// What changed among the speakers.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    /// Who speaks now, loudest first.
    pub speakers: Vec<Loudness>,
    /// Whose level is another than told before; 0 for who stopped.
    pub changed: Vec<Loudness>,
}

#[derive(Debug)]
struct Voice {
    latest: Option<Instant>,
    loudest: u8,
    active: Duration,
    smooth: f32,
    told: f32,
}

impl Default for Voice {
    fn default() -> Self {
        Self {
            latest: None,
            loudest: 127,
            active: Duration::ZERO,
            smooth: 0.0,
            told: 0.0,
        }
    }
}

impl Voice {
    /// Closes a window; gives the level to tell.
    fn close(&mut self) -> f32 {
        let part = (self.active.as_secs_f32() / WINDOW.as_secs_f32()).min(1.0);
        let level = if part >= ACTIVE_PART {
            linear(self.loudest) * part
        } else {
            0.0
        };
        self.smooth += (level - self.smooth) * SMOOTHING;
        self.active = Duration::ZERO;
        self.loudest = 127;
        if self.smooth < linear(ACTIVE_LEVEL) * ACTIVE_PART {
            return 0.0;
        }
        ((self.smooth * STEPS).ceil() / STEPS).min(1.0)
    }
}

/// A level in -dBov on a linear scale to 1.
fn linear(level: u8) -> f32 {
    10_f32.powf(-f32::from(level) / 20.0)
}

/// The levels of a room.
#[derive(Debug, Default)]
pub struct Speakers {
    voices: BTreeMap<TrackId, Voice>,
    gone: Vec<TrackId>,
    told: Option<Instant>,
}

impl Speakers {
    /// A packet of a microphone: its level as of RFC 6464, 0 (loudest) to 127 (silence) -dBov.
    pub fn observe(&mut self, now: Instant, track: TrackId, level: u8) {
        let voice = self.voices.entry(track).or_default();
        let lasted = voice
            .latest
            .map(|latest| now.saturating_duration_since(latest));
        voice.latest = Some(now);
        if level <= ACTIVE_LEVEL {
            voice.active += lasted.map_or(PACKET, |lasted| lasted.min(PACKET_MAX));
            voice.loudest = voice.loudest.min(level);
        }
    }

    /// A microphone has gone or is muted.
    pub fn remove(&mut self, track: TrackId) {
        if self
            .voices
            .remove(&track)
            .is_some_and(|voice| voice.told > 0.0)
        {
            self.gone.push(track);
        }
    }

    /// What changed, at most twice a second.
    pub fn tick(&mut self, now: Instant) -> Option<Spoken> {
        let told = *self.told.get_or_insert(now);
        if now.saturating_duration_since(told) < WINDOW {
            return None;
        }
        self.told = Some(now);
        let gone = std::mem::take(&mut self.gone);
        let mut changed: Vec<_> = gone
            .into_iter()
            .map(|track| Loudness { track, level: 0.0 })
            .collect();
        let mut speakers = Vec::new();
        for (track, voice) in &mut self.voices {
            let loudness = Loudness {
                track: *track,
                level: voice.close(),
            };
            if loudness.level > 0.0 {
                speakers.push((voice.smooth, loudness));
            }
            // Steps of the scale: exact by construction.
            if loudness.level.to_bits() != voice.told.to_bits() {
                voice.told = loudness.level;
                changed.push(loudness);
            }
        }
        if changed.is_empty() {
            return None;
        }
        speakers.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let speakers = speakers.into_iter().map(|(_, loudness)| loudness).collect();
        Some(Spoken { speakers, changed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: TrackId = TrackId(1);
    const BEN: TrackId = TrackId(2);

    struct Room {
        speakers: Speakers,
        now: Instant,
    }

    impl Room {
        fn new() -> Self {
            Self {
                speakers: Speakers::default(),
                now: Instant::now(),
            }
        }

        /// Half a second of packets of 20 ms at these levels; what is told at its end.
        fn half_second(&mut self, levels: &[(TrackId, u8)]) -> Option<Spoken> {
            let mut told = None;
            for _ in 0..25 {
                for (track, level) in levels {
                    self.speakers.observe(self.now, *track, *level);
                }
                self.now += Duration::from_millis(20);
                told = told.or(self.speakers.tick(self.now));
            }
            told
        }
    }

    fn tracks(loudness: &[Loudness]) -> Vec<TrackId> {
        loudness.iter().map(|loudness| loudness.track).collect()
    }

    #[test]
    fn who_talks_is_told_once_and_the_loudest_is_first() {
        let mut room = Room::new();
        room.half_second(&[(ANN, 20), (BEN, 5)]);
        room.half_second(&[(ANN, 20), (BEN, 5)]);
        let mut last = None;
        for _ in 0..12 {
            last = room.half_second(&[(ANN, 20), (BEN, 5)]).or(last);
        }
        assert_eq!(tracks(&last.unwrap().speakers), [BEN, ANN]);
        assert_eq!(room.half_second(&[(ANN, 20), (BEN, 5)]), None);
    }

    #[test]
    fn silence_and_noise_below_the_bar_are_nobody() {
        let mut room = Room::new();
        for _ in 0..6 {
            assert_eq!(room.half_second(&[(ANN, 127), (BEN, 40)]), None);
        }
    }

    #[test]
    fn a_short_click_is_not_speech() {
        let mut room = Room::new();
        room.half_second(&[(ANN, 127)]);
        for _ in 0..5 {
            room.speakers.observe(room.now, ANN, 3);
            room.now += Duration::from_millis(20);
        }
        assert_eq!(room.half_second(&[(ANN, 127)]), None);
    }

    #[test]
    fn who_stops_is_told_with_nothing() {
        let mut room = Room::new();
        for _ in 0..4 {
            room.half_second(&[(ANN, 10)]);
        }
        let mut last = None;
        for _ in 0..8 {
            last = room.half_second(&[(ANN, 127)]).or(last);
        }
        let last = last.unwrap();
        assert_eq!(last.speakers, []);
        assert_eq!(
            last.changed,
            [Loudness {
                track: ANN,
                level: 0.0
            }]
        );
    }

    #[test]
    fn who_leaves_while_talking_stops_talking() {
        let mut room = Room::new();
        for _ in 0..4 {
            room.half_second(&[(ANN, 10)]);
        }
        room.speakers.remove(ANN);
        let told = room.half_second(&[]).unwrap();
        assert_eq!(
            (tracks(&told.speakers), tracks(&told.changed)),
            (vec![], vec![ANN])
        );
    }

    #[test]
    fn levels_are_steps_of_an_eighth() {
        let mut room = Room::new();
        for level in [1, 6, 12, 18, 24, 29] {
            if let Some(told) = room.half_second(&[(ANN, level)]) {
                for loudness in told.changed {
                    assert_eq!((loudness.level * STEPS).fract(), 0.0);
                }
            }
        }
    }
}
