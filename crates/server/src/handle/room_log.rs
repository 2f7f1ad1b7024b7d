//! The log of a room as the doors for connections read it, page by page. Whether the reader may is
//! looked at before.

use base::{RoomId, Seq, limits};

use crate::app::App;
use crate::door::backend::{LogPage, LogQuery};
use crate::problem::{Answer, Problem};
use crate::view;

/// Reads a page, and where the log stands, from one snapshot.
///
/// # Errors
/// `not_found`; the store does not read.
pub(super) async fn page(app: &App, room: RoomId, query: LogQuery) -> Answer<LogPage> {
    let store = &app.store;
    let limit = query.limit.min(limits::RECOVERY_PUBLICATIONS_MAX);
    let since = match (query.reverse, query.since) {
        (false, since) => Seq(since.unwrap_or(0)),
        // The stretch that ends just below (or at the head) is read forwards and turned round.
        (true, since) => {
            let head = store
                .room(room)
                .await?
                .ok_or_else(Problem::not_found)?
                .seq
                .0;
            let end = since.map_or(head, |since| since.saturating_sub(1).min(head));
            Seq(end.saturating_sub(limit as u64))
        }
    };
    let log = store
        .log_since(room, since, limit)
        .await?
        .ok_or_else(Problem::not_found)?;
    let mut events: Vec<_> = log
        .events
        .iter()
        .filter(|event| !query.reverse || query.since.is_none_or(|below| event.seq.0 < below))
        .collect();
    if query.reverse {
        events.reverse();
    }
    // The door drops what is above the bound: nothing behind that is written out for it.
    let mut bytes = 0;
    let publications = events
        .into_iter()
        .map(|event| (event.seq.0, view::json(&view::event::event(event))))
        .take_while(|(_, data)| {
            let wanted = bytes <= limits::RECOVERY_BYTES_MAX;
            bytes += data.len();
            wanted
        })
        .collect();
    Ok(LogPage {
        epoch: log.epoch.to_string(),
        top: log.seq.0,
        publications,
    })
}
