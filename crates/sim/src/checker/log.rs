//! The log itself, and what is counted from it: I2, I7 and I11.

use std::collections::{HashMap, HashSet};

use super::{Final, Findings, Invariant, Room};
use crate::event::Event;
use crate::history::{Intent, Standing};

/// The server counts up to here and then says so.
const UNREAD_COUNT_MAX: u64 = 100;

pub(super) fn check(room: &Room<'_>, last: &Final<'_>, findings: &mut Findings<'_>) {
    density(room, last, findings);
    restarts(room, last, findings);
    one_body(room, last, findings);
    for member in last.members {
        counts(last, member, findings);
    }
}

/// I2: every number from 1 to the head is an event. Those that change other events stand in no
/// page; subscribers saw them, or at least somebody asked for as many.
fn density(room: &Room<'_>, last: &Final<'_>, findings: &mut Findings<'_>) {
    let mut before = 0;
    let mut counting = 0;
    let mut gaps: Vec<u64> = Vec::new();
    for event in last.events {
        if event.seq <= before {
            findings.add(
                Invariant::I2,
                format!("{} follows {before} in the log", event.seq),
            );
        }
        gaps.extend(before + 1..event.seq);
        before = event.seq.max(before);
        if let Some(msg_seq) = event.msg_seq {
            counting += 1;
            if msg_seq != counting {
                let detail = format!("message {} counts as {msg_seq}, not {counting}", event.seq);
                findings.add(Invariant::I2, detail);
                counting = msg_seq;
            }
        }
    }
    if before > last.head.seq {
        findings.add(
            Invariant::I2,
            format!("{before} is beyond the head {}", last.head.seq),
        );
    }
    gaps.extend(before + 1..=last.head.seq);
    let seen: HashSet<u64> = room
        .streams
        .iter()
        .flat_map(|stream| &stream.deliveries)
        .filter(|(_, event)| event.is_hidden())
        .map(|(_, event)| event.seq)
        .collect();
    let asked_for = room.commands.iter().filter(|command| {
        let hidden = match command.intent {
            Intent::Edit { .. } | Intent::Delete { .. } | Intent::React { .. } => true,
            Intent::Post { .. } | Intent::Read { .. } | Intent::Remove { .. } => false,
        };
        hidden && command.may_stand()
    });
    let unseen = gaps.iter().filter(|seq| !seen.contains(seq)).count();
    if gaps.len() > asked_for.count() {
        let detail = format!(
            "{} numbers have no event ({unseen} seen by nobody)",
            gaps.len()
        );
        findings.add(Invariant::I2, detail);
    }
}

/// I2: what was read between two kills is still so, and the head never went back.
fn restarts(room: &Room<'_>, last: &Final<'_>, findings: &mut Findings<'_>) {
    let log = room.by_seq();
    let mut head = 0;
    for page in &room.pages {
        if page.head.epoch != last.head.epoch {
            let detail = format!(
                "the epoch was {} and is {}",
                page.head.epoch, last.head.epoch
            );
            findings.add(Invariant::I2, detail);
            continue;
        }
        if page.head.seq < head {
            let detail = format!("the head was {head} and went back to {}", page.head.seq);
            findings.add(Invariant::I2, detail);
        }
        head = head.max(page.head.seq);
        for event in page
            .events
            .iter()
            .filter(|event| !log.contains_key(&event.seq))
        {
            findings.add(Invariant::I2, format!("{} was read and is gone", event.seq));
        }
    }
    if last.head.seq < head {
        let detail = format!("the head was {head} and went back to {}", last.head.seq);
        findings.add(Invariant::I2, detail);
    }
}

/// I11: whoever saw an event under a number saw the same one.
fn one_body(room: &Room<'_>, last: &Final<'_>, findings: &mut Findings<'_>) {
    let mut first: HashMap<u64, &Event> = HashMap::new();
    let mut first_text: HashMap<u64, &str> = HashMap::new();
    let delivered = room
        .streams
        .iter()
        .filter(|stream| stream.head.epoch == last.head.epoch)
        .flat_map(|stream| stream.deliveries.iter().map(|(_, event)| *event));
    let read = room
        .pages
        .iter()
        .filter(|page| page.head.epoch == last.head.epoch)
        .flat_map(|page| page.events);
    for event in last.events.iter().chain(read).chain(delivered) {
        let known = first.entry(event.seq).or_insert(event);
        if known.identity() != event.identity() {
            findings.add(
                Invariant::I11,
                format!("{} is two different events", event.seq),
            );
        }
        let Some(text) = event.first_text() else {
            continue;
        };
        if *first_text.entry(event.seq).or_insert(text) != text {
            findings.add(
                Invariant::I11,
                format!("{} has two different texts", event.seq),
            );
        }
    }
}

/// I7: counted again from the log.
fn counts(last: &Final<'_>, member: &Standing, findings: &mut Findings<'_>) {
    let unread = last.events.iter().filter(|event| {
        event.is_message()
            && event.seq > member.read_seq
            && !event.deleted
            && event.author != member.person
    });
    let mut wanted = 0;
    let mut mentions = 0;
    for event in unread {
        wanted += 1;
        mentions += u64::from(event.mentions.contains(&member.person));
    }
    let person = &member.person;
    if member.unread != wanted.min(UNREAD_COUNT_MAX) {
        let detail = format!(
            "{person} has {} unread, the log says {wanted}",
            member.unread
        );
        findings.add(Invariant::I7, detail);
    }
    if member.mentions != mentions.min(UNREAD_COUNT_MAX) {
        let detail = format!(
            "{person} has {} mentions, the log says {mentions}",
            member.mentions
        );
        findings.add(Invariant::I7, detail);
    }
}
