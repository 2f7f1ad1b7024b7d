//! The shape of the web app: import direction, component length, no barrel files.
//!
//! Biome and tsc do the linting; this holds only what they cannot say. It trusts the formatter:
//! a function that starts on one column ends with the first `}` on that column.

use super::Finding;

const COMPONENT_LINES_MAX: usize = 150;
const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 600;

/// Parts of `web/src` and which parts each may import. What is not named here may be imported by
/// everybody (translations, styles).
const PARTS: &[(&str, &[&str])] = &[
    ("app", &["app", "features", "client", "media", "ui", "lib"]),
    ("features", &["client", "media", "ui", "lib"]),
    ("ui", &["ui", "client", "media", "lib"]),
    ("client", &["client", "lib"]),
    ("media", &["media", "client", "lib"]),
    ("lib", &["lib"]),
];

/// Parts that must work without a page, and what would tie them to one.
const WITHOUT_REACT: &[&str] = &["client", "media", "lib"];
const REACT: &[&str] = &["react", "@mantine", "@tanstack", "wouter", "zustand\""];

/// Checks one file of `web/src`; says nothing about others.
pub(crate) fn check(path: &str, text: &str) -> Vec<Finding> {
    let Some(inside) = path.strip_prefix("web/src/") else {
        return Vec::new();
    };
    if !inside.ends_with(".ts") && !inside.ends_with(".tsx") {
        return Vec::new();
    }
    let mut findings = imports(inside, text);
    if inside.ends_with("/index.ts") || inside.ends_with("/index.tsx") {
        findings.push(Finding::new(
            "barrel",
            path,
            "name the file after what it holds",
        ));
    }
    if inside.contains(".test.") {
        return findings;
    }
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        findings.push(Finding::over(
            "file-lines",
            path.to_owned(),
            lines,
            FILE_LINES_MAX,
        ));
    }
    for Function { name, lines, own } in functions(text) {
        let component = path.ends_with(".tsx") && name.starts_with(char::is_uppercase);
        let (rule, lines, limit) = match component {
            true => ("component-lines", lines, COMPONENT_LINES_MAX),
            false => ("fn-lines", own, FUNCTION_LINES_MAX),
        };
        if lines > limit {
            findings.push(Finding::over(rule, format!("{path}:{name}"), lines, limit));
        }
    }
    findings
}

fn imports(inside: &str, text: &str) -> Vec<Finding> {
    let path = format!("web/src/{inside}");
    let part = inside.split('/').next().unwrap_or("");
    let Some((_, allowed)) = PARTS.iter().find(|(known, _)| *known == part) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for target in targets(text) {
        let Some(to) = resolve(inside, target) else {
            let react = REACT
                .iter()
                .any(|name| format!("{target}\"").starts_with(name));
            if WITHOUT_REACT.contains(&part) && react {
                let what = format!("{part} works without React, {target} does not");
                findings.push(Finding::new("imports", path.as_str(), what));
            }
            continue;
        };
        let mut steps = to.split('/');
        let (there, feature) = (steps.next().unwrap_or(""), steps.next().unwrap_or(""));
        let own =
            part == "features" && there == "features" && inside.split('/').nth(1) == Some(feature);
        let known = PARTS.iter().any(|(name, _)| *name == there);
        if known && !own && !allowed.contains(&there) {
            let what = match (part, there) {
                ("features", "features") => format!("a feature never imports a feature ({to})"),
                _ => format!("{part} must not import {there} ({to})"),
            };
            findings.push(Finding::new("imports", path.as_str(), what));
        }
    }
    findings
}

/// What the file imports: the quoted word after `from`, `import` or `import(`.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        for lead in ["from \"", "import \"", "import(\""] {
            let mut rest = line;
            while let Some(at) = rest.find(lead) {
                rest = &rest[at + lead.len()..];
                let Some(end) = rest.find('"') else { break };
                found.push(&rest[..end]);
                rest = &rest[end..];
            }
        }
    }
    found
}

/// A relative import as a path from `web/src`, or nothing when a package is meant.
fn resolve(inside: &str, target: &str) -> Option<String> {
    if !target.starts_with('.') {
        return None;
    }
    let mut steps: Vec<&str> = inside.split('/').collect();
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
    Some(steps.join("/"))
}

/// A function of a file, at whatever depth.
struct Function<'a> {
    name: &'a str,
    /// Its lines, first and last included.
    lines: usize,
    /// The same without the lines of the functions inside it: a factory that only holds small
    /// functions is no long function, just as a class is none.
    own: usize,
}

fn functions(text: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut spans: Vec<(&str, usize, usize)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line.trim_start()) else {
            continue;
        };
        let depth = line.len() - line.trim_start().len();
        let end = lines
            .iter()
            .skip(at + 1)
            .position(|line| closes(line, depth));
        if let Some(end) = end {
            spans.push((name, at, at + 1 + end));
        }
    }
    let inside = |outer: &(&str, usize, usize), inner: &(&str, usize, usize)| {
        outer.1 < inner.1 && inner.2 <= outer.2
    };
    let direct = |outer: &(&str, usize, usize)| -> usize {
        let all: Vec<_> = spans.iter().filter(|inner| inside(outer, inner)).collect();
        let outermost = all
            .iter()
            .filter(|one| !all.iter().any(|other| inside(other, one)));
        outermost.map(|(_, from, to)| to - from + 1).sum()
    };
    let measured = spans.iter().map(|span| {
        let lines = span.2 - span.1 + 1;
        Function {
            name: span.0,
            lines,
            own: lines - direct(span),
        }
    });
    measured.collect()
}

/// Does this line end what began at `depth`? `}: Props) {` only goes on with the signature.
fn closes(line: &str, depth: usize) -> bool {
    let text = line.trim_start();
    let there = line.len() - text.len() == depth;
    there && text.starts_with(['}', ')']) && !text.ends_with(['{', '>', '('])
}

fn function_name(line: &str) -> Option<&str> {
    let mut rest = line;
    for word in ["export ", "default ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let function = rest
        .strip_prefix("function ")
        .map(|rest| rest.trim_start_matches('*').trim_start());
    let constant = || {
        let rest = rest.strip_prefix("const ")?;
        let opens = line.ends_with('{') || line.ends_with('(');
        let callable = line.contains("=>") || line.contains("= (") || line.contains("memo(");
        (opens && callable).then_some(rest)
    };
    let rest = function.or_else(constant)?;
    if line.ends_with('}') || line.ends_with(';') {
        return None;
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')?;
    Some(&rest[..end])
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
    fn imports_go_down_only() {
        let up = "import { App } from \"../app/App\";\n";
        assert_eq!(rules("web/src/ui/Face.tsx", up), ["imports"]);
        let down = "import { api } from \"../../client/api\";\n";
        assert!(rules("web/src/features/chat/post.ts", down).is_empty());
    }

    #[test]
    fn a_feature_imports_itself_but_no_other() {
        let text = "import { a } from \"./state\";\nimport { b } from \"../search/hits\";\n";
        let found = check("web/src/features/chat/post.ts", text);
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("features/search/hits"));
    }

    #[test]
    fn the_client_knows_no_react_but_may_use_the_vanilla_half_of_zustand() {
        let text = "import { useState } from \"react\";\nimport { create } from \"zustand\";\n\
                    import { createStore } from \"zustand/vanilla\";\n";
        assert_eq!(rules("web/src/client/a.ts", text), ["imports", "imports"]);
    }

    #[test]
    fn a_lazy_import_counts() {
        let text = "const page = lazy(() => import(\"../features/admin/Admin\"));\n";
        assert_eq!(rules("web/src/client/a.ts", text), ["imports"]);
        assert!(rules("web/src/app/pages.ts", text).is_empty());
    }

    #[test]
    fn a_component_of_151_lines_is_found() {
        let component = |lines: usize| {
            let body = "  x();\n".repeat(lines - 4);
            format!("export function Face({{\n  id,\n}}: Props) {{\n{body}}}\n")
        };
        assert!(rules("web/src/ui/Face.tsx", &component(150)).is_empty());
        assert_eq!(
            check("web/src/ui/Face.tsx", &component(151))[0].measure,
            Some(151)
        );
    }

    #[test]
    fn a_plain_function_of_71_lines_is_found() {
        let text = format!(
            "export const post = async (a: number) => {{\n{}}};\n",
            "x();\n".repeat(69)
        );
        assert_eq!(rules("web/src/client/a.ts", &text), ["fn-lines"]);
    }

    #[test]
    fn a_factory_of_small_functions_is_no_long_function() {
        let small = "  function a() {\n    x();\n  }\n".repeat(40);
        let text = format!("export function create() {{\n{small}  return {{ a }};\n}}\n");
        assert!(rules("web/src/client/a.ts", &text).is_empty());
    }

    #[test]
    fn a_barrel_is_found() {
        assert_eq!(rules("web/src/ui/index.ts", ""), ["barrel"]);
    }
}
