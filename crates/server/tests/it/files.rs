//! Files over HTTP, hostile ones too.

use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::Method;
use serde_json::json;
use server::Server;
use sha2::{Digest, Sha256};

use crate::house::{Client, House, config};

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x % 256) as u8, (y % 256) as u8, 80])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels)
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// How many blobs lie in a data directory.
fn blob_count(data: &Path) -> usize {
    let folders = std::fs::read_dir(data.join("blobs")).unwrap();
    folders
        .map(|folder| folder.unwrap())
        .filter(|folder| folder.file_name() != "incoming")
        .map(|folder| std::fs::read_dir(folder.path()).unwrap().count())
        .sum()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let reached = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), reached).await;
    assert!(waited.is_ok(), "{what}");
}

fn hash_of(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn set_avatar(client: &Client, side: u32) -> String {
    let bytes = picture(side, side, ImageFormat::Jpeg);
    let headers = [("content-type", "image/jpeg")];
    let reply = client
        .send(Method::PUT, "/me/avatar", &headers, bytes)
        .await;
    format!("/{}", reply.ok()["avatar"].as_str().unwrap())
}

#[tokio::test]
async fn the_bytes_of_a_deleted_message_are_gone_and_those_still_in_use_stay() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let source = picture(1_000, 500, ImageFormat::Png);
    let image = ada.upload(&lobby, "a.png", source).await.ok();
    let doomed = ada.upload(&lobby, "a.txt", b"twice".to_vec()).await.ok();
    let kept = ada.upload(&lobby, "b.txt", b"twice".to_vec()).await.ok();
    let path = format!("/rooms/{lobby}/messages");
    let draft = json!({"text": "", "files": [image["id"], doomed["id"]]});
    let seq = ada.post(&path, &draft).await.ok()["event"]["seq"].clone();
    ada.post(&path, &json!({"text": "", "files": [kept["id"]]}))
        .await
        .ok();
    let data = house.directory.path().join("data");
    assert_eq!(blob_count(&data), 3);
    ada.delete(&format!("{path}/{seq}")).await.ok();
    for url in [&image["url"], &image["thumb_url"], &doomed["url"]] {
        let url = format!("/{}", url.as_str().unwrap());
        ada.get(&url).await.refused("not_found");
    }
    assert_eq!(blob_count(&data), 1, "the picture and its thumbnail go");
    let hash = hash_of(b"twice");
    let place = data.join("blobs").join(&hash[..2]).join(&hash[2..]);
    assert_eq!(std::fs::read(place).unwrap(), b"twice");
}

#[tokio::test]
async fn a_server_that_starts_sweeps_away_what_nothing_names() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    ada.upload(&lobby, "a.txt", b"kept".to_vec()).await.ok();
    let data = house.directory.path().join("data");
    house.running.shut_down().await;
    let hash = hash_of(b"left");
    let folder = data.join("blobs").join(&hash[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(&hash[2..]), b"left").unwrap();
    assert_eq!(blob_count(&data), 2);
    let running = Server::start(config(&house.directory)).await.unwrap();
    until("what nothing names is gone", || blob_count(&data) == 1).await;
    running.shut_down().await;
}

#[tokio::test]
async fn the_hash_of_a_file_is_told_nobody_and_opens_nothing() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let secret = b"the secret plan".to_vec();
    let hash = hash_of(&secret);
    let file = ada.upload(&lobby, "plan.txt", secret).await.ok();
    let url = format!("/{}", file["url"].as_str().unwrap());
    let served = ada.get(&url).await;
    assert_eq!(served.bytes, b"the secret plan");
    let told = format!("{:?}", served.headers);
    assert!(!told.contains(&hash), "{told}");
    ada.get(&format!("//avatars/{hash}"))
        .await
        .refused("not_found");
}

#[tokio::test]
async fn a_replaced_avatar_is_gone_from_its_address_and_from_the_disk() {
    let (house, ada) = House::open().await;
    let data = house.directory.path().join("data");
    let first = set_avatar(&ada, 300).await;
    let second = set_avatar(&ada, 310).await;
    assert_ne!(first, second);
    ada.get(&first).await.refused("not_found");
    assert_eq!(ada.get(&second).await.status, 200);
    assert_eq!(blob_count(&data), 1);
    assert_eq!(set_avatar(&ada, 310).await, second);
    assert_eq!(ada.get(&second).await.status, 200);
    ada.delete("/me/avatar").await.ok();
    ada.get(&second).await.refused("not_found");
    assert_eq!(blob_count(&data), 0);
}

#[tokio::test]
async fn a_guest_sees_the_faces_of_their_rooms_only() {
    let (house, ada) = House::open().await;
    let guest = house.invite(&ada, "Gus", "guest").await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    bob.post(&format!("/rooms/{lobby}/leave"), &json!({}))
        .await
        .ok();
    let face = set_avatar(&bob, 300).await;
    let own = set_avatar(&guest, 320).await;
    assert_eq!(guest.get(&own).await.status, 200);
    guest.get(&face).await.refused("not_found");
    ada.room("closed", "Den", &[&guest, &bob]).await;
    assert_eq!(guest.get(&face).await.status, 200);
}

#[tokio::test]
async fn a_picture_is_encoded_anew_shown_in_place_and_has_a_thumbnail() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let mut source = picture(1_000, 500, ImageFormat::Png);
    source.extend_from_slice(b"<script>alert(1)</script>");
    let file = ada.upload(&lobby, "holiday.png", source).await.ok();
    assert_eq!(
        (&file["kind"], &file["width"]),
        (&json!("image"), &json!(1_000))
    );
    let path = format!("/rooms/{lobby}/messages");
    let posted = ada
        .post(&path, &json!({"text": "", "files": [file["id"]]}))
        .await
        .ok();
    assert_eq!(posted["event"]["files"][0], file);
    let served = ada
        .get(&format!("/{}", file["url"].as_str().unwrap()))
        .await;
    assert_eq!(served.header("content-type"), "image/png");
    assert!(served.header("content-disposition").starts_with("inline"));
    assert!(served.header("content-security-policy").contains("sandbox"));
    assert_eq!(served.header("cache-control"), "private, no-cache");
    assert!(!served.bytes.windows(8).any(|window| window == b"<script>"));
    assert_eq!(served.bytes.len() as u64, file["size"].as_u64().unwrap());
    let thumb = ada
        .get(&format!("/{}", file["thumb_url"].as_str().unwrap()))
        .await;
    let thumb = image::load_from_memory(&thumb.bytes).unwrap();
    assert_eq!((thumb.width(), thumb.height()), (720, 360));
}

#[tokio::test]
async fn what_a_browser_could_run_is_only_ever_an_attachment() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let hostile: [(&str, &[u8]); 5] = [
        (
            "x.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        ),
        ("x.html", b"<!doctype html><script>alert(1)</script>"),
        ("x.png", b"<!doctype html><script>alert(1)</script>"),
        ("x.jpg", b"\xff\xd8\xff\xe0<script>alert(1)</script>"),
        ("x.pdf", b"%PDF-1.7 javascript"),
    ];
    for (name, bytes) in hostile {
        let file = ada.upload(&lobby, name, bytes.to_vec()).await.ok();
        assert_eq!(file["kind"], "file", "{name}");
        let served = ada
            .get(&format!("/{}", file["url"].as_str().unwrap()))
            .await;
        assert_eq!(served.status, 200);
        assert!(
            served
                .header("content-disposition")
                .starts_with("attachment"),
            "{name}"
        );
        assert_eq!(served.header("x-content-type-options"), "nosniff");
        assert!(
            served.header("content-security-policy").contains("sandbox"),
            "{name}"
        );
        assert_eq!(served.bytes, bytes);
    }
}

#[tokio::test]
async fn a_name_loses_its_path_and_what_deceives() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let name = "..%2F..%2Fetc%2Fa%E2%80%AEtxt.exe%0A";
    let file = ada.upload(&lobby, name, b"bytes".to_vec()).await.ok();
    assert_eq!(file["name"], "atxt.exe");
}

#[tokio::test]
async fn only_those_who_may_read_the_room_may_read_its_files() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let den = ada.room("closed", "Den", &[&bob]).await;
    let file = ada
        .upload(&den, "plan.txt", b"the plan".to_vec())
        .await
        .ok();
    let url = format!("/{}", file["url"].as_str().unwrap());
    // Until it is posted it is its uploader's alone.
    bob.get(&url).await.refused("not_found");
    assert_eq!(ada.get(&url).await.bytes, b"the plan");
    let draft = json!({"text": "", "files": [file["id"]]});
    ada.post(&format!("/rooms/{den}/messages"), &draft)
        .await
        .ok();
    assert_eq!(bob.get(&url).await.bytes, b"the plan");
    house.visitor().get(&url).await.refused("unauthenticated");
    ada.delete(&format!("/rooms/{den}/members/{}", bob.id))
        .await
        .ok();
    bob.get(&url).await.refused("not_found");
    bob.upload(&den, "mine.txt", b"x".to_vec())
        .await
        .refused("not_found");
    let lobby = ada.lobby().await;
    let path = format!("/rooms/{lobby}/messages");
    let smuggled = json!({"text": "look", "files": [file["id"]]});
    bob.post(&path, &smuggled).await.refused("bad_request");
    ada.post(&path, &smuggled).await.refused("bad_request");
}

#[tokio::test]
async fn too_large_and_empty_files_leave_nothing_behind() {
    let house = House::with(|config| config.limits.file_bytes_max = 1_000).await;
    let ada = house.set_up().await;
    let lobby = ada.lobby().await;
    ada.upload(&lobby, "big.bin", vec![7; 1_001])
        .await
        .refused("too_large");
    ada.upload(&lobby, "none.bin", Vec::new())
        .await
        .refused("empty");
    ada.upload(&lobby, "fits.bin", vec![7; 1_000]).await.ok();
    let incoming = house.directory.path().join("data/blobs/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
    assert_eq!(
        ada.get("/place").await.ok()["limits"]["file_bytes_max"],
        1_000
    );
}

#[tokio::test]
async fn who_posts_nothing_uploads_only_so_much() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    let mut last = json!(null);
    for number in 0..base::limits::UNPOSTED_FILES_PER_PERSON_MAX {
        let bytes = format!("number {number}").into_bytes();
        last = ada.upload(&lobby, "a.txt", bytes).await.ok()["id"].clone();
    }
    let data = house.directory.path().join("data");
    let count = blob_count(&data);
    let reply = ada.upload(&lobby, "more.txt", b"more".to_vec()).await;
    reply.refused("rate_limited");
    assert_eq!(blob_count(&data), count);
    bob.upload(&lobby, "b.txt", b"of Bob".to_vec()).await.ok();
    let draft = json!({"text": "", "files": [last]});
    ada.post(&format!("/rooms/{lobby}/messages"), &draft)
        .await
        .ok();
    ada.upload(&lobby, "more.txt", b"more".to_vec()).await.ok();
}

#[tokio::test]
async fn a_picture_of_giant_size_is_kept_as_it_is_and_never_decoded() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let mut source = picture(8, 8, ImageFormat::Png);
    source.resize(
        usize::try_from(base::limits::IMAGE_SOURCE_BYTES_MAX).unwrap() + 1,
        0,
    );
    let size = source.len();
    let file = ada.upload(&lobby, "giant.png", source).await.ok();
    assert_eq!(
        (&file["kind"], &file["size"]),
        (&json!("file"), &json!(size))
    );
}

#[tokio::test]
async fn a_download_can_be_resumed() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let file = ada
        .upload(&lobby, "digits.txt", b"0123456789".to_vec())
        .await
        .ok();
    let url = format!("/{}", file["url"].as_str().unwrap());
    let part = ada
        .send(Method::GET, &url, &[("range", "bytes=4-6")], vec![])
        .await;
    assert_eq!(
        (part.status.as_u16(), part.bytes.as_slice()),
        (206, &b"456"[..])
    );
    assert_eq!(part.header("content-range"), "bytes 4-6/10");
    let whole = ada.get(&url).await;
    let etag = whole.header("etag").to_owned();
    let again = ada
        .send(Method::GET, &url, &[("if-none-match", &etag)], vec![])
        .await;
    assert_eq!(again.status, 304);
    let beyond = ada
        .send(Method::GET, &url, &[("range", "bytes=10-")], vec![])
        .await;
    assert_eq!(beyond.status, 416);
}

#[tokio::test]
async fn an_avatar_is_cut_square_and_seen_by_people_who_are_in() {
    let (house, ada) = House::open().await;
    let bytes = picture(600, 300, ImageFormat::Jpeg);
    let headers = [("content-type", "image/jpeg")];
    let me = ada
        .send(Method::PUT, "/me/avatar", &headers, bytes)
        .await
        .ok();
    let url = format!("/{}", me["avatar"].as_str().unwrap());
    let served = ada.get(&url).await;
    assert_eq!(served.header("content-type"), "image/webp");
    assert!(served.header("cache-control").contains("immutable"));
    let square = image::load_from_memory(&served.bytes).unwrap();
    assert_eq!((square.width(), square.height()), (256, 256));
    house.visitor().get(&url).await.refused("unauthenticated");
    let text = ada
        .send(Method::PUT, "/me/avatar", &headers, b"no image".to_vec())
        .await;
    text.refused("unsupported_media");
    let me = ada.delete("/me/avatar").await.ok();
    assert_eq!(me["avatar"], json!(null));
    ada.get("//avatars/..%2F..%2Fsecret")
        .await
        .refused("not_found");
}
