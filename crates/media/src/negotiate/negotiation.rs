//! The course of a negotiation: which side may speak, what is agreed, what is still to be said.

use std::collections::BTreeMap;

use super::line::{Carried, Line};
use super::sdp::{Description, Media, Setup, Topic, parse};
use super::text::{Head, write};
use super::{Answer, Assigned, Assignment, Local, Offered, Published, Role, SdpError, codecs};
use crate::change::{Change, Extension, Mid, Payload, Remote, Transport};
use crate::command::MediaKind;
use crate::id::TrackId;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Either may begin who is entitled to.
    Nobody,
    /// An offer of the client waits for our answer.
    Ours,
    /// An offer of ours waits for the client's answer.
    Theirs,
}

/// The negotiation of one peer connection.
#[derive(Debug)]
pub struct Negotiation {
    local: Local,
    role: Role,
    turn: Turn,
    version: u64,
    sources: u64,
    lines: Vec<Line>,
    payloads: Vec<Payload>,
    extensions: Vec<(u8, Extension)>,
    mixed_extensions: bool,
    /// Tracks without a section.
    waiting: Vec<(TrackId, Assignment)>,
    /// Steps that sections which are gone left behind.
    owed: Vec<Change>,
    /// How many of the payloads a worker was told of.
    told: usize,
    /// How many sections our last offer had.
    asked: usize,
    /// Who the other side is, as the worker was told.
    remote: Option<Remote>,
    /// Who it says it is in the offer that waits.
    claims: Option<Remote>,
    has_begun: bool,
    has_data: bool,
    has_news: bool,
    restarts: bool,
}

impl Negotiation {
    /// Nothing agreed yet.
    #[must_use]
    pub fn new(local: Local, role: Role) -> Self {
        let (payloads, extensions) = match role {
            Role::Single | Role::Publisher => (Vec::new(), Vec::new()),
            Role::Subscriber => (codecs::own(), codecs::own_extensions(None)),
        };
        let mut lines = Vec::new();
        if role == Role::Subscriber {
            lines.push(Line::ours(Mid("0".to_owned()), Topic::Application));
        }
        Self {
            sources: local.seed,
            local,
            role,
            turn: Turn::Nobody,
            version: 1,
            lines,
            payloads,
            extensions,
            mixed_extensions: role == Role::Subscriber,
            waiting: Vec::new(),
            owed: Vec::new(),
            told: 0,
            asked: 0,
            remote: None,
            claims: None,
            has_begun: false,
            has_data: false,
            has_news: role == Role::Subscriber,
            restarts: false,
        }
    }

    /// Takes an offer of the client. [`Self::answer`] must follow before the next one; `publish`,
    /// `assign` and `unassign` may stand between the two.
    ///
    /// # Errors
    /// What [`SdpError`] says; everything is as it was before.
    pub fn offered(&mut self, offer: &str) -> Result<Offered, SdpError> {
        if self.role == Role::Subscriber || self.turn != Turn::Nobody {
            return Err(SdpError::OutOfOrder);
        }
        let description = parse(offer)?;
        let claims = remote_of(&description)?;
        if description.sections.len() < self.lines.len() {
            return Err(SdpError::Malformed("sections"));
        }
        self.restarts = self
            .remote
            .as_ref()
            .is_some_and(|it| it.credentials != claims.credentials);
        self.claims = Some(claims);
        self.mixed_extensions |= description.mixed_extensions;
        for (place, media) in description.sections.into_iter().enumerate() {
            self.take(place, media);
        }
        if !self.has_begun {
            codecs::guess_extensions(&mut self.extensions);
        }
        self.turn = Turn::Ours;
        self.place();
        let sections = self.lines.iter().filter_map(Line::section).collect();
        Ok(Offered { sections })
    }

    /// Takes what the client says of one section.
    fn take(&mut self, place: usize, media: Media) {
        self.mixed_extensions |= media.mixed_extensions;
        let known = self.lines.get_mut(place);
        let is_same = known.is_some_and(|it| it.mid.0 == media.mid && it.topic == media.topic);
        if !is_same {
            let fresh = Line::theirs(Mid(media.mid.clone()), media.topic);
            if let Some(line) = self.lines.get_mut(place) {
                // The place of a dead section was taken by another one (RFC 8829, 5.2.2).
                let mut old = std::mem::replace(line, fresh);
                let lost = old.carried.take();
                self.waiting
                    .extend(lost.map(|it| (it.track, it.assignment)));
                old.end(&mut self.owed);
            } else {
                self.lines.push(fresh);
            }
        }
        let Some(line) = self.lines.get_mut(place) else {
            return;
        };
        line.payloads = codecs::merge(&mut self.payloads, &codecs::payloads(&media));
        let extensions = codecs::extensions(&media);
        line.extensions = codecs::merge_extensions(&mut self.extensions, &extensions);
        line.client = Some(media);
        let codec = line.carried.as_ref().map(|it| it.assignment.codec);
        if codec.is_some_and(|it| !line.takes(it))
            && let Some(lost) = line.carried.take()
        {
            self.waiting.push((lost.track, lost.assignment));
        }
    }

    /// Says what the client sends in a section. Returns what a worker has to be told at once; while
    /// an offer waits this is nothing, because the answer tells it.
    pub fn publish(&mut self, mid: &Mid, published: Published) -> Vec<Change> {
        let mut changes = Vec::new();
        if let Some(line) = self.lines.iter_mut().find(|it| it.mid == *mid) {
            line.published = Some(published);
            if self.turn == Turn::Nobody {
                line.changes(&mut changes);
            }
        }
        changes
    }

    /// Wants a track sent to the client. What was assigned already stays where it is.
    pub fn assign(&mut self, track: TrackId, assignment: Assignment) -> Assigned {
        let carries = |it: &&Line| it.carried.as_ref().is_some_and(|it| it.track == track);
        if let Some(line) = self.lines.iter().find(carries) {
            return Assigned::Section(line.mid.clone());
        }
        if !self.waiting.iter().any(|it| it.0 == track) {
            self.waiting.push((track, assignment));
            self.has_news = true;
        }
        self.place();
        match self.lines.iter().find(carries) {
            Some(line) => Assigned::Section(line.mid.clone()),
            None => self.missing(),
        }
    }

    /// Wants a track sent no more; its section is free for another one.
    pub fn unassign(&mut self, track: TrackId) {
        self.waiting.retain(|it| it.0 != track);
        for line in &mut self.lines {
            if line.carried.take_if(|it| it.track == track).is_some() {
                self.has_news = true;
            }
        }
    }

    /// How many sections the client has to offer for what waits.
    #[must_use]
    pub fn missing(&self) -> Assigned {
        let count = |kind| {
            let of_kind = self.waiting.iter().filter(|it| it.1.kind == kind);
            u32::try_from(of_kind.count()).unwrap_or(u32::MAX)
        };
        Assigned::NeedSections {
            audios: count(MediaKind::Audio),
            videos: count(MediaKind::Video),
        }
    }

    /// Gives sections to the tracks that wait, as far as there are any.
    fn place(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        for (track, assignment) in waiting {
            let fitting = self.lines.iter().enumerate().filter_map(|(place, it)| {
                let fitness = it.fitness(assignment.codec)?;
                Some((fitness, place))
            });
            let place = match fitting.min() {
                Some((_, place)) => Some(place),
                None => self.extend(assignment.kind),
            };
            let (ssrc, repair) = (self.source(), self.source());
            let has_repair = assignment.kind == MediaKind::Video;
            match place.and_then(|place| self.lines.get_mut(place)) {
                Some(line) => {
                    line.carried = Some(Carried {
                        track,
                        assignment,
                        ssrc,
                        repair: has_repair.then_some(repair),
                    });
                }
                None => self.waiting.push((track, assignment)),
            }
        }
    }

    /// Where we offer, there is always room for another section, up to the limit.
    fn extend(&mut self, kind: MediaKind) -> Option<usize> {
        let is_full = self.lines.len() >= base::limits::SDP_SECTIONS_MAX;
        if self.role != Role::Subscriber || is_full {
            return None;
        }
        let topic = match kind {
            MediaKind::Audio => Topic::Audio,
            MediaKind::Video => Topic::Video,
        };
        let place = self.lines.len();
        let mut line = Line::ours(Mid(place.to_string()), topic);
        let is_kind = |it: &&Payload| codecs::kind_of(it.codec) == kind;
        line.payloads = self.payloads.iter().filter(is_kind).cloned().collect();
        line.extensions = codecs::own_extensions(Some(kind));
        self.lines.push(line);
        Some(place)
    }

    /// A source that nobody on this connection has (RFC 3550, 8.1). The sequence is SplitMix64's.
    fn source(&mut self) -> u32 {
        loop {
            self.sources = self.sources.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut bits = self.sources;
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let source = u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap_or_default();
            let is_taken = self.lines.iter().any(|line| {
                let theirs = line.client.as_ref();
                let ours = line.carried.as_ref();
                theirs.is_some_and(|it| it.sources.contains(&source))
                    || ours.is_some_and(|it| it.ssrc == source || it.repair == Some(source))
            });
            // Zero has a meaning of its own: probes.
            if source != 0 && !is_taken {
                return source;
            }
        }
    }

    /// Answers the offer that was taken last.
    ///
    /// # Errors
    /// [`SdpError::OutOfOrder`] where no offer waits.
    pub fn answer(&mut self) -> Result<Answer, SdpError> {
        let (Turn::Ours, Some(claims)) = (self.turn, self.claims.take()) else {
            return Err(SdpError::OutOfOrder);
        };
        self.turn = Turn::Nobody;
        self.has_news = false;
        let mut changes = Vec::new();
        self.begin(Some(claims), &mut changes);
        self.settle(&mut changes);
        Ok(self.describe(changes))
    }

    /// Tells the worker who is there: the first time, and when ICE starts anew.
    fn begin(&mut self, remote: Option<Remote>, changes: &mut Vec<Change>) {
        if !self.has_begun {
            changes.push(Change::Begin(Box::new(Transport {
                local: self.local.credentials.clone(),
                remote: remote.clone(),
                payloads: self.payloads.clone(),
                extensions: self.extensions.clone(),
                sends: self.role != Role::Publisher,
            })));
        } else if let (true, Some(remote)) = (self.restarts, &remote) {
            changes.push(Change::RestartIce {
                local: self.local.credentials.clone(),
                remote: remote.credentials.clone(),
            });
        }
        if self.has_begun && self.told < self.payloads.len() {
            let fresh = self.payloads.get(self.told..).unwrap_or_default();
            changes.push(Change::Learn(fresh.to_vec()));
        }
        self.told = self.payloads.len();
        self.has_begun = true;
        self.restarts = false;
        self.remote = remote.or(self.remote.take());
    }

    /// Tells the worker what holds in the sections.
    fn settle(&mut self, changes: &mut Vec<Change>) {
        let has_data = |it: &Line| it.topic == Topic::Application && it.is_alive();
        if !self.has_data && self.lines.iter().any(has_data) {
            self.has_data = true;
            changes.push(Change::OpenData {
                ours: self.role == Role::Subscriber,
            });
        }
        changes.append(&mut self.owed);
        for line in &mut self.lines {
            line.changes(changes);
        }
    }

    fn describe(&mut self, changes: Vec<Change>) -> Answer {
        let is_offer = self.role == Role::Subscriber;
        self.version += 1;
        let is_client = self.remote.as_ref().is_some_and(|it| it.dtls_client);
        let setup = match (is_offer, is_client) {
            (true, _) => "actpass",
            (false, true) => "active",
            (false, false) => "passive",
        };
        let head = Head {
            local: &self.local,
            version: self.version,
            setup,
            mixed_extensions: self.mixed_extensions,
            is_offer,
        };
        let sent = self.lines.iter().filter(|it| it.is_sent());
        let named = |it: &Line| {
            let id = it.carried.as_ref()?.assignment.id.clone();
            Some((it.mid.0.clone(), id))
        };
        let mid_to_track_id: BTreeMap<String, String> = sent.filter_map(named).collect();
        Answer {
            text: write(head, &self.lines),
            mid_to_track_id,
            changes,
        }
    }

    /// Subscriber: offers what is assigned. One offer at a time: what is assigned while
    /// [`Self::is_waiting`] goes into the next one.
    ///
    /// # Errors
    /// [`SdpError::OutOfOrder`] while an offer waits for its answer.
    pub fn offer(&mut self) -> Result<Answer, SdpError> {
        if self.role != Role::Subscriber || self.turn != Turn::Nobody {
            return Err(SdpError::OutOfOrder);
        }
        self.turn = Turn::Theirs;
        self.has_news = false;
        let mut changes = Vec::new();
        if !self.has_begun {
            self.begin(None, &mut changes);
        }
        // What is sent no more stops now; what is new begins when the client knows of it.
        for line in &mut self.lines {
            line.offered();
            line.changes(&mut changes);
        }
        self.asked = self.lines.len();
        Ok(self.describe(changes))
    }

    /// Whether an offer of ours waits for its answer.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.turn == Turn::Theirs
    }

    /// Whether something is assigned, or no longer, that the client does not know yet: it needs an
    /// offer of ours, or has to be asked for one of its own.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.has_news
    }

    /// Subscriber: takes the client's answer.
    ///
    /// # Errors
    /// What [`SdpError`] says; the offer waits on.
    pub fn answered(&mut self, answer: &str) -> Result<Vec<Change>, SdpError> {
        if self.turn != Turn::Theirs {
            return Err(SdpError::OutOfOrder);
        }
        let description = parse(answer)?;
        let remote = remote_of(&description)?;
        // Sections that were assigned while the offer was under way are not in it.
        let is_ours = description.sections.len() == self.asked
            && std::iter::zip(&description.sections, &self.lines)
                .all(|(theirs, ours)| theirs.mid == ours.mid.0 && theirs.topic == ours.topic);
        if !is_ours {
            return Err(SdpError::Malformed("sections"));
        }
        Ok(self.accept(description, remote))
    }

    fn accept(&mut self, description: Description, remote: Remote) -> Vec<Change> {
        self.turn = Turn::Nobody;
        let mut changes = Vec::new();
        if self.remote.is_none() {
            changes.push(Change::Answered(remote.clone()));
            self.remote = Some(remote);
        } else {
            self.begin(Some(remote), &mut changes);
        }
        for (line, media) in std::iter::zip(&mut self.lines, description.sections) {
            line.answered(media);
        }
        self.settle(&mut changes);
        changes
    }

    /// ICE starts anew with the next answer or offer, under new credentials of ours. An offer of
    /// the client that starts ICE anew needs this first, where [`Self::restarts_ice`] says so.
    pub fn restart_ice(&mut self, local: Local) {
        self.local = Local {
            // The session keeps its number (RFC 8866, 5.2).
            seed: self.local.seed,
            ..local
        };
        if self.role == Role::Subscriber {
            self.restarts = true;
            self.has_news = true;
        }
    }

    /// Whether the offer that waits for our answer starts ICE anew (RFC 8445, 9).
    #[must_use]
    pub fn restarts_ice(&self) -> bool {
        self.restarts
    }
}

/// Who the other side is. Where the choice is ours, it begins the handshake: the sooner it is done.
fn remote_of(description: &Description) -> Result<Remote, SdpError> {
    if description.ice_lite {
        return Err(SdpError::Unsupported("ice-lite"));
    }
    let alive = description.sections.iter().find(|it| !it.rejected);
    let first = alive.ok_or(SdpError::Malformed("sections"))?;
    let credentials = first.credentials.clone();
    let fingerprint = first.fingerprint;
    Ok(Remote {
        credentials: credentials.ok_or(SdpError::Malformed("ice"))?,
        fingerprint: fingerprint.ok_or(SdpError::Unsupported("fingerprint"))?,
        dtls_client: first.setup == Some(Setup::Passive),
    })
}
