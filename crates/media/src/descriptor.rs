//! The dependency descriptor: what a frame of SVC video needs and who needs it.
//!
//! AV1 RTP payload format, appendix A. Reads what a peer sent, so everything is bounded; never
//! keeps more than one structure per stream.

use crate::command::Layers;

/// Decode targets of a stream at most (5 bits in the descriptor's structure).
pub const TARGETS_MAX: usize = 32;

/// What a frame is to one decode target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indication {
    /// Not part of it.
    NotPresent,
    /// Part of it, and nothing else needs it.
    Discardable,
    /// A decoder can begin with this target here.
    Switch,
    /// Part of it, and needed by others.
    Required,
}

/// A frame's descriptor, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The packet begins the frame.
    pub starts: bool,
    /// The packet ends the frame.
    pub ends: bool,
    /// The frame's number.
    pub number: u16,
    /// Its layers.
    pub layers: Layers,
}

/// What to write anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrite {
    /// The frame's number.
    pub number: u16,
    /// The decode targets that the subscriber still gets, one bit each; `None` leaves them.
    pub active: Option<u32>,
}

/// What is wrong with a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    /// It ends too early.
    #[error("the dependency descriptor ends too early")]
    Short,
    /// It speaks of a structure that has not been seen.
    #[error("the dependency descriptor has no structure")]
    NoStructure,
    /// It contradicts itself or a limit.
    #[error("the dependency descriptor is malformed")]
    Malformed,
}

/// Reads the descriptors of one stream (one SSRC).
#[derive(Debug, Default)]
pub struct Reader {}

impl Reader {
    /// Reads the extension's bytes.
    ///
    /// # Errors
    /// When they are malformed or come before any structure: forward nothing, ask for a keyframe.
    pub fn read(&mut self, _bytes: &[u8]) -> Result<Frame, DescriptorError> {
        Err(DescriptorError::NoStructure)
    }

    /// Writes the descriptor `bytes` again with other values. `None` when they can not be read.
    #[must_use]
    pub fn rewrite(&self, _bytes: &[u8], _rewrite: Rewrite) -> Option<Vec<u8>> {
        None
    }
}
