//! Rules about any file: size, leftovers, machine paths, links between pages, the README's length.
//!
//! Words that must not stand in the repository are put together here from pieces, so that this
//! file does not break its own rule.

use super::{File, Finding};

const README_LINES_MAX: usize = 119;
const FILE_BYTES_MAX: u64 = 1_500_000;
const IMAGE_BYTES_MAX: u64 = 250_000;

/// Folders of the machines that the code was written or built on.
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk"), concat!("/ro", "ot")];
const LEFTOVERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
];

/// Checks one file; `all` is there to see where links lead.
pub(crate) fn check(file: &File, all: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(size(file));
    let Some(text) = &file.text else {
        return findings;
    };
    findings.extend(words(&file.path, text));
    if file.path.ends_with(".md") {
        findings.extend(links(&file.path, text, all));
    }
    let lines = text.lines().count();
    if file.path == "README.md" && lines > README_LINES_MAX {
        findings.push(Finding::over(
            "readme",
            file.path.clone(),
            lines,
            README_LINES_MAX,
        ));
    }
    findings
}

fn size(file: &File) -> Option<Finding> {
    let screenshot = file.path.starts_with("docs/images/");
    let limit = if screenshot {
        IMAGE_BYTES_MAX
    } else {
        FILE_BYTES_MAX
    };
    (file.bytes > limit).then(|| {
        let what = format!("{} bytes, {limit} allowed", file.bytes);
        Finding::new("file-bytes", file.path.as_str(), what)
    })
}

fn words(path: &str, text: &str) -> Vec<Finding> {
    // A lock file holds hashes: any letters may stand in them.
    if path.ends_with("package-lock.json") || path.ends_with("Cargo.lock") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let place = || format!("{path}:{number}");
        for word in LEFTOVERS.iter().filter(|word| stands_alone(line, word)) {
            findings.push(Finding::new(
                "leftover",
                place(),
                format!("a {word} is left"),
            ));
        }
        for word in MACHINE_PATHS.iter().filter(|word| stands_alone(line, word)) {
            findings.push(Finding::new(
                "machine-path",
                place(),
                format!("{word} is one machine's"),
            ));
        }
    }
    findings
}

/// Does `word` stand in `line` as a whole word, or as the first folder of an absolute path?
fn stands_alone(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}');
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

fn links(path: &str, text: &str, all: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for target in link_targets(text) {
        let outside = target.contains("://") || target.starts_with("mailto:");
        let Some(file) = target.split('#').next().filter(|file| !file.is_empty()) else {
            continue;
        };
        if outside || file.starts_with('/') {
            continue;
        }
        let wanted = join(path, file);
        let folder = format!("{}/", wanted.trim_end_matches('/'));
        let found = all
            .iter()
            .any(|file| file.path == wanted || file.path.starts_with(&folder));
        if !found {
            findings.push(Finding::new(
                "link",
                path,
                format!("{target} leads nowhere"),
            ));
        }
    }
    findings
}

/// The targets of `[…](target)`, `src="target"` and `srcset="target"`, outside code.
fn link_targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (lead, end) in [
            ("](", ')'),
            ("src=\"", '"'),
            ("srcset=\"", '"'),
            ("href=\"", '"'),
        ] {
            let mut rest = line;
            while let Some(at) = rest.find(lead) {
                rest = &rest[at + lead.len()..];
                let Some(close) = rest.find(end) else { break };
                found.push(rest[..close].split(' ').next().unwrap_or(""));
                rest = &rest[close..];
            }
        }
    }
    found
}

fn join(from: &str, target: &str) -> String {
    let mut steps: Vec<&str> = from.split('/').collect();
    steps.pop();
    for step in target.split('/') {
        match step {
            "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.to_owned(),
            bytes: text.len() as u64,
            text: Some(text.to_owned()),
        }
    }

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let all = [
            file("docs/protocol.md", ""),
            file("docs/images/room.png", ""),
        ];
        check(&file(path, text), &all)
            .into_iter()
            .map(|finding| finding.rule)
            .collect()
    }

    #[test]
    fn leftovers_are_found_as_words_only() {
        assert_eq!(rules("a.rs", concat!("// TO", "DO: later")), ["leftover"]);
        assert!(rules("a.rs", concat!("let x = TO", "DOS;")).is_empty());
    }

    #[test]
    fn machine_paths_are_found_and_look_alikes_are_not() {
        assert_eq!(rules("a.md", concat!("see /wo", "rk/wt")), ["machine-path"]);
        assert!(rules("a.md", "the workspace, /workspace, src/work, $x/work").len() <= 1);
        assert!(rules("a.md", "client/work/x ../root").is_empty());
    }

    #[test]
    fn links_must_lead_somewhere() {
        assert!(
            rules(
                "README.md",
                "[p](docs/protocol.md#live) [i](docs) [w](https://a.b/c)"
            )
            .is_empty()
        );
        assert_eq!(rules("README.md", "[p](docs/nothing.md)"), ["link"]);
        assert!(rules("docs/a.md", "<img src=\"images/room.png\">").is_empty());
        assert_eq!(
            rules("docs/a.md", "<source srcset=\"images/none.png\">"),
            ["link"]
        );
        assert!(rules("docs/a.md", "```\n[p](nothing.md)\n```").is_empty());
    }

    #[test]
    fn a_long_readme_is_found() {
        assert!(rules("README.md", &"a\n".repeat(119)).is_empty());
        assert_eq!(rules("README.md", &"a\n".repeat(120)), ["readme"]);
    }

    #[test]
    fn a_heavy_file_is_found_and_a_picture_is_weighed_by_its_own_limit() {
        let heavy = |path: &str, bytes| File {
            path: path.to_owned(),
            bytes,
            text: None,
        };
        assert_eq!(check(&heavy("a.bin", 1_500_001), &[]).len(), 1);
        assert!(check(&heavy("a.bin", 1_500_000), &[]).is_empty());
        assert_eq!(check(&heavy("docs/images/a.png", 250_001), &[]).len(), 1);
    }
}
