//! When a participant sends what: pictures and sound at their pace, keyframes when asked.

use std::time::{Duration, Instant};

use crate::sfu::trace::{Layer, Mark, PICTURES_PER_SECOND, Picture, SOUNDS_PER_SECOND, Trace};

/// A keyframe comes by itself after so many pictures.
const PICTURES_PER_KEY: u64 = 300;
/// Requests for keyframes are answered this often at most.
const KEY_AFTER: Duration = Duration::from_millis(300);
/// What is later than this is left out: the load was busy with something else.
const LATE_MAX: Duration = Duration::from_millis(500);

const SOUND_EVERY: Duration = Duration::from_nanos(1_000_000_000 / SOUNDS_PER_SECOND);
const PICTURE_EVERY: Duration = Duration::from_nanos(1_000_000_000 / PICTURES_PER_SECOND);

/// A packet to send.
pub(crate) struct Outgoing {
    /// Its stream.
    pub(crate) layer: Layer,
    /// Place in the stream, without its roll-over.
    pub(crate) sequence: u64,
    /// In units of the clock of the codec.
    pub(crate) time: u32,
    /// Whether it ends a picture.
    pub(crate) marker: bool,
    /// Not yet encrypted.
    pub(crate) payload: Vec<u8>,
}

/// One layer of the camera.
struct Camera {
    layer: Layer,
    picture: Picture,
    key_wanted: bool,
    key_sent: Option<Instant>,
}

/// Somebody who sends.
pub(crate) struct Publisher {
    number: u8,
    sound_due: Instant,
    sounds: u64,
    picture_due: Instant,
    cameras: Vec<Camera>,
    sequences: [u64; 4],
}

impl Publisher {
    /// Begins at `now`, shifted a little by the number, since people do not speak in step.
    pub(crate) fn new(number: usize, video: bool, now: Instant) -> Self {
        let camera = |layer| Camera {
            layer,
            picture: Picture::default(),
            key_wanted: true,
            key_sent: None,
        };
        let cameras = match video {
            true => Layer::VIDEO.map(camera).into(),
            false => Vec::new(),
        };
        // Shares of the period that spread any number of people evenly.
        let share = (number as f64 * 0.618_034).fract();
        Self {
            number: number as u8,
            sound_due: now + SOUND_EVERY.mul_f64(share),
            sounds: 0,
            picture_due: now + PICTURE_EVERY.mul_f64(share),
            cameras,
            sequences: [0; 4],
        }
    }

    /// When something is to be sent next.
    pub(crate) fn due(&self) -> Instant {
        match self.cameras.is_empty() {
            true => self.sound_due,
            false => self.sound_due.min(self.picture_due),
        }
    }

    /// Somebody cannot go on without a keyframe; of all layers if none is named.
    pub(crate) fn want_key(&mut self, rid: Option<&str>) {
        for camera in &mut self.cameras {
            if rid.is_none() || rid == camera.layer.rid() {
                camera.key_wanted = true;
            }
        }
    }

    /// Packets of the sound and of the highest layer so far: what each receiver should get.
    pub(crate) fn sent(&self) -> u64 {
        let of = |layer: Layer| self.sequences.get(layer.number()).copied().unwrap_or(0);
        of(Layer::Sound) + of(Layer::Full)
    }

    /// What is due.
    pub(crate) fn publish(&mut self, now: Instant, since: Instant, trace: &Trace) -> Vec<Outgoing> {
        let mut outgoing = Vec::new();
        let mark = |publisher, layer| Mark {
            layer,
            publisher,
            sent_ns: now.duration_since(since).as_nanos() as u64,
        };
        if self.sound_due <= now {
            self.sound_due = following(self.sound_due, SOUND_EVERY, now);
            let payload = trace.sound(self.sounds, mark(self.number, Layer::Sound));
            self.sounds += 1;
            // 20 ms at 48 kHz.
            self.push(
                &mut outgoing,
                Layer::Sound,
                (self.sounds * 960) as u32,
                vec![payload],
            );
        }
        if !self.cameras.is_empty() && self.picture_due <= now {
            self.picture_due = following(self.picture_due, PICTURE_EVERY, now);
            let mut made = Vec::new();
            for camera in &mut self.cameras {
                let picture = camera.following(now);
                let payloads = trace.picture(picture, mark(self.number, camera.layer));
                made.push((camera.layer, picture.number, payloads));
            }
            for (layer, number, payloads) in made {
                let time = number * 90_000 / PICTURES_PER_SECOND;
                self.push(&mut outgoing, layer, time as u32, payloads);
            }
        }
        outgoing
    }

    fn push(&mut self, to: &mut Vec<Outgoing>, layer: Layer, time: u32, payloads: Vec<Vec<u8>>) {
        let count = payloads.len();
        let Some(sequence) = self.sequences.get_mut(layer.number()) else {
            return;
        };
        for (index, payload) in payloads.into_iter().enumerate() {
            to.push(Outgoing {
                layer,
                sequence: *sequence,
                time,
                marker: layer != Layer::Sound && index + 1 == count,
                payload,
            });
            *sequence += 1;
        }
    }
}

impl Camera {
    fn following(&mut self, now: Instant) -> Picture {
        let rested = self.key_sent.is_none_or(|sent| now >= sent + KEY_AFTER);
        let key = (self.key_wanted && rested) || self.picture.position + 1 >= PICTURES_PER_KEY;
        if key {
            self.key_wanted = false;
            self.key_sent = Some(now);
        }
        self.picture = self.picture.next(key);
        self.picture
    }
}

/// The next time of a pace; what is far too late is left out.
fn following(due: Instant, every: Duration, now: Instant) -> Instant {
    match now.duration_since(due) > LATE_MAX {
        true => now + every,
        false => due + every,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_fifty_sounds_and_thirty_pictures_of_each_layer() {
        let trace = Trace::new(1);
        let start = Instant::now();
        let mut publisher = Publisher::new(0, true, start);
        let mut sounds = 0;
        let mut markers = [0; 4];
        while publisher.due() < start + Duration::from_secs(1) {
            for packet in publisher.publish(publisher.due(), start, &trace) {
                sounds += usize::from(packet.layer == Layer::Sound);
                markers[packet.layer.number()] += usize::from(packet.marker);
            }
        }
        assert_eq!(sounds, 50);
        assert!(
            markers[1..].iter().all(|count| (30..=31).contains(count)),
            "{markers:?}"
        );
    }

    #[test]
    fn a_keyframe_is_sent_for_the_layer_that_asks_and_not_twice_at_once() {
        let start = Instant::now();
        let mut publisher = Publisher::new(0, true, start);
        let trace = Trace::new(1);
        let mut keys = Vec::new();
        for number in 0..20 {
            if number == 5 || number == 6 {
                publisher.want_key(Some("h"));
            }
            publisher.publish(start + PICTURE_EVERY * number, start, &trace);
            let positions = publisher
                .cameras
                .iter()
                .map(|camera| camera.picture.position);
            if positions.clone().any(|position| position == 0) {
                keys.push((number, positions.filter(|position| *position == 0).count()));
            }
        }
        // All begin with one; both requests are answered by one, 300 ms after that.
        assert_eq!(keys, [(0, 3), (10, 1)]);
    }
}
