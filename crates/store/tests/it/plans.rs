//! Reads that run often find their rows by an index.
