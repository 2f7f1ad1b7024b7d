//! Exams about what the people who run the place keep.

use base::{Code, FileId, RuleId, UnixMs, id, limits};
use domain::chat::filter::{Action, Rule, RuleKind};
use domain::chat::{Change, File};

use super::town::{ANN, BEN, LOBBY, OWNER, Town, image};
use crate::{AuditEntry, Command, Remembered};

fn rule(id: u64) -> Rule {
    Rule {
        id: RuleId(id),
        pattern: "spam".to_owned(),
        kind: RuleKind::Keyword,
        action: Action::Mask,
        ignore_separators: true,
        whole_word: false,
        enabled: true,
        note: String::new(),
        created_at: UnixMs(1),
        hits: 0,
    }
}

pub async fn rules_keep_what_they_counted_when_they_change(mut town: Town) {
    town.done(Command::PutRule(Box::new(rule(1)))).await;
    town.done(Command::PutRule(Box::new(rule(2)))).await;
    town.done(Command::CountHits(vec![(RuleId(1), 3), (RuleId(7), 1)]))
        .await;
    let changed = Rule {
        action: Action::Block,
        enabled: false,
        ..rule(1)
    };
    town.done(Command::PutRule(Box::new(changed.clone()))).await;
    let rules = town.store.rules().await.unwrap();
    assert_eq!(rules, vec![Rule { hits: 3, ..changed }, rule(2)]);
    town.done(Command::DeleteRule { rule: RuleId(1) }).await;
    assert_eq!(
        town.refused(Command::DeleteRule { rule: RuleId(1) }).await,
        Code::NotFound
    );
    assert_eq!(town.store.rules().await.unwrap().len(), 1);
}

pub async fn audit_entries_are_read_newest_first_in_pages(mut town: Town) {
    for at in 1..=5 {
        let entry = AuditEntry {
            id: 0,
            at: UnixMs(at),
            actor: (at % 2 == 0).then_some(OWNER),
            action: "rule.create".to_owned(),
            object: format!("w{at}"),
            detail: String::new(),
        };
        town.done(Command::Audit(Box::new(entry))).await;
    }
    let page = town.store.audit_page(None, 2).await.unwrap();
    assert_eq!(
        page.iter().map(|entry| entry.at.0).collect::<Vec<_>>(),
        [5, 4]
    );
    assert_eq!((page[0].actor, page[1].actor), (None, Some(OWNER)));
    let rest = town.store.audit_page(Some(page[1].id), 9).await.unwrap();
    assert_eq!(
        rest.iter().map(|entry| entry.at.0).collect::<Vec<_>>(),
        [3, 2, 1]
    );
}

pub async fn an_answer_is_remembered_once_for_a_day(mut town: Town) {
    let answer = |body: &str, key: &str, at| Remembered {
        person: ANN,
        key: key.to_owned(),
        request_hash: [7; 32],
        status: 200,
        body: body.to_owned(),
        at: UnixMs(at),
    };
    let remember = |answer| Command::Remember(Box::new(answer));
    town.done(remember(answer("first", "k", 1_000))).await;
    town.done(remember(answer("second", "k", 2_000))).await;
    let found = town.store.remembered(ANN, "k").await.unwrap();
    assert_eq!(found, Some(answer("first", "k", 1_000)));
    assert_eq!(town.store.remembered(OWNER, "k").await.unwrap(), None);
    let day = base::limits::IDEMPOTENCY_LIFE_MS;
    town.done(remember(answer("next day", "l", 1_001 + day)))
        .await;
    assert_eq!(town.store.remembered(ANN, "k").await.unwrap(), None);
}

pub async fn settings_are_replaced(mut town: Town) {
    let put = |value: &str| Command::PutSetting {
        key: "k".to_owned(),
        value: value.to_owned(),
    };
    assert_eq!(town.store.setting("k").await.unwrap(), None);
    town.done(put("one")).await;
    town.done(put("two")).await;
    assert_eq!(
        town.store.setting("k").await.unwrap().as_deref(),
        Some("two")
    );
    let all = town.store.settings().await.unwrap();
    assert_eq!(all.iter().filter(|(key, _)| key == "k").count(), 1);
    let name = "place_name".to_owned();
    town.done(Command::PutSetting {
        key: name,
        value: "City".to_owned(),
    })
    .await;
    assert_eq!(town.store.place().await.unwrap().unwrap().name, "City");
}

pub async fn blobs_are_in_use_while_something_names_them(mut town: Town) {
    town.done(Command::AddFile(Box::new(image(1, ANN)))).await;
    town.done(Command::AddFile(Box::new(image(2, ANN)))).await;
    town.update(ANN, |update| update.avatar = Some(Some("face".to_owned())))
        .await;
    let all: Vec<String> = ["hash1", "thumb1", "hash2", "face", "none"]
        .map(str::to_owned)
        .to_vec();
    let used = town.store.blobs_in_use(&all).await.unwrap();
    assert_eq!(used.len(), 4);
    assert!(!used.contains("none"));
    assert_eq!(
        town.store.people_with_avatar("face").await.unwrap(),
        vec![ANN]
    );
    // A file's hash leads to nobody's face.
    let people = town.store.people_with_avatar("hash1").await.unwrap();
    assert!(people.is_empty());
    let post = Change::Post {
        client_id: None,
        text: String::new(),
        reply_to: None,
        files: vec![base::FileId(1)],
        mentions: Vec::new(),
        mention_all: false,
    };
    let seq = town.append(ANN, LOBBY, post).await.event.seq;
    let unposted = town
        .store
        .files_unposted_before(UnixMs(9_999))
        .await
        .unwrap();
    assert_eq!(unposted, vec![image(2, ANN)]);
    town.done(Command::ForgetFile {
        file: base::FileId(2),
    })
    .await;
    town.append(ANN, LOBBY, Change::Delete { target: seq })
        .await;
    town.update(ANN, |update| update.avatar = Some(None)).await;
    assert!(town.store.blobs_in_use(&all).await.unwrap().is_empty());
    let counts = town.store.counts().await.unwrap();
    assert_eq!((counts.people, counts.rooms, counts.messages), (4, 1, 1));
    assert!(counts.data_bytes > 0);
}

pub async fn what_a_person_uploads_and_does_not_post_is_bounded(mut town: Town) {
    let now = UnixMs(1_800_000_000_000);
    let at = |now: UnixMs, number: u64, by| File {
        id: FileId(id::mint(now, number)),
        uploaded_at: now,
        ..image(number, by)
    };
    let add = |file: &File| Command::AddFile(Box::new(file.clone()));
    let first = at(now, 0, ANN);
    town.done(add(&first)).await;
    for number in 1..limits::UNPOSTED_FILES_PER_PERSON_MAX {
        town.done(add(&at(now, number, ANN))).await;
    }
    let more = at(now, 900, ANN);
    assert_eq!(town.refused(add(&more)).await, Code::RateLimited);
    let held = town.store.unposted(ANN, now).await.unwrap();
    assert_eq!(held.files, limits::UNPOSTED_FILES_PER_PERSON_MAX);
    assert_eq!(held.bytes, held.files * first.size_bytes);
    let post = Change::Post {
        client_id: None,
        text: String::new(),
        reply_to: None,
        files: vec![first.id],
        mentions: Vec::new(),
        mention_all: false,
    };
    town.append(ANN, LOBBY, post).await;
    town.done(add(&more)).await;
    // What somebody else holds back counts for them alone, and by its bytes, too.
    let full = File {
        size_bytes: limits::UNPOSTED_BYTES_PER_PERSON_MAX,
        ..at(now, 901, BEN)
    };
    town.done(add(&full)).await;
    let one_more = at(now, 902, BEN);
    assert_eq!(town.refused(add(&one_more)).await, Code::RateLimited);
    let later = now.plus_ms(3 * limits::UNPOSTED_FILE_LIFE_MS);
    town.done(add(&at(later, 903, BEN))).await;
}
