//! `plaza doctor`: looks for what is wrong, and says what to do about it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use clap::Args;
use server::Config;
use server::operator;
use store::Store;

use super::{Ended, Failure, Place, UNWELL, block_on};

/// Below this, posting may stop soon.
const FREE_BYTES_MIN: u64 = 1 << 30;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    place: Place,
}

/// What was found, line by line.
#[derive(Debug, Default)]
struct Findings {
    ill: usize,
}

impl Findings {
    fn good(&mut self, text: &str) {
        println!("  ok    {text}");
    }

    fn bad(&mut self, text: &str) {
        self.ill += 1;
        println!("  wrong {text}");
    }

    /// Worth knowing, and nothing wrong.
    fn note(&mut self, text: &str) {
        println!("  note  {text}");
    }

    fn say(&mut self, good: bool, well: &str, ill: &str) {
        if good { self.good(well) } else { self.bad(ill) }
    }
}

impl Doctor {
    pub(super) fn run(self) -> Ended {
        let config = self.place.load()?;
        let mut findings = Findings::default();
        println!("plaza {}", env!("CARGO_PKG_VERSION"));
        findings.good("the configuration can be read");
        directory(&mut findings, &config.data.directory);
        disk(&mut findings, &config.data.directory);
        block_on(async {
            if config.data.directory.join("plaza.db").exists() {
                running(&mut findings, &config).await;
                data(&mut findings, &config.data.directory).await;
            } else if config.data.directory.exists() {
                findings.note("no data yet: the first start makes it");
            }
            Ok(())
        })?;
        match findings.ill {
            0 => Ok(()),
            count => Err(Failure::with_code(
                UNWELL,
                format!("{count} findings, see above"),
            )),
        }
    }
}

fn directory(findings: &mut Findings, directory: &Path) {
    let shown = directory.display();
    let Ok(metadata) = std::fs::metadata(directory) else {
        findings.bad(&format!(
            "{shown} does not exist: name the place with --data, or start it with plaza serve"
        ));
        return;
    };
    let open = metadata.permissions().mode() & 0o077;
    let advice = format!("other users may look into {shown}: chmod 700 {shown}");
    findings.say(open == 0, &format!("{shown} is its owner's alone"), &advice);
    for name in ["secret", "plaza.db"] {
        let path = directory.join(name);
        if let Ok(metadata) = std::fs::metadata(&path) {
            let readable = metadata.permissions().mode() & 0o004 != 0 && open != 0;
            let shown = path.display();
            let advice = format!("everybody can read {shown}: chmod 600 {shown}");
            findings.say(!readable, &format!("{shown} is private"), &advice);
        }
    }
}

fn disk(findings: &mut Findings, directory: &Path) {
    let there = directory
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("."));
    match server::files::free_bytes(there) {
        Ok(free) => {
            let text = format!("{} MiB free on the disk", free >> 20);
            findings.say(
                free >= FREE_BYTES_MIN,
                &text,
                &format!("only {text}: make room"),
            );
        }
        Err(error) => findings.bad(&format!("the disk can not be asked: {error}")),
    }
}

async fn running(findings: &mut Findings, config: &Config) {
    let socket = operator::path(&config.data.directory);
    let answers = tokio::net::UnixStream::connect(&socket).await.is_ok();
    findings.good(if answers {
        "a server runs on it"
    } else {
        "no server runs on it"
    });
}

async fn data(findings: &mut Findings, directory: &Path) {
    let store = match Store::open_readers(directory).await {
        Ok(store) => store,
        Err(error) => return findings.bad(&error.to_string()),
    };
    match store.integrity().await {
        Ok(None) => findings.good("the database is whole"),
        Ok(Some(damage)) => {
            findings.bad(&format!(
                "the database is damaged ({damage}): restore the last backup"
            ));
        }
        Err(fault) => findings.bad(&format!("the database can not be checked: {fault}")),
    }
    match store.counts().await {
        Ok(counts) => findings.good(&format!(
            "{} people, {} rooms, {} messages",
            counts.people, counts.rooms, counts.messages
        )),
        Err(fault) => findings.bad(&format!("the database can not be read: {fault}")),
    }
    if store.last_backup_at().is_some() {
        findings.good("a backup was taken");
    } else {
        findings.note("no backup was ever taken: plaza backup DIR");
    }
    store.close().await;
}
