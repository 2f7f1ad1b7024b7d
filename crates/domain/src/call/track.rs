//! Tracks: what a participant publishes, as everybody in the call knows it.

use std::sync::Arc;

use super::id::TrackId;

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// Where a track comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Something of its own.
    Unknown,
    /// A camera.
    Camera,
    /// A microphone.
    Microphone,
    /// A screen or a window.
    ScreenShare,
    /// The sound of one.
    ScreenShareAudio,
}

impl Source {
    /// Its name in tokens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Camera => "camera",
            Self::Microphone => "microphone",
            Self::ScreenShare => "screen_share",
            Self::ScreenShareAudio => "screen_share_audio",
        }
    }

    /// The source of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::Unknown,
            Self::Camera,
            Self::Microphone,
            Self::ScreenShare,
            Self::ScreenShareAudio,
        ];
        all.into_iter()
            .find(|source| source.name().eq_ignore_ascii_case(name))
    }
}

/// How payloads are encrypted from end to end; keys never come here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// Not at all.
    #[default]
    None,
    /// AES-GCM.
    Gcm,
    /// In a way of the application's.
    Custom,
}

/// How far up a picture's layers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// The smallest layer.
    Low,
    /// The one between.
    Medium,
    /// The largest one.
    High,
}

/// One layer of a picture, as its publisher announced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Which.
    pub quality: Quality,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// In bits a second.
    pub bitrate_bps: u32,
    /// As in SVC, 0 for the lowest.
    pub spatial: i32,
    /// The simulcast stream it is.
    pub rid: String,
}

/// One encoding of a track: most have one, some a second one for those who can not decode it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackCodec {
    /// As `video/vp8`; empty until it is agreed.
    pub mime: String,
    /// The client's own id of the section that carries it.
    pub cid: String,
    /// The id in the client's SDP, where that is another one; empty otherwise.
    pub sdp_cid: String,
    /// The section that carries it; empty until it is agreed.
    pub mid: String,
    /// Its layers.
    pub layers: Vec<Layer>,
    /// How layers are told apart, as LiveKit numbers it (`VideoLayer.Mode`).
    pub layer_mode: i32,
}

/// What the publisher says once and everybody else hears as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackTraits {
    /// Silence is sent as sound.
    pub dtx_disabled: bool,
    /// Two channels.
    pub stereo: bool,
    /// Sound is sent once only.
    pub red_disabled: bool,
    /// End-to-end encryption.
    pub encryption: Encryption,
    /// Tracks of one stream play in step.
    pub stream: String,
    /// LiveKit's `AudioTrackFeature`s, by number.
    pub audio_features: Vec<i32>,
    /// LiveKit's `BackupCodecPolicy`, by number.
    pub backup_codec_policy: i32,
    /// LiveKit's `PacketTrailerFeature`s, by number.
    pub trailer_features: Vec<i32>,
}

/// One published track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Its id.
    pub id: TrackId,
    /// Sound or picture.
    pub kind: TrackKind,
    /// From where.
    pub source: Source,
    /// The publisher's own name for it.
    pub name: String,
    /// Silenced, by its publisher or by a moderator.
    pub muted: bool,
    /// In pixels, 0 for sound.
    pub width: u32,
    /// In pixels, 0 for sound.
    pub height: u32,
    /// Its encodings, the first one is what everybody gets.
    pub codecs: Vec<TrackCodec>,
    /// What does not change.
    pub traits: Arc<TrackTraits>,
    /// Rises with every change.
    pub version: u32,
}

impl Track {
    /// What it is encoded in, as `audio/opus`; empty until that is agreed.
    #[must_use]
    pub fn mime(&self) -> &str {
        self.codecs.first().map_or("", |codec| &codec.mime)
    }

    /// The client's own id of it.
    #[must_use]
    pub fn cid(&self) -> &str {
        self.codecs.first().map_or("", |codec| &codec.cid)
    }

    /// Whether it comes in several sizes.
    #[must_use]
    pub fn is_simulcast(&self) -> bool {
        let layers = |codec: &TrackCodec| codec.layers.len();
        self.codecs.first().map_or(0, layers) > 1
    }
}
