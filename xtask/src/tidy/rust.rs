//! The shape of Rust files: module docs, house numbers, no `unsafe`, no leftovers.
//!
//! Looks at one file at a time; who may depend on whom is `layers`.

use super::Finding;
use super::source::Source;

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 600;
const PARAMETERS_MAX: usize = 5;
const LINE_COLUMNS_MAX: usize = 100;

/// The only crate where `unsafe` may stand: a SQLite VFS is a table of C function pointers.
const UNSAFE_CRATE: &str = "crates/faultvfs/";

/// Checks one Rust file.
pub(crate) fn check(path: &str, text: &str) -> Vec<Finding> {
    let source = Source::new(text);
    let mut findings = Vec::new();
    findings.extend(module_doc(path, text));
    findings.extend(numbers(path, &source));
    findings.extend(columns(path, text));
    if !path.starts_with(UNSAFE_CRATE) && has_word(&source.code, "unsafe") {
        findings.push(Finding::new(
            "unsafe",
            path,
            "only crates/faultvfs may hold unsafe code",
        ));
    }
    if has_word(&source.code, "dbg") {
        findings.push(Finding::new("leftover", path, "a dbg! is left"));
    }
    if source.code.contains("#[allow(") || source.code.contains("#![allow(") {
        let what = "exceptions are #[expect(.., reason = \"..\")]";
        findings.push(Finding::new("allow", path, what));
    }
    findings
}

/// Is this file made of tests only?
pub(crate) fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.contains("/benches/")
}

/// Does `word` stand in `code` with no letter, digit or underscore around it?
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

fn module_doc(path: &str, text: &str) -> Option<Finding> {
    let first = text.lines().find(|line| !line.trim().is_empty());
    if first.is_some_and(|line| line.starts_with("//!")) {
        return None;
    }
    let what = "open with //!: what it is, what it never does, who may call it";
    Some(Finding::new("module-doc", path, what))
}

fn numbers(path: &str, source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines = source.lines_without_tests();
    if !is_test(path) && lines > FILE_LINES_MAX {
        findings.push(Finding::over(
            "file-lines",
            path.to_owned(),
            lines,
            FILE_LINES_MAX,
        ));
    }
    for function in source.functions() {
        let place = format!("{path}:{}", function.name);
        if function.lines > FUNCTION_LINES_MAX {
            let over = Finding::over(
                "fn-lines",
                place.clone(),
                function.lines,
                FUNCTION_LINES_MAX,
            );
            findings.push(over);
        }
        if function.parameters > PARAMETERS_MAX {
            let over = Finding::over("parameters", place, function.parameters, PARAMETERS_MAX);
            findings.push(over);
        }
    }
    findings
}

fn columns(path: &str, text: &str) -> Option<Finding> {
    let wide = text
        .lines()
        .map(|line| line.chars().count())
        .filter(|n| *n > LINE_COLUMNS_MAX);
    let widest = wide.clone().max()?;
    let count = wide.count();
    let at = text
        .lines()
        .position(|line| line.chars().count() > LINE_COLUMNS_MAX)?
        + 1;
    Some(Finding {
        rule: "columns",
        place: path.to_owned(),
        what: format!("{count} lines over {LINE_COLUMNS_MAX}, from line {at}, widest {widest}"),
        measure: Some(count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        check(path, text)
            .into_iter()
            .map(|finding| finding.rule)
            .collect()
    }

    #[test]
    fn a_tidy_file_has_no_findings() {
        assert!(rules("crates/base/src/a.rs", "//! A.\n\nfn a() {}\n").is_empty());
    }

    #[test]
    fn a_module_without_a_doc_is_found() {
        assert_eq!(rules("a.rs", "// A.\nfn a() {}\n"), ["module-doc"]);
        assert_eq!(rules("a.rs", ""), ["module-doc"]);
    }

    #[test]
    fn a_function_of_71_lines_is_found_and_one_of_70_is_not() {
        let body = |lines: usize| format!("//! A.\nfn a() {{\n{}}}\n", "x();\n".repeat(lines - 2));
        assert!(rules("a.rs", &body(70)).is_empty());
        assert_eq!(check("a.rs", &body(71))[0].measure, Some(71));
    }

    #[test]
    fn six_parameters_are_found() {
        let text = "//! A.\nfn a(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {}\n";
        assert_eq!(rules("a.rs", text), ["parameters"]);
    }

    #[test]
    fn a_long_file_is_found_but_its_tests_are_not_counted() {
        let code = "//! A.\n".to_owned() + &"const A: u8 = 1;\n".repeat(600);
        assert_eq!(rules("crates/a/src/a.rs", &code), ["file-lines"]);
        assert!(rules("crates/a/tests/it/a.rs", &code).is_empty());
        let tests = format!(
            "//! A.\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            "// t\n".repeat(600)
        );
        assert!(rules("crates/a/src/a.rs", &tests).is_empty());
    }

    #[test]
    fn unsafe_is_found_in_code_but_not_in_words_or_in_faultvfs() {
        assert_eq!(
            rules("crates/wire/src/a.rs", "//! A.\nunsafe fn a() {}\n"),
            ["unsafe"]
        );
        assert!(
            rules(
                "crates/wire/src/a.rs",
                "//! unsafe\n#![forbid(unsafe_code)]\n"
            )
            .is_empty()
        );
        assert!(rules("crates/faultvfs/src/a.rs", "//! A.\nunsafe fn a() {}\n").is_empty());
    }

    #[test]
    fn a_line_is_measured_in_characters_not_bytes() {
        let line = |text: &str| format!("//! {text}\n");
        assert!(rules("a.rs", &line(&"中".repeat(90))).is_empty());
        assert_eq!(rules("a.rs", &line(&"中".repeat(97))), ["columns"]);
    }

    #[test]
    fn an_allow_is_found() {
        assert_eq!(
            rules("a.rs", "//! A.\n#[allow(dead_code)]\nfn a() {}\n"),
            ["allow"]
        );
    }
}
