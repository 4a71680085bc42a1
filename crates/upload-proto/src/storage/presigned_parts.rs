mod element;

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use self::element::Element;
use crate::{PartNumber, PresignedUrl};

/// Where one part goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresignedPart {
    /// The part's number.
    pub part_number: PartNumber,
    /// The URL its bytes are PUT to.
    pub url: PresignedUrl,
}

/// The list of presigned URLs in an initiate answer (shape assumed), ascending by part number.
///
/// An element is `{part_number|partNumber|PartNumber, url|presigned_url|signed_url|upload_url}` or a bare URL,
/// numbered from 1 in order. Reading it never fails: the answer around it holds the upload id, which must not be
/// lost because a URL is malformed. What was wrong is kept as [`problem`](Self::problem) instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresignedParts {
    parts: Vec<PresignedPart>,
    problem: Option<String>,
}

impl PresignedParts {
    /// A list made by a server.
    #[must_use]
    pub fn new(mut parts: Vec<PresignedPart>) -> Self {
        parts.sort_by_key(|part| part.part_number);
        let problem = parts
            .windows(2)
            .find(|pair| pair[0].part_number == pair[1].part_number)
            .map(|pair| format!("part {} stands twice in the list of URLs", pair[0].part_number));
        Self { parts, problem }
    }

    /// The URLs that could be read, ascending by part number.
    #[must_use]
    pub fn urls(&self) -> &[PresignedPart] {
        &self.parts
    }

    /// What is wrong with the list, if anything. Contains no URL.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// The URLs, ascending by part number.
    #[must_use]
    pub fn into_urls(self) -> Vec<PresignedPart> {
        self.parts
    }
}

impl Serialize for PresignedParts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.parts.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PresignedParts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

impl Element {
    /// The part at this place of the list; its URL shares its text with the one before.
    fn read(self, place: u64, before: Option<&PresignedPart>) -> Result<PresignedPart, String> {
        let (number, url) = match self {
            Self::Numbered { part_number, url } => (part_number, url),
            Self::Bare(url) => (place, url),
            Self::Other => return Err(format!("element {place} of the list of URLs is not a part's URL")),
        };
        let part_number = number.try_into().map_err(|e| format!("in the list of URLs, {e}"))?;
        let read = before.map_or_else(|| url.parse(), |before| before.url.alike(&url));
        Ok(PresignedPart { part_number, url: read.map_err(|e| format!("for part {number}, {e}"))? })
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = PresignedParts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of presigned URLs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PresignedParts, A::Error> {
        let mut parts = Vec::new();
        let mut first_problem = None;
        let mut place = 0;
        while let Some(element) = list.next_element::<Element>()? {
            place += 1;
            match element.read(place, parts.last()) {
                Ok(part) => parts.push(part),
                Err(problem) => first_problem = first_problem.or(Some(problem)),
            }
        }
        let mut read = PresignedParts::new(parts);
        read.problem = first_problem.or(read.problem);
        Ok(read)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PresignedParts, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(not_a_list())
    }

    fn visit_unit<E>(self) -> Result<PresignedParts, E> {
        Ok(PresignedParts::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<PresignedParts, E> {
        Ok(not_a_list())
    }

    fn visit_i64<E>(self, _: i64) -> Result<PresignedParts, E> {
        Ok(not_a_list())
    }

    fn visit_u64<E>(self, _: u64) -> Result<PresignedParts, E> {
        Ok(not_a_list())
    }

    fn visit_f64<E>(self, _: f64) -> Result<PresignedParts, E> {
        Ok(not_a_list())
    }

    fn visit_str<E>(self, _: &str) -> Result<PresignedParts, E> {
        Ok(not_a_list())
    }
}

fn not_a_list() -> PresignedParts {
    PresignedParts {
        parts: Vec::new(),
        problem: Some("what should be the list of URLs is not a list".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_name_the_part_and_never_the_url() {
        for (json, words) in [
            (r#"["https://s/1","secret nonsense"]"#, "part 2"),
            (r#"[{"part_number":10001,"url":"https://s/1"}]"#, "10001 is not a part number"),
            (
                r#"[{"part_number":1,"url":"https://s/1"},{"part_number":1,"url":"https://s/1"}]"#,
                "part 1 stands twice",
            ),
            ("[[]]", "element 1"),
            ("{}", "not a list"),
            ("7", "not a list"),
            ("-1", "not a list"),
            ("1.5", "not a list"),
            ("true", "not a list"),
        ] {
            let parts: PresignedParts = serde_json::from_str(json).unwrap();
            let problem = parts.problem().unwrap();
            assert!(problem.contains(words) && !problem.contains("secret"), "{json}: {problem}");
        }
    }
}
