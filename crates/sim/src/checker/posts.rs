//! What became of commands: I1, I4, I5 and I6.

use std::collections::{BTreeMap, HashMap};

use super::{Final, Findings, Invariant, Outcome, Room};
use crate::event::Event;
use crate::history::Intent;

/// All attempts at one message: the same author and client id.
#[derive(Debug, Default)]
struct Attempts<'a> {
    text: &'a str,
    first_sent_us: u64,
    first_ok_us: Option<u64>,
    /// Every seq that an answer told.
    told: Vec<u64>,
    /// Every epoch that an answer told.
    epochs: Vec<String>,
    may_stand: bool,
}

type Key<'a> = (&'a str, &'a str);

pub(super) fn check(room: &Room<'_>, last: &Final<'_>, findings: &mut Findings<'_>) {
    let attempts = attempts(room);
    let mut stored: HashMap<Key<'_>, Vec<&Event>> = HashMap::new();
    for event in last.events.iter().filter(|event| event.is_message()) {
        if let Some(client_id) = &event.client_id {
            stored
                .entry((&event.author, client_id))
                .or_default()
                .push(event);
        }
    }
    for (key, attempts) in &attempts {
        let stored = stored.get(key).map(Vec::as_slice).unwrap_or_default();
        one_message(*key, attempts, stored, last, findings);
    }
    real_time_order(&attempts, &stored, findings);
    changes(room, findings);
}

fn attempts<'a>(room: &Room<'a>) -> BTreeMap<Key<'a>, Attempts<'a>> {
    let mut all: BTreeMap<Key<'a>, Attempts<'a>> = BTreeMap::new();
    for command in &room.commands {
        let Intent::Post { client_id, text } = command.intent else {
            continue;
        };
        let first = Attempts {
            text,
            first_sent_us: command.at_us,
            ..Attempts::default()
        };
        let one = all.entry((command.person, client_id)).or_insert(first);
        one.may_stand |= command.may_stand();
        if let Outcome::Ok { at_us, seq, epoch } = &command.outcome {
            one.first_ok_us = Some(one.first_ok_us.map_or(*at_us, |first| first.min(*at_us)));
            one.told.extend(*seq);
            one.epochs.extend(epoch.clone());
        }
    }
    all
}

fn one_message(
    (author, client_id): Key<'_>,
    attempts: &Attempts<'_>,
    stored: &[&Event],
    last: &Final<'_>,
    findings: &mut Findings<'_>,
) {
    let name = format!("post {client_id} of {author}");
    if stored.len() > 1 {
        let seqs: Vec<_> = stored.iter().map(|event| event.seq).collect();
        findings.add(
            Invariant::I4,
            format!("{name} is in the log {} times: {seqs:?}", seqs.len()),
        );
    }
    if !attempts.may_stand && !stored.is_empty() {
        findings.add(
            Invariant::I6,
            format!("{name} was refused and is in the log"),
        );
    }
    let mut told = attempts.told.iter().copied();
    if let Some(first) = told.next() {
        if let Some(other) = told.find(|seq| *seq != first) {
            findings.add(
                Invariant::I4,
                format!("{name} was told seq {first}, then {other}"),
            );
        }
        match stored.first() {
            None => findings.add(
                Invariant::I1,
                format!("{name} was acknowledged as {first} and is not in the log"),
            ),
            Some(event) if event.seq != first => findings.add(
                Invariant::I1,
                format!(
                    "{name} was acknowledged as {first} and is {} in the log",
                    event.seq
                ),
            ),
            Some(_) => {}
        }
    }
    for event in stored {
        if event.first_text().is_some_and(|text| text != attempts.text) {
            findings.add(Invariant::I1, format!("{name} has another text in the log"));
        }
    }
    if let Some(epoch) = attempts
        .epochs
        .iter()
        .find(|epoch| **epoch != last.head.epoch)
    {
        findings.add(
            Invariant::I1,
            format!("{name} was acknowledged in the lost epoch {epoch}"),
        );
    }
}

/// I5: in the order in which messages were first sent, none has a smaller seq than one that had
/// been acknowledged by then.
fn real_time_order(
    attempts: &BTreeMap<Key<'_>, Attempts<'_>>,
    stored: &HashMap<Key<'_>, Vec<&Event>>,
    findings: &mut Findings<'_>,
) {
    let seq = |key: &Key<'_>| {
        stored
            .get(key)
            .and_then(|events| events.first())
            .map(|e| e.seq)
    };
    let mut sent: Vec<(u64, u64)> = Vec::new();
    let mut acknowledged: Vec<(u64, u64)> = Vec::new();
    for (key, one) in attempts {
        let Some(seq) = seq(key) else { continue };
        sent.push((one.first_sent_us, seq));
        acknowledged.extend(one.first_ok_us.map(|at_us| (at_us, seq)));
    }
    sent.sort_unstable();
    acknowledged.sort_unstable();
    let mut acknowledged = acknowledged.into_iter().peekable();
    let mut largest = 0;
    for (sent_us, seq) in sent {
        while let Some((_, before)) = acknowledged.next_if(|(at_us, _)| *at_us < sent_us) {
            largest = largest.max(before);
        }
        if seq <= largest {
            let detail = format!("{seq} was sent after {largest} had been acknowledged");
            findings.add(Invariant::I5, detail);
        }
    }
}

/// I1 for what changes messages: the newest acknowledged state shows.
fn changes(room: &Room<'_>, findings: &mut Findings<'_>) {
    let events = room.by_seq();
    let mut texts: HashMap<u64, (Vec<&str>, bool)> = HashMap::new();
    for command in room.commands.iter().filter(|command| command.may_stand()) {
        let ok = command.is_ok();
        match command.intent {
            Intent::Edit { target, text } => {
                let (possible, certain) = texts.entry(*target).or_default();
                possible.push(text);
                *certain |= ok;
            }
            Intent::Delete { target } if ok => {
                if !events.get(target).is_some_and(|event| event.deleted) {
                    findings.add(
                        Invariant::I1,
                        format!("{target} was deleted and still stands"),
                    );
                }
            }
            Intent::React { target, emoji } if ok => {
                let shows = events.get(target).is_some_and(|event| {
                    event.deleted
                        || event.reactions.iter().any(|reaction| {
                            reaction.emoji == *emoji
                                && reaction.users.iter().any(|user| user == command.person)
                        })
                });
                if !shows {
                    let detail = format!("the {emoji} of {} on {target} is lost", command.person);
                    findings.add(Invariant::I1, detail);
                }
            }
            Intent::Post { .. }
            | Intent::Delete { .. }
            | Intent::React { .. }
            | Intent::Read { .. }
            | Intent::Remove { .. } => {}
        }
    }
    for (target, (possible, certain)) in texts {
        let Some(event) = events.get(&target).filter(|event| !event.deleted) else {
            continue;
        };
        if certain && !possible.contains(&event.text.as_str()) {
            findings.add(
                Invariant::I1,
                format!("an acknowledged edit of {target} is lost"),
            );
        }
    }
}
