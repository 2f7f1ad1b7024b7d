//! A client: a connection of str0m that offers, sends made-up packets and notes what comes.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use media::{Negotiation, Outgoing, PeerId};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::media::{Direction, MediaKind, Mid, Rid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive, Transmit};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};

use super::Carrier;

pub(crate) struct Client {
    pub(crate) place: usize,
    pub(crate) peer: PeerId,
    pub(crate) address: SocketAddr,
    pub(crate) negotiation: Negotiation,
    pub(crate) rtc: Rtc,
    pub(crate) sent: VecDeque<Transmit>,
    pub(crate) packets: Vec<RtpPacket>,
    pub(crate) channels: Vec<(ChannelId, String)>,
    pub(crate) data: Vec<(String, Vec<u8>)>,
    pub(crate) keyframes_asked: Vec<(Mid, Option<Rid>)>,
    pub(crate) is_closed: bool,
    wishes: Vec<Wish>,
    first: bool,
}

enum Wish {
    Media(MediaKind, Direction, Vec<&'static str>),
    Data,
    Restart,
}

impl Client {
    pub(crate) fn new(now: Instant, place: usize, peer: PeerId, negotiation: Negotiation) -> Self {
        let address = SocketAddr::from(([10, 0, 1, 1 + place as u8], 5000));
        let mut rtc = Rtc::builder().set_rtp_mode(true).build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        Self {
            place,
            peer,
            address,
            negotiation,
            rtc,
            sent: VecDeque::new(),
            packets: Vec::new(),
            channels: Vec::new(),
            data: Vec::new(),
            keyframes_asked: Vec::new(),
            is_closed: false,
            wishes: Vec::new(),
            first: true,
        }
    }

    /// A section for the next offer.
    pub(crate) fn section(&mut self, kind: MediaKind, direction: Direction) {
        self.wishes.push(Wish::Media(kind, direction, Vec::new()));
    }

    /// A camera in three layers.
    pub(crate) fn simulcast(&mut self) {
        let layers = vec!["q", "h", "f"];
        self.wishes
            .push(Wish::Media(MediaKind::Video, Direction::SendOnly, layers));
    }

    /// The two data channels.
    pub(crate) fn data(&mut self) {
        self.wishes.push(Wish::Data);
    }

    pub(crate) fn offer(&mut self) -> (String, SdpPendingOffer) {
        let mut api = self.rtc.sdp_api();
        for wish in self.wishes.drain(..) {
            match wish {
                Wish::Media(kind, direction, layers) => {
                    let mut simulcast = Simulcast::new();
                    for layer in &layers {
                        simulcast.add_send_layer(SimulcastLayer::new(layer));
                    }
                    let simulcast = (!layers.is_empty()).then_some(simulcast);
                    let name = Some(format!("track{kind:?}"));
                    api.add_media(kind, direction, Some("stream".into()), name, simulcast);
                }
                Wish::Restart => {
                    api.ice_restart(false);
                }
                Wish::Data => {
                    api.add_channel("_reliable".into());
                    api.add_channel_with_config(ChannelConfig {
                        label: "_lossy".into(),
                        ordered: false,
                        reliability: Reliability::MaxRetransmits { retransmits: 0 },
                        ..ChannelConfig::default()
                    });
                }
            }
        }
        let (offer, pending) = api.apply().expect("nothing to offer");
        self.rtc
            .add_local_candidate(Candidate::host(self.address, "udp").unwrap());
        (offer.to_sdp_string(), pending)
    }

    pub(crate) fn accept(&mut self, pending: SdpPendingOffer, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
        self.first = false;
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain();
    }

    pub(crate) fn receive(&mut self, now: Instant, outgoing: &Outgoing) {
        let proto = match outgoing.carrier {
            Carrier::Udp => Protocol::Udp,
            Carrier::Tcp => Protocol::Tcp,
        };
        let (source, destination) = (outgoing.source, outgoing.destination);
        let received = Receive::new(proto, source, destination, &outgoing.bytes).unwrap();
        self.rtc
            .handle_input(Input::Receive(now, received))
            .unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(_) => return,
                Output::Transmit(transmit) => self.sent.push_back(transmit),
                Output::Event(Event::RtpPacket(packet)) => self.packets.push(packet),
                Output::Event(Event::ChannelOpen(id, label)) => self.channels.push((id, label)),
                Output::Event(Event::ChannelData(data)) => {
                    let channel = self.channels.iter().find(|it| it.0 == data.id).unwrap();
                    self.data.push((channel.1.clone(), data.data));
                }
                Output::Event(Event::KeyframeRequest(it)) => {
                    self.keyframes_asked.push((it.mid, it.rid));
                }
                Output::Event(Event::Closed) => self.is_closed = true,
                Output::Event(_) => {}
            }
        }
    }

    pub(crate) fn say(&mut self, label: &str, bytes: &[u8]) {
        let channel = self.channels.iter().find(|it| it.1 == label).unwrap().0;
        assert!(
            self.rtc
                .channel(channel)
                .unwrap()
                .write(true, bytes)
                .unwrap()
        );
    }

    /// Sends a packet of sound.
    pub(crate) fn sound(&mut self, now: Instant, mid: Mid, number: u64, level: i8) {
        let values = ExtensionValues {
            audio_level: Some(level),
            voice_activity: Some(level > -60),
            ..ExtensionValues::default()
        };
        let payload: Arc<[u8]> = Arc::from(&b"opus"[..]);
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None).unwrap();
        let time = (number as u32) * 960;
        stream.write_rtp(
            RtpWrite::new(111.into(), (1000 + number).into(), time, now, payload).ext_vals(values),
        );
    }

    /// Goes to another network: the next offer starts ICE anew from there.
    pub(crate) fn move_to(&mut self, ip: [u8; 4]) {
        self.address = SocketAddr::from((ip, 6000));
        self.wishes.push(Wish::Restart);
    }

    /// Sends a packet of VP8: a frame of its own, a keyframe or not.
    pub(crate) fn picture(
        &mut self,
        now: Instant,
        layer: (Mid, Option<&str>),
        number: u64,
        key: bool,
    ) {
        self.frame(now, layer, (number, 600), key);
    }

    /// The same with so many bytes after the descriptor.
    pub(crate) fn frame(
        &mut self,
        now: Instant,
        layer: (Mid, Option<&str>),
        (number, bytes): (u64, usize),
        key: bool,
    ) {
        let (mid, rid) = layer;
        let id = (number as u16) & 0x7fff | 0x8000;
        let mut payload = vec![0x90, 0x80, (id >> 8) as u8, id as u8, u8::from(!key)];
        payload.resize(payload.len() + bytes, 7);
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, rid.map(Rid::from)).unwrap();
        let time = (number as u32) * 3000;
        let write = RtpWrite::new(96.into(), (5000 + number).into(), time, now, payload);
        stream.write_rtp(write.marker(true).nackable(true));
    }
}
