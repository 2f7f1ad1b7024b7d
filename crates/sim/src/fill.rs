//! Fills a running place with people, rooms and talk, over the same REST that everybody uses: for
//! looking at large rooms, and for pictures.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{Failure, Line, Rest};
use crate::history::Intent;
use crate::people::{Person, invite, log_in, make_room, set_up};
use crate::talk;

/// What to fill in.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Host and port of the place.
    pub address: String,
    /// Who owns it: logs in, or sets the place up when it is new.
    pub owner: String,
    /// The owner's password.
    pub password: String,
    /// How many messages in all.
    pub messages: usize,
    /// In how many rooms.
    pub rooms: usize,
    /// How many people talk.
    pub people: usize,
    /// What decides who says what.
    pub seed: u64,
}

/// Fills the place. The first room gets half of all messages.
///
/// # Errors
/// [`Failure`].
pub async fn run(plan: &Plan) -> Result<(), Failure> {
    let asking = Rest::with_cookies(&plan.address).map_err(Failure::unknown)?;
    let place = asking.read("/place").await?;
    let is_set_up = place
        .get("set_up")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let owner = if is_set_up {
        log_in(&plan.address, &plan.owner, &plan.password).await?
    } else {
        set_up(&plan.address, &plan.owner, &plan.password).await?.0
    };
    let names: Vec<_> = (0..plan.people).map(name).collect();
    let people = invite(&plan.address, &owner, &names).await?;
    let mut rooms = JoinSet::new();
    for (number, share) in shares(plan).into_iter().enumerate() {
        let mut speakers = people.clone();
        speakers.push(owner.clone());
        let room = room(&owner, number, &people).await?;
        let rng = StdRng::seed_from_u64(plan.seed.wrapping_add(number as u64));
        rooms.spawn(async move { talk_in(&room, &speakers, share, rng).await });
    }
    while let Some(done) = rooms.join_next().await {
        done.map_err(Failure::unknown)??;
    }
    Ok(())
}

fn name(number: usize) -> String {
    let count = talk::NAMES.len();
    let name = talk::NAMES
        .get(number % count)
        .copied()
        .unwrap_or("Somebody");
    if number < count {
        name.to_owned()
    } else {
        format!("{name} {}", number / count + 1)
    }
}

/// How many messages each room gets.
fn shares(plan: &Plan) -> Vec<usize> {
    let others = plan.rooms.saturating_sub(1);
    let each = (plan.messages / 2).checked_div(others).unwrap_or(0);
    let first = plan.messages - each * others;
    std::iter::once(first)
        .chain(std::iter::repeat_n(each, others))
        .take(plan.rooms)
        .collect()
}

async fn room(owner: &Person, number: usize, people: &[Person]) -> Result<String, Failure> {
    let count = talk::ROOMS.len();
    let (name, topic) = talk::ROOMS
        .get(number % count)
        .copied()
        .unwrap_or(("room", ""));
    let name = if number < count {
        name.to_owned()
    } else {
        format!("{name} {}", number / count + 1)
    };
    let (first, more) = people.split_at(people.len().min(100));
    let room = make_room(owner, "open", &name, &first.iter().collect::<Vec<_>>()).await?;
    for some in more.chunks(100) {
        let users: Vec<_> = some.iter().map(|person| &person.id).collect();
        let body = json!({ "users": users });
        owner
            .rest
            .call(Method::POST, &format!("/rooms/{room}/members"), Some(&body))
            .await?;
    }
    let body = json!({ "topic": topic });
    owner
        .rest
        .call(Method::PATCH, &format!("/rooms/{room}"), Some(&body))
        .await?;
    Ok(room)
}

/// One after the other, as people take turns; several rooms talk side by side.
async fn talk_in(
    room: &str,
    speakers: &[Person],
    messages: usize,
    mut rng: StdRng,
) -> Result<(), Failure> {
    let mut recent: Vec<u64> = Vec::new();
    let mut speaker = 0;
    for _ in 0..messages {
        // The same person often says two things in a row.
        if rng.random_bool(0.7) {
            speaker = rng.random_range(0..speakers.len().max(1));
        }
        let Some(person) = speakers.get(speaker) else {
            return Ok(());
        };
        let at = rng.random_range(0..12);
        let answered = recent
            .len()
            .checked_sub(at + 1)
            .and_then(|at| recent.get(at))
            .copied();
        let mut body = json!({ "text": talk::line(&mut rng) });
        if let Some(seq) = answered.filter(|_| rng.random_bool(0.08)) {
            body["reply_to"] = json!(seq);
        }
        let seq = post(person, room, &body).await?;
        recent.extend(seq);
        if let Some(target) = answered.filter(|_| rng.random_bool(0.06)) {
            let line = Line::Rest(person.rest.clone());
            let intent = Intent::React {
                target,
                emoji: talk::emoji(&mut rng).to_owned(),
            };
            // A reaction more or less does not matter.
            let _ = line.execute(room, &intent).await;
        }
    }
    Ok(())
}

/// Posts, and waits where the place asks for it.
async fn post(person: &Person, room: &str, body: &Value) -> Result<Option<u64>, Failure> {
    let path = format!("/rooms/{room}/messages");
    loop {
        match person.rest.call(Method::POST, &path, Some(body)).await {
            Ok(answer) => return Ok(answer.pointer("/event/seq").and_then(Value::as_u64)),
            Err(Failure::Refused { code }) if matches!(code.as_str(), "rate_limited" | "busy") => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_goes_to_some_room() {
        for (messages, rooms) in [(0, 1), (10, 1), (1_000, 3), (7, 5), (100_000, 12)] {
            let plan = Plan {
                address: String::new(),
                owner: String::new(),
                password: String::new(),
                messages,
                rooms,
                people: 1,
                seed: 1,
            };
            let shares = shares(&plan);
            assert_eq!(
                (shares.iter().sum::<usize>(), shares.len()),
                (messages, rooms)
            );
        }
    }

    #[test]
    fn talk_is_the_same_for_the_same_seed_and_never_empty() {
        let say = || {
            let mut rng = StdRng::seed_from_u64(3);
            (0..500).map(|_| talk::line(&mut rng)).collect::<Vec<_>>()
        };
        assert_eq!(say(), say());
        assert!(
            say()
                .iter()
                .all(|line| !line.trim().is_empty() && line.chars().count() < 1_000)
        );
    }
}
