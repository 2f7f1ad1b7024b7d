//! The house rules as a program.
//!
//! Each rule is a function from the checked-in files to findings. A finding that a number can
//! describe (lines, parameters) may stand in `ratchet.txt`, where it may only shrink; all others
//! are plain failures. Never changes a file.

mod layers;
mod ratchet;
mod rust;
mod source;
mod text;
mod web;

use std::path::Path;
use std::process::{Command, ExitCode};

/// What `tidy` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// The findings, one line each.
    Findings,
    /// The ratchet file that would let today's offenders pass.
    Ratchet,
}

/// A file under version control, or about to be.
pub(crate) struct File {
    /// Path from the root of the repository, with `/`.
    pub(crate) path: String,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// The text, or `None` when it is not UTF-8.
    pub(crate) text: Option<String>,
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The rule's short name.
    pub(crate) rule: &'static str,
    /// The file, with `:item` when a part of it is meant. Stable while lines move.
    pub(crate) place: String,
    /// What is wrong and what to do, in words.
    pub(crate) what: String,
    /// The measure of a rule about numbers: what a ratchet may hold.
    pub(crate) measure: Option<usize>,
}

impl Finding {
    /// A finding that no ratchet excuses.
    pub(crate) fn new(
        rule: &'static str,
        place: impl Into<String>,
        what: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            place: place.into(),
            what: what.into(),
            measure: None,
        }
    }

    /// A number above its limit.
    pub(crate) fn over(rule: &'static str, place: String, measure: usize, limit: usize) -> Self {
        let what = format!("{measure}, the house number is {limit}");
        Self {
            rule,
            place,
            what,
            measure: Some(measure),
        }
    }
}

/// Runs every rule and prints what is wrong.
pub(crate) fn run(root: &Path, show: Show) -> ExitCode {
    let files = match files(root) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("tidy: cannot list the files under version control: {error}");
            return ExitCode::FAILURE;
        }
    };
    let findings = all(&files);
    if show == Show::Ratchet {
        print!("{}", ratchet::write(&findings));
        return ExitCode::SUCCESS;
    }
    let excused = std::fs::read_to_string(root.join("xtask/ratchet.txt")).unwrap_or_default();
    let left = ratchet::apply(&excused, findings);
    for finding in &left {
        println!("{}: {}: {}", finding.place, finding.rule, finding.what);
    }
    if left.is_empty() {
        println!("tidy: {} files, every house rule holds", files.len());
        ExitCode::SUCCESS
    } else {
        println!(
            "tidy: {} broken rules (CONTRIBUTING.md explains them)",
            left.len()
        );
        ExitCode::FAILURE
    }
}

fn all(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        findings.extend(text::check(file, files));
        if let Some(text) = &file.text {
            if file.path.ends_with(".rs") {
                findings.extend(rust::check(&file.path, text));
                findings.extend(layers::check_source(&file.path, text));
            } else if file.path.ends_with("Cargo.toml") {
                findings.extend(layers::check_manifest(&file.path, text));
            } else {
                findings.extend(web::check(&file.path, text));
            }
        }
    }
    findings
}

/// What git tracks, and what it would if asked to add everything.
fn files(root: &Path) -> std::io::Result<Vec<File>> {
    let listing = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()?;
    if !listing.status.success() {
        return Err(std::io::Error::other(
            String::from_utf8_lossy(&listing.stderr).into_owned(),
        ));
    }
    let mut files = Vec::new();
    for path in String::from_utf8_lossy(&listing.stdout)
        .split('\0')
        .filter(|p| !p.is_empty())
    {
        // A tracked file that was just deleted is no file.
        let Ok(bytes) = std::fs::read(root.join(path)) else {
            continue;
        };
        files.push(File {
            path: path.to_owned(),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            text: String::from_utf8(bytes).ok(),
        });
    }
    Ok(files)
}
