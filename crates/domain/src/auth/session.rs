//! Browser sessions.

use base::{Code, PersonId, SessionId, UnixMs, limits};

use super::name::one_line;
use super::{Actor, Person};
use crate::Refusal;

/// A login of one browser. The secret itself is only in the browser's cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id by which its owner sees and ends it.
    pub id: SessionId,
    /// SHA-256 of the secret in the cookie.
    pub secret_hash: [u8; 32],
    /// Whose it is.
    pub person: PersonId,
    /// When they logged in.
    pub created_at: UnixMs,
    /// When it was last used (kept to the hour, so that reading does not write).
    pub last_seen_at: UnixMs,
    /// When it ends unless it is used.
    pub expires_at: UnixMs,
    /// The browser as it names itself, cut to 200 characters.
    pub user_agent: String,
    /// The address it logged in from.
    pub address: String,
}

/// A session is written again at most this often, in milliseconds.
const TOUCH_MS: u64 = 3600 * 1000;
const USER_AGENT_CHARS_MAX: usize = 200;

impl Session {
    /// Whether it still lets in.
    #[must_use]
    pub fn is_alive(&self, now: UnixMs) -> bool {
        now < self.expires_at
    }

    /// The session as it is to be stored now that it was used; none within the hour after it was
    /// stored last.
    #[must_use]
    pub fn touched(&self, now: UnixMs) -> Option<Self> {
        (now.since_ms(self.last_seen_at) >= TOUCH_MS).then(|| Self {
            last_seen_at: now,
            expires_at: now.plus_ms(limits::SESSION_LIFE_MS),
            ..self.clone()
        })
    }
}

/// What the shell brings for a new session: its id, the hash of its secret, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// The new id.
    pub id: SessionId,
    /// SHA-256 of the new secret.
    pub secret_hash: [u8; 32],
    /// The browser as it names itself.
    pub user_agent: &'a str,
    /// The address it comes from.
    pub address: &'a str,
}

/// Decides a new session for somebody whose password fits.
///
/// # Errors
/// `wrong_password` for a locked account, so that nobody learns that it is there.
pub fn begin(now: UnixMs, person: &Person, login: Login<'_>) -> Result<Session, Refusal> {
    if person.deactivated_at.is_some() {
        return Err(wrong_password());
    }
    let shown: String = login
        .user_agent
        .chars()
        .take(4 * USER_AGENT_CHARS_MAX)
        .collect();
    Ok(Session {
        id: login.id,
        secret_hash: login.secret_hash,
        person: person.id,
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus_ms(limits::SESSION_LIFE_MS),
        user_agent: one_line(&shown)
            .chars()
            .take(USER_AGENT_CHARS_MAX)
            .collect(),
        address: one_line(login.address).chars().take(64).collect(),
    })
}

/// Decides who acts behind a session or a token.
///
/// # Errors
/// `unauthenticated` for one that is unknown or ended, and for a locked account.
pub fn actor(now: UnixMs, session: Option<&Session>, person: &Person) -> Result<Actor, Refusal> {
    let alive = session.is_none_or(|session| session.is_alive(now) && session.person == person.id);
    if alive && person.deactivated_at.is_none() {
        Ok(Actor::from(person))
    } else {
        Err(Refusal::new(
            Code::Unauthenticated,
            "You are logged out. Log in again.",
        ))
    }
}

/// The one refusal of every failed login: it does not tell whether the name or the password was
/// wrong.
#[must_use]
pub fn wrong_password() -> Refusal {
    Refusal::new(
        Code::WrongPassword,
        "The name or the password does not fit.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Role;

    const NOW: UnixMs = UnixMs(1_800_000_000_000);

    fn person() -> Person {
        Person {
            id: PersonId(1),
            name: "lin".into(),
            display_name: "Lin".into(),
            role: Role::Member,
            avatar: None,
            password_hash: None,
            locale: "zh".into(),
            created_at: UnixMs(1),
            deactivated_at: None,
        }
    }

    fn session() -> Session {
        let user_agent = format!("Browser\n\u{1b}[31m{}", "x".repeat(900));
        let login = Login {
            id: SessionId(5),
            secret_hash: [7; 32],
            user_agent: &user_agent,
            address: "192.0.2.1",
        };
        begin(NOW, &person(), login).unwrap()
    }

    #[test]
    fn a_session_ends_sixty_days_after_it_was_last_used() {
        let session = session();
        assert!(session.is_alive(NOW.plus_ms(limits::SESSION_LIFE_MS - 1)));
        assert!(!session.is_alive(NOW.plus_ms(limits::SESSION_LIFE_MS)));
        let later = NOW.plus_ms(TOUCH_MS);
        let touched = session.touched(later).unwrap();
        assert_eq!(touched.last_seen_at, later);
        assert!(touched.is_alive(NOW.plus_ms(limits::SESSION_LIFE_MS)));
    }

    #[test]
    fn a_session_is_written_once_an_hour() {
        let session = session();
        assert_eq!(session.touched(NOW.plus_ms(TOUCH_MS - 1)), None);
        assert!(session.touched(NOW.plus_ms(TOUCH_MS)).is_some());
        assert_eq!(session.touched(UnixMs(0)), None);
    }

    #[test]
    fn what_a_browser_calls_itself_is_cleaned_and_cut() {
        let session = session();
        assert_eq!(session.user_agent.chars().count(), USER_AGENT_CHARS_MAX);
        assert!(session.user_agent.starts_with("Browser [31mx"));
    }

    #[test]
    fn a_locked_account_neither_begins_nor_keeps_a_session() {
        let locked = Person {
            deactivated_at: Some(NOW),
            ..person()
        };
        let login = Login {
            id: SessionId(5),
            secret_hash: [7; 32],
            user_agent: "",
            address: "",
        };
        assert_eq!(begin(NOW, &locked, login).unwrap_err(), wrong_password());
        let refusal = actor(NOW, Some(&session()), &locked).unwrap_err();
        assert_eq!(refusal.code, Code::Unauthenticated);
    }

    #[test]
    fn an_ended_or_foreign_session_is_nobody() {
        let (session, lin) = (session(), person());
        assert_eq!(actor(NOW, Some(&session), &lin).unwrap(), Actor::from(&lin));
        assert_eq!(actor(NOW, None, &lin).unwrap(), Actor::from(&lin));
        let ended = actor(session.expires_at, Some(&session), &lin).unwrap_err();
        assert_eq!(ended.code, Code::Unauthenticated);
        let other = Person {
            id: PersonId(2),
            ..lin
        };
        assert!(actor(NOW, Some(&session), &other).is_err());
    }
}
