//! How long a place with much history takes to be ready, and what it holds in memory then.

use std::path::PathBuf;
use std::time::Duration;

use crate::place::Place;

/// What is measured.
#[derive(Debug)]
pub struct Plan {
    /// The server's binary.
    pub plaza: PathBuf,
    /// A folder in which `data` is the data directory of a place.
    pub directory: PathBuf,
    /// How often it is started.
    pub starts: usize,
}

/// Starts and kills the server again and again, and prints a row for each start: milliseconds from
/// exec to the first `/readyz`, resident memory then and two seconds later.
///
/// # Errors
/// The server does not start, or ends by itself.
pub async fn run(plan: &Plan) -> std::io::Result<()> {
    let mut place = Place::prepare(&plan.plaza, &plan.directory)?;
    let mut waits_ms = Vec::new();
    println!("| start | ready after, ms | resident, MB | 2 s later, MB |\n|---|---|---|---|");
    for start in 1..=plan.starts {
        let wait = place.start().await?;
        let at_once_mb = place.resident_mb()?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let later_mb = place.resident_mb()?;
        place.kill().await?;
        waits_ms.push(wait.as_millis());
        let wait_ms = wait.as_millis();
        println!("| {start} | {wait_ms} | {at_once_mb:.1} | {later_mb:.1} |");
    }
    waits_ms.sort_unstable();
    if let Some(median_ms) = waits_ms.get(waits_ms.len() / 2) {
        println!("median {median_ms} ms");
    }
    Ok(())
}
