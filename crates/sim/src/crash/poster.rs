//! Somebody who posts, whatever happens: what goes unanswered is sent again under the same id.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rand::RngExt;
use rand::rngs::StdRng;

use super::World;
use crate::client::{Failure, Line, Socket};
use crate::history::Intent;
use crate::people::Person;

/// Commands that are under way at once.
const IN_FLIGHT_MAX: usize = 6;
/// Messages of one's own that may still be edited, reacted to or deleted.
const OWN_MAX: usize = 20;

/// How commands travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// One after the other over REST.
    Rest,
    /// Several at once over a socket.
    Socket,
}

struct Poster {
    world: Arc<World>,
    person: Person,
    rng: StdRng,
    number: u64,
    /// Posts without an answer, to be sent again.
    unanswered: VecDeque<(String, Intent)>,
    /// Own messages in the lively room.
    own: VecDeque<u64>,
}

/// Posts until the world stops posting.
pub(super) async fn run(world: Arc<World>, person: Person, way: Way, rng: StdRng) {
    let mut poster = Poster {
        world,
        person,
        rng,
        number: 0,
        unanswered: VecDeque::new(),
        own: VecDeque::new(),
    };
    while poster.world.is_posting() {
        match way {
            Way::Rest => {
                let line = Line::Rest(poster.person.rest.clone());
                poster.use_line(&line, 1).await;
            }
            Way::Socket => {
                let token = poster.person.token.clone();
                if let Ok((socket, _pushes)) = Socket::connect(&poster.world.address, &token).await
                {
                    poster.use_line(&Line::Socket(socket), IN_FLIGHT_MAX).await;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Poster {
    /// Sends commands until one goes unanswered: then the connection is gone.
    async fn use_line(&mut self, line: &Line, in_flight: usize) {
        while self.world.is_posting() {
            let count = self.rng.random_range(1..=in_flight);
            let batch: Vec<_> = (0..count).map(|_| self.next()).collect();
            let world = Arc::clone(&self.world);
            let person = self.person.id.clone();
            let sent = batch.iter().map(|(room, intent)| {
                world.execute(&person, line, (room.as_str(), intent.clone()))
            });
            let answers = join_all(sent).await;
            let mut broken = false;
            for ((room, intent), answer) in batch.into_iter().zip(answers) {
                match answer {
                    Ok(seq) => self.done(&room, seq),
                    Err(Failure::Refused { code }) => {
                        if matches!(code.as_str(), "busy" | "rate_limited" | "shutting_down") {
                            self.again((room, intent));
                        }
                    }
                    Err(Failure::Unknown(_)) => {
                        broken = true;
                        self.again((room, intent));
                    }
                }
            }
            if broken {
                return;
            }
            let pause_us = self.rng.random_range(0..4_000);
            tokio::time::sleep(Duration::from_micros(pause_us)).await;
        }
    }

    fn done(&mut self, room: &str, seq: Option<u64>) {
        if room == self.world.rooms.lively {
            self.own.extend(seq);
            if self.own.len() > OWN_MAX {
                self.own.pop_front();
            }
        }
    }

    /// Posts are sent again, most of the time; the rest is given up and may have happened or not.
    fn again(&mut self, command: (String, Intent)) {
        let is_post = matches!(command.1, Intent::Post { .. });
        if is_post && self.rng.random_bool(0.85) {
            self.unanswered.push_back(command);
        }
    }

    fn next(&mut self) -> (String, Intent) {
        if let Some(command) = self.unanswered.pop_front() {
            return command;
        }
        let rooms = self.world.rooms.clone();
        match self.rng.random_range(0..10) {
            0..4 => (rooms.plain, self.post()),
            4..6 => (rooms.shrinking, self.post()),
            _ => {
                let intent = self.change().unwrap_or_else(|| self.post());
                (rooms.lively, intent)
            }
        }
    }

    fn post(&mut self) -> Intent {
        self.number += 1;
        let client_id = format!("{}-{}", self.person.id, self.number);
        // Now and then something that must be refused: nothing at all.
        let text = if self.rng.random_bool(0.03) {
            " ".to_owned()
        } else {
            let filler = "a longer line to fill the page, ".repeat(self.rng.random_range(0..8));
            // Handles come from the names that the run gave its people.
            let mention = match self.rng.random_range(0..30) {
                number @ 1..=6 => format!("@poster.{number} "),
                _ => String::new(),
            };
            format!("message {} {mention}{filler}end", self.number)
        };
        Intent::Post { client_id, text }
    }

    /// A change of a message of one's own, half of the time.
    fn change(&mut self) -> Option<Intent> {
        let at = self.rng.random_range(0..OWN_MAX);
        let target = self.own.get(at).copied()?;
        self.number += 1;
        match self.rng.random_range(0..20) {
            0..4 => Some(Intent::Edit {
                target,
                text: format!("edited {}", self.number),
            }),
            4..6 => {
                self.own.remove(at);
                Some(Intent::Delete { target })
            }
            6..10 => Some(Intent::React {
                target,
                emoji: "👍".to_owned(),
            }),
            10..12 => Some(Intent::Read { seq: target }),
            _ => None,
        }
    }
}
