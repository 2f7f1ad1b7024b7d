//! One publisher, the forwarding path and one viewer, a millisecond at a time.

use std::time::{Duration, Instant};

use media::allocate::{Allocator, Want};
use media::forward::Forwarder;
use media::keyframe::Requests;
use media::packet::{Packet, SenderClock};
use media::source::{Shape, Source};
use media::{Layers, MediaKind, TrackId};

use crate::network::{Network, Weather};
use crate::publisher::{Publisher, Sent, Truth};
use crate::receiver::{Out, Receiver};

pub(crate) struct Call {
    pub(crate) seed: u64,
    pub(crate) now_ms: u64,
    zero: Instant,
    body: Vec<u8>,
    pub(crate) publisher: Publisher,
    pub(crate) up: Network<Sent>,
    back: Network<u8>,
    pub(crate) source: Source,
    requests: Requests,
    forwarder: Forwarder,
    allocator: Allocator,
    pub(crate) estimate: Option<u64>,
    pub(crate) most: Layers,
    pub(crate) enabled: bool,
    pub(crate) reports: bool,
    down: Network<Out>,
    pub(crate) receiver: Receiver,
    pub(crate) sent: Vec<Out>,
    pub(crate) keyframes_asked: usize,
    pub(crate) paused: bool,
    truths: std::collections::HashMap<(u8, u64), Truth>,
}

impl Call {
    pub(crate) fn new(seed: u64, encodings: u8, up: Weather, down: Weather) -> Self {
        Self {
            seed,
            now_ms: 0,
            zero: Instant::now(),
            body: vec![0; 1200],
            publisher: Publisher::new(seed, encodings),
            up: Network::new(seed ^ 1, up),
            back: Network::new(
                seed ^ 2,
                Weather {
                    delay_ms: up.delay_ms,
                    ..Weather::default()
                },
            ),
            source: Source::new(Shape::Simulcast),
            requests: Requests::default(),
            forwarder: Forwarder::new(90_000, 100, 5_000),
            allocator: Allocator::default(),
            estimate: None,
            most: Layers {
                spatial: 2,
                temporal: 3,
            },
            enabled: true,
            reports: true,
            down: Network::new(seed ^ 3, down),
            receiver: Receiver::default(),
            sent: Vec::new(),
            keyframes_asked: 0,
            paused: false,
            truths: std::collections::HashMap::new(),
        }
    }

    fn now(&self) -> Instant {
        self.zero + Duration::from_millis(self.now_ms)
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, duration_ms: u64) {
        for _ in 0..duration_ms {
            self.step();
            self.now_ms += 1;
        }
    }

    fn step(&mut self) {
        if self.now_ms.is_multiple_of(self.publisher.frames_ms) {
            for packet in self.publisher.capture(self.now_ms) {
                self.up.send(self.now_ms, packet);
            }
        }
        if self.reports && self.now_ms % 1000 == 500 {
            for stream in 0..3.min(self.source_streams()) {
                let timestamp = self.publisher.timestamp_of(stream, self.now_ms);
                let wall_us = 7_000_000_000 + self.now_ms * 1000;
                self.source
                    .clock(stream, SenderClock { wall_us, timestamp });
            }
        }
        for packet in self.up.arrived(self.now_ms) {
            self.forward(packet);
        }
        if self.now_ms % 100 == 50 {
            self.tick();
        }
        while let Some(stream) = self.requests.due(self.now()) {
            self.keyframes_asked += 1;
            self.back.send(self.now_ms, stream);
        }
        for stream in self.back.arrived(self.now_ms) {
            self.publisher.keyframe(stream);
        }
        for out in self.down.arrived(self.now_ms) {
            self.receiver.receive(self.now_ms, out);
        }
    }

    fn source_streams(&self) -> u8 {
        self.publisher.encodings()
    }

    fn forward(&mut self, sent: Sent) {
        let packet = Packet {
            stream: sent.stream,
            sequence: sent.sequence,
            timestamp: sent.timestamp,
            marker: sent.marker,
            body: self
                .body
                .get(..sent.bytes)
                .map(std::sync::Arc::from)
                .unwrap(),
            arrival: self.now(),
            payload: sent.payload,
            frame: None,
            descriptor: None,
        };
        if !self.source.observe(&packet) {
            return;
        }
        if packet.payload.keyframe {
            self.requests.came(packet.stream);
        }
        self.truths
            .insert((packet.stream, packet.sequence), sent.truth);
        if self.offer(&packet) {
            for held in self.source.held_after(&packet) {
                self.offer(&held);
            }
        }
    }

    /// Sends what the forwarder makes of a packet. True when something begins with it.
    fn offer(&mut self, packet: &Packet) -> bool {
        let Some(numbers) = self.forwarder.forward(&self.source, packet) else {
            return false;
        };
        let out = Out {
            numbers,
            starts: packet.payload.starts,
            truth: self.truths[&(packet.stream, packet.sequence)],
            bytes: if numbers.empty { 0 } else { packet.body.len() },
            at_ms: self.now_ms,
        };
        self.sent.push(out.clone());
        self.down.send(self.now_ms, out);
        numbers.begins
    }

    fn tick(&mut self) {
        let want = Want {
            track: TrackId(1),
            kind: MediaKind::Video,
            priority: 1,
            detail: false,
            enabled: self.enabled,
            most: self.most,
            rates: self.source.rates(self.now()),
        };
        let allocation = self.allocator.allocate(self.now(), self.estimate, &[want]);
        let target = allocation.shares[0].target;
        self.paused = target == Err(media::allocate::Pause::Bandwidth);
        self.forwarder.aim(target.ok());
        let waits_for = self.forwarder.waits_for(&self.source);
        let asks = self
            .receiver
            .asks(self.now_ms)
            .then(|| self.forwarder.refresh())
            .flatten();
        for stream in [waits_for, asks].into_iter().flatten() {
            self.requests.ask(stream);
            self.source.hold(self.now(), stream);
        }
    }

    pub(crate) fn current(&self) -> Option<Layers> {
        self.forwarder.current()
    }

    /// Bit/s that left for the viewer between two moments.
    pub(crate) fn rate(&self, from_ms: u64, to_ms: u64) -> u64 {
        let within = self
            .sent
            .iter()
            .filter(|out| (from_ms..to_ms).contains(&out.at_ms));
        within.map(|out| out.bytes as u64 * 8).sum::<u64>() * 1000 / (to_ms - from_ms)
    }

    /// Lets everything under way arrive, then checks what must hold of everything that left,
    /// however bad the network was.
    pub(crate) fn check(&mut self) {
        for _ in 0..1000 {
            for packet in self.up.arrived(self.now_ms) {
                self.forward(packet);
            }
            self.now_ms += 1;
        }
        let seed = self.seed;
        println!(
            "seed {seed}: {} packets sent, {} lost before",
            self.sent.len(),
            self.up.lost.len()
        );
        let mut sorted = self.sent.clone();
        sorted.sort_by_key(|out| out.numbers.sequence);
        for pair in sorted.windows(2) {
            let (one, next) = (&pair[0], &pair[1]);
            let (a, b) = (one.numbers, next.numbers);
            assert_ne!(
                a.sequence, b.sequence,
                "seed {seed}: a number twice: {one:?} {next:?}"
            );
            if a.empty || b.empty {
                continue;
            }
            let step = b.timestamp.wrapping_sub(a.timestamp).cast_signed();
            let same =
                (one.truth.stream, one.truth.picture) == (next.truth.stream, next.truth.picture);
            assert_eq!(same, step == 0, "seed {seed}: {one:?} {next:?}");
            assert!(step >= 0, "seed {seed}: time runs back: {one:?} {next:?}");
        }
        let first = sorted.first().map_or(0, |out| out.numbers.sequence);
        let last = sorted.last().map_or(0, |out| out.numbers.sequence);
        let holes = (last - first + 1) as usize - sorted.len();
        let lost = self.up.lost.len();
        assert!(
            holes <= lost,
            "seed {seed}: {holes} gaps, but only {lost} packets were lost"
        );
    }
}
