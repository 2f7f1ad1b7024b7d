//! Somebody who listens, and after each break asks for what was missed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::sync::mpsc;

use super::World;
use crate::client::{Failure, Push, Socket};
use crate::event::Event;
use crate::history::{Cursor, Entry};
use crate::people::Person;

/// How long a listener stays after a subscription was ended.
const AFTER_END: Duration = Duration::from_millis(200);

/// One room as this listener follows it.
#[derive(Default)]
struct Following {
    /// Where the listener stands.
    cursor: Option<Cursor>,
    /// The subscription of this connection.
    stream: Option<u64>,
    /// The server does not let the listener in any more.
    is_over: bool,
}

/// What a push was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// Something to write down.
    Delivery,
    /// The end of a subscription.
    Ended,
}

struct Listener {
    world: Arc<World>,
    person: Person,
    rooms: HashMap<String, Following>,
}

/// Listens until the world stops listening.
pub(super) async fn run(world: Arc<World>, person: Person, rooms: Vec<String>, mut rng: StdRng) {
    let rooms = rooms
        .into_iter()
        .map(|room| (room, Following::default()))
        .collect();
    let mut listener = Listener {
        world,
        person,
        rooms,
    };
    while listener.world.is_listening() {
        let (address, token) = (
            listener.world.address.clone(),
            listener.person.token.clone(),
        );
        let connected = Socket::connect(&address, &token).await;
        if let Err(Failure::Refused { code }) = &connected {
            eprintln!("a listener is not let in: {code}");
        }
        if let Ok((socket, pushes)) = connected {
            // Some connections are given up early, so that not only kills make gaps.
            let patience = Duration::from_millis(rng.random_range(100..3_000));
            let patient = !listener.world.is_posting();
            listener
                .follow(&socket, pushes, (!patient).then_some(patience))
                .await;
        }
        listener.close();
        // Those who wait longer miss more; at the end everybody comes at once.
        let longest_ms = if listener.world.is_posting() { 150 } else { 20 };
        tokio::time::sleep(Duration::from_millis(rng.random_range(5..longest_ms))).await;
    }
}

impl Listener {
    async fn follow(
        &mut self,
        socket: &Socket,
        mut pushes: mpsc::UnboundedReceiver<Push>,
        patience: Option<Duration>,
    ) {
        let rooms: Vec<String> = self.rooms.keys().cloned().collect();
        for room in rooms {
            if self.subscribe(socket, &room).await.is_err() {
                return;
            }
        }
        let listening = async {
            while let Some(push) = pushes.recv().await {
                if self.take(push) == Taken::Ended {
                    break;
                }
            }
            // Nothing may come any more in what was ended: listen a little longer to hear it.
            let _ = tokio::time::timeout(AFTER_END, async {
                while let Some(push) = pushes.recv().await {
                    self.take(push);
                }
            })
            .await;
        };
        match patience {
            // Whoever is still impatient when posting stops comes back patient.
            Some(patience) => {
                let _ = tokio::time::timeout(patience, listening).await;
            }
            None => listening.await,
        }
    }

    async fn subscribe(&mut self, socket: &Socket, room: &str) -> Result<(), Failure> {
        let world = Arc::clone(&self.world);
        let Some(following) = self.rooms.get_mut(room) else {
            return Ok(());
        };
        if following.is_over {
            return Ok(());
        }
        let asked = following.cursor.clone();
        let channel = format!("room:{room}");
        let sent_us = world.recorder.now_us();
        let answer = match socket.subscribe(&channel, asked.as_ref()).await {
            Ok(answer) => answer,
            Err(Failure::Refused { code }) if is_outside(&code) => {
                following.is_over = true;
                return Ok(());
            }
            Err(failure) => {
                if let Failure::Refused { code } = &failure {
                    eprintln!("a subscription is refused: {code}");
                }
                return Err(failure);
            }
        };
        let stream = world.recorder.number();
        let (recovered, head) = (answer.recovered, answer.head.clone());
        world.recorder.record(|at_us| Entry::Subscribed {
            at_us,
            sent_us,
            stream,
            person: self.person.id.clone(),
            room: room.to_owned(),
            asked,
            recovered,
            head: head.clone(),
            replayed: answer.publications.len() as u64,
        });
        following.stream = Some(stream);
        if !recovered {
            following.cursor = Some(head);
        }
        for (offset, data) in answer.publications {
            self.delivered(room, offset, data);
        }
        self.stand(room);
        Ok(())
    }

    fn take(&mut self, push: Push) -> Taken {
        match push {
            Push::Publication {
                channel,
                offset,
                data,
            } => {
                if let Some(room) = channel.strip_prefix("room:") {
                    self.delivered(room, offset, data);
                    self.stand(room);
                }
                Taken::Delivery
            }
            Push::Unsubscribed { channel } if channel.starts_with("room:") => Taken::Ended,
            Push::Unsubscribed { .. } => Taken::Delivery,
        }
    }

    fn delivered(&mut self, room: &str, offset: u64, data: Value) {
        let Some(following) = self.rooms.get_mut(room) else {
            return;
        };
        // A delivery without a subscription still counts, under a number that was never opened.
        let stream = following.stream.unwrap_or(0);
        if let Some(cursor) = &mut following.cursor {
            cursor.seq = offset;
        }
        match serde_json::from_value::<Event>(data) {
            Ok(event) => self.world.recorder.record(|at_us| Entry::Delivered {
                at_us,
                stream,
                offset,
                event,
            }),
            Err(error) => eprintln!("a publication of {room} is no event: {error}"),
        }
    }

    /// Tells the world where the subscription stands.
    fn stand(&self, room: &str) {
        let Some(following) = self.rooms.get(room) else {
            return;
        };
        let mut open = self
            .world
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let key = (self.person.id.clone(), room.to_owned());
        match (following.stream, &following.cursor) {
            (Some(stream), Some(cursor)) => open.insert(key, (stream, cursor.seq)),
            (_, _) => open.remove(&key),
        };
    }

    fn close(&mut self) {
        for following in self.rooms.values_mut() {
            following.stream = None;
        }
        let mut open = self
            .world
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.retain(|(person, _), _| *person != self.person.id);
    }
}

fn is_outside(code: &str) -> bool {
    matches!(code, "not_found" | "forbidden")
}
