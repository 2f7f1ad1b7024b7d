//! What the operator does beside a running server, and how it ends.

use server::operator::{Reply, Request, ask};
use server::{Server, StartError};

use crate::house::{House, config};

#[tokio::test]
async fn a_second_server_on_the_same_data_says_so() {
    let (house, _ada) = House::open().await;
    let second = Server::start(config(&house.directory)).await;
    match second {
        Err(StartError::Data(error)) => assert!(error.to_string().contains("in use"), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_operator_gives_a_new_password_beside_the_running_server() {
    let (house, ada) = House::open().await;
    let request = Request::ResetPassword {
        name: "Ada".to_owned(),
    };
    let reply = ask(house.running.data(), &request).await.unwrap();
    let Some(Reply::Done { secret }) = reply else {
        panic!("{reply:?}")
    };
    ada.get("/bootstrap").await.refused("unauthenticated");
    let login = serde_json::json!({"name": "ada", "password": secret});
    house.visitor().post("/session", &login).await.ok();
    let nobody = Request::ResetPassword {
        name: "Nobody".to_owned(),
    };
    let reply = ask(house.running.data(), &nobody).await.unwrap();
    assert!(matches!(reply, Some(Reply::Refused { .. })), "{reply:?}");
}

#[tokio::test]
async fn the_operators_socket_is_only_the_owners() {
    use std::os::unix::fs::PermissionsExt;
    let (house, _ada) = House::open().await;
    let mode = |name: &str| {
        let path = house.running.data().join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("operator.sock"), 0o600);
    assert_eq!(mode("secret"), 0o600);
    assert_eq!(mode(""), 0o700);
}

#[tokio::test]
async fn a_server_that_ended_answers_no_more_and_frees_its_data() {
    let (house, _ada) = House::open().await;
    let data = house.running.data().to_owned();
    let House { running, directory } = house;
    running.shut_down().await;
    let request = Request::ResetPassword {
        name: "Ada".to_owned(),
    };
    assert_eq!(ask(&data, &request).await.unwrap(), None);
    let again = Server::start(config(&directory)).await.unwrap();
    again.shut_down().await;
}
