//! A disk without room, for real: a small file system in memory, filled up from beside. Needs the
//! right to mount one; where that is missing the test says so and passes.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::house::House;

/// Room for the server's own files and its ballast, and not much more.
const SIZE: &str = "size=96m";

/// A small file system; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let arguments = ["-t", "tmpfs", "-o", SIZE, "plaza-test"];
        let mounted = Command::new("mount").args(arguments).arg(at).output();
        let done = mounted.as_ref().is_ok_and(|output| output.status.success());
        if !done {
            // Past the test harness, which keeps to itself what a passing test prints.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED a_full_disk_…: no file system may be mounted here: {mounted:?}"
            );
        }
        done.then(|| Self(at.to_owned()))
    }

    /// Takes all room but about this much.
    fn fill(&self, left_bytes: u64) {
        let free = server::files::free_bytes(&self.0).unwrap();
        let size = usize::try_from(free.saturating_sub(left_bytes)).unwrap();
        std::fs::write(self.0.join("filler"), vec![1u8; size]).unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_posts_and_uploads_and_goes_on_reading() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(&directory.path().join("disk")) else {
        return;
    };
    let data = disk.0.join("data");
    let house = House::with(|config| {
        config.data.directory = data;
        config.limits.posts_per_second = 100_000;
        config.limits.requests_burst = 100_000;
        config.limits.requests_per_second = 100_000;
    })
    .await;
    let ada = house.set_up().await;
    let lobby = ada.lobby().await;
    let first = ada.say(&lobby, "there was room").await;
    disk.fill(256 << 10);
    let path = format!("/rooms/{lobby}/messages");
    let mut told = Vec::new();
    let refused = loop {
        let reply = ada.post(&path, &json!({"text": "x".repeat(4_000)})).await;
        if reply.status == 200 {
            told.push(reply.body["event"]["seq"].as_u64().unwrap());
            assert!(told.len() < 10_000, "the disk is never full");
        } else {
            break reply;
        }
    };
    refused.refused("read_only");
    assert_eq!(refused.status, 507);
    assert!(refused.body["retry_after_ms"].is_u64());
    let upload = ada.upload(&lobby, "note.txt", b"hello".to_vec()).await;
    upload.refused("read_only");
    assert_eq!(upload.status, 507);
    // What was acknowledged is there, and reading goes on.
    let page = ada
        .get(&format!("/rooms/{lobby}/events?limit=200"))
        .await
        .ok();
    let head = page["seq"].as_u64().unwrap();
    assert_eq!(head, told.last().copied().unwrap_or(first));
    // So does taking away.
    ada.delete(&format!("{path}/{first}")).await.ok();
    disk.make_room();
    let again = async {
        while ada.post(&path, &json!({"text": "room again"})).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again)
        .await
        .unwrap();
    house.running.shut_down().await;
}
