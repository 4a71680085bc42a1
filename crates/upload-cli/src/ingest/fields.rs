use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{InputError, Record};

/// An object's fields in their order, each value as it is written. Of a field that stands twice the last counts, as it does
/// for most readers of JSON.
pub(super) struct Fields<'a>(pub(super) Vec<(String, &'a str)>);

impl<'a> Fields<'a> {
    /// The fields of a record.
    ///
    /// # Errors
    /// When a name is no text, such as half of a surrogate pair: JSON can spell what no column can be called.
    pub(super) fn of(record: &'a Record) -> Result<Self, InputError> {
        serde_json::from_str(&record.json).map_err(|error| {
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            InputError::new(format!("a field's name cannot be read: {words}"))
                .at_line(record.line)
                .hint("correct the name, or send to the kind without -df, which takes records as they are")
        })
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields: Vec<(String, &'de str)> = Vec::new();
                let mut places = std::collections::HashMap::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    let place = *places.entry(name.clone()).or_insert(fields.len());
                    match fields.get_mut(place) {
                        Some(field) => field.1 = value.get(),
                        None => fields.push((name, value.get())),
                    }
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}
