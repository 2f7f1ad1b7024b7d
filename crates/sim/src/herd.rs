//! A restart with everybody waiting outside: how long until the last client has what it missed?
//!
//! Takes a cursor, posts some messages, kills the server and starts it again; then all clients come
//! at once and recover from the cursor. Each must get exactly what it missed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::client::{Failure, Socket};
use crate::history::Cursor;
use crate::people::{Person, invite, make_room, set_up};
use crate::place::Place;

/// People behind the clients; each comes with many connections.
const PEOPLE: usize = 20;
/// A client that is turned away or cut off tries again, this often at most.
const TRIES_MAX: usize = 20;

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server.
    pub plaza: PathBuf,
    /// How many clients come.
    pub clients: usize,
    /// How many messages each of them missed.
    pub missed: u64,
    /// Where the data lies.
    pub directory: PathBuf,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server.
    #[error(transparent)]
    World(#[from] std::io::Error),
    /// The place.
    #[error(transparent)]
    Place(#[from] Failure),
}

/// How it went for one client.
struct Arrival {
    took: Duration,
    tries: usize,
    is_exact: bool,
}

/// Runs the herd and prints how long it took. Tells whether everybody got exactly what they missed.
///
/// # Errors
/// [`Error`].
pub async fn run(plan: &Plan) -> Result<bool, Error> {
    let mut place = Place::prepare(&plan.plaza, &plan.directory)?;
    place.start().await?;
    let (owner, _) = set_up(place.address(), "Olga", "a long river walk").await?;
    let names: Vec<_> = (1..=PEOPLE)
        .map(|number| format!("Member {number}"))
        .collect();
    let people = invite(place.address(), &owner, &names).await?;
    let members: Vec<&Person> = people.iter().collect();
    let room = make_room(&owner, "open", "square", &members).await?;
    let (socket, _) = Socket::connect(place.address(), &owner.token).await?;
    let cursor = socket.subscribe(&format!("room:{room}"), None).await?.head;
    for number in 0..plan.missed {
        let data = json!({ "room": room, "text": format!("missed {number}"),
            "client_id": format!("missed-{number}") });
        socket.rpc("post", &data).await?;
    }
    place.kill().await?;
    let ready = place.start().await?;
    println!(
        "ready again in {ready:?}; {} clients come at once",
        plan.clients
    );
    let began = Instant::now();
    let arrivals = herd(plan, place.address(), (&people, &room), &cursor).await?;
    println!("all caught up in {:.2?}", began.elapsed());
    place.kill().await?;
    Ok(tell(arrivals))
}

async fn herd(
    plan: &Plan,
    address: &str,
    (people, room): (&[Person], &str),
    cursor: &Cursor,
) -> Result<Vec<Arrival>, Error> {
    let mut clients = JoinSet::new();
    // Everybody stays until the last one is served, as real clients do.
    let last = Arc::new(Barrier::new(plan.clients));
    for person in people.iter().cycle().take(plan.clients) {
        let (address, token) = (address.to_owned(), person.token.clone());
        let (channel, cursor) = (format!("room:{room}"), cursor.clone());
        let (missed, last) = (plan.missed, Arc::clone(&last));
        clients.spawn(async move {
            let began = Instant::now();
            let mut tries = 0;
            let came = loop {
                tries += 1;
                match come(&address, &token, (&channel, &cursor)).await {
                    Ok(came) => break Some(came),
                    Err(_) if tries < TRIES_MAX => {
                        tokio::time::sleep(Duration::from_millis(50 * tries as u64)).await;
                    }
                    Err(_) => break None,
                }
            };
            let took = began.elapsed();
            last.wait().await;
            let wanted: Vec<u64> = (cursor.seq + 1..=cursor.seq + missed).collect();
            let is_exact = came.is_some_and(|(_socket, offsets)| offsets == wanted);
            Arrival {
                took,
                tries,
                is_exact,
            }
        });
    }
    let mut arrivals = Vec::new();
    while let Some(arrival) = clients.join_next().await {
        arrivals.push(arrival.map_err(std::io::Error::other)?);
    }
    Ok(arrivals)
}

/// Comes and recovers. The connection is handed out so that it stays open.
async fn come(
    address: &str,
    token: &str,
    (channel, cursor): (&str, &Cursor),
) -> Result<(Socket, Vec<u64>), Failure> {
    let (socket, _) = Socket::connect(address, token).await?;
    let answer = socket.subscribe(channel, Some(cursor)).await?;
    let offsets = answer
        .publications
        .iter()
        .map(|(offset, _)| *offset)
        .collect();
    Ok((
        socket,
        if answer.recovered {
            offsets
        } else {
            Vec::new()
        },
    ))
}

fn tell(mut arrivals: Vec<Arrival>) -> bool {
    arrivals.sort_unstable_by_key(|arrival| arrival.took);
    let at = |share: f64| {
        let position = (arrivals.len() as f64 * share) as usize;
        arrivals
            .get(position.min(arrivals.len().saturating_sub(1)))
            .map(|arrival| arrival.took)
    };
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("last", 1.0)] {
        println!("{name:5} {:.2?}", at(share).unwrap_or_default());
    }
    let again: usize = arrivals.iter().map(|arrival| arrival.tries - 1).sum();
    let wrong = arrivals.iter().filter(|arrival| !arrival.is_exact).count();
    println!("{again} further tries, {wrong} clients without exactly what they missed");
    wrong == 0
}
