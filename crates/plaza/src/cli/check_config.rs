//! `plaza check-config`: says whether a file can be used, and what it means.

use clap::Args;

use super::{Ended, Failure, Place};

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct CheckConfig {
    #[command(flatten)]
    place: Place,
}

impl CheckConfig {
    pub(super) fn run(self) -> Ended {
        let config = self.place.load()?;
        let text = toml::to_string(&config).map_err(|error| Failure::new(error.to_string()))?;
        print!("{text}");
        eprintln!("The configuration is right. What stands above is in force.");
        Ok(())
    }
}
