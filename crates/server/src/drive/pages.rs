//! Stretches of rooms' logs as clients recover them: read once, however many come at the same time.
//!
//! After a restart everybody misses the same messages. A page stays good until its room commits
//! something; the publisher says so, before anybody hears of the event. A reader that began to
//! listen before then hears the event itself, and one that begins later finds the page gone: so
//! nobody falls between a page and the stream. Holds no right: whoever asks was let in before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base::{RoomId, limits};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};

use crate::door::backend::LogPage;
use crate::problem::Answer;

/// A page older than this is read anew: what an event does not tell, such as a
/// file that the operator removed, is seen then.
const KEPT_MAX: Duration = Duration::from_secs(30);

/// Which page: the room's log after an offset, or before one, at most so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageKey {
    /// The room.
    pub room: RoomId,
    /// The offset that the client knows.
    pub since: Option<u64>,
    /// Backwards from there.
    pub reverse: bool,
    /// At most so many.
    pub limit: usize,
}

type Reading = Shared<BoxFuture<'static, Answer<Arc<LogPage>>>>;

#[derive(Debug)]
struct Kept {
    reading: Reading,
    began: Instant,
}

/// The pages that are being read or were just read. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Pages(Arc<Mutex<HashMap<PageKey, Kept>>>);

impl Pages {
    /// The page: what somebody else is reading or has just read, else what `read` gives.
    ///
    /// # Errors
    /// Those of `read`; an error is never kept.
    pub async fn page<F>(&self, key: PageKey, read: impl FnOnce() -> F) -> Answer<Arc<LogPage>>
    where
        F: Future<Output = Answer<LogPage>> + Send + 'static,
    {
        let reading = self.reading(key, read);
        let outcome = reading.clone().await;
        if outcome.as_ref().is_ok_and(|page| is_small(page)) {
            return outcome;
        }
        let mut kept = self.lock();
        if kept
            .get(&key)
            .is_some_and(|kept| kept.reading.ptr_eq(&reading))
        {
            kept.remove(&key);
        }
        outcome
    }

    /// The room's log has grown: what was read of it is old.
    pub fn forget(&self, room: RoomId) {
        self.lock().retain(|key, _| key.room != room);
    }

    fn reading<F>(&self, key: PageKey, read: impl FnOnce() -> F) -> Reading
    where
        F: Future<Output = Answer<LogPage>> + Send + 'static,
    {
        let mut kept = self.lock();
        if let Some(there) = kept.get(&key)
            && there.began.elapsed() < KEPT_MAX
        {
            return there.reading.clone();
        }
        if kept.len() >= limits::LOG_PAGES_KEPT_MAX {
            kept.retain(|_, kept| kept.began.elapsed() < KEPT_MAX);
        }
        metrics::counter!("plaza_chat_log_reads_total").increment(1);
        let reading = read().map(|page| page.map(Arc::new)).boxed().shared();
        // When even then there is no room, the page is read for this one caller only.
        if kept.len() < limits::LOG_PAGES_KEPT_MAX {
            let began = Instant::now();
            let reading = reading.clone();
            kept.insert(key, Kept { reading, began });
        }
        reading
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PageKey, Kept>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A long page is shared by those who wait for it and not kept for others.
fn is_small(page: &LogPage) -> bool {
    let bytes: usize = page.publications.iter().map(|(_, data)| data.len()).sum();
    bytes <= limits::LOG_PAGE_KEPT_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use crate::problem::Problem;
    use bytes::Bytes;
    use tokio::sync::Notify;

    use super::*;

    fn key(room: u64) -> PageKey {
        PageKey {
            room: RoomId(room),
            since: Some(1),
            reverse: false,
            limit: 10,
        }
    }

    fn page(top: u64, bytes: usize) -> LogPage {
        LogPage {
            epoch: "e".to_owned(),
            top,
            publications: vec![(top, Bytes::from(vec![b'x'; bytes]))],
        }
    }

    #[tokio::test]
    async fn many_who_come_at_once_share_one_reading() {
        let (pages, reads) = (Pages::default(), AtomicU64::new(0));
        let open = Arc::new(Notify::new());
        let come = || {
            pages.page(key(1), || {
                reads.fetch_add(1, Ordering::Relaxed);
                let open = Arc::clone(&open);
                async move {
                    open.notified().await;
                    Ok(page(7, 10))
                }
            })
        };
        let (one, two, ()) = tokio::join!(come(), come(), async { open.notify_one() });
        assert_eq!(one.map(|page| page.top).ok(), Some(7));
        assert_eq!(two.map(|page| page.top).ok(), Some(7));
        assert!(come().await.is_ok());
        assert_eq!(reads.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_page_of_a_room_that_grew_is_read_anew() {
        let pages = Pages::default();
        let read = |top| pages.page(key(1), move || async move { Ok(page(top, 10)) });
        assert_eq!(read(1).await.map(|page| page.top).ok(), Some(1));
        pages.forget(RoomId(2));
        assert_eq!(read(2).await.map(|page| page.top).ok(), Some(1));
        pages.forget(RoomId(1));
        assert_eq!(read(3).await.map(|page| page.top).ok(), Some(3));
    }

    #[tokio::test]
    async fn what_was_being_read_when_the_room_grew_reaches_nobody_who_comes_later() {
        let pages = Pages::default();
        let open = Arc::new(Notify::new());
        let old = pages.page(key(1), || {
            let open = Arc::clone(&open);
            async move {
                open.notified().await;
                Ok(page(1, 10))
            }
        });
        let later = async {
            pages.forget(RoomId(1));
            open.notify_one();
            pages.page(key(1), || async { Ok(page(2, 10)) }).await
        };
        let (old, later) = tokio::join!(old, later);
        assert_eq!(old.map(|page| page.top).ok(), Some(1));
        assert_eq!(later.map(|page| page.top).ok(), Some(2));
        let again = pages.page(key(1), || async { Ok(page(3, 10)) }).await;
        assert_eq!(again.map(|page| page.top).ok(), Some(2));
    }

    #[tokio::test]
    async fn errors_and_long_pages_are_not_kept() {
        let pages = Pages::default();
        let failed = pages.page(key(1), || async { Err(Problem::not_found()) });
        assert!(failed.await.is_err());
        let long = limits::LOG_PAGE_KEPT_BYTES_MAX + 1;
        let read = |top| pages.page(key(1), move || async move { Ok(page(top, long)) });
        assert_eq!(read(1).await.map(|page| page.top).ok(), Some(1));
        assert_eq!(read(2).await.map(|page| page.top).ok(), Some(2));
    }
}
