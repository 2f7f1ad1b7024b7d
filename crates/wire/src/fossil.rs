//! Fossil's delta format: how one text becomes another, in few bytes.
//!
//! A delta is the length of the new text, a newline, and segments: `<count>@<offset>,` copies from
//! the old text, `<count>:<bytes>` stands for itself, `<checksum>;` ends it. Numbers are written in
//! base 64 with the digits `0-9A-Z_a-z~`. Source: the description of the format by its author
//! (fossil-scm.org, "Fossil Delta Format").
//!
//! Pure, and of bounded cost: memory and time grow with the two texts and not with their product.

use std::collections::HashMap;

const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
/// Pieces of the old text that are looked for in the new one, in bytes.
const BLOCK: usize = 16;
/// How many equal pieces of the old text are tried at one place.
const TRIES_MAX: usize = 8;

/// The delta that makes `new` out of `old`, or nothing when it would be no shorter than `new`.
///
/// Segments begin and end between characters of UTF-8, so that the delta of a text is a text.
#[must_use]
pub fn delta(old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let mut delta = Vec::with_capacity(64);
    number(new.len() as u32, &mut delta);
    delta.push(b'\n');
    let blocks = Blocks::of(old);
    let mut at = 0;
    // Where the bytes begin that stand for themselves.
    let mut literal = 0;
    while at + BLOCK <= new.len() && delta.len() < new.len() {
        let Some(found) = blocks.best(old, new, (literal, at)) else {
            at += 1;
            continue;
        };
        verbatim(&new[literal..found.new], &mut delta);
        copy(found.len, found.old, &mut delta);
        at = found.new + found.len;
        literal = at;
    }
    verbatim(&new[literal..], &mut delta);
    number(checksum(new), &mut delta);
    delta.push(b';');
    (delta.len() < new.len()).then_some(delta)
}

/// A piece of the old text that stands in the new one.
#[derive(Debug, Clone, Copy)]
struct Found {
    old: usize,
    new: usize,
    len: usize,
}

/// Where each block of the old text stands.
struct Blocks<'a>(HashMap<&'a [u8], Vec<u32>>);

impl<'a> Blocks<'a> {
    fn of(old: &'a [u8]) -> Self {
        let mut blocks: HashMap<&[u8], Vec<u32>> = HashMap::new();
        for (number, block) in old.chunks_exact(BLOCK).enumerate() {
            let places = blocks.entry(block).or_default();
            if places.len() < TRIES_MAX {
                places.push((number * BLOCK) as u32);
            }
        }
        Self(blocks)
    }

    /// The longest piece of the old text around what stands at `at` in the new one, not reaching
    /// back behind `from`. Only one that is worth a segment.
    fn best(&self, old: &[u8], new: &[u8], (from, at): (usize, usize)) -> Option<Found> {
        let places = self.0.get(&new[at..at + BLOCK])?;
        let around = |place: &u32| {
            let place = *place as usize;
            let back = old[..place].iter().rev().zip(new[from..at].iter().rev());
            let back = back.take_while(|(a, b)| a == b).count();
            let ahead = old[place..].iter().zip(&new[at..]);
            let ahead = ahead.take_while(|(a, b)| a == b).count();
            between_characters(
                new,
                Found {
                    old: place - back,
                    new: at - back,
                    len: back + ahead,
                },
            )
        };
        let longest = places.iter().map(around).max_by_key(|found| found.len)?;
        // A block that spans what is left after cutting at characters may be gone.
        (longest.len >= BLOCK / 2).then_some(longest)
    }
}

/// Cuts a piece so that it begins and ends between characters.
fn between_characters(new: &[u8], found: Found) -> Found {
    let inside = |at: usize| new.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
    let mut end = found.new + found.len;
    while end > found.new && inside(end) {
        end -= 1;
    }
    let mut begin = found.new;
    while begin < end && inside(begin) {
        begin += 1;
    }
    Found {
        old: found.old + (begin - found.new),
        new: begin,
        len: end - begin,
    }
}

fn copy(len: usize, offset: usize, out: &mut Vec<u8>) {
    number(len as u32, out);
    out.push(b'@');
    number(offset as u32, out);
    out.push(b',');
}

fn verbatim(bytes: &[u8], out: &mut Vec<u8>) {
    if !bytes.is_empty() {
        number(bytes.len() as u32, out);
        out.push(b':');
        out.extend_from_slice(bytes);
    }
}

fn number(value: u32, out: &mut Vec<u8>) {
    let digits = (32 - (value | 1).leading_zeros()).div_ceil(6);
    for digit in (0..digits).rev() {
        out.push(DIGITS[(value >> (6 * digit)) as usize & 63]);
    }
}

/// The sum of the text as big-endian words of 32 bits, the last one filled up with zeros.
fn checksum(text: &[u8]) -> u32 {
    let (words, rest) = text.as_chunks::<4>();
    let sum = words.iter().fold(0_u32, |sum, word| {
        sum.wrapping_add(u32::from_be_bytes(*word))
    });
    let mut last = [0; 4];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    sum.wrapping_add(u32::from_be_bytes(last))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a delta as the format's description says, apart from the code above.
    fn apply(old: &[u8], delta: &[u8]) -> Result<Vec<u8>, &'static str> {
        let mut rest = delta;
        let (len, end) = read(&mut rest)?;
        if end != b'\n' {
            return Err("no length");
        }
        let mut new = Vec::new();
        loop {
            match read(&mut rest)? {
                (count, b'@') => {
                    let (offset, end) = read(&mut rest)?;
                    let piece = old.get(offset as usize..(offset + count) as usize);
                    new.extend_from_slice(piece.ok_or("beyond the old text")?);
                    if end != b',' {
                        return Err("no comma");
                    }
                }
                (count, b':') => {
                    let piece = rest.get(..count as usize).ok_or("too short")?;
                    new.extend_from_slice(piece);
                    rest = &rest[count as usize..];
                }
                (sum, b';') => {
                    let mut padded = new.clone();
                    padded.resize(new.len().next_multiple_of(4), 0);
                    let expected = padded.chunks(4).fold(0_u32, |sum, word| {
                        sum.wrapping_add(u32::from_be_bytes(word.try_into().unwrap()))
                    });
                    let whole = rest.is_empty() && new.len() == len as usize && sum == expected;
                    return if whole {
                        Ok(new)
                    } else {
                        Err("something is wrong")
                    };
                }
                _ => return Err("an unknown segment"),
            }
        }
    }

    fn read(rest: &mut &[u8]) -> Result<(u32, u8), &'static str> {
        let mut value = 0_u32;
        loop {
            let (byte, behind) = rest.split_first().ok_or("too short")?;
            *rest = behind;
            match DIGITS.iter().position(|digit| digit == byte) {
                Some(digit) => value = (value << 6) + digit as u32,
                None => return Ok((value, *byte)),
            }
        }
    }

    /// What others' encoders give for small cases; see the format's description.
    #[test]
    fn numbers_and_checksums_are_those_of_the_format() {
        for (value, text) in [
            (0, "0"),
            (63, "~"),
            (64, "10"),
            (6_246, "1Xb"),
            (u32::MAX, "3~~~~~"),
        ] {
            let mut out = Vec::new();
            number(value, &mut out);
            assert_eq!(out, text.as_bytes(), "{value}");
        }
        assert_eq!(checksum(b"abcd"), 0x6162_6364);
        assert_eq!(
            checksum(b"abcde"),
            0x6162_6364_u32.wrapping_add(0x6500_0000)
        );
    }

    #[test]
    fn a_small_change_to_a_long_text_is_a_short_delta() {
        let old = format!("{{\"counter\":1,\"payload\":\"{}\"}}", "a".repeat(500));
        let new = old.replace(":1,", ":2,");
        let delta = delta(old.as_bytes(), new.as_bytes()).unwrap();
        assert!(delta.len() < 50, "{}", String::from_utf8_lossy(&delta));
        assert_eq!(apply(old.as_bytes(), &delta).unwrap(), new.as_bytes());
    }

    #[test]
    fn what_is_no_shorter_is_no_delta() {
        for (old, new) in [("", ""), ("", "abc"), ("abc", "abc"), ("x", "y")] {
            assert_eq!(delta(old.as_bytes(), new.as_bytes()), None);
        }
    }

    #[test]
    fn a_change_inside_of_a_character_leaves_the_delta_a_text() {
        // These differ in the last byte of three.
        let old = format!("{}字{}", "a".repeat(40), "b".repeat(40));
        let new = old.replace('字', "孙");
        let delta = delta(old.as_bytes(), new.as_bytes()).unwrap();
        assert!(std::str::from_utf8(&delta).is_ok());
        assert_eq!(apply(old.as_bytes(), &delta).unwrap(), new.as_bytes());
    }

    /// Texts that have much in common, so that there is something to copy.
    fn texts() -> impl Strategy<Value = (String, String)> {
        let piece = prop::sample::select(vec![
            "a",
            "字",
            "孙",
            "é",
            "\n",
            "0123456789abcdef",
            "the quick brown fox ",
            "😀😁",
            "ffffffffffffffffffff",
        ]);
        let text = prop::collection::vec(piece, 0..60);
        (text.clone(), text, 0..60_usize).prop_map(|(old, other, keep)| {
            let new: Vec<_> = old.iter().take(keep).chain(&other).copied().collect();
            (old.concat(), new.concat())
        })
    }

    proptest! {
        #[test]
        fn any_delta_makes_the_new_text_and_is_a_text((old, new) in texts()) {
            if let Some(delta) = delta(old.as_bytes(), new.as_bytes()) {
                prop_assert!(std::str::from_utf8(&delta).is_ok());
                let made = apply(old.as_bytes(), &delta);
                prop_assert_eq!(made, Ok(new.clone().into_bytes()));
            }
        }

        #[test]
        fn any_bytes_come_through(
            old in any::<Vec<u8>>(),
            new in any::<Vec<u8>>(),
            tail in any::<Vec<u8>>(),
        ) {
            let new: Vec<u8> = new.into_iter().chain(old.iter().copied()).chain(tail).collect();
            if let Some(delta) = delta(&old, &new) {
                prop_assert_eq!(apply(&old, &delta), Ok(new));
            }
        }
    }
}
