//! Several addresses, one server.

use std::net::{SocketAddr, TcpListener};

use reqwest::StatusCode;
use server::{Server, StartError};

use crate::house::{House, config};

async fn status(address: SocketAddr) -> Option<StatusCode> {
    let url = format!("http://{address}/healthz");
    let answer = reqwest::get(url).await.ok()?;
    Some(answer.status())
}

#[tokio::test]
async fn every_address_serves_and_all_of_them_close_at_the_end() {
    let house = House::with(|config| {
        config.listen.more = vec!["127.0.0.1:0".parse().unwrap()];
        config.listen.more.push("[::1]:0".parse().unwrap());
    })
    .await;
    let addresses = house.running.addresses().to_vec();
    assert!(addresses.len() >= 2, "{addresses:?}");
    for address in &addresses {
        assert_eq!(status(*address).await, Some(StatusCode::OK), "{address}");
    }
    house.running.shut_down().await;
    for address in &addresses {
        assert_eq!(status(*address).await, None, "{address}");
    }
}

#[tokio::test]
async fn a_busy_port_ends_the_start_and_is_named() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = busy.local_addr().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(&directory);
    config.listen.more = vec![taken];
    let error = Server::start(config).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
    drop(busy);
}

#[tokio::test]
async fn one_address_that_others_reach_makes_the_hint() {
    let health = async |more: &str| {
        let house = House::with(|config| config.listen.more = vec![more.parse().unwrap()]).await;
        let ada = house.set_up().await;
        ada.get("/health").await.ok()["insecure"].clone()
    };
    assert_eq!(health("127.0.0.1:0").await, false);
    assert_eq!(health("0.0.0.0:0").await, true);
}
