//! What subscribers got: I3, I9 and I10.

use std::collections::HashMap;

use super::{Final, Findings, Invariant, Room, Stream};
use crate::event::Event;

pub(super) fn check(room: &Room<'_>, last: &Final<'_>, findings: &mut Findings<'_>) {
    let log = room.by_seq();
    let absences = absences(last.events);
    for stream in &room.streams {
        resumed(stream, findings);
        is_the_log(stream, last, &log, findings);
        silent(stream, absences.get(stream.person), findings);
    }
}

/// I10: with `recovered`, the answer carries exactly what lies between the cursor and the head.
fn resumed(stream: &Stream<'_>, findings: &mut Findings<'_>) {
    let name = format!("stream {} of {}", stream.number, stream.person);
    if !stream.recovered {
        if stream.replayed > 0 {
            findings.add(
                Invariant::I10,
                format!("{name} got events without being recovered"),
            );
        }
        return;
    }
    let Some(asked) = stream.asked else {
        findings.add(
            Invariant::I10,
            format!("{name} was recovered without asking"),
        );
        return;
    };
    if asked.epoch != stream.head.epoch {
        findings.add(
            Invariant::I10,
            format!("{name} was recovered from another epoch"),
        );
        return;
    }
    let wanted: Vec<u64> = (asked.seq + 1..=stream.head.seq).collect();
    let replayed = usize::try_from(stream.replayed).unwrap_or(usize::MAX);
    let found: Vec<u64> = stream
        .deliveries
        .iter()
        .take(replayed)
        .map(|(offset, _)| *offset)
        .collect();
    if found != wanted {
        let detail = format!(
            "{name} asked from {} with the head at {} and got {found:?}",
            asked.seq, stream.head.seq
        );
        findings.add(Invariant::I10, detail);
    }
}

/// I3: each delivery is the next event of the log.
fn is_the_log(
    stream: &Stream<'_>,
    last: &Final<'_>,
    log: &HashMap<u64, &Event>,
    findings: &mut Findings<'_>,
) {
    let name = format!("stream {} of {}", stream.number, stream.person);
    let asked_seq = stream.asked.map(|asked| asked.seq);
    let mut before = asked_seq
        .filter(|_| stream.recovered)
        .unwrap_or(stream.head.seq);
    for (offset, event) in &stream.deliveries {
        if *offset != before + 1 {
            findings.add(Invariant::I3, format!("{name} got {offset} after {before}"));
        }
        before = *offset;
        if event.seq != *offset {
            let detail = format!("{name} got event {} at offset {offset}", event.seq);
            findings.add(Invariant::I3, detail);
        }
        let is_in_log = log.contains_key(offset) || (event.is_hidden() && *offset <= last.head.seq);
        if stream.head.epoch == last.head.epoch && !is_in_log {
            findings.add(
                Invariant::I3,
                format!("{name} got {offset}, which is not in the log"),
            );
        }
    }
    if last.open_streams.contains(&stream.number) && before != last.head.seq {
        let detail = format!("{name} ended at {before}, the head is {}", last.head.seq);
        findings.add(Invariant::I3, detail);
    }
}

/// When people were out of the room: after which seq, and until which.
type Absences<'a> = HashMap<&'a str, Vec<(u64, Option<u64>)>>;

fn absences(events: &[Event]) -> Absences<'_> {
    let mut absences: Absences<'_> = HashMap::new();
    for event in events {
        let own = std::slice::from_ref(&event.author);
        let (people, inside) = match event.kind.as_str() {
            "removed" => (event.users.as_slice(), false),
            "left" => (own, false),
            "added" => (event.users.as_slice(), true),
            "joined" => (own, true),
            _ => continue,
        };
        for person in people {
            let list = absences.entry(person).or_default();
            match list.last_mut() {
                Some((_, until @ None)) if inside => *until = Some(event.seq),
                _ if !inside => list.push((event.seq, None)),
                _ => {}
            }
        }
    }
    absences
}

/// I9: nothing arrives that happened while somebody was out. Hearing of the removal is fine.
fn silent(
    stream: &Stream<'_>,
    absences: Option<&Vec<(u64, Option<u64>)>>,
    findings: &mut Findings<'_>,
) {
    for (after, until) in absences.into_iter().flatten() {
        let heard = stream
            .deliveries
            .iter()
            .find(|(offset, _)| offset > after && until.is_none_or(|until| *offset < until));
        if let Some((offset, _)) = heard {
            let detail = format!("{} was removed at {after} and got {offset}", stream.person);
            findings.add(Invariant::I9, detail);
        }
    }
}
