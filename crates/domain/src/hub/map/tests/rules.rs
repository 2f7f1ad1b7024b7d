//! What a map does with changes, pages and time, one sentence each.

use super::*;

fn at(now_ms: u64) -> Moment {
    Moment { now_ms, random: 7 }
}

/// A world that can be written to with all options.
fn write(maps: &mut Maps<Told>, now_ms: u64, key: &str, write: Write) -> Written<Told> {
    let made = |fresh: Fresh<'_, Told>| Made {
        change: Told {
            epoch: Arc::clone(fresh.epoch),
            offset: fresh.offset,
            key: key.to_owned(),
            value: Some(fresh.before.map_or(0, |it| it.value.unwrap() + 1)),
        },
        entry: None,
    };
    let written = maps.publish(at(now_ms), (CHANNEL, key), (RULES, write), made);
    written.unwrap()
}

fn reason(written: Written<Told>) -> Option<Suppressed> {
    match written {
        Written::Done(..) => None,
        Written::Suppressed(reason, _) => Some(reason),
    }
}

#[test]
fn a_change_that_is_not_wanted_is_not_made() {
    let mut maps = Maps::default();
    let mode = |mode| Write {
        mode,
        ..Write::default()
    };
    let version = |number, epoch: &str| Write {
        version: Version {
            number,
            epoch: epoch.into(),
        },
        ..Write::default()
    };
    let mut put = |key, what| reason(write(&mut maps, 0, key, what));
    let missing = Some(Suppressed::KeyNotFound);
    assert_eq!(put("a", mode(KeyMode::IfExists)), missing);
    assert_eq!(put("a", mode(KeyMode::IfNew)), None);
    assert_eq!(put("a", mode(KeyMode::IfNew)), Some(Suppressed::KeyExists));
    assert_eq!(put("a", mode(KeyMode::IfExists)), None);
    assert_eq!(put("a", version(5, "x")), None);
    for old in [5, 4] {
        assert_eq!(put("a", version(old, "x")), Some(Suppressed::Version));
    }
    assert_eq!(put("a", version(1, "y")), None);
    assert_eq!(put("b", version(1, "x")), None);
    assert_eq!(put("a", Write::default()), None);
    let removed = maps.remove(at(0), (CHANNEL, "nothing"), |_| unreachable!());
    assert_eq!(reason(removed.unwrap()), missing);
}

#[test]
fn entries_come_by_score_and_then_by_key_page_by_page_both_ways() {
    let mut maps = Maps::default();
    for (key, score) in [("d", 1), ("b", 9), ("a", 5), ("e:1", 5), ("c", 5)] {
        let what = Write {
            score,
            ..Write::default()
        };
        write(&mut maps, 0, key, what);
    }
    let mut read = |ascending| {
        let (mut keys, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = StateQuery {
                cursor: &cursor,
                limit: 2,
                ascending,
                not_above: None,
                bytes_max: usize::MAX,
            };
            let page = maps.state(at(0), (CHANNEL, query), |_| true).unwrap();
            keys.extend(page.entries.iter().map(|it| it.key.to_string()));
            match page.cursor {
                Some(next) => cursor = next,
                None => return keys,
            }
        }
    };
    let expected = ["b", "a", "c", "e:1", "d"];
    assert_eq!(read(false), expected);
    assert!(read(true).iter().eq(expected.iter().rev()));
}

#[test]
fn an_entry_goes_by_itself_unless_it_is_written_again() {
    let mut maps = Maps::default();
    write(&mut maps, 0, "a", Write::default());
    write(&mut maps, 30, "b", Write::default());
    write(&mut maps, 35, "a", Write::default());
    assert_eq!(maps.overdue(69), None);
    let (_, key) = maps.overdue(70).unwrap();
    assert_eq!(&*key, "b");
    maps.remove(at(70), (CHANNEL, "b"), |fresh| Told {
        epoch: Arc::clone(fresh.epoch),
        offset: fresh.offset,
        key: "b".to_owned(),
        value: None,
    })
    .unwrap();
    assert_eq!(maps.overdue(74), None);
    assert_eq!(&*maps.overdue(75).unwrap().1, "a");
    assert!(maps.clear(CHANNEL) && !maps.clear(CHANNEL));
    assert_eq!(maps.overdue(1_000), None);
}

#[test]
fn changes_are_kept_for_a_while_and_what_is_gone_is_told() {
    let mut maps = Maps::default();
    for now_ms in 0..10 {
        write(&mut maps, now_ms, "a", Write::default());
    }
    let mut since = |now_ms, since| {
        let query = KeptQuery {
            since: Some(since),
            limit: 100,
            reverse: false,
        };
        let page = maps.changes(at(now_ms), CHANNEL, query).unwrap();
        (page.whole, page.changes.len())
    };
    assert_eq!(since(10, 4), (true, 6));
    assert_eq!(since(10, 3), (false, 6));
    assert_eq!(since(10, 10), (true, 0));
    assert_eq!(since(10, 11), (false, 0));
    assert_eq!(since(57, 8), (true, 2));
    assert_eq!(since(1_000, 9), (false, 0));
    assert_eq!(since(1_000, 10), (true, 0));
}

#[test]
fn an_empty_map_is_forgotten_after_a_while_and_one_with_entries_never() {
    let mut maps = Maps::default();
    write(&mut maps, 0, "a", Write::default());
    let epoch = maps.epoch(CHANNEL);
    maps.tidy(1_000_000);
    assert_eq!(maps.epoch(CHANNEL), epoch);
    assert_eq!(maps.keys_count(CHANNEL), 1);
    maps.remove(at(1_000_000), (CHANNEL, "a"), |fresh| Told {
        epoch: Arc::clone(fresh.epoch),
        offset: fresh.offset,
        key: "a".to_owned(),
        value: None,
    })
    .unwrap();
    maps.tidy(1_000_500);
    assert_eq!(maps.epoch(CHANNEL), epoch);
    maps.tidy(1_001_100);
    assert_eq!(maps.epoch(CHANNEL), None);
}

#[test]
fn a_map_takes_no_more_keys_than_it_may_have() {
    let mut maps = Maps::default();
    for at in 0..MAP_KEYS_MAX {
        write(&mut maps, 0, &at.to_string(), Write::default());
    }
    let more = maps.publish(
        at(0),
        (CHANNEL, "more"),
        (RULES, Write::default()),
        |_| unreachable!(),
    );
    assert_eq!(more, Err(Full));
    write(&mut maps, 0, "7", Write::default());
    let ask = Ask {
        phase: Phase::State,
        cursor: "",
        limit: usize::MAX,
        ascending: false,
        offset: 0,
        epoch: "",
        bytes_max: usize::MAX,
    };
    let page = answer(&mut maps, at(0), (CHANNEL, ask), |_| true).unwrap();
    let Answered::State { entries, .. } = page else {
        panic!("{page:?}");
    };
    assert_eq!(entries.len(), MAP_PAGE_MAX);
}
