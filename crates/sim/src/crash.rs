//! The kill loop: people post, edit, react and listen while the server is killed again and again,
//! and afterwards the checker compares what was promised with what is left.
//!
//! The seed decides what the clients do and when the kills come; the machine decides the rest, so
//! a seed makes a run alike, not identical. The history is kept in a file either way.

mod poster;
mod read_back;
mod subscriber;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;

use crate::checker::{Report, check};
use crate::client::{Failure, Line};
use crate::history::{Entry, Intent, Recorder};
use crate::people::{Person, invite, make_room, set_up};
use crate::place::Place;

/// After how many milliseconds a server is killed once it is ready.
const KILL_AFTER_MS: std::ops::RangeInclusive<u64> = 50..=500;
/// How long a subscriber may take to get the last event at the end.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(20);

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server.
    pub plaza: PathBuf,
    /// How often it is killed.
    pub rounds: u64,
    /// What decides.
    pub seed: u64,
    /// Where the data, the log and the history lie.
    pub directory: PathBuf,
}

/// Why a run came to no judgement.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server could not be started or killed, or a file not be written.
    #[error(transparent)]
    World(#[from] std::io::Error),
    /// The place could not be set up or read back.
    #[error("{0}: {1}")]
    Place(&'static str, Failure),
}

/// The rooms, by what happens in them.
#[derive(Debug, Clone)]
struct Rooms {
    /// Posts only: here every number must be a message.
    plain: String,
    /// Posts, edits, deletions, reactions, read marks.
    lively: String,
    /// Posts, and now and then somebody is taken out.
    shrinking: String,
}

impl Rooms {
    fn all(&self) -> [&String; 3] {
        [&self.plain, &self.lively, &self.shrinking]
    }
}

/// What all clients of a run share.
#[derive(Debug)]
struct World {
    address: String,
    recorder: Recorder,
    rooms: Rooms,
    posting: AtomicBool,
    listening: AtomicBool,
    /// How often the server was started.
    round: AtomicU64,
    /// For each person and room, the open subscription and where it stands.
    open: Mutex<HashMap<(String, String), (u64, u64)>>,
}

impl World {
    fn is_posting(&self) -> bool {
        self.posting.load(Ordering::Relaxed)
    }

    fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }

    fn open(&self) -> HashMap<(String, String), (u64, u64)> {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Carries out a command and writes down how it went.
    async fn execute(
        &self,
        person: &str,
        line: &Line,
        (room, intent): (&str, Intent),
    ) -> Result<Option<u64>, Failure> {
        let op = self.recorder.number();
        self.recorder.record(|at_us| Entry::Invoke {
            at_us,
            op,
            person: person.to_owned(),
            room: room.to_owned(),
            intent: intent.clone(),
        });
        match line.execute(room, &intent).await {
            Ok(done) => {
                let seq = done.seq;
                self.recorder.record(|at_us| Entry::Ok {
                    at_us,
                    op,
                    seq,
                    epoch: done.epoch,
                });
                Ok(seq)
            }
            Err(Failure::Refused { code }) => {
                let told = code.clone();
                self.recorder.record(|at_us| Entry::Refused {
                    at_us,
                    op,
                    code: told,
                });
                Err(Failure::Refused { code })
            }
            Err(Failure::Unknown(reason)) => {
                self.recorder.record(|at_us| Entry::Unknown { at_us, op });
                Err(Failure::Unknown(reason))
            }
        }
    }
}

/// Everybody in a run.
struct Cast {
    owner: Person,
    posters: Vec<Person>,
    listeners: Vec<Person>,
    visitors: Vec<Person>,
}

impl Cast {
    fn everybody(&self) -> impl Iterator<Item = &Person> {
        let rest = self
            .posters
            .iter()
            .chain(&self.listeners)
            .chain(&self.visitors);
        std::iter::once(&self.owner).chain(rest)
    }
}

/// Runs the plan and judges the history.
///
/// # Errors
/// [`Error`] when there is nothing to judge.
pub async fn run(plan: &Plan) -> Result<Report, Error> {
    let mut rng = StdRng::seed_from_u64(plan.seed);
    let mut place = Place::prepare(&plan.plaza, &plan.directory)?;
    place.start().await?;
    let (cast, rooms) = people_the_place(place.address()).await?;
    let world = Arc::new(World {
        address: place.address().to_owned(),
        recorder: Recorder::create(&plan.directory.join("history.jsonl"))?,
        rooms,
        posting: AtomicBool::new(true),
        listening: AtomicBool::new(true),
        round: AtomicU64::new(0),
        open: Mutex::new(HashMap::new()),
    });
    let mut listeners = JoinSet::new();
    for (person, rooms) in listening(&cast, &world.rooms) {
        let rng = StdRng::seed_from_u64(rng.random());
        listeners.spawn(subscriber::run(Arc::clone(&world), person, rooms, rng));
    }
    let mut posters = JoinSet::new();
    for (at, person) in cast.posters.iter().enumerate() {
        let rng = StdRng::seed_from_u64(rng.random());
        let way = if at % 3 == 2 {
            poster::Way::Rest
        } else {
            poster::Way::Socket
        };
        posters.spawn(poster::run(Arc::clone(&world), person.clone(), way, rng));
    }
    kill_again_and_again(plan, &mut place, (&world, &cast), &mut rng).await?;
    world.posting.store(false, Ordering::Relaxed);
    while posters.join_next().await.is_some() {}
    wait_for_listeners(&world, &cast).await?;
    read_back::finish(&world, &cast)
        .await
        .map_err(|error| Error::Place("read back", error))?;
    world.listening.store(false, Ordering::Relaxed);
    listeners.shutdown().await;
    place.kill().await?;
    Ok(check(&world.recorder.finish()?))
}

async fn people_the_place(address: &str) -> Result<(Cast, Rooms), Error> {
    let failed = |what| move |error| Error::Place(what, error);
    let (owner, _) = set_up(address, "Olga", "a long river walk")
        .await
        .map_err(failed("set up"))?;
    let names: Vec<String> = ["poster", "listener", "visitor"]
        .iter()
        .zip([6, 3, 4])
        .flat_map(|(kind, count)| (1..=count).map(move |number| format!("{kind} {number}")))
        .collect();
    let mut people = invite(address, &owner, &names)
        .await
        .map_err(failed("invite"))?;
    let visitors = people.split_off(9);
    let listeners = people.split_off(6);
    let cast = Cast {
        owner,
        posters: people,
        listeners,
        visitors,
    };
    let members: Vec<_> = cast.everybody().skip(1).collect();
    let make = |kind, name| make_room(&cast.owner, kind, name, &members);
    let rooms = Rooms {
        plain: make("open", "plain").await.map_err(failed("make a room"))?,
        lively: make("closed", "lively")
            .await
            .map_err(failed("make a room"))?,
        shrinking: make("closed", "shrinking")
            .await
            .map_err(failed("make a room"))?,
    };
    Ok((cast, rooms))
}

/// Who listens where: listeners everywhere, visitors where people are taken out.
fn listening(cast: &Cast, rooms: &Rooms) -> Vec<(Person, Vec<String>)> {
    let all: Vec<String> = rooms.all().into_iter().cloned().collect();
    let listeners = cast
        .listeners
        .iter()
        .map(|person| (person.clone(), all.clone()));
    let shrinking = vec![rooms.shrinking.clone()];
    let visitors = cast
        .visitors
        .iter()
        .map(|person| (person.clone(), shrinking.clone()));
    listeners.chain(visitors).collect()
}

async fn kill_again_and_again(
    plan: &Plan,
    place: &mut Place,
    (world, cast): (&Arc<World>, &Cast),
    rng: &mut StdRng,
) -> Result<(), Error> {
    for round in 1..=plan.rounds {
        let life = Duration::from_millis(rng.random_range(KILL_AFTER_MS));
        let pages = read_back::pages(world, &cast.owner);
        let removal = remove_a_visitor(world, cast, (round, plan.rounds));
        // Reading and removing go on beside the others and are cut off with them.
        let _ = tokio::time::timeout(life, async {
            tokio::join!(pages, removal);
            std::future::pending::<()>().await;
        })
        .await;
        place.kill().await?;
        world
            .recorder
            .record(|at_us| Entry::Killed { at_us, round });
        let took = place.start().await?;
        world.round.store(round, Ordering::Relaxed);
        if round % 10 == 0 || round == plan.rounds {
            eprintln!("round {round} of {}, ready again in {took:?}", plan.rounds);
        }
    }
    Ok(())
}

/// Spread over the run, each visitor is taken out once: tried in every round from theirs on, since
/// a kill may come in between.
async fn remove_a_visitor(world: &World, cast: &Cast, (round, rounds): (u64, u64)) {
    let line = Line::Rest(cast.owner.rest.clone());
    let share = (rounds / (cast.visitors.len() as u64 + 1)).max(1);
    let due = usize::try_from(round / share).unwrap_or(usize::MAX);
    for visitor in cast.visitors.iter().take(due) {
        let intent = Intent::Remove {
            user: visitor.id.clone(),
        };
        let room = world.rooms.shrinking.as_str();
        if world
            .execute(&cast.owner.id, &line, (room, intent))
            .await
            .is_err()
        {
            return;
        }
    }
}

/// Waits until every open subscription stands at its room's head, or gives up: then the checker
/// will say which does not.
async fn wait_for_listeners(world: &World, cast: &Cast) -> Result<(), Error> {
    let waiting = async {
        loop {
            let mut heads = HashMap::new();
            for room in world.rooms.all() {
                let head = read_back::head(&cast.owner, room).await?;
                heads.insert(room.clone(), head.seq);
            }
            let open = world.open();
            let everybody = cast.listeners.iter().all(|person| {
                world.rooms.all().into_iter().all(|room| {
                    let stands = open.get(&(person.id.clone(), room.clone()));
                    stands.is_some_and(|(_, seq)| heads.get(room) == Some(seq))
                })
            });
            if everybody {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(CATCH_UP_WITHIN, waiting).await {
        Ok(Err(error)) => Err(Error::Place("read the heads", error)),
        Ok(Ok(())) => Ok(()),
        Err(_) => {
            eprintln!("not every listener caught up in {CATCH_UP_WITHIN:?}");
            Ok(())
        }
    }
}
