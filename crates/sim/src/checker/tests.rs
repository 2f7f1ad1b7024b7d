//! The checker, checked: a good history passes, and each way to spoil it is caught.

mod history;

use super::*;
use history::*;

/// Spoils a good history and tells which invariants notice.
fn caught(spoil: impl FnOnce(&mut Vec<Entry>)) -> Vec<Invariant> {
    let mut entries = good();
    spoil(&mut entries);
    let mut found: Vec<_> = check(&entries)
        .violations
        .into_iter()
        .map(|violation| violation.invariant)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn last_events(entries: &mut [Entry]) -> &mut Vec<Event> {
    let found = entries.iter_mut().find_map(|entry| {
        if let Entry::Final { events, .. } = entry {
            Some(events)
        } else {
            None
        }
    });
    found.unwrap()
}

fn stored<'e>(entries: &'e mut [Entry], id: &str) -> &'e mut Event {
    let events = last_events(entries).iter_mut();
    events
        .into_iter()
        .find(|event| event.client_id.as_deref() == Some(id))
        .unwrap()
}

fn delivery(entries: &[Entry], stream: u64, seq: u64) -> usize {
    let wanted = |entry: &Entry| {
        if let Entry::Delivered {
            stream: of, offset, ..
        } = entry
        {
            (*of, *offset) == (stream, seq)
        } else {
            false
        }
    };
    entries.iter().position(wanted).unwrap()
}

fn acknowledgements(entries: &mut [Entry]) -> Vec<&mut Option<u64>> {
    let seqs = entries.iter_mut().filter_map(|entry| {
        if let Entry::Ok { seq, .. } = entry {
            seq.is_some().then_some(seq)
        } else {
            None
        }
    });
    seqs.collect()
}

#[test]
fn a_good_history_is_ok() {
    let report = check(&good());
    assert_eq!(report.violations, []);
    assert_eq!(
        (report.kills, report.unknown, report.refused, report.resumed),
        (1, 2, 1, 1)
    );
}

#[test]
fn a_history_survives_the_way_through_its_file() {
    for entry in good() {
        let line = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&line).unwrap(), entry);
    }
}

#[test]
fn a_lost_acknowledged_post_is_caught() {
    let found = caught(|entries| last_events(entries).retain(|event| event.seq != 7));
    assert!(
        found.contains(&Invariant::I1) && found.contains(&Invariant::I2),
        "{found:?}"
    );
}

#[test]
fn a_lost_last_post_is_caught_though_no_gap_shows() {
    let found = caught(|entries| {
        last_events(entries).pop();
        let Some(Entry::Final { head, members, .. }) = entries.last_mut() else {
            panic!()
        };
        head.seq -= 1;
        members[1].unread -= 1;
    });
    assert!(found.contains(&Invariant::I1), "{found:?}");
}

#[test]
fn an_acknowledgement_with_a_wrong_seq_is_caught() {
    let found = caught(|entries| *acknowledgements(entries)[0] = Some(4));
    assert_eq!(found, [Invariant::I1]);
}

#[test]
fn another_text_than_the_posted_one_is_caught() {
    let found = caught(|entries| stored(entries, "a3").text = "forged".into());
    assert!(found.contains(&Invariant::I1), "{found:?}");
}

#[test]
fn a_lost_edit_is_caught() {
    let found = caught(|entries| stored(entries, "b1").text = "text of b1".into());
    assert_eq!(found, [Invariant::I1]);
}

#[test]
fn a_deletion_that_came_undone_is_caught() {
    let found = caught(|entries| {
        let event = stored(entries, "a1");
        (event.deleted, event.text) = (false, "text of a1".into());
    });
    assert!(found.contains(&Invariant::I1), "{found:?}");
}

#[test]
fn a_gap_in_the_numbers_is_caught() {
    let found = caught(|entries| {
        let Some(Entry::Final { head, .. }) = entries.last_mut() else {
            panic!()
        };
        head.seq += 3;
    });
    assert!(found.contains(&Invariant::I2), "{found:?}");
}

#[test]
fn a_number_given_twice_is_caught() {
    let found = caught(|entries| {
        let double = last_events(entries)[4].clone();
        last_events(entries).insert(5, double);
    });
    assert!(found.contains(&Invariant::I2), "{found:?}");
}

#[test]
fn a_head_that_went_back_after_a_restart_is_caught() {
    let found = caught(|entries| {
        let page = Entry::Page {
            at_us: 0,
            room: ROOM.into(),
            head: cursor(99),
            events: Vec::new(),
        };
        entries.insert(0, page);
    });
    assert_eq!(found, [Invariant::I2]);
}

#[test]
fn an_event_that_was_read_and_is_gone_is_caught() {
    let found = caught(|entries| {
        for entry in entries {
            if let Entry::Page { events, .. } = entry {
                events.push(event(8, "lin", "message"));
            }
        }
    });
    assert_eq!(found, [Invariant::I2, Invariant::I11]);
}

#[test]
fn a_gap_in_a_stream_is_caught() {
    let found = caught(|entries| {
        let at = delivery(entries, 11, 8);
        entries.remove(at);
    });
    assert_eq!(found, [Invariant::I3]);
}

#[test]
fn a_double_in_a_stream_is_caught() {
    let found = caught(|entries| {
        let at = delivery(entries, 11, 8);
        let double = entries[at].clone();
        entries.insert(at, double);
    });
    assert_eq!(found, [Invariant::I3]);
}

#[test]
fn a_stream_in_another_order_is_caught() {
    let found = caught(|entries| {
        let at = delivery(entries, 11, 7);
        entries.swap(at, at + 1);
    });
    assert_eq!(found, [Invariant::I3]);
}

#[test]
fn a_stream_that_lost_the_last_event_is_caught() {
    let found = caught(|entries| {
        let at = delivery(entries, 11, 10);
        entries.remove(at);
    });
    assert_eq!(found, [Invariant::I3]);
}

#[test]
fn a_delivery_of_what_was_never_stored_is_caught() {
    let found = caught(|entries| {
        let ghost = event(11, "lin", "message");
        let delivered = Entry::Delivered {
            at_us: 0,
            stream: 11,
            offset: 11,
            event: ghost,
        };
        let at = entries.len() - 1;
        entries.insert(at, delivered);
    });
    assert!(found.contains(&Invariant::I3), "{found:?}");
}

#[test]
fn a_post_stored_twice_is_caught() {
    let found = caught(|entries| stored(entries, "a3").client_id = Some("a2".into()));
    assert!(
        found.contains(&Invariant::I4) && found.contains(&Invariant::I1),
        "{found:?}"
    );
}

#[test]
fn a_retry_that_tells_another_seq_is_caught() {
    let found = caught(|entries| {
        let again = Intent::Post {
            client_id: "a2".into(),
            text: "stored".into(),
        };
        let invoke = Entry::Invoke {
            at_us: 9_000,
            op: 900,
            person: "lin".into(),
            room: ROOM.into(),
            intent: again,
        };
        let epoch = Some(EPOCH.to_owned());
        entries.push(invoke);
        entries.push(Entry::Ok {
            at_us: 9_001,
            op: 900,
            seq: Some(7),
            epoch,
        });
    });
    assert_eq!(found, [Invariant::I4]);
}

#[test]
fn an_order_against_real_time_is_caught() {
    // Everything agrees on the wrong numbers; only the clock knows better.
    let found = caught(|entries| {
        for entry in entries {
            if let Entry::Invoke {
                at_us,
                intent: Intent::Post { client_id, .. },
                ..
            } = entry
                && client_id == "a1"
            {
                *at_us = 8_000;
            }
        }
    });
    assert_eq!(found, [Invariant::I5]);
}

#[test]
fn a_refused_post_in_the_log_is_caught() {
    let found = caught(|entries| {
        let event = stored(entries, "a3");
        (event.client_id, event.author) = (Some("b4".into()), "tom".into());
    });
    assert!(found.contains(&Invariant::I6), "{found:?}");
}

#[test]
fn a_wrong_unread_count_is_caught() {
    let found = caught(|entries| {
        let Some(Entry::Final { members, .. }) = entries.last_mut() else {
            panic!()
        };
        members[0].unread += 1;
    });
    assert_eq!(found, [Invariant::I7]);
}

#[test]
fn a_wrong_count_of_mentions_is_caught() {
    let found = caught(|entries| stored(entries, "b3").mentions.push("lin".into()));
    assert_eq!(found, [Invariant::I7]);
}

#[test]
fn a_delivery_to_somebody_who_was_removed_is_caught() {
    let found = caught(|entries| {
        for seq in [5, 6, 7] {
            let at = delivery(entries, 11, seq);
            let mut copy = entries[at].clone();
            let Entry::Delivered { stream, .. } = &mut copy else {
                panic!()
            };
            *stream = 12;
            let end = entries.len() - 1;
            entries.insert(end, copy);
        }
    });
    assert_eq!(found, [Invariant::I9]);
}

#[test]
fn a_resumption_that_skips_an_event_is_caught() {
    let found = caught(|entries| {
        let at = delivery(entries, 11, 5);
        entries.remove(at);
        for entry in entries {
            if let Entry::Subscribed {
                stream: 11,
                replayed,
                ..
            } = entry
            {
                *replayed = 1;
            }
        }
    });
    assert!(found.contains(&Invariant::I10), "{found:?}");
}

#[test]
fn a_resumption_that_leaves_out_what_was_acknowledged_is_caught() {
    // The replay ends too early; what is missing comes later, in order, as if it were new.
    let found = caught(|entries| {
        for entry in entries {
            if let Entry::Subscribed {
                stream: 11,
                replayed,
                ..
            } = entry
            {
                *replayed = 0;
            }
        }
    });
    assert_eq!(found, [Invariant::I10]);
}

#[test]
fn a_subscription_that_begins_before_what_was_acknowledged_is_caught() {
    let found = caught(|entries| {
        for entry in entries {
            if let Entry::Subscribed {
                stream: 12,
                sent_us,
                ..
            } = entry
            {
                *sent_us = 9_000;
            }
        }
    });
    assert_eq!(found, [Invariant::I10]);
}

#[test]
fn a_resumption_across_epochs_is_caught() {
    let found = caught(|entries| {
        for entry in entries {
            if let Entry::Subscribed {
                stream: 11,
                asked: Some(asked),
                ..
            } = entry
            {
                asked.epoch = "00000001".into();
            }
        }
    });
    assert_eq!(found, [Invariant::I10]);
}

#[test]
fn two_bodies_under_one_number_are_caught() {
    let found = caught(|entries| {
        let at = delivery(entries, 11, 10);
        let Entry::Delivered { event, .. } = &mut entries[at] else {
            panic!()
        };
        event.text = "forged".into();
    });
    assert_eq!(found, [Invariant::I11]);
}

#[test]
fn a_room_that_was_never_read_back_is_caught() {
    let found = caught(|entries| {
        entries.pop();
    });
    assert_eq!(found, [Invariant::I1]);
}

#[test]
fn a_large_history_is_judged_quickly() {
    let mut world = Good::default();
    world.append("lin", "created");
    world.subscribe(11, "lin", None);
    for n in 0..50_000 {
        let seq = world.post("tom", &format!("c{n}"));
        world.deliver(11, seq..=seq);
    }
    let entries = world.finish();
    let report = check(&entries);
    assert_eq!(report.events, 50_001);
    // Unread counts stop at a hundred, which the small world does not know.
    assert!(
        report
            .violations
            .iter()
            .all(|violation| violation.invariant == Invariant::I7)
    );
}
