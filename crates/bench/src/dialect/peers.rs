//! The dialects of the peers: npm `ws`, Socket.IO and NATS.

use super::{Part, Step, Until, talk};
use crate::load::frame::{BINARY, TEXT, masked};

/// The relay that `bench/peers/ws.mjs` speaks.
pub(super) fn ws_steps(part: Part) -> Vec<Step> {
    match part {
        Part::Publisher => Vec::new(),
        Part::Subscriber(channel) => vec![Step {
            send: masked(TEXT, format!("+{channel}").as_bytes()),
            until: Until::Text("subscribed"),
        }],
    }
}

pub(super) fn ws_publish(channel: usize, payload_bytes: usize) -> Vec<u8> {
    masked(
        TEXT,
        format!("{channel} {}", talk(payload_bytes)).as_bytes(),
    )
}

/// Engine.IO open, Socket.IO connect, then an event with an acknowledgement.
pub(super) fn socketio_steps(part: Part) -> Vec<Step> {
    let mut steps = vec![
        Step {
            send: Vec::new(),
            until: Until::Text("\"sid\""),
        },
        Step {
            send: masked(TEXT, b"40"),
            until: Until::Text("40{"),
        },
    ];
    if let Part::Subscriber(channel) = part {
        steps.push(Step {
            send: masked(TEXT, format!("420[\"join\",\"{channel}\"]").as_bytes()),
            until: Until::Text("430"),
        });
    }
    steps
}

pub(super) fn socketio_publish(channel: usize, payload_bytes: usize) -> Vec<u8> {
    let event = format!("42[\"post\",\"{channel}\",\"{}\"]", talk(payload_bytes));
    masked(TEXT, event.as_bytes())
}

/// `CONNECT`, `SUB`, and a `PING` whose answer shows that both were read.
pub(super) fn nats_steps(part: Part) -> Vec<Step> {
    let mut hello = "CONNECT {\"verbose\":false,\"protocol\":1}\r\n".to_owned();
    if let Part::Subscriber(channel) = part {
        hello.push_str(&format!("SUB c{channel} 1\r\n"));
    }
    hello.push_str("PING\r\n");
    vec![
        Step {
            send: Vec::new(),
            until: Until::Text("INFO"),
        },
        Step {
            send: masked(BINARY, hello.as_bytes()),
            until: Until::Text("PONG"),
        },
    ]
}

pub(super) fn nats_publish(channel: usize, payload_bytes: usize) -> Vec<u8> {
    let command = format!(
        "PUB c{channel} {payload_bytes}\r\n{}\r\n",
        talk(payload_bytes)
    );
    masked(BINARY, command.as_bytes())
}
