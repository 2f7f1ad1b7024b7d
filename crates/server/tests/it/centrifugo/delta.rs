//! Publications as differences, and those with certain tags only, over real sockets.

use domain::hub::{ClientId, Keep, Lane, Publication};
use wire::centrifugo::message::{self, FilterNode, SubscribeRequest};
use wire::centrifugo::{Command, Encoding};

use super::backend::Server;
use super::client::Client;

const KEEP: Keep = Keep {
    size: 10,
    ttl_ms: 60_000,
    meta_ttl_ms: 60_000,
};

fn tell(server: &Server, data: &str, tags: &[(&str, &str)]) {
    let tags = tags
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let publication = Publication {
        tags: tags.collect(),
        delta: true,
        ..Publication::new(Lane::Kept(KEEP), data.to_owned().into())
    };
    server.hub.publish("game:1", publication);
}

fn long(number: u32) -> String {
    format!("{{\"counter\":{number},\"text\":\"{}\"}}", "字x".repeat(60))
}

async fn subscribe(client: &mut Client, request: SubscribeRequest) -> message::SubscribeResult {
    let request = SubscribeRequest {
        channel: "game:1".to_owned(),
        ..request
    };
    let command = Command {
        subscribe: Some(request),
        ..Command::default()
    };
    client.call(command).await.unwrap().subscribe.unwrap()
}

fn fossil() -> SubscribeRequest {
    SubscribeRequest {
        delta: "fossil".to_owned(),
        ..SubscribeRequest::default()
    }
}

/// What a client makes of a publication, from what it had before.
struct Reader {
    encoding: Encoding,
    last: Vec<u8>,
}

impl Reader {
    fn read(&mut self, publication: &message::Publication) -> (String, bool) {
        let wire = match self.encoding {
            Encoding::Json => {
                let text: String = serde_json::from_slice(&publication.data).unwrap();
                text.into_bytes()
            }
            Encoding::Protobuf => publication.data.to_vec(),
        };
        self.last = if publication.delta {
            apply(&self.last, &wire)
        } else {
            wire
        };
        (
            String::from_utf8(self.last.clone()).unwrap(),
            publication.delta,
        )
    }
}

/// Reads a delta of Fossil's.
fn apply(old: &[u8], delta: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
    let mut rest = delta;
    let number = |rest: &mut &[u8]| {
        let mut value = 0;
        loop {
            let byte = rest[0];
            *rest = &rest[1..];
            match DIGITS.iter().position(|digit| *digit == byte) {
                Some(digit) => value = value * 64 + digit,
                None => return (value, byte),
            }
        }
    };
    let (len, _) = number(&mut rest);
    let mut new = Vec::new();
    loop {
        match number(&mut rest) {
            (count, b'@') => {
                let (from, _) = number(&mut rest);
                new.extend_from_slice(&old[from..from + count]);
            }
            (count, b':') => {
                new.extend_from_slice(&rest[..count]);
                rest = &rest[count..];
            }
            (_, end) => {
                assert_eq!((end, new.len()), (b';', len));
                return new;
            }
        }
    }
}

#[tokio::test]
async fn publications_come_as_differences_to_the_one_before() {
    for encoding in [Encoding::Json, Encoding::Protobuf] {
        let server = Server::start().await;
        let mut client = Client::connected(&server, encoding, "user:1").await;
        let mut plain = Client::connected(&server, encoding, "user:2").await;
        let stood = subscribe(&mut client, fossil()).await;
        assert!(stood.delta);
        assert!(
            !subscribe(&mut plain, SubscribeRequest::default())
                .await
                .delta
        );
        let last = Vec::new();
        let mut reader = Reader { encoding, last };
        for number in 1..=3 {
            tell(&server, &long(number), &[]);
            let told = client.publication().await;
            assert_eq!(reader.read(&told), (long(number), number > 1));
            let told = plain.publication().await;
            assert_eq!(told.data, long(number));
        }
        tell(&server, "7", &[]);
        let told = client.publication().await;
        assert_eq!(
            reader.read(&told),
            ("7".to_owned(), false),
            "no longer than its difference"
        );
        let mut back = Client::connected(&server, encoding, "user:3").await;
        let request = SubscribeRequest {
            recover: true,
            epoch: stood.epoch.clone(),
            offset: 1,
            ..fossil()
        };
        let recovered = subscribe(&mut back, request).await;
        let last = Vec::new();
        let mut reader = Reader { encoding, last };
        let read: Vec<_> = recovered
            .publications
            .iter()
            .map(|it| reader.read(it))
            .collect();
        let seven = ("7".to_owned(), false);
        assert_eq!(read, [(long(2), false), (long(3), true), seven]);
        tell(&server, &long(5), &[]);
        let told = back.publication().await;
        assert_eq!(reader.read(&told).0, long(5));
    }
}

#[tokio::test]
async fn who_was_left_out_gets_the_next_one_whole() {
    let server = Server::start().await;
    let mut client = Client::open(&server, Encoding::Json).await;
    let id = client.connect("user:1").await.unwrap().client;
    let id = ClientId(u128::from_str_radix(&id.replace('-', ""), 16).unwrap());
    subscribe(&mut client, fossil()).await;
    tell(&server, &long(1), &[]);
    let quiet = Publication {
        except: Some(id),
        delta: true,
        ..Publication::new(Lane::Kept(KEEP), long(2).into())
    };
    server.hub.publish("game:1", quiet);
    tell(&server, &long(3), &[]);
    let encoding = Encoding::Json;
    let last = Vec::new();
    let mut reader = Reader { encoding, last };
    for number in [1, 3] {
        let told = client.publication().await;
        assert_eq!(reader.read(&told), (long(number), false));
    }
}

#[tokio::test]
async fn a_filter_lets_certain_tags_pass_now_and_in_what_was_missed() {
    let red = FilterNode {
        key: "team".to_owned(),
        cmp: "eq".to_owned(),
        val: "red".to_owned(),
        ..FilterNode::default()
    };
    for encoding in [Encoding::Json, Encoding::Protobuf] {
        let server = Server::start().await;
        let mut client = Client::connected(&server, encoding, "user:1").await;
        let request = SubscribeRequest {
            tf: Some(red.clone()),
            ..fossil()
        };
        let stood = subscribe(&mut client, request.clone()).await;
        assert!(!stood.delta, "not together with a filter");
        for (number, team) in [("1", "red"), ("2", "blue"), ("3", "red")] {
            tell(&server, number, &[("team", team)]);
        }
        for (offset, data) in [(1, "1"), (3, "3")] {
            let told = client.publication().await;
            assert_eq!((told.offset, &told.data[..]), (offset, data.as_bytes()));
        }
        let mut back = Client::connected(&server, encoding, "user:2").await;
        let request = SubscribeRequest {
            recover: true,
            epoch: stood.epoch.clone(),
            offset: 1,
            ..request
        };
        let recovered = subscribe(&mut back, request).await;
        let offsets: Vec<_> = recovered.publications.iter().map(|it| it.offset).collect();
        assert_eq!((recovered.recovered, offsets), (true, vec![3]));
        let broken = SubscribeRequest {
            channel: "game:2".to_owned(),
            tf: Some(FilterNode::default()),
            ..SubscribeRequest::default()
        };
        let command = Command {
            subscribe: Some(broken),
            ..Command::default()
        };
        let error = back.call(command).await.unwrap().error.unwrap();
        assert_eq!(error.code, 107);
    }
}
