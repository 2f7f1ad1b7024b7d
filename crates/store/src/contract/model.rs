//! A model of one room: a list of messages and marks in memory. Steps are carried out on the model
//! and on the store, in batches; afterwards both must tell the same.

use std::collections::BTreeMap;

use base::limits::UNREAD_COUNT_MAX;
use base::{PersonId, Seq};
use domain::chat::Change;

use super::town::{ANN, BEN, LOBBY, OWNER, Town};
use crate::{Command, Done, MarkRead, Outcome, Window};

/// Who acts in the model.
pub const PEOPLE: [PersonId; 3] = [OWNER, ANN, BEN];

/// One step. Numbers choose among what is there.
#[derive(Debug, Clone)]
pub enum Step {
    /// Somebody posts; `client_id` may come again.
    Post {
        who: usize,
        client_id: Option<u8>,
        mention: Option<usize>,
        all: bool,
    },
    /// Somebody edits their nth message.
    Edit {
        who: usize,
        nth: usize,
        mention: Option<usize>,
    },
    /// Somebody deletes the nth message.
    Delete { who: usize, nth: usize },
    /// Somebody reacts to the nth message.
    React { who: usize, nth: usize, on: bool },
    /// Somebody reads up to a seq, or back to it.
    Read { who: usize, seq: u64, rewind: bool },
    /// What was collected is committed.
    Commit,
}

#[derive(Debug, Clone)]
struct Said {
    seq: Seq,
    author: usize,
    rev: u32,
    deleted: bool,
    mention: Option<usize>,
    all: bool,
    reactions: Vec<usize>,
}

#[derive(Debug, Default)]
struct Model {
    seq: u64,
    said: Vec<Said>,
    client_ids: BTreeMap<(usize, u8), Seq>,
    read: BTreeMap<usize, u64>,
}

/// What the model says should come out of a step.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Appended(Seq),
    Duplicate(Seq),
    Nothing,
    Refused,
    Read(Seq),
}

impl Model {
    fn unread(&self, who: usize) -> u64 {
        self.unread_by(who, |_| true)
    }

    fn mentions(&self, who: usize) -> u64 {
        self.unread_by(who, |said| said.mention == Some(who) || said.all)
    }

    fn unread_by(&self, who: usize, counts: impl Fn(&Said) -> bool) -> u64 {
        let read = self.read.get(&who).copied().unwrap_or(0);
        let unread = self
            .said
            .iter()
            .filter(|said| said.seq.0 > read && said.author != who && !said.deleted)
            .filter(|said| counts(said))
            .count() as u64;
        unread.min(UNREAD_COUNT_MAX)
    }

    fn next(&mut self) -> Seq {
        self.seq += 1;
        Seq(self.seq)
    }

    fn standing(&mut self, nth: usize) -> Option<&mut Said> {
        if self.said.is_empty() {
            return None;
        }
        let at = nth % self.said.len();
        self.said.get_mut(at)
    }

    /// The seq that a step points at: of the nth message, or of none.
    fn target(&self, nth: usize) -> Seq {
        if self.said.is_empty() {
            Seq(1 << 40)
        } else {
            self.said[nth % self.said.len()].seq
        }
    }

    fn step(&mut self, step: &Step) -> Expected {
        match *step {
            Step::Post {
                who,
                client_id,
                mention,
                all,
            } => {
                if let Some(seq) = client_id.and_then(|id| self.client_ids.get(&(who, id))) {
                    return Expected::Duplicate(*seq);
                }
                let seq = self.next();
                self.client_ids.extend(client_id.map(|id| ((who, id), seq)));
                let said = Said {
                    seq,
                    author: who,
                    rev: 0,
                    deleted: false,
                    mention,
                    all,
                    reactions: Vec::new(),
                };
                self.said.push(said);
                Expected::Appended(seq)
            }
            Step::Edit { nth, mention, .. } => match self.standing(nth) {
                Some(said) if !said.deleted => {
                    said.rev += 1;
                    said.mention = mention;
                    said.all = false;
                    Expected::Appended(self.next())
                }
                _ => Expected::Refused,
            },
            Step::Delete { nth, .. } => match self.standing(nth) {
                Some(said) if !said.deleted => {
                    said.deleted = true;
                    said.reactions.clear();
                    Expected::Appended(self.next())
                }
                _ => Expected::Refused,
            },
            Step::React { who, nth, on } => match self.standing(nth) {
                Some(said) if !said.deleted => {
                    if said.reactions.contains(&who) == on {
                        return Expected::Nothing;
                    }
                    said.reactions.retain(|other| *other != who);
                    if on {
                        said.reactions.push(who);
                    }
                    Expected::Appended(self.next())
                }
                _ => Expected::Refused,
            },
            Step::Read { who, seq, rewind } => {
                let now = self.read.get(&who).copied().unwrap_or(0);
                let seq = seq.min(self.seq);
                let seq = if rewind { seq } else { seq.max(now) };
                self.read.insert(who, seq);
                Expected::Read(Seq(seq))
            }
            Step::Commit => Expected::Nothing,
        }
    }
}

fn mentioned(mention: Option<usize>) -> Vec<PersonId> {
    mention.map(|who| PEOPLE[who]).into_iter().collect()
}

fn command(town: &mut Town, model: &Model, step: &Step) -> Option<Command> {
    let (who, change) = match *step {
        Step::Post {
            who,
            client_id,
            mention,
            all,
        } => {
            let change = Change::Post {
                client_id: client_id.map(|id| id.to_string()),
                text: "words".to_owned(),
                reply_to: None,
                files: Vec::new(),
                mentions: mentioned(mention),
                mention_all: all,
            };
            (who, change)
        }
        Step::Edit { who, nth, mention } => {
            let change = Change::Edit {
                target: model.target(nth),
                text: "other words".to_owned(),
                mentions: mentioned(mention),
                mention_all: false,
            };
            (who, change)
        }
        Step::Delete { who, nth } => (
            who,
            Change::Delete {
                target: model.target(nth),
            },
        ),
        Step::React { who, nth, on } => {
            let target = model.target(nth);
            (
                who,
                Change::React {
                    target,
                    emoji: "👍".to_owned(),
                    on,
                },
            )
        }
        Step::Read { who, seq, rewind } => {
            let mark = MarkRead {
                room: LOBBY,
                person: PEOPLE[who],
                seq: Seq(seq),
                rewind,
            };
            return Some(Command::MarkRead(mark));
        }
        Step::Commit => return None,
    };
    Some(town.by(PEOPLE[who], LOBBY, change))
}

fn seen(outcome: &Outcome) -> Expected {
    match outcome {
        Outcome::Done(Done::Appended(appended)) => Expected::Appended(appended.event.seq),
        Outcome::Duplicate(Done::Appended(appended)) => Expected::Duplicate(appended.event.seq),
        Outcome::Done(Done::Read(mark)) => Expected::Read(mark.read_seq),
        Outcome::Done(Done::Nothing) => Expected::Nothing,
        Outcome::Refused(_) => Expected::Refused,
        other => panic!("unexpected: {other:?}"),
    }
}

async fn compare(town: &Town, model: &Model) {
    let log = town
        .store
        .log_since(LOBBY, Seq(0), 100_000)
        .await
        .unwrap()
        .unwrap();
    let seqs: Vec<u64> = log.events.iter().map(|event| event.seq.0).collect();
    assert_eq!(seqs, (1..=model.seq).collect::<Vec<_>>());
    for (who, person) in PEOPLE.iter().enumerate() {
        let mark = town.store.read_mark(LOBBY, *person).await.unwrap().unwrap();
        assert_eq!(mark.unread, model.unread(who), "unread of {who}");
        assert_eq!(mark.mentions, model.mentions(who), "mentions of {who}");
    }
    let page = town
        .store
        .page(LOBBY, Window::Newest, 100_000)
        .await
        .unwrap()
        .unwrap();
    let messages: Vec<_> = page
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            domain::chat::EventKind::Message(message) => Some((event, message)),
            _ => None,
        })
        .collect();
    assert_eq!(messages.len(), model.said.len());
    for ((event, message), said) in messages.iter().zip(&model.said) {
        assert_eq!((event.seq, event.author), (said.seq, PEOPLE[said.author]));
        assert_eq!((message.rev, message.deleted), (said.rev, said.deleted));
        let reacted: usize = message.reactions.iter().map(|r| r.users.len()).sum();
        assert_eq!(reacted, said.reactions.len());
    }
    let last = model
        .said
        .iter()
        .rev()
        .find(|said| !said.deleted)
        .map(|said| said.seq);
    let view = town.store.room_of(LOBBY, ANN).await.unwrap().unwrap();
    assert_eq!(view.last_message.map(|last| last.seq), last);
}

/// Carries out the steps on a fresh town and compares.
pub async fn run(mut town: Town, steps: Vec<Step>) {
    let mut model = Model {
        seq: town.log().await.len() as u64,
        ..Model::default()
    };
    for (who, person) in PEOPLE.iter().enumerate() {
        let mark = town.store.read_mark(LOBBY, *person).await.unwrap().unwrap();
        model.read.insert(who, mark.read_seq.0);
    }
    let mut waiting = Vec::new();
    let mut expected = Vec::new();
    for step in steps.into_iter().chain([Step::Commit]) {
        let Some(command) = command(&mut town, &model, &step) else {
            let outcomes = town.writer.commit(std::mem::take(&mut waiting)).await;
            let seen: Vec<Expected> = outcomes.iter().map(seen).collect();
            assert_eq!(seen, std::mem::take(&mut expected));
            continue;
        };
        expected.push(model.step(&step));
        waiting.push(command);
    }
    compare(&town, &model).await;
}
