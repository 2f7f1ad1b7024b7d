//! The ratchet: offenders that stood here before a rule did. They may shrink, never grow.
//!
//! One line each, `rule place measure`. The best file is an empty one.

use std::collections::BTreeMap;

use super::Finding;

const HEAD: &str = "\
# Offenders that a house number has not caught up with: `rule place measure`.
# A measure may only shrink; a line whose offender is gone must go too.
";

/// Takes out what the ratchet excuses, adds what the ratchet itself does wrong.
pub(crate) fn apply(ratchet: &str, findings: Vec<Finding>) -> Vec<Finding> {
    let (mut excused, mut left) = parse(ratchet);
    for finding in findings {
        let key = (finding.rule.to_owned(), finding.place.clone());
        match (finding.measure, excused.get_mut(&key)) {
            (Some(measure), Some((allowed, used))) if measure <= *allowed => {
                *used = Some(used.map_or(measure, |before: usize| before.max(measure)));
            }
            (Some(measure), Some((allowed, used))) => {
                *used = Some(measure);
                let what =
                    format!("{measure}, and the ratchet lets it be {allowed}: make it smaller");
                left.push(Finding { what, ..finding });
            }
            _ => left.push(finding),
        }
    }
    for ((rule, place), (allowed, used)) in excused {
        let what = match used {
            None => format!("`{rule} {place}` is no offender any more: take the line out"),
            Some(now) if now < allowed => format!("`{rule} {place}` has shrunk: write {now}"),
            Some(_) => continue,
        };
        left.push(Finding::new("ratchet", "xtask/ratchet.txt", what));
    }
    left
}

/// The ratchet that would excuse all of these.
pub(crate) fn write(findings: &[Finding]) -> String {
    let mut lines = BTreeMap::new();
    for finding in findings {
        if let Some(measure) = finding.measure {
            let line = lines
                .entry((finding.rule, finding.place.as_str()))
                .or_insert(measure);
            *line = measure.max(*line);
        }
    }
    let lines = lines
        .iter()
        .map(|((rule, place), measure)| format!("{rule} {place} {measure}\n"));
    HEAD.to_owned() + &lines.collect::<String>()
}

type Excused = BTreeMap<(String, String), (usize, Option<usize>)>;

fn parse(ratchet: &str) -> (Excused, Vec<Finding>) {
    let mut excused = Excused::new();
    let mut wrong = Vec::new();
    for line in ratchet
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [rule, place, measure] if measure.parse::<usize>().is_ok() => {
                let allowed = measure.parse().unwrap_or(0);
                excused.insert(((*rule).to_owned(), (*place).to_owned()), (allowed, None));
            }
            _ => {
                let what = format!("`{line}` is not `rule place measure`");
                wrong.push(Finding::new("ratchet", "xtask/ratchet.txt", what));
            }
        }
    }
    (excused, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(measure: usize) -> Finding {
        Finding::over("fn-lines", "a.rs:f".to_owned(), measure, 70)
    }

    #[test]
    fn an_offender_may_stay_as_it_is() {
        assert!(apply("fn-lines a.rs:f 80\n", vec![long(80)]).is_empty());
    }

    #[test]
    fn an_offender_may_not_grow() {
        let left = apply("fn-lines a.rs:f 80\n", vec![long(81)]);
        assert_eq!(left.len(), 1);
        assert!(left[0].what.contains("lets it be 80"));
    }

    #[test]
    fn a_shrunk_or_gone_offender_tightens_the_ratchet() {
        assert!(
            apply("fn-lines a.rs:f 80\n", vec![long(75)])[0]
                .what
                .contains("write 75")
        );
        assert!(
            apply("fn-lines a.rs:f 80\n", vec![])[0]
                .what
                .contains("take the line out")
        );
    }

    #[test]
    fn a_finding_without_a_number_is_never_excused() {
        let finding = Finding::new("unsafe", "a.rs", "no");
        assert_eq!(apply("unsafe a.rs 1\n", vec![finding]).len(), 2);
    }

    #[test]
    fn what_is_written_excuses_what_was_found() {
        let found = vec![long(80), long(90)];
        assert!(apply(&write(&found), found).is_empty());
    }
}
