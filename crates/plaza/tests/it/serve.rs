//! `plaza serve`: starts, greets, survives being killed, ends in time.

use std::time::Duration;

use crate::process::{PASSWORD, Serving, log_in, run, say, set_up, text};

#[tokio::test]
async fn the_first_start_says_where_to_go_and_later_ones_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Serving::on(dir.path());
    assert!(server.greeting[0].starts_with("Plaza listens at http://127.0.0.1:"));
    assert!(server.next_line().contains("set the place up"));
    set_up(&server.base).await;
    let (code, _) = server.terminate();
    assert_eq!(code, Some(0));
    let again = Serving::on(dir.path());
    assert_eq!(again.terminate_and_read(), "", "nothing more is said");
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let server = Serving::on(dir.path());
    let ada = set_up(&server.base).await;
    for n in 0..20 {
        say(&ada, &server.base, &format!("message {n}")).await;
    }
    drop(server);
    let server = Serving::on(dir.path());
    let (status, ada) = log_in(&server.base, PASSWORD).await;
    assert_eq!(status, 200);
    let rooms = ada
        .get(format!("{}/api/v1/rooms", server.base))
        .send()
        .await
        .unwrap();
    let rooms: serde_json::Value = rooms.json().await.unwrap();
    assert_eq!(rooms["rooms"][0]["msg_seq"], 20);
    assert_eq!(rooms["rooms"][0]["last_message"]["excerpt"], "message 19");
}

#[tokio::test]
async fn it_ends_in_time_even_with_an_open_connection() {
    let dir = tempfile::tempdir().unwrap();
    let server = Serving::on(dir.path());
    let address = server.base.strip_prefix("http://").unwrap().to_owned();
    // A client that opens a request and never finishes it.
    let mut stuck = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = b"POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\
        content-type: application/json\r\n\r\n{";
    tokio::io::AsyncWriteExt::write_all(&mut stuck, head)
        .await
        .unwrap();
    let (code, took) = tokio::task::spawn_blocking(move || server.terminate())
        .await
        .unwrap();
    assert_eq!(code, Some(0));
    assert!(
        took < Duration::from_millis(base::limits::DRAIN_MS_MAX + 2_000),
        "{took:?}"
    );
}

#[test]
fn a_second_process_on_the_same_data_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let _server = Serving::on(dir.path());
    let data = dir.path().to_str().unwrap();
    let second = run(&["serve", "--data", data, "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(3));
    assert!(
        text(&second.stderr).contains("in use"),
        "{}",
        text(&second.stderr)
    );
}

#[test]
fn a_port_that_is_taken_is_told_with_its_address() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let ended = run(&["serve", "--data", data, "--listen", &address]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        text(&ended.stderr).contains(&address),
        "{}",
        text(&ended.stderr)
    );
}
