//! A participant with everything a browser has below the picture: ICE, DTLS, SRTP, RTCP, transport
//! feedback, repeated packets. It stands on str0m in its RTP mode.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid, Rid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcError};

use crate::error::BenchError;
use crate::histogram::Histogram;
use crate::sfu::heard::{Arrival, Heard};
use crate::sfu::peer::publisher::Outgoing;
use crate::sfu::trace::Layer;

/// What an offer names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sections {
    /// Names of the sound and of the camera that are sent.
    pub(crate) sound: Option<String>,
    /// As above.
    pub(crate) camera: Option<String>,
    /// Sections in which sound may come.
    pub(crate) sounds: usize,
    /// Sections in which pictures may come.
    pub(crate) cameras: usize,
    /// Whether the highest layer of the camera is named first.
    pub(crate) highest_first: bool,
}

/// Its state.
pub(crate) struct Connection {
    rtc: Rtc,
    local: SocketAddr,
    /// When str0m wants to be called next.
    pub(crate) due: Instant,
    /// Whether packets can flow.
    pub(crate) connected: bool,
    sound: Option<Mid>,
    camera: Option<Mid>,
    receiving: Vec<Mid>,
    /// Layers whose keyframe is wanted; all without a name.
    pub(crate) keys_wanted: Vec<Option<Rid>>,
}

/// An error of str0m, in our words.
fn failed(error: &RtcError) -> BenchError {
    BenchError::Protocol(format!("WebRTC: {error}"))
}

impl Connection {
    /// One that has not been negotiated yet.
    pub(crate) fn new(local: SocketAddr, now: Instant) -> Result<Self, BenchError> {
        let mut rtc = Rtc::builder()
            .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        let candidate = Candidate::host(local, "udp");
        let candidate = candidate.map_err(|error| BenchError::Protocol(format!("ICE: {error}")))?;
        rtc.add_local_candidate(candidate);
        Ok(Self {
            rtc,
            local,
            due: now,
            connected: false,
            sound: None,
            camera: None,
            receiving: Vec::new(),
            keys_wanted: Vec::new(),
        })
    }

    /// An offer with more sections; nothing if there is nothing to negotiate.
    pub(crate) fn offer(&mut self, more: &Sections) -> Option<(String, SdpPendingOffer)> {
        let mut changes = self.rtc.sdp_api();
        // A section that was answered as inactive is open again.
        for mid in &self.receiving {
            changes.set_direction(*mid, Direction::RecvOnly);
        }
        if let Some(name) = &more.sound {
            let stream = Some("sound".to_owned());
            let name = Some(name.clone());
            let mid = changes.add_media(MediaKind::Audio, Direction::SendOnly, stream, name, None);
            self.sound = Some(mid);
        }
        if let Some(name) = &more.camera {
            let mut layers = Layer::VIDEO;
            if more.highest_first {
                layers.reverse();
            }
            let mut simulcast = Simulcast::new();
            for rid in layers.into_iter().filter_map(Layer::rid) {
                simulcast.add_send_layer(SimulcastLayer::new(rid));
            }
            let stream = Some("camera".to_owned());
            let mid = changes.add_media(
                MediaKind::Video,
                Direction::SendOnly,
                stream,
                Some(name.clone()),
                Some(simulcast),
            );
            self.camera = Some(mid);
        }
        let kinds = [
            (MediaKind::Audio, more.sounds),
            (MediaKind::Video, more.cameras),
        ];
        for (kind, count) in kinds {
            for _ in 0..count {
                let mid = changes.add_media(kind, Direction::RecvOnly, None, None, None);
                self.receiving.push(mid);
            }
        }
        let (offer, pending) = changes.apply()?;
        Some((offer.to_sdp_string(), pending))
    }

    /// The server's answer to an offer.
    pub(crate) fn answered(
        &mut self,
        pending: SdpPendingOffer,
        answer: &str,
    ) -> Result<(), BenchError> {
        let answer = SdpAnswer::from_sdp_string(answer)
            .map_err(|error| BenchError::Protocol(format!("answer: {error}: {answer}")))?;
        self.rtc
            .sdp_api()
            .accept_answer(pending, answer)
            .map_err(|error| failed(&error))
    }

    /// Our answer to an offer of the server.
    pub(crate) fn answer(&mut self, offer: &str) -> Result<String, BenchError> {
        let offer = SdpOffer::from_sdp_string(offer)
            .map_err(|error| BenchError::Protocol(format!("offer: {error}: {offer}")))?;
        let answer = self.rtc.sdp_api().accept_offer(offer);
        let answer = answer.map_err(|error| failed(&error))?;
        Ok(answer.to_sdp_string())
    }

    /// A candidate of the server that comes after its answer: the JSON that a browser takes.
    pub(crate) fn add_candidate(&mut self, init: &str) -> Result<(), BenchError> {
        let init: serde_json::Value = serde_json::from_str(init).unwrap_or_default();
        let text = init["candidate"].as_str().unwrap_or_default();
        // An empty one says that no more will come.
        if !text.contains(" udp ") {
            return Ok(());
        }
        let candidate = Candidate::from_sdp_string(text);
        let candidate = candidate.map_err(|error| BenchError::Protocol(format!("ICE: {error}")))?;
        self.rtc.add_remote_candidate(candidate);
        Ok(())
    }

    /// Sends a packet.
    pub(crate) fn send(&mut self, outgoing: Outgoing, now: Instant) {
        let mid = match outgoing.layer {
            Layer::Sound => self.sound,
            Layer::Quarter | Layer::Half | Layer::Full => self.camera,
        };
        let Some(mid) = mid else { return };
        let media = self.rtc.media(mid);
        let Some(kind) = media.and_then(|media| media.remote_pts().first().copied()) else {
            return;
        };
        let mut direct = self.rtc.direct_api();
        let rid = outgoing.layer.rid().map(Rid::from);
        let Some(stream) = direct.stream_tx_by_mid(mid, rid) else {
            return;
        };
        let sound = outgoing.layer == Layer::Sound;
        let extensions = ExtensionValues {
            audio_level: sound.then_some(-30),
            voice_activity: sound.then_some(true),
            ..ExtensionValues::default()
        };
        let sequence = outgoing.sequence.into();
        let packet = RtpWrite::new(kind, sequence, outgoing.time, now, outgoing.payload);
        let packet = packet.marker(outgoing.marker).nackable(!sound);
        stream.write_rtp(packet.ext_vals(extensions));
    }

    /// Takes a datagram in. One that str0m cannot read is the server's fault and ends the run.
    pub(crate) fn receive(
        &mut self,
        packet: &[u8],
        from: SocketAddr,
        at: Instant,
    ) -> Result<(), BenchError> {
        let Ok(received) = Receive::new(Protocol::Udp, from, self.local, packet) else {
            return Err(BenchError::Protocol("not a WebRTC datagram".to_owned()));
        };
        self.rtc
            .handle_input(Input::Receive(at, received))
            .map_err(|error| failed(&error))
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, now: Instant) -> Result<(), BenchError> {
        self.rtc
            .handle_input(Input::Timeout(now))
            .map_err(|error| failed(&error))
    }

    /// Sends and counts what came of the last call; to be called after every other one.
    pub(crate) fn drain(
        &mut self,
        socket: &UdpSocket,
        since: Instant,
        (heard, delays): (&mut Heard, &mut Histogram),
    ) -> Result<(), BenchError> {
        loop {
            match self.rtc.poll_output().map_err(|error| failed(&error))? {
                Output::Timeout(due) => {
                    self.due = due;
                    return Ok(());
                }
                // A full socket loses it, as the network would.
                Output::Transmit(transmit) => {
                    let _ = socket.send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(Event::RtpPacket(packet)) => {
                    let arrival = Arrival {
                        ssrc: *packet.header.ssrc,
                        sequence: *packet.seq_no,
                        payload: &packet.payload,
                        at_ns: packet.timestamp.duration_since(since).as_nanos() as u64,
                    };
                    heard.take(arrival, delays);
                }
                Output::Event(Event::KeyframeRequest(request)) => {
                    self.keys_wanted.push(request.rid);
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(_) => {}
            }
        }
    }
}
