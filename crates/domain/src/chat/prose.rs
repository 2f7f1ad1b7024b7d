//! Which parts of a message are prose and which are code, in the light markdown of messages.
//!
//! Mentions and excerpts ask here, so that both read a message alike. It follows CommonMark for
//! fences (section 4.5) and code spans (6.1) and knows no other block.

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Prose, possibly over several lines.
    Prose(&'a str),
    /// The inside of a code span.
    Span(&'a str),
    /// The lines inside a fence.
    Block(&'a str),
}

/// The parts of a message, in order, without the signs that mark code.
#[must_use]
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut prose_start = 0;
    let mut fence: Option<(char, usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match fence {
            None => {
                if let Some((sign, length)) = opening(line) {
                    spans(text.get(prose_start..at).unwrap_or_default(), &mut parts);
                    fence = Some((sign, length, end));
                }
            }
            Some((sign, length, start)) => {
                if closes(line, sign, length) {
                    parts.push(Part::Block(text.get(start..at).unwrap_or_default()));
                    fence = None;
                    prose_start = end;
                }
            }
        }
        at = end;
    }
    match fence {
        // A fence that nobody closes reaches to the end.
        Some((_, _, start)) => parts.push(Part::Block(text.get(start..).unwrap_or_default())),
        None => spans(text.get(prose_start..).unwrap_or_default(), &mut parts),
    }
    parts
}

fn run(text: &str, sign: char) -> usize {
    text.chars().take_while(|c| *c == sign).count()
}

fn unindented(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(' ');
    (line.len() - rest.len() <= 3).then_some(rest)
}

fn opening(line: &str) -> Option<(char, usize)> {
    let rest = unindented(line)?;
    ['`', '~'].into_iter().find_map(|sign| {
        let length = run(rest, sign);
        let info = rest.get(length..).unwrap_or_default();
        let fence = length >= 3 && (sign == '~' || !info.contains('`'));
        fence.then_some((sign, length))
    })
}

fn closes(line: &str, sign: char, length: usize) -> bool {
    let Some(rest) = unindented(line) else {
        return false;
    };
    let found = run(rest, sign);
    found >= length
        && rest
            .get(found..)
            .is_some_and(|after| after.trim().is_empty())
}

/// Splits prose at its code spans: a run of backticks up to the next run as long.
fn spans<'a>(prose: &'a str, parts: &mut Vec<Part<'a>>) {
    let runs = backtick_runs(prose);
    // For each length, where the runs of that length are looked up: so a text of nothing but
    // unmatched backticks costs one pass, not one per run.
    let mut unmatched_lengths: Vec<usize> = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some((open, length)) = runs.get(at).copied() {
        at += 1;
        if unmatched_lengths.contains(&length) {
            continue;
        }
        let close = runs.iter().skip(at).position(|(_, other)| *other == length);
        let Some(close) = close.map(|ahead| at + ahead) else {
            unmatched_lengths.push(length);
            continue;
        };
        let end = runs.get(close).map_or(open, |(position, _)| *position);
        push_prose(prose.get(start..open), parts);
        parts.push(Part::Span(
            prose.get(open + length..end).unwrap_or_default(),
        ));
        start = end + length;
        at = close + 1;
    }
    push_prose(prose.get(start..), parts);
}

fn push_prose<'a>(prose: Option<&'a str>, parts: &mut Vec<Part<'a>>) {
    if let Some(prose) = prose.filter(|prose| !prose.is_empty()) {
        parts.push(Part::Prose(prose));
    }
}

/// Where each run of backticks begins and how long it is; an escaped one is none.
fn backtick_runs(prose: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut escaped = false;
    for (at, byte) in prose.bytes().enumerate() {
        match (byte, runs.last_mut()) {
            (b'`', Some((start, length))) if *start + *length == at => *length += 1,
            (b'`', _) if !escaped => runs.push((at, 1)),
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_and_fences_are_told_from_prose() {
        let text = "see `a` and ``b ` c``\n```rust\nlet x;\n```\nend";
        assert_eq!(
            parts(text),
            [
                Part::Prose("see "),
                Part::Span("a"),
                Part::Prose(" and "),
                Part::Span("b ` c"),
                Part::Prose("\n"),
                Part::Block("let x;\n"),
                Part::Prose("end"),
            ]
        );
    }

    #[test]
    fn an_open_fence_reaches_to_the_end_and_an_open_span_is_prose() {
        assert_eq!(
            parts("a\n~~~\nb\n```\n"),
            [Part::Prose("a\n"), Part::Block("b\n```\n")]
        );
        assert_eq!(parts("a ` b"), [Part::Prose("a ` b")]);
        assert_eq!(parts("a \\`b`"), [Part::Prose("a \\`b`")]);
    }

    #[test]
    fn a_fence_of_three_on_one_line_is_a_span() {
        assert_eq!(parts("```x```"), [Part::Span("x")]);
    }

    proptest! {
        #[test]
        fn any_text_has_parts(text in "[`~\\\\ \na@漢]{0,60}") {
            let length: usize = parts(&text)
                .iter()
                .map(|part| match part {
                    Part::Prose(inside) | Part::Span(inside) | Part::Block(inside) => inside.len(),
                })
                .sum();
            prop_assert!(length <= text.len());
        }
    }
}
