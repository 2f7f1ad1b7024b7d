//! Who may depend on whom, as DESIGN and ARCHITECTURE.md draw it.
//!
//! `plaza -> server -> {store, media, domain, wire} -> base`; `store -> domain` for records.
//! A missing line in a manifest is the strongest rule there is; this keeps the lines missing.

use super::Finding;
use super::rust::{has_word, is_test};
use super::source::Source;

/// Crates of the workspace and what of the workspace each may use.
const CRATES: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("wire", &["base"]),
    ("domain", &["base"]),
    ("media", &["base"]),
    ("store", &["base", "domain"]),
    ("server", &["base", "wire", "domain", "media", "store"]),
    ("plaza", &["base", "server", "store"]),
    ("faultvfs", &[]),
    ("bench", &[]),
    ("sim", &[]),
];

/// What the tests of any crate may use besides.
const FOR_TESTS: &[&str] = &["faultvfs"];

/// The crates that hold rules: no clock, socket, thread, runtime or database in reach.
const PURE: &[&str] = &["base", "wire", "domain", "media"];
const IMPURE_PARTS: &[&str] = &[
    "tokio", "axum", "hyper", "reqwest", "rustix", "socket2", "sea-orm", "sqlx", "rand",
];
const IMPURE_WORDS: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "std::net",
    "std::thread",
    "std::fs",
    "std::process",
    "tokio",
    "thread_local",
];

/// The only crate that speaks SQL, and the one that breaks SQLite on purpose for its tests.
const SQL_CRATES: &[&str] = &["store", "faultvfs"];
const SQL_PARTS: &[&str] = &["sea_orm", "sqlx", "sea_query", "rusqlite", "libsqlite3_sys"];

/// Inside `domain`: features use the records of `auth` and the shared refusal, never each other.
const DOMAIN: &[(&str, &[&str])] = &[
    ("auth", &["refusal"]),
    ("hub", &["refusal"]),
    ("chat", &["auth", "refusal"]),
];

/// Checks the dependencies of one manifest.
pub(crate) fn check_manifest(path: &str, text: &str) -> Vec<Finding> {
    let Some(name) = crate_name(path) else {
        return Vec::new();
    };
    let Some((_, allowed)) = CRATES.iter().find(|(known, _)| *known == name) else {
        let what = "a new crate needs a line in xtask/src/tidy/layers.rs and in ARCHITECTURE.md";
        return vec![Finding::new("layers", path, what)];
    };
    let mut findings = Vec::new();
    for (section, part) in dependencies(text) {
        let test = section == "dev-dependencies";
        let ours = CRATES.iter().any(|(known, _)| *known == part);
        // A crate may ask for itself with more features, for its own tests.
        let fine = allowed.contains(&part) || (test && (FOR_TESTS.contains(&part) || part == name));
        if ours && !fine {
            let what = format!("{name} must not depend on {part}");
            findings.push(Finding::new("layers", path, what));
        }
        if !test && PURE.contains(&name) && IMPURE_PARTS.contains(&part) {
            let what = format!("{name} is pure, {part} is not");
            findings.push(Finding::new("layers", path, what));
        }
    }
    findings
}

/// Checks what the code of one Rust file reaches for.
pub(crate) fn check_source(path: &str, text: &str) -> Vec<Finding> {
    let Some(name) = crate_name(path) else {
        return Vec::new();
    };
    let source = Source::new(text);
    let mut findings = Vec::new();
    if !SQL_CRATES.contains(&name) {
        findings.extend(sql(path, &source));
    }
    if path.contains("/src/") && !is_test(path) {
        let code = source.code_without_tests();
        if PURE.contains(&name) {
            findings.extend(impure(path, &code));
        }
        if name == "domain" {
            findings.extend(domain_edges(path, &code));
        }
    }
    findings
}

fn crate_name(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

/// The `(section, name)` pairs of a manifest's dependency tables.
fn dependencies(text: &str) -> Vec<(&str, &str)> {
    let mut section = "";
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
            if let Some((table, name)) = section.split_once("dependencies.") {
                let table = if table.ends_with("dev-") {
                    "dev-dependencies"
                } else {
                    "dependencies"
                };
                found.push((table, name));
            }
        } else if section.ends_with("dependencies") && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or("");
            if !name.is_empty() {
                found.push((section, name));
            }
        }
    }
    found
}

fn sql(path: &str, source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for part in SQL_PARTS.iter().filter(|part| has_word(&source.code, part)) {
        let what = format!("{part}: the database is the store's alone");
        findings.push(Finding::new("sql", path, what));
    }
    for (line, text) in &source.strings {
        if looks_like_sql(text) {
            findings.push(Finding::new(
                "sql",
                format!("{path}:{line}"),
                "SQL stands in crates/store",
            ));
        }
    }
    findings
}

fn looks_like_sql(text: &str) -> bool {
    let text = text.trim_start();
    let words: Vec<&str> = text.split_whitespace().take(40).collect();
    let has = |word: &str| words.contains(&word);
    match words.as_slice() {
        ["SELECT", ..] => has("FROM"),
        ["INSERT", "INTO" | "OR", ..] | ["DELETE", "FROM", ..] | ["PRAGMA", _, ..] => true,
        [
            "CREATE",
            "TABLE" | "INDEX" | "VIRTUAL" | "TRIGGER" | "UNIQUE",
            ..,
        ] => true,
        ["UPDATE", _, "SET", ..] | ["BEGIN", "IMMEDIATE", ..] => true,
        _ => false,
    }
}

fn impure(path: &str, code: &str) -> Vec<Finding> {
    let found = IMPURE_WORDS.iter().filter(|word| has_word(code, word));
    found
        .map(|word| {
            let what = format!("{word} has no place in the pure core: take it as an argument");
            Finding::new("pure", path, what)
        })
        .collect()
}

fn domain_edges(path: &str, code: &str) -> Vec<Finding> {
    let inside = path.strip_prefix("crates/domain/src/").unwrap_or("");
    let feature = inside.split(['/', '.']).next().unwrap_or("");
    let Some((_, allowed)) = DOMAIN.iter().find(|(known, _)| *known == feature) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for other in crate_uses(code) {
        let known = DOMAIN.iter().any(|(name, _)| *name == other);
        if known && other != feature && !allowed.contains(&other) {
            let what = format!("domain/{feature} must not use domain/{other}");
            findings.push(Finding::new("layers", path, what));
        }
    }
    findings
}

/// The first names after every `crate::`, also inside `crate::{a::B, c}`.
fn crate_uses(code: &str) -> Vec<&str> {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.push(&rest[..word(rest).unwrap_or(rest.len())]);
            continue;
        };
        let mut depth = 0_i32;
        let mut fresh = true;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => fresh = true,
                c if fresh && c.is_alphabetic() => {
                    let rest = &list[at..];
                    found.push(&rest[..word(rest).unwrap_or(rest.len())]);
                    fresh = false;
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_may_only_point_down() {
        let text = "[dependencies]\nbase.workspace = true\nstore = { path = \"../store\" }\n";
        let found = check_manifest("crates/domain/Cargo.toml", text);
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("must not depend on store"));
        assert!(check_manifest("crates/server/Cargo.toml", text).is_empty());
    }

    #[test]
    fn a_table_of_its_own_is_a_dependency_too() {
        let text = "[dependencies.domain]\nworkspace = true\n";
        assert_eq!(check_manifest("crates/wire/Cargo.toml", text).len(), 1);
    }

    #[test]
    fn a_pure_crate_may_use_tokio_in_its_tests_only() {
        let at = "crates/wire/Cargo.toml";
        assert_eq!(
            check_manifest(at, "[dependencies]\ntokio.workspace = true\n").len(),
            1
        );
        assert!(check_manifest(at, "[dev-dependencies]\ntokio.workspace = true\n").is_empty());
    }

    #[test]
    fn an_unknown_crate_is_found() {
        assert_eq!(check_manifest("crates/helpers/Cargo.toml", "").len(), 1);
    }

    #[test]
    fn a_clock_in_the_pure_core_is_found_outside_tests_and_comments() {
        let at = "crates/domain/src/chat/post.rs";
        assert_eq!(check_source(at, "fn a() { Instant::now(); }").len(), 1);
        let tested = "// Instant::now\n#[cfg(test)]\nmod tests { fn a() { Instant::now(); } }";
        assert!(check_source(at, tested).is_empty());
        assert!(check_source("crates/server/src/a.rs", "fn a() { Instant::now(); }").is_empty());
    }

    #[test]
    fn sql_outside_the_store_is_found() {
        let text = "fn a() { q(\"SELECT id FROM person\"); q(\"select a room\"); }";
        assert_eq!(check_source("crates/server/src/a.rs", text).len(), 1);
        assert!(check_source("crates/store/src/a.rs", text).is_empty());
        assert_eq!(
            check_source("crates/plaza/src/a.rs", "use sqlx::Row;").len(),
            1
        );
    }

    #[test]
    fn features_of_the_domain_never_use_each_other() {
        let hub = "use crate::{auth::Role, refusal::Refusal};";
        assert_eq!(check_source("crates/domain/src/hub/a.rs", hub).len(), 1);
        assert!(check_source("crates/domain/src/chat/a.rs", hub).is_empty());
        let chat = "fn a() { crate::chat::post::post() }";
        assert_eq!(check_source("crates/domain/src/auth/a.rs", chat).len(), 1);
    }
}
