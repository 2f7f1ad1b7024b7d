//! The model of a disk: per file what is durable and what is only written. No pointers here.

use std::collections::BTreeMap;

use crate::Picture;

/// What the disk writes at once: a torn write ends between two of these.
const SECTOR_BYTES: usize = 512;

/// Something done to a file that no sync covers yet.
#[derive(Debug, Clone)]
enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Truncate { size: u64 },
}

#[derive(Debug, Default)]
struct File {
    /// What a sync made durable, none when the file was never synced.
    durable: Option<Vec<u8>>,
    pending: Vec<Change>,
    /// How long the file is for those who use it.
    size: u64,
}

/// How much of what is pending a picture keeps.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Nothing,
    Everything,
    Some,
    Torn,
}

#[derive(Debug)]
pub(crate) struct Disk {
    files: BTreeMap<String, File>,
    random: u64,
    pub(crate) pictures: Vec<Picture>,
    pub(crate) syncs: u64,
    pub(crate) room_bytes: Option<u64>,
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, bytes } => {
            let start = usize::try_from(*offset).unwrap_or(usize::MAX);
            let end = start.saturating_add(bytes.len());
            if content.len() < end {
                content.resize(end, 0);
            }
            content[start..end].copy_from_slice(bytes);
        }
        Change::Truncate { size } => {
            content.resize(usize::try_from(*size).unwrap_or(usize::MAX), 0);
        }
    }
}

impl Disk {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            files: BTreeMap::new(),
            random: seed | 1,
            pictures: Vec::new(),
            syncs: 0,
            room_bytes: None,
        }
    }

    /// xorshift64*: good enough to choose with, and the same everywhere.
    fn next(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A file is opened; what is in it was there before and counts as durable.
    pub(crate) fn open(&mut self, name: &str, content: impl FnOnce() -> Option<Vec<u8>>) {
        if !self.files.contains_key(name) {
            let durable = content();
            let size = durable.as_ref().map_or(0, |content| content.len() as u64);
            self.files.insert(
                name.to_owned(),
                File {
                    durable,
                    pending: Vec::new(),
                    size,
                },
            );
        }
    }

    pub(crate) fn delete(&mut self, name: &str) {
        self.files.remove(name);
    }

    /// Whether there is room for a write that ends at `end`; takes the room it needs.
    pub(crate) fn takes(&mut self, name: &str, end: u64) -> bool {
        let size = self.files.get(name).map_or(0, |file| file.size);
        let grows = end.saturating_sub(size);
        match &mut self.room_bytes {
            Some(room) if *room < grows => false,
            Some(room) => {
                *room -= grows;
                true
            }
            None => true,
        }
    }

    pub(crate) fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) {
        if let Some(file) = self.files.get_mut(name) {
            file.size = file.size.max(offset + bytes.len() as u64);
            file.pending.push(Change::Write {
                offset,
                bytes: bytes.to_vec(),
            });
        }
    }

    pub(crate) fn truncate(&mut self, name: &str, size: u64) {
        if let Some(file) = self.files.get_mut(name) {
            file.size = size;
            file.pending.push(Change::Truncate { size });
        }
    }

    pub(crate) fn sync(&mut self, name: &str) {
        self.syncs += 1;
        if let Some(file) = self.files.get_mut(name) {
            let content = file.durable.get_or_insert_default();
            for change in file.pending.drain(..) {
                apply(content, &change);
            }
        }
    }

    /// What a power cut could leave right now.
    pub(crate) fn picture(&mut self, noted: u64) {
        let kept = match self.next() % 4 {
            0 => Kept::Nothing,
            1 => Kept::Everything,
            2 => Kept::Some,
            _ => Kept::Torn,
        };
        let names: Vec<String> = self.files.keys().cloned().collect();
        let mut files = Vec::new();
        for name in names {
            if let Some(content) = self.left_of(&name, kept) {
                files.push((name, content));
            }
        }
        self.pictures.push(Picture { noted, files });
    }

    fn left_of(&mut self, name: &str, kept: Kept) -> Option<Vec<u8>> {
        let file = self.files.get(name)?;
        let (mut content, pending) = (file.durable.clone(), file.pending.clone());
        for change in pending {
            match kept {
                Kept::Nothing => {}
                Kept::Everything => apply(content.get_or_insert_default(), &change),
                Kept::Some => {
                    if self.next().is_multiple_of(2) {
                        apply(content.get_or_insert_default(), &change);
                    }
                }
                Kept::Torn => self.apply_torn(content.get_or_insert_default(), &change),
            }
        }
        content
    }

    /// Each sector of a write arrives or does not.
    fn apply_torn(&mut self, content: &mut Vec<u8>, change: &Change) {
        match change {
            Change::Write { offset, bytes } => {
                for (at, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                    if self.next().is_multiple_of(2) {
                        let offset = offset + (at * SECTOR_BYTES) as u64;
                        apply(
                            content,
                            &Change::Write {
                                offset,
                                bytes: sector.to_vec(),
                            },
                        );
                    }
                }
            }
            Change::Truncate { .. } => {
                if self.next().is_multiple_of(2) {
                    apply(content, change);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(disk: &mut Disk, kept: Kept) -> Option<Vec<u8>> {
        disk.left_of("f", kept)
    }

    #[test]
    fn what_was_synced_stays_whatever_is_cut() {
        let mut disk = Disk::new(7);
        disk.open("f", || None);
        assert_eq!(content(&mut disk, Kept::Everything), None);
        disk.write("f", 0, b"abcd");
        assert_eq!(content(&mut disk, Kept::Nothing), None);
        disk.sync("f");
        disk.write("f", 2, b"XYZ");
        disk.truncate("f", 4);
        assert_eq!(
            content(&mut disk, Kept::Nothing).as_deref(),
            Some(&b"abcd"[..])
        );
        assert_eq!(
            content(&mut disk, Kept::Everything).as_deref(),
            Some(&b"abXY"[..])
        );
    }

    #[test]
    fn a_torn_write_arrives_in_whole_sectors() {
        let mut disk = Disk::new(3);
        disk.open("f", || Some(vec![0; SECTOR_BYTES * 8]));
        disk.write("f", 0, &[1; SECTOR_BYTES * 8]);
        let mut mixed = 0;
        for _ in 0..20 {
            let content = content(&mut disk, Kept::Torn).unwrap_or_default();
            let sectors: Vec<u8> = content
                .chunks(SECTOR_BYTES)
                .map(|sector| {
                    assert!(sector.iter().all(|byte| *byte == sector[0]));
                    sector[0]
                })
                .collect();
            mixed += usize::from(sectors.contains(&0) && sectors.contains(&1));
        }
        assert!(mixed > 0);
    }

    #[test]
    fn a_full_disk_takes_what_does_not_grow() {
        let mut disk = Disk::new(1);
        disk.open("f", || Some(vec![0; 10]));
        disk.room_bytes = Some(5);
        assert!(disk.takes("f", 10));
        assert!(disk.takes("f", 14));
        assert!(!disk.takes("f", 12));
        assert_eq!(disk.room_bytes, Some(1));
    }
}
