//! One call: its state, who comes in, and what everybody is told of each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use base::UnixMs;
use base::limits::{
    CALL_ATTRIBUTES_BYTES_MAX, CALL_IDENTITY_BYTES_MAX, CALL_JOIN_MS_MAX, CALL_METADATA_BYTES_MAX,
};

use super::hear::{Ear, Permission};
use super::id::{CallId, CallName, Identity, ParticipantId, TrackId};
use super::info::{CallEvent, CallInfo, CallOptions};
use super::participant::{Grants, LeaveReason, Participant, ParticipantKind, State};
use super::refused::Refused;
use super::told::{LeaveAction, Order, Output, Told};
use super::track::Track;

/// One signalling connection of a participant; the caller makes the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Socket(pub u64);

/// Somebody who wants to be in a call.
#[derive(Debug, Clone)]
pub struct Joining {
    /// A new id.
    pub id: ParticipantId,
    /// Who.
    pub identity: Identity,
    /// What they are called.
    pub name: String,
    /// See [`Participant::metadata`].
    pub metadata: String,
    /// See [`Participant::attributes`].
    pub attributes: BTreeMap<String, String>,
    /// What they may do.
    pub grants: Grants,
    /// What they are.
    pub kind: ParticipantKind,
    /// See [`Participant::client_protocol`].
    pub client_protocol: i32,
    /// See [`Participant::capabilities`].
    pub capabilities: Vec<i32>,
    /// Whether they hear every track without asking for it.
    pub auto_subscribe: bool,
    /// Where they are told things.
    pub socket: Socket,
}

/// What somebody finds who has joined or come back.
#[derive(Debug, Clone)]
pub struct Welcome {
    /// Themselves.
    pub participant: Arc<Participant>,
    /// Everybody else whom they see.
    pub others: Vec<Arc<Participant>>,
    /// The call.
    pub call: Arc<CallInfo>,
}

/// Somebody in the call, with what only the call knows.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) record: Arc<Participant>,
    pub(super) auto_subscribe: bool,
    pub(super) socket: Option<Socket>,
    /// When they are given up, unless something happens before.
    pub(super) until: Option<UnixMs>,
    /// Their media stood once.
    pub(super) noted: bool,
    /// Tracks that have an id and no section yet.
    pub(super) pending: Vec<Track>,
    /// What they hear, want and do not want.
    pub(super) ears: BTreeMap<TrackId, Ear>,
    /// Who may hear them.
    pub(super) permission: Permission,
    /// Tracks of theirs that somebody has heard.
    pub(super) heard: BTreeSet<TrackId>,
    /// Who has gone while their socket was away.
    pub(super) missed: Vec<Arc<Participant>>,
}

/// One call.
#[derive(Debug)]
pub struct Call {
    pub(super) info: CallInfo,
    pub(super) members: BTreeMap<ParticipantId, Member>,
    identities: HashMap<Identity, ParticipantId>,
    /// Whose each track is that others know of.
    pub(super) publishers: HashMap<TrackId, ParticipantId>,
    pub(super) speaking: BTreeMap<ParticipantId, f32>,
    /// Everybody who was in it for a while.
    pub(super) guests: Vec<Identity>,
    /// When it ends if nobody comes.
    ends: Option<UnixMs>,
    pub(super) out: Vec<Output>,
}

impl Call {
    /// A call that waits for its first participant.
    #[must_use]
    pub fn open(
        now: UnixMs,
        id: CallId,
        name: CallName,
        options: CallOptions,
    ) -> (Self, Vec<Output>) {
        let ends = now.plus_ms(u64::from(options.empty_timeout_s) * 1000);
        let info = CallInfo {
            id,
            name,
            started_at: now,
            options,
            participants_count: 0,
            publishers_count: 0,
            version: 1,
        };
        let mut call = Self {
            info,
            members: BTreeMap::new(),
            identities: HashMap::new(),
            publishers: HashMap::new(),
            speaking: BTreeMap::new(),
            guests: Vec::new(),
            ends: Some(ends),
            out: Vec::new(),
        };
        let info = call.info();
        call.out.push(Output::Noted(CallEvent::Started(info)));
        let out = call.flush();
        (call, out)
    }

    /// The call as a list shows it.
    #[must_use]
    pub fn info(&self) -> Arc<CallInfo> {
        Arc::new(self.info.clone())
    }

    /// Which call it is.
    #[must_use]
    pub fn id(&self) -> CallId {
        self.info.id
    }

    /// Everybody in it, hidden ones included.
    pub fn participants(&self) -> impl Iterator<Item = &Arc<Participant>> {
        self.members.values().map(|member| &member.record)
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Somebody by their identity.
    #[must_use]
    pub fn find(&self, identity: &Identity) -> Option<&Arc<Participant>> {
        let id = self.identities.get(identity)?;
        self.participant(*id)
    }

    /// Somebody by their id.
    #[must_use]
    pub fn participant(&self, id: ParticipantId) -> Option<&Arc<Participant>> {
        self.members.get(&id).map(|member| &member.record)
    }

    /// Where somebody is told things; `None` while they are away.
    #[must_use]
    pub fn socket(&self, id: ParticipantId) -> Option<Socket> {
        self.members.get(&id)?.socket
    }

    /// Somebody joins. Whoever had the identity before is sent away.
    ///
    /// # Errors
    /// [`Refused::Full`], [`Refused::TooLong`].
    pub fn join(
        &mut self,
        now: UnixMs,
        joining: Joining,
        participants_max: u32,
    ) -> Result<(Welcome, Vec<Output>), Refused> {
        check_texts(&joining)?;
        let before = self.identities.get(&joining.identity).copied();
        let most = match self.info.options.participants_max {
            0 => participants_max,
            wanted => wanted.min(participants_max),
        };
        if before.is_none() && self.members.len() >= most as usize {
            return Err(Refused::Full);
        }
        if let Some(before) = before {
            let reason = LeaveReason::DuplicateIdentity;
            self.expel(now, before, (reason, LeaveAction::Disconnect));
        }
        let id = joining.id;
        self.take_in(now, joining);
        self.out.push(Output::Order(Order::Open(id)));
        self.tell_about(id, false);
        self.review_subscriber(id);
        let welcome = self.welcome(id).ok_or(Refused::NoParticipant)?;
        Ok((welcome, self.flush()))
    }

    fn take_in(&mut self, now: UnixMs, joining: Joining) {
        let id = joining.id;
        let record = Participant {
            id,
            identity: joining.identity.clone(),
            name: joining.name,
            metadata: joining.metadata,
            attributes: joining.attributes,
            state: State::Joined,
            joined_at: now,
            version: 1,
            grants: Arc::new(joining.grants),
            kind: joining.kind,
            tracks: Vec::new(),
            client_protocol: joining.client_protocol,
            capabilities: joining.capabilities,
            left: None,
        };
        let member = Member {
            record: Arc::new(record),
            auto_subscribe: joining.auto_subscribe,
            socket: Some(joining.socket),
            until: Some(now.plus_ms(CALL_JOIN_MS_MAX)),
            noted: false,
            pending: Vec::new(),
            ears: BTreeMap::new(),
            permission: Permission::default(),
            heard: BTreeSet::new(),
            missed: Vec::new(),
        };
        self.identities.insert(joining.identity, id);
        self.members.insert(id, member);
        self.ends = None;
        self.count();
    }

    /// What somebody finds who is in the call.
    pub(super) fn welcome(&self, id: ParticipantId) -> Option<Welcome> {
        let me = self.members.get(&id)?;
        let others = self
            .members
            .values()
            .filter(|member| member.record.id != id && !member.record.grants.hidden);
        Some(Welcome {
            participant: Arc::clone(&me.record),
            others: others.map(|member| Arc::clone(&member.record)).collect(),
            call: self.info(),
        })
    }

    /// Changes a participant's record: its version rises.
    pub(super) fn amend(&mut self, id: ParticipantId, amend: impl FnOnce(&mut Participant)) {
        if let Some(member) = self.members.get_mut(&id) {
            let record = Arc::make_mut(&mut member.record);
            record.version += 1;
            amend(record);
        }
    }

    /// Tells everybody how somebody is now, and themselves too when they are meant to hear it.
    pub(super) fn tell_about(&mut self, id: ParticipantId, themselves: bool) {
        let Some(record) = self.participant(id).cloned() else {
            return;
        };
        let hidden = record.grants.hidden;
        let whom = self.members.keys().copied();
        let whom = whom.filter(|other| if *other == id { themselves } else { !hidden });
        let whom = whom.collect();
        self.tell(whom, Told::Participants(vec![record]));
    }

    pub(super) fn tell(&mut self, whom: Vec<ParticipantId>, told: Told) {
        if !whom.is_empty() {
            self.out.push(Output::Tell(whom, told));
        }
    }

    pub(super) fn tell_all(&mut self, told: Told) {
        let whom = self.members.keys().copied().collect();
        self.tell(whom, told);
    }

    /// Takes somebody out of the books; what others are told is the caller's.
    pub(super) fn strike(&mut self, now: UnixMs, id: ParticipantId) -> Option<Member> {
        let member = self.members.remove(&id)?;
        if self.identities.get(&member.record.identity) == Some(&id) {
            self.identities.remove(&member.record.identity);
        }
        self.speaking.remove(&id);
        self.count();
        if self.members.is_empty() {
            let wait_ms = u64::from(self.info.options.departure_timeout_s) * 1000;
            self.ends = Some(now.plus_ms(wait_ms));
        }
        Some(member)
    }

    pub(super) fn count(&mut self) {
        let seen = self.members.values().map(|member| &member.record);
        let seen = seen.filter(|record| !record.grants.hidden);
        let publishers = seen.clone().filter(|record| record.is_publisher()).count();
        let (participants, publishers) = (seen.count() as u32, publishers as u32);
        let info = &mut self.info;
        if (info.participants_count, info.publishers_count) != (participants, publishers) {
            info.participants_count = participants;
            info.publishers_count = publishers;
            info.version += 1;
        }
    }

    /// When [`Self::due`] is to be called.
    #[must_use]
    pub fn deadline(&self) -> Option<UnixMs> {
        let members = self.members.values().filter_map(|member| member.until);
        members.chain(self.ends).min()
    }

    /// Whether it has waited long enough for somebody: it is to be closed.
    #[must_use]
    pub fn is_over(&self, now: UnixMs) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    pub(super) fn flush(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.out)
    }
}

fn check_texts(joining: &Joining) -> Result<(), Refused> {
    let names = [joining.identity.as_str(), &joining.name];
    let long = names
        .iter()
        .any(|name| name.len() > CALL_IDENTITY_BYTES_MAX);
    if long || joining.metadata.len() > CALL_METADATA_BYTES_MAX {
        return Err(Refused::TooLong);
    }
    check_attributes(&joining.attributes)
}

pub(super) fn check_attributes(attributes: &BTreeMap<String, String>) -> Result<(), Refused> {
    let bytes = attributes
        .iter()
        .map(|(name, value)| name.len() + value.len());
    if bytes.sum::<usize>() > CALL_ATTRIBUTES_BYTES_MAX {
        return Err(Refused::TooLong);
    }
    Ok(())
}
