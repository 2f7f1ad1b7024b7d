//! What was answered to calls with an idempotency key, so that a second one of the same key gets
//! the first answer and changes nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use base::UnixMs;
use base::limits::{API_KEY_REMEMBERED_MS, API_KEYS_REMEMBERED_MAX};

/// Channel and key.
type Which = (String, String);

/// The answers of the last minutes; the oldest go first when there are too many.
#[derive(Debug)]
pub(crate) struct Remembered<A>(Mutex<Answers<A>>);

impl<A> Default for Remembered<A> {
    fn default() -> Self {
        Self(Mutex::new(Answers {
            by_key: HashMap::new(),
            order: VecDeque::new(),
        }))
    }
}

#[derive(Debug)]
struct Answers<A> {
    by_key: HashMap<Which, A>,
    order: VecDeque<(UnixMs, Which)>,
}

impl<A: Clone> Remembered<A> {
    /// Does it unless it was done before. An empty key is none. Two calls of one key at a time do
    /// it once: it does not wait.
    ///
    /// # Errors
    /// Those of `change`, which are not remembered.
    pub(super) fn once<E>(
        &self,
        now: UnixMs,
        (channel, key): (&str, &str),
        change: impl FnOnce() -> Result<A, E>,
    ) -> Result<A, E> {
        if key.is_empty() {
            return change();
        }
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.forget(now);
        let which = (channel.to_owned(), key.to_owned());
        if let Some(answer) = answers.by_key.get(&which) {
            return Ok(answer.clone());
        }
        let answer = change()?;
        answers.by_key.insert(which.clone(), answer.clone());
        answers.order.push_back((now, which));
        Ok(answer)
    }
}

impl<A> Answers<A> {
    fn forget(&mut self, now: UnixMs) {
        let is_over = |at: UnixMs| now.0.saturating_sub(at.0) > API_KEY_REMEMBERED_MS;
        while let Some((at, _)) = self.order.front()
            && (is_over(*at) || self.order.len() >= API_KEYS_REMEMBERED_MAX)
        {
            if let Some((_, which)) = self.order.pop_front() {
                self.by_key.remove(&which);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::hub::Position;

    use super::*;

    fn position(top: u64) -> Option<Position> {
        let epoch = "e".into();
        Some(Position { epoch, top })
    }

    #[test]
    fn the_same_key_publishes_once_until_it_is_forgotten() {
        let remembered = Remembered::default();
        let mut count = 0;
        let mut publish = |now, channel, key| {
            let done = remembered.once(UnixMs(now), (channel, key), || {
                count += 1;
                Ok::<_, ()>(position(count))
            });
            done.unwrap()
        };
        assert_eq!(publish(0, "a", "k"), position(1));
        assert_eq!(publish(1, "a", "k"), position(1));
        assert_eq!(publish(2, "b", "k"), position(2));
        assert_eq!(publish(3, "a", ""), position(3));
        assert_eq!(publish(4, "a", ""), position(4));
        assert_eq!(publish(API_KEY_REMEMBERED_MS + 1, "a", "k"), position(5));
    }

    #[test]
    fn what_failed_is_tried_again() {
        let remembered = Remembered::default();
        assert!(remembered.once(UnixMs(0), ("a", "k"), || Err(())).is_err());
        let again = remembered.once(UnixMs(0), ("a", "k"), || Ok::<_, ()>(position(1)));
        assert_eq!(again, Ok(position(1)));
    }

    #[test]
    fn no_more_keys_are_held_than_the_limit() {
        let remembered = Remembered::<Option<Position>>::default();
        for n in 0..API_KEYS_REMEMBERED_MAX + 10 {
            let key = n.to_string();
            let done = remembered.once(UnixMs(0), ("a", &key), || Ok::<_, ()>(None));
            assert_eq!(done, Ok(None));
        }
        let answers = remembered.0.lock().unwrap();
        assert!(answers.by_key.len() <= API_KEYS_REMEMBERED_MAX);
        assert_eq!(answers.by_key.len(), answers.order.len());
    }
}
