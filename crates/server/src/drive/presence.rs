//! Who is there: one task owns what every connection says, and tells changes every two seconds.
//!
//! Presence is the one thing whose cost grows with the square of the people, so it is told in
//! batches, only when somebody appears differently, and never written down.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base::PersonId;
use domain::chat::presence::{Attention, Connections, Presence};
use domain::hub::{Lane, Publication};
use tokio::sync::mpsc;

use crate::door::backend::ClientId;
use crate::drive::hub::Hub;
use crate::view;
use crate::view::live::{Place, PresenceChange};

/// How often changes are told.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// Words about attention that wait for the task; when there are more, the oldest truth wins until
/// the next one. Coming and going has no bound here: the connections are bounded.
const ATTENTIONS_MAX: usize = 8_192;
/// Connections of one person whose attention is told apart.
const CONNECTIONS_MAX: usize = 32;

#[derive(Debug)]
enum Signal {
    Online(PersonId),
    Offline(PersonId),
    Attention(PersonId, ClientId, Attention),
    Closed(PersonId, ClientId),
}

/// Whoever has a connection, and how they appear. Readers share it, the task alone writes it.
type Appearances = Arc<RwLock<HashMap<PersonId, Presence>>>;

/// The way to the task, and a view of what it knows; clones share both.
#[derive(Debug, Clone)]
pub struct PresenceBoard {
    signals: mpsc::UnboundedSender<Signal>,
    /// Words about attention that wait.
    attentions: Arc<AtomicUsize>,
    appearances: Appearances,
}

impl PresenceBoard {
    /// How a person appears at this moment.
    #[must_use]
    pub fn of(&self, person: PersonId) -> Presence {
        let appearances = self
            .appearances
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        appearances.get(&person).copied().unwrap_or_default()
    }

    /// Their first connection opened.
    pub fn online(&self, person: PersonId) {
        self.signal(Signal::Online(person));
    }

    /// Their last connection closed.
    pub fn offline(&self, person: PersonId) {
        self.signal(Signal::Offline(person));
    }

    /// One of their connections says whether somebody sits in front of it.
    pub fn attention(&self, person: PersonId, client: ClientId, attention: Attention) {
        if self.attentions.fetch_add(1, Ordering::Relaxed) < ATTENTIONS_MAX {
            return self.signal(Signal::Attention(person, client, attention));
        }
        self.attentions.fetch_sub(1, Ordering::Relaxed);
        metrics::counter!("plaza_presence_signals_dropped_total").increment(1);
    }

    /// One of their connections closed.
    pub fn closed(&self, person: PersonId, client: ClientId) {
        self.signal(Signal::Closed(person, client));
    }

    fn signal(&self, signal: Signal) {
        // Nobody listens only after the end.
        let _ = self.signals.send(signal);
    }
}

/// What the connections of one person say.
#[derive(Debug, Default)]
struct Someone {
    said: HashMap<ClientId, Attention>,
}

impl Someone {
    fn presence(&self) -> Presence {
        if self.said.is_empty() {
            // Connected, and not a word yet: somebody just opened the page.
            return Presence::Active;
        }
        let connections = self
            .said
            .values()
            .fold(Connections::default(), |connections, attention| {
                connections.with(*attention)
            });
        connections.presence()
    }
}

/// What the task owns.
#[derive(Debug, Default)]
struct Board {
    people: HashMap<PersonId, Someone>,
    told: HashMap<PersonId, Presence>,
    changed: HashSet<PersonId>,
}

impl Board {
    fn presence(&self, person: PersonId) -> Presence {
        self.people
            .get(&person)
            .map_or(Presence::Offline, Someone::presence)
    }

    /// Takes a signal in; says whose appearance may have changed.
    fn take(&mut self, signal: &Signal) -> PersonId {
        let person = match signal {
            Signal::Online(person) => {
                self.people.entry(*person).or_default();
                *person
            }
            Signal::Offline(person) => {
                self.people.remove(person);
                *person
            }
            Signal::Attention(person, client, attention) => {
                if let Some(someone) = self.people.get_mut(person)
                    && (someone.said.len() < CONNECTIONS_MAX || someone.said.contains_key(client))
                {
                    someone.said.insert(*client, *attention);
                }
                *person
            }
            Signal::Closed(person, client) => {
                if let Some(someone) = self.people.get_mut(person) {
                    someone.said.remove(client);
                }
                *person
            }
        };
        self.changed.insert(person);
        person
    }

    /// Whoever appears differently from what was told last; counts as told from now on.
    fn changes(&mut self) -> Vec<PresenceChange> {
        let changed: Vec<PersonId> = self.changed.drain().collect();
        let mut changes = Vec::new();
        for user in changed {
            let presence = self.presence(user);
            let before = match presence {
                Presence::Offline => self.told.remove(&user),
                Presence::Away | Presence::Active => self.told.insert(user, presence),
            };
            if before.unwrap_or_default() != presence {
                changes.push(PresenceChange { user, presence });
            }
        }
        changes.sort_unstable_by_key(|change| change.user);
        changes
    }
}

fn show(appearances: &Appearances, person: PersonId, presence: Presence) {
    let mut appearances = appearances.write().unwrap_or_else(PoisonError::into_inner);
    match presence {
        Presence::Offline => appearances.remove(&person),
        Presence::Away | Presence::Active => appearances.insert(person, presence),
    };
}

/// The task's end of the way.
struct Inbox {
    signals: mpsc::UnboundedReceiver<Signal>,
    attentions: Arc<AtomicUsize>,
}

impl Inbox {
    async fn next(&mut self) -> Option<Signal> {
        let signal = self.signals.recv().await?;
        if matches!(signal, Signal::Attention(..)) {
            self.attentions.fetch_sub(1, Ordering::Relaxed);
        }
        Some(signal)
    }
}

fn board() -> (PresenceBoard, Inbox) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let attentions: Arc<AtomicUsize> = Arc::default();
    let inbox = Inbox {
        signals: receiver,
        attentions: Arc::clone(&attentions),
    };
    let board = PresenceBoard {
        signals: sender,
        attentions,
        appearances: Appearances::default(),
    };
    (board, inbox)
}

async fn run(hub: Hub, mut inbox: Inbox, appearances: Appearances) {
    let mut board = Board::default();
    let mut tick = tokio::time::interval(TELL_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            signal = inbox.next() => {
                let Some(signal) = signal else { return };
                let person = board.take(&signal);
                show(&appearances, person, board.presence(person));
            }
            _ = tick.tick() => {
                let changes = board.changes();
                if !changes.is_empty() {
                    let data = view::json(&Place::Presence { changes });
                    hub.publish("place", Publication::new(Lane::Ephemeral, data));
                }
            }
        }
    }
}

/// Starts the task. It ends when every board is dropped.
#[must_use]
pub fn start(hub: Hub) -> PresenceBoard {
    let (board, inbox) = board();
    tokio::spawn(run(hub, inbox, Arc::clone(&board.appearances)));
    board
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: PersonId = PersonId(1);
    const LAPTOP: ClientId = ClientId(1);
    const PHONE: ClientId = ClientId(2);

    #[test]
    fn somebody_is_active_as_long_as_one_connection_is() {
        let mut board = Board::default();
        board.take(&Signal::Online(ADA));
        assert_eq!(board.presence(ADA), Presence::Active);
        board.take(&Signal::Attention(ADA, LAPTOP, Attention::Active));
        board.take(&Signal::Attention(ADA, PHONE, Attention::Away));
        assert_eq!(board.presence(ADA), Presence::Active);
        board.take(&Signal::Closed(ADA, LAPTOP));
        assert_eq!(board.presence(ADA), Presence::Away);
        board.take(&Signal::Offline(ADA));
        assert_eq!(board.presence(ADA), Presence::Offline);
    }

    #[test]
    fn who_comes_and_goes_between_two_tellings_is_not_told() {
        let mut board = Board::default();
        board.take(&Signal::Online(ADA));
        board.take(&Signal::Offline(ADA));
        assert!(board.changes().is_empty());
        board.take(&Signal::Online(ADA));
        assert_eq!(board.changes().len(), 1);
        board.take(&Signal::Attention(ADA, LAPTOP, Attention::Active));
        assert!(board.changes().is_empty());
    }

    #[test]
    fn a_word_from_a_connection_that_is_gone_makes_nobody_appear() {
        let mut board = Board::default();
        board.take(&Signal::Attention(ADA, LAPTOP, Attention::Active));
        assert_eq!(board.presence(ADA), Presence::Offline);
    }

    #[tokio::test]
    async fn going_is_heard_behind_any_number_of_words_and_only_words_are_dropped() {
        let (board, mut inbox) = board();
        board.online(ADA);
        for _ in 0..2 * ATTENTIONS_MAX {
            board.attention(ADA, LAPTOP, Attention::Active);
        }
        board.closed(ADA, LAPTOP);
        board.offline(ADA);
        drop(board);
        let (mut state, mut taken) = (Board::default(), 0);
        while let Some(signal) = inbox.next().await {
            state.take(&signal);
            taken += 1;
        }
        assert_eq!(taken, ATTENTIONS_MAX + 3);
        assert_eq!(state.presence(ADA), Presence::Offline);
        assert_eq!(inbox.attentions.load(Ordering::Relaxed), 0);
    }
}
