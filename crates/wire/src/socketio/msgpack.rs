//! MessagePack, as `socket.io-msgpack-parser` uses it: a packet is one map, bytes stand where they
//! belong.
//!
//! What is read becomes the same JSON with placeholders that the default encoding has, so that the
//! rest of the house knows one form; what is written puts the bytes back in their places. Types
//! that JSON does not have follow what `JSON.stringify` does: a date becomes its text, `undefined`
//! and numbers that are none become null. Source: the MessagePack specification, and notepack.io
//! for its extensions (dates and `undefined`, both of type 0).

use base::limits::{SOCKETIO_ATTACHMENTS_MAX, SOCKETIO_NESTING_MAX};
use bytes::Bytes;
use serde_json::{Number, Value};

use super::arguments::{Arguments, placeholder};
use super::decode::{Half, Kind};
use super::packet::{Event, Malformed};

/// The extensions of notepack.io: a date, `undefined`, a piece of memory.
const EXTENSION: u8 = 0;
/// The tag of nothing.
const NIL: u8 = 0xC0;
/// The tag of the only extension of one byte, which is `undefined`.
const UNDEFINED: u8 = 0xD4;
/// The farthest that a date can be from 1970, in milliseconds (ECMA-262, 21.4.1.1).
const DATE_MS_MAX: i64 = 8_640_000_000_000_000;

/// Reads a packet.
pub(super) fn read(bytes: &[u8]) -> Result<Half, Malformed> {
    let mut reader = Reader {
        bytes,
        attachments: Vec::new(),
    };
    let count = reader.map_head()?.ok_or(Malformed::Shape)?;
    let (mut kind, mut namespace, mut id) = (None, None, None);
    let mut payload = None;
    for _ in 0..count {
        match reader.key()?.as_str() {
            "type" => kind = Some(reader.scalar()?),
            "nsp" => namespace = Some(reader.scalar()?),
            "id" => id = reader.scalar()?.as_u64(),
            "data" => {
                let nothing = matches!(reader.bytes.first(), Some(&(NIL | UNDEFINED)));
                let mut json = Vec::new();
                reader.value(&mut json, 1)?;
                payload = (!nothing).then_some(json);
            }
            // The library sends the options of its own along.
            _ => {
                reader.value(&mut Vec::new(), 1)?;
            }
        }
    }
    if !reader.bytes.is_empty() {
        return Err(Malformed::Shape);
    }
    let kind = match kind.as_ref().and_then(Value::as_u64) {
        Some(0) => Kind::Connect,
        Some(1) => Kind::Disconnect,
        Some(2) => Kind::Event,
        Some(3) => Kind::Ack,
        Some(_) | None => return Err(Malformed::Shape),
    };
    let namespace = match namespace {
        Some(Value::String(namespace)) => namespace,
        Some(_) | None => return Err(Malformed::Shape),
    };
    let payload = String::from_utf8(payload.unwrap_or_default());
    Ok(Half {
        kind,
        namespace,
        id,
        payload: payload.map_err(|_| Malformed::Payload)?,
        attachments: reader.attachments,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    attachments: Vec<Bytes>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or(Malformed::Payload)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.bytes.split_first().ok_or(Malformed::Payload)?;
        self.bytes = rest;
        Ok(*first)
    }

    /// A number of so many bytes, the highest first.
    fn number(&mut self, count: usize) -> Result<u64, Malformed> {
        let bytes = self.take(count)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn length(&mut self, count: usize) -> Result<usize, Malformed> {
        usize::try_from(self.number(count)?).map_err(|_| Malformed::Payload)
    }

    /// The same with a sign.
    fn signed(&mut self, count: usize) -> Result<i64, Malformed> {
        let number = self.number(count)?;
        let unused = 64 - 8 * count as u32;
        Ok((number << unused).cast_signed() >> unused)
    }

    fn map_head(&mut self) -> Result<Option<usize>, Malformed> {
        Ok(match self.byte()? {
            tag @ 0x80..=0x8F => Some(usize::from(tag & 0x0F)),
            0xDE => Some(self.length(2)?),
            0xDF => Some(self.length(4)?),
            _ => None,
        })
    }

    /// The key of a map: text, or a number as JavaScript would write it.
    fn key(&mut self) -> Result<String, Malformed> {
        match self.scalar()? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(Malformed::Payload)
            }
        }
    }

    /// A value without parts.
    fn scalar(&mut self) -> Result<Value, Malformed> {
        let tag = self.byte()?;
        self.scalar_of(tag)?.ok_or(Malformed::Payload)
    }

    fn scalar_of(&mut self, tag: u8) -> Result<Option<Value>, Malformed> {
        Ok(Some(match tag {
            0x00..=0x7F => Value::from(tag),
            0xE0..=0xFF => Value::from(tag.cast_signed()),
            NIL => Value::Null,
            0xC2 => Value::Bool(false),
            0xC3 => Value::Bool(true),
            0xCA => {
                let bits = self.number(4)? as u32;
                float(f64::from(f32::from_bits(bits)))
            }
            0xCB => float(f64::from_bits(self.number(8)?)),
            0xCC..=0xCF => Value::from(self.number(1 << (tag - 0xCC))?),
            0xD0..=0xD3 => Value::from(self.signed(1 << (tag - 0xD0))?),
            0xA0..=0xBF => self.text(usize::from(tag & 0x1F))?,
            0xD9..=0xDB => {
                let length = self.length(1 << (tag - 0xD9))?;
                self.text(length)?
            }
            _ => return Ok(None),
        }))
    }

    fn text(&mut self, length: usize) -> Result<Value, Malformed> {
        let bytes = self.take(length)?;
        let text = simdutf8::basic::from_utf8(bytes).map_err(|_| Malformed::Payload)?;
        Ok(Value::from(text))
    }

    /// Reads any value and writes it as JSON.
    fn value(&mut self, json: &mut Vec<u8>, depth: usize) -> Result<(), Malformed> {
        if depth > SOCKETIO_NESTING_MAX {
            return Err(Malformed::TooDeep);
        }
        let tag = self.byte()?;
        if let Some(scalar) = self.scalar_of(tag)? {
            write_json(&scalar, json);
            return Ok(());
        }
        match tag {
            0x90..=0x9F => self.array(usize::from(tag & 0x0F), json, depth),
            0xDC | 0xDD => {
                let count = self.length(2 << (tag - 0xDC))?;
                self.array(count, json, depth)
            }
            0x80..=0x8F => self.map(usize::from(tag & 0x0F), json, depth),
            0xDE | 0xDF => {
                let count = self.length(2 << (tag - 0xDE))?;
                self.map(count, json, depth)
            }
            0xC4..=0xC6 => {
                let length = self.length(1 << (tag - 0xC4))?;
                self.attach(length, json)
            }
            UNDEFINED..=0xD8 => self.extension(1 << (tag - UNDEFINED), json),
            0xC7..=0xC9 => {
                let length = self.length(1 << (tag - 0xC7))?;
                // Type 0 of any length is a piece of memory.
                if self.byte()? != EXTENSION {
                    return Err(Malformed::Payload);
                }
                self.attach(length, json)
            }
            _ => Err(Malformed::Payload),
        }
    }

    fn array(&mut self, count: usize, json: &mut Vec<u8>, depth: usize) -> Result<(), Malformed> {
        json.push(b'[');
        for at in 0..count {
            if at > 0 {
                json.push(b',');
            }
            self.value(json, depth + 1)?;
        }
        json.push(b']');
        Ok(())
    }

    fn map(&mut self, count: usize, json: &mut Vec<u8>, depth: usize) -> Result<(), Malformed> {
        json.push(b'{');
        let mut empty = true;
        for _ in 0..count {
            let start = json.len();
            if !empty {
                json.push(b',');
            }
            write_json(&Value::from(self.key()?), json);
            json.push(b':');
            let undefined = self.bytes.first() == Some(&UNDEFINED);
            self.value(json, depth + 1)?;
            // A member that is undefined is left out, as JSON does.
            if undefined {
                json.truncate(start);
            }
            empty &= undefined;
        }
        json.push(b'}');
        Ok(())
    }

    /// Takes bytes out and writes where they belong.
    fn attach(&mut self, length: usize, json: &mut Vec<u8>) -> Result<(), Malformed> {
        let bytes = self.take(length)?;
        let number = self.attachments.len();
        if number == SOCKETIO_ATTACHMENTS_MAX {
            return Err(Malformed::Attachments);
        }
        self.attachments.push(Bytes::copy_from_slice(bytes));
        let text = format!("{{\"_placeholder\":true,\"num\":{number}}}");
        json.extend_from_slice(text.as_bytes());
        Ok(())
    }

    /// A date or `undefined`.
    fn extension(&mut self, length: usize, json: &mut Vec<u8>) -> Result<(), Malformed> {
        if self.byte()? != EXTENSION {
            return Err(Malformed::Payload);
        }
        match length {
            1 => {
                self.byte()?;
                json.extend_from_slice(b"null");
            }
            8 => {
                let ms = self.signed(8)?;
                let date = date(ms).map_or(Value::Null, Value::from);
                write_json(&date, json);
            }
            _ => return Err(Malformed::Payload),
        }
        Ok(())
    }
}

/// A number that JSON has, or null.
fn float(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// Writing into memory does not fail, and every value has a JSON form.
fn write_json(value: &Value, json: &mut Vec<u8>) {
    serde_json::to_writer(json, value).unwrap_or_default();
}

/// A time as `toISOString` writes it, for the years that have four digits.
fn date(ms: i64) -> Option<String> {
    if ms.abs() > DATE_MS_MAX {
        return None;
    }
    let days = ms.div_euclid(86_400_000);
    let within = ms.rem_euclid(86_400_000);
    // The civil calendar from a count of days, era by era of 400 years.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (within / 3_600_000, within / 60_000 % 60);
    let (second, milli) = (within / 1_000 % 60, within % 1_000);
    (0..=9_999).contains(&year).then(|| {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    })
}

// Writing.

/// Appends the packet of an event; `offset` comes behind its arguments.
pub(super) fn write_event(
    namespace: &str,
    id: Option<u64>,
    event: &Event,
    offset: Option<&str>,
    out: &mut Vec<u8>,
) {
    head(2, namespace, id, out);
    let values = event.arguments.values();
    array_head(1 + values.len() + usize::from(offset.is_some()), out);
    text(&event.name, out);
    for value in &values {
        write(value, event.arguments.attachments(), out);
    }
    if let Some(offset) = offset {
        text(offset, out);
    }
}

/// Appends the packet of an acknowledgement.
pub(super) fn write_ack(namespace: &str, id: u64, arguments: &Arguments, out: &mut Vec<u8>) {
    head(3, namespace, Some(id), out);
    let values = arguments.values();
    array_head(values.len(), out);
    for value in &values {
        write(value, arguments.attachments(), out);
    }
}

/// Appends a packet whose data is a JSON value, or nothing.
pub(super) fn write_other(kind: u8, namespace: &str, data: &str, out: &mut Vec<u8>) {
    match serde_json::from_str(data) {
        Ok(data) => {
            head(kind, namespace, None, out);
            write(&data, &[], out);
        }
        Err(_) => {
            out.push(0x82);
            kind_and_namespace(kind, namespace, out);
        }
    }
}

/// A map of kind, namespace, number and, still to come, data.
fn head(kind: u8, namespace: &str, id: Option<u64>, out: &mut Vec<u8>) {
    out.push(if id.is_some() { 0x84 } else { 0x83 });
    kind_and_namespace(kind, namespace, out);
    if let Some(id) = id {
        text("id", out);
        unsigned(id, out);
    }
    text("data", out);
}

fn kind_and_namespace(kind: u8, namespace: &str, out: &mut Vec<u8>) {
    text("type", out);
    out.push(kind);
    text("nsp", out);
    text(namespace, out);
}

fn write(value: &Value, attachments: &[Bytes], out: &mut Vec<u8>) {
    if !attachments.is_empty()
        && let Ok(Some(number)) = placeholder(value, attachments.len())
        && let Some(bytes) = attachments.get(number)
    {
        return binary(bytes, out);
    }
    match value {
        Value::Null => out.push(NIL),
        Value::Bool(value) => out.push(if *value { 0xC3 } else { 0xC2 }),
        Value::Number(number) => write_number(number, out),
        Value::String(value) => text(value, out),
        Value::Array(values) => {
            array_head(values.len(), out);
            for value in values {
                write(value, attachments, out);
            }
        }
        Value::Object(object) => {
            sized(
                object.len(),
                [(16, 0x80), (1 << 16, 0xDE), (1 << 32, 0xDF)],
                out,
            );
            for (key, value) in object {
                text(key, out);
                write(value, attachments, out);
            }
        }
    }
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    if let Some(number) = number.as_u64() {
        unsigned(number, out);
    } else if let Some(number) = number.as_i64() {
        if number >= -32 {
            out.push(number as u8);
        } else {
            out.push(0xD3);
            out.extend_from_slice(&number.to_be_bytes());
        }
    } else {
        out.push(0xCB);
        out.extend_from_slice(&number.as_f64().unwrap_or_default().to_be_bytes());
    }
}

fn unsigned(number: u64, out: &mut Vec<u8>) {
    if let Ok(small @ 0..=0x7F) = u8::try_from(number) {
        out.push(small);
    } else if let Ok(number) = u32::try_from(number) {
        out.push(0xCE);
        out.extend_from_slice(&number.to_be_bytes());
    } else {
        out.push(0xCF);
        out.extend_from_slice(&number.to_be_bytes());
    }
}

fn array_head(count: usize, out: &mut Vec<u8>) {
    sized(count, [(16, 0x90), (1 << 16, 0xDC), (1 << 32, 0xDD)], out);
}

/// A count inside the tag, in two bytes or in four, whichever is the first that it is below.
fn sized(count: usize, tags: [(u64, u8); 3], out: &mut Vec<u8>) {
    let [(inside, short), (two, medium), (_, long)] = tags;
    let wide = count as u64;
    if wide < inside {
        out.push(short | count as u8);
    } else if wide < two {
        out.push(medium);
        out.extend_from_slice(&(count as u16).to_be_bytes());
    } else {
        out.push(long);
        out.extend_from_slice(&(count as u32).to_be_bytes());
    }
}

fn text(value: &str, out: &mut Vec<u8>) {
    sized(
        value.len(),
        [(32, 0xA0), (1 << 16, 0xDA), (1 << 32, 0xDB)],
        out,
    );
    out.extend_from_slice(value.as_bytes());
}

fn binary(bytes: &[u8], out: &mut Vec<u8>) {
    sized(bytes.len(), [(0, 0), (1 << 16, 0xC5), (1 << 32, 0xC6)], out);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socketio::Packet;

    fn event(data: &[u8]) -> Result<Packet, Malformed> {
        let mut bytes = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data".to_vec();
        bytes.extend_from_slice(data);
        read(&bytes)?.finish()
    }

    fn arguments(data: &[u8]) -> (String, Vec<Bytes>) {
        match event(data) {
            Ok(Packet::Event { event, .. }) => {
                let json = event.arguments.json().to_owned();
                (json, event.arguments.attachments().to_vec())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_type_becomes_what_json_has_for_it() {
        let cases: [(&[u8], &str); 19] = [
            (b"\x05", "5"),
            (b"\xff", "-1"),
            (b"\xcc\xff", "255"),
            (b"\xcd\x01\x00", "256"),
            (b"\xcf\x00\x20\x00\x00\x00\x00\x00\x00", "9007199254740992"),
            (b"\xd0\x80", "-128"),
            (b"\xd1\xff\x00", "-256"),
            (b"\xd3\xff\xff\xff\xff\xff\xff\xff\xfe", "-2"),
            (b"\xca\x3f\x80\x00\x00", "1.0"),
            (b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "1.5"),
            (b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "null"),
            (b"\xc0", "null"),
            (b"\xc2", "false"),
            (b"\xa2\xc3\xb6", "\"ö\""),
            (b"\xd9\x01\x22", r#""\"""#),
            (b"\xdc\x00\x02\x01\x02", "[1,2]"),
            (b"\x82\xa1a\x01\x02\xc0", r#"{"a":1,"2":null}"#),
            (b"\x82\xa1a\xd4\x00\x00\xa1b\x02", r#"{"b":2}"#),
            (b"\xd4\x00\x00", "null"),
        ];
        for (bytes, json) in cases {
            let data = [b"\x92\xa1e", bytes].concat();
            assert_eq!(arguments(&data).0, json, "{bytes:?}");
        }
    }

    #[test]
    fn a_date_is_written_as_json_writes_it() {
        let cases = [
            (0_i64, "1970-01-01T00:00:00.000Z"),
            (951_782_400_123, "2000-02-29T00:00:00.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
        ];
        for (ms, text) in cases {
            let data = [&b"\x92\xa1e\xd7\x00"[..], &ms.to_be_bytes()].concat();
            assert_eq!(arguments(&data).0, format!("\"{text}\""));
        }
        assert_eq!(date(i64::MIN + 1), None);
        assert_eq!(date(DATE_MS_MAX), None, "five digits of a year");
    }

    #[test]
    fn bytes_become_attachments_and_come_back_where_they_were() {
        let data = b"\x93\xa1e\xc4\x02\x01\x02\x81\xa1k\xc7\x03\x00\x07\x08\x09";
        let (json, attachments) = arguments(data);
        assert_eq!(
            json,
            r#"{"_placeholder":true,"num":0},{"k":{"_placeholder":true,"num":1}}"#
        );
        assert_eq!(attachments, [&[1, 2][..], &[7, 8, 9]]);
        let Ok(Packet::Event { event, .. }) = event(data) else {
            panic!()
        };
        let mut out = Vec::new();
        write_event("/", Some(300), &event, Some("o"), &mut out);
        let again = read(&out).unwrap();
        assert_eq!((again.id, again.namespace.as_str()), (Some(300), "/"));
        assert_eq!(again.attachments, attachments);
        assert_eq!(again.payload, format!("[\"e\",{json},\"o\"]"));
    }

    #[test]
    fn cut_off_nested_and_foreign_values_are_refused() {
        for cut in 0..12 {
            let whole = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xa1e";
            assert!(read(&whole[..cut]).is_err(), "{cut}");
        }
        let deep = [vec![0x91; SOCKETIO_NESTING_MAX + 2], vec![0xC0]].concat();
        assert_eq!(event(&deep), Err(Malformed::TooDeep));
        let endless = vec![0x91; 1_000_000];
        assert_eq!(event(&endless), Err(Malformed::TooDeep));
        assert_eq!(event(b"\x92\xa1e\xc1"), Err(Malformed::Payload));
        assert_eq!(event(b"\x92\xa1e\xd4\x05\x00"), Err(Malformed::Payload));
        assert_eq!(event(b"\xdd\xff\xff\xff\xff\xa1e"), Err(Malformed::Payload));
        assert_eq!(event(b"\x91\xa7connect"), Err(Malformed::Reserved));
        assert_eq!(event(b"\x90"), Err(Malformed::Payload));
        assert_eq!(event(b"\x91\xa1e\x00"), Err(Malformed::Shape));
        let many = [&b"\xdc\x00\x42\xa1e"[..], &b"\xc4\x00".repeat(65)].concat();
        assert_eq!(event(&many), Err(Malformed::Attachments));
    }

    #[test]
    fn python_writes_null_where_nothing_is() {
        let half = read(b"\x83\xa4type\x00\xa4data\xc0\xa3nsp\xa1/").unwrap();
        assert_eq!(half.payload, "");
        let packet = half.finish().unwrap();
        assert!(matches!(packet, Packet::Connect { .. }));
    }
}
