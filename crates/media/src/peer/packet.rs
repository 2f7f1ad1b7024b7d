//! RTP packets between str0m's words and ours.

use std::sync::Arc;
use std::time::Instant;

use str0m::media::{Pt, Rid};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Vp8Descriptor, Vp8Patch};

use super::descriptor::Descriptor;
use super::{Peer, Source};
use crate::change::{Mid, Payload};
use crate::command::MediaKind;
use crate::id::TrackId;
use crate::payload::PictureNumbers;

/// A packet of a client, decrypted and not seen before.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// What it is published as.
    pub(crate) track: TrackId,
    /// The section.
    pub(crate) mid: Mid,
    /// Which encoding: 0 is the least.
    pub(crate) stream: u8,
    /// Whether the section has several encodings side by side.
    pub(crate) is_simulcast: bool,
    /// The first packet of another source than the encoding had before.
    pub(crate) is_first: bool,
    /// What the payload's number stands for.
    pub(crate) format: Payload,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) arrival: Instant,
    /// RFC 6464: 0 is the loudest, 127 silence.
    pub(crate) level: Option<u8>,
    pub(crate) descriptor: Option<Arc<[u8]>>,
    /// The rest of the extensions that concern every receiver.
    pub(crate) carried: Carried,
    pub(crate) payload: Arc<[u8]>,
}

/// Extensions that go from a publisher to its subscribers as they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carried(ExtensionValues);

/// A packet for a client.
#[derive(Debug)]
pub(crate) struct Departing<'a> {
    /// The source that it goes out as.
    pub(crate) ssrc: u32,
    /// The payload's number there.
    pub(crate) number: u8,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) arrival: Instant,
    /// Pictures are repaired, sound is not.
    pub(crate) is_repaired: bool,
    pub(crate) numbers: Option<PictureNumbers>,
    pub(crate) descriptor: Option<Arc<[u8]>>,
    pub(crate) carried: &'a Carried,
    pub(crate) payload: Arc<[u8]>,
}

/// Places of the usual names; others count in the order of the description.
pub(super) fn stream_of(rids: &[String], rid: &str) -> Option<u8> {
    let usual = ["q", "h", "f"];
    let place = if rids.iter().all(|it| usual.contains(&it.as_str())) {
        usual.iter().position(|it| *it == rid)
    } else {
        rids.iter().position(|it| it == rid)
    };
    u8::try_from(place?).ok()
}

/// The reverse of [`stream_of`].
pub(super) fn rid_of(rids: &[String], stream: u8) -> Option<&str> {
    let mut names = rids.iter().map(String::as_str);
    names.find(|rid| stream_of(rids, rid) == Some(stream))
}

impl Peer {
    /// What a packet of the connection is to us; `None` where it belongs to no track.
    pub(super) fn arrived(&mut self, packet: RtpPacket) -> Option<Arrived> {
        let ssrc = *packet.header.ssrc;
        let known = self.sources.get(&ssrc).copied();
        let (source, is_first) = match known {
            Some(source) => (source, false),
            None => self.meet(ssrc)?,
        };
        let incoming = self.incoming.get(source.section)?;
        let number = *packet.header.payload_type;
        let is_meant = |it: &&Payload| it.number == number || it.repair == Some(number);
        let format = self.payloads.iter().find(is_meant)?.clone();
        let values = packet.header.ext_vals;
        let descriptor = values.user_values.get::<Descriptor>();
        Some(Arrived {
            track: incoming.receiving.track?,
            mid: incoming.receiving.mid.clone(),
            stream: source.stream,
            is_simulcast: incoming.receiving.rids.len() > 1,
            is_first,
            format,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            arrival: packet.timestamp,
            level: values.audio_level.map(i8::unsigned_abs),
            descriptor: descriptor.map(|it| Arc::clone(&it.0)),
            carried: Carried(ExtensionValues {
                audio_level: values.audio_level,
                voice_activity: values.voice_activity,
                video_orientation: values.video_orientation,
                ..ExtensionValues::default()
            }),
            payload: packet.payload,
        })
    }

    /// Finds the place of a source whose first packet this is, and whether the place had another
    /// one before.
    fn meet(&mut self, ssrc: u32) -> Option<(Source, bool)> {
        let mut place = None;
        self.with(|rtc| {
            let mut direct = rtc.direct_api();
            if let Some(stream) = direct.stream_rx(&ssrc.into()) {
                // What is lost is asked for again, whenever its repair became known.
                stream.suppress_nack(false);
                place = Some((stream.mid(), stream.rid()));
            }
            Ok(())
        });
        let (mid, rid) = place?;
        let section = self.incoming.iter().position(|it| it.mid == mid)?;
        let incoming = self.incoming.get_mut(section)?;
        let stream = match rid {
            Some(rid) => stream_of(&incoming.receiving.rids, &rid)?,
            None => 0,
        };
        let source = Source { section, stream };
        let before = incoming.latest.get_mut(usize::from(stream))?.replace(ssrc);
        // An encoding that starts anew leaves its former source behind.
        self.sources.retain(|_, it| *it != source);
        self.sources.insert(ssrc, source);
        Some((source, before.is_some_and(|it| it != ssrc)))
    }

    /// Sends a packet, as far as the connection is there. It leaves with the next polls.
    pub(crate) fn write(&mut self, packet: Departing<'_>) {
        let mut values = packet.carried.0.clone();
        if let Some(descriptor) = packet.descriptor {
            values.user_values.set(Descriptor(descriptor));
        }
        let patch = packet.numbers.and_then(|it| patch(&packet.payload, it));
        self.with(|rtc| {
            let mut direct = rtc.direct_api();
            let Some(stream) = direct.stream_tx(&packet.ssrc.into()) else {
                return Ok(());
            };
            let mut write = RtpWrite::new(
                Pt::new_with_value(packet.number),
                packet.sequence.into(),
                packet.timestamp,
                packet.arrival,
                packet.payload,
            )
            .marker(packet.marker)
            .nackable(packet.is_repaired)
            .ext_vals(values);
            if let Some(patch) = patch {
                write = write.vp8_patch(patch);
            }
            stream.write_rtp(write);
            Ok(())
        });
    }

    /// The track, the section and the encoding that a report is about.
    pub(super) fn reported(
        &self,
        mid: str0m::media::Mid,
        rid: Option<Rid>,
    ) -> Option<(TrackId, Mid, u8)> {
        let incoming = self.incoming.iter().find(|it| it.mid == mid)?;
        let stream = match rid {
            Some(rid) => stream_of(&incoming.receiving.rids, &rid)?,
            None => 0,
        };
        let mid = incoming.receiving.mid.clone();
        Some((incoming.receiving.track?, mid, stream))
    }

    /// The kind of what is sent in a section, and which track it is.
    pub(super) fn sent(&self, mid: str0m::media::Mid) -> Option<(TrackId, MediaKind)> {
        let outbound = self.outbound.iter().find(|it| it.mid == mid)?;
        Some((outbound.sending.track, outbound.sending.kind))
    }
}

/// The change of a VP8 descriptor; `None` where it does not have the fields.
fn patch(payload: &[u8], numbers: PictureNumbers) -> Option<Vp8Patch> {
    let mut builder = Vp8Descriptor::parse(payload).ok()?.patch();
    if let Some(picture) = numbers.picture {
        builder = builder.picture_id(picture.value);
    }
    if let Some(base) = numbers.base {
        builder = builder.tl0_pic_idx(base);
    }
    if let Some(key) = numbers.key {
        builder = builder.key_idx(key);
    }
    builder.build().ok()
}
