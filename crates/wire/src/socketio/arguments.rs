//! The arguments of an event or an acknowledgement: JSON as it came, and the bytes beside it.

use base::limits::{SOCKETIO_ATTACHMENTS_MAX, SOCKETIO_NESTING_MAX};
use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::packet::Malformed;

/// The key that marks a placeholder, and the key of its number.
pub(super) const PLACEHOLDER: &str = "_placeholder";
pub(super) const NUMBER: &str = "num";

/// Checked arguments. With attachments, `{"_placeholder":true,"num":n}` stands in the JSON where
/// the n-th of them belongs; without any, such an object is nothing special.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments {
    /// JSON values with commas between them, no brackets around them; may be empty.
    json: Bytes,
    attachments: Vec<Bytes>,
}

impl Arguments {
    /// Takes a JSON array and the bytes that belong to it.
    ///
    /// # Errors
    /// It is no array, is nested too deeply, or a placeholder in it stands for nothing.
    pub fn from_array(array: &str, attachments: Vec<Bytes>) -> Result<Self, Malformed> {
        let values = elements(array)?;
        Self::check(array, &attachments)?;
        Ok(Self::join(&values, attachments))
    }

    /// One JSON value as the only argument.
    ///
    /// # Errors
    /// It is no JSON value or nested too deeply.
    pub fn one(value: &str) -> Result<Self, Malformed> {
        let value: &RawValue = serde_json::from_str(value).map_err(|_| Malformed::Payload)?;
        Self::from_array(&format!("[{value}]"), Vec::new())
    }

    /// Takes the JSON array of an event, whose first element is the name.
    pub(super) fn of_event(
        array: &str,
        attachments: Vec<Bytes>,
    ) -> Result<(String, Self), Malformed> {
        let values = elements(array)?;
        Self::check(array, &attachments)?;
        let (name, rest) = values.split_first().ok_or(Malformed::Payload)?;
        let name: Value = serde_json::from_str(name.get()).map_err(|_| Malformed::Payload)?;
        let name = match name {
            Value::String(name) => name,
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(Malformed::Payload);
            }
        };
        Ok((name, Self::join(rest, attachments)))
    }

    fn join(values: &[&RawValue], attachments: Vec<Bytes>) -> Self {
        let mut json = String::new();
        for value in values {
            if !json.is_empty() {
                json.push(',');
            }
            json.push_str(value.get());
        }
        Self {
            json: json.into(),
            attachments,
        }
    }

    fn check(array: &str, attachments: &[Bytes]) -> Result<(), Malformed> {
        if attachments.len() > SOCKETIO_ATTACHMENTS_MAX {
            return Err(Malformed::Attachments);
        }
        if depth(array) > SOCKETIO_NESTING_MAX {
            return Err(Malformed::TooDeep);
        }
        if !attachments.is_empty() {
            let tree: Value = serde_json::from_str(array).map_err(|_| Malformed::Payload)?;
            check_placeholders(&tree, attachments.len())?;
        }
        Ok(())
    }

    /// The values with commas between them, no brackets around them.
    #[must_use]
    pub fn json(&self) -> &str {
        // Made of text above.
        std::str::from_utf8(&self.json).unwrap_or_default()
    }

    /// The bytes that placeholders stand for.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// The values one by one.
    #[must_use]
    pub fn values(&self) -> Vec<Value> {
        let array = format!("[{}]", self.json());
        serde_json::from_str(&array).unwrap_or_default()
    }

    /// The only argument, when it is one and a string.
    #[must_use]
    pub fn only_text(&self) -> Option<String> {
        serde_json::from_str(self.json()).ok()
    }

    /// What it takes in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let attached: usize = self.attachments.iter().map(Bytes::len).sum();
        self.json.len() + attached
    }
}

fn elements(array: &str) -> Result<Vec<&RawValue>, Malformed> {
    // The depth is looked at first: the parser below would give up deeper down, not blow up, but
    // its patience is its own affair.
    if depth(array) > SOCKETIO_NESTING_MAX {
        return Err(Malformed::TooDeep);
    }
    serde_json::from_str(array).map_err(|_| Malformed::Payload)
}

/// How deep brackets are nested, outside of strings. Right for JSON; for anything else any number.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return,
            _ => {}
        }
    }
}

/// The number of the attachment that a value stands for.
///
/// # Errors
/// It says that it is a placeholder and names no attachment: who receives that breaks off.
pub(super) fn placeholder(value: &Value, count: usize) -> Result<Option<usize>, Malformed> {
    let Some(object) = value.as_object() else {
        return Ok(None);
    };
    if object.get(PLACEHOLDER) != Some(&Value::Bool(true)) {
        return Ok(None);
    }
    let number = object.get(NUMBER).and_then(Value::as_u64);
    let number = number.and_then(|number| usize::try_from(number).ok());
    match number {
        Some(number) if number < count => Ok(Some(number)),
        Some(_) | None => Err(Malformed::Attachments),
    }
}

fn check_placeholders(value: &Value, count: usize) -> Result<(), Malformed> {
    if placeholder(value, count)?.is_some() {
        return Ok(());
    }
    match value {
        Value::Array(values) => values
            .iter()
            .try_for_each(|value| check_placeholders(value, count)),
        Value::Object(object) => object
            .values()
            .try_for_each(|value| check_placeholders(value, count)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stay_as_they_were_written() {
        let arguments = Arguments::from_array(r#"[1, "2" ,{"3": [true]}]"#, Vec::new()).unwrap();
        assert_eq!(arguments.json(), r#"1,"2",{"3": [true]}"#);
        assert!(Arguments::from_array("[]", Vec::new()).unwrap().is_empty());
        assert_eq!(Arguments::one("1.50").unwrap().json(), "1.50");
    }

    #[test]
    fn only_arrays_are_arguments() {
        for wrong in ["", "{}", "1", "[1", "[1]]", "[1],2", "\"[]\""] {
            assert_eq!(
                Arguments::from_array(wrong, Vec::new()),
                Err(Malformed::Payload),
                "{wrong}"
            );
        }
        assert_eq!(Arguments::one("1,2"), Err(Malformed::Payload));
    }

    #[test]
    fn nesting_has_a_limit_and_brackets_in_strings_do_not_count() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Arguments::from_array(&nested(SOCKETIO_NESTING_MAX), Vec::new()).is_ok());
        assert_eq!(
            Arguments::from_array(&nested(SOCKETIO_NESTING_MAX + 1), Vec::new()),
            Err(Malformed::TooDeep)
        );
        let text = format!("[\"\\\"{}\"]", "[".repeat(1_000));
        assert!(Arguments::from_array(&text, Vec::new()).is_ok());
        assert_eq!(
            Arguments::from_array(&"[".repeat(1_000_000), Vec::new()),
            Err(Malformed::TooDeep)
        );
    }

    #[test]
    fn a_placeholder_stands_for_an_attachment_that_is_there() {
        let one = || vec![Bytes::from_static(b"x")];
        let array = |number: &str| format!(r#"[{{"a":[{{"_placeholder":true,"num":{number}}}]}}]"#);
        assert!(Arguments::from_array(&array("0"), one()).is_ok());
        for wrong in ["1", "-1", "0.5", "\"0\"", "null"] {
            assert_eq!(
                Arguments::from_array(&array(wrong), one()),
                Err(Malformed::Attachments),
                "{wrong}"
            );
        }
        assert!(Arguments::from_array(&array("7"), Vec::new()).is_ok());
    }

    #[test]
    fn a_string_alone_can_be_told_from_everything_else() {
        let text = |array| {
            Arguments::from_array(array, Vec::new())
                .unwrap()
                .only_text()
        };
        assert_eq!(text(r#"["a\n"]"#).as_deref(), Some("a\n"));
        for other in ["[]", "[1]", r#"["a","b"]"#, r#"[["a"]]"#] {
            assert_eq!(text(other), None, "{other}");
        }
    }
}
