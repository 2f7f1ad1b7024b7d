//! Installs the client libraries, at pinned versions; does nothing when they are there.
//!
//! Writes under `e2e/node_modules` and `target/sdk` only.

use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{Step, which};

/// The package whose source distribution carries its own test suite.
const WITH_TESTS: &str = "centrifuge-python==0.7.0";

/// What is there, or why it is not.
pub(crate) struct Libraries {
    /// The packages of `e2e`.
    pub(crate) node: Result<(), String>,
    /// The interpreter of the virtual environment.
    pub(crate) python: Result<PathBuf, String>,
}

/// Installs what is missing.
pub(crate) fn all(root: &Path) -> Libraries {
    Libraries {
        node: node(root),
        python: python(root),
    }
}

fn node(root: &Path) -> Result<(), String> {
    if which("node").is_none() || which("npm").is_none() {
        return Err("Node 20 with npm is not installed".to_owned());
    }
    let packages = crate::test::E2E_PACKAGES;
    match Step::new(root, "make", &["--no-print-directory", packages]).succeeds() {
        true => Ok(()),
        false => Err(
            "npm could not install e2e/package-lock.json (is its registry reachable?)".to_owned(),
        ),
    }
}

fn python(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("target/sdk");
    let venv = folder.join("venv");
    let interpreter = venv.join("bin/python");
    let wanted = fs::read_to_string(root.join("e2e/sdk/requirements.txt"))
        .map_err(|error| format!("e2e/sdk/requirements.txt: {error}"))?
        + WITH_TESTS;
    let stamp = folder.join("installed.txt");
    if interpreter.exists() && fs::read_to_string(&stamp).is_ok_and(|there| there == wanted) {
        return Ok(interpreter);
    }
    if which("python3").is_none() {
        return Err("Python 3.10 or newer is not installed".to_owned());
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let target = venv.to_string_lossy().into_owned();
    if !Step::new(root, "python3", &["-m", "venv", "--clear", &target]).succeeds() {
        return Err("python3 cannot make a virtual environment (python3-venv missing?)".to_owned());
    }
    let pip = |words: &[&str]| {
        let words = [&["-m", "pip", "--disable-pip-version-check"], words].concat();
        Step::new(&folder, &interpreter.to_string_lossy(), &words).succeeds()
    };
    let requirements = root.join("e2e/sdk/requirements.txt");
    let requirements = requirements.to_string_lossy();
    let sources = [
        "download",
        "-q",
        "--no-deps",
        "--no-binary",
        ":all:",
        "-d",
        "source",
    ];
    if !pip(&["install", "-q", "-r", &requirements])
        || !pip(&[&sources[..], &[WITH_TESTS]].concat())
    {
        return Err(
            "pip could not install e2e/sdk/requirements.txt (is PyPI reachable?)".to_owned(),
        );
    }
    fs::write(&stamp, &wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(interpreter)
}
