//! The list of cases that are known to fail, and what a suite comes to beside it.
//!
//! Pure: text in, counts out. A case of the list that passes is a failure too, so that the list
//! never keeps what was mended.

use std::collections::BTreeMap;

use crate::test::tally::Tally;

/// The known failures of one suite: case to reason.
pub(crate) type Known = BTreeMap<String, String>;

/// Reads the list: `[[failure]]` with `suite`, `case` and `reason`.
///
/// # Errors
/// It is not TOML, or an entry lacks one of the three.
pub(crate) fn read(text: &str, suite: &str) -> Result<Known, String> {
    let table: toml::Table = text.parse().map_err(|error| format!("{error}"))?;
    let entries = table.get("failure").and_then(toml::Value::as_array);
    let mut known = Known::new();
    for entry in entries.into_iter().flatten() {
        let field = |name: &str| {
            let value = entry.get(name).and_then(toml::Value::as_str);
            value.ok_or_else(|| format!("an entry without `{name}`: {entry}"))
        };
        let (of, case, reason) = (field("suite")?, field("case")?, field("reason")?);
        if of == suite {
            known.insert(case.to_owned(), reason.to_owned());
        }
    }
    Ok(known)
}

/// What the lines `PASS case`, `FAIL case: why` and `SKIP case: why` come to.
pub(crate) fn judge(output: &str, known: &Known) -> Tally {
    let mut tally = Tally::default();
    let mut met = Vec::new();
    for line in output.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (case, why) = rest.split_once(": ").unwrap_or((rest, ""));
        match (word, known.get_key_value(case)) {
            ("PASS", None) => tally.passed += 1,
            ("PASS", Some((case, _))) => {
                met.push(case);
                tally.failed += 1;
                tally.notes.push(format!(
                    "PASSES AGAIN: {case}: take it out of known-failures.toml"
                ));
            }
            ("FAIL", None) => {
                tally.failed += 1;
                tally.notes.push(format!("FAILED: {case}: {why}"));
            }
            ("FAIL", Some((case, reason))) => {
                met.push(case);
                tally.skipped += 1;
                tally.notes.push(format!("KNOWN TO FAIL: {case}: {reason}"));
            }
            ("SKIP", found) => {
                met.extend(found.map(|(case, _)| case));
                tally.skipped += 1;
                tally.notes.push(format!("SKIPPED: {case}: {why}"));
            }
            _ => {}
        }
    }
    for case in known.keys().filter(|case| !met.contains(case)) {
        tally.failed += 1;
        tally.notes.push(format!(
            "NOT RUN: {case}: known-failures.toml names a case that is not there"
        ));
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
        [[failure]]
        suite = "cent"
        case = "pushes"
        reason = "not offered"

        [[failure]]
        suite = "other"
        case = "flies"
        reason = "no wings"
    "#;

    fn known() -> Known {
        read(LIST, "cent").unwrap_or_default()
    }

    #[test]
    fn a_suite_gets_its_own_entries_only() {
        assert_eq!(known().len(), 1);
        assert_eq!(
            read(LIST, "other").unwrap_or_default().get("flies"),
            Some(&"no wings".to_owned())
        );
    }

    #[test]
    fn an_entry_without_a_reason_is_an_error() {
        let text = "[[failure]]\nsuite = \"cent\"\ncase = \"a\"\n";
        assert!(read(text, "cent").is_err_and(|why| why.contains("reason")));
    }

    #[test]
    fn a_known_failure_is_named_and_does_not_fail_the_suite() {
        let tally = judge(
            "PASS a\nnoise\nFAIL pushes: 404\nSKIP b: no wings\n",
            &known(),
        );
        assert_eq!((tally.passed, tally.failed, tally.skipped), (1, 0, 2));
        assert!(tally.notes.iter().any(|note| note.contains("not offered")));
    }

    #[test]
    fn an_unknown_failure_and_an_unexpected_pass_fail_the_suite() {
        let tally = judge("FAIL a: broke\nPASS pushes\n", &known());
        assert_eq!((tally.passed, tally.failed, tally.skipped), (0, 2, 0));
    }

    #[test]
    fn an_entry_about_a_case_that_is_gone_fails_the_suite() {
        assert_eq!(judge("PASS a\n", &known()).failed, 1);
    }
}
