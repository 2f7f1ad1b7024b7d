//! The methods of `livekit.RoomService`, one function for each.

use domain::call::{
    CallName, CallOptions, Grants, Identity, ParticipantChange, ParticipantId, TrackId,
};
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::livekit::proto::{
    CreateRoomRequest, DeleteRoomRequest, DeleteRoomResponse, ListParticipantsRequest,
    ListParticipantsResponse, ListRoomsRequest, ListRoomsResponse, MuteRoomTrackRequest,
    MuteRoomTrackResponse, ParticipantInfo, ParticipantPermission, RemoveParticipantResponse, Room,
    RoomParticipantIdentity, SendDataRequest, SendDataResponse, UpdateParticipantRequest,
    UpdateRoomMetadataRequest, UpdateSubscriptionsRequest, UpdateSubscriptionsResponse,
    data_packet,
};
use wire::livekit::{Encoding, read, write};

use super::{Caller, ErrorCode, TwirpError};
use crate::door::livekit::view;
use crate::drive::calls::{Calls, DataLane, SentData};

/// One call of the API.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) calls: &'a Calls,
    pub(super) caller: &'a Caller,
    pub(super) encoding: Encoding,
    pub(super) body: &'a [u8],
}

type Outcome<T> = Result<T, TwirpError>;

fn invalid(message: &str) -> TwirpError {
    TwirpError::new(ErrorCode::InvalidArgument, message)
}

fn track_id(sid: &str) -> Outcome<TrackId> {
    let unknown = |_| TwirpError::new(ErrorCode::NotFound, "track is not found");
    sid.parse().map_err(unknown)
}

impl Asked<'_> {
    /// Carries out a method: the bytes of its answer.
    pub(super) async fn answer(&self, method: &str) -> Outcome<Vec<u8>> {
        match method {
            "CreateRoom" => self.told(self.create(self.read()?).await),
            "ListRooms" => self.told(self.list(self.read()?).await),
            "DeleteRoom" => self.told(self.delete(self.read()?).await),
            "ListParticipants" => self.told(self.participants(self.read()?).await),
            "GetParticipant" => self.told(self.participant(self.read()?).await),
            "RemoveParticipant" => self.told(self.remove(self.read()?).await),
            "MutePublishedTrack" => self.told(self.mute(self.read()?).await),
            "UpdateParticipant" => self.told(self.update(self.read()?).await),
            "UpdateSubscriptions" => self.told(self.subscribe(self.read()?).await),
            "SendData" => self.told(self.send(self.read()?).await),
            "UpdateRoomMetadata" => self.told(self.metadata(self.read()?).await),
            "ForwardParticipant" | "MoveParticipant" | "PerformRpc" => {
                let message = format!("{method} is not there yet");
                Err(TwirpError::new(ErrorCode::Unimplemented, message))
            }
            _ => {
                let message = format!("no method {method}");
                Err(TwirpError::new(ErrorCode::BadRoute, message))
            }
        }
    }

    fn read<M: Message + Default + DeserializeOwned>(&self) -> Outcome<M> {
        Ok(read(self.encoding, self.body)?)
    }

    fn told<M: Message + Serialize>(&self, outcome: Outcome<M>) -> Outcome<Vec<u8>> {
        outcome.map(|message| write(self.encoding, &message))
    }

    async fn create(&self, request: CreateRoomRequest) -> Outcome<Room> {
        if request.name.is_empty() {
            return Err(invalid("the room has no name"));
        }
        self.caller.creates(&request.name)?;
        let usual = CallOptions::default();
        let or = |wanted: u32, usual: u32| if wanted == 0 { usual } else { wanted };
        let options = CallOptions {
            empty_timeout_s: or(request.empty_timeout, usual.empty_timeout_s),
            departure_timeout_s: or(request.departure_timeout, usual.departure_timeout_s),
            participants_max: request.max_participants,
            metadata: request.metadata,
        };
        let name = CallName::from(request.name);
        let call = self.calls.create(name, options).await?;
        Ok(view::room(&call))
    }

    async fn list(&self, request: ListRoomsRequest) -> Outcome<ListRoomsResponse> {
        self.caller.lists()?;
        let names = request.names.into_iter().map(CallName::from);
        let calls = self.calls.list(names.collect()).await?;
        let known = calls
            .iter()
            .filter(|call| self.caller.knows(call.name.as_str()));
        Ok(ListRoomsResponse {
            rooms: known.map(|call| view::room(call)).collect(),
        })
    }

    async fn delete(&self, request: DeleteRoomRequest) -> Outcome<DeleteRoomResponse> {
        self.caller.creates(&request.room)?;
        self.calls.delete(CallName::from(request.room)).await?;
        Ok(DeleteRoomResponse::default())
    }

    async fn participants(
        &self,
        request: ListParticipantsRequest,
    ) -> Outcome<ListParticipantsResponse> {
        let name = self.kept(&request.room)?;
        let participants = self.calls.participants(name).await?;
        Ok(ListParticipantsResponse {
            participants: participants.iter().map(view::participant).collect(),
        })
    }

    async fn participant(&self, request: RoomParticipantIdentity) -> Outcome<ParticipantInfo> {
        let name = self.kept(&request.room)?;
        let identity = Identity::from(request.identity);
        let participant = self.calls.participant(name, identity).await?;
        Ok(view::participant(&participant))
    }

    async fn remove(&self, request: RoomParticipantIdentity) -> Outcome<RemoveParticipantResponse> {
        let name = self.kept(&request.room)?;
        let identity = Identity::from(request.identity);
        self.calls.remove(name, identity).await?;
        Ok(RemoveParticipantResponse::default())
    }

    async fn mute(&self, request: MuteRoomTrackRequest) -> Outcome<MuteRoomTrackResponse> {
        let name = self.kept(&request.room)?;
        if !request.muted {
            // Whoever switched their microphone off has to be able to rely on that.
            let message = "remote unmute not enabled";
            return Err(TwirpError::new(ErrorCode::FailedPrecondition, message));
        }
        let identity = Identity::from(request.identity);
        let track = track_id(&request.track_sid)?;
        let track = self.calls.mute(name, identity, track, true).await?;
        Ok(MuteRoomTrackResponse {
            track: Some(view::track(&track)),
        })
    }

    async fn update(&self, request: UpdateParticipantRequest) -> Outcome<ParticipantInfo> {
        let name = self.kept(&request.room)?;
        let given = |text: String| (!text.is_empty()).then_some(text);
        let change = ParticipantChange {
            name: given(request.name),
            metadata: given(request.metadata),
            attributes: request.attributes.into_iter().collect(),
            grants: request.permission.as_ref().map(grants),
        };
        let identity = Identity::from(request.identity);
        let participant = self.calls.update(name, identity, change).await?;
        Ok(view::participant(&participant))
    }

    async fn subscribe(
        &self,
        request: UpdateSubscriptionsRequest,
    ) -> Outcome<UpdateSubscriptionsResponse> {
        let name = self.kept(&request.room)?;
        let of_participants = request.participant_tracks.iter();
        let tracks = of_participants
            .flat_map(|it| &it.track_sids)
            .chain(&request.track_sids)
            .map(|sid| track_id(sid))
            .collect::<Outcome<Vec<_>>>()?;
        let identity = Identity::from(request.identity);
        let subscribed = request.subscribe;
        let done = self.calls.subscriptions(name, identity, tracks, subscribed);
        done.await?;
        Ok(UpdateSubscriptionsResponse::default())
    }

    async fn send(&self, request: SendDataRequest) -> Outcome<SendDataResponse> {
        let name = self.kept(&request.room)?;
        let lane = match data_packet::Kind::try_from(request.kind) {
            Ok(data_packet::Kind::Reliable) => DataLane::Reliable,
            Ok(data_packet::Kind::Lossy) => DataLane::Lossy,
            Err(_) => return Err(invalid("unknown kind of data")),
        };
        let to = self.destinations(&name, &request).await?;
        let data = SentData {
            payload: request.data.into(),
            topic: request.topic,
            lane,
            to,
            nonce: request.nonce,
        };
        self.calls.send_data(name, data).await?;
        Ok(SendDataResponse::default())
    }

    /// To whom data goes: identities, and stays as older clients name them. Whoever has gone gets
    /// nothing, and nobody else does in their place.
    #[expect(deprecated, reason = "older clients write this field")]
    async fn destinations(
        &self,
        name: &CallName,
        request: &SendDataRequest,
    ) -> Outcome<Vec<Identity>> {
        let named = request.destination_identities.iter();
        let mut to: Vec<Identity> = named.map(|it| Identity::from(it.as_str())).collect();
        if request.destination_sids.is_empty() {
            return Ok(to);
        }
        let sids = request.destination_sids.iter();
        let stays: Vec<ParticipantId> = sids.filter_map(|sid| sid.parse().ok()).collect();
        let there = self.calls.participants(name.clone()).await?;
        let meant = there.into_iter().filter(|it| stays.contains(&it.id));
        to.extend(meant.map(|it| it.identity));
        if to.is_empty() {
            return Err(TwirpError::new(
                ErrorCode::NotFound,
                "participant does not exist",
            ));
        }
        Ok(to)
    }

    async fn metadata(&self, request: UpdateRoomMetadataRequest) -> Outcome<Room> {
        let name = self.kept(&request.room)?;
        let call = self.calls.metadata(name, request.metadata).await?;
        Ok(view::room(&call))
    }

    /// A room that the caller may look into and moderate.
    fn kept(&self, room: &str) -> Outcome<CallName> {
        self.caller.keeps(room)?;
        Ok(CallName::from(room))
    }
}

#[expect(deprecated, reason = "older clients write these fields")]
fn grants(permission: &ParticipantPermission) -> Grants {
    let sources = permission.can_publish_sources.iter();
    Grants {
        subscribe: permission.can_subscribe,
        publish: permission.can_publish,
        publish_data: permission.can_publish_data,
        sources: sources.map(|it| view::source_of(*it)).collect(),
        update_metadata: permission.can_update_metadata,
        hidden: permission.hidden,
        recorder: permission.recorder,
        agent: permission.agent,
        subscribe_metrics: permission.can_subscribe_metrics,
    }
}
