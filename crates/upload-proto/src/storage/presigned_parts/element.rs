use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// An element of the list, whatever it is. It is read by hand because serde's `untagged` keeps a copy of everything first, which
/// takes most of the time that a list of 10,000 takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Element {
    Numbered { part_number: u64, url: String },
    Bare(String),
    Other,
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(AnyVisitor)? {
            Any::Text(url) => Self::Bare(url),
            Any::Map { part_number: Some(part_number), url: Some(url) } => {
                Self::Numbered { part_number, url }
            }
            Any::Number(_) | Any::Map { .. } | Any::Other => Self::Other,
        })
    }
}

/// Any JSON value, as far as it matters here.
enum Any {
    Number(u64),
    Text(String),
    Map { part_number: Option<u64>, url: Option<String> },
    Other,
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Any, E> {
        Ok(Any::Number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Any, E> {
        Ok(Any::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Any, E> {
        Ok(Any::Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Any, A::Error> {
        let (mut part_number, mut url) = (None, None);
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                // Twice is none: which of the two is meant nobody can tell.
                Key::PartNumber => part_number = Some(twice(&part_number, map.next_value()?)),
                Key::Url => url = Some(twice(&url, map.next_value()?)),
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        // Of the wrong kind is as good as absent.
        let part_number = part_number.and_then(|number| match number {
            Any::Number(number) => Some(number),
            _ => None,
        });
        let url = url.and_then(|url| match url {
            Any::Text(url) => Some(url),
            _ => None,
        });
        Ok(Any::Map { part_number, url })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Any, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Any::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Any, E> {
        Ok(Any::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Any, E> {
        Ok(Any::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Any, E> {
        Ok(Any::Other)
    }

    fn visit_unit<E>(self) -> Result<Any, E> {
        Ok(Any::Other)
    }
}

fn twice(before: &Option<Any>, value: Any) -> Any {
    if before.is_some() { Any::Other } else { value }
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Key {
    #[serde(rename = "part_number", alias = "partNumber", alias = "PartNumber")]
    PartNumber,
    #[serde(rename = "url", alias = "presigned_url", alias = "signed_url", alias = "upload_url")]
    Url,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Element {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn each_shape_is_read_and_anything_else_is_other() {
        let part = || Element::Numbered { part_number: 3, url: "u".into() };
        for json in [
            r#"{"part_number":3,"url":"u"}"#,
            r#"{"partNumber":3,"presigned_url":"u","headers":{"a":[1,null]}}"#,
            r#"{"signed_url":"u","PartNumber":3}"#,
            r#"{"upload_url":"u","part_number":3}"#,
        ] {
            assert_eq!(read(json), part(), "{json}");
        }
        assert_eq!(read(r#""u""#), Element::Bare("u".into()));
        for json in [
            "1",
            "-1",
            "1.5",
            "true",
            "null",
            "[1,{}]",
            "{}",
            r#"{"url":"u"}"#,
            r#"{"part_number":3,"upload_url":"u","url":"v"}"#,
            r#"{"part_number":3,"partNumber":4,"url":"v"}"#,
            r#"{"part_number":3}"#,
            r#"{"part_number":"3","url":"u"}"#,
            r#"{"part_number":3,"url":null}"#,
            r#"{"part_number":-3,"url":"u"}"#,
        ] {
            assert_eq!(read(json), Element::Other, "{json}");
        }
    }
}
