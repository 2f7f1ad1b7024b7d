//! `plaza restore`: makes a data directory out of a backup.

use std::path::PathBuf;

use clap::Args;
use store::backup::restore;

use super::backup::describe;
use super::{Ended, Place, block_on};

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup: the folder that `plaza backup` wrote.
    from: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Restore {
    pub(super) fn run(self) -> Ended {
        let config = self.place.load()?;
        let directory = config.data.directory;
        let report = block_on(async { Ok(restore(&self.from, &directory).await?) })?;
        println!("{}: {}", directory.display(), describe(&report));
        eprintln!("Connected clients will notice and load everything anew.");
        eprintln!("Everybody has to log in again.");
        eprintln!(
            "API tokens and invitations are those of the backup: what was revoked since is valid \
             again. Look through them."
        );
        Ok(())
    }
}
