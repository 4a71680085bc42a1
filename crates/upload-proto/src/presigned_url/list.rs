//! Many URLs of one upload as JSON, for journals: `#[serde(with = "upload_proto::presigned_urls")]`.
//!
//! The first is a string. Each further one that has its text in common with it is `[head, middle, tail]`: the first's text up to
//! byte `head`, then `middle`, then the first's text from byte `tail` on. One that has not is a string, and those after it may refer
//! to it.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serializer,
    de::{Error as _, SeqAccess, Visitor},
    ser::{Error as _, SerializeSeq as _},
};

use super::{PresignedUrl, Text};

/// Writes the list.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(urls: &[PresignedUrl], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(urls.len()))?;
    // What is referred to is found as the reader finds it, whatever these share in memory: they may be in another order by now.
    let mut whole: Option<PresignedUrl> = None;
    for url in urls {
        let read = match &whole {
            Some(whole) if Arc::ptr_eq(&whole.0.like, &url.0.like) => url.clone(),
            Some(whole) => whole.alike(&url.expose()).map_err(S::Error::custom)?,
            None if url.is_whole() => url.clone(),
            None => url.expose().parse().map_err(S::Error::custom)?,
        };
        if read.is_whole() {
            list.serialize_element(url)?;
            whole = Some(read);
        } else {
            let Text { head, middle, tail, .. } = &*read.0;
            list.serialize_element(&(head, middle, tail))?;
        }
    }
    list.end()
}

/// Reads the list, or one of strings alone.
///
/// # Errors
/// When an element is neither, or not a presigned URL.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PresignedUrl>, D::Error> {
    deserializer.deserialize_seq(ListVisitor)
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Vec<PresignedUrl>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of presigned URLs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut urls: Vec<PresignedUrl> = Vec::new();
        let mut whole: Option<PresignedUrl> = None;
        while let Some(element) = list.next_element::<Element<'_>>()? {
            let url = match (element, &whole) {
                (Element::Whole(text), None) => text.parse(),
                (Element::Whole(text), Some(whole)) => whole.alike(&text),
                (Element::Differing(..), None) => {
                    return Err(A::Error::custom("a URL refers to none before it"));
                }
                (Element::Differing(head, middle, tail), Some(whole)) => {
                    let like = &whole.0.like.text;
                    let text =
                        like.get(..head).zip(like.get(tail..)).map(|(head, tail)| [head, &middle, tail]);
                    whole.alike(
                        &text.ok_or_else(|| A::Error::custom("a URL refers to none before it"))?.concat(),
                    )
                }
            };
            let url = url.map_err(A::Error::custom)?;
            if url.is_whole() {
                whole = Some(url.clone());
            }
            urls.push(url);
        }
        Ok(urls)
    }
}

enum Element<'a> {
    Whole(Cow<'a, str>),
    Differing(usize, Cow<'a, str>, usize),
}

impl<'de> Deserialize<'de> for Element<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementVisitor)
    }
}

struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a presigned URL, or in what it differs from one")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Element::Whole(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Element::Whole(text.to_owned().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut three: A) -> Result<Self::Value, A::Error> {
        let missing = || A::Error::custom("a URL's difference has three elements");
        let head = three.next_element()?.ok_or_else(missing)?;
        let middle = three.next_element()?.ok_or_else(missing)?;
        Ok(Element::Differing(head, middle, three.next_element()?.ok_or_else(missing)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Vec<PresignedUrl>, serde_json::Error> {
        deserialize(&mut serde_json::Deserializer::from_str(json))
    }

    fn written(urls: &[PresignedUrl]) -> String {
        let mut json = Vec::new();
        serialize(urls, &mut serde_json::Serializer::new(&mut json)).unwrap();
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn what_urls_have_in_common_is_written_once_and_comes_back() {
        let texts: Vec<_> = (1..=3).map(|n| format!("https://s/k?n={n}{n}&x-id=UploadPart")).collect();
        let mut urls = vec![texts[0].parse::<PresignedUrl>().unwrap()];
        urls.extend(texts[1..].iter().map(|text| urls[0].alike(text).unwrap()).collect::<Vec<_>>());
        let json = written(&urls);
        assert_eq!(json, r#"["https://s/k?n=11&x-id=UploadPart",[14,"22",16],[14,"33",16]]"#);
        assert_eq!(read(&json).unwrap(), urls);
        // As versions before this wrote it.
        let strings = serde_json::to_string(&texts).unwrap();
        assert_eq!((read(&strings).unwrap(), written(&read(&strings).unwrap())), (urls.clone(), json));
        assert_eq!(read(&written(&urls[1..])).unwrap(), urls[1..], "without the one they are like");
        let apart = ["https://s/other?a=1".parse().unwrap(), urls[0].clone(), urls[2].clone()];
        assert_eq!(read(&written(&apart)).unwrap(), apart);
    }

    #[test]
    fn urls_in_another_order_than_they_were_read_in_come_back() {
        let mut rng = 7_u64;
        for round in 0..200 {
            let text = |n: usize| {
                let date = if n.is_multiple_of(5) { 2 } else { 1 };
                format!(
                    "https://s/k{}?X-Amz-Date=2026060{date}T120000Z&n={}",
                    n % 7 / 6,
                    "9".repeat(n % 4) + &n.to_string()
                )
            };
            let mut urls: Vec<PresignedUrl> = Vec::new();
            for n in 0..12 {
                let read = urls.last().map_or_else(|| text(n).parse(), |before| before.alike(&text(n)));
                urls.push(read.unwrap());
            }
            for at in (1..urls.len()).rev() {
                rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                urls.swap(at, usize::try_from(rng >> 33).unwrap() % (at + 1));
            }
            assert_eq!(read(&written(&urls)).unwrap(), urls, "round {round}");
        }
    }

    #[test]
    fn what_refers_to_nothing_is_refused() {
        for json in [
            r#"[[0,"https://s/k",0]]"#,
            r#"["https://s/k",[12,"x",11]]"#,
            r#"["https://s/k",[11,"x",12]]"#,
            r#"["https://s/k",[11,"x"]]"#,
            r#"["https://s/k",[11,"x",11,11]]"#,
            r#"["https://s/k",[-1,"x",11]]"#,
            r#"["https://s/k",[11," ",11]]"#,
            r#"["https://s/k",{}]"#,
            r#"["https://s/k",[0,"",11]]"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
