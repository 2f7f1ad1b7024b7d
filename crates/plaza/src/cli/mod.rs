//! The command line: one file per verb. Answers go to standard output, everything else to standard
//! error; the exit code says what kind of failure it was.

mod backup;
mod check_config;
mod config_docs;
mod doctor;
mod restore;
mod serve;
mod token;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use server::{Config, StartError};

/// What a verb ends with when it fails: a sentence and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    sentence: String,
}

/// Something went wrong on the way.
const FAILED: u8 = 1;
/// The arguments or the configuration are not right.
const MISUSED: u8 = 2;
/// Another process works on the data directory.
const IN_USE: u8 = 3;
/// The doctor found something.
const UNWELL: u8 = 4;

impl Failure {
    fn new(sentence: impl Into<String>) -> Self {
        Self {
            code: FAILED,
            sentence: sentence.into(),
        }
    }

    fn with_code(code: u8, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

/// How a verb ends.
type Ended = Result<(), Failure>;

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration, \
    3 the data directory is in use, 4 the doctor found something.";

/// Plaza: your own place to talk, in one program.
///
/// To begin: plaza serve --data data, then open the address it prints in a browser.
#[derive(Debug, Parser)]
#[command(name = "plaza", version, about, long_about, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the server.
    Serve(serve::Serve),
    /// List accounts, or give somebody a new password.
    #[command(subcommand)]
    User(user::User),
    /// Make an API token for somebody. The server must be running.
    Token(token::Token),
    /// Check a configuration file and show what it means.
    CheckConfig(check_config::CheckConfig),
    /// Copy everything to another folder, also while the server runs.
    Backup(backup::Backup),
    /// Make a data directory out of a backup.
    Restore(restore::Restore),
    /// Look for what is wrong with this machine, the configuration and the data.
    Doctor(doctor::Doctor),
    /// Write the documentation of the configuration, from the code.
    #[command(hide = true)]
    ConfigDocs(config_docs::ConfigDocs),
}

/// Where the configuration and the data are: the same for every verb that needs them.
#[derive(Debug, Clone, Args)]
struct Place {
    /// A configuration file (TOML). Without one, the defaults.
    #[arg(long, env = "PLAZA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory.
    #[arg(long, env = "PLAZA_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Place {
    /// The configuration, with what the command line says in place of what the file says.
    fn load(&self) -> Result<Config, Failure> {
        let loaded = Config::load(self.config.as_deref());
        let mut config = loaded.map_err(|error| Failure::with_code(MISUSED, error.to_string()))?;
        if let Some(data) = &self.data {
            config.data.directory.clone_from(data);
        }
        Ok(config)
    }
}

/// A failure to open data, with the exit code of its kind.
fn data_failure(error: &store::OpenError) -> Failure {
    let code = if matches!(error, store::OpenError::InUse { .. }) {
        IN_USE
    } else {
        FAILED
    };
    Failure::with_code(code, error.to_string())
}

/// A failure to start, with the exit code of its kind.
fn start_failure(error: &StartError) -> Failure {
    if let StartError::Data(error) = error {
        data_failure(error)
    } else {
        Failure::new(error.to_string())
    }
}

/// Text of others on a terminal: without control and direction characters.
fn printable(text: &str) -> String {
    let turns = |c: char| {
        let marks = matches!(c, '\u{200e}' | '\u{200f}');
        marks || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let shown = |c: char| {
        if c.is_control() || turns(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    text.chars().map(shown).collect()
}

fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(future);
    // A hash or a disk that does not come back must not keep a finished verb alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    ended
}

/// Runs what the arguments ask for.
pub(crate) fn run() -> ExitCode {
    let ended = match Arguments::parse().verb {
        Verb::Serve(verb) => verb.run(),
        Verb::User(verb) => verb.run(),
        Verb::Token(verb) => verb.run(),
        Verb::CheckConfig(verb) => verb.run(),
        Verb::Backup(verb) => verb.run(),
        Verb::Restore(verb) => verb.run(),
        Verb::Doctor(verb) => verb.run(),
        Verb::ConfigDocs(verb) => verb.run(),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("plaza: {}", failure.sentence);
            ExitCode::from(failure.code)
        }
    }
}
