//! `plaza token`: an API token for a script, made on the machine itself.

use clap::Args;
use server::operator::Request;

use super::user::ask_or_start;
use super::{Ended, Place, block_on};

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// As whom the token acts: their handle, or the name as shown.
    name: String,
    /// What to call the token.
    #[arg(long, default_value = "command line")]
    label: String,
    #[command(flatten)]
    place: Place,
}

impl Token {
    pub(super) fn run(self) -> Ended {
        let request = Request::CreateToken {
            name: self.name,
            label: self.label,
        };
        let token = block_on(ask_or_start(self.place.load()?, request))?;
        println!("{token}");
        eprintln!("Keep it: it is shown this once.");
        Ok(())
    }
}
