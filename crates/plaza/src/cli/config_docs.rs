//! `plaza config-docs`: writes the documentation of the configuration out of the code. For those
//! who work on Plaza; a test says when the committed files are stale.

use std::path::{Path, PathBuf};

use clap::Args;
use server::config::docs;

use super::Ended;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct ConfigDocs {
    /// The root of the repository.
    #[arg(default_value = ".")]
    root: PathBuf,
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

impl ConfigDocs {
    pub(super) fn run(self) -> Ended {
        write(
            &self.root.join("deploy/plaza.example.toml"),
            &docs::example_toml(),
        )?;
        write(&self.root.join("docs/config.md"), &docs::page())?;
        Ok(())
    }
}
