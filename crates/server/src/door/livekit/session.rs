//! One connection's side, without any input or output: what it may send when, and until when it
//! lives.

use base::limits::{LIVEKIT_MESSAGES_BURST, LIVEKIT_MESSAGES_PER_SECOND, LIVEKIT_PING_TIMEOUT_S};
use domain::call::{CallName, Grants};
use domain::hub::{Budget, Rate};
use tokio::sync::mpsc;
use wire::livekit::Encoding;
use wire::livekit::proto::{JoinRequest, SessionDescription};

use super::Desk;
use crate::auth::access_token::Verified;
use crate::drive::calls::request::{Arrangement, Request};

/// A client may be silent for so much longer than it is asked to be, in milliseconds.
const GRACE_MS: u64 = 5_000;
const SILENCE_MS_MAX: u64 = LIVEKIT_PING_TIMEOUT_S as u64 * 1000 + GRACE_MS;

const RATE: Rate = Rate {
    per_second: LIVEKIT_MESSAGES_PER_SECOND,
    burst: LIVEKIT_MESSAGES_BURST,
};

/// What the request that opened a connection decided.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(super) desk: Desk,
    pub(super) call: CallName,
    pub(super) token: Verified,
    /// What the token lets them do, and the rooms' own rules.
    pub(super) grants: Grants,
    pub(super) join: JoinRequest,
    pub(super) arrangement: Arrangement,
}

impl Opening {
    /// The offer that came along with the request.
    pub(super) fn take_offer(&mut self) -> Option<SessionDescription> {
        self.join
            .publisher_offer
            .take()
            .filter(|offer| !offer.sdp.is_empty())
    }
}

/// One connection's side.
#[derive(Debug)]
pub(crate) struct Session {
    /// Until the connection begins.
    opening: Option<Box<Opening>>,
    /// Where requests go; none before it begins and after it ends.
    requests: Option<mpsc::Sender<Request>>,
    /// How the client writes, as of its last frame.
    pub(super) encoding: Encoding,
    budget: Budget,
    heard_ms: u64,
}

impl Session {
    pub(crate) fn new(opening: Opening, now_ms: u64) -> Self {
        Self {
            opening: Some(Box::new(opening)),
            requests: None,
            encoding: Encoding::default(),
            budget: Budget::default(),
            heard_ms: now_ms,
        }
    }

    /// What the request asked for, told once; requests go to `requests` from now on.
    pub(super) fn begin(&mut self, requests: mpsc::Sender<Request>) -> Option<Opening> {
        self.requests = Some(requests);
        self.opening.take().map(|opening| *opening)
    }

    /// The client lives; `false` when it says too much.
    pub(super) fn hear(&mut self, now_ms: u64, encoding: Encoding) -> bool {
        self.heard_ms = now_ms;
        self.encoding = encoding;
        self.budget.spend(now_ms, RATE)
    }

    /// Gives a request on; `false` when too many wait.
    pub(super) fn pass(&self, request: Request) -> bool {
        match &self.requests {
            Some(requests) => requests.try_send(request).is_ok() || requests.is_closed(),
            None => true,
        }
    }

    pub(crate) fn deadline_ms(&self) -> u64 {
        self.heard_ms.saturating_add(SILENCE_MS_MAX)
    }

    /// The connection ends: its task hears it.
    pub(crate) fn end(&mut self) {
        self.requests = None;
    }
}
