//! Full-text search over what people wrote: an index in a file of its own, which follows the log.
//!
//! The log is the truth; the index is made from it and can be deleted at any time, then the next
//! start makes it anew. What was deleted or edited leaves the index's file too. It never decides
//! who may read what: whoever asks brings the rooms that may be searched.

mod follow;
mod index;
mod query;
mod token;

pub use follow::Indexer;
pub use index::Index;
pub use query::{Hits, Query};
