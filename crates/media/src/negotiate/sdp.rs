//! Reading a session description (RFC 8866), as far as a media server cares.
//!
//! Everything a client writes is bounded here: the text, its sections, the length of names. What is
//! not known is skipped, as the standard demands.

use base::limits::{
    SDP_BYTES_MAX, SDP_MID_BYTES_MAX, SDP_PAYLOADS_MAX, SDP_RID_BYTES_MAX, SDP_RIDS_MAX,
    SDP_SECTIONS_MAX, SDP_SOURCES_MAX,
};

use super::SdpError;
use crate::change::Credentials;

/// A description.
#[derive(Debug, Clone, Default)]
pub(super) struct Description {
    /// `a=extmap-allow-mixed` for the whole session (RFC 8285).
    pub(super) mixed_extensions: bool,
    /// `a=ice-lite`: both of us being lite can not work.
    pub(super) ice_lite: bool,
    /// The sections in order.
    pub(super) sections: Vec<Media>,
}

/// What a section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Audio,
    Video,
    /// Data channels (RFC 8841).
    Application,
    /// Something else: refused.
    Other,
}

/// Which side of the handshake somebody takes (RFC 8842).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setup {
    Active,
    Passive,
    Either,
}

/// One number of a payload with what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) number: u8,
    /// `VP8/90000`, empty where nothing was said.
    pub(super) map: String,
    /// `a=fmtp`.
    pub(super) parameters: String,
    /// `a=rtcp-fb`, one each.
    pub(super) feedback: Vec<String>,
}

/// A section.
#[derive(Debug, Clone)]
pub(super) struct Media {
    pub(super) topic: Topic,
    /// Port 0 without `a=bundle-only`: the section is dead.
    pub(super) rejected: bool,
    /// The transport and the formats, as they stand in the line.
    pub(super) protocol: String,
    pub(super) list: String,
    pub(super) mid: String,
    pub(super) sends: bool,
    pub(super) receives: bool,
    pub(super) credentials: Option<Credentials>,
    pub(super) fingerprint: Option<[u8; 32]>,
    pub(super) setup: Option<Setup>,
    pub(super) mixed_extensions: bool,
    pub(super) formats: Vec<Format>,
    pub(super) extensions: Vec<(u8, String)>,
    /// The two words of `a=msid`.
    pub(super) msid: Option<(String, String)>,
    /// Sources in the order of the text.
    pub(super) sources: Vec<u32>,
    /// Source and its repair.
    pub(super) pairs: Vec<(u32, u32)>,
    /// `a=rid:x send`, in the order of `a=simulcast` where there is one.
    pub(super) rids: Vec<String>,
}

impl Media {
    fn new(line: &str, session: &Common) -> Result<Self, SdpError> {
        let mut words = line.split(' ');
        let topic = match words.next() {
            Some("audio") => Topic::Audio,
            Some("video") => Topic::Video,
            Some("application") => Topic::Application,
            Some(_) => Topic::Other,
            None => return Err(SdpError::Malformed("m")),
        };
        let port = words.next().ok_or(SdpError::Malformed("m"))?;
        let protocol = words.next().ok_or(SdpError::Malformed("m"))?.to_owned();
        let list: Vec<&str> = words.collect();
        if list.len() > SDP_PAYLOADS_MAX {
            return Err(SdpError::TooLarge("payloads"));
        }
        let formats = match topic {
            Topic::Audio | Topic::Video => numbers(&list),
            Topic::Application | Topic::Other => Vec::new(),
        };
        Ok(Self {
            topic,
            rejected: port == "0",
            protocol,
            list: list.join(" "),
            mid: String::new(),
            sends: session.sends,
            receives: session.receives,
            credentials: session.credentials(),
            fingerprint: session.fingerprint,
            setup: session.setup,
            mixed_extensions: false,
            formats,
            extensions: Vec::new(),
            msid: None,
            sources: Vec::new(),
            pairs: Vec::new(),
            rids: Vec::new(),
        })
    }

    fn format(&mut self, number: &str) -> Option<&mut Format> {
        let number: u8 = number.parse().ok()?;
        self.formats.iter_mut().find(|it| it.number == number)
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<(), SdpError> {
        match name {
            "mid" => {
                let is_name = value.len() <= SDP_MID_BYTES_MAX && is_token(value);
                if !is_name {
                    return Err(SdpError::Malformed("mid"));
                }
                self.mid = value.to_owned();
            }
            "bundle-only" => self.rejected = false,
            "extmap-allow-mixed" => self.mixed_extensions = true,
            "rtpmap" | "fmtp" | "rtcp-fb" => self.payload(name, value),
            "extmap" => {
                let mut words = value.split(' ');
                let id = words
                    .next()
                    .and_then(|it| it.split('/').next()?.parse().ok());
                if let (Some(id), Some(uri)) = (id, words.next())
                    && self.extensions.len() < SDP_PAYLOADS_MAX
                {
                    self.extensions.push((id, uri.to_owned()));
                }
            }
            "msid" => {
                let (stream, track) = value.split_once(' ').unwrap_or((value, ""));
                self.msid = Some((stream.to_owned(), track.trim().to_owned()));
            }
            "ssrc" => {
                let ssrc = value.split(' ').next().and_then(|it| it.parse().ok());
                let known = ssrc.is_some_and(|it| self.sources.contains(&it));
                if let (Some(ssrc), false) = (ssrc, known) {
                    self.sources.push(ssrc);
                }
            }
            "ssrc-group" => self.group(value),
            "rid" => {
                let mut words = value.split(' ');
                let (rid, direction) = (words.next().unwrap_or(""), words.next());
                let is_layer = direction == Some("send")
                    && rid.len() <= SDP_RID_BYTES_MAX
                    && is_alphanumeric(rid);
                if is_layer && !self.rids.iter().any(|it| it == rid) {
                    self.rids.push(rid.to_owned());
                }
            }
            "simulcast" => self.order(value),
            _ => {}
        }
        let is_bounded = self.sources.len() <= SDP_SOURCES_MAX && self.rids.len() <= SDP_RIDS_MAX;
        is_bounded
            .then_some(())
            .ok_or(SdpError::TooLarge("sources"))
    }

    fn payload(&mut self, name: &str, value: &str) {
        let Some((number, rest)) = value.split_once(' ') else {
            return;
        };
        if name == "rtcp-fb" && number == "*" {
            for format in &mut self.formats {
                format.feedback.push(rest.to_owned());
            }
            return;
        }
        let Some(format) = self.format(number) else {
            return;
        };
        match name {
            "rtpmap" => format.map = rest.to_owned(),
            "fmtp" => format.parameters = rest.to_owned(),
            _ if format.feedback.len() < SDP_PAYLOADS_MAX => format.feedback.push(rest.to_owned()),
            _ => {}
        }
    }

    /// `FID a b`: b repairs a (RFC 5576).
    fn group(&mut self, value: &str) {
        let mut words = value.split(' ');
        let is_repair = words.next() == Some("FID") && self.pairs.len() < SDP_SOURCES_MAX;
        let mut ssrc = || words.next().and_then(|it| it.parse().ok());
        if let (true, Some(first), Some(second)) = (is_repair, ssrc(), ssrc()) {
            self.pairs.push((first, second));
        }
    }

    /// Puts the layers into the order of `send q;h;f`; what is paused with `~` counts as well.
    fn order(&mut self, value: &str) {
        let mut words = value.split(' ');
        while let Some(word) = words.next() {
            let list = words.next().unwrap_or("");
            if word != "send" {
                continue;
            }
            let order: Vec<&str> = list
                .split([';', ','])
                .map(|it| it.trim_start_matches('~'))
                .collect();
            let place = |rid: &String| order.iter().position(|it| it == rid);
            self.rids
                .sort_by_key(|rid| place(rid).unwrap_or(usize::MAX));
        }
    }
}

/// Attributes that may stand before the first section and hold for all.
#[derive(Debug)]
struct Common {
    ufrag: Option<String>,
    pwd: Option<String>,
    fingerprint: Option<[u8; 32]>,
    setup: Option<Setup>,
    sends: bool,
    receives: bool,
}

impl Common {
    /// Takes an attribute of the transport. Returns whether it was one.
    fn attribute(&mut self, name: &str, value: &str) -> Result<bool, SdpError> {
        match name {
            "ice-ufrag" => self.ufrag = Some(bounded(value)?),
            "ice-pwd" => self.pwd = Some(bounded(value)?),
            "fingerprint" => {
                if let Some(fingerprint) = fingerprint(value) {
                    self.fingerprint = Some(fingerprint);
                }
            }
            "setup" => {
                self.setup = match value {
                    "active" => Some(Setup::Active),
                    "passive" => Some(Setup::Passive),
                    "actpass" => Some(Setup::Either),
                    _ => return Err(SdpError::Malformed("setup")),
                }
            }
            "sendrecv" => (self.sends, self.receives) = (true, true),
            "sendonly" => (self.sends, self.receives) = (true, false),
            "recvonly" => (self.sends, self.receives) = (false, true),
            "inactive" => (self.sends, self.receives) = (false, false),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn credentials(&self) -> Option<Credentials> {
        Some(Credentials {
            ufrag: self.ufrag.clone()?,
            pwd: self.pwd.clone()?,
        })
    }

    fn fresh(&self) -> Self {
        Self {
            ufrag: self.ufrag.clone(),
            pwd: self.pwd.clone(),
            ..*self
        }
    }
}

/// Reads a description.
pub(super) fn parse(text: &str) -> Result<Description, SdpError> {
    if text.len() > SDP_BYTES_MAX {
        return Err(SdpError::TooLarge("description"));
    }
    if !text.starts_with("v=0") {
        return Err(SdpError::Malformed("v"));
    }
    let mut description = Description::default();
    let session = Common {
        ufrag: None,
        pwd: None,
        fingerprint: None,
        setup: None,
        sends: true,
        receives: true,
    };
    let (mut session, mut common) = (session, None::<Common>);
    for line in text.lines() {
        let Some((kind, value)) = line.trim_end().split_once('=') else {
            continue;
        };
        if kind == "m" {
            if description.sections.len() == SDP_SECTIONS_MAX {
                return Err(SdpError::TooLarge("sections"));
            }
            description.sections.push(Media::new(value, &session)?);
            common = Some(session.fresh());
            continue;
        }
        if kind != "a" {
            continue;
        }
        let (name, value) = value.split_once(':').unwrap_or((value, ""));
        let (Some(section), Some(common)) = (description.sections.last_mut(), &mut common) else {
            session.attribute(name, value)?;
            description.ice_lite |= name == "ice-lite";
            description.mixed_extensions |= name == "extmap-allow-mixed";
            continue;
        };
        if common.attribute(name, value)? {
            section.sends = common.sends;
            section.receives = common.receives;
            section.credentials = common.credentials();
            section.fingerprint = common.fingerprint;
            section.setup = common.setup;
        } else {
            section.attribute(name, value)?;
        }
    }
    check(&description)?;
    Ok(description)
}

/// Sections have different names: packets are told apart by them.
fn check(description: &Description) -> Result<(), SdpError> {
    let mut mids: Vec<&str> = description
        .sections
        .iter()
        .map(|it| it.mid.as_str())
        .collect();
    if mids.iter().any(|it| it.is_empty()) {
        return Err(SdpError::Malformed("mid"));
    }
    mids.sort_unstable();
    if mids.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(SdpError::Malformed("mid"));
    }
    Ok(())
}

fn numbers(list: &[&str]) -> Vec<Format> {
    let number = |text: &&str| text.parse::<u8>().ok().filter(|it| *it < 128);
    let format = |number| Format {
        number,
        map: String::new(),
        parameters: String::new(),
        feedback: Vec::new(),
    };
    list.iter().filter_map(number).map(format).collect()
}

fn bounded(value: &str) -> Result<String, SdpError> {
    // RFC 8839, 5.4: at most 256 characters of a small alphabet.
    let is_legal = value.bytes().all(|it| it.is_ascii_graphic());
    if value.is_empty() || value.len() > 256 || !is_legal {
        return Err(SdpError::Malformed("ice"));
    }
    Ok(value.to_owned())
}

fn fingerprint(value: &str) -> Option<[u8; 32]> {
    let (hash, digits) = value.split_once(' ')?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut bytes = [0; 32];
    let mut count = 0;
    for (pair, byte) in digits.trim().split(':').zip(&mut bytes) {
        *byte = u8::from_str_radix(pair, 16).ok()?;
        count += 1;
    }
    (count == 32 && digits.split(':').count() == 32).then_some(bytes)
}

/// The characters of a token (RFC 8866, 9).
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|it| it.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]".contains(&it))
}

/// What may stand in a packet as a layer's name (RFC 8852).
fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
}
