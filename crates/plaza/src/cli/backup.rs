//! `plaza backup`: copies everything to another folder, consistent, also while the server runs.

use std::path::PathBuf;

use clap::Args;
use server::clock;
use store::Store;
use store::backup::{Report, backup, verify};

use super::{Ended, Failure, Place, block_on, data_failure};

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The folder to write to. It must not exist yet, or be empty.
    to: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// What a backup holds, in a line.
pub(super) fn describe(report: &Report) -> String {
    format!(
        "{} people, {} rooms, {} messages, {} files, {} MiB",
        report.people,
        report.rooms,
        report.messages,
        report.blobs,
        report.bytes.div_ceil(1 << 20)
    )
}

impl Backup {
    pub(super) fn run(self) -> Ended {
        let config = self.place.load()?;
        block_on(async {
            let opened = Store::open_readers(&config.data.directory).await;
            let store = opened.map_err(|error| data_failure(&error))?;
            let taken = backup(&store, &self.to, clock::now()).await;
            store.close().await;
            let report = taken?;
            // A backup that was never read back is a hope.
            verify(&self.to).await.map_err(|error| {
                Failure::new(format!(
                    "the backup was written but does not verify: {error}"
                ))
            })?;
            println!("{}: {} (verified)", self.to.display(), describe(&report));
            Ok(())
        })
    }
}
