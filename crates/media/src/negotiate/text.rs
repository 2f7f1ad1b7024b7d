//! Writing a session description: answers in the client's numbers, offers in ours.

use std::fmt::{self, Write as _};

use super::codecs::{own_lines, uri};
use super::line::Line;
use super::sdp::{Format, Topic};
use super::{Candidate, Local};
use crate::change::Payload;
use base::limits::CALL_DATA_BYTES_MAX;

/// What is the same for all sections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) local: &'a Local,
    /// Counts up with every description.
    pub(super) version: u64,
    /// `active`, `passive` or `actpass`.
    pub(super) setup: &'static str,
    /// The client said `a=extmap-allow-mixed`, or we offer.
    pub(super) mixed_extensions: bool,
    /// Which numbers and words hold: the client's or ours.
    pub(super) is_offer: bool,
}

/// The whole description.
pub(super) fn write(head: Head<'_>, lines: &[Line]) -> String {
    let mut text = String::with_capacity(1024 + lines.len() * 1024);
    // Writing to a string does not fail.
    let _ = whole(&mut text, head, lines);
    text
}

fn whole(out: &mut String, head: Head<'_>, lines: &[Line]) -> fmt::Result {
    let session = head.local.seed >> 2;
    write!(
        out,
        "v=0\r\no=- {session} {} IN IP4 127.0.0.1\r\n",
        head.version
    )?;
    write!(out, "s=-\r\nt=0 0\r\na=ice-lite\r\n")?;
    if head.mixed_extensions {
        write!(out, "a=extmap-allow-mixed\r\n")?;
    }
    write!(out, "a=msid-semantic: WMS *\r\n")?;
    let mut bundle = String::new();
    for line in lines.iter().filter(|it| it.is_alive()) {
        write!(bundle, " {}", line.mid.as_str())?;
    }
    if !bundle.is_empty() {
        write!(out, "a=group:BUNDLE{bundle}\r\n")?;
    }
    // The candidates of a bundle stand in its first section.
    let mut candidates = head.local.candidates.as_slice();
    for line in lines {
        if line.is_alive() {
            section(out, head, line)?;
            addresses(out, std::mem::take(&mut candidates))?;
        } else {
            refused(out, line)?;
        }
    }
    Ok(())
}

/// A section that is dead: it keeps its place and nothing else.
fn refused(out: &mut String, line: &Line) -> fmt::Result {
    let topic = match line.topic {
        Topic::Audio => "audio",
        Topic::Video => "video",
        Topic::Application | Topic::Other => "application",
    };
    let said = line.client.as_ref();
    let protocol = said.map_or("UDP/TLS/RTP/SAVPF", |it| it.protocol.as_str());
    let list = said.map_or("0", |it| it.list.as_str());
    write!(out, "m={topic} 0 {protocol} {list}\r\nc=IN IP4 0.0.0.0\r\n")?;
    write!(out, "a=mid:{}\r\na=inactive\r\n", line.mid.as_str())
}

fn section(out: &mut String, head: Head<'_>, line: &Line) -> fmt::Result {
    let is_media = line.kind().is_some();
    if is_media {
        opening(out, line)?;
    } else {
        let said = line.client.as_ref();
        let protocol = said.map_or("UDP/DTLS/SCTP", |it| it.protocol.as_str());
        write!(out, "m=application 9 {protocol} webrtc-datachannel\r\n")?;
    }
    write!(out, "c=IN IP4 0.0.0.0\r\n")?;
    transport(out, head, line)?;
    if !is_media {
        return write!(
            out,
            "a=sctp-port:5000\r\na=max-message-size:{CALL_DATA_BYTES_MAX}\r\n"
        );
    }
    for (number, extension) in &line.extensions {
        write!(out, "a=extmap:{number} {}\r\n", uri(*extension))?;
    }
    let direction = match (line.is_sent(), line.is_received()) {
        (true, true) => "sendrecv",
        (true, false) => "sendonly",
        (false, true) => "recvonly",
        (false, false) => "inactive",
    };
    write!(out, "a={direction}\r\n")?;
    if let (true, Some(carried)) = (line.is_sent(), &line.carried) {
        let it = &carried.assignment;
        write!(out, "a=msid:{} {}\r\n", it.stream, it.id)?;
    }
    write!(out, "a=rtcp-mux\r\na=rtcp-rsize\r\n")?;
    for payload in &line.payloads {
        format(out, head, line, payload)?;
    }
    layers(out, line)?;
    sources(out, line)
}

fn opening(out: &mut String, line: &Line) -> fmt::Result {
    let topic = match line.topic {
        Topic::Audio => "audio",
        Topic::Video | Topic::Application | Topic::Other => "video",
    };
    let said = line.client.as_ref();
    let protocol = said.map_or("UDP/TLS/RTP/SAVPF", |it| it.protocol.as_str());
    write!(out, "m={topic} 9 {protocol}")?;
    for payload in &line.payloads {
        write!(out, " {}", payload.number)?;
        if let Some(repair) = payload.repair {
            write!(out, " {repair}")?;
        }
    }
    write!(out, "\r\n")
}

fn transport(out: &mut String, head: Head<'_>, line: &Line) -> fmt::Result {
    let credentials = &head.local.credentials;
    write!(out, "a=ice-ufrag:{}\r\n", credentials.ufrag)?;
    write!(out, "a=ice-pwd:{}\r\n", credentials.pwd)?;
    write!(out, "a=fingerprint:sha-256 ")?;
    for (place, byte) in head.local.fingerprint.iter().enumerate() {
        let separator = if place == 0 { "" } else { ":" };
        write!(out, "{separator}{byte:02X}")?;
    }
    write!(out, "\r\na=setup:{}\r\n", head.setup)?;
    write!(out, "a=mid:{}\r\n", line.mid.as_str())
}

/// One number: what it is, what feedback it gets, its parameters and its repair.
fn format(out: &mut String, head: Head<'_>, line: &Line, payload: &Payload) -> fmt::Result {
    let number = payload.number;
    if head.is_offer {
        let (map, parameters) = own_lines(payload);
        write!(out, "a=rtpmap:{number} {map}\r\n")?;
        feedback(out, line, number, |_| true)?;
        if !parameters.is_empty() {
            write!(out, "a=fmtp:{number} {parameters}\r\n")?;
        }
    } else if let Some(said) = said(line, number) {
        if !said.map.is_empty() {
            write!(out, "a=rtpmap:{number} {}\r\n", said.map)?;
        }
        feedback(out, line, number, |it| {
            said.feedback.iter().any(|has| has == it)
        })?;
        let silence = silence(line, payload);
        match said.parameters.as_str() {
            "" if silence.is_empty() => {}
            "" => write!(out, "a=fmtp:{number} {}\r\n", &silence[1..])?,
            parameters => write!(out, "a=fmtp:{number} {parameters}{silence}\r\n")?,
        }
    }
    let Some(repair) = payload.repair else {
        return Ok(());
    };
    write!(
        out,
        "a=rtpmap:{repair} rtx/90000\r\na=fmtp:{repair} apt={number}\r\n"
    )
}

fn said(line: &Line, number: u8) -> Option<&Format> {
    let client = line.client.as_ref()?;
    client.formats.iter().find(|it| it.number == number)
}

/// What asks a sender to send next to nothing while nobody speaks (RFC 7587, 7): it obeys what we
/// say, whatever it offered itself.
fn silence(line: &Line, payload: &Payload) -> &'static str {
    let wanted = line.published.as_ref().is_some_and(|it| it.dtx);
    let is_opus = payload.codec == crate::command::Codec::Opus && !payload.red;
    let has_it = said(line, payload.number).is_some_and(|it| it.parameters.contains("usedtx"));
    if wanted && is_opus && line.is_received() && !has_it {
        ";usedtx=1"
    } else {
        ""
    }
}

fn feedback(
    out: &mut String,
    line: &Line,
    number: u8,
    is_known: impl Fn(&str) -> bool,
) -> fmt::Result {
    let kinds: &[&str] = match line.topic {
        Topic::Video => &["transport-cc", "ccm fir", "nack", "nack pli"],
        Topic::Audio | Topic::Application | Topic::Other => &["transport-cc"],
    };
    for kind in kinds.iter().filter(|it| is_known(it)) {
        write!(out, "a=rtcp-fb:{number} {kind}\r\n")?;
    }
    Ok(())
}

fn layers(out: &mut String, line: &Line) -> fmt::Result {
    let rids = line.client.as_ref().map_or(&[][..], |it| &it.rids);
    if rids.is_empty() || !line.is_received() {
        return Ok(());
    }
    for rid in rids {
        write!(out, "a=rid:{rid} recv\r\n")?;
    }
    write!(out, "a=simulcast:recv {}\r\n", rids.join(";"))
}

fn sources(out: &mut String, line: &Line) -> fmt::Result {
    let (true, Some(carried)) = (line.is_sent(), &line.carried) else {
        return Ok(());
    };
    let super::Assignment { stream, id, .. } = &carried.assignment;
    if let Some(repair) = carried.repair {
        write!(out, "a=ssrc-group:FID {} {repair}\r\n", carried.ssrc)?;
    }
    for ssrc in [Some(carried.ssrc), carried.repair].into_iter().flatten() {
        write!(out, "a=ssrc:{ssrc} cname:{stream}\r\n")?;
        write!(out, "a=ssrc:{ssrc} msid:{stream} {id}\r\n")?;
    }
    Ok(())
}

fn addresses(out: &mut String, candidates: &[Candidate]) -> fmt::Result {
    for (place, Candidate { address, tcp }) in candidates.iter().enumerate() {
        // RFC 8445, 5.1.2: type preference of a host, ours among them, the component.
        let preference = 65_535 - u32::try_from(place).unwrap_or(65_535).min(65_535);
        let kind: u32 = if *tcp { 90 } else { 126 };
        let priority = (kind << 24) | (preference << 8) | 255;
        let (ip, port) = (address.ip(), address.port());
        let protocol = if *tcp { "tcp" } else { "udp" };
        write!(
            out,
            "a=candidate:{} 1 {protocol} {priority} {ip} {port} typ host",
            place + 1
        )?;
        let kind = if *tcp { " tcptype passive" } else { "" };
        write!(out, "{kind} generation 0\r\n")?;
    }
    if !candidates.is_empty() {
        write!(out, "a=end-of-candidates\r\n")?;
    }
    Ok(())
}
