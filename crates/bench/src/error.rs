//! What can go wrong in a run. A bench never guesses on: it stops and says what it was doing.

use thiserror::Error;

/// Why a run ended without figures.
#[derive(Debug, Error)]
pub(crate) enum BenchError {
    /// The system refused something.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A server answered something else than its protocol promises.
    #[error("{0}")]
    Protocol(String),
    /// A part that the run needs is not there.
    #[error("{0}")]
    Missing(String),
    /// The figures are there, and a bound is not kept.
    #[error("a bound was missed, see above")]
    Missed,
}

/// Adds what was being done to an error of the system.
pub(crate) trait Doing<T> {
    /// `what` reads as in "open the data directory".
    fn doing(self, what: impl Into<String>) -> Result<T, BenchError>;
}

impl<T, E: Into<std::io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, what: impl Into<String>) -> Result<T, BenchError> {
        self.map_err(|source| BenchError::Io {
            doing: what.into(),
            source: source.into(),
        })
    }
}
