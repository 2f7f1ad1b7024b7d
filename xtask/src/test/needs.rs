//! What the tests need from the machine, found or installed.
//!
//! Installs Chromium with apt-get when it runs as root or sudo asks no password, and nothing else;
//! whatever stays missing becomes a sentence that says what to do.

use std::path::{Path, PathBuf};

use crate::step::{Step, which};

/// What is there, or why it is not.
pub(crate) struct Needs {
    /// Node and npm.
    pub(crate) web: Result<(), String>,
    /// A Chromium that can be driven.
    pub(crate) browser: Result<PathBuf, String>,
}

/// Looks, installs what it may, and reports.
pub(crate) fn meet(root: &Path) -> Needs {
    let web = match (which("node"), which("npm")) {
        (Some(_), Some(_)) => Ok(()),
        _ => Err("the web tests: Node 20 with npm is not installed".to_owned()),
    };
    let browser = match &web {
        Ok(()) => chromium().or_else(|| install(root)).ok_or_else(no_browser),
        Err(why) => Err(why.replace("web", "browser")),
    };
    Needs { web, browser }
}

fn no_browser() -> String {
    "the browser tests: no Chromium, and no right to install it here. \
     `apt-get install chromium`, or name one in the variable CHROMIUM"
        .to_owned()
}

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM")
        .map(PathBuf::from)
        .filter(|file| file.is_file());
    named.or_else(|| {
        ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find_map(which)
    })
}

fn install(root: &Path) -> Option<PathBuf> {
    which("apt-get")?;
    let root_user = Step::new(root, "test", &["-w", "/var/lib/dpkg"]).quiet();
    let sudo = !root_user && Step::new(root, "sudo", &["-n", "true"]).quiet();
    if !root_user && !sudo {
        return None;
    }
    let apt = |words: &[&str]| {
        let step = match sudo {
            true => Step::new(root, "sudo", &[&["-n", "apt-get"], words].concat()),
            false => Step::new(root, "apt-get", words),
        };
        step.env("DEBIAN_FRONTEND", "noninteractive").run().ok
    };
    apt(&["update", "-q"]);
    apt(&["install", "-q", "-y", "--no-install-recommends", "chromium"]);
    chromium()
}
