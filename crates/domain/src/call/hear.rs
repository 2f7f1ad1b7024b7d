//! Who hears and sees which track: what subscribers want, what they may, and how large.

use super::id::{Identity, ParticipantId, TrackId};
use super::state::Call;
use super::told::{Order, Output, Reception, Told};
use super::track::{Quality, Source, Track};

/// How far the layers of time go.
const TEMPORAL_MOST: u8 = 3;
/// What a screen is worth when bandwidth is short, and everything else.
const PRIORITY_SCREEN: u8 = 255;
const PRIORITY_USUAL: u8 = 128;

/// One track, as one subscriber is to it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ear {
    /// What they asked for; nothing when they never did.
    wanted: Option<bool>,
    setting: Setting,
    /// It is sent to them.
    pub(super) hears: bool,
    /// They were told that they may not.
    barred: bool,
}

/// How a subscriber wants a picture. Zeros leave it open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Setting {
    /// Nothing is sent.
    pub disabled: bool,
    /// Not larger than this, where no size is named.
    pub quality: Option<Quality>,
    /// In pixels, how large it is shown.
    pub width: u32,
    /// In pixels, how large it is shown.
    pub height: u32,
    /// Pictures a second.
    pub fps: u32,
    /// 1 comes first when bandwidth is short.
    pub priority: u32,
}

/// Who may hear somebody's tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Everybody.
    pub all: bool,
    /// Only those.
    pub some: Vec<Listener>,
}

impl Default for Permission {
    fn default() -> Self {
        Self {
            all: true,
            some: Vec::new(),
        }
    }
}

/// Somebody who may hear tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// By their stay.
    pub id: Option<ParticipantId>,
    /// By their identity.
    pub identity: Option<Identity>,
    /// Which tracks; `None` for all.
    pub tracks: Option<Vec<TrackId>>,
}

impl Permission {
    fn allows(&self, id: ParticipantId, identity: &Identity, track: TrackId) -> bool {
        let listens = |listener: &Listener| {
            let named = listener.id == Some(id) || listener.identity.as_ref() == Some(identity);
            let tracks = listener.tracks.as_ref();
            named && tracks.is_none_or(|tracks| tracks.contains(&track))
        };
        self.all || self.some.iter().any(listens)
    }
}

impl Call {
    /// Somebody wants tracks, or wants them no longer. What is not there is left out.
    pub fn want(&mut self, id: ParticipantId, tracks: &[TrackId], wanted: bool) -> Vec<Output> {
        for track in tracks {
            if !self.publishers.contains_key(track) {
                continue;
            }
            if let Some(member) = self.members.get_mut(&id) {
                let ear = member.ears.entry(*track).or_default();
                ear.wanted = Some(wanted);
                ear.barred = false;
            }
            self.review(id, *track);
        }
        self.flush()
    }

    /// Somebody wants tracks otherwise.
    pub fn set(&mut self, id: ParticipantId, tracks: &[TrackId], setting: Setting) -> Vec<Output> {
        for track in tracks {
            let Some(published) = self.published(*track).cloned() else {
                continue;
            };
            let Some(member) = self.members.get_mut(&id) else {
                continue;
            };
            let ear = member.ears.entry(*track).or_default();
            let changed = std::mem::replace(&mut ear.setting, setting) != setting;
            if changed && ear.hears {
                let order = Order::Receive(id, *track, reception(&published, setting));
                self.out.push(Output::Order(order));
            }
        }
        self.flush()
    }

    /// A publisher says who may hear them.
    pub fn permit(&mut self, id: ParticipantId, permission: Permission) -> Vec<Output> {
        let Some(member) = self.members.get_mut(&id) else {
            return Vec::new();
        };
        member.permission = permission;
        let tracks = member.record.tracks.iter().map(|track| track.id);
        let tracks: Vec<_> = tracks.collect();
        for track in tracks {
            self.review_track(track);
        }
        self.flush()
    }

    /// Whose track it is.
    #[must_use]
    pub fn publisher(&self, track: TrackId) -> Option<ParticipantId> {
        self.publishers.get(&track).copied()
    }

    pub(super) fn published(&self, track: TrackId) -> Option<&Track> {
        self.track(self.publisher(track)?, track)
    }

    /// A track is new, or others may hear it now.
    pub(super) fn review_track(&mut self, track: TrackId) {
        let all: Vec<_> = self.members.keys().copied().collect();
        for id in all {
            self.review(id, track);
        }
    }

    /// Somebody is new, or may hear others now.
    pub(super) fn review_subscriber(&mut self, id: ParticipantId) {
        let mut all: Vec<_> = self.publishers.keys().copied().collect();
        all.sort_unstable();
        for track in all {
            self.review(id, track);
        }
    }

    /// Decides anew whether a subscriber gets a track.
    fn review(&mut self, id: ParticipantId, track: TrackId) {
        let Some(publisher) = self.publisher(track).filter(|publisher| *publisher != id) else {
            return;
        };
        let (Some(source), Some(published)) =
            (self.members.get(&publisher), self.published(track).cloned())
        else {
            return;
        };
        let Some(member) = self.members.get(&id) else {
            return;
        };
        let identity = &member.record.identity;
        let allowed = member.record.grants.subscribe
            && source.permission.allows(id, identity, track)
            && !source.record.grants.hidden;
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let wanted_usually = member.auto_subscribe;
        let ear = member.ears.entry(track).or_default();
        let wanted = ear.wanted.unwrap_or(wanted_usually);
        let (hears, barred) = (ear.hears, ear.barred);
        ear.hears = wanted && allowed;
        ear.barred = wanted && !allowed;
        let setting = ear.setting;
        if barred != (wanted && !allowed) && wanted {
            let told = Told::MayHear {
                publisher,
                track,
                allowed,
            };
            self.tell(vec![id], told);
        }
        match (hears, wanted && allowed) {
            (false, true) => self.begin(id, publisher, (&published, setting)),
            (true, false) => {
                let order = Order::Unsubscribe(id, track);
                self.out.push(Output::Order(order));
            }
            (true, true) | (false, false) => {}
        }
    }

    fn begin(
        &mut self,
        subscriber: ParticipantId,
        publisher: ParticipantId,
        (track, setting): (&Track, Setting),
    ) {
        self.out.push(Output::Order(Order::Subscribe {
            subscriber,
            publisher,
            track: track.id,
            kind: track.kind,
            mime: track.mime().to_owned(),
            reception: reception(track, setting),
        }));
        let first = self.members.get_mut(&publisher);
        if first.is_some_and(|member| member.heard.insert(track.id)) {
            self.tell(vec![publisher], Told::TrackSubscribed(track.id));
        }
    }
}

/// What the media server is told of a setting.
fn reception(track: &Track, setting: Setting) -> Reception {
    let layers = track.codecs.first().map_or(&[][..], |codec| &codec.layers);
    let spatial = if setting.width > 0 && setting.height > 0 {
        // The smallest layer that fills what is shown.
        let fills = |layer: &&super::track::Layer| {
            layer.width >= setting.width && layer.height >= setting.height
        };
        let mut sorted: Vec<_> = layers.iter().collect();
        sorted.sort_by_key(|layer| layer.quality);
        sorted.iter().position(fills).map_or(u8::MAX, |at| at as u8)
    } else {
        match setting.quality {
            Some(quality) => {
                let smaller = layers.iter().filter(|layer| layer.quality < quality);
                smaller.count() as u8
            }
            None => u8::MAX,
        }
    };
    let temporal = match setting.fps {
        0 | 16.. => TEMPORAL_MOST,
        8..=15 => 1,
        1..=7 => 0,
    };
    let screen = matches!(track.source, Source::ScreenShare | Source::ScreenShareAudio);
    let priority = match setting.priority {
        0 if screen => PRIORITY_SCREEN,
        0 => PRIORITY_USUAL,
        wanted => 255 - u8::try_from(wanted).unwrap_or(u8::MAX),
    };
    Reception {
        enabled: !setting.disabled,
        spatial: spatial.min(2),
        temporal,
        priority,
    }
}
