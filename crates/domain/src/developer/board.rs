//! What is in force at this moment: keys, secrets, bans, revocations and webhooks, in memory.
//!
//! Built once from the store, then kept up by every [`Change`] in the order of the commits. Pure;
//! `server` holds the one board behind a lock. Bounded by what the store lets in.

use core::net::IpAddr;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base::{BanId, KeyId, Network, RevocationId, SecretId, UnixMs, WebhookId};

use super::{ApiKey, Ban, Change, EventKind, Revocation, Revoked, Subject, TokenSecret, Webhook};

/// See the module.
#[derive(Debug, Default)]
pub struct Board {
    keys: HashMap<[u8; 32], ApiKey>,
    secrets: BTreeMap<SecretId, TokenSecret>,
    bans: HashMap<BanId, Ban>,
    banned_users: HashMap<String, BanId>,
    banned_networks: HashMap<Network, BanId>,
    /// How many banned networks there are of each length.
    lengths: BTreeMap<u8, usize>,
    revocations: HashMap<RevocationId, Revocation>,
    revoked_users: HashMap<String, RevocationId>,
    revoked_tokens: HashMap<String, RevocationId>,
    webhooks: BTreeMap<WebhookId, Arc<Webhook>>,
}

impl Board {
    /// Takes a change in.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::MakeKey(key) => {
                self.keys.insert(key.secret_hash, key.clone());
            }
            Change::RevokeKey(id) => self.keys.retain(|_, key| key.id != *id),
            Change::UseKey(id, at) => self.use_key(*id, *at),
            Change::MakeSecret(secret) => {
                self.secrets.insert(secret.id, secret.clone());
            }
            Change::RotateSecret {
                old,
                old_ends_at,
                new,
            } => {
                if let Some(old) = self.secrets.get_mut(old) {
                    old.ends_at = Some(*old_ends_at);
                }
                self.secrets.insert(new.id, new.clone());
            }
            Change::RevokeSecret(id) => {
                self.secrets.remove(id);
            }
            Change::Ban(ban) => self.ban(ban),
            Change::Lift(id) => self.lift(*id),
            Change::Revoke(revocation) => self.revoke(revocation),
            Change::Unrevoke(id) => self.unrevoke(*id),
            Change::PutWebhook(webhook) => {
                self.webhooks.insert(webhook.id, Arc::new(webhook.clone()));
            }
            Change::DeleteWebhook(id) => {
                self.webhooks.remove(id);
            }
        }
    }

    fn use_key(&mut self, id: KeyId, at: UnixMs) {
        if let Some(key) = self.keys.values_mut().find(|key| key.id == id) {
            key.last_used_at = Some(at);
        }
    }

    fn ban(&mut self, ban: &Ban) {
        let before = match &ban.subject {
            Subject::User(user) => self.banned_users.insert(user.clone(), ban.id),
            Subject::Address(network) => {
                let before = self.banned_networks.insert(*network, ban.id);
                if before.is_none() {
                    *self.lengths.entry(network.prefix_bits()).or_default() += 1;
                }
                before
            }
        };
        if let Some(before) = before {
            self.bans.remove(&before);
        }
        self.bans.insert(ban.id, ban.clone());
    }

    fn lift(&mut self, id: BanId) {
        let Some(ban) = self.bans.remove(&id) else {
            return;
        };
        match ban.subject {
            Subject::User(user) => {
                self.banned_users.remove(&user);
            }
            Subject::Address(network) => {
                self.banned_networks.remove(&network);
                if let Some(count) = self.lengths.get_mut(&network.prefix_bits()) {
                    *count -= 1;
                    if *count == 0 {
                        self.lengths.remove(&network.prefix_bits());
                    }
                }
            }
        }
    }

    fn revoke(&mut self, revocation: &Revocation) {
        let before = match &revocation.revoked {
            Revoked::User { user, .. } => self.revoked_users.insert(user.clone(), revocation.id),
            Revoked::Token { jti, .. } => self.revoked_tokens.insert(jti.clone(), revocation.id),
        };
        if let Some(before) = before {
            self.revocations.remove(&before);
        }
        self.revocations.insert(revocation.id, revocation.clone());
    }

    fn unrevoke(&mut self, id: RevocationId) {
        match self.revocations.remove(&id).map(|gone| gone.revoked) {
            Some(Revoked::User { user, .. }) => {
                self.revoked_users.remove(&user);
            }
            Some(Revoked::Token { jti, .. }) => {
                self.revoked_tokens.remove(&jti);
            }
            None => {}
        }
    }

    /// Forgets what has ended by time, so that memory follows what is in force.
    pub fn forget_ended(&mut self, now: UnixMs) {
        let bans: Vec<_> = self.bans.values().filter(|ban| !ban.holds(now)).collect();
        let bans: Vec<_> = bans.iter().map(|ban| ban.id).collect();
        for id in bans {
            self.lift(id);
        }
        let over = self.revocations.values().filter(|it| !it.holds(now));
        let over: Vec<_> = over.map(|it| it.id).collect();
        for id in over {
            self.unrevoke(id);
        }
        self.secrets.retain(|_, secret| secret.holds(now));
    }

    /// Every key.
    pub fn keys(&self) -> impl Iterator<Item = &ApiKey> {
        self.keys.values()
    }

    /// Every ban that is in force.
    pub fn bans(&self, now: UnixMs) -> impl Iterator<Item = &Ban> {
        self.bans.values().filter(move |ban| ban.holds(now))
    }

    /// Every revocation that still means something.
    pub fn revocations(&self, now: UnixMs) -> impl Iterator<Item = &Revocation> {
        self.revocations.values().filter(move |it| it.holds(now))
    }

    /// The key with this SHA-256.
    #[must_use]
    pub fn key(&self, secret_hash: &[u8; 32]) -> Option<&ApiKey> {
        self.keys.get(secret_hash)
    }

    /// The secrets that tokens may be signed with, the newest first.
    pub fn secrets(&self, now: UnixMs) -> impl Iterator<Item = &TokenSecret> {
        self.secrets
            .values()
            .rev()
            .filter(move |secret| secret.holds(now))
    }

    /// The ban that keeps this user or this address out.
    #[must_use]
    pub fn ban_of(&self, now: UnixMs, user: &str, address: IpAddr) -> Option<&Ban> {
        let held = |id: &BanId| self.bans.get(id).filter(|ban| ban.holds(now));
        let by_user = self.banned_users.get(user).and_then(held);
        by_user.or_else(|| {
            self.lengths.keys().find_map(|bits| {
                let network = Network::around(address, *bits)?;
                self.banned_networks.get(&network).and_then(held)
            })
        })
    }

    /// Whether a token is not taken any more: one of this user, issued then, with this id.
    #[must_use]
    pub fn is_revoked(
        &self,
        now: UnixMs,
        user: &str,
        issued_at: Option<UnixMs>,
        jti: Option<&str>,
    ) -> bool {
        let by_user = self.revoked_users.get(user);
        let by_token = jti.and_then(|jti| self.revoked_tokens.get(jti));
        let found = [by_user, by_token].into_iter().flatten();
        found
            .filter_map(|id| self.revocations.get(id))
            .filter(|revocation| revocation.holds(now))
            .any(|revocation| match &revocation.revoked {
                Revoked::User { before, .. } => issued_at.is_none_or(|at| at < *before),
                Revoked::Token { .. } => true,
            })
    }

    /// One secret.
    #[must_use]
    pub fn secret(&self, id: SecretId) -> Option<&TokenSecret> {
        self.secrets.get(&id)
    }

    /// One webhook.
    #[must_use]
    pub fn webhook(&self, id: WebhookId) -> Option<&Arc<Webhook>> {
        self.webhooks.get(&id)
    }

    /// The webhooks, the oldest first.
    pub fn webhooks(&self) -> impl Iterator<Item = &Arc<Webhook>> {
        self.webhooks.values()
    }

    /// Whether any webhook wants to hear of this.
    #[must_use]
    pub fn is_wanted(&self, kind: EventKind, channel: Option<&str>) -> bool {
        self.webhooks.values().any(|hook| hook.wants(kind, channel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::PersonId;

    const NOW: UnixMs = UnixMs(10_000);
    const ADA: PersonId = PersonId(1);

    fn ban(id: u64, subject: Subject, ends_at: Option<UnixMs>) -> Change {
        Change::Ban(Ban {
            id: BanId(id),
            subject,
            reason: String::new(),
            created_at: NOW,
            created_by: ADA,
            ends_at,
        })
    }

    fn network(text: &str) -> Subject {
        Subject::Address(text.parse().unwrap())
    }

    fn is_out(board: &Board, now: UnixMs, user: &str, address: &str) -> bool {
        board.ban_of(now, user, address.parse().unwrap()).is_some()
    }

    #[test]
    fn a_ban_keeps_its_subject_out_until_it_ends_or_is_lifted() {
        let mut board = Board::default();
        board.apply(&ban(
            1,
            Subject::User("mallory".to_owned()),
            Some(UnixMs(20_000)),
        ));
        board.apply(&ban(2, network("203.0.113.0/24"), None));
        board.apply(&ban(3, network("2001:db8::/32"), None));
        assert!(is_out(&board, NOW, "mallory", "8.8.8.8"));
        assert!(!is_out(&board, UnixMs(20_000), "mallory", "8.8.8.8"));
        assert!(is_out(&board, NOW, "", "203.0.113.9"));
        assert!(
            is_out(&board, NOW, "", "::ffff:203.0.113.9"),
            "written another way"
        );
        assert!(is_out(&board, NOW, "", "2001:db8:1::1"));
        assert!(!is_out(&board, NOW, "eve", "203.0.114.1"));
        board.apply(&Change::Lift(BanId(2)));
        assert!(!is_out(&board, NOW, "", "203.0.113.9"));
    }

    #[test]
    fn a_newer_ban_takes_the_place_of_the_old_one() {
        let mut board = Board::default();
        let mallory = || Subject::User("mallory".to_owned());
        board.apply(&ban(1, mallory(), None));
        board.apply(&ban(2, mallory(), Some(UnixMs(11_000))));
        assert!(!is_out(&board, UnixMs(11_000), "mallory", "8.8.8.8"));
        board.apply(&Change::Lift(BanId(1)));
        assert!(
            is_out(&board, NOW, "mallory", "8.8.8.8"),
            "the newer one stands"
        );
        board.forget_ended(UnixMs(11_000));
        assert!(board.bans.is_empty() && board.banned_users.is_empty());
    }

    fn revoke(id: u64, revoked: Revoked) -> Change {
        Change::Revoke(Revocation {
            id: RevocationId(id),
            revoked,
            created_at: NOW,
            created_by: ADA,
        })
    }

    #[test]
    fn tokens_issued_before_a_revocation_are_not_taken() {
        let mut board = Board::default();
        let user = "bob".to_owned();
        board.apply(&revoke(1, Revoked::User { user, before: NOW }));
        assert!(board.is_revoked(NOW, "bob", Some(UnixMs(9_999)), None));
        assert!(
            board.is_revoked(NOW, "bob", None, None),
            "who does not say when is old"
        );
        assert!(!board.is_revoked(NOW, "bob", Some(NOW), None));
        assert!(!board.is_revoked(NOW, "eve", None, None));
        board.apply(&Change::Unrevoke(RevocationId(1)));
        assert!(!board.is_revoked(NOW, "bob", None, None));
    }

    #[test]
    fn one_token_is_revoked_by_its_id_for_as_long_as_it_could_live() {
        let mut board = Board::default();
        let (jti, ends_at) = ("j1".to_owned(), UnixMs(12_000));
        board.apply(&revoke(1, Revoked::Token { jti, ends_at }));
        assert!(board.is_revoked(NOW, "bob", Some(NOW), Some("j1")));
        assert!(!board.is_revoked(NOW, "bob", Some(NOW), Some("j2")));
        assert!(!board.is_revoked(ends_at, "bob", Some(NOW), Some("j1")));
        board.forget_ended(ends_at);
        assert!(board.revocations.is_empty() && board.revoked_tokens.is_empty());
    }
}
