//! What subscribers got: I3, I9 and I10.

use std::collections::HashMap;

use super::{Final, Findings, Invariant, Outcome, Room, Stream};
use crate::event::Event;

pub(super) fn check(room: &Room<'_>, last: &Final<'_>, findings: &mut Findings<'_>) {
    let log = room.by_seq();
    let absences = absences(last.events);
    let acknowledged = acknowledged(room);
    for stream in &room.streams {
        let known = acknowledged.partition_point(|(at_us, _)| *at_us < stream.sent_us);
        let known = known.checked_sub(1).and_then(|at| acknowledged.get(at));
        begins(stream, known.map_or(0, |(_, seq)| *seq), findings);
        is_the_log(stream, last, &log, findings);
        silent(stream, absences.get(stream.person), findings);
    }
}

/// For each time at which something was acknowledged, the largest seq acknowledged until then.
fn acknowledged(room: &Room<'_>) -> Vec<(u64, u64)> {
    let mut all: Vec<(u64, u64)> = room
        .commands
        .iter()
        .filter_map(|command| match &command.outcome {
            Outcome::Ok {
                at_us,
                seq: Some(seq),
                ..
            } => Some((*at_us, *seq)),
            Outcome::Ok { seq: None, .. }
            | Outcome::Pending
            | Outcome::Refused
            | Outcome::Unknown => None,
        })
        .collect();
    all.sort_unstable();
    let mut largest = 0;
    for (_, seq) in &mut all {
        largest = largest.max(*seq);
        *seq = largest;
    }
    all
}

/// I10: with `recovered`, the answer carries what follows the cursor without a gap, up to all that
/// had been acknowledged when the client asked; without, it begins where nothing acknowledged is
/// passed over in silence.
fn begins(stream: &Stream<'_>, known: u64, findings: &mut Findings<'_>) {
    let name = format!("stream {} of {}", stream.number, stream.person);
    let mut add = |detail: String| findings.add(Invariant::I10, format!("{name} {detail}"));
    let asked = match (stream.recovered, stream.asked) {
        (false, _) if stream.replayed > 0 => return add("got events unrecovered".to_owned()),
        (false, _) if stream.head.seq < known => {
            return add(format!(
                "begins at {}, {known} was acknowledged",
                stream.head.seq
            ));
        }
        (false, _) => return,
        (true, None) => return add("was recovered without asking".to_owned()),
        (true, Some(asked)) => asked,
    };
    if asked.epoch != stream.head.epoch {
        return add("was recovered from another epoch".to_owned());
    }
    let replayed = usize::try_from(stream.replayed).unwrap_or(usize::MAX);
    let found: Vec<u64> = stream
        .deliveries
        .iter()
        .take(replayed)
        .map(|(offset, _)| *offset)
        .collect();
    let reached = asked.seq + stream.replayed;
    let wanted: Vec<u64> = (asked.seq + 1..=reached).collect();
    if found != wanted {
        add(format!("asked from {} and got {found:?}", asked.seq));
    }
    if reached < known {
        add(format!(
            "asked from {} and got up to {reached} of {known}",
            asked.seq
        ));
    }
    if stream.head.seq != asked.seq && stream.head.seq != reached {
        add(format!(
            "asked from {} and was put at {}",
            asked.seq, stream.head.seq
        ));
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
    let asked = stream.asked.filter(|_| stream.recovered);
    let mut before = asked.map_or(stream.head.seq, |asked| asked.seq);
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
