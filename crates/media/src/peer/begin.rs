//! A connection as it begins: numbers of payloads and extensions, limits, ICE.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use base::limits::{CALL_DATA_BYTES_MAX, CALL_DATA_WAITING_BYTES_MAX};
use str0m::bwe::Bitrate;
use str0m::format::{Codec as WireCodec, CodecConfig, FormatParams};
use str0m::media::{Frequency, Pt};
use str0m::rtp::{Extension as WireExtension, ExtensionMap};
use str0m::{Candidate, Rtc, RtcConfig};

use super::certificate::{Certificate, provider};
use super::descriptor;
use crate::change::{Extension, Payload, Transport};
use crate::command::Codec;

/// What a new connection is taken to carry before anything was measured, in bit/s.
const BITRATE_AT_FIRST: u64 = 1_000_000;
/// How often counters are read.
const STATISTICS_INTERVAL: Duration = Duration::from_secs(3);
/// Packets that can be repaired: at 720p about two seconds.
const REPAIRABLE_PACKETS: usize = 512;

/// Our side of every path is one of these to ICE, whatever address a packet really came in at: a
/// server behind a translator does not know its own. `demux` remembers the true one.
const OURS_V4: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);
const OURS_V6: SocketAddr = SocketAddr::new(
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    9,
);

/// Our side of a path, as ICE sees it.
pub(super) fn candidate_of(remote: SocketAddr) -> SocketAddr {
    if remote.is_ipv4() { OURS_V4 } else { OURS_V6 }
}

/// A new connection. It is passive: ICE-lite, and DTLS starts when the other side is known.
pub(super) fn connection(now: Instant, transport: &Transport, certificate: &Certificate) -> Rtc {
    let mut config = RtcConfig::new()
        .set_crypto_provider(provider())
        .set_dtls_cert(certificate.certificate.clone())
        .set_local_ice_credentials(super::credentials(&transport.local))
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_stats_interval(Some(STATISTICS_INTERVAL))
        .set_send_buffer_video(REPAIRABLE_PACKETS)
        .set_sctp_max_message_size(u32::try_from(CALL_DATA_BYTES_MAX).unwrap_or(u32::MAX))
        .set_sctp_max_buffered_amount(CALL_DATA_WAITING_BYTES_MAX)
        .set_extension_map(extensions(&transport.extensions));
    if transport.sends {
        config = config.enable_bwe(Some(Bitrate::from(BITRATE_AT_FIRST)));
    }
    *config.codec_config() = payloads(&transport.payloads);
    let mut rtc = config.build(now);
    for address in [OURS_V4, OURS_V6] {
        for carrier in ["udp", "tcp"] {
            if let Ok(candidate) = Candidate::host(address, carrier) {
                rtc.add_local_candidate(candidate);
            }
        }
    }
    let mut direct = rtc.direct_api();
    direct.set_ice_controlling(false);
    direct.enable_twcc_feedback();
    rtc
}

fn payloads(table: &[Payload]) -> CodecConfig {
    let mut config = CodecConfig::empty();
    for payload in table {
        let (codec, clock, channels) = format(payload.codec);
        let repair = payload.repair.map(Pt::new_with_value);
        let number = Pt::new_with_value(payload.number);
        config.add_config(
            number,
            repair,
            codec,
            clock,
            channels,
            FormatParams::default(),
        );
    }
    // A running connection can not learn new numbers. Those that the first description left open
    // are there all the same: of them only the clock matters, and only to reports.
    let is_named = |number: u8| {
        let named = |it: &Payload| it.number == number || it.repair == Some(number);
        table.iter().any(named)
    };
    for number in (35..=63).chain(96..=127).filter(|it| !is_named(*it)) {
        let number = Pt::new_with_value(number);
        let (codec, clock, channels) = format(Codec::Vp8);
        config.add_config(
            number,
            None,
            codec,
            clock,
            channels,
            FormatParams::default(),
        );
    }
    config
}

fn format(codec: Codec) -> (WireCodec, Frequency, Option<u8>) {
    let video = Frequency::NINETY_KHZ;
    match codec {
        Codec::Opus => (WireCodec::Opus, Frequency::FORTY_EIGHT_KHZ, Some(2)),
        Codec::Pcmu => (WireCodec::PCMU, Frequency::EIGHT_KHZ, None),
        Codec::Pcma => (WireCodec::PCMA, Frequency::EIGHT_KHZ, None),
        Codec::Vp8 => (WireCodec::Vp8, video, None),
        Codec::Vp9 => (WireCodec::Vp9, video, None),
        Codec::H264 => (WireCodec::H264, video, None),
        Codec::Av1 => (WireCodec::Av1, video, None),
    }
}

fn extensions(table: &[(u8, Extension)]) -> ExtensionMap {
    let mut map = ExtensionMap::empty();
    for (number, extension) in table {
        let extension = match extension {
            Extension::Mid => WireExtension::RtpMid,
            Extension::Rid => WireExtension::RtpStreamId,
            Extension::RepairedRid => WireExtension::RepairedRtpStreamId,
            Extension::TransportSequence => WireExtension::TransportSequenceNumber,
            Extension::AbsoluteSendTime => WireExtension::AbsoluteSendTime,
            Extension::AudioLevel => WireExtension::AudioLevel,
            Extension::VideoOrientation => WireExtension::VideoOrientation,
            Extension::DependencyDescriptor => descriptor::extension(),
        };
        map.set(*number, extension);
    }
    map
}
