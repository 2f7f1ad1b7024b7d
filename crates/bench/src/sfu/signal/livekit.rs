//! LiveKit's signalling, version 1: one WebSocket and one peer connection per participant, the
//! client always offers. As much of it as a participant who sends and receives everything needs.

use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use livekit_protocol as proto;
use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message as Response;
use prost::Message as _;
use str0m::change::SdpPendingOffer;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket};

use super::token;
use crate::error::{BenchError, Doing};
use crate::sfu::peer::rtc::{Connection, Sections};
use crate::sfu::shape::Shape;
use crate::sfu::trace::Layer;

/// The version of the protocol that is spoken.
const PROTOCOL: i32 = 16;
const PING_EVERY: Duration = Duration::from_secs(4);
/// The server's answer to the upgrade may take so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// The signalling of one participant.
pub(super) struct Link {
    socket: WebSocket<TcpStream>,
    name: String,
    /// What the first offer holds, until it has been sent.
    first: Option<Sections>,
    pending: Option<SdpPendingOffer>,
    /// What is still to be offered; sections of the same number are open again.
    wanted: Option<Sections>,
    offers: u32,
    pinged: Instant,
}

fn refused(doing: &str, error: &Error) -> BenchError {
    BenchError::Protocol(format!("{doing}: {error}"))
}

impl Link {
    /// Joins the call.
    pub(super) fn join(port: u16, shape: &Shape, participant: usize) -> Result<Self, BenchError> {
        let name = format!("p{participant}");
        let request = url(port, shape.name, &name)?;
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).doing("connect")?;
        stream.set_nodelay(true).doing("set nodelay")?;
        stream
            .set_read_timeout(Some(PATIENCE))
            .doing("set the patience")?;
        let config = Some(WebSocketConfig::default());
        let opened = tungstenite::client::client_with_config(request, stream, config);
        let (socket, _answer) =
            opened.map_err(|error| BenchError::Protocol(format!("join: {error}")))?;
        socket
            .get_ref()
            .set_nonblocking(true)
            .doing("unblock a link")?;
        let publishes = shape.publishes(participant);
        let camera = publishes && shape.video;
        let heard = shape.heard_by(participant);
        let first = Sections {
            sound: publishes.then(|| format!("{name}-sound")),
            camera: camera.then(|| format!("{name}-camera")),
            sounds: heard,
            cameras: if shape.video { heard } else { 0 },
            highest_first: false,
        };
        Ok(Self {
            socket,
            name,
            first: Some(first),
            pending: None,
            wanted: None,
            offers: 0,
            pinged: Instant::now(),
        })
    }

    /// Reads what the server says and answers; tells whether the connection was changed.
    pub(super) fn look(&mut self, connection: &mut Connection) -> Result<bool, BenchError> {
        let mut changed = false;
        loop {
            let bytes = match self.socket.read() {
                Ok(Message::Binary(bytes)) => bytes,
                Ok(Message::Close(frame)) => {
                    let said = format!("{} was closed: {frame:?}", self.name);
                    return Err(BenchError::Protocol(said));
                }
                Ok(_) => continue,
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(refused("read the signalling", &error)),
            };
            let said = proto::SignalResponse::decode(bytes);
            let said = said.map_err(|error| BenchError::Protocol(error.to_string()))?;
            if let Some(message) = said.message {
                changed |= self.heed(message, connection)?;
            }
        }
        if self.pending.is_none()
            && let Some(wanted) = self.wanted.take()
        {
            changed |= self.offer(&wanted, connection)?;
        }
        if self.pinged.elapsed() > PING_EVERY {
            self.pinged = Instant::now();
            self.say(Request::Ping(1))?;
            self.say(Request::PingReq(proto::Ping::default()))?;
        }
        match self.socket.flush() {
            Err(error) if !matches!(error, Error::Io(_)) => Err(refused("flush", &error)),
            Ok(()) | Err(_) => Ok(changed),
        }
    }

    /// One message; tells whether the connection was changed.
    fn heed(&mut self, said: Response, connection: &mut Connection) -> Result<bool, BenchError> {
        if let Response::Join(_) = said {
            if let Some(first) = self.first.take() {
                self.announce(&first)?;
                self.wanted = Some(first);
            }
        } else if let Response::Answer(answer) = said {
            // An answer to an offer that is not waited for is old.
            if let Some(pending) = self.pending.take() {
                connection.answered(pending, &answer.sdp)?;
                return Ok(true);
            }
        } else if let Response::MediaSectionsRequirement(more) = said {
            let wanted = self.wanted.get_or_insert_default();
            wanted.sounds += more.num_audios as usize;
            wanted.cameras += more.num_videos as usize;
        } else if let Response::Trickle(trickle) = said {
            connection.add_candidate(&trickle.candidate_init)?;
            return Ok(true);
        } else if let Response::Leave(leave) = said {
            let said = format!("{} was sent away: {:?}", self.name, leave.reason());
            return Err(BenchError::Protocol(said));
        } else if let Response::RequestResponse(refusal) = said
            && refusal.reason() != proto::request_response::Reason::Ok
        {
            return Err(BenchError::Protocol(refusal.message));
        }
        Ok(false)
    }

    /// Tells which tracks will come.
    fn announce(&mut self, sections: &Sections) -> Result<(), BenchError> {
        if let Some(cid) = &sections.sound {
            self.say(Request::AddTrack(proto::AddTrackRequest {
                cid: cid.clone(),
                name: "microphone".to_owned(),
                r#type: proto::TrackType::Audio.into(),
                source: proto::TrackSource::Microphone.into(),
                disable_red: true,
                ..proto::AddTrackRequest::default()
            }))?;
        }
        if let Some(cid) = &sections.camera {
            let (width, height) = Layer::Full.size();
            self.say(Request::AddTrack(proto::AddTrackRequest {
                cid: cid.clone(),
                name: "camera".to_owned(),
                r#type: proto::TrackType::Video.into(),
                source: proto::TrackSource::Camera.into(),
                width: width.into(),
                height: height.into(),
                layers: layers(),
                simulcast_codecs: vec![proto::SimulcastCodec {
                    codec: "vp8".to_owned(),
                    cid: cid.clone(),
                    layers: layers(),
                    ..proto::SimulcastCodec::default()
                }],
                ..proto::AddTrackRequest::default()
            }))?;
        }
        Ok(())
    }

    fn offer(&mut self, more: &Sections, connection: &mut Connection) -> Result<bool, BenchError> {
        let Some((sdp, pending)) = connection.offer(more) else {
            return Ok(false);
        };
        self.pending = Some(pending);
        self.offers += 1;
        self.say(Request::Offer(proto::SessionDescription {
            r#type: "offer".to_owned(),
            sdp,
            id: self.offers,
            ..proto::SessionDescription::default()
        }))?;
        Ok(true)
    }

    fn say(&mut self, message: Request) -> Result<(), BenchError> {
        let request = proto::SignalRequest {
            message: Some(message),
        };
        let written = self
            .socket
            .write(Message::Binary(request.encode_to_vec().into()));
        match written {
            // It is kept and written later.
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(refused("write the signalling", &error)),
            Ok(()) => Ok(()),
        }
    }
}

/// The layers of the camera as a client announces them.
fn layers() -> Vec<proto::VideoLayer> {
    let qualities = [
        proto::VideoQuality::Low,
        proto::VideoQuality::Medium,
        proto::VideoQuality::High,
    ];
    let layer = |(layer, quality): (Layer, proto::VideoQuality)| {
        let (width, height) = layer.size();
        proto::VideoLayer {
            quality: quality.into(),
            width: width.into(),
            height: height.into(),
            bitrate: layer.bits_per_second() as u32,
            spatial_layer: layer.number() as i32 - 1,
            rid: layer.rid().unwrap_or_default().to_owned(),
            ..proto::VideoLayer::default()
        }
    };
    Layer::VIDEO.into_iter().zip(qualities).map(layer).collect()
}

/// Where one joins, with token and wishes.
fn url(port: u16, room: &str, name: &str) -> Result<String, BenchError> {
    let wishes = proto::JoinRequest {
        client_info: Some(proto::ClientInfo {
            sdk: proto::client_info::Sdk::Js.into(),
            version: "2.23.0".to_owned(),
            protocol: PROTOCOL,
            ..proto::ClientInfo::default()
        }),
        connection_settings: Some(proto::ConnectionSettings {
            auto_subscribe: true,
            ..proto::ConnectionSettings::default()
        }),
        ..proto::JoinRequest::default()
    };
    let wrapped = proto::WrappedJoinRequest {
        join_request: wishes.encode_to_vec(),
        ..proto::WrappedJoinRequest::default()
    };
    let wrapped = URL_SAFE.encode(wrapped.encode_to_vec()).replace('=', "%3D");
    let token = token::mint(room, name)?;
    Ok(format!(
        "ws://127.0.0.1:{port}/rtc/v1?access_token={token}&join_request={wrapped}"
    ))
}
