//! Which numbers stand for which codecs and header extensions.
//!
//! One table holds for all sections of a connection. Where the client offers, the table is its own;
//! where we offer, it is ours. Never knows about sections or tracks.

use super::sdp::{Format, Media, Topic};
use crate::change::{Extension, Payload, Profile};
use crate::command::{Codec, MediaKind};

/// What a format of a description is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Coded(Codec, Profile),
    /// Redundant Opus (RFC 2198).
    Red,
    /// The repair of another number (RFC 4588).
    Repair(u8),
}

/// The value of one parameter of `a=fmtp`.
fn parameter<'a>(format: &'a Format, name: &str) -> Option<&'a str> {
    format.parameters.split(';').find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

fn number_of<T: std::str::FromStr>(format: &Format, name: &str) -> Option<T> {
    parameter(format, name)?.parse().ok()
}

/// The constrained sets of H.264 that matter (RFC 6184, 8.1): profile and constraints, level aside.
fn h264_profile(format: &Format) -> Profile {
    let level = parameter(format, "profile-level-id").unwrap_or("420010");
    let id = level
        .get(..4)
        .and_then(|it| u16::from_str_radix(it, 16).ok());
    Profile {
        id: id.unwrap_or(0x4200),
        mode: number_of(format, "packetization-mode").unwrap_or(0),
    }
}

fn meaning(format: &Format, topic: Topic) -> Option<Meaning> {
    let map = format.map.to_ascii_lowercase();
    let plain = |codec| Some(Meaning::Coded(codec, Profile::default()));
    let of = |codec, id| Some(Meaning::Coded(codec, Profile { id, mode: 0 }));
    match (topic, map.as_str()) {
        (Topic::Audio, "opus/48000/2") => plain(Codec::Opus),
        (Topic::Audio, "red/48000/2") => Some(Meaning::Red),
        (Topic::Audio, "pcmu/8000" | "pcmu/8000/1") => plain(Codec::Pcmu),
        (Topic::Audio, "pcma/8000" | "pcma/8000/1") => plain(Codec::Pcma),
        // Numbers that need no line (RFC 3551, 6).
        (Topic::Audio, "") if format.number == 0 => plain(Codec::Pcmu),
        (Topic::Audio, "") if format.number == 8 => plain(Codec::Pcma),
        (Topic::Video, "vp8/90000") => plain(Codec::Vp8),
        (Topic::Video, "vp9/90000") => of(Codec::Vp9, number_of(format, "profile-id").unwrap_or(0)),
        (Topic::Video, "av1/90000") => of(Codec::Av1, number_of(format, "profile").unwrap_or(0)),
        (Topic::Video, "h264/90000") => Some(Meaning::Coded(Codec::H264, h264_profile(format))),
        (Topic::Video, "rtx/90000") => number_of(format, "apt").map(Meaning::Repair),
        _ => None,
    }
}

/// What the formats of a section stand for, in its order. Redundant and plain sound are two
/// entries; a repair is a part of what it repairs.
pub(super) fn payloads(media: &Media) -> Vec<Payload> {
    let meanings: Vec<(u8, Meaning)> = media
        .formats
        .iter()
        .filter_map(|it| Some((it.number, meaning(it, media.topic)?)))
        .collect();
    let repair = |of: u8| {
        let found = meanings.iter().find(|(_, it)| *it == Meaning::Repair(of));
        found.map(|(number, _)| *number)
    };
    let has_opus = meanings
        .iter()
        .any(|(_, it)| matches!(it, Meaning::Coded(Codec::Opus, _)));
    let payload = |&(number, meaning): &(u8, Meaning)| {
        let (codec, profile, red) = match meaning {
            Meaning::Coded(codec, profile) => (codec, profile, false),
            Meaning::Red if has_opus => (Codec::Opus, Profile::default(), true),
            Meaning::Red | Meaning::Repair(_) => return None,
        };
        Some(Payload {
            number,
            repair: repair(number),
            codec,
            red,
            profile,
        })
    };
    meanings.iter().filter_map(payload).collect()
}

/// Adds what a table does not have yet. What would give a number a second meaning is left out:
/// returns those of `offered` that hold. One section may leave out the repair that another has.
pub(super) fn merge(table: &mut Vec<Payload>, offered: &[Payload]) -> Vec<Payload> {
    let mut accepted = Vec::new();
    for payload in offered {
        let bare = |it: &Payload| Payload {
            repair: None,
            ..it.clone()
        };
        let without_repair =
            payload.repair.is_none() && table.iter().any(|it| bare(it) == *payload);
        if without_repair || table.contains(payload) {
            accepted.push(payload.clone());
            continue;
        }
        let numbers = |it: &Payload| [Some(it.number), it.repair];
        let is_taken = |number: u8| table.iter().any(|it| numbers(it).contains(&Some(number)));
        if !numbers(payload).into_iter().flatten().any(is_taken) {
            table.push(payload.clone());
            accepted.push(payload.clone());
        }
    }
    accepted
}

/// Our own table, for connections on which we offer.
pub(super) fn own() -> Vec<Payload> {
    let audio = |number, codec, red| Payload {
        number,
        repair: None,
        codec,
        red,
        profile: Profile::default(),
    };
    let video = |number, codec, id, mode| Payload {
        number,
        repair: Some(number + 1),
        codec,
        red: false,
        profile: Profile { id, mode },
    };
    vec![
        audio(111, Codec::Opus, false),
        audio(63, Codec::Opus, true),
        audio(0, Codec::Pcmu, false),
        audio(8, Codec::Pcma, false),
        video(96, Codec::Vp8, 0, 0),
        video(98, Codec::Vp9, 0, 0),
        video(100, Codec::Vp9, 2, 0),
        video(102, Codec::H264, 0x42e0, 1),
        video(104, Codec::H264, 0x42e0, 0),
        video(106, Codec::H264, 0x4200, 1),
        video(108, Codec::H264, 0x4200, 0),
        video(112, Codec::H264, 0x4d00, 1),
        video(114, Codec::H264, 0x6400, 1),
        video(45, Codec::Av1, 0, 0),
    ]
}

/// The lines of one of our own numbers: `a=rtpmap` and `a=fmtp`.
pub(super) fn own_lines(payload: &Payload) -> (&'static str, String) {
    let Profile { id, mode } = payload.profile;
    match payload.codec {
        Codec::Opus if payload.red => ("red/48000/2", "111/111".to_owned()),
        Codec::Opus => ("opus/48000/2", "minptime=10;useinbandfec=1".to_owned()),
        Codec::Pcmu => ("PCMU/8000", String::new()),
        Codec::Pcma => ("PCMA/8000", String::new()),
        Codec::Vp8 => ("VP8/90000", String::new()),
        Codec::Vp9 => ("VP9/90000", format!("profile-id={id}")),
        Codec::Av1 => ("AV1/90000", format!("level-idx=5;profile={id};tier=0")),
        Codec::H264 => (
            "H264/90000",
            format!(
                "level-asymmetry-allowed=1;packetization-mode={mode};profile-level-id={id:04x}1f"
            ),
        ),
    }
}

/// Whether a codec is sound.
pub(super) fn kind_of(codec: Codec) -> MediaKind {
    match codec {
        Codec::Opus | Codec::Pcmu | Codec::Pcma => MediaKind::Audio,
        Codec::Vp8 | Codec::Vp9 | Codec::H264 | Codec::Av1 => MediaKind::Video,
    }
}

/// All extensions with the name each has in a description, and whether it is said of sound and of
/// pictures. The order gives the numbers of our own offers, beginning with 1.
const EXTENSIONS: [(Extension, &str, bool, bool); 8] = [
    (
        Extension::AudioLevel,
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        true,
        false,
    ),
    (
        Extension::AbsoluteSendTime,
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        true,
        true,
    ),
    (
        Extension::TransportSequence,
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        true,
        true,
    ),
    (
        Extension::Mid,
        "urn:ietf:params:rtp-hdrext:sdes:mid",
        true,
        true,
    ),
    (
        Extension::Rid,
        "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        false,
        true,
    ),
    (
        Extension::RepairedRid,
        "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        false,
        true,
    ),
    (
        Extension::VideoOrientation,
        "urn:3gpp:video-orientation",
        false,
        true,
    ),
    (
        Extension::DependencyDescriptor,
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
        false,
        true,
    ),
];

/// The name of an extension in a description.
pub(super) fn uri(extension: Extension) -> &'static str {
    let found = EXTENSIONS.iter().find(|it| it.0 == extension);
    found.map_or("", |it| it.1)
}

/// What is understood of a section's extensions.
pub(super) fn extensions(media: &Media) -> Vec<(u8, Extension)> {
    let known = |(number, name): &(u8, String)| {
        let found = EXTENSIONS.iter().find(|it| it.1 == name)?;
        (1..=14).contains(number).then_some((*number, found.0))
    };
    media.extensions.iter().filter_map(known).collect()
}

/// Like [`merge`], for extensions. A name has one number, and a number one name.
pub(super) fn merge_extensions(
    table: &mut Vec<(u8, Extension)>,
    offered: &[(u8, Extension)],
) -> Vec<(u8, Extension)> {
    let mut accepted = Vec::new();
    for entry in offered {
        if table.contains(entry) {
            accepted.push(*entry);
        } else if !table.iter().any(|it| it.0 == entry.0 || it.1 == entry.1) {
            table.push(*entry);
            accepted.push(*entry);
        }
    }
    accepted
}

/// The extensions of our own offers for a kind.
pub(super) fn own_extensions(kind: Option<MediaKind>) -> Vec<(u8, Extension)> {
    let is_said = |it: &(Extension, &str, bool, bool)| match kind {
        Some(MediaKind::Audio) => it.2,
        Some(MediaKind::Video) => it.3,
        None => true,
    };
    (1..)
        .zip(EXTENSIONS)
        .filter(|(_, it)| is_said(it))
        .map(|(number, it)| (number, it.0))
        .collect()
}

/// What the first offer of a client left open is filled with the numbers that the common libraries
/// give: the numbers of a running connection can not be added to.
pub(super) fn guess_extensions(table: &mut Vec<(u8, Extension)>) {
    let usual = [
        (1, Extension::AudioLevel),
        (2, Extension::AbsoluteSendTime),
        (3, Extension::TransportSequence),
        (4, Extension::Mid),
        (10, Extension::Rid),
        (11, Extension::RepairedRid),
        (13, Extension::VideoOrientation),
        (12, Extension::DependencyDescriptor),
    ];
    merge_extensions(table, &usual);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::negotiate::sdp::parse;

    fn section(lines: &str) -> Media {
        let text = format!("v=0\r\n{lines}a=mid:0\r\n");
        parse(&text).unwrap().sections.remove(0)
    }

    #[test]
    fn a_repair_is_a_part_of_what_it_repairs() {
        let media = section(
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=rtpmap:96 VP8/90000\r\n\
             a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 H265/90000\r\n",
        );
        let payloads = payloads(&media);
        assert_eq!(payloads.len(), 1);
        assert_eq!((payloads[0].number, payloads[0].repair), (96, Some(97)));
        assert_eq!(payloads[0].codec, Codec::Vp8);
    }

    #[test]
    fn h264_is_told_apart_by_profile_and_packing_not_by_level() {
        let media = section(
            "m=video 9 UDP/TLS/RTP/SAVPF 102 104\r\na=rtpmap:102 H264/90000\r\n\
             a=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\n\
             a=rtpmap:104 H264/90000\r\n\
             a=fmtp:104 profile-level-id=42e034;packetization-mode=1\r\n",
        );
        let payloads = payloads(&media);
        assert_eq!(payloads[0].profile, payloads[1].profile);
        assert_eq!(
            payloads[0].profile,
            Profile {
                id: 0x42e0,
                mode: 1
            }
        );
    }

    #[test]
    fn a_section_may_leave_out_the_repair_that_others_have() {
        let payload = |repair| Payload {
            number: 96,
            repair,
            codec: Codec::Vp8,
            red: false,
            profile: Profile::default(),
        };
        let mut table = vec![payload(Some(97))];
        let accepted = merge(&mut table, &[payload(None)]);
        assert_eq!(accepted, [payload(None)]);
        assert_eq!(table, [payload(Some(97))]);
    }

    #[test]
    fn a_number_never_gets_a_second_meaning() {
        let payload = |number, codec| Payload {
            number,
            repair: None,
            codec,
            red: false,
            profile: Profile::default(),
        };
        let mut table = vec![payload(96, Codec::Vp8)];
        let accepted = merge(
            &mut table,
            &[payload(96, Codec::Vp9), payload(98, Codec::Av1)],
        );
        assert_eq!(accepted, vec![payload(98, Codec::Av1)]);
        assert_eq!(table.len(), 2);
    }
}
