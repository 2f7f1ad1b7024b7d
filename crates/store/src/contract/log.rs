//! Exams about appending to a room's log.

use base::{Code, RoomId, Seq};
use domain::chat::{Change, EventKind, Quote, Reaction, RoomKind};

use super::town::{ANN, BEN, LOBBY, OWNER, STRANGER, Town, image, message, post, room, text};
use crate::{Command, Done, Outcome};

fn appended(outcome: &Outcome) -> &crate::Appended {
    match outcome {
        Outcome::Done(Done::Appended(appended)) | Outcome::Duplicate(Done::Appended(appended)) => {
            appended
        }
        other => panic!("nothing appended: {other:?}"),
    }
}

pub async fn events_of_a_room_are_numbered_densely_across_batches(mut town: Town) {
    let head = town.store.room(LOBBY).await.unwrap().unwrap();
    for batch in [1u64, 2, 70, 5] {
        let commands = (0..batch)
            .map(|at| town.by(ANN, LOBBY, text(&at.to_string())))
            .collect();
        let outcomes = town.writer.commit(commands).await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Outcome::Done(_)))
        );
    }
    let log = town.log().await;
    let seqs: Vec<u64> = log.iter().map(|event| event.seq.0).collect();
    assert_eq!(seqs, (1..=head.seq.0 + 78).collect::<Vec<_>>());
    let after = town.store.room(LOBBY).await.unwrap().unwrap();
    assert_eq!((after.seq.0, after.msg_seq), (head.seq.0 + 78, 78));
    let counted: Vec<u64> = log
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Message(message) => Some(message.msg_seq),
            _ => None,
        })
        .collect();
    assert_eq!(counted, (1..=78).collect::<Vec<_>>());
}

pub async fn a_second_post_with_the_same_client_id_returns_the_first_result(mut town: Town) {
    let batch = vec![
        town.by(ANN, LOBBY, post("one", Some("c1"))),
        town.by(ANN, LOBBY, post("again", Some("c1"))),
        town.by(ANN, LOBBY, post("two", Some("c2"))),
    ];
    let outcomes = town.writer.commit(batch).await;
    assert!(matches!(outcomes[0], Outcome::Done(_)));
    assert!(matches!(outcomes[1], Outcome::Duplicate(_)));
    assert_eq!(appended(&outcomes[0]).event, appended(&outcomes[1]).event);
    let first = appended(&outcomes[0]).event.seq;
    assert_eq!(appended(&outcomes[2]).event.seq, first.next());

    town.append(ANN, LOBBY, edit(first, "one, edited")).await;
    town.append(ANN, LOBBY, Change::Leave).await;
    let later = town.try_append(ANN, LOBBY, post("later", Some("c1"))).await;
    assert!(matches!(later, Outcome::Duplicate(_)));
    assert_eq!(appended(&later).event.seq, first);
    assert_eq!(message(&appended(&later).event).text, "one, edited");
    let posted = town.store.posted((LOBBY, ANN), "c1").await.unwrap();
    assert_eq!(posted.unwrap().1, *appended(&later).event);
    assert_eq!(town.store.posted((LOBBY, BEN), "c1").await.unwrap(), None);
}

fn edit(target: Seq, words: &str) -> Change {
    Change::Edit {
        target,
        text: words.to_owned(),
        mentions: Vec::new(),
        mention_all: false,
    }
}

pub async fn the_same_client_id_of_another_author_or_room_is_another_post(mut town: Town) {
    let other = RoomId(101);
    town.new_room(room(other, RoomKind::Open), &[ANN]).await;
    town.append(ANN, LOBBY, post("a", Some("c1"))).await;
    town.append(BEN, LOBBY, post("b", Some("c1"))).await;
    town.append(ANN, other, post("c", Some("c1"))).await;
}

pub async fn a_stranger_can_not_post_and_does_not_hinder_others(mut town: Town) {
    let nowhere = RoomId(999);
    let before = town.log().await.len();
    let batch = vec![
        town.by(STRANGER, LOBBY, text("let me in")),
        town.by(ANN, LOBBY, text("hello")),
        town.by(ANN, nowhere, text("anybody?")),
        town.by(
            STRANGER,
            LOBBY,
            Change::React {
                target: Seq(1),
                emoji: "x".into(),
                on: true,
            },
        ),
        town.by(BEN, LOBBY, text("hi")),
    ];
    let outcomes = town.writer.commit(batch).await;
    assert!(matches!(outcomes[0], Outcome::Refused(Code::Forbidden)));
    assert!(matches!(outcomes[2], Outcome::Refused(Code::NotFound)));
    assert!(matches!(outcomes[3], Outcome::Refused(Code::Forbidden)));
    assert_eq!(
        appended(&outcomes[4]).event.seq,
        appended(&outcomes[1]).event.seq.next()
    );
    assert_eq!(town.log().await.len(), before + 2);
}

pub async fn an_archived_room_takes_nothing_until_it_is_unarchived(mut town: Town) {
    let seq = town.say(ANN, "last words").await;
    town.append(OWNER, LOBBY, Change::Archive).await;
    assert!(
        town.store
            .room(LOBBY)
            .await
            .unwrap()
            .unwrap()
            .archived_at
            .is_some()
    );
    for change in [
        text("no"),
        edit(seq, "no"),
        Change::Delete { target: seq },
        Change::Leave,
    ] {
        assert_eq!(
            town.append_refused(ANN, LOBBY, change).await,
            Code::RoomArchived
        );
    }
    assert_eq!(
        town.append_refused(STRANGER, LOBBY, Change::Join).await,
        Code::RoomArchived
    );
    town.append(OWNER, LOBBY, Change::Unarchive).await;
    assert!(
        town.store
            .room(LOBBY)
            .await
            .unwrap()
            .unwrap()
            .archived_at
            .is_none()
    );
    town.say(ANN, "and more").await;
}

pub async fn an_edit_shows_in_the_history_and_in_the_log(mut town: Town) {
    let seq = town.say(ANN, "helo").await;
    let first = town.append(ANN, LOBBY, edit(seq, "hello")).await;
    assert_eq!(message(first.target.as_ref().unwrap()).text, "hello");
    town.append(ANN, LOBBY, edit(seq, "hello!")).await;
    let now = town.message(seq).await;
    assert_eq!(
        (now.text.as_str(), now.rev, now.edited_at),
        ("hello!", 2, Some(town.now))
    );
    assert!(
        !town
            .history()
            .await
            .iter()
            .any(|e| matches!(e.kind, EventKind::Edited { .. }))
    );
    // An older edit is read with the newest text: replaying it does no harm.
    let log = town.log().await;
    let edits: Vec<_> = log
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Edited {
                target, text, rev, ..
            } => Some((*target, text.as_str(), *rev)),
            _ => None,
        })
        .collect();
    assert_eq!(edits, vec![(seq, "hello!", 2), (seq, "hello!", 2)]);
}

pub async fn a_deleted_message_keeps_its_place_and_loses_everything_else(mut town: Town) {
    town.done(Command::AddFile(Box::new(image(900, ANN)))).await;
    let full = Change::Post {
        client_id: Some("c".to_owned()),
        text: "secret".to_owned(),
        reply_to: None,
        files: vec![base::FileId(900)],
        mentions: vec![BEN],
        mention_all: true,
    };
    let seq = town.append(ANN, LOBBY, full).await.event.seq;
    let react = Change::React {
        target: seq,
        emoji: "👍".to_owned(),
        on: true,
    };
    town.append(BEN, LOBBY, react).await;
    town.append(ANN, LOBBY, edit(seq, "secret too")).await;
    town.append(ANN, LOBBY, Change::Delete { target: seq })
        .await;
    let gone = town.message(seq).await;
    assert!(gone.deleted && gone.text.is_empty() && !gone.mention_all);
    assert!(gone.files.is_empty() && gone.reactions.is_empty() && gone.mentions.is_empty());
    assert!(town.store.file(base::FileId(900)).await.unwrap().is_none());
    for event in town.log().await {
        if let EventKind::Edited { text, .. } = event.kind {
            assert_eq!(text, "");
        }
    }
    assert_eq!(
        town.store
            .read_mark(LOBBY, BEN)
            .await
            .unwrap()
            .unwrap()
            .mentions,
        0
    );
}

pub async fn a_message_that_is_gone_can_not_be_changed(mut town: Town) {
    let seq = town.say(ANN, "short").await;
    town.append(ANN, LOBBY, Change::Delete { target: seq })
        .await;
    let react = |target| Change::React {
        target,
        emoji: "👍".to_owned(),
        on: true,
    };
    for change in [
        edit(seq, "long"),
        Change::Delete { target: seq },
        react(seq),
        react(Seq(1)),
    ] {
        assert_eq!(
            town.append_refused(ANN, LOBBY, change).await,
            Code::NotFound
        );
    }
    assert_eq!(
        town.append_refused(ANN, LOBBY, react(Seq(9_999))).await,
        Code::NotFound
    );
}

pub async fn a_reply_quotes_the_newest_state_of_its_message(mut town: Town) {
    let seq = town.say(ANN, "what is\nthis?").await;
    let Change::Post {
        client_id,
        text,
        files,
        mentions,
        mention_all,
        ..
    } = text("that")
    else {
        panic!("a post is a post")
    };
    let reply = Change::Post {
        client_id,
        text,
        files,
        mentions,
        mention_all,
        reply_to: Some(seq),
    };
    let event = town.append(BEN, LOBBY, reply.clone()).await.event;
    let quote = |excerpt: &str, deleted| {
        Some(Quote {
            seq,
            author: ANN,
            excerpt: excerpt.to_owned(),
            deleted,
        })
    };
    assert_eq!(message(&event).reply_to, quote("what is this?", false));
    town.append(ANN, LOBBY, edit(seq, "what?")).await;
    assert_eq!(
        town.message(event.seq).await.reply_to,
        quote("what?", false)
    );
    town.append(ANN, LOBBY, Change::Delete { target: seq })
        .await;
    assert_eq!(town.message(event.seq).await.reply_to, quote("", true));
    // Somebody who answers just then loses nothing.
    assert_eq!(
        message(&town.append(BEN, LOBBY, reply).await.event).reply_to,
        quote("", true)
    );
}

pub async fn a_reaction_counts_once_per_person_and_keeps_its_order(mut town: Town) {
    let seq = town.say(ANN, "cake?").await;
    let react = |emoji: &str, on| Change::React {
        target: seq,
        emoji: emoji.to_owned(),
        on,
    };
    town.append(BEN, LOBBY, react("🎂", true)).await;
    town.append(ANN, LOBBY, react("👍", true)).await;
    let last = town.append(ANN, LOBBY, react("🎂", true)).await;
    assert_eq!(message(last.target.as_ref().unwrap()).reactions.len(), 2);
    let head = town.store.room(LOBBY).await.unwrap().unwrap().seq;
    let again = town.try_append(ANN, LOBBY, react("🎂", true)).await;
    assert!(matches!(again, Outcome::Done(Done::Nothing)));
    let never = town.try_append(ANN, LOBBY, react("🙃", false)).await;
    assert!(matches!(never, Outcome::Done(Done::Nothing)));
    assert_eq!(town.store.room(LOBBY).await.unwrap().unwrap().seq, head);
    let reactions = town.message(seq).await.reactions;
    assert_eq!(
        reactions,
        vec![
            Reaction {
                emoji: "🎂".to_owned(),
                users: vec![BEN, ANN]
            },
            Reaction {
                emoji: "👍".to_owned(),
                users: vec![ANN]
            },
        ]
    );
    town.append(BEN, LOBBY, react("🎂", false)).await;
    town.append(ANN, LOBBY, react("🎂", false)).await;
    assert_eq!(town.message(seq).await.reactions.len(), 1);
    for at in 1..base::limits::REACTIONS_PER_MESSAGE_MAX {
        town.append(BEN, LOBBY, react(&format!("e{at}"), true))
            .await;
    }
    assert_eq!(
        town.append_refused(BEN, LOBBY, react("more", true)).await,
        Code::Conflict
    );
    town.append(BEN, LOBBY, react("👍", true)).await;
}

pub async fn files_are_posted_once_by_who_uploaded_them(mut town: Town) {
    for id in [901, 902] {
        town.done(Command::AddFile(Box::new(image(id, ANN)))).await;
    }
    let stranger = Command::AddFile(Box::new(image(903, STRANGER)));
    assert_eq!(town.refused(stranger).await, Code::Forbidden);
    let with = |ids: &[u64]| Change::Post {
        client_id: None,
        text: String::new(),
        reply_to: None,
        files: ids.iter().map(|id| base::FileId(*id)).collect(),
        mentions: Vec::new(),
        mention_all: false,
    };
    assert_eq!(
        town.append_refused(BEN, LOBBY, with(&[901])).await,
        Code::Conflict
    );
    assert_eq!(
        town.append_refused(ANN, LOBBY, with(&[901, 901])).await,
        Code::Conflict
    );
    let event = town.append(ANN, LOBBY, with(&[902, 901])).await.event;
    let stored = town.message(event.seq).await;
    assert_eq!(&stored, message(&event));
    let names: Vec<_> = stored.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["picture 902.png", "picture 901.png"]);
    assert_eq!(
        town.append_refused(ANN, LOBBY, with(&[901])).await,
        Code::Conflict
    );
    let forget = Command::ForgetFile {
        file: base::FileId(901),
    };
    assert_eq!(town.refused(forget).await, Code::Conflict);
    let view = town.store.room_of(LOBBY, BEN).await.unwrap().unwrap();
    assert_eq!(view.last_message.unwrap().excerpt, "picture 902.png");
}

pub async fn people_come_and_go_and_the_log_says_so(mut town: Town) {
    let count = |view: Option<crate::RoomView>| view.unwrap().member_count;
    assert_eq!(count(town.store.room_of(LOBBY, ANN).await.unwrap()), 3);
    town.append(STRANGER, LOBBY, Change::Join).await;
    let again = town.try_append(STRANGER, LOBBY, Change::Join).await;
    assert!(matches!(again, Outcome::Done(Done::Nothing)));
    town.append(STRANGER, LOBBY, Change::Leave).await;
    let added = town
        .append(
            ANN,
            LOBBY,
            Change::Add {
                users: vec![STRANGER, BEN],
            },
        )
        .await;
    assert_eq!(
        added.event.kind,
        EventKind::Added {
            users: vec![STRANGER]
        }
    );
    assert_eq!(count(town.store.room_of(LOBBY, ANN).await.unwrap()), 4);
    let remove = Change::Remove {
        users: vec![STRANGER],
    };
    town.append(OWNER, LOBBY, remove.clone()).await;
    let again = town.try_append(OWNER, LOBBY, remove).await;
    assert!(matches!(again, Outcome::Done(Done::Nothing)));
    assert_eq!(
        town.store.member_ids(LOBBY).await.unwrap(),
        vec![OWNER, ANN, BEN]
    );
    town.append(
        OWNER,
        LOBBY,
        Change::Rename {
            name: "hall".to_owned(),
        },
    )
    .await;
    town.append(
        OWNER,
        LOBBY,
        Change::SetTopic {
            topic: "all".to_owned(),
        },
    )
    .await;
    let room = town.store.room(LOBBY).await.unwrap().unwrap();
    assert_eq!((room.name.as_str(), room.topic.as_str()), ("hall", "all"));
    assert_eq!(
        town.log().await.last().unwrap().kind,
        EventKind::Topic {
            topic: "all".into()
        }
    );
}
