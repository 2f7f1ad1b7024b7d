//! The verbs beside the server.

use crate::process::{PASSWORD, Serving, log_in, run, say, set_up, text};

#[test]
fn help_tells_every_verb_and_the_exit_codes() {
    let help = text(&run(&["--help"]).stdout);
    for verb in [
        "serve",
        "user",
        "token",
        "check-config",
        "backup",
        "restore",
        "doctor",
    ] {
        assert!(help.contains(verb), "{verb} is missing:\n{help}");
    }
    assert!(help.contains("Exit codes"));
    assert_eq!(run(&["nonsense"]).status.code(), Some(2));
}

#[test]
fn the_examples_are_right() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut count = 0;
    for example in std::fs::read_dir(examples).unwrap() {
        let path = example.unwrap().path();
        let ended = run(&["check-config", "--config", path.to_str().unwrap()]);
        assert!(ended.status.success(), "{}", text(&ended.stderr));
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn a_wrong_configuration_is_told_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plaza.toml");
    std::fs::write(&file, "[limits]\nfile_bytes_maximum = 5\n").unwrap();
    let path = file.to_str().unwrap();
    for verb in [
        &["check-config", "--config", path][..],
        &["serve", "--config", path],
    ] {
        let ended = run(verb);
        assert_eq!(ended.status.code(), Some(2));
        let told = text(&ended.stderr);
        assert!(
            told.contains("line 2") && told.contains("file_bytes_maximum"),
            "{told}"
        );
    }
    std::fs::write(&file, "[limits]\nfile_bytes_max = 5\n").unwrap();
    let ended = run(&["check-config", "--config", path]);
    assert_eq!(ended.status.code(), Some(0));
    assert!(text(&ended.stdout).contains("file_bytes_max = 5"));
}

#[test]
fn the_example_file_can_be_used_as_it_is() {
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../deploy/plaza.example.toml"
    );
    let ended = run(&["check-config", "--config", example]);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
}

#[tokio::test]
async fn a_password_is_reset_beside_a_running_server_and_without_one() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let path = data.to_str().unwrap();
    let server = Serving::on(&data);
    set_up(&server.base).await;
    let reset = run(&["user", "reset-password", "Ada", "--data", path]);
    assert_eq!(reset.status.code(), Some(0), "{}", text(&reset.stderr));
    let first = text(&reset.stdout).trim().to_owned();
    assert_eq!(log_in(&server.base, PASSWORD).await.0, 401);
    assert_eq!(log_in(&server.base, &first).await.0, 200);
    drop(server);
    let reset = run(&["user", "reset-password", "ada", "--data", path]);
    assert_eq!(reset.status.code(), Some(0), "{}", text(&reset.stderr));
    let second = text(&reset.stdout).trim().to_owned();
    let server = Serving::on(&data);
    assert_eq!(log_in(&server.base, &first).await.0, 401);
    assert_eq!(log_in(&server.base, &second).await.0, 200);
    let nobody = run(&["user", "reset-password", "Nobody", "--data", path]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(text(&nobody.stderr).contains("Nobody"));
}

#[tokio::test]
async fn users_are_listed_and_a_token_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let path = data.to_str().unwrap();
    let server = Serving::on(&data);
    set_up(&server.base).await;
    let list = text(&run(&["user", "list", "--data", path]).stdout);
    assert!(list.contains("ada") && list.contains("owner"), "{list}");
    let token = text(&run(&["token", "ada", "--data", path]).stdout);
    let http = reqwest::Client::new();
    let bootstrap = http.get(format!("{}/api/v1/bootstrap", server.base));
    let reply = bootstrap.bearer_auth(token.trim()).send().await.unwrap();
    assert_eq!(reply.status(), 200);
}

#[tokio::test]
async fn a_backup_of_a_running_server_is_restored_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (backup, restored) = (dir.path().join("backup"), dir.path().join("restored"));
    let server = Serving::on(&data);
    let ada = set_up(&server.base).await;
    say(&ada, &server.base, "kept").await;
    let arguments = [
        "backup",
        backup.to_str().unwrap(),
        "--data",
        data.to_str().unwrap(),
    ];
    let ended = run(&arguments);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    assert!(text(&ended.stdout).contains("verified"));
    say(&ada, &server.base, "too late").await;
    assert_eq!(
        run(&arguments).status.code(),
        Some(1),
        "a backup is never written over"
    );
    drop(server);
    let from = [
        "restore",
        backup.to_str().unwrap(),
        "--data",
        restored.to_str().unwrap(),
    ];
    let ended = run(&from);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    let server = Serving::on(&restored);
    let (status, ada) = log_in(&server.base, PASSWORD).await;
    assert_eq!(status, 200);
    let rooms = ada
        .get(format!("{}/api/v1/rooms", server.base))
        .send()
        .await
        .unwrap();
    let rooms: serde_json::Value = rooms.json().await.unwrap();
    assert_eq!(rooms["rooms"][0]["last_message"]["excerpt"], "kept");
}

#[tokio::test]
async fn a_backup_is_not_put_into_what_it_is_a_copy_of() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let server = Serving::on(&data);
    set_up(&server.base).await;
    for inside in [data.join("backup"), data.join("../data/x/y"), data.clone()] {
        let (to, from) = (inside.to_str().unwrap(), data.to_str().unwrap());
        let ended = run(&["backup", to, "--data", from]);
        assert_eq!(ended.status.code(), Some(1));
        assert!(text(&ended.stderr).contains("inside the data directory"));
        assert!(inside == data || !inside.exists());
    }
}

#[tokio::test]
async fn the_doctor_finds_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let path = data.to_str().unwrap();
    let server = Serving::on(&data);
    set_up(&server.base).await;
    let fresh = run(&["doctor", "--data", path]);
    assert_eq!(fresh.status.code(), Some(0), "a fresh place is healthy");
    let told = text(&fresh.stdout);
    assert!(
        told.contains("the database is whole") && told.contains("no backup"),
        "{told}"
    );
    let backup = dir.path().join("backup");
    run(&["backup", backup.to_str().unwrap(), "--data", path]);
    let well = run(&["doctor", "--data", path]);
    assert_eq!(well.status.code(), Some(0), "{}", text(&well.stdout));
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let open = run(&["doctor", "--data", path]);
    assert_eq!(open.status.code(), Some(4));
    let missing = dir.path().join("elsewhere");
    let missing = run(&["doctor", "--data", missing.to_str().unwrap()]);
    assert_eq!(missing.status.code(), Some(4));
    assert!(text(&missing.stdout).contains("does not exist"));
    assert!(
        text(&open.stdout).contains("chmod 700"),
        "{}",
        text(&open.stdout)
    );
}
