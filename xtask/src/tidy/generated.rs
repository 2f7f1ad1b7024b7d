//! Files that a program writes must be what the program writes today.
//!
//! Asks the built binary; says so and checks nothing when there is none yet.

use std::path::Path;
use std::process::Command;

use super::Finding;

/// A checked-in file and the words that make `plaza` print it.
const GENERATED: &[(&str, &[&str])] = &[];

/// Compares every generated file with what the newest binary prints.
pub(crate) fn check(root: &Path) -> Vec<Finding> {
    let Some(binary) = newest_binary(root) else {
        println!("tidy: no plaza binary is built yet, generated files are not compared");
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (path, words) in GENERATED {
        let printed = Command::new(&binary).args(*words).output();
        let there = std::fs::read(root.join(path)).unwrap_or_default();
        let fresh = printed.is_ok_and(|out| out.status.success() && out.stdout == there);
        if !fresh {
            let what = format!("is stale: plaza {} > {path}", words.join(" "));
            findings.push(Finding::new("generated", *path, what));
        }
    }
    findings
}

fn newest_binary(root: &Path) -> Option<std::path::PathBuf> {
    let candidates = ["target/debug/plaza", "target/release/plaza"].map(|path| root.join(path));
    let built = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    candidates
        .into_iter()
        .filter(|path| path.exists())
        .max_by_key(|path| built(path))
}
