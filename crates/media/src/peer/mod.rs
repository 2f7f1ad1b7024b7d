//! The boundary to str0m: ICE, DTLS, SRTP, repair, bandwidth estimation and SCTP of one peer.
//!
//! Nothing outside of this module knows that library. An error of it, or a panic, ends one peer and
//! nothing else. Never knows rooms or subscriptions: it says what came, and sends what it is given.

mod begin;
mod certificate;
mod data;
mod descriptor;
mod packet;
mod polled;

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use base::limits::{CALL_PEER_SOURCES_MAX, SDP_RIDS_MAX};
use str0m::bwe::Bitrate;
use str0m::channel::ChannelId;
use str0m::ice::IceCreds;
use str0m::media::{KeyframeRequestKind, Mid as WireMid, Rid};
use str0m::net::{Protocol, Receive};
use str0m::{Input, Rtc, RtcError};

use crate::change::{Change, Credentials, Mid, Payload, Receiving, Remote, Sending};
use crate::command::MediaKind;
use crate::id::{PeerId, RoomId};
use crate::worker::Carrier;

pub use certificate::Certificate;
pub(crate) use certificate::hmac_sha1;
pub(crate) use packet::{Arrived, Departing};
pub(crate) use polled::{Polled, Statistics};

/// A path of a datagram: how it travels and between whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) carrier: Carrier,
    pub(crate) remote: core::net::SocketAddr,
}

/// A section in which the client sends.
#[derive(Debug)]
struct Incoming {
    mid: WireMid,
    receiving: Receiving,
    /// The source of each encoding.
    latest: [Option<u32>; SDP_RIDS_MAX],
}

/// A section in which we send.
#[derive(Debug)]
struct Outbound {
    mid: WireMid,
    sending: Sending,
}

/// Where the packets of a source belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Source {
    section: usize,
    stream: u8,
}

/// One peer connection.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) id: PeerId,
    pub(crate) room: RoomId,
    /// `None` before [`Change::Begin`].
    rtc: Option<Box<Rtc>>,
    local: Option<Credentials>,
    payloads: Vec<Payload>,
    incoming: Vec<Incoming>,
    outbound: Vec<Outbound>,
    /// What is known of incoming sources; filled as packets come.
    sources: HashMap<u32, Source>,
    /// All sources that anything was looked at from.
    seen: HashSet<u32>,
    reliable: Option<ChannelId>,
    lossy: Option<ChannelId>,
    is_broken: bool,
    /// Errors of the connection while it had something to say.
    faults: u32,
    /// We began the handshake, so SCTP is begun here as well.
    is_dtls_client: bool,
    /// Since when nothing was heard.
    pub(crate) heard: Instant,
    /// Whether ICE and DTLS stood at some time.
    pub(crate) is_connected: bool,
}

impl Peer {
    pub(crate) fn new(now: Instant, id: PeerId, room: RoomId) -> Self {
        Self {
            id,
            room,
            rtc: None,
            local: None,
            payloads: Vec::new(),
            incoming: Vec::new(),
            outbound: Vec::new(),
            sources: HashMap::new(),
            seen: HashSet::new(),
            reliable: None,
            lossy: None,
            is_broken: false,
            faults: 0,
            is_dtls_client: false,
            heard: now,
            is_connected: false,
        }
    }

    /// Whether something went wrong with it: it is to be closed.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken || self.rtc.as_ref().is_some_and(|it| !it.is_alive())
    }

    /// The password that belongs to a user name fragment of ours.
    pub(crate) fn password(&self, fragment: &str) -> Option<&str> {
        let local = self.local.as_ref().filter(|it| it.ufrag == fragment);
        local.map(|it| it.pwd.as_str())
    }

    /// Applies one step of a negotiation. Steps that contradict what is there do nothing.
    pub(crate) fn change(&mut self, now: Instant, change: Change, certificate: &Certificate) {
        match change {
            Change::Begin(transport) => {
                if self.rtc.is_some() {
                    return;
                }
                self.rtc = Some(Box::new(begin::connection(now, &transport, certificate)));
                self.local = Some(transport.local);
                self.payloads = transport.payloads;
                if let Some(remote) = transport.remote {
                    self.answered(remote);
                }
            }
            Change::RestartIce { local, remote } => {
                self.with(|rtc| {
                    let mut direct = rtc.direct_api();
                    direct.set_local_ice_credentials(credentials(&local));
                    direct.set_remote_ice_credentials(credentials(&remote));
                    Ok(())
                });
                self.local = Some(local);
            }
            Change::Answered(remote) => self.answered(remote),
            Change::Receive(receiving) => self.receive_section(receiving),
            Change::Send(sending) => self.send_section(sending),
            Change::StopReceiving(mid) => self.stop_receiving(&mid),
            Change::StopSending(mid) => self.stop_sending(&mid),
            Change::OpenData { ours } => self.open_data(ours),
            Change::Learn(payloads) => self.payloads.extend(payloads),
        }
    }

    fn answered(&mut self, remote: Remote) {
        self.is_dtls_client = remote.dtls_client;
        self.with(|rtc| {
            let mut direct = rtc.direct_api();
            direct.set_remote_ice_credentials(credentials(&remote.credentials));
            direct.set_remote_fingerprint(certificate::fingerprint(remote.fingerprint));
            direct.start_dtls(remote.dtls_client)
        });
    }

    fn receive_section(&mut self, receiving: Receiving) {
        let mid = wire_mid(&receiving.mid);
        self.sources.clear();
        self.seen.clear();
        let known = self.incoming.iter_mut().find(|it| it.mid == mid);
        let same_rids = known
            .as_ref()
            .is_some_and(|it| it.receiving.rids == receiving.rids);
        match known {
            Some(known) => known.receiving = receiving.clone(),
            None => self.incoming.push(Incoming {
                mid,
                receiving: receiving.clone(),
                latest: [None; SDP_RIDS_MAX],
            }),
        }
        let is_sent = self.outbound.iter().any(|it| it.mid == mid);
        self.with(|rtc| {
            let mut direct = rtc.direct_api();
            if !same_rids && !is_sent {
                // Layers are named when a section is declared, and never again.
                direct.remove_media(mid);
                let media = direct.declare_media(mid, wire_kind(receiving.kind));
                for rid in &receiving.rids {
                    media.expect_rid_rx(Rid::from(rid.as_str()));
                }
            }
            // The sources of a simulcast are known by their first packets.
            if receiving.rids.is_empty() {
                for (ssrc, repair) in &receiving.sources {
                    direct.expect_stream_rx((*ssrc).into(), repair.map(Into::into), mid, None);
                }
            }
            Ok(())
        });
    }

    fn stop_receiving(&mut self, mid: &Mid) {
        let mid = wire_mid(mid);
        self.incoming.retain(|it| it.mid != mid);
        self.sources.clear();
        self.remove_unused(mid);
    }

    fn send_section(&mut self, sending: Sending) {
        let mid = wire_mid(&sending.mid);
        let is_declared = self.incoming.iter().any(|it| it.mid == mid)
            || self.outbound.iter().any(|it| it.mid == mid);
        self.outbound.retain(|it| it.mid != mid);
        self.with(|rtc| {
            let mut direct = rtc.direct_api();
            if !is_declared {
                direct.declare_media(mid, wire_kind(sending.kind));
            }
            let repair = sending.repair.map(Into::into);
            direct.declare_stream_tx(sending.ssrc.into(), repair, mid, None);
            Ok(())
        });
        self.outbound.push(Outbound { mid, sending });
    }

    fn stop_sending(&mut self, mid: &Mid) {
        let mid = wire_mid(mid);
        let place = self.outbound.iter().position(|it| it.mid == mid);
        let Some(gone) = place.map(|place| self.outbound.swap_remove(place)) else {
            return;
        };
        self.with(|rtc| {
            rtc.direct_api().remove_stream_tx(gone.sending.ssrc.into());
            Ok(())
        });
        self.remove_unused(mid);
    }

    fn remove_unused(&mut self, mid: WireMid) {
        let is_used = self.incoming.iter().any(|it| it.mid == mid)
            || self.outbound.iter().any(|it| it.mid == mid);
        if !is_used {
            self.with(|rtc| {
                rtc.direct_api().remove_media(mid);
                Ok(())
            });
        }
    }

    /// The payload that this peer knows as the same as somebody else's, by its number here.
    pub(crate) fn number_of(&self, payload: &Payload) -> Option<u8> {
        let is_same = |it: &&Payload| {
            it.codec == payload.codec && it.red == payload.red && it.profile == payload.profile
        };
        // Constrained baseline and baseline are one, as far as encoders of the web go.
        let is_like = |it: &&Payload| {
            it.codec == payload.codec
                && it.red == payload.red
                && it.profile.mode == payload.profile.mode
                && it.profile.id >> 8 == payload.profile.id >> 8
        };
        let found = self.payloads.iter().find(is_same);
        let found = found.or_else(|| self.payloads.iter().find(is_like));
        found.map(|it| it.number)
    }

    /// What came in on a path that was proved to be this peer's.
    pub(crate) fn datagram(&mut self, now: Instant, route: Route, bytes: &[u8]) {
        if let Some(ssrc) = source_of(bytes)
            && !self.knows(ssrc)
        {
            return;
        }
        self.heard = now;
        self.with(|rtc| {
            let proto = match route.carrier {
                Carrier::Udp => Protocol::Udp,
                Carrier::Tcp => Protocol::Tcp,
            };
            let destination = begin::candidate_of(route.remote);
            // What is not STUN, DTLS, RTP or RTCP is nobody's fault but the sender's.
            let Ok(received) = Receive::new(proto, route.remote, destination, bytes) else {
                return Ok(());
            };
            // Anybody who can write this address on a packet can make an error of the handshake or
            // of SCTP; it is the packet that is bad, and a connection that is dead falls silent.
            let _ = rtc.handle_input(Input::Receive(now, received));
            Ok(())
        });
    }

    /// Whether packets of a source are looked at. Those that were agreed or proved always are; of
    /// others there may be many, not any number, since anybody can make them up.
    fn knows(&mut self, ssrc: u32) -> bool {
        if self.seen.contains(&ssrc) || self.sources.contains_key(&ssrc) {
            return true;
        }
        let mut agreed = self.incoming.iter().flat_map(|it| &it.receiving.sources);
        agreed.any(|it| it.0 == ssrc || it.1 == Some(ssrc))
            || self.seen.len() < CALL_PEER_SOURCES_MAX && self.seen.insert(ssrc)
    }

    /// Lets time pass. To be followed by [`Self::poll`] until it is idle.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.with(|rtc| rtc.handle_input(Input::Timeout(now)));
    }

    /// Asks the client for a keyframe of one of its streams (PLI, RFC 4585, 6.3.1).
    pub(crate) fn request_keyframe(&mut self, mid: &Mid, stream: u8) {
        let mid = wire_mid(mid);
        let Some(incoming) = self.incoming.iter().find(|it| it.mid == mid) else {
            return;
        };
        let rids = &incoming.receiving.rids;
        let rid = packet::rid_of(rids, stream).map(Rid::from);
        self.with(|rtc| {
            if let Some(stream) = rtc.direct_api().stream_rx_by_mid(mid, rid) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
            }
            Ok(())
        });
    }

    /// What is to be probed for, in bit/s.
    pub(crate) fn aim(&mut self, desired: u64) {
        self.with(|rtc| {
            rtc.bwe().set_bitrate(Bitrate::ZERO, Bitrate::from(desired));
            Ok(())
        });
    }

    /// Says goodbye. The farewell goes out with the next [`Self::poll`].
    pub(crate) fn close(&mut self) {
        self.with(Rtc::close);
    }

    /// Touches the connection. Whatever goes wrong there ends this peer only.
    fn with(&mut self, act: impl FnOnce(&mut Rtc) -> Result<(), RtcError>) {
        let Some(rtc) = self.rtc.as_mut().filter(|_| !self.is_broken) else {
            return;
        };
        let done = catch_unwind(AssertUnwindSafe(|| act(rtc)));
        self.is_broken |= !matches!(done, Ok(Ok(())));
    }
}

fn credentials(credentials: &Credentials) -> IceCreds {
    IceCreds {
        ufrag: credentials.ufrag.clone(),
        pass: credentials.pwd.clone(),
    }
}

/// The name of a section as packets carry it, without a change of its letters.
fn wire_mid(mid: &Mid) -> WireMid {
    let mut bytes = [b' '; 16];
    for (byte, letter) in bytes.iter_mut().zip(mid.as_str().bytes()) {
        *byte = letter;
    }
    WireMid::from_array(bytes)
}

fn wire_kind(kind: MediaKind) -> str0m::media::MediaKind {
    match kind {
        MediaKind::Audio => str0m::media::MediaKind::Audio,
        MediaKind::Video => str0m::media::MediaKind::Video,
    }
}

/// The source of an RTP packet; `None` for all else (RFC 7983, RFC 5761).
fn source_of(bytes: &[u8]) -> Option<u32> {
    let is_rtp = (128..192).contains(bytes.first()?) && !(192..224).contains(bytes.get(1)?);
    let ssrc = bytes.get(8..12)?.first_chunk::<4>()?;
    is_rtp.then(|| u32::from_be_bytes(*ssrc))
}
