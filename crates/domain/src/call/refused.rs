//! Why something about a call is not done.

use thiserror::Error;

/// Why something about a call is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is no call of this name.
    #[error("requested room does not exist")]
    NoCall,
    /// Nobody of this identity is in it.
    #[error("participant does not exist")]
    NoParticipant,
    /// They publish no such track.
    #[error("track is not found")]
    NoTrack,
    /// As many are in it as may be.
    #[error("room has reached its participant limit")]
    Full,
    /// As many calls go on as the server takes.
    #[error("the server takes no more calls")]
    TooManyCalls,
    /// Those who ask may not do this.
    #[error("permissions denied")]
    Forbidden,
    /// A name, a text or a number is longer or larger than may be.
    #[error("exceeds the limit")]
    TooLong,
    /// The server goes down or has more to do than it can: try again.
    #[error("the server is busy")]
    Busy,
}
