use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::Accepted;
use crate::content::{Problem, is_date, is_date_field, is_required_field};

/// An object as it was sent: its fields in order, and their values untouched.
#[derive(Debug)]
pub(super) struct Fields<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

/// A name that is borrowed from the body wherever it has nothing to unescape.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// What is wrong with a field's value. A date may be missing, and a number may stand for one, as pandas writes it.
pub(super) fn problem(name: &str, value: &RawValue) -> Option<Problem> {
    let (is_date_field, is_required) = (is_date_field(name), is_required_field(name));
    if !is_date_field && !is_required {
        return None;
    }
    match serde_json::from_str(value.get()).ok()? {
        Value::Null if is_required => Some(Problem::Missing),
        Value::String(text) if is_required && text.trim().is_empty() => Some(Problem::Missing),
        Value::String(text) if is_date_field && !is_date(&text) => Some(Problem::InvalidDate),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) if is_date_field => Some(Problem::InvalidDate),
        _ => None,
    }
}

impl Accepted {
    /// Adds a record that is JSON already.
    pub(super) fn push(&mut self, record: &str) {
        // Line breaks inside of strings are escaped, so those that are left mean nothing.
        self.lines.extend(record.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
        self.lines.push(b'\n');
        self.records += 1;
    }
}
