//! Exams about reading: unread, mentions, pages, recovery.

use base::limits::UNREAD_COUNT_MAX;
use base::{PersonId, Seq};
use domain::chat::{Change, Event};

use super::town::{ANN, BEN, LOBBY, OWNER, STRANGER, Town, text};
use crate::{ReadMark, Window};

async fn mark(town: &Town, person: PersonId) -> ReadMark {
    town.store.read_mark(LOBBY, person).await.unwrap().unwrap()
}

pub async fn unread_counts_what_others_wrote_and_still_stands(mut town: Town) {
    let first = town.say(ANN, "one").await;
    let second = town.say(ANN, "two").await;
    town.say(BEN, "mine").await;
    let react = Change::React {
        target: first,
        emoji: "👍".to_owned(),
        on: true,
    };
    town.append(OWNER, LOBBY, react).await;
    town.append(STRANGER, LOBBY, Change::Join).await;
    assert_eq!(mark(&town, BEN).await.unread, 2);
    assert_eq!(mark(&town, ANN).await.unread, 1);
    town.append(ANN, LOBBY, Change::Delete { target: second })
        .await;
    assert_eq!(mark(&town, BEN).await.unread, 1);
    let read = town.read(BEN, first, false).await;
    assert_eq!((read.read_seq, read.unread), (first, 0));
    let view = town.store.rooms_of(OWNER).await.unwrap().pop().unwrap();
    assert_eq!(view.me.unwrap().unread, 2);
    assert!(
        town.store
            .read_mark(LOBBY, PersonId(77))
            .await
            .unwrap()
            .is_none()
    );
}

pub async fn unread_stops_at_its_limit(mut town: Town) {
    let many = UNREAD_COUNT_MAX + 30;
    let commands = (0..many)
        .map(|at| town.by(ANN, LOBBY, text(&at.to_string())))
        .collect();
    town.writer.commit(commands).await;
    assert_eq!(mark(&town, BEN).await.unread, UNREAD_COUNT_MAX);
}

pub async fn a_mention_counts_until_it_is_read_or_gone(mut town: Town) {
    let mention = |mentions: Vec<PersonId>, mention_all| Change::Post {
        client_id: None,
        text: "@".to_owned(),
        reply_to: None,
        files: Vec::new(),
        mentions,
        mention_all,
    };
    let one = town
        .append(ANN, LOBBY, mention(vec![BEN, OWNER], false))
        .await
        .event
        .seq;
    let all = town
        .append(ANN, LOBBY, mention(vec![], true))
        .await
        .event
        .seq;
    town.append(ANN, LOBBY, mention(vec![BEN], false)).await;
    assert_eq!(mark(&town, BEN).await.mentions, 3);
    assert_eq!(mark(&town, OWNER).await.mentions, 2);
    assert_eq!(
        mark(&town, ANN).await.mentions,
        0,
        "nobody mentions themselves"
    );
    assert_eq!(town.message(one).await.mentions, vec![OWNER, BEN]);
    assert!(town.message(all).await.mention_all);
    let edit = Change::Edit {
        target: one,
        text: "nobody".to_owned(),
        mentions: vec![OWNER],
        mention_all: false,
    };
    town.append(ANN, LOBBY, edit).await;
    assert_eq!(mark(&town, BEN).await.mentions, 2);
    town.append(ANN, LOBBY, Change::Delete { target: all })
        .await;
    assert_eq!(mark(&town, BEN).await.mentions, 1);
    let head = town.store.room(LOBBY).await.unwrap().unwrap().seq;
    assert_eq!(town.read(BEN, head, false).await.mentions, 0);
    assert_eq!(mark(&town, OWNER).await.mentions, 1);
}

pub async fn read_marks_merge_by_the_larger_unless_rewound(mut town: Town) {
    let first = town.say(ANN, "one").await;
    let last = town.say(ANN, "two").await;
    assert_eq!(town.read(BEN, last, false).await.read_seq, last);
    assert_eq!(town.read(BEN, first, false).await.read_seq, last);
    let back = town.read(BEN, first, true).await;
    assert_eq!((back.read_seq, back.unread), (first, 1));
    assert_eq!(town.read(BEN, Seq(0), true).await.unread, 2);
    assert_eq!(
        town.read(BEN, Seq(1 << 50), false).await.read_seq,
        last,
        "cut to the head"
    );
}

fn seqs(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq.0).collect()
}

pub async fn pages_walk_a_history_without_gap_or_double(mut town: Town) {
    for at in 0..37 {
        let seq = town.say(ANN, &at.to_string()).await;
        if at % 3 == 0 {
            let react = Change::React {
                target: seq,
                emoji: "👍".to_owned(),
                on: true,
            };
            town.append(BEN, LOBBY, react).await;
        }
    }
    let whole = town.history().await;
    let newest = town
        .store
        .page(LOBBY, Window::Newest, 10)
        .await
        .unwrap()
        .unwrap();
    assert!(newest.has_before && !newest.has_after);
    assert_eq!(
        newest.seq,
        town.store.room(LOBBY).await.unwrap().unwrap().seq
    );
    let mut back = newest.events.clone();
    loop {
        let window = Window::Before(back[0].seq);
        let page = town.store.page(LOBBY, window, 10).await.unwrap().unwrap();
        assert!(page.has_after);
        let more = page.has_before;
        back = [page.events, back].concat();
        if !more {
            break;
        }
    }
    assert_eq!(back, whole);
    let mut forth = Vec::new();
    loop {
        let after = forth.last().map_or(Seq(0), |event: &Event| event.seq);
        let page = town
            .store
            .page(LOBBY, Window::After(after), 7)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(page.has_before, after.0 > 0);
        forth.extend(page.events);
        if !page.has_after {
            break;
        }
    }
    assert_eq!(forth, whole);
    let middle = whole[20].seq;
    let around = town
        .store
        .page(LOBBY, Window::Around(middle), 9)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seqs(&around.events), seqs(&whole[16..25]));
    assert!(around.has_before && around.has_after);
    assert!(
        town.store
            .page(base::RoomId(9), Window::Newest, 9)
            .await
            .unwrap()
            .is_none()
    );
}

pub async fn a_log_after_a_cursor_is_dense_and_says_whether_it_is_complete(mut town: Town) {
    let first = town.say(ANN, "one").await;
    town.append(ANN, LOBBY, Change::Delete { target: first })
        .await;
    let last = town.say(ANN, "two").await;
    let log = town
        .store
        .log_since(LOBBY, first, 10)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seqs(&log.events), vec![first.0 + 1, last.0]);
    assert!(log.complete && log.seq == last);
    let part = town
        .store
        .log_since(LOBBY, first, 1)
        .await
        .unwrap()
        .unwrap();
    assert!(!part.complete && part.events.len() == 1);
    assert!(
        town.store
            .log_since(LOBBY, last, 10)
            .await
            .unwrap()
            .unwrap()
            .complete
    );
    let heads = town.store.heads(&[LOBBY, base::RoomId(9)]).await.unwrap();
    assert_eq!(heads.len(), 1);
    assert_eq!(
        (heads[0].0, heads[0].1.seq, heads[0].1.epoch),
        (LOBBY, last, log.epoch)
    );
}

pub async fn somebody_new_has_read_what_was_there_before(mut town: Town) {
    town.say(ANN, "before").await;
    town.append(STRANGER, LOBBY, Change::Join).await;
    assert_eq!(mark(&town, STRANGER).await.unread, 0);
    town.say(ANN, "after").await;
    assert_eq!(mark(&town, STRANGER).await.unread, 1);
}

pub async fn the_last_message_of_a_room_is_one_that_stands(mut town: Town) {
    let last = async |town: &Town| {
        let view = town.store.room_of(LOBBY, ANN).await.unwrap().unwrap();
        view.last_message.map(|last| (last.seq, last.excerpt))
    };
    assert_eq!(last(&town).await, None);
    let first = town.say(ANN, "one").await;
    let second = town.say(BEN, "two").await;
    assert_eq!(last(&town).await, Some((second, "two".to_owned())));
    town.append(BEN, LOBBY, Change::Delete { target: second })
        .await;
    assert_eq!(last(&town).await, Some((first, "one".to_owned())));
    town.append(ANN, LOBBY, Change::Delete { target: first })
        .await;
    assert_eq!(last(&town).await, None);
    let newest = town.store.newest_messages(10).await.unwrap();
    assert!(newest.is_empty());
}
