//! From polling to a WebSocket: the socket's own connection until it has proved itself.

use wire::engineio::{self, Packet, Probe as Step};

use super::Session;
use super::session::Probe;
use crate::door::Dialect;
use crate::drive::hub::framing::Message;
use crate::drive::hub::link::{Closing, LinkId};
use crate::drive::hub::shard::Shard;

fn probe(shard: &mut Shard, id: LinkId) -> Option<&mut Probe> {
    match shard.dialect(id)? {
        Dialect::SocketIo(session) => match &mut **session {
            Session::Probe(probe) => Some(probe),
            Session::Main(_) => None,
        },
        Dialect::Centrifugo(_) | Dialect::Plain(_) | Dialect::LiveKit(_) => None,
    }
}

/// Whether this is the WebSocket of an upgrade that came to nothing.
pub(super) fn is_late(shard: &mut Shard, id: LinkId, now_ms: u64) -> bool {
    probe(shard, id).is_some_and(|probe| probe.until_ms <= now_ms)
}

/// A WebSocket came with the id of a session. The session notices nothing yet.
pub(super) fn begin(shard: &mut Shard, id: LinkId) {
    let Some(address) = probe(shard, id).map(|probe| probe.address) else {
        return;
    };
    let now_ms = shard.now_ms();
    let to = shard.find(&address);
    let before = to.and_then(|to| shard.main(to)?.probe);
    let stale = before.is_some_and(|before| shard.dialect(before).is_none());
    let may = to.and_then(|to| shard.main(to)).is_some_and(|main| {
        if stale {
            main.engine.upgrade_failed();
        }
        let may = main.engine.begin_upgrade(now_ms);
        if may {
            main.probe = Some(id);
        }
        may
    });
    match (to, probe(shard, id)) {
        (Some(to), Some(probe)) if may => {
            probe.to = Some(to);
            shard.reschedule(to);
        }
        _ => shard.close(id, Closing::DONE),
    }
}

/// Takes a message of such a WebSocket.
pub(super) fn received(shard: &mut Shard, id: LinkId, message: Message<'_>) {
    let Some(to) = probe(shard, id).and_then(|probe| probe.to) else {
        return shard.close(id, Closing::DONE);
    };
    let packet = match message {
        Message::Text(text) => Packet::from_text(text).ok(),
        Message::Binary(_) => None,
        Message::Pong => return,
    };
    let now_ms = shard.now_ms();
    let step = match (packet, shard.main(to)) {
        (Some(packet), Some(main)) => main.engine.probe(now_ms, &packet),
        (None, Some(main)) => {
            main.engine.upgrade_failed();
            Step::Failed
        }
        (_, None) => Step::Failed,
    };
    match step {
        Step::Answer => {
            shard.packet(id, &engineio::Session::PROBED);
            // The poll that waits is let go of, so that the client can stop polling.
            super::due(shard, to, now_ms);
            shard.reschedule(to);
        }
        Step::Upgraded => upgraded(shard, id, to),
        Step::Failed => {
            if let Some(main) = shard.main(to) {
                main.probe = None;
            }
            shard.close(id, Closing::DONE);
        }
    }
}

/// The session goes on over the socket, with what had not been polled yet.
fn upgraded(shard: &mut Shard, id: LinkId, to: LinkId) {
    if let Some(main) = shard.main(to) {
        main.probe = None;
    }
    match shard.take_over(id, to) {
        Some(waiting) => {
            for frames in waiting {
                shard.enqueue(to, &frames);
            }
            shard.reschedule(to);
        }
        // It said that it is on a WebSocket and has none.
        None => {
            shard.close(to, Closing::DONE);
            shard.close(id, Closing::DONE);
        }
    }
}

/// The upgrade took too long: the session polls as before.
pub(super) fn failed(shard: &mut Shard, to: LinkId) {
    let probe = shard.main(to).and_then(|main| main.probe.take());
    if let Some(probe) = probe {
        shard.close(probe, Closing::DONE);
    }
}
